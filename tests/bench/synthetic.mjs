// @ts-check
/**
 * Captures that no network wrote, for what the corpus of real ones does not weigh:
 *
 *   small   4,000,000 TCP segments without payload in 1,000 flows: what a packet costs
 *   flows   1,000,000 TCP handshakes' first packets within four seconds, none of them answered: what live flows cost
 *   scan    all 65,536 ports of one host asked by another
 *
 * `node tests/bench/synthetic.mjs small FILE` writes one. Every run writes the same bytes.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const [kind = '', file = ''] = process.argv.slice(2);
const FRAME = 54;
const RECORD = 16 + FRAME;
const BATCH = 16_384;
const START = 1_700_000_000;
const SYN = 0x02;
const ACK = 0x10;
const SYN_ACK = SYN | ACK;

/** @typedef {{from: number, to: number, sport: number, dport: number, seq: number, ack: number, flags: number}} Segment */

/** @type {Record<string, {packets: number, seconds: number, segment: (i: number) => Segment}>} */
const KINDS = {
  small: { packets: 4_000_000, seconds: 240, segment: conversation },
  flows: { packets: 1_000_000, seconds: 4, segment: i => attempt(0x0a100000 + (i >>> 4), 0x0a000001, i) },
  scan: { packets: 65_536, seconds: 4, segment: i => attempt(0x0a100001, 0x0a000001, i) },
};

/** One of 1,000 conversations: a handshake, then empty segments to and fro. */
function conversation(/** @type {number} */ i) {
  const flow = i % 1000;
  const step = Math.floor(i / 1000);
  const up = step === 0 || step % 2 === 0;
  const ends = up ? { from: 0x0a100000 + flow, to: 0x0a000001 } : { from: 0x0a000001, to: 0x0a100000 + flow };
  const ports = up ? { sport: 40_000, dport: 9_999 } : { sport: 9_999, dport: 40_000 };
  const flags = step === 0 ? SYN : step === 1 ? SYN_ACK : ACK;
  return {
    ...ends,
    ...ports,
    seq: up ? (step === 0 ? 0 : 1) : step === 1 ? 0 : 1,
    ack: step === 0 ? 0 : 1,
    flags,
  };
}

function attempt(/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ i) {
  return { from, to, sport: 1024 + (i & 15), dport: i & 0xffff, seq: i, ack: 0, flags: SYN };
}

const made = KINDS[kind];
if (made === undefined || file === '') throw new Error('usage: synthetic.mjs small|flows|scan FILE');
const out = openSync(file, 'w');
const header = Buffer.alloc(24);
header.writeUInt32LE(0xa1b23c4d, 0);
header.writeUInt16LE(2, 4);
header.writeUInt16LE(4, 6);
header.writeUInt32LE(262_144, 16);
header.writeUInt32LE(1, 20);
writeSync(out, header);
const batch = Buffer.alloc(BATCH * RECORD);
let used = 0;
for (let i = 0; i < made.packets; i++) {
  put(used, i, made.segment(i), Math.floor((i * made.seconds * 1e9) / made.packets));
  used += RECORD;
  if (used === batch.length || i === made.packets - 1) {
    writeSync(out, batch, 0, used);
    used = 0;
  }
}
closeSync(out);

function put(
  /** @type {number} */ at,
  /** @type {number} */ i,
  /** @type {Segment} */ { from, to, sport, dport, seq, ack, flags },
  /** @type {number} */ nanos,
) {
  batch.writeUInt32LE(START + Math.floor(nanos / 1e9), at);
  batch.writeUInt32LE(nanos % 1e9, at + 4);
  batch.writeUInt32LE(FRAME, at + 8);
  batch.writeUInt32LE(FRAME, at + 12);
  const eth = at + 16;
  batch.fill(0, eth, eth + FRAME);
  batch[eth + 5] = 1;
  batch[eth + 11] = 2;
  batch.writeUInt16BE(0x0800, eth + 12);
  const ip = eth + 14;
  batch[ip] = 0x45;
  batch.writeUInt16BE(40, ip + 2);
  batch.writeUInt16BE((i + 2) & 0xffff, ip + 4);
  batch[ip + 8] = 64;
  batch[ip + 9] = 6;
  batch.writeUInt32BE(from, ip + 12);
  batch.writeUInt32BE(to, ip + 16);
  const tcp = ip + 20;
  batch.writeUInt16BE(sport, tcp);
  batch.writeUInt16BE(dport, tcp + 2);
  batch.writeUInt32BE(seq >>> 0, tcp + 4);
  batch.writeUInt32BE(ack >>> 0, tcp + 8);
  batch[tcp + 12] = 0x50;
  batch[tcp + 13] = flags;
  batch.writeUInt16BE(8192, tcp + 14);
}
