/**
 * Address ranges: parsing at configuration time (by ipaddr.js), and sets that answer "which range holds this
 * address" for canonical address text. Lookups are cached per address, so they cost one map read per repeat.
 * The cache is bounded; it is dropped whole when full.
 */
import ipaddr from 'ipaddr.js';

const CACHE_LIMIT = 100_000;

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
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

/** Whether the range holds the address. Families never match each other. */
export function contains(cidr: Cidr, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed.kind() === cidr.address.kind() && parsed.match(cidr.address as never, cidr.prefix);
}

/** Ranges, each with a value; the longest prefix that holds an address wins, the first given among equals. */
export class CidrMap<T> {
  readonly #ranges: { cidr: Cidr; value: T }[] = [];
  readonly #cache = new Map<string, T | undefined>();

  add(cidr: Cidr, value: T): void {
    this.#ranges.push({ cidr, value });
    this.#ranges.sort((a, b) => b.cidr.prefix - a.cidr.prefix);
    this.#cache.clear();
  }

  get(address: string): T | undefined {
    if (this.#cache.has(address)) return this.#cache.get(address);
    const value = this.#ranges.find(range => contains(range.cidr, address))?.value;
    if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
    this.#cache.set(address, value);
    return value;
  }

  get size(): number {
    return this.#ranges.length;
  }
}
