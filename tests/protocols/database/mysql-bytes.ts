/** MySQL packets made by hand. */
import { joined, type Part } from '../ber-bytes.ts';

export const packet = (number: number, ...body: readonly Part[]): Uint8Array => {
  const contents = joined(...body);
  const { length } = contents;
  return joined([length & 255, (length >> 8) & 255, length >> 16, number], contents);
};

const le32 = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  value >>> 24,
];

export const greeting = (version = '8.0.33', capabilities = 0xffff_f7ff): Uint8Array =>
  packet(
    0,
    [10],
    `${version}\0`,
    new Uint8Array(13),
    le32(capabilities).slice(0, 2),
    [45, 2, 0],
    le32(capabilities).slice(2),
    [21],
    new Uint8Array(10),
    new Uint8Array(13),
    'caching_sha2_password\0',
  );

export const login = (
  user: string,
  proof: Part,
  plugin = 'caching_sha2_password',
  capabilities = 0x0008_a200,
): Uint8Array => {
  const secret = joined(proof);
  return packet(
    1,
    le32(capabilities),
    le32(1 << 24),
    [45],
    new Uint8Array(23),
    `${user}\0`,
    [secret.length],
    secret,
    `${plugin}\0`,
  );
};

export const tlsRequest = (): Uint8Array =>
  packet(1, le32(0x0008_aa00), le32(1 << 24), [45], new Uint8Array(23));
export const ok = (number: number, rows = 0): Uint8Array => packet(number, [0, rows, 0, 2, 0, 0, 0]);
export const error = (number: number, text: string): Uint8Array =>
  packet(number, [255, 0x15, 4], '#28000', text);
export const command = (code: number, text: Part = ''): Uint8Array => packet(0, [code], text);
/** Column count, one column, end, one row, end. */
export const resultSet = (): Uint8Array =>
  joined(
    packet(1, [1]),
    packet(2, 'def-column'),
    packet(3, [254, 0, 0, 2, 0]),
    packet(4, [1], 'x'),
    packet(5, [254, 0, 0, 2, 0]),
  );
