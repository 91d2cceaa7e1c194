/**
 * What rules cost: loading packs of 50 and 5,000, the first time and again, and records per second over a million records of
 * four streams. `node tests/bench/rules.mjs` after a build; prints one table, in processor time. Nothing is decoded here,
 * so that the rules alone show.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRuleSet, readInventory } from '../../dist/cli/engine.js';
import { BATCH_ROWS } from '../../dist/model/batch.js';
import { BatchBuilder } from '../../dist/model/batch-builder.js';
import { ENRICHED_STREAMS } from '../../dist/pipeline/streams.js';
import { evaluate } from '../../dist/sigma/evaluate.js';
import { RuleIndex } from '../../dist/sigma/rule-index.js';
import { randomNumbers, writePack } from './rule-pack.mjs';

const RECORDS = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), 'medtap-rules-'));
process.env.MEDTAP_CACHE_DIR = join(folder, 'cache');
const inventory = await readInventory(undefined);

/** Seconds of processor time that a function takes, and what it gives. */
async function timed(work) {
  const begun = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(begun);
  return { seconds: (user + system) / 1e6, result };
}

/** Batches of one stream, made like those of a capture: few hosts, many names. */
function batchesOf(stream, count, make) {
  const batches = [];
  const builder = new BatchBuilder(ENRICHED_STREAMS.get(stream));
  for (let i = 0; i < count; i++) {
    builder.append({ ts: { sec: 1_795_000_000 + i, nsec: 0 }, ...make(i) }, i);
    if (builder.length === BATCH_ROWS) batches.push(builder.build());
  }
  if (builder.length > 0) batches.push(builder.build());
  return batches;
}

function records() {
  const random = randomNumbers(7);
  const word = () => random.word();
  const host = () => `10.0.${random.below(8)}.${random.below(250)}`;
  const flow = i => ({
    uid: `C${i}`,
    'id.orig_h': host(),
    'id.orig_p': 32768 + random.below(28000),
    'id.resp_h': host(),
  });
  const names = Array.from({ length: 20_000 }, () => `${word()}.${word()}.example`);
  const agents = Array.from({ length: 200 }, () => `${word()}/1.${random.below(100)} (${word()})`);
  const name = () => names[Math.min(random.below(names.length), random.below(names.length))];
  const quarter = RECORDS / 4;
  return [
    ...batchesOf('conn', quarter, i => ({
      ...flow(i),
      'id.resp_p': [80, 443, 104, 2575, 53][random.below(5)],
      proto: 'tcp',
      conn_state: 'SF',
      orig_bytes: random.below(100_000),
      resp_bytes: random.below(1_000_000),
    })),
    ...batchesOf('dns', quarter, i => ({
      ...flow(i),
      'id.resp_p': 53,
      query: name(),
      qtype_name: 'A',
      rcode_name: 'NOERROR',
    })),
    ...batchesOf('http', quarter, i => ({
      ...flow(i),
      'id.resp_p': 80,
      method: random.below(4) === 0 ? 'POST' : 'GET',
      host: name(),
      uri: `/${word()}/${word()}.html?${word()}=${random.below(1000)}`,
      user_agent: agents[random.below(200)],
      status_code: 200,
    })),
    ...batchesOf('ssl', quarter, i => ({
      ...flow(i),
      'id.resp_p': 443,
      server_name: name(),
      version: 'TLSv12',
      ja3: word() + word(),
    })),
  ];
}

/** Applies rules to all batches; `index` leaves out those that cannot match. */
function apply(rules, batches, index) {
  let matches = 0;
  const streams = Map.groupBy ? Map.groupBy(rules, rule => rule.stream) : group(rules);
  const indexes = new Map([...streams].map(([name, list]) => [name, new RuleIndex(list)]));
  for (const batch of batches) {
    const name = batch.schema.name;
    const candidates = index ? (indexes.get(name)?.candidates(batch) ?? []) : (streams.get(name) ?? []);
    for (const rule of candidates) matches += evaluate(rule, batch).length;
  }
  return matches;
}

function group(rules) {
  const streams = new Map();
  for (const rule of rules) streams.set(rule.stream, [...(streams.get(rule.stream) ?? []), rule]);
  return streams;
}

const batches = records();
console.log('| rules | load, s | again, s | records/s | of those, every rule evaluated | matches |');
console.log('| ---: | ---: | ---: | ---: | ---: | ---: |');
for (const count of [50, 500, 5000]) {
  const pack = join(folder, `${count}`);
  writePack(pack, count);
  const first = await timed(() => loadRuleSet([pack], inventory));
  const again = await timed(() => loadRuleSet([pack], inventory));
  const { rules } = again.result;
  // Twice, so that no time goes into what V8 does once.
  apply(rules, batches, true);
  const indexed = await timed(() => apply(rules, batches, true));
  const part = count > 500 ? batches.filter((_, i) => i % 10 === 0) : batches;
  const all = await timed(() => apply(rules, part, false));
  if (part === batches && all.result !== indexed.result) throw new Error('the index loses matches');
  const rate = seconds => `${(RECORDS / seconds / 1e6).toFixed(2)} M`;
  console.log(
    `| ${rules.length} | ${first.seconds.toFixed(2)} | ${again.seconds.toFixed(2)} | ${rate(indexed.seconds)} | ` +
      `${rate((all.seconds * batches.length) / part.length)} | ${indexed.result} |`,
  );
}
rmSync(folder, { recursive: true });
