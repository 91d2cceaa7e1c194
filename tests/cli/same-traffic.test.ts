/**
 * The same frames, cut into pieces, dealt out to two files or delivered twice, are the same traffic: every record of every
 * stream and every finding is equal, but for the capture and the frame that are named (and ARP, whose observer sees
 * copies). In this process for records, through the built program for findings.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEDUP_WINDOW } from '../../src/model/reading-defaults.ts';
import { logs } from '../../src/pipeline/logs.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { rowsOf } from '../support/records.ts';
import { captureOf, framesOf, type TimedFrame } from '../support/rewrite-capture.ts';
import { tempFolder } from '../support/temp.ts';
import { CLINIC, medtap, WARD } from './program.ts';

const temp = tempFolder();

/** All records but those that say how captures were, without where they were seen. */
async function recordsOf(inputs: readonly string[], arp: boolean) {
  const result = await logs({
    inputs,
    inventory: emptyInventory(),
    reveal: false,
    dedupWindow: DEDUP_WINDOW,
    streams: undefined,
    enrich: false,
  });
  const left = new Set(['capture_health', ...(arp ? [] : ['arp'])]);
  const records = Object.fromEntries(
    result.streams
      .filter(({ schema }) => !left.has(schema.name))
      .map(({ schema, batches }) => [
        schema.name,
        rowsOf(batches()).map(({ frame, capture, ...row }) => row),
      ]),
  );
  result.close();
  return records;
}

const UNCOMPARED = new Set(['capture', 'frame', 'frames']);

/** Findings of the shipped rules, but those on the captures themselves, without where they were seen. */
function findingsOf(args: readonly string[]): unknown[] {
  const { code, out, err } = medtap(['scan', '--format', 'json', '--fail-on', 'none', ...args]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const bare = JSON.parse(out, (key, value) => (UNCOMPARED.has(key) ? undefined : value));
  return (bare.findings as unknown[]).filter(finding => !JSON.stringify(finding).includes('capture_health'));
}

describe.each([
  // Without an inventory no shipped rule finds fault with the clinic.
  ['ward', WARD, 5],
  ['clinic', CLINIC, 0],
])('%s', (name, source, least) => {
  let frames: TimedFrame[] = [];
  let linkType = 1;
  let records: Awaited<ReturnType<typeof recordsOf>> = {};
  let findings: unknown[] = [];
  let pieces = 0;

  const write = (list: readonly TimedFrame[]) =>
    temp.write(`${name}-${pieces++}.pcap`, captureOf(list, linkType));

  beforeAll(async () => {
    ({ frames, linkType } = await framesOf(source));
    const whole = write(frames);
    records = await recordsOf([whole], true);
    findings = findingsOf([whole]);
    expect(Object.keys(records).length).toBeGreaterThan(2);
    expect(findings.length).toBeGreaterThanOrEqual(least);
  });

  const parts = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      frames.slice(Math.floor((i * frames.length) / count), Math.floor(((i + 1) * frames.length) / count)),
    );

  it.each([2, 3, 7, 40])('in %i rotated files', async count => {
    const files = parts(count).map(write);
    expect(await recordsOf(files.toReversed(), true)).toEqual(records);
    if (count !== 40) expect(findingsOf(files)).toEqual(findings);
  });

  it('in a directory of rotated files, and in a list of them', async () => {
    const folder = temp.write(`${name}-list`, new Uint8Array()).replace(/-list$/, '-rotated');
    mkdirSync(folder);
    const files = parts(5).map((part, i) => {
      const file = join(folder, `${5 - i}.pcap`);
      writeFileSync(file, captureOf(part, linkType));
      return file;
    });
    expect(await recordsOf([folder], true)).toEqual(records);
    expect(findingsOf([folder])).toEqual(findings);
    const list = temp.write(`${name}-files.txt`, new TextEncoder().encode(`${files.join('\n')}\n`));
    expect(findingsOf(['--files-from', list])).toEqual(findings);
  });

  it('dealt out to two files', async () => {
    const files = [0, 1].map(parity => write(frames.filter((_, i) => i % 2 === parity)));
    expect(await recordsOf(files, true)).toEqual(records);
    expect(findingsOf(files)).toEqual(findings);
  });

  it('frame by frame twice', async () => {
    const file = write(frames.flatMap(frame => [frame, frame]));
    const { arp: _, ...others } = records;
    expect(await recordsOf([file], false)).toEqual(others);
    expect(findingsOf([file])).toEqual(findings);
  });
});
