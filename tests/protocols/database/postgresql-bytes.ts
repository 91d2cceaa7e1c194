/** PostgreSQL messages made by hand. */
import { joined, type Part } from '../ber-bytes.ts';

const be32 = (value: number): number[] => [
  value >>> 24,
  (value >> 16) & 255,
  (value >> 8) & 255,
  value & 255,
];

export function typed(letter: string, ...body: readonly Part[]): Uint8Array {
  const contents = joined(...body);
  return joined(letter, be32(contents.length + 4), contents);
}

export function startup(user: string): Uint8Array {
  const body = joined(be32(0x0003_0000), `user\0${user}\0database\0pacs\0application_name\0psql\0\0`);
  return joined(be32(body.length + 4), body);
}

export const ready = (status = 'I'): Uint8Array => typed('Z', status);
