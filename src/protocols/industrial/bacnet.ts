/**
 * BACnet/IP (ASHRAE 135 annex J, clauses 6 and 20): one `bacnet` record per application or network message, with the object that
 * is read or written and the device that announces itself. Recognised by the BVLC header on any port.
 *
 *      0  81    1  function    2  length    4  NPDU: version 1, control, addresses, hops    then the APDU
 *
 * Values are not decoded. Confirmed messages in segments are logged once, by their first segment.
 * Limit: one datagram is one message; its length field must agree with it.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { u16be } from '../../bytes/read.ts';
import { defineProtocol, type FlowContext, type Opening, type Verdict } from '../../model/protocol.ts';
import { f, flowStream } from '../../model/schema.ts';
import { CONFIRMED, OBJECT_TYPES, UNCONFIRMED } from './bacnet-names.ts';

const BVLC = 0x81;
const BVLC_HEADER = 4;
const NPDU_VERSION = 1;

export const bacnetStream = flowStream('bacnet', 'BACnet messages of building automation.', {
  bvlc_function: f.string('Function of the virtual link layer.'),
  pdu_type: f.string('Kind of application message, or network for one between routers.'),
  pdu_service: f.string('Service, e.g. who-Is, writeProperty, reinitializeDevice.'),
  invoke_id: f.count('Number that a confirmed request and its answer share.'),
  object_type: f.string('Type of the object concerned.'),
  object_instance: f.count('Instance of the object concerned.'),
  property: f.count('Property that is read or written (clause 21, BACnetPropertyIdentifier).'),
  vendor_id: f.count('Vendor of the device that announces itself (i-Am).'),
  reason: f.count('Reason of a reject or abort; class and code of an error as class * 65536 + code.'),
});

const BVLC_FUNCTIONS = [
  'BVLC-Result',
  'Write-Broadcast-Distribution-Table',
  'Read-Broadcast-Distribution-Table',
  'Read-Broadcast-Distribution-Table-Ack',
  'Forwarded-NPDU',
  'Register-Foreign-Device',
  'Read-Foreign-Device-Table',
  'Read-Foreign-Device-Table-Ack',
  'Delete-Foreign-Device-Table-Entry',
  'Distribute-Broadcast-To-Network',
  'Original-Unicast-NPDU',
  'Original-Broadcast-NPDU',
  'Secure-BVLL',
];
const FORWARDED = 4;
/** Functions that carry an NPDU. */
const WITH_NPDU = new Set([4, 9, 10, 11]);
/** IP address and port of who sent a forwarded message. */
const ORIGIN_BYTES = 6;

const PDU_TYPES = [
  'confirmed-request',
  'unconfirmed-request',
  'simple-ack',
  'complex-ack',
  'segment-ack',
  'error',
  'reject',
  'abort',
];
const CONFIRMED_REQUEST = 0;
const UNCONFIRMED_REQUEST = 1;
const COMPLEX_ACK = 3;
const SEGMENT_ACK = 4;
const ERROR = 5;
const REJECT = 6;
const ABORT = 7;
const SEGMENTED = 0x08;

const I_AM = 0;
/** Confirmed services that begin with an object and a property as context tags 0 and 1: read range, read, write. */
const ON_PROPERTY = new Set([12, 15, 26]);

interface Message {
  bvlc_function: string;
  pdu_type?: string | undefined;
  pdu_service?: string | undefined;
  invoke_id?: number | undefined;
  object_type?: string | undefined;
  object_instance?: number | undefined;
  property?: number | undefined;
  vendor_id?: number | undefined;
  reason?: number | undefined;
}

function probe({ orig, resp, portHint }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length < BVLC_HEADER || bytes[0] !== BVLC) return 'no';
  const code = bytes[1]!;
  if (code >= BVLC_FUNCTIONS.length) return 'no';
  // What a probe is shown may be cut, a length beyond it not. Attackers' tools get the length wrong.
  if (u16be(bytes, 2) < bytes.length) return portHint && isUnicast(bytes) ? 'match' : 'no';
  if (u16be(bytes, 2) !== bytes.length && bytes.length < PROBE_BYTES) return 'no';
  if (!WITH_NPDU.has(code))
    return bytes.length <= BVLC_HEADER + 10 || code === 1 || code === 3 || code === 7 ? 'match' : 'no';
  return bytes[BVLC_HEADER + (code === FORWARDED ? ORIGIN_BYTES : 0)] === NPDU_VERSION ? 'match' : 'no';
}
const PROBE_BYTES = 256;

/** A message for one host with an NPDU whose reserved bits are zero (clause 6.2.2). */
function isUnicast(bytes: Uint8Array): boolean {
  const [, code, , , version, control] = bytes;
  return code === 10 && version === NPDU_VERSION && control !== undefined && (control & 0x50) === 0;
}

