// @ts-check
/**
 * Where the hot path spends its time, stage by stage: each row is a run of its own that does what the row before does and
 * one stage more, so that the difference is the price of the stage, what V8 compiles and collects for it included.
 *
 *   npm run build && node tests/bench/stages.mjs CAPTURE…      --runs N (default 3, the best counts)
 *
 * The stages are those of `logs --stream conn`; modules are not joined here, so the whole is slower than the program.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuplicateFilter } from '../../dist/flows/duplicates.js';
import { FlowEngine } from '../../dist/flows/flow-engine.js';
import { Decapsulation } from '../../dist/layers/decapsulation.js';
import { Reassembly } from '../../dist/layers/fragments.js';
import { decodeFrame } from '../../dist/layers/link.js';
import { KIND } from '../../dist/model/packet.js';
import { DEDUP_WINDOW } from '../../dist/model/reading-defaults.js';
import { StreamMemory } from '../../dist/model/stream-memory.js';
import { TunnelTable } from '../../dist/model/tunnels.js';
import { LIMITS } from '../../dist/pipeline/limits.js';
import { logs } from '../../dist/pipeline/logs.js';
import { emptyInventory } from '../../dist/pipeline/phases.js';
import { CaptureReading } from '../../dist/pipeline/read-captures.js';
import { measure } from './measure.mjs';

const STAGES = [
  'read the frames',
  'decode link, network and transport',
  'look for copies',
  'account flows',
  'put streams in order',
  'everything: recognise, record, sort',
];

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, stage: { type: 'string' } },
  allowPositionals: true,
});
if (positionals.length === 0) throw new Error('which captures?');
if (values.stage !== undefined) {
  const packets = await run(Number(values.stage));
  process.stderr.write(`${packets}\n`);
  process.exit();
}

const packets = await run(0);
const self = fileURLToPath(import.meta.url);
console.log('| up to and with | processor, s | of that this stage | µs per packet |');
console.log('| --- | ---: | ---: | ---: |');
let before = 0;
for (const [stage, title] of STAGES.entries()) {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < Number(values.runs); turn++) {
    const { cpu } = await measure([process.execPath, self, '--stage', `${stage}`, ...positionals], [0]);
    least = Math.min(least, cpu ?? Number.NaN);
  }
  const price = least - before;
  console.log(
    `| ${title} | ${least.toFixed(2)} | ${price.toFixed(2)} | ${((price / packets) * 1e6).toFixed(2)} |`,
  );
  before = least;
}

/**
 * Runs the stages up to this one.
 * @param {number} stage index in `STAGES`
 * @returns {Promise<number>} packets read
 */
async function run(stage) {
  if (stage === STAGES.length - 1) {
    const result = await logs({
      inputs: positionals,
      inventory: emptyInventory(),
      reveal: false,
      dedupWindow: DEDUP_WINDOW,
      streams: ['conn'],
      enrich: false,
    });
    for (const { batches } of result.streams)
      for (const batch of batches()) if (batch.length < 0) throw new Error();
    const { frames } = result.coverage;
    result.close();
    return frames;
  }
  const tunnels = new TunnelTable();
  const decapsulation = new Decapsulation(tunnels, new Reassembly());
  const copies = new DuplicateFilter(DEDUP_WINDOW);
  const engine = new FlowEngine(
    {
      start: () =>
        stage < 4
          ? null
          : {
              data: () => true,
              gap: () => true,
              end: () => undefined,
            },
      emit: () => undefined,
      isInternal: () => true,
      captureName: () => '',
    },
    { maxFlows: LIMITS.flows, site: '', memory: new StreamMemory(LIMITS.streamMemory), tunnels },
  );
  let frames = 0;
  const reading = new CaptureReading(
    { hashed: false },
    {
      take(packet) {
        frames++;
        if (stage < 1) return;
        decodeFrame(packet);
        const first = decapsulation.first(packet);
        if (stage < 2 || first === null || first.kind === KIND.none) return;
        if (copies.isCopy(first) || stage < 3) return;
        engine.process(first);
      },
      duplicatesOf: () => 0,
      hasDecoded: () => true,
    },
  );
  await reading.readAll(positionals);
  engine.finish();
  return frames;
}
