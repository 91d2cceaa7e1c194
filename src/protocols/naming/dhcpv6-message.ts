/**
 * One DHCPv6 message (RFC 8415 section 8): type, transaction identifier and options; messages inside relays' messages
 * (section 9) are unwrapped.
 *
 *     0 type   1 transaction (3)   4 options: code (2) length (2) data
 *     0 type 12 or 13   1 hops   2 link address (16)   18 peer address (16)   34 options
 *
 * Limits: `MAX_OPTIONS` options of a message altogether, `MAX_RELAYS` relays (the HOP_COUNT_LIMIT of section 7.6),
 * `MAX_LIST` values of a kind.
 */
import { u16be, u24be, u32be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import { readIpv6, readMac } from '../../net/address.ts';
import { nameOf } from './dns-message.ts';

const HEADER = 4;
const RELAY_HEADER = 34;
const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;
const LAST_TYPE = 11;
const RELAY_MESSAGE = 9;
const MAX_RELAYS = 8;
const MAX_OPTIONS = 128;
const MAX_LIST = 8;
/** DUIDs are at most 128 bytes after their type (section 11.1). */
const MAX_DUID = 130;
const ETHERNET = 1;

/** What one message says. */
export interface Dhcpv6Message {
  type: number;
  transaction: number;
  /** Address of the client as the relay next to it saw it. */
  peer?: string | undefined;
  /** Relay next to the client. */
  relay?: string | undefined;
  clientDuid?: string | undefined;
  serverDuid?: string | undefined;
  mac?: string | undefined;
  readonly iaids: string[];
  readonly addresses: string[];
  readonly prefixes: string[];
  /** Seconds; of the first address or prefix. */
  validLifetime?: number | undefined;
  status?: number | undefined;
  parameterList?: string | undefined;
  enterprise?: number | undefined;
  vendorClass?: string | undefined;
  fqdn?: string | undefined;
  mudUrl?: string | undefined;
  dnsServers?: string[] | undefined;
  /** The weird that ended reading. */
  problem?: string | undefined;
  left: number;
}

/** Decodes a datagram; undefined when it has no header of this protocol. */
export function decodeDhcpv6(bytes: Uint8Array, start: number, end: number): Dhcpv6Message | undefined {
  const message: Dhcpv6Message = {
    type: 0,
    transaction: 0,
    iaids: [],
    addresses: [],
    prefixes: [],
    left: MAX_OPTIONS,
  };
  let at = start;
  let to = end;
  for (let relays = 0; to - at >= HEADER; relays++) {
    const type = bytes[at]!;
    if (type !== RELAY_FORWARD && type !== RELAY_REPLY) {
      if (type < 1 || type > LAST_TYPE) return undefined;
      message.type = type;
      message.transaction = u24be(bytes, at + 1);
      readOptions(message, bytes, at + HEADER, to);
      return message;
    }
    if (to - at < RELAY_HEADER || relays === MAX_RELAYS) return undefined;
    message.relay = readIpv6(bytes, at + 2);
    message.peer = readIpv6(bytes, at + 18);
    const inner = relayed(bytes, at + RELAY_HEADER, to);
    if (inner === undefined) return undefined;
    at = inner.from;
    to = inner.to;
  }
  return undefined;
}

/** The message inside a relay's message. */
function relayed(bytes: Uint8Array, start: number, end: number): { from: number; to: number } | undefined {
  let at = start;
  for (let i = 0; i < MAX_OPTIONS && end - at >= 4; i++) {
    const from = at + 4;
    const to = from + u16be(bytes, at + 2);
    if (to > end) return undefined;
    if (u16be(bytes, at) === RELAY_MESSAGE) return { from, to };
    at = to;
  }
  return undefined;
}

function readOptions(message: Dhcpv6Message, bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end) {
    const from = at + 4;
    const to = from > end ? Number.POSITIVE_INFINITY : from + u16be(bytes, at + 2);
    if (to > end) {
      message.problem ??= 'DHCPv6_truncated_option';
      return;
    }
    if (message.left-- <= 0) {
      message.problem ??= 'DHCPv6_option_limit';
      return;
    }
    readOption(message, bytes, u16be(bytes, at), from, to);
    at = to;
  }
}

