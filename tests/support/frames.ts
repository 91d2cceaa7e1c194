/**
 * Frames for tests, from the inside out: `ethernet({}, ipv4({…}, tcp({…}, payload)))`. Every field has a plain default
 * and can be set wrong on purpose. Checksums are left zero: no layer judges them.
 */

/** Anything that stands for bytes; text is latin-1. */
export type Bytes = Uint8Array | readonly number[] | string;

export function toBytes(value: Bytes): Uint8Array {
  if (typeof value === 'string') return new Uint8Array(Buffer.from(value, 'latin1'));
  return value instanceof Uint8Array ? value : Uint8Array.from(value);
}

export function concat(...parts: readonly Bytes[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(toBytes)));
}

/** Bytes written as hexadecimal; blanks are ignored. */
export function fromHex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replace(/\s+/g, ''), 'hex'));
}

export function be16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

export function be32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Four bytes of dotted decimal. */
export function ip4(text: string): number[] {
  return text.split('.').map(Number);
}

/** Sixteen bytes of IPv6 text (with `::`, without an IPv4 tail). */
export function ip6(text: string): number[] {
  const [head = '', tail = ''] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].flatMap(group => be16(Number.parseInt(group, 16)));
}

/** Six bytes of `aa:bb:cc:dd:ee:ff`. */
export function mac(text: string): number[] {
  return text.split(':').map(digits => Number.parseInt(digits, 16));
}

export const MAC_A = '02:00:00:00:00:0a';
export const MAC_B = '02:00:00:00:00:0b';
export const HOST_A = '10.0.0.1';
export const HOST_B = '10.0.0.2';

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, qinq: 0x88a8 } as const;
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, esp: 50, icmp6: 58 } as const;

export interface Ethernet {
  readonly src?: string;
  readonly dst?: string;
  /** Default: IPv4, or IPv6 when the payload says version 6. */
  readonly type?: number;
  /** Tags, the outer first: VLAN identifiers with 802.1Q type, or `[type, identifier]`. */
  readonly vlans?: readonly (number | readonly [number, number])[];
}

export function ethernet(fields: Ethernet, payload: Bytes): Uint8Array {
  const body = toBytes(payload);
  const inner = fields.type ?? ((body[0] ?? 0) >>> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4);
  const tags = (fields.vlans ?? []).flatMap(tag => {
    const [type, identifier] = typeof tag === 'number' ? [ETHERTYPE.vlan, tag] : tag;
    return [...be16(type), ...be16(identifier)];
  });
  return concat(mac(fields.dst ?? MAC_B), mac(fields.src ?? MAC_A), tags, be16(inner), body);
}

export interface Ipv4 {
  readonly src?: string;
  readonly dst?: string;
  readonly protocol?: number;
  /** Options, padded to four bytes by the caller. */
  readonly options?: Bytes;
  /** Default: what it is. */
  readonly totalLength?: number;
  readonly headerWords?: number;
  readonly version?: number;
  readonly identification?: number;
  /** In bytes. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
}

export function ipv4(fields: Ipv4, payload: Bytes): Uint8Array {
  const options = toBytes(fields.options ?? []);
  const body = toBytes(payload);
  const words = fields.headerWords ?? 5 + options.length / 4;
  const fragment = ((fields.fragmentOffset ?? 0) >>> 3) | (fields.moreFragments ? 0x2000 : 0);
  return concat(
    [((fields.version ?? 4) << 4) | words, 0],
    be16(fields.totalLength ?? 20 + options.length + body.length),
    be16(fields.identification ?? 1),
    be16(fragment),
    [64, fields.protocol ?? PROTOCOL.tcp, 0, 0],
    ip4(fields.src ?? HOST_A),
    ip4(fields.dst ?? HOST_B),
    options,
    body,
  );
}

export interface Ipv6 {
  readonly src?: string;
  readonly dst?: string;
  readonly next?: number;
  /** Default: what it is. */
  readonly payloadLength?: number;
  readonly version?: number;
}

export function ipv6(fields: Ipv6, payload: Bytes): Uint8Array {
  const body = toBytes(payload);
  return concat(
    [(fields.version ?? 6) << 4, 0, 0, 0],
    be16(fields.payloadLength ?? body.length),
    [fields.next ?? PROTOCOL.tcp, 64],
    ip6(fields.src ?? '2001:db8::1'),
    ip6(fields.dst ?? '2001:db8::2'),
    body,
  );
}

/** An IPv6 extension header of the common form: next header, length in 8-byte units minus one, then `body`. */
export function extension(next: number, body: Bytes, units?: number): Uint8Array {
  const content = toBytes(body);
  return concat([next, units ?? (content.length + 2) / 8 - 1], content);
}

/** Flags by their letters: F S R P A U. */
export function flagBits(letters: string): number {
  let bits = 0;
  for (const letter of letters) bits |= 1 << 'FSRPAU'.indexOf(letter);
  return bits;
}

export interface Tcp {
  readonly src?: number;
  readonly dst?: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: string;
  readonly window?: number;
  /** Options, padded to four bytes by the caller. */
  readonly options?: Bytes;
  readonly headerWords?: number;
}

export function tcp(fields: Tcp, payload: Bytes = []): Uint8Array {
  const options = toBytes(fields.options ?? []);
  return concat(
    be16(fields.src ?? 40_000),
    be16(fields.dst ?? 9_999),
    be32(fields.seq ?? 1000),
    be32(fields.ack ?? 0),
    [(fields.headerWords ?? 5 + options.length / 4) << 4, flagBits(fields.flags ?? 'A')],
    be16(fields.window ?? 8192),
    [0, 0, 0, 0],
    options,
    payload,
  );
}

export interface Udp {
  readonly src?: number;
  readonly dst?: number;
  /** Default: what it is. */
  readonly length?: number;
}

export function udp(fields: Udp, payload: Bytes = []): Uint8Array {
  const body = toBytes(payload);
  const length = fields.length ?? 8 + body.length;
  return concat(be16(fields.src ?? 40_000), be16(fields.dst ?? 9_999), be16(length), [0, 0], body);
}

/** ICMP or ICMPv6 with an identifier and sequence number of zero. */
export function icmp(type: number, code = 0, payload: Bytes = []): Uint8Array {
  return concat([type, code, 0, 0, 0, 0, 0, 0], payload);
}

export interface Arp {
  readonly operation?: number;
  readonly senderMac?: string;
  readonly senderIp?: string;
  readonly targetMac?: string;
  readonly targetIp?: string;
}

export function arp(fields: Arp): Uint8Array {
  return concat(
    [0, 1, 8, 0, 6, 4],
    be16(fields.operation ?? 1),
    mac(fields.senderMac ?? MAC_A),
    ip4(fields.senderIp ?? HOST_A),
    mac(fields.targetMac ?? '00:00:00:00:00:00'),
    ip4(fields.targetIp ?? HOST_B),
  );
}
