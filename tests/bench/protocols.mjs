// @ts-check
/**
 * What each protocol costs: decodes captures with every stream kept, and takes the time of each decoder's `feed`, records
 * and tokens included. Bytes are those given to the decoder: what it asked to skip costs nothing and is not counted.
 *
 *   npm run build && node tests/bench/protocols.mjs CAPTURE…      files or directories, e.g. the corpus
 *   --least BYTES   leave out protocols with less (default 1000000)
 *   --runs N        decode N times in one process and take the least time of each protocol (default 3)
 *
 * It is processor time of the whole process, less what taking it costs (which is measured first): compiling and collecting
 * garbage on other threads are in it, other work on the machine is not. The first run compiles.
 */
import { parseArgs } from 'node:util';
import { DEDUP_WINDOW } from '../../dist/model/reading-defaults.js';
import { logs } from '../../dist/pipeline/logs.js';
import { emptyInventory } from '../../dist/pipeline/phases.js';
import { PROTOCOLS } from '../../dist/pipeline/streams.js';

const { values, positionals } = parseArgs({
  options: {
    least: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
  },
  allowPositionals: true,
});
if (positionals.length === 0) throw new Error('which captures?');

const overhead = measureOverhead();

/** @typedef {{bytes: number, calls: number, micros: number}} Cost */
/** @type {Map<string, Cost>} */
let costs = new Map();
for (const protocol of PROTOCOLS) watch(/** @type {Watched} */ (protocol));
/** @type {typeof costs} */
const least = new Map();
for (let run = 0; run < Number(values.runs); run++) {
  costs = new Map();
  const result = await logs({
    inputs: positionals,
    inventory: emptyInventory(),
    reveal: false,
    dedupWindow: DEDUP_WINDOW,
    streams: undefined,
    enrich: false,
  });
  result.close();
  for (const [name, cost] of costs) {
    if (cost.micros < (least.get(name)?.micros ?? Number.POSITIVE_INFINITY)) least.set(name, cost);
  }
}

const rows = [...least].filter(([, { bytes }]) => bytes >= Number(values.least));
rows.sort(([, a], [, b]) => rate(a) - rate(b));
console.log('| protocol | MB | calls | µs per call | MB/s |');
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const [name, cost] of rows) {
  const { bytes, calls, micros } = cost;
  const cells = [
    `\`${name}\``,
    (bytes / 1e6).toFixed(1),
    calls,
    (micros / calls).toFixed(1),
    rate(cost).toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
const few = [...least].filter(([, { bytes }]) => bytes < Number(values.least)).map(([name]) => name);
console.log(`\nWith less than ${Number(values.least) / 1e6} MB: ${few.sort().join(', ')}.`);

/**
 * @typedef {{name: string, feed: (state: unknown, direction: 0 | 1, bytes: Uint8Array, from: number, to: number) => number}} Watched
 * @param {Watched} protocol
 */
function watch(protocol) {
  const { feed } = protocol;
  protocol.feed = (state, direction, bytes, from, to) => {
    const cost = costs.get(protocol.name) ?? { bytes: 0, calls: 0, micros: 0 };
    costs.set(protocol.name, cost);
    const begun = process.cpuUsage();
    const used = feed.call(protocol, state, direction, bytes, from, to);
    cost.micros += spentSince(begun) - overhead;
    cost.calls++;
    // What is left comes again, and what is beyond is skipped.
    cost.bytes += used < 0 ? to - from : Math.min(used, to - from);
    return used;
  };
}

function rate(/** @type {Cost} */ { bytes, micros }) {
  return bytes / micros;
}

function spentSince(/** @type {NodeJS.CpuUsage} */ begun) {
  const { user, system } = process.cpuUsage(begun);
  return user + system;
}

/** Microseconds that taking the time costs, as it shows in the time taken. */
function measureOverhead() {
  const times = 200_000;
  let sum = 0;
  for (let i = 0; i < times; i++) sum += spentSince(process.cpuUsage());
  return sum / times;
}
