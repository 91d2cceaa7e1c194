/** A capture whose frames come twice says the same as the capture. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEDUP_WINDOW } from '../../src/model/reading-defaults.ts';
import { logs } from '../../src/pipeline/logs.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { FIXTURES } from '../support/paths.ts';
import { rowsOf } from '../support/records.ts';
import { captureOf, framesOf, inTime, type TimedFrame } from '../support/rewrite-capture.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

const late = (frame: TimedFrame, nanos: number): TimedFrame => ({
  ...frame,
  nanos: frame.nanos + BigInt(nanos),
});

/** Other MAC addresses, a tag, and one hop more. */
function onAnotherWay(frame: TimedFrame): TimedFrame {
  const { bytes } = frame;
  const tagged = new Uint8Array(bytes.length + 4);
  tagged.set([2, 9, 9, 9, 9, 1, 2, 9, 9, 9, 9, 2, 0x81, 0, 0, 30]);
  tagged.set(bytes.subarray(12), 16);
  const type = (tagged[16]! << 8) | tagged[17]!;
  if (type === 0x0800) tagged[18 + 8]! -= 1;
  if (type === 0x86dd) tagged[18 + 7]! -= 1;
  return { ...frame, bytes: tagged, original: frame.original + 4 };
}

const isArp = ({ bytes }: TimedFrame): boolean => bytes[12] === 8 && bytes[13] === 6;

/** What `medtap logs` writes, but for where a record was seen. Layer 2 sees every frame, so `arp` is not compared. */
async function analyse(file: string) {
  const result = await logs({
    inputs: [file],
    inventory: emptyInventory(),
    reveal: false,
    dedupWindow: DEDUP_WINDOW,
    streams: undefined,
    enrich: false,
  });
  // ARP observers see every frame, and the health of a capture counts them.
  const streams = result.streams.filter(({ schema }) => !['arp', 'capture_health'].includes(schema.name));
  const records = Object.fromEntries(
    streams.map(({ schema, batches }) => [
      schema.name,
      rowsOf(batches()).map(({ frame, capture, ...row }) => row),
    ]),
  );
  result.close();
  return { records, coverage: result.coverage };
}

const MICRO = 1000;

describe.each(['ward.pcap', 'clinic.pcapng'])('%s doubled', name => {
  const source = join(FIXTURES, name);
  const ways: [string, (frames: readonly TimedFrame[]) => TimedFrame[]][] = [
    ['frame by frame', frames => frames.flatMap(frame => [frame, frame])],
    ['three times', frames => frames.flatMap(frame => [frame, frame, frame])],
    ['40 µs later', frames => inTime(frames.flatMap(frame => [frame, late(frame, 40 * MICRO)]))],
    [
      'on another way, 10 ms later',
      frames => inTime(frames.flatMap(frame => [frame, late(onAnotherWay(frame), 10_000 * MICRO)])),
    ],
    ['before its frame', frames => frames.flatMap(frame => [late(frame, -3 * MICRO), frame])],
  ];

  it.each(ways)('%s', async (way, double) => {
    const { frames, linkType } = await framesOf(source);
    const write = (list: readonly TimedFrame[], part: string) =>
      temp.write(`${name}-${way.replaceAll(/\W+/g, '-')}-${part}.pcap`, captureOf(list, linkType));
    const doubled = double(frames);
    const original = await analyse(
      write(way === 'before its frame' ? frames.map(f => late(f, -3 * MICRO)) : frames, 'once'),
    );
    const twice = await analyse(write(doubled, 'twice'));
    expect(twice.records).toEqual(original.records);
    const copies = frames.filter(frame => !isArp(frame)).length * (doubled.length / frames.length - 1);
    expect(twice.coverage.duplicates).toBe(copies + original.coverage.duplicates);
  });

  it('shows all of them when asked to', async () => {
    const { frames, linkType } = await framesOf(source);
    const file = temp.write(
      `${name}-kept.pcap`,
      captureOf(
        frames.flatMap(frame => [frame, frame]),
        linkType,
      ),
    );
    const { coverage } = await decodeFiles([file], { dedupWindow: 0 });
    expect([coverage.duplicates, coverage.possible_duplicates]).toEqual([0, 0]);
  });
});
