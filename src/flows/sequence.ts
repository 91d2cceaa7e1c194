/** TCP sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4). */

/** Signed distance from `b` to `a`: positive when `a` is ahead. */
export function seqDelta(a: number, b: number): number {
  return (a - b) | 0;
}

/** `a + n` in sequence space. */
export function seqAdd(a: number, n: number): number {
  return (a + n) >>> 0;
}
