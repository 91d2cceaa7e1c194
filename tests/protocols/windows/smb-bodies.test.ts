import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { smb } from '../../../src/protocols/windows/smb.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { bytesOf, type Played, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { le16, le32, le64 } from './little-endian.ts';
import {
  close2,
  closed2,
  create2,
  created2,
  END_OF_CHAIN,
  framed,
  infoSet2,
  PREVIOUS,
  read2,
  readData2,
  setInfo2,
  smb1,
  treeConnect2,
  treeConnected2,
  write2,
} from './smb-bytes.ts';

const o = (...messages: Uint8Array[]): Step => [ORIG, framed(...messages)];
const r = (...messages: Uint8Array[]): Step => [RESP, framed(...messages)];
const FILE = 77;
const tree = 5;

const opened = (size: number): Step[] => [
  o(treeConnect2(3, '\\\\pacs01\\images')),
  r(treeConnected2(3, tree, 1)),
  o(create2({ id: 4, tree }, 'tool.bin')),
  r(created2({ id: 4, tree }, FILE, size)),
];
const CLOSED: Step[] = [o(close2({ id: 900, tree }, FILE)), r(closed2({ id: 900, tree }))];
const readAt = (id: number, offset: number, data: Uint8Array): [Step, Step] => [
  o(read2({ id, tree }, FILE, offset)),
  r(readData2({ id, tree }, data)),
];
const written = (id: number, offset: number, data: Uint8Array): Step =>
  o(write2({ id, tree }, FILE, data, offset));

/** An ELF program: the beginning of its header, then numbers. */
function program(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x3e, 0]);
  return bytes;
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const files = (played: Played) => recordsOf(played, 'files');
const blocks = (whole: Uint8Array, size: number): { offset: number; data: Uint8Array }[] =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => ({
    offset: i * size,
    data: whole.slice(i * size, (i + 1) * size),
  }));

const TEXT = bytesOf('name of no patient, only lines of text\n'.repeat(12));

describeDecoderLaws(smb, {
  'a file read': [...opened(TEXT.length), ...readAt(5, 0, TEXT), ...CLOSED],
  'a file written in two blocks, the second first': [
    ...opened(0),
    written(5, 300, TEXT.slice(300)),
    written(6, 0, TEXT.slice(0, 300)),
    ...CLOSED,
  ],
});

