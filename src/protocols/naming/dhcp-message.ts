/**
 * One DHCP message (RFC 2131 section 2): the fixed part that BOOTP left, the magic cookie, and the options that tell who
 * somebody is and what network was given out (RFC 2132 unless said otherwise at the option).
 *
 *     0 op   1 htype   2 hlen   3 hops   4 xid   8 secs, flags   12 ciaddr   16 yiaddr   20 siaddr   24 giaddr
 *     28 chaddr (16)   44 sname (64)   108 file (128)   236 cookie   240 options
 *
 * Options that were moved into `sname` and `file` (option 52) are read there. Of an option that comes twice the last
 * counts; options in pieces (RFC 3396) are not joined. Limits: `MAX_OPTIONS`, `MAX_LIST`.
 */
import { u32be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import { readIpv4, readMac } from '../../net/address.ts';
import { nameOf } from './dns-message.ts';

/** Fixed part and cookie. */
export const HEADER_BYTES = 240;
const COOKIE_AT = 236;
const COOKIE = 0x63825363;
const MAX_OPTIONS = 128;
/** Addresses kept of an option that lists them. */
const MAX_LIST = 8;
const ETHERNET = 1;

export interface DhcpMessage {
  /** Sent by a client (BOOTREQUEST). */
  readonly request: boolean;
  readonly xid: number;
  /** Addresses of the header, absent when zero. */
  readonly ciaddr: string | undefined;
  readonly yiaddr: string | undefined;
  readonly giaddr: string | undefined;
  /** Hardware address; a MAC address for Ethernet. */
  readonly chaddr: string | undefined;
  /** Option 53. */
  readonly type: number | undefined;
  readonly options: DhcpOptions;
  /** The weird that ended reading. */
  readonly problem: string | undefined;
}

/** What options said, in the order of their numbers. */
export interface DhcpOptions {
  routers?: string[] | undefined;
  dnsServers?: string[] | undefined;
  hostName?: string | undefined;
  domain?: string | undefined;
  requestedAddress?: string | undefined;
  /** Seconds. */
  leaseTime?: number | undefined;
  serverId?: string | undefined;
  /** `1,3,6,15`: the order and choice tell the operating system. */
  parameterList?: string | undefined;
  message?: string | undefined;
  vendorClass?: string | undefined;
  /** As text: a MAC address, a name, or hexadecimal. */
  clientId?: string | undefined;
  /** Client identifier when it is an Ethernet address. */
  clientMac?: string | undefined;
  tftpServer?: string | undefined;
  bootFile?: string | undefined;
  fqdn?: string | undefined;
  mudUrl?: string | undefined;
}

/** Whether a datagram has a DHCP header: the cookie stands at its place and the fixed part makes sense. */
export function isDhcp(bytes: Uint8Array, at: number, end: number): boolean {
  return looksLikeBootp(bytes, at, end) && u32be(bytes, at + COOKIE_AT) === COOKIE;
}

/** The same without the cookie. */
export function looksLikeBootp(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < HEADER_BYTES) return false;
  const op = bytes[at]!;
  return (op === 1 || op === 2) && bytes[at + 1]! > 0 && bytes[at + 1]! < 40 && bytes[at + 2]! <= 16;
}

/** The caller has seen to it that the header is there. */
export function decodeDhcp(bytes: Uint8Array, at: number, end: number): DhcpMessage {
  const options: DhcpOptions = {};
  const reader: OptionReader = { bytes, options, type: undefined, overload: 0, left: MAX_OPTIONS };
  let problem = u32be(bytes, at + COOKIE_AT) === COOKIE ? undefined : 'DHCP_bad_cookie';
  problem ??= readOptions(reader, at + HEADER_BYTES, end);
  if ((reader.overload & 1) !== 0) problem ??= readOptions(reader, at + 108, at + COOKIE_AT);
  if ((reader.overload & 2) !== 0) problem ??= readOptions(reader, at + 44, at + 108);
  if ((reader.overload & 1) === 0) options.bootFile ??= text(bytes, at + 108, at + COOKIE_AT);
  return {
    request: bytes[at] === 1,
    xid: u32be(bytes, at + 4),
    ciaddr: address(bytes, at + 12),
    yiaddr: address(bytes, at + 16),
    giaddr: address(bytes, at + 24),
    chaddr: hardwareAddress(bytes, bytes[at + 1]!, at + 28, at + 28 + Math.min(bytes[at + 2]!, 16)),
    type: reader.type,
    options,
    problem,
  };
}

