/**
 * Address ranges: parsing at configuration time (by ipaddr.js), and sets that answer "which range holds this
 * address" for canonical address text. Lookups are cached per address, so they cost one map read per repeat.
 * The cache is bounded; it is dropped whole when full.
 */
import ipaddr from 'ipaddr.js';

const CACHE_LIMIT = 100_000;

const POINT = 0x2e;
const ZERO = 0x30;

/** A parsed range; `text` is canonical (`10.0.0.0/8`). */
export interface Cidr {
  readonly text: string;
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
}

/** Parses `a.b.c.d/n`, `v6/n` or a bare address (a range of one). Returns undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const bare = !text.includes('/');
  try {
    if (bare && !ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
    const address = bare ? ipaddr.parse(text) : ipaddr.parseCIDR(text)[0];
    const prefix = bare ? address.toByteArray().length * 8 : ipaddr.parseCIDR(text)[1];
    if (!bare && address.kind() === 'ipv4' && !ipaddr.IPv4.isValidFourPartDecimal(text.split('/')[0] ?? '')) {
      return undefined;
    }
    return { text: `${canonical(address)}/${prefix}`, address, prefix };
  } catch {
    return undefined;
  }
}

/** Canonical text of an address, or undefined when `text` is not one. */
export function parseAddress(text: string): string | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  return canonical(ipaddr.parse(text));
}

function canonical(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address.kind() === 'ipv4') return address.toString();
  const six = address as ipaddr.IPv6;
  // As `address.ts` writes it (RFC 5952 section 5); the library does not.
  return six.isIPv4MappedAddress() ? `::ffff:${six.toIPv4Address()}` : six.toRFC5952String();
}

/** Whether the range holds the address. Families never match each other. */
export function contains(cidr: Cidr, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed.kind() === cidr.address.kind() && parsed.match(cidr.address as never, cidr.prefix);
}

/** First address of a range as canonical text: what the range should have been written with. */
export function firstAddress(cidr: Cidr): string {
  const bytes = cidr.address.toByteArray();
  return canonical(ipaddr.fromByteArray(bytes.map((byte, i) => byte & maskByte(cidr.prefix, i))));
}

/** Last address of a range as canonical text: of an IPv4 subnet, its directed broadcast address (RFC 919 section 7). */
export function lastAddress(cidr: Cidr): string {
  const bytes = cidr.address.toByteArray();
  return canonical(ipaddr.fromByteArray(bytes.map((byte, i) => byte | (maskByte(cidr.prefix, i) ^ 0xff))));
}

/** Byte `index` of the network mask of a prefix length. */
function maskByte(prefix: number, index: number): number {
  const bits = Math.min(Math.max(prefix - index * 8, 0), 8);
  return (0xff << (8 - bits)) & 0xff;
}

/** Digits that tell one range of a family and prefix length from another: one character per byte. */
function networkDigits(bytes: readonly number[], prefix: number): string {
  let digits = '';
  for (let i = 0; i * 8 < prefix; i++) digits += String.fromCharCode(bytes[i]! & maskByte(prefix, i));
  return digits;
}

/** The four numbers of a dotted IPv4 address; undefined when it is none. Most addresses looked up are of this form. */
function ipv4Bytes(address: string): number[] | undefined {
  if (address.length > 15) return undefined;
  const bytes = [0, 0, 0, 0];
  let part = 0;
  let digits = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === POINT) {
      if (digits === 0 || ++part > 3) return undefined;
      digits = 0;
      continue;
    }
    // No number begins with a zero but zero itself.
    if (code < ZERO || code > ZERO + 9 || (digits > 0 && bytes[part] === 0)) return undefined;
    const value = bytes[part]! * 10 + code - ZERO;
    if (value > 255) return undefined;
    bytes[part] = value;
    digits++;
  }
  return part === 3 && digits > 0 ? bytes : undefined;
}

/**
 * Ranges, each with a value; the longest prefix that holds an address wins, the first given among equals. An address
 * is looked up once per prefix length in use, however many ranges there are.
 */
export class CidrMap<T> {
  /** Per family (bytes of an address) and prefix length, longest first: values by network. */
  readonly #networks = new Map<number, { readonly prefix: number; readonly values: Map<string, T> }[]>();
  /** Null: in no range. */
  readonly #cache = new Map<string, T | null>();
  #size = 0;

  add(cidr: Cidr, value: T): void {
    const bytes = cidr.address.toByteArray();
    const lengths = this.#networks.get(bytes.length) ?? [];
    this.#networks.set(bytes.length, lengths);
    let networks = lengths.find(entry => entry.prefix === cidr.prefix);
    if (networks === undefined) {
      networks = { prefix: cidr.prefix, values: new Map() };
      lengths.push(networks);
      lengths.sort((a, b) => b.prefix - a.prefix);
    }
    const network = networkDigits(bytes, cidr.prefix);
    if (!networks.values.has(network)) networks.values.set(network, value);
    this.#size++;
    this.#cache.clear();
  }

  get(address: string): T | undefined {
    let known = this.#cache.get(address);
    if (known === undefined) {
      known = this.#find(address) ?? null;
      if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
      this.#cache.set(address, known);
    }
    return known ?? undefined;
  }

  get size(): number {
    return this.#size;
  }

  #find(address: string): T | undefined {
    if (this.#size === 0) return undefined;
    const bytes = ipv4Bytes(address) ?? (ipaddr.isValid(address) ? ipaddr.parse(address).toByteArray() : []);
    for (const { prefix, values } of this.#networks.get(bytes.length) ?? []) {
      const value = values.get(networkDigits(bytes, prefix));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
