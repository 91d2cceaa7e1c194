/**
 * What the sender of a multicast DNS response (RFC 6762, RFC 6763) or of a NetBIOS registration (RFC 1002 section 4.2.2)
 * says of itself: its host name, the services it offers, and of their TXT records the keys that name maker, model and
 * serial number (DNS-SD keys of printers: Bonjour Printing Specification; `md`, `model`: AirPlay, device-info).
 *
 * A host name counts when its address is the sender's; what proxies say of sleeping hosts is passed over. Limits:
 * `MAX_RECORDS` of a message are read; what is malformed ends the reading, silently: `dns.ts` reports it.
 */
import { u16be } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import { type Direction, type FlowContext, ORIG } from '../../model/protocol.ts';
import { readIpv4, readIpv6 } from '../../net/address.ts';
import {
  type Cursor,
  cursor,
  HEADER_BYTES,
  netbiosName,
  type ResourceRecord,
  readHeader,
  readName,
  readQuestion,
  readRecord,
} from './dns-message.ts';

const MULTICAST_DNS = 5353;
const NETBIOS = 137;
const MAX_RECORDS = 64;
const A = 1;
const PTR = 12;
const TXT = 16;
const AAAA = 28;
const NB = 32;
const REGISTRATION = 5;
/** RFC 1002 section 4.2.1.3: the name is that of a group. */
const GROUP = 0x8000;

/** Keys of TXT records, in lower case. */
const KEYS: ReadonlyMap<string, IdentityAttribute> = new Map([
  ['ty', 'model'],
  ['md', 'model'],
  ['model', 'model'],
  ['usb_mdl', 'model'],
  ['usb_mfg', 'vendor'],
  ['mfg', 'vendor'],
  ['manufacturer', 'vendor'],
  ['sn', 'serial'],
  ['serialnumber', 'serial'],
  ['fv', 'software'],
  ['fw', 'software'],
]);

/** Takes a message in of a flow that `dns.ts` decodes. */
export function announcement(
  flow: FlowContext,
  side: Direction,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start < HEADER_BYTES) return;
  if (flow.respPort === MULTICAST_DNS) multicast(flow, side, bytes, start, end);
  else if (flow.respPort === NETBIOS) registration(flow, side, bytes, start, end);
}

function multicast(flow: FlowContext, side: Direction, bytes: Uint8Array, start: number, end: number): void {
  const header = readHeader(bytes, start);
  if (!header.reply || header.opcode !== 0) return;
  const c = cursor(bytes, start, end, false);
  for (let i = 0; i < header.questions; i++) if (readQuestion(c) === undefined) return;
  const count = Math.min(header.answers + header.authorities + header.additionals, MAX_RECORDS);
  for (let i = 0; i < count; i++) {
    const record = readRecord(c);
    if (record === undefined) return;
    take(flow, side, c, record);
    c.at = record.end;
  }
}

function take(flow: FlowContext, side: Direction, c: Cursor, { name, type, end }: ResourceRecord): void {
  const { bytes, at } = c;
  const say = (attribute: IdentityAttribute, value: string | undefined) =>
    flow.identity({ side, attribute, value, source: 'mdns' });
  switch (type) {
    case A:
    case AAAA: {
      if (end - at !== (type === A ? 4 : 16)) return;
      const address = type === A ? readIpv4(bytes, at) : readIpv6(bytes, at);
      if (address === (side === ORIG ? flow.origHost : flow.respHost)) say('host_name', name);
      return;
    }
    case PTR: {
      const target = readName({ ...c, end });
      const service = serviceOf(target ?? '');
      if (service === undefined || target === undefined) return;
      say('service', service);
      const instance = target.slice(0, target.indexOf(service)).replace(/\.$/, '');
      if (instance !== '' && !name.startsWith('_services.')) say('name', instance);
      return;
    }
    case TXT:
      if (serviceOf(name) === undefined) return;
      for (const [key, value] of pairs(bytes, at, end)) {
        const attribute = KEYS.get(key.toLowerCase());
        if (attribute !== undefined) say(attribute, value);
      }
      return;
  }
}

/** `_ipp._tcp` of `Printer 3._ipp._tcp.local`. */
function serviceOf(name: string): string | undefined {
  return /(?:^|\.)(_[a-z0-9-]{1,30}\._(?:tcp|udp))\.local$/.exec(name)?.[1];
}

/** Character strings of a TXT record as keys and values (RFC 6763 section 6). */
function* pairs(bytes: Uint8Array, from: number, to: number): Generator<readonly [string, string]> {
  let at = from;
  while (at < to) {
    const next = at + 1 + bytes[at]!;
    if (next > to) return;
    const text = utf8(bytes, at + 1, next);
    const sign = text.indexOf('=');
    if (sign > 0) yield [text.slice(0, sign), text.slice(sign + 1)];
    at = next;
  }
}

/** A host claims a name: its own, unless it is a group's or that of one of its services. */
function registration(
  flow: FlowContext,
  side: Direction,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const header = readHeader(bytes, start);
  if (header.reply || header.opcode !== REGISTRATION || header.questions !== 1 || header.additionals === 0)
    return;
  const c = cursor(bytes, start, end, true);
  const question = readQuestion(c);
  const record = question && readRecord(c);
  if (question === undefined || record?.type !== NB || record.end - c.at < 6) return;
  if ((u16be(bytes, c.at) & GROUP) !== 0) return;
  // The sixteenth byte is the kind of name: 00 workstation, 20 file server; the others are services.
  const kind = question.name.slice(30, 32).toLowerCase();
  if (kind !== 'aa' && kind !== 'ca') return;
  const name = netbiosName(question.name);
  flow.identity({ side, attribute: 'host_name', value: name, source: 'nbns' });
}
