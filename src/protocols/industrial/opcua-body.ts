/**
 * Values inside OPC UA messages (OPC 10000-6 section 5.2, binary encoding): texts, node ids, the header of a request, and who
 * identifies in ActivateSession (OPC 10000-4 sections 5.6.3 and 7.41). Numbers of services are those of the
 * `..._Encoding_DefaultBinary` nodes of namespace 0.
 */
import type { Cursor } from '../../bytes/cursor.ts';
import { utf8 } from '../../bytes/text.ts';

const NULL_LENGTH = 0xffff_ffff;
/** Entries of lists that are passed over. */
const MAX_LIST = 64;

/** Services by the number of their request. */
export const SERVICES: Readonly<Record<number, string>> = {
  422: 'FindServers',
  428: 'GetEndpoints',
  437: 'RegisterServer',
  461: 'CreateSession',
  467: 'ActivateSession',
  473: 'CloseSession',
  479: 'Cancel',
  488: 'AddNodes',
  494: 'AddReferences',
  500: 'DeleteNodes',
  506: 'DeleteReferences',
  527: 'Browse',
  533: 'BrowseNext',
  554: 'TranslateBrowsePaths',
  560: 'RegisterNodes',
  566: 'UnregisterNodes',
  631: 'Read',
  664: 'HistoryRead',
  673: 'Write',
  700: 'HistoryUpdate',
  712: 'Call',
  751: 'CreateMonitoredItems',
  763: 'ModifyMonitoredItems',
  769: 'SetMonitoringMode',
  781: 'DeleteMonitoredItems',
  787: 'CreateSubscription',
  793: 'ModifySubscription',
  799: 'SetPublishingMode',
  826: 'Publish',
  841: 'TransferSubscriptions',
  847: 'DeleteSubscriptions',
};

const MODES = ['Invalid', 'None', 'Sign', 'SignAndEncrypt'];
const OPEN_CHANNEL = 446;

const TOKENS: Readonly<Record<number, string>> = {
  321: 'Anonymous',
  324: 'UserName',
  327: 'X509',
  940: 'IssuedToken',
};
const USER_NAME = 324;

export interface Identity {
  readonly kind: string;
  /** Only when the secret is in clear. */
  readonly login: { readonly user: Uint8Array; readonly secret: Uint8Array } | undefined;
}

/** Bytes with a length in front, borrowed; nothing when null. */
export function readBytes(c: Cursor): Uint8Array {
  const length = c.u32le();
  return length === NULL_LENGTH ? c.view(0) : c.view(length);
}

export function readText(c: Cursor): string {
  return utf8(readBytes(c));
}

/** The number of a node id; undefined when it is not a number. */
export function readNodeId(c: Cursor): number | undefined {
  switch (c.u8() & 0x3f) {
    case 0:
      return c.u8();
    case 1:
      c.u8();
      return c.u16le();
    case 2:
      c.u16le();
      return c.u32le();
    case 3:
    case 5:
      c.u16le();
      readBytes(c);
      return undefined;
    case 4:
      c.skip(2 + 16);
      return undefined;
    default:
      c.broken = true;
      return undefined;
  }
}

/** Passes over the header of a request (OPC 10000-4 section 7.33). */
export function readRequestHeader(c: Cursor): void {
  readNodeId(c);
  c.skip(8 + 4 + 4);
  readBytes(c);
  c.u32le();
  readNodeId(c);
  if (c.u8() !== 0) readBytes(c);
}

/** The mode that an OpenSecureChannel request in clear asks for. */
export function readMode(c: Cursor): string | undefined {
  // Sequence and request number.
  c.skip(8);
  if (readNodeId(c) !== OPEN_CHANNEL) return undefined;
  readRequestHeader(c);
  // Client protocol version and kind of request.
  c.skip(8);
  const mode = c.u32le();
  return c.broken ? undefined : MODES[mode];
}

/** Who identifies in ActivateSession, behind its header. */
export function readIdentity(c: Cursor): Identity | undefined {
  // The client's signature, its software certificates, and the languages it wants.
  readBytes(c);
  readBytes(c);
  skipList(c, 2);
  skipList(c, 1);
  const type = readNodeId(c);
  const encoded = c.u8();
  if (c.broken || type === undefined) return undefined;
  const kind = TOKENS[type] ?? `type ${type}`;
  if (type !== USER_NAME || encoded !== 1) return { kind, login: undefined };
  c.u32le();
  readBytes(c);
  const user = readBytes(c).slice();
  const secret = readBytes(c).slice();
  const algorithm = readText(c);
  if (c.broken) return undefined;
  return { kind, login: algorithm === '' ? { user, secret } : undefined };
}

/** A list whose entries are `fields` byte strings each. */
function skipList(c: Cursor, fields: number): void {
  const count = c.u32le();
  if (count === NULL_LENGTH) return;
  if (count > MAX_LIST) c.broken = true;
  for (let i = 0; i < count * fields && !c.broken; i++) readBytes(c);
}
