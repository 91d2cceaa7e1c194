/** Headers of link layers other than plain Ethernet, put in front of a payload. Fields have a plain default. */
import { type Bytes, be16, be32, concat, MAC_A, MAC_B, mac, toBytes } from './frames.ts';

const le16 = (value: number): number[] => [value & 255, value >>> 8];
const le32 = (value: number): number[] => be32(value).reverse();

/** 802.2 LLC with SNAP. */
export function snap(type: number, payload: Bytes, oui = 0): Uint8Array {
  return concat([0xaa, 0xaa, 3], be32(oui).slice(1), be16(type), payload);
}

/** An 802.3 frame: its type field is its length. */
export function length8023(payload: Bytes, padding = 0): Uint8Array {
  const body = toBytes(payload);
  return concat(mac(MAC_B), mac(MAC_A), be16(body.length), body, new Uint8Array(padding));
}

/** Labels, the bottom of the stack last. */
export function mpls(labels: readonly number[], payload: Bytes): Uint8Array {
  const stack = labels.flatMap((label, i) =>
    be32(((label << 12) | (i === labels.length - 1 ? 0x100 : 0) | 64) >>> 0),
  );
  return concat(stack, payload);
}

export function pppoe(protocol: number, payload: Bytes): Uint8Array {
  const body = concat(be16(protocol), payload);
  return concat([0x11, 0], be16(7), be16(body.length), body);
}

export interface Dot11 {
  /** Letters of the second control byte: t(o DS), f(rom DS), m(ore fragments), p(rotected), o(rder). */
  readonly flags?: string;
  /** First control byte: type and subtype. */
  readonly control?: number;
  readonly qos?: number;
  readonly fragment?: number;
}

const DOT11_FLAGS: Readonly<Record<string, number>> = { t: 1, f: 2, m: 4, p: 0x40, o: 0x80 };

/** An 802.11 frame from MAC_A to MAC_B over an access point. */
export function dot11(fields: Dot11, payload: Bytes): Uint8Array {
  const flags = fields.flags ?? 't';
  const bits = [...flags].reduce((sum, letter) => sum | DOT11_FLAGS[letter]!, 0);
  const station = mac('02:00:00:00:00:aa');
  const relay = mac('02:00:00:00:00:bb');
  const [a, b] = [mac(MAC_A), mac(MAC_B)];
  const both = flags.includes('t') && flags.includes('f');
  const addresses = both
    ? [...relay, ...station, ...b]
    : flags.includes('t')
      ? [...station, ...a, ...b]
      : flags.includes('f')
        ? [...b, ...station, ...a]
        : [...b, ...a, ...station];
  return concat(
    [fields.control ?? (fields.qos === undefined ? 0x08 : 0x88), bits, 0, 0],
    addresses,
    le16(fields.fragment ?? 0),
    both ? a : [],
    fields.qos === undefined ? [] : le16(fields.qos),
    fields.qos !== undefined && flags.includes('o') ? [0, 0, 0, 0] : [],
    payload,
  );
}

/** One MSDU of an A-MSDU; all but the last are padded. */
export function subframe(payload: Bytes, last = false): Uint8Array {
  const body = toBytes(payload);
  const padding = last ? 0 : (4 - ((14 + body.length) % 4)) % 4;
  return concat(mac(MAC_B), mac(MAC_A), be16(body.length), body, new Uint8Array(padding));
}

/** A radiotap header with the given fields (present bits and their bytes). */
export function radiotap(present: readonly number[], fields: Bytes, payload: Bytes): Uint8Array {
  const body = concat(present.flatMap(le32), fields);
  return concat([0, 0], le16(4 + body.length), body, payload);
}

export function nflog(family: number, payload: Bytes): Uint8Array {
  const body = toBytes(payload);
  const option = (type: number, value: Bytes): Uint8Array => {
    const bytes = toBytes(value);
    return concat(le16(4 + bytes.length), le16(type), bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  };
  return concat([family, 0, 0, 0], option(1, 'head'), option(10, 'x\0'), option(9, body));
}
