/**
 * Fixed-width integer reads. The caller has checked the length (one guard per header); these do not check.
 * The non-null assertions of the hot path for bytes live here and nowhere else.
 * `be` is network order; `le` is little-endian.
 */

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at]!;
}

export function u16be(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u24be(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

export function u32be(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function u16le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function u32le(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Whether `bytes` from `at` (not beyond `end`) begins with the ASCII characters of `text`, exactly. */
export function startsWith(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** First position of `byte` in `[at, end)`, or -1. Never looks beyond `end`, whatever the size of the buffer. */
export function indexOf(bytes: Uint8Array, byte: number, at: number, end: number): number {
  // A call into the engine pays from some length on.
  const near = Math.min(end, at + 48);
  for (let i = at; i < near; i++) if (bytes[i] === byte) return i;
  if (near >= end) return -1;
  const found = bytes.subarray(near, end).indexOf(byte);
  return found < 0 ? -1 : near + found;
}