function feed(flow: FlowContext, bytes: Uint8Array, from: number, to: number): void {
  const c = new Cursor(bytes, from, to);
  const magic = c.u8();
  const code = c.u8();
  const length = c.u16be();
  if (magic !== BVLC || BVLC_FUNCTIONS[code] === undefined || c.broken)
    return flow.weird('bacnet_invalid_header');
  if (length !== to - from) flow.weird('bacnet_length_mismatch');
  const message: Message = { bvlc_function: BVLC_FUNCTIONS[code]! };
  if (WITH_NPDU.has(code)) {
    if (code === FORWARDED) c.skip(ORIGIN_BYTES);
    network(c, message);
  } else if (code === 0) message.reason = c.u16be();
  if (c.broken) flow.weird('bacnet_truncated');
  flow.emit(bacnetStream, message);
}

/** The network layer header (clause 6.2.2), and what is behind it. */
function network(c: Cursor, message: Message): void {
  c.u8();
  const control = c.u8();
  const destination = (control & 0x20) !== 0;
  if (destination) {
    c.u16be();
    c.skip(c.u8());
  }
  if ((control & 0x08) !== 0) {
    c.u16be();
    c.skip(c.u8());
  }
  if (destination) c.u8();
  if ((control & 0x80) === 0) return application(c, message);
  message.pdu_type = 'network';
  const kind = c.u8();
  message.pdu_service = NETWORK_MESSAGES[kind] ?? `network message ${kind}`;
}

/** Network layer messages (clause 6.2.4). */
const NETWORK_MESSAGES = [
  'who-Is-Router-To-Network',
  'i-Am-Router-To-Network',
  'i-Could-Be-Router-To-Network',
  'reject-Message-To-Network',
  'router-Busy-To-Network',
  'router-Available-To-Network',
  'initialize-Routing-Table',
  'initialize-Routing-Table-Ack',
  'establish-Connection-To-Network',
  'disconnect-Connection-To-Network',
];

/** The application message (clause 20.1). */
function application(c: Cursor, message: Message): void {
  const first = c.u8();
  const type = first >>> 4;
  if (c.broken) return;
  message.pdu_type = PDU_TYPES[type] ?? `type ${type}`;
  if (type === UNCONFIRMED_REQUEST) {
    const service = c.u8();
    message.pdu_service = UNCONFIRMED[service] ?? `service ${service}`;
    if (service === I_AM) iAm(c, message);
    return;
  }
  if (type === CONFIRMED_REQUEST) c.u8();
  message.invoke_id = c.u8();
  if (type === SEGMENT_ACK || type > ABORT) return;
  if (type === REJECT || type === ABORT) {
    message.reason = c.u8();
    return;
  }
  if ((type === CONFIRMED_REQUEST || type === COMPLEX_ACK) && (first & SEGMENTED) !== 0) {
    const part = c.u8();
    c.u8();
    if (part > 0) {
      message.pdu_service = 'segment';
      return;
    }
  }
  const service = c.u8();
  message.pdu_service = CONFIRMED[service] ?? `service ${service}`;
  if (type === ERROR) message.reason = readUnsigned(c) * 65_536 + readUnsigned(c);
  else if (type === CONFIRMED_REQUEST && ON_PROPERTY.has(service)) onProperty(c, message);
}

/** An i-Am: object, longest message, segmentation, vendor, each an application tag (clause 16.10). */
function iAm(c: Cursor, message: Message): void {
  if (c.u8() !== 0xc4) return;
  object(c.u32be(), message);
  readUnsigned(c);
  readUnsigned(c);
  message.vendor_id = readUnsigned(c);
}

/** Object as context tag 0 of four bytes, property as context tag 1. */
function onProperty(c: Cursor, message: Message): void {
  if (c.u8() !== 0x0c) return;
  object(c.u32be(), message);
  message.property = readUnsigned(c);
}

function object(identifier: number, message: Message): void {
  const type = identifier >>> 22;
  message.object_type = OBJECT_TYPES[type] ?? `type ${type}`;
  message.object_instance = identifier & 0x3f_ffff;
}

/** A tagged number of one to four bytes (clause 20.2). */
function readUnsigned(c: Cursor): number {
  const length = c.u8() & 0x07;
  let value = 0;
  if (length > 4) c.broken = true;
  for (let i = 0; i < length && !c.broken; i++) value = value * 256 + c.u8();
  return value;
}

export const bacnet = defineProtocol<FlowContext>({
  name: 'bacnet',
  transports: ['udp'],
  ports: [47_808],
  probeBytes: PROBE_BYTES,
  maxPending: 2048,
  streams: [bacnetStream],
  probe,
  open: flow => flow,
  feed(flow, _direction, bytes, from, to) {
    feed(flow, bytes, from, to);
    return to - from;
  },
});
