/** A link type that is not decoded is a problem of its capture, never a quiet "nothing found". */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../src/pipeline/decode.ts';

const USB = 220;
const RAW = 101;
/** 10.0.0.1 to 10.0.0.2, without content, in little-endian words. */
const IPV4 = [0x14000045, 0, 0x0000fd40, 0x0100000a, 0x0200000a];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'medtap-link-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A pcapng with one interface per link type and one frame on each: an IPv4 header. */
function pcapng(linkTypes: readonly number[]): Buffer {
  const blocks = [block(0x0a0d0d0a, words(0x1a2b3c4d, 0x00000001, 0xffffffff, 0xffffffff))];
  for (const type of linkTypes) blocks.push(block(1, words(type, 0)));
  for (const [id] of linkTypes.entries()) blocks.push(block(6, words(id, 0, 1_000_000, 20, 20, ...IPV4)));
  return Buffer.concat(blocks);
}

function block(type: number, body: Buffer): Buffer {
  const length = body.length + 12;
  return Buffer.concat([words(type, length), body, words(length)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, i * 4);
  return bytes;
}

async function run(name: string, capture: Buffer) {
  const path = join(folder, name);
  await writeFile(path, capture);
  const { captures, problems } = await decode({
    inputs: [path],
    streams: undefined,
    hashed: false,
    reveal: false,
    site: '',
    isInternal: () => true,
  });
  return { status: captures[0]?.status, problems: problems.map(problem => problem.message) };
}

test('a capture of nothing else is undecoded', async () => {
  const { status, problems } = await run('all.pcapng', pcapng([USB, USB]));
  expect(status).toBe('undecoded');
  expect(problems).toEqual([
    `${join(folder, 'all.pcapng')}: link type 220 cannot be decoded: all of its frames, from frame 1 on`,
  ]);
});

test('beside another interface the capture is partial, with its share', async () => {
  const { status, problems } = await run('some.pcapng', pcapng([RAW, USB]));
  expect(status).toBe('partial');
  expect(problems).toEqual([
    `${join(folder, 'some.pcapng')}: link type 220 cannot be decoded: 1 of 2 frames, from frame 2 on`,
  ]);
});

test('known link types are no problem', async () => {
  expect(await run('none.pcapng', pcapng([RAW]))).toEqual({ status: 'ok', problems: [] });
});

test.each([
  ['spanning tree', `0026424203${'00'.repeat(35)}`, 'ok'],
  ['LACP', `8809${'00'.repeat(46)}`, 'ok'],
  ['MACsec', `88e5${'00'.repeat(46)}`, 'undecoded'],
])('a port with nothing but %s', async (_name, behindAddresses, expected) => {
  const frame = Buffer.from(`0180c2000000020000000001${behindAddresses}`, 'hex');
  const header = words(0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1);
  const packet = Buffer.concat([words(1, 0, frame.length, frame.length), frame]);
  const { status } = await run('port.pcap', Buffer.concat([header, packet]));
  expect(status).toBe(expected);
});
