/** TLS records and handshake messages written by hand, for the tests of the decoder. */

export function bytes(...parts: readonly (number | readonly number[] | Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map(part =>
        typeof part === 'string'
          ? Buffer.from(part, 'latin1')
          : Buffer.from(typeof part === 'number' ? [part] : part),
      ),
    ),
  );
}

export const u16 = (value: number): number[] => [value >> 8, value & 255];
const u24 = (value: number): number[] => [value >> 16, ...u16(value & 0xffff)];

export function record(type: number, content: Uint8Array, version = 0x0303): Uint8Array {
  return bytes(type, u16(version), u16(content.length), content);
}

export function message(type: number, content: Uint8Array): Uint8Array {
  return bytes(type, u24(content.length), content);
}

export function extension(type: number, content: Uint8Array): Uint8Array {
  return bytes(u16(type), u16(content.length), content);
}

export function serverName(...names: readonly string[]): Uint8Array {
  const list = bytes(...names.map(name => bytes(0, u16(name.length), name)));
  return extension(0, bytes(u16(list.length), list));
}

interface HelloParts {
  readonly version?: number;
  readonly sessionId?: Uint8Array;
  readonly random?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
}

const RANDOM = new Uint8Array(32).fill(0x5a);

/** RFC 8446 section 4.1.3: the random by which a ServerHello asks for another ClientHello. */
export const RETRY_RANDOM = new Uint8Array(
  Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
);

/** The content of a Certificate message. */
export function certificates(...chain: readonly Uint8Array[]): Uint8Array {
  const list = bytes(...chain.map(der => bytes(u24(der.length), der)));
  return bytes(u24(list.length), list);
}

/** The content of a ClientHello. */
export function clientHello({
  version = 0x0303,
  sessionId = new Uint8Array(0),
  extensions = [],
}: HelloParts = {}): Uint8Array {
  const all = bytes(...extensions);
  const suites = bytes(u16(0x1301), u16(0xc02f));
  return bytes(
    u16(version),
    RANDOM,
    sessionId.length,
    sessionId,
    u16(suites.length),
    suites,
    1,
    0,
    u16(all.length),
    all,
  );
}

/** The content of a ServerHello. */
export function serverHello(
  cipher: number,
  { version = 0x0303, sessionId = new Uint8Array(0), random = RANDOM, extensions = [] }: HelloParts = {},
): Uint8Array {
  const all = bytes(...extensions);
  const tail = all.length === 0 ? new Uint8Array(0) : bytes(u16(all.length), all);
  return bytes(u16(version), random, sessionId.length, sessionId, u16(cipher), 0, tail);
}

export const CHANGE_CIPHER_SPEC = record(20, Uint8Array.of(1));
export const FINISHED = record(22, new Uint8Array(40).fill(0xd7));
export const DATA = record(23, new Uint8Array(500).fill(0xe1));

export function alert(description: number): Uint8Array {
  return record(21, Uint8Array.of(2, description));
}
