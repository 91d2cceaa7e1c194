/**
 * Whether the text of an address lies in one of some ranges (the `cidr` modifier of rules, `in` of filters). IPv4 in dotted decimal, by far the
 * most common, is compared as a number, since large captures hold very many distinct addresses; IPv6 goes through the
 * range map, which remembers what it was asked. Text that is no address lies in no range.
 */
import { type Cidr, CidrMap } from './cidr.ts';

/** Ranges of IPv4 as the first address and the mask. */
interface Ipv4Range {
  readonly network: number;
  readonly mask: number;
}

/** A test for the text of an address; IPv6 in canonical text (RFC 5952) is fastest, any form will do. */
export function addressTest(ranges: readonly Cidr[]): (text: string) => boolean {
  const ipv4: Ipv4Range[] = [];
  const ipv6 = new CidrMap<true>();
  for (const range of ranges) {
    if (range.address.kind() === 'ipv6') ipv6.add(range, true);
    else {
      const mask = range.prefix === 0 ? 0 : -1 << (32 - range.prefix);
      ipv4.push({ network: ipv4Word(range.address.toString()) & mask, mask });
    }
  }
  return text => {
    if (text.includes(':')) return ipv6.get(text) === true;
    const word = ipv4Word(text);
    return !Number.isNaN(word) && ipv4.some(({ network, mask }) => (word & mask) === network);
  };
}

/** The address as a 32-bit word; NaN when the text is not four decimal numbers up to 255. */
function ipv4Word(text: string): number {
  if (text.length < 7 || text.length > 15) return Number.NaN;
  let word = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      octet = octet * 10 + code - 48;
      if (++digits > 3 || octet > 255) return Number.NaN;
    } else {
      if (code !== 46 || digits === 0 || ++dots > 3) return Number.NaN;
      word = (word << 8) | octet;
      octet = 0;
      digits = 0;
    }
  }
  return dots === 3 && digits > 0 ? (word << 8) | octet : Number.NaN;
}