interface OptionReader {
  readonly bytes: Uint8Array;
  readonly options: DhcpOptions;
  type: number | undefined;
  overload: number;
  left: number;
}

function readOptions(reader: OptionReader, start: number, end: number): string | undefined {
  const { bytes } = reader;
  let at = start;
  while (at < end) {
    const code = bytes[at]!;
    if (code === 255) return undefined;
    at++;
    if (code === 0) continue;
    if (reader.left-- === 0) return 'DHCP_option_limit';
    const from = at + 1;
    if (from > end || from + bytes[at]! > end) return 'DHCP_truncated_option';
    at = from + bytes[at]!;
    readOption(reader, code, from, at);
  }
  return undefined;
}

function readOption(reader: OptionReader, code: number, from: number, to: number): void {
  const { bytes, options } = reader;
  const length = to - from;
  if (length === 0) return;
  switch (code) {
    case 3:
      options.routers = addresses(bytes, from, to);
      break;
    case 6:
      options.dnsServers = addresses(bytes, from, to);
      break;
    case 12:
      options.hostName = text(bytes, from, to);
      break;
    case 15:
      options.domain = text(bytes, from, to);
      break;
    case 50:
      if (length === 4) options.requestedAddress = readIpv4(bytes, from);
      break;
    case 51:
      if (length === 4) options.leaseTime = u32be(bytes, from);
      break;
    case 52:
      reader.overload = bytes[from]!;
      break;
    case 53:
      reader.type = bytes[from]!;
      break;
    case 54:
      if (length === 4) options.serverId = readIpv4(bytes, from);
      break;
    case 55:
      options.parameterList = bytes.subarray(from, to).join(',');
      break;
    case 56:
      options.message = text(bytes, from, to);
      break;
    case 60:
      options.vendorClass = text(bytes, from, to);
      break;
    case 61:
      readClientId(bytes, options, from, to);
      break;
    case 66:
      options.tftpServer = text(bytes, from, to);
      break;
    case 67:
      options.bootFile = text(bytes, from, to);
      break;
    case 81:
      options.fqdn = fqdn(bytes, from, to);
      break;
    case 161: // RFC 8520 section 10: where the manufacturer says what the device is for
      options.mudUrl = text(bytes, from, to);
      break;
  }
}

function address(bytes: Uint8Array, at: number): string | undefined {
  return u32be(bytes, at) === 0 ? undefined : readIpv4(bytes, at);
}

function addresses(bytes: Uint8Array, from: number, to: number): string[] {
  const list: string[] = [];
  for (let at = from; to - at >= 4 && list.length < MAX_LIST; at += 4) list.push(readIpv4(bytes, at));
  return list;
}

function hardwareAddress(bytes: Uint8Array, type: number, from: number, to: number): string | undefined {
  if (type === ETHERNET && to - from === 6) return readMac(bytes, from);
  return to > from ? hex(bytes, from, to) : undefined;
}

/** Text without the zeros that some clients put behind it; undefined when nothing is left. */
function text(bytes: Uint8Array, from: number, to: number): string | undefined {
  let end = from;
  while (end < to && bytes[end] !== 0) end++;
  return end > from ? utf8(bytes, from, end) : undefined;
}

/** A hardware type and address, or type 0 and any name (RFC 2132 section 9.14). */
function readClientId(bytes: Uint8Array, options: DhcpOptions, from: number, to: number): void {
  const type = bytes[from]!;
  if (type === ETHERNET && to - from === 7) {
    options.clientMac = readMac(bytes, from + 1);
    options.clientId = options.clientMac;
  } else {
    options.clientId = isPrintable(bytes, from + 1, to) ? utf8(bytes, from + 1, to) : hex(bytes, from, to);
  }
}

function isPrintable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false;
  return to > from;
}

/** RFC 4702 section 2: flags, two old response codes, and the name as labels (flag E) or as text. */
function fqdn(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from <= 3) return undefined;
  return (bytes[from]! & 4) !== 0 ? nameOf(bytes, from + 3, to) : text(bytes, from + 3, to);
}