function readOption(message: Dhcpv6Message, bytes: Uint8Array, code: number, from: number, to: number): void {
  const length = to - from;
  switch (code) {
    case 1:
      message.clientDuid = duid(bytes, from, to);
      message.mac ??= duidMac(bytes, from, to);
      break;
    case 2:
      message.serverDuid = duid(bytes, from, to);
      break;
    case 3: // IA_NA: identifier, T1, T2
    case 25: // IA_PD
      if (length < 12) break;
      push(message.iaids, hex(bytes, from, from + 4));
      readOptions(message, bytes, from + 12, to);
      break;
    case 4: // IA_TA
      if (length < 4) break;
      push(message.iaids, hex(bytes, from, from + 4));
      readOptions(message, bytes, from + 4, to);
      break;
    case 5: // IAADDR: address, preferred and valid lifetime
      if (length < 24) break;
      push(message.addresses, readIpv6(bytes, from));
      message.validLifetime ??= u32be(bytes, from + 20);
      readOptions(message, bytes, from + 24, to);
      break;
    case 26: // IAPREFIX: preferred and valid lifetime, length, prefix
      if (length < 25) break;
      push(message.prefixes, `${readIpv6(bytes, from + 9)}/${bytes[from + 8]}`);
      message.validLifetime ??= u32be(bytes, from + 4);
      readOptions(message, bytes, from + 25, to);
      break;
    case 6:
      message.parameterList = numbers(bytes, from, to);
      break;
    case 13:
      if (length >= 2) message.status = u16be(bytes, from);
      break;
    case 16: // enterprise number, then strings with their length in front
      readVendorClass(message, bytes, from, to);
      break;
    case 23:
      message.dnsServers = addresses(bytes, from, to);
      break;
    case 39: // RFC 4704 section 4: flags and labels
      message.fqdn = nameOf(bytes, from + 1, to);
      break;
    case 79: // RFC 6939: hardware address as the relay saw it
      if (length === 8 && u16be(bytes, from) === ETHERNET) message.mac = readMac(bytes, from + 2);
      break;
    case 112: // RFC 8520 section 11
      if (length > 0) message.mudUrl = utf8(bytes, from, to);
      break;
  }
}

function readVendorClass(message: Dhcpv6Message, bytes: Uint8Array, from: number, to: number): void {
  if (to - from < 4) return;
  message.enterprise = u32be(bytes, from);
  if (to - from < 6) return;
  const end = from + 6 + u16be(bytes, from + 4);
  if (end <= to && end > from + 6) message.vendorClass = utf8(bytes, from + 6, end);
}

function push(list: string[], value: string): void {
  if (list.length < MAX_LIST && !list.includes(value)) list.push(value);
}

/** The unique identifier of a client or server (section 11) in hexadecimal. */
function duid(bytes: Uint8Array, from: number, to: number): string | undefined {
  return isDuid(bytes, from, to) ? hex(bytes, from, to) : undefined;
}

/** Types 1 to 4 with as many bytes as they need at least. */
function isDuid(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 4 || to - from > MAX_DUID) return false;
  const type = u16be(bytes, from);
  return type >= 1 && type <= 4 && (type !== 4 || to - from === 18);
}

/** Types 1 (hardware type, time, address) and 3 (hardware type, address) hold a MAC address. */
function duidMac(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from < 10 || u16be(bytes, from + 2) !== ETHERNET) return undefined;
  const type = u16be(bytes, from);
  if (type === 1 && to - from === 14) return readMac(bytes, from + 8);
  return type === 3 && to - from === 10 ? readMac(bytes, from + 4) : undefined;
}

function addresses(bytes: Uint8Array, from: number, to: number): string[] {
  const list: string[] = [];
  for (let at = from; to - at >= 16; at += 16) push(list, readIpv6(bytes, at));
  return list;
}

function numbers(bytes: Uint8Array, from: number, to: number): string | undefined {
  const list: number[] = [];
  for (let at = from; to - at >= 2 && list.length < MAX_OPTIONS; at += 2) list.push(u16be(bytes, at));
  return list.length > 0 ? list.join(',') : undefined;
}
