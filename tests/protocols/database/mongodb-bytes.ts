/** MongoDB messages and BSON made by hand. */
import { joined, type Part } from '../ber-bytes.ts';

export const le32 = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  value >>> 24,
];

export type Plain = string | number | boolean | Uint8Array | { readonly [name: string]: Plain };

/** Texts, 32-bit numbers, truths, binary values and documents. */
export function bson(document: { readonly [name: string]: Plain }): Uint8Array {
  const elements = Object.entries(document).map(([name, value]) => {
    const [type, bytes] = encode(value);
    return joined([type], `${name}\0`, bytes);
  });
  const body = joined(...elements, [0]);
  return joined(le32(body.length + 4), body);
}

function encode(value: Plain): [number, Part] {
  if (typeof value === 'string') return [2, joined(le32(value.length + 1), `${value}\0`)];
  if (typeof value === 'number') return [16, le32(value)];
  if (typeof value === 'boolean') return [8, [value ? 1 : 0]];
  if (value instanceof Uint8Array) return [5, joined(le32(value.length), [0], value)];
  return [3, bson(value)];
}

function message(operation: number, id: number, to: number, ...body: readonly Part[]): Uint8Array {
  const contents = joined(...body);
  return joined(le32(contents.length + 16), le32(id), le32(to), le32(operation), contents);
}

type Fields = Parameters<typeof bson>[0];
export const msg = (id: number, document: Fields): Uint8Array =>
  message(2013, id, 0, le32(0), [0], bson(document));
export const answer = (to: number, document: Fields): Uint8Array =>
  message(2013, 900 + to, to, le32(0), [0], bson(document));
export const query = (id: number, name: string, document: Fields): Uint8Array =>
  message(2004, id, 0, le32(0), `${name}\0`, le32(0), le32(1), bson(document));
export const reply = (to: number, document: Fields): Uint8Array =>
  message(1, 900 + to, to, le32(8), new Uint8Array(8), le32(0), le32(1), bson(document));
