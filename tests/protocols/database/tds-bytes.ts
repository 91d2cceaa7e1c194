/** TDS packets made by hand (MS-TDS section 2.2). */
import { joined, type Part } from '../ber-bytes.ts';

const le16 = (value: number): number[] => [value & 255, value >> 8];
const wide = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));

export function packet(type: number, body: Uint8Array, last = true): Uint8Array {
  const size = body.length + 8;
  return joined([type, last ? 1 : 0, size >> 8, size & 255, 0, 0, 0, 0], body);
}

/** Version and encryption: 0 off, 1 on, 2 not supported, 3 required. */
export const options = (encryption: number): Uint8Array =>
  joined([0, 0, 11, 0, 6], [1, 0, 17, 0, 1], [255], [16, 0, 0, 0, 0, 0], [encryption]);

export const prelogin = (encryption: number): Uint8Array => packet(18, options(encryption));

export function login7(user: string, password: string, sspi: Uint8Array = new Uint8Array(0)): Uint8Array {
  const hidden = wide(password).map(byte => (((byte & 15) << 4) | (byte >> 4)) ^ 0xa5);
  const values = [
    wide('WS7'),
    wide(user),
    hidden,
    wide('LIS'),
    wide('db01'),
    wide(''),
    wide('ODBC'),
    wide(''),
    wide('lab'),
  ];
  let at = 94;
  const fields = values.map(value => {
    const field = joined(le16(at), le16(value.length / 2));
    at += value.length;
    return field;
  });
  const body = joined(
    new Uint8Array(4),
    [4, 0, 0, 0x74],
    new Uint8Array(28),
    ...fields,
    new Uint8Array(6),
    le16(at),
    le16(sspi.length),
    new Uint8Array(12),
    ...values,
    sspi,
  );
  new DataView(body.buffer, body.byteOffset).setUint32(0, body.length, true);
  return packet(16, body);
}

const token = (code: number, ...body: readonly Part[]): Uint8Array => {
  const contents = joined(...body);
  return joined([code], le16(contents.length), contents);
};

/** A token of Windows' login, from the server and from the client. */
export const sspiToken = (content: Uint8Array): Uint8Array => token(0xed, content);
export const sspi = (content: Uint8Array): Uint8Array => packet(17, content);

export const done = (status = 0): Uint8Array => joined([0xfd], le16(status), new Uint8Array(10));
export const loginAck = (name: string): Uint8Array =>
  token(0xad, [1, 0x74, 0, 0, 4, name.length], wide(name), [16, 0, 4, 8]);
export const errorToken = (code: number, text: string): Uint8Array =>
  token(0xaa, le16(code), [0, 0, 1, 14], le16(text.length), wide(text), [0, 0, 1, 0, 0, 0]);
