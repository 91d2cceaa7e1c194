/** Messages of IntelliVue Data Export for tests, written from the structures of the programming guide. */

export function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap(value => [(value >> 8) & 0xff, value & 0xff]));
}

export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(part => Uint8Array.from(part))));
}

/** A session header: type, length, and what follows. */
function session(type: number, rest: Uint8Array): Uint8Array {
  const length = rest.length < 0xff ? [rest.length] : [0xff, rest.length >> 8, rest.length & 0xff];
  return joined([type, ...length], rest);
}

const SESSION = [0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02, 0x80, 0x00, 0x14, 0x02, 0x00, 0x02];
const X73 = [0x06, 0x0c, 0x2a, 0x86, 0x48, 0xce, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01];

function presentation(length: number): Uint8Array {
  const content = joined([0x31, 0x80, 0xa0, 0x80], X73, new Uint8Array(length));
  return content.length < 0xff
    ? joined([0xc1, content.length], content)
    : joined([0xc1, 0xff], u16(content.length), content);
}

export const connect = (length = 60): Uint8Array => session(0x0d, joined(SESSION, presentation(length)));
export const accept = (length = 300): Uint8Array => session(0x0e, joined(SESSION, presentation(length)));
export const REFUSE = session(0x0c, Uint8Array.of(0, 0));
const acse = (tag: number, tail: number): readonly number[] => [
  0x61,
  0x80,
  0x30,
  0x80,
  0x02,
  0x01,
  0x01,
  0xa0,
  0x80,
  tag,
  0x80,
  0x80,
  0x01,
  tail,
  ...new Array<number>(8).fill(0),
];
export const FINISH = session(0x09, joined([0xc1, 22], acse(0x62, 0)));
export const DISCONNECT = session(0x0a, joined([0xc1, 22], acse(0x63, 0)));
export const ABORT = session(
  0x19,
  joined([0x11, 1, 3, 0xc1, 30, 0xa0, 0x80, 0xa0, 0x80, 0, 0, 0, 0], acse(0x64, 1)),
);

const withLength = (content: Uint8Array): Uint8Array => joined(u16(content.length), content);

/** A message inside of an association. */
export function data(operation: number, invokeId: number, command: number, argument: Uint8Array): Uint8Array {
  return joined([0xe1, 0x00, 0x00, 0x02], remote(operation, invokeId, command, argument));
}

function remote(operation: number, invokeId: number, command: number, argument: Uint8Array): Uint8Array {
  const linked = operation === 5 ? [1, 1] : [];
  const inner = joined(linked, u16(invokeId, command), withLength(argument));
  return joined(u16(operation), withLength(inner));
}

const MDS = u16(0x21, 0, 0);

export function list(...entries: readonly Uint8Array[]): Uint8Array {
  return joined(u16(entries.length), withLength(joined(...entries)));
}

export function attribute(id: number, value: Uint8Array): Uint8Array {
  return joined(u16(id), withLength(value));
}

/** ASCII behind its length, padded. */
export function label(text: string, size = text.length): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(Buffer.from(text, 'latin1'));
  return withLength(bytes);
}

/** UTF-16 behind its length, with a NUL. */
export function string(text: string): Uint8Array {
  return withLength(u16(...[...`${text}\0`].map(character => character.charCodeAt(0))));
}

export const poll = (invokeId: number, object: number, action = 0x0c16): Uint8Array =>
  data(
    1,
    invokeId,
    7,
    joined(
      MDS,
      u16(0, 0, action),
      withLength(joined(u16(invokeId, 1, object, 0), action === 0x0c16 ? [] : list())),
    ),
  );

/** The answer to a poll: one context, one observation with the attributes given. */
export function polled(
  invokeId: number,
  object: number,
  attributes: readonly Uint8Array[],
  { action = 0x0c16, linked = false }: { action?: number; linked?: boolean } = {},
): Uint8Array {
  const observations = list(joined(u16(0x100), list(...attributes)));
  const reply = joined(
    u16(invokeId),
    action === 0x0c16 ? [] : u16(1),
    u16(0, 0),
    new Uint8Array(8).fill(0xff),
    u16(1, object, 0),
    list(joined(u16(0), observations)),
  );
  return data(linked ? 5 : 2, invokeId, 7, joined(MDS, u16(action), withLength(reply)));
}

const specification = (kind: number, text: string): Uint8Array => joined(u16(kind, 8), label(text));

export const MODEL = attribute(0x0928, joined(label('Philips', 8), label('M8007A', 7)));
export const PRODUCTION = attribute(
  0x092d,
  list(specification(1, 'DE00000001\0\0'), specification(5, '--------'), specification(4, 'G.01.78 ')),
);
export const ADDRESS = attribute(
  0xf100,
  joined([0x00, 0x09, 0xfb, 0, 0, 0x11], [10, 20, 30, 11], [255, 255, 255, 0]),
);

export const mdsCreate = (invokeId: number): Uint8Array =>
  data(
    1,
    invokeId,
    1,
    joined(
      MDS,
      u16(0, 0, 0x0d06),
      withLength(
        joined(
          MDS,
          list(
            attribute(0x0984, joined(u16(6), [0x00, 0x09, 0xfb, 0, 0, 0x11])),
            MODEL,
            attribute(0x091e, string('ICU-7')),
            PRODUCTION,
          ),
        ),
      ),
    ),
  );
export const mdsCreated = (invokeId: number): Uint8Array =>
  data(2, invokeId, 1, joined(MDS, u16(0, 0, 0x0d06, 0)));

export const INDICATION = joined(
  [0, 0, 1, 0],
  remote(1, 0, 0, joined(u16(0x23, 0, 0, 0, 0, 0x0d17), withLength(list(ADDRESS, MODEL, PRODUCTION)))),
);

export const DEMOGRAPHICS: readonly Uint8Array[] = [
  attribute(0x095d, string('CANARYFIRST')),
  attribute(0x095c, string('CANARYLAST')),
  attribute(0x095a, string('MRN-CANARY-7731')),
  attribute(0x0958, Uint8Array.of(0x19, 0x47, 0x02, 0x29, 0, 0, 0, 0)),
  attribute(0x0961, u16(1)),
];

/** A confirmed set of one attribute. */
export const set = (invokeId: number, id: number): Uint8Array =>
  data(1, invokeId, 5, joined(MDS, u16(0, 0), list(joined(u16(0), attribute(id, u16(1, 4, 2, 0x102))))));
export const setDone = (invokeId: number): Uint8Array => data(2, invokeId, 5, joined(MDS, list()));
export const get = (invokeId: number): Uint8Array =>
  data(1, invokeId, 3, joined(MDS, u16(0, 0), list(u16(0xf23a))));
export const error = (invokeId: number, code: number): Uint8Array =>
  data(3, invokeId, code, new Uint8Array(0));
