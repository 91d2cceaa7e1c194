/**
 * EtherNet/IP and the CIP inside it (ODVA, The CIP Networks Library volumes 1 and 2): `enip` per encapsulation command
 * with its answer, `cip` per CIP request, `cip_identity` per device that names itself.
 *
 *      0  command    2  length    4  session    8  status    12  sender context    20  options      all little-endian
 *
 * Recognised by the header on any port. Values are not decoded; of a Multiple Service Packet only that it is one.
 * Implicit messages (UDP 2222) are not decoded. Limits: `KEEP` bytes of a message, `MAX_PENDING` commands that wait.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { u16le, u32le } from '../../bytes/read.ts';
import { hex, latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { ipv4Text } from '../../net/address.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import { Waiting } from '../waiting.ts';
import { type CipMessage, readCip } from './cip.ts';

const HEADER = 24;
const LENGTH = 2;
const SESSION = 4;
const STATUS = 8;
const CONTEXT = 12;
const OPTIONS = 20;
const MAX_LENGTH = 65_511;
const KEEP = 1024;
const MAX_PENDING = 64;

export const enipStream = flowStream('enip', 'EtherNet/IP commands with their answers.', {
  command: f.string('Encapsulation command.'),
  session: f.string('Session handle, in hexadecimal.'),
  status: f.string('Status of the answer; absent when none was seen.'),
});

export const cipStream = flowStream('cip', 'CIP requests to controllers and devices, and their answers.', {
  service: f.string('Service asked for.'),
  class: f.string('Class of object it is for.'),
  instance: f.count('Instance of that class.'),
  direction: f.enum('request or response.'),
  status: f.string('General status of a response.'),
});

export const cipIdentityStream = flowStream(
  'cip_identity',
  'Devices that name themselves over EtherNet/IP.',
  {
    address: f.addr('Address the device gives.'),
    vendor_id: f.count('Vendor number of ODVA.'),
    device_type: f.count('Device type number of ODVA.'),
    product_code: f.count('Product code of the vendor.'),
    revision: f.string('Firmware revision.'),
    serial_number: f.string('Serial number, in hexadecimal.'),
    product_name: f.string('Name of the product.', 'text'),
  },
);

const COMMANDS: Readonly<Record<number, string>> = {
  0: 'NOP',
  4: 'List Services',
  99: 'List Identity',
  100: 'List Interfaces',
  101: 'Register Session',
  102: 'Unregister Session',
  111: 'Send RR Data',
  112: 'Send Unit Data',
};
const LIST_IDENTITY = 99;
const REGISTER = 101;
const SEND_RR = 111;
const SEND_UNIT = 112;

const STATUSES: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'Unsupported Command',
  2: 'Insufficient Memory',
  3: 'Incorrect Data',
  100: 'Invalid Session Handle',
  101: 'Invalid Length',
  105: 'Unsupported Protocol Version',
};

/** Item types of the common packet format. */
const ITEM_IDENTITY = 0x0c;
const ITEM_CONNECTED = 0xb1;
const ITEM_UNCONNECTED = 0xb2;
const MAX_ITEMS = 16;

interface Asked {
  readonly ts: Moment;
  readonly frame: number;
  readonly command: number;
  readonly session: number;
}

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [Pdus, Pdus];
  /** Commands by command and sender context, which the answer repeats. */
  readonly pending: Waiting<string, Asked>;
}

function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return COMMANDS[bytes[at]!] === undefined ? NO_PDU : NEED_MORE;
  const length = u16le(bytes, at + LENGTH);
  if (COMMANDS[u16le(bytes, at)] === undefined || length > MAX_LENGTH) return NO_PDU;
  if (end - at < HEADER) return NEED_MORE;
  return STATUSES[u32le(bytes, at + STATUS)] === undefined || u32le(bytes, at + OPTIONS) !== 0
    ? NO_PDU
    : HEADER + length;
}

