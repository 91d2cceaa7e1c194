/**
 * Seeded damage to captures: bits, lengths, pieces removed, repeated and moved. The same seed makes the same capture, so
 * that what a test found can be found again.
 */
import type { Captured } from '../support/captures.ts';
import { concat } from '../support/frames.ts';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)]!;

/** Values that lengths and counters go wrong with. */
const EXTREMES = [0, 1, 2, 3, 4, 7, 0x7f, 0x80, 0xff];

type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  const count = 1 + below(random, 1 + copy.length / 500);
  for (let i = 0; i < count && copy.length > 0; i++) {
    const at = below(random, copy.length);
    copy[at] = copy[at]! ^ (1 << below(random, 8));
  }
  return copy;
}

/** Overwrites one to four neighbouring bytes, as a length, offset or count would be. */
function editLengths(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  const count = 1 + below(random, 6);
  for (let i = 0; i < count && copy.length > 0; i++) {
    const at = below(random, copy.length);
    const width = pick(random, [1, 2, 4]);
    for (let j = at; j < Math.min(copy.length, at + width); j++) copy[j] = pick(random, EXTREMES);
  }
  return copy;
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, below(random, bytes.length + 1));
}

function range(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = below(random, bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + below(random, pick(random, [4, 40, 4000])))];
}

function removePiece(bytes: Uint8Array, random: Random): Uint8Array {
  const [from, to] = range(bytes, random);
  return concat(bytes.subarray(0, from), bytes.subarray(to));
}

function repeatPiece(bytes: Uint8Array, random: Random): Uint8Array {
  const [from, to] = range(bytes, random);
  const piece = bytes.subarray(from, to);
  const times = 1 + below(random, 4);
  return concat(bytes.subarray(0, to), ...Array.from({ length: times }, () => piece), bytes.subarray(to));
}

const DAMAGES: readonly Damage[] = [flipBits, editLengths, editLengths, truncate, removePiece, repeatPiece];

/** Damages a file without regard to its structure, but leaves its first bytes, so that it is still opened. */
export function damageFile(file: Uint8Array, random: Random): Uint8Array {
  const head = 24;
  return concat(file.subarray(0, head), pick(random, DAMAGES)(file.subarray(head), random));
}

/** Damages some frames and their order; the file around them stays whole, so that every frame is read. */
export function damageFrames(frames: readonly Captured[], random: Random): Captured[] {
  const share = pick(random, [0.005, 0.05, 0.5]);
  const result: Captured[] = [];
  for (const frame of frames) {
    if (random() >= share) {
      result.push(frame);
      continue;
    }
    const bytes = frame.bytes as Uint8Array;
    switch (below(random, 5)) {
      case 0:
        break; // lost
      case 1:
        result.push(frame, frame);
        break;
      case 2:
        result.splice(Math.max(0, result.length - 1 - below(random, 5)), 0, frame);
        break;
      case 3:
        // Cut by a snapshot length: what was on the wire stays known.
        result.push({ ...frame, bytes: truncate(bytes, random), original: bytes.length });
        break;
      default:
        // Behind the link and network headers, where decoders read.
        result.push({
          ...frame,
          bytes: concat(bytes.subarray(0, 34), pick(random, DAMAGES)(bytes.subarray(34), random)),
        });
    }
  }
  return result;
}
