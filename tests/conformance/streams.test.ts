/**
 * Every stream but `conn` against the log that Zeek wrote for the same capture. Prints, per stream, rows expected, found
 * and extra, whole rows and equal fields; `stream-aims.ts` says what is promised and which differences are deliberate.
 *
 * `MEDTAP_STREAM=dns npx vitest run tests/conformance/streams.test.ts` prints the rows of one stream that differ.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { STREAMS } from '../../src/pipeline/streams.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared, SHARED } from '../support/paths.ts';
import { comparable, compareRows, textRow } from './compare-rows.ts';
import { NOT_COMPARED, STREAM_AIMS } from './stream-aims.ts';
import { type Answered, answeredBy, isZeekLocal } from './zeek-log.ts';

interface Tally {
  expected: number;
  found: number;
  whole: number;
  extra: number;
  fields: number;
  equal: number;
  excused: number;
}

const shown = process.env['MEDTAP_STREAM'];
const tallies = new Map<string, Tally>();

function tally(stream: string): Tally {
  const known = tallies.get(stream);
  if (known !== undefined) return known;
  const fresh = { expected: 0, found: 0, whole: 0, extra: 0, fields: 0, equal: 0, excused: 0 };
  tallies.set(stream, fresh);
  return fresh;
}

/** Names of the logs that Zeek wrote for any capture, without those that are not compared. */
function logNames(): string[] {
  if (!hasShared()) return [];
  const files = readdirSync(join(SHARED, 'oracle', 'zeek'), { recursive: true, encoding: 'utf8' });
  const names = files
    .filter(file => file.endsWith('.log'))
    .map(file => file.slice(file.lastIndexOf('/') + 1, -4));
  return [...new Set(names)].filter(name => !(name in NOT_COMPARED)).sort();
}

const names = shown === undefined ? logNames() : [shown];

function capturesByLog(): Map<string, { capture: Answered; streams: string[] }> {
  const captures = new Map<string, { capture: Answered; streams: string[] }>();
  for (const name of names) {
    for (const capture of answeredBy(`${name}.log`)) {
      const entry = captures.get(capture.name) ?? { capture, streams: [] };
      entry.streams.push(name);
      captures.set(capture.name, entry);
    }
  }
  return captures;
}

async function compareCapture({ capture, streams }: { capture: Answered; streams: string[] }): Promise<void> {
  const decoded = await decodeFiles([capture.capture], {
    isInternal: isZeekLocal,
    // Zeek decodes every copy of a frame.
    dedupWindow: 0,
  });
  for (const stream of streams) {
    const zeek = capture.rows(`${stream}.log`);
    const counts = tally(stream);
    const aim = STREAM_AIMS[stream];
    if (aim?.except !== undefined && capture.name in aim.except) {
      counts.excused += zeek.length;
      continue;
    }
    counts.expected += zeek.length;
    const schema = STREAMS.get(stream);
    if (schema === undefined) continue;
    const fields = comparable(schema, Object.keys(zeek[0] ?? {}), new Set(Object.keys(aim?.without ?? {})));
    const ours = decoded.rows(stream).map(row => textRow(row, fields));
    const adds = new Set(Object.keys(aim?.adds ?? {}));
    const { pairs, missing, extra } = compareRows(zeek, ours, fields, adds);
    counts.found += pairs.length;
    counts.whole += pairs.filter(pair => pair.differ.length === 0).length;
    counts.extra += extra.length;
    counts.fields += zeek.length * fields.length;
    counts.equal += pairs.reduce((sum, pair) => sum + fields.length - pair.differ.length, 0);
    if (shown === undefined) continue;
    for (const row of missing) print(`${capture.name}: missing ${JSON.stringify(row)}`);
    for (const row of extra) print(`${capture.name}: extra ${JSON.stringify(row)}`);
    for (const { zeek: theirs, ours: own, differ } of pairs)
      for (const field of differ)
        print(`${capture.name}: ${field}: Zeek ${theirs[field]} ours ${own[field]}`);
  }
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const percent = (part: number, all: number): string => `${((100 * part) / Math.max(all, 1)).toFixed(1)} %`;

describe.skipIf(names.length === 0)(
  `streams against Zeek${names.length === 0 ? ' (skipped: ../shared missing)' : ''}`,
  () => {
    beforeAll(async () => {
      for (const entry of capturesByLog().values()) await compareCapture(entry);
      for (const name of names) {
        const { expected, found, extra, whole, fields, equal, excused } = tally(name);
        print(
          STREAMS.has(name)
            ? `${name}: ${expected} rows expected, ${found} found (${percent(found, expected)}), ${extra} extra, ` +
                `${whole} whole, ${percent(equal, fields)} of fields equal${excused > 0 ? `, ${excused} excused` : ''}`
            : `${name}: ${expected} rows expected, not decoded`,
        );
      }
    }, 600_000);

    it.each(names.filter(name => name in STREAM_AIMS))('%s agrees as far as promised', name => {
      const { expected, found, fields, equal } = tally(name);
      const aim = STREAM_AIMS[name]!;
      expect(found / Math.max(expected, 1), 'rows').toBeGreaterThanOrEqual(aim.rows);
      expect(equal / Math.max(fields, 1), 'fields').toBeGreaterThanOrEqual(aim.fields);
    });

    it('lists only streams and captures that there are', () => {
      if (shown !== undefined) return;
      const captures = new Set(capturesByLog().keys());
      for (const [name, { except }] of Object.entries(STREAM_AIMS)) {
        expect(names, name).toContain(name);
        for (const capture of Object.keys(except ?? {})) expect(captures.has(capture), capture).toBe(true);
      }
    });
  },
);