describe('contents of files in SMB 2', () => {
  it('are one file per direction, which the later actions on the file name', () => {
    const played = play(smb, [
      ...opened(TEXT.length),
      ...readAt(5, 0, TEXT),
      written(6, 0, program(5000)),
      o(setInfo2({ id: 7, tree }, FILE, 13, Uint8Array.of(1))),
      r(infoSet2({ id: 7, tree })),
      ...CLOSED,
    ]);
    const [write, read] = files(played);
    expect(read).toMatchObject({
      source: 'SMB',
      filename: 'tool.bin',
      mime_type: 'text/plain',
      is_orig: false,
      seen_bytes: TEXT.length,
      total_bytes: TEXT.length,
      missing_bytes: 0,
    });
    expect(read).not.toHaveProperty('sha256');
    expect(write).toMatchObject({ is_orig: true, seen_bytes: 5000, sha256: sha256(program(5000)) });
    expect(recordsOf(played, 'smb_files').map(row => [row.action, row.fuid])).toEqual([
      ['SMB::FILE_OPEN', undefined],
      ['SMB::FILE_DELETE', read!.fuid],
    ]);
  });

  it('are put in order, whatever the order of the answers and the segments', () => {
    const whole = program(40_000);
    const parts = blocks(whole, 1500);
    const order = fc.shuffledSubarray(parts, { minLength: parts.length });
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 4000 }), (shuffled, segment) => {
        const steps = [
          ...opened(whole.length),
          ...shuffled.map(({ offset }) => o(read2({ id: 10 + offset, tree }, FILE, offset))),
          ...shuffled.map(({ offset, data }) => r(readData2({ id: 10 + offset, tree }, data))),
          ...CLOSED,
        ];
        const played = play(smb, steps, { segment });
        expect(files(played)).toMatchObject([
          { seen_bytes: whole.length, missing_bytes: 0, sha256: sha256(whole) },
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('that are read again are counted once, those that overlap too', () => {
    const whole = program(9000);
    const played = play(smb, [
      ...opened(whole.length),
      ...readAt(5, 0, whole.slice(0, 6000)),
      ...readAt(6, 0, whole.slice(0, 6000)),
      ...readAt(7, 4000, whole.slice(4000)),
      ...readAt(8, 100, whole.slice(100, 200)),
      ...CLOSED,
    ]);
    expect(files(played)).toMatchObject([{ seen_bytes: 9000, missing_bytes: 0, sha256: sha256(whole) }]);
  });

  it('that were not read or not captured are missing, and then there is no digest', () => {
    const whole = program(9000);
    const second = framed(readData2({ id: 6, tree }, whole.slice(3000, 9000)));
    const played = play(smb, [
      ...opened(whole.length),
      ...readAt(5, 0, whole.slice(0, 2000)),
      o(read2({ id: 6, tree }, FILE, 3000)),
      [RESP, second.subarray(0, 1084)],
      { gap: RESP, length: 1000 },
      [RESP, second.subarray(2084)],
      ...CLOSED,
      o(create2({ id: 10, tree }, 'next')),
      r(created2({ id: 10, tree }, 78, 1)),
    ]);
    const [file, ...none] = files(played);
    expect(file).toMatchObject({ seen_bytes: 7000, missing_bytes: 2000, total_bytes: 9000 });
    expect(file).not.toHaveProperty('sha256');
    expect(none).toEqual([]);
    expect(recordsOf(played, 'smb_files')).toHaveLength(2);
    expect(played.weirds).toEqual([]);
  });

  it('are passed over once their type is known, and still measured when the flow ends within', () => {
    const whole = new Uint8Array(1 << 21).fill(0x61);
    const message = framed(readData2({ id: 5, tree }, whole));
    const steps: Step[] = [
      ...opened(whole.length),
      o(read2({ id: 5, tree }, FILE, 0)),
      [RESP, message.subarray(0, 1 << 20)],
    ];
    const cut = play(smb, steps, { segment: 1400 });
    expect(files(cut)).toMatchObject([{ seen_bytes: (1 << 20) - 84, mime_type: 'text/plain' }]);
    expect(cut.given).toBeLessThan(20_000);
    const holed = play(
      smb,
      [...steps, { gap: RESP, length: 5000 }, [RESP, message.subarray((1 << 20) + 5000)], ...CLOSED],
      { segment: 1400 },
    );
    expect(files(holed)).toMatchObject([{ seen_bytes: whole.length - 5000, missing_bytes: 5000 }]);
  });

  it('in a compound come with its other commands', () => {
    const padded = (message: Uint8Array) => joined(message, new Uint8Array((8 - (message.length % 8)) % 8));
    const linked = (make: (next: number) => Uint8Array) => padded(make(padded(make(0)).length));
    const played = play(smb, [
      ...opened(0).slice(0, 2),
      o(
        linked(next => create2({ id: 4, tree, next }, 'a.txt')),
        linked(next => read2({ id: 5, tree, flags: 4, next }, PREVIOUS)),
        close2({ id: 6, tree, flags: 4 }, PREVIOUS),
      ),
      r(
        linked(next => created2({ id: 4, tree, next }, 8, TEXT.length)),
        linked(next => readData2({ id: 5, tree, next }, TEXT)),
        closed2({ id: 6, tree }),
      ),
    ]);
    expect(files(played)).toMatchObject([
      { filename: 'a.txt', seen_bytes: TEXT.length, total_bytes: TEXT.length },
    ]);
  });

  it('of too many files at a time end early, by name', () => {
    const many = Array.from({ length: 66 }, (_, i): Step[] => [
      o(create2({ id: 100 + i, tree }, `f${i}`)),
      r(created2({ id: 100 + i, tree }, 100 + i, 0)),
      o(write2({ id: 300 + i, tree }, 100 + i, TEXT)),
    ]);
    const played = play(smb, [...opened(0).slice(0, 2), ...many.flat()]);
    expect(files(played)).toHaveLength(66);
    expect(played.weirds).toEqual(['smb_too_many_transfers']);
  });

  it('at absurd places, beyond the message or without an opened file make none', () => {
    const beyond = write2({ id: 6, tree }, FILE, TEXT);
    beyond.set(le16(60_000), 66);
    const played = play(smb, [
      o(write2({ id: 5, tree }, FILE, TEXT)),
      ...opened(0),
      written(5, 2 ** 52, TEXT),
      o(beyond),
      r(readData2({ id: 7, tree }, TEXT)),
    ]);
    expect(files(played)).toEqual([]);
    expect(played.end).toBe('close');
  });

  it('take time in proportion when every block comes before its predecessor', () => {
    expectLinear(n => {
      const steps = Array.from({ length: n }, (_, i) => written(5 + i, (n - i) * 100, TEXT.slice(0, 100)));
      play(smb, [...opened(0), ...steps, ...CLOSED]);
    }, 100);
  });
});

describe('contents of files in SMB 1', () => {
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  const open1: Step[] = [
    [
      ORIG,
      framed(
        smb1(0xa2, {
          mid: 5,
          tree: 7,
          words: joined(END_OF_CHAIN, [0], le16(6), zeros(41)),
          data: 'a.bin\0',
        }),
      ),
    ],
    [
      RESP,
      framed(
        smb1(0xa2, {
          mid: 5,
          tree: 7,
          reply: true,
          words: joined(END_OF_CHAIN, [0], le16(9), zeros(48), le64(8000), zeros(5)),
        }),
      ),
    ],
  ];
  const read1 = (mid: number, offset: number): Step => [
    ORIG,
    framed(smb1(0x2e, { mid, tree: 7, words: joined(END_OF_CHAIN, le16(9), le32(offset), zeros(14)) })),
  ];
  const data1 = (mid: number, data: Uint8Array): Step => [
    RESP,
    framed(
      smb1(0x2e, {
        mid,
        tree: 7,
        reply: true,
        words: joined(END_OF_CHAIN, zeros(6), le16(data.length), le16(59), zeros(10)),
        data,
      }),
    ),
  ];
  const write1 = (mid: number, offset: number, data: Uint8Array): Step => [
    ORIG,
    framed(
      smb1(0x2f, {
        mid,
        tree: 7,
        words: joined(END_OF_CHAIN, le16(9), le32(offset), zeros(10), le16(data.length), le16(63), le32(0)),
        data,
      }),
    ),
  ];
  const whole = program(8000);

  it('are put together like those of version 2', () => {
    const played = play(
      smb,
      [
        ...open1,
        read1(6, 0),
        read1(7, 5000),
        data1(7, whole.slice(5000)),
        data1(6, whole.slice(0, 5000)),
        write1(8, 0, whole.slice(0, 3000)),
        write1(9, 3000, whole.slice(3000)),
      ],
      { segment: 700 },
    );
    expect(files(played)).toMatchObject([
      { filename: 'a.bin', is_orig: false, seen_bytes: 8000, total_bytes: 8000, sha256: sha256(whole) },
      { filename: 'a.bin', is_orig: true, seen_bytes: 8000, sha256: sha256(whole) },
    ]);
  });
});
