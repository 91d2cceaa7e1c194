/**
 * Extension mechanisms for DNS (RFC 6891): the OPT record of the additional section, which carries the size of datagrams
 * that are understood, a version, upper bits of the response code and options. Of the options, only the client subnet
 * (RFC 7871) is read: it tells a server on the internet which network of the site asked.
 */
import { u16be } from '../../bytes/read.ts';
import { readIpv4, readIpv6 } from '../../net/address.ts';
import { type Cursor, type Header, readRecord, skipRecord } from './dns-message.ts';

const TYPE_OPT = 41;
const OPTION_CLIENT_SUBNET = 8;
/** Records looked through for OPT. */
const MAX_ADDITIONAL = 64;

/** What an OPT record says. */
export interface Edns {
  readonly version: number;
  /** Largest datagram its sender takes, in bytes. */
  readonly size: number;
  readonly dnssec: boolean;
  /** Response code including the upper eight bits. */
  readonly rcode: number;
  /** `192.0.2.0/24`. */
  readonly clientSubnet: string | undefined;
}

/** Finds OPT behind the answers; undefined without one, or where the sections cannot be walked. */
export function readEdns(c: Cursor, header: Header): Edns | undefined {
  if (header.additionals === 0) return undefined;
  for (let i = 0; i < header.authorities; i++) if (!skipRecord(c)) return undefined;
  const count = Math.min(header.additionals, MAX_ADDITIONAL);
  for (let i = 0; i < count; i++) {
    const record = readRecord(c);
    if (record === undefined) return undefined;
    if (record.type === TYPE_OPT) {
      return {
        version: (record.ttl >>> 16) & 255,
        size: record.class,
        dnssec: (record.ttl & 0x8000) !== 0,
        rcode: ((record.ttl >>> 24) << 4) | header.rcode,
        clientSubnet: clientSubnet(c, record.end),
      };
    }
    c.at = record.end;
  }
  return undefined;
}

/** Reads options up to the client subnet. */
function clientSubnet(c: Cursor, end: number): string | undefined {
  let at = c.at;
  while (end - at >= 4) {
    const code = u16be(c.bytes, at);
    const start = at + 4;
    at = start + u16be(c.bytes, at + 2);
    if (at > end) {
      c.oddities.push({ name: 'EDNS_option_length_invalid' });
      return undefined;
    }
    if (code === OPTION_CLIENT_SUBNET) return subnetText(c, start, at);
  }
  return undefined;
}

/** Family, prefix length of the source, of the scope, and as many bytes of the address as the prefix needs. */
function subnetText(c: Cursor, start: number, end: number): string | undefined {
  const family = end - start < 4 ? 0 : u16be(c.bytes, start);
  const prefix = c.bytes[start + 2]!;
  const width = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (width === 0 || prefix > width * 8 || end - start - 4 !== Math.ceil(prefix / 8)) {
    c.oddities.push({ name: 'EDNS_ECS_invalid' });
    return undefined;
  }
  const address = new Uint8Array(16);
  address.set(c.bytes.subarray(start + 4, end));
  const text = width === 4 ? readIpv4(address, 0) : readIpv6(address, 0);
  return `${text}/${prefix}`;
}
