/** Little-endian numbers and UTF-16 text as bytes. */
export const le16 = (value: number): Uint8Array => Uint8Array.of(value & 255, (value >> 8) & 255);

export const le32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

export const le64 = (value: number): Uint8Array =>
  new Uint8Array(Buffer.concat([le32(value % 2 ** 32), le32(Math.floor(value / 2 ** 32))]));

export const wide = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));

/** FILETIME of whole seconds since 1970. */
export const fileTime = (sec: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(sec) + 11_644_473_600n) * 10_000_000n, true);
  return bytes;
};
