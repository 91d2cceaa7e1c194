/** Windows' FILETIME: tenths of microseconds since 1601 (MS-DTYP section 2.3.3). */
import { u32le } from '../../bytes/read.ts';
import type { Moment } from '../../model/schema.ts';

/** Seconds from 1601 to 1970. */
const EPOCH = 11_644_473_600n;
const TICKS = 10_000_000n;

/** The eight bytes at `at`; undefined for "none" and for what lies before 1970. */
export function readFileTime(bytes: Uint8Array, at: number): Moment | undefined {
  const ticks = BigInt(u32le(bytes, at + 4)) * 0x1_0000_0000n + BigInt(u32le(bytes, at));
  const sec = Number(ticks / TICKS - EPOCH);
  return sec > 0 ? { sec, nsec: Number(ticks % TICKS) * 100 } : undefined;
}

/** An unsigned number of eight bytes, or the largest that is exact as a number. */
export function readU64(bytes: Uint8Array, at: number): number {
  return Math.min(u32le(bytes, at + 4) * 0x1_0000_0000 + u32le(bytes, at), Number.MAX_SAFE_INTEGER);
}
