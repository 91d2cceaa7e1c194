/**
 * Puts together what arrives in pieces: associations, command sets and beginnings of data sets of DICOM, segments of
 * HL7. It keeps at most `limit` bytes and grows by doubling, so appending is linear whatever the sizes of the pieces.
 * What does not fit is not taken; nothing is ever grown by a length field from the wire.
 */

const FIRST_CAPACITY = 512;

/** Bytes collected so far: `bytes[0, length)`. */
export interface Assembly {
  bytes: Uint8Array;
  length: number;
  readonly limit: number;
}

/** An empty assembly that will hold at most `limit` bytes. */
export function newAssembly(limit: number): Assembly {
  return { bytes: new Uint8Array(Math.min(FIRST_CAPACITY, limit)), length: 0, limit };
}

/** Whether nothing more can be taken. */
export function isFull(assembly: Assembly): boolean {
  return assembly.length === assembly.limit;
}

/** Appends what fits of `bytes[from, to)` and returns how many bytes that was. */
export function append(assembly: Assembly, bytes: Uint8Array, from: number, to: number): number {
  const taken = Math.min(to - from, assembly.limit - assembly.length);
  const needed = assembly.length + taken;
  if (needed > assembly.bytes.length) {
    const larger = new Uint8Array(Math.min(assembly.limit, Math.max(needed, assembly.bytes.length * 2)));
    larger.set(assembly.bytes.subarray(0, assembly.length));
    assembly.bytes = larger;
  }
  assembly.bytes.set(bytes.subarray(from, from + taken), assembly.length);
  assembly.length = needed;
  return taken;
}

/** Forgets the bytes and keeps the buffer. */
export function clear(assembly: Assembly): void {
  assembly.length = 0;
}
