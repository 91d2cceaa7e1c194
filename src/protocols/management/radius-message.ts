/**
 * One RADIUS message (RFC 2865 section 3) and those of its attributes that say who logs in where: user, station, access
 * server, and how (password, CHAP, or the method of EAP, RFC 3579). Passwords are hidden with a shared secret and not read.
 *
 *     0 code   1 identifier   2 length (2)   4 authenticator (16)   20 attributes: type, length with this header, data
 *
 * Of an attribute that comes several times the first counts. Limit: `MAX_ATTRIBUTES`.
 */
import { u16be } from '../../bytes/read.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import { parseMac, readIpv4 } from '../../net/address.ts';

export const HEADER_BYTES = 20;
const MAX_ATTRIBUTES = 255;

/** Methods of EAP by IANA's numbers; those that only negotiate are left out. */
const EAP_METHODS = new Map([
  [4, 'EAP-MD5'],
  [6, 'EAP-GTC'],
  [13, 'EAP-TLS'],
  [17, 'LEAP'],
  [18, 'EAP-SIM'],
  [21, 'EAP-TTLS'],
  [23, 'EAP-AKA'],
  [25, 'PEAP'],
  [26, 'EAP-MSCHAPv2'],
  [43, 'EAP-FAST'],
  [52, 'EAP-PWD'],
  [55, 'TEAP'],
]);

const STATUS = new Map([
  [1, 'start'],
  [2, 'stop'],
  [3, 'interim'],
  [7, 'on'],
  [8, 'off'],
]);

export interface RadiusMessage {
  readonly code: number;
  readonly id: number;
  /** Attributes did not fit; those before are here. */
  malformed: boolean;
  /** Bytes of the user name, borrowed. */
  user?: Uint8Array;
  nasAddress?: string;
  nasId?: string;
  nasPort?: string;
  framedAddress?: string;
  replyMessage?: string;
  calledStation?: string;
  mac?: string | undefined;
  tunnelClient?: string;
  connectInfo?: string;
  /** What a challenge gives and the next request brings back. */
  state?: string;
  accounting?: string;
  method?: string | undefined;
}

/** Whether code and length are those of a message. */
export function isRadius(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < HEADER_BYTES) return false;
  const code = bytes[at]!;
  const length = u16be(bytes, at + 2);
  const known = (code >= 1 && code <= 5) || (code >= 11 && code <= 13) || (code >= 40 && code <= 45);
  return known && length >= HEADER_BYTES && length <= Math.min(end - at, 4096);
}

/** The caller has asked `isRadius`. */
export function decodeRadius(bytes: Uint8Array, start: number): RadiusMessage {
  const end = start + u16be(bytes, start + 2);
  const message: RadiusMessage = { code: bytes[start]!, id: bytes[start + 1]!, malformed: false };
  let at = start + HEADER_BYTES;
  for (let i = 0; i < MAX_ATTRIBUTES && end - at >= 2; i++) {
    const next = at + bytes[at + 1]!;
    if (next < at + 2 || next > end) break;
    if (next > at + 2) readAttribute(message, bytes, bytes[at]!, at + 2, next);
    at = next;
  }
  message.malformed = at !== end;
  return message;
}

function readAttribute(
  message: RadiusMessage,
  bytes: Uint8Array,
  type: number,
  from: number,
  to: number,
): void {
  const isAddress = to - from === 4;
  switch (type) {
    case 1:
      message.user ??= bytes.subarray(from, to);
      break;
    case 2:
      message.method ??= 'PAP';
      break;
    case 3:
      message.method ??= 'CHAP';
      break;
    case 4:
      if (isAddress) message.nasAddress ??= readIpv4(bytes, from);
      break;
    case 8:
      if (isAddress) message.framedAddress ??= readIpv4(bytes, from);
      break;
    case 18:
      message.replyMessage ??= utf8(bytes, from, to);
      break;
    case 24:
      message.state ??= hex(bytes, from, to);
      break;
    case 30:
      message.calledStation ??= utf8(bytes, from, to);
      break;
    case 31:
      message.mac ??= parseMac(utf8(bytes, from, to));
      break;
    case 32:
      message.nasId ??= utf8(bytes, from, to);
      break;
    case 40:
      if (isAddress) message.accounting ??= STATUS.get(bytes[to - 1]!) ?? `status-${bytes[to - 1]}`;
      break;
    case 66:
      message.tunnelClient ??= utf8(bytes, bytes[from]! < 0x20 ? from + 1 : from, to);
      break;
    case 77:
      message.connectInfo ??= utf8(bytes, from, to);
      break;
    case 79: // code, identifier, length (2), type
      if (to - from >= 5) message.method ??= EAP_METHODS.get(bytes[from + 4]!);
      break;
    case 87:
      message.nasPort ??= utf8(bytes, from, to);
      break;
  }
}
