/** DNS messages written by hand, for the tests of the decoder. */

export interface Section {
  readonly name: Uint8Array | string;
  readonly type: number;
  readonly class?: number;
  readonly ttl?: number;
  readonly data?: Uint8Array;
}

export interface MessageParts {
  readonly id?: number;
  /** Flags word of the header; `0x8180` is an ordinary reply. */
  readonly flags?: number;
  readonly questions?: readonly Section[];
  readonly answers?: readonly Section[];
  readonly authorities?: readonly Section[];
  readonly additionals?: readonly Section[];
  /** Counts of the header when they shall not agree with the sections. */
  readonly counts?: readonly [number, number, number, number];
}

/** Labels of a dotted name; the root is ''. Bytes are taken as an encoded name. */
export function encodedName(name: Uint8Array | string): Uint8Array {
  if (typeof name !== 'string') return name;
  const labels = name === '' ? [] : name.split('.').map(label => Buffer.from(label));
  return new Uint8Array(
    Buffer.concat([...labels.map(label => Buffer.concat([Buffer.of(label.length), label])), Buffer.of(0)]),
  );
}

/** A compression pointer to an offset in the message. */
export function pointer(offset: number): Uint8Array {
  return Uint8Array.of(0xc0 | (offset >> 8), offset & 255);
}

export function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap(value => [value >> 8, value & 255]));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function question(section: Section): Uint8Array {
  return joined(encodedName(section.name), u16(section.type, section.class ?? 1));
}

function record(section: Section): Uint8Array {
  const data = section.data ?? new Uint8Array(0);
  const ttl = section.ttl ?? 300;
  return joined(question(section), u16(Math.floor(ttl / 65_536), ttl % 65_536, data.length), data);
}

export function dnsMessage(parts: MessageParts): Uint8Array {
  const { questions = [], answers = [], authorities = [], additionals = [] } = parts;
  const counts = parts.counts ?? [questions.length, answers.length, authorities.length, additionals.length];
  return joined(
    u16(parts.id ?? 0x1234, parts.flags ?? 0x0100, ...counts),
    ...questions.map(question),
    ...[...answers, ...authorities, ...additionals].map(record),
  );
}

/** RFC 1035 section 4.2.2: the message with its length in front. */
export function overTcp(message: Uint8Array): Uint8Array {
  return joined(u16(message.length), message);
}