/** Lengths that belong to commands keep other protocols, and runs of zeros, out. */
function probe({ transport, orig, resp, portHint }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length === 0) return 'unsure';
  const size = sizeOf(bytes, 0, bytes.length);
  if (size === NO_PDU) return 'no';
  if (size === NEED_MORE) return transport === 'udp' ? 'no' : 'unsure';
  const command = u16le(bytes, 0);
  const session = u32le(bytes, SESSION);
  const length = size - HEADER;
  if (command === REGISTER) return length === 4 ? 'match' : 'no';
  if (command === SEND_RR || command === SEND_UNIT) {
    if (length < 16 || session === 0) return 'no';
    // Interface handle 0 is CIP; then a timeout and the number of items.
    if (bytes.length < HEADER + 8) return 'unsure';
    return u32le(bytes, HEADER) === 0 && u16le(bytes, HEADER + 6) === 2 ? 'match' : 'no';
  }
  if (command === 0 || command === 102) return portHint && length === 0 && session !== 0 ? 'match' : 'no';
  if (length === 0) return portHint || transport === 'udp' ? 'match' : 'no';
  return portHint ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const reader = (direction: Direction): Pdus => ({
    keep: KEEP,
    sizeOf,
    take(bytes, at, end) {
      takeMessage(state, direction, bytes, at, end);
      return true;
    },
    lost: passSegment(() => flow.weird('enip_invalid_header')),
  });
  const pending = new Waiting<string, Asked>(
    MAX_PENDING,
    asked => report(flow, asked, undefined, 0),
    () => flow.weird('enip_pending_limit'),
  );
  const state: State = { flow, readers: [reader(ORIG), reader(1)], pending };
  return state;
}

function takeMessage(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const command = u16le(bytes, at);
  const session = u32le(bytes, at + SESSION);
  const key = `${command} ${hex(bytes, at + CONTEXT, at + OPTIONS)}`;
  if (direction === ORIG) ask(state, key, command, session);
  else {
    const asked = state.pending.take(key);
    if (asked !== undefined) report(state.flow, asked, u32le(bytes, at + STATUS), session);
  }
  const c = new Cursor(bytes, at + HEADER, end);
  if (command === LIST_IDENTITY && direction !== ORIG) items(state, c);
  else if (command === SEND_RR || command === SEND_UNIT) {
    // Interface handle and timeout.
    c.skip(6);
    items(state, c);
  }
}

function ask({ flow, pending }: State, key: string, command: number, session: number): void {
  // Unit data is not answered by its sender context: its connections answer for themselves.
  if (command === SEND_UNIT) return;
  pending.add(key, { ts: flow.now, frame: flow.frame, command, session });
}

/** @param status of the answer; undefined when none was seen */
function report(flow: FlowContext, asked: Asked, status: number | undefined, session: number): void {
  const { ts, frame, command } = asked;
  flow.emit(enipStream, {
    ts,
    frame,
    command: COMMANDS[command]!,
    session: (session || asked.session).toString(16).padStart(8, '0'),
    status: status === undefined ? undefined : STATUSES[status],
  });
}

/** The items of the common packet format. */
function items(state: State, c: Cursor): void {
  const count = c.u16le();
  if (count > MAX_ITEMS) return state.flow.weird('enip_item_limit');
  for (let i = 0; i < count && !c.broken; i++) {
    const type = c.u16le();
    const length = c.u16le();
    const item = new Cursor(c.bytes, c.at, Math.min(c.end, c.at + length));
    if (type === ITEM_IDENTITY) identity(state.flow, item);
    else if (type === ITEM_UNCONNECTED) cip(state.flow, readCip(item));
    else if (type === ITEM_CONNECTED) {
      item.u16le();
      cip(state.flow, readCip(item));
    }
    // A long item may have been cut off on purpose.
    if (length > c.left) return;
    c.skip(length);
  }
}

function cip(flow: FlowContext, message: CipMessage | undefined): void {
  if (message === undefined) return flow.weird('cip_truncated');
  flow.emit(cipStream, message);
}

/** The identity item: protocol version, socket address, then the attributes of the identity object. */
function identity(flow: FlowContext, c: Cursor): void {
  c.skip(2 + 4);
  const address = c.u32be();
  c.skip(8);
  const vendor = c.u16le();
  const type = c.u16le();
  const product = c.u16le();
  const revision = `${c.u8()}.${c.u8()}`;
  c.u16le();
  const serial = c.u32le();
  const name = c.view(c.u8());
  if (c.broken) return flow.weird('cip_identity_truncated');
  flow.emit(cipIdentityStream, {
    address: ipv4Text(address),
    vendor_id: vendor,
    device_type: type,
    product_code: product,
    revision,
    serial_number: serial.toString(16).padStart(8, '0'),
    product_name: latin1(name),
  });
}

function close(state: State): void {
  state.pending.giveUpAll();
}

export const enip = defineProtocol<State>({
  name: 'enip',
  transports: ['tcp', 'udp'],
  ports: [44_818],
  probeBytes: HEADER + 8,
  maxPending: KEEP * 2,
  streams: [enipStream, cipStream, cipIdentityStream],
  probe,
  open,
  feed: (state, direction, bytes, from, to) => feedPdus(state.readers[direction], bytes, from, to),
  gap: () => undefined,
  close,
});
