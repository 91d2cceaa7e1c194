// @ts-check
/**
 * `npm run bench`: medtap beside other programs over the same large capture, in one run. Ratios are what counts; times
 * belong to the machine. Programs take turns, so that a slow moment of the machine hits all of them.
 *
 *   --corpus DIR   make and keep the corpus here (default: a folder in the system's temporary directory)
 *   --runs N       best of N (default 3)
 *   --times N      a corpus N times as long, of the same hosts (630 MB each time): is memory flat?
 *   --only ID,…    these rows only: logs, scan, cat, tcpdump, ndpiReader, tshark, pcap-parser
 *   --synthetic    instead of the corpus, the captures of synthetic.mjs, and one of them compressed: logs and tcpdump
 *   --profile      instead of comparing, show where `logs` and `scan` spend their time
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { contestants, versionOf } from './contestants.mjs';
import { prepareCorpus } from './corpus.mjs';
import { best, describeMethod, measure } from './measure.mjs';
import { profile } from './profile.mjs';
import { renderCorpus, renderTable } from './table.mjs';

const { values } = parseArgs({
  options: {
    corpus: { type: 'string', default: join(tmpdir(), 'medtap-bench') },
    runs: { type: 'string', default: '3' },
    times: { type: 'string', default: '1' },
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
    synthetic: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs wants a number from 1 up');
const times = Number(values.times);
if (!Number.isInteger(times) || times < 1) throw new Error('--times wants a number from 1 up');

const say = (/** @type {string} */ line) => console.error(line);
const root = fileURLToPath(new URL('../..', import.meta.url));
if (values.synthetic) {
  await compareSynthetic();
  process.exit();
}
const corpus = await prepareCorpus(root, values.corpus, times, say);
console.log(`${renderCorpus(corpus.facts)}\n`);

const only = values.only?.split(',');
const { present, missing } = contestants(root, corpus);
const chosen = present.filter(({ id }) => only === undefined || only.includes(id));
if (values.profile) {
  for (const contestant of chosen) {
    if (['logs', 'scan'].includes(contestant.id))
      console.log(`${profile(contestant, corpus.facts.packets)}\n`);
  }
} else {
  await compare();
}

async function compare() {
  /** @type {Map<string, import('./measure.mjs').Cost[]>} */
  const costs = new Map(chosen.map(({ id }) => [id, []]));
  // Once unmeasured, so that the first program does not pay for reading the file from disk.
  await measure(['cat', corpus.capture], [0]);
  for (let run = 1; run <= runs; run++) {
    for (const { id, command, accepted } of chosen) {
      const cost = await measure(command, accepted);
      costs.get(id)?.push(cost);
      say(`run ${run} of ${runs}: ${id} ${cost.wall.toFixed(2)} s`);
    }
  }
  const rows = chosen.map(({ id, title }) => ({ id, title, cost: best(costs.get(id) ?? []) }));
  console.log(`${renderTable(rows, corpus.facts)}\n`);
  const versions = chosen.map(versionOf).filter(version => version !== undefined);
  console.log(`Best of ${runs}, ${describeMethod()}. Node ${process.versions.node}, ${versions.join(', ')}.`);
  if (missing.length > 0) console.log(`Not installed: ${missing.join(', ')}.`);
}

/** What the corpus does not weigh: small packets, a million live flows, a scan of all ports, compression. */
async function compareSynthetic() {
  mkdirSync(values.corpus, { recursive: true });
  const writer = fileURLToPath(new URL('synthetic.mjs', import.meta.url));
  const files = ['small', 'flows', 'scan'].map(kind => {
    const file = join(values.corpus, `${kind}.pcap`);
    execFileSync(process.execPath, [writer, kind, file]);
    return file;
  });
  const compressed = `${files[0]}.gz`;
  writeFileSync(compressed, gzipSync(readFileSync(files[0] ?? ''), { level: 1 }));
  console.log('| capture | `logs --stream conn`, processor s | `tcpdump`, s | peak, MB |');
  console.log('| --- | ---: | ---: | ---: |');
  for (const capture of [...files, compressed]) {
    const rows = contestants(root, { capture, inventory: '' }).present;
    const costOf = async (/** @type {string} */ id) => {
      const row = rows.find(present => present.id === id);
      return row && best(await repeat(() => measure(row.command, row.accepted)));
    };
    const logs = await costOf('logs');
    // tcpdump does not read what is compressed.
    const tcpdump = capture === compressed ? undefined : await costOf('tcpdump');
    const seconds = (/** @type {import('./measure.mjs').Cost | undefined} */ cost) =>
      cost?.cpu?.toFixed(2) ?? '–';
    const peak = Math.round((logs?.memory ?? 0) / 1e6);
    console.log(`| \`${basename(capture)}\` | ${seconds(logs)} | ${seconds(tcpdump)} | ${peak} |`);
  }
}

/** @template T @param {() => Promise<T>} once */
async function repeat(once) {
  const results = [];
  for (let run = 0; run < runs; run++) results.push(await once());
  return results;
}
