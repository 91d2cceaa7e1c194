/** BER values made by hand. */
import { bytesOf } from '../support/fake-flow.ts';

export type Part = Uint8Array | string | readonly number[];

/** Parts one after the other; text stands for latin-1 bytes. */
export function joined(...parts: readonly Part[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.map(part => (isNumbers(part) ? Uint8Array.from(part) : bytesOf(part)))),
  );
}

const isNumbers = (part: Part): part is readonly number[] => Array.isArray(part);

/** One element of definite length. */
export function tlv(tag: number, ...parts: readonly Part[]): Uint8Array {
  const contents = joined(...parts);
  const { length } = contents;
  const header = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 255];
  return joined(header, contents);
}

export const sequence = (...parts: readonly Part[]): Uint8Array => tlv(0x30, ...parts);
export const integer = (...bytes: readonly number[]): Uint8Array => tlv(0x02, bytes);
/** `[number]` around other values. */
export const tagged = (number: number, ...parts: readonly Part[]): Uint8Array => tlv(0xa0 | number, ...parts);
