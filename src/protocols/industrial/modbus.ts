/**
 * Modbus/TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, Application Protocol V1.1b3): one `modbus` record
 * per request and per response, as Zeek's `modbus.log` of current versions, with the range of registers that a request
 * names.
 *
 *      0  transaction    2  protocol = 0    4  length of the rest    6  unit    7  function    8  data
 *
 * Values of registers are not kept. Recognised by the header on any port. Serial Modbus over TCP without this header is
 * not decoded.
 * Limits: 260 bytes a message, as the specification says.
 */
import { u8, u16be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream } from '../../model/schema.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';

const PROTOCOL_ID = 2;
const LENGTH = 4;
const UNIT = 6;
const FUNCTION = 7;
const DATA = 8;
const HEADER = 6;
/** Unit and function. */
const MIN_LENGTH = 2;
/** 253 bytes of PDU and the unit. */
const MAX_LENGTH = 254;
const EXCEPTION = 0x80;

export const modbusStream = flowStream('modbus', 'Modbus requests and responses, as Zeek’s modbus.log.', {
  tid: f.count('Transaction identifier.'),
  unit: f.count('Unit behind the gateway.'),
  func: f.string('Function, with _EXCEPTION for a refusal.'),
  pdu_type: f.string('REQ or RESP.'),
  exception: f.string('Reason of a refusal.'),
  address: f.count('First coil or register of a request.'),
  quantity: f.count('Number of coils or registers of a request.'),
});

const FUNCTIONS: Readonly<Record<number, string>> = {
  1: 'READ_COILS',
  2: 'READ_DISCRETE_INPUTS',
  3: 'READ_HOLDING_REGISTERS',
  4: 'READ_INPUT_REGISTERS',
  5: 'WRITE_SINGLE_COIL',
  6: 'WRITE_SINGLE_REGISTER',
  7: 'READ_EXCEPTION_STATUS',
  8: 'DIAGNOSTICS',
  9: 'PROGRAM_484',
  10: 'POLL_484',
  11: 'GET_COMM_EVENT_COUNTER',
  12: 'GET_COMM_EVENT_LOG',
  13: 'PROGRAM_584_984',
  14: 'POLL_584_984',
  15: 'WRITE_MULTIPLE_COILS',
  16: 'WRITE_MULTIPLE_REGISTERS',
  17: 'REPORT_SLAVE_ID',
  18: 'PROGRAM_884_U84',
  19: 'RESET_COMM_LINK_884_U84',
  20: 'READ_FILE_RECORD',
  21: 'WRITE_FILE_RECORD',
  22: 'MASK_WRITE_REGISTER',
  23: 'READ_WRITE_MULTIPLE_REGISTERS',
  24: 'READ_FIFO_QUEUE',
  40: 'PROGRAM_CONCEPT',
  43: 'ENCAP_INTERFACE_TRANSPORT',
  125: 'FIRMWARE_REPLACEMENT',
  126: 'PROGRAM_584_984_2',
  127: 'REPORT_LOCAL_ADDRESS_MB',
};

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'ILLEGAL_FUNCTION',
  2: 'ILLEGAL_DATA_ADDRESS',
  3: 'ILLEGAL_DATA_VALUE',
  4: 'SLAVE_DEVICE_FAILURE',
  5: 'ACKNOWLEDGE',
  6: 'SLAVE_DEVICE_BUSY',
  8: 'MEMORY_PARITY_ERROR',
  10: 'GATEWAY_PATH_UNAVAILABLE',
  11: 'GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND',
};

/** Requests that begin with an address and a quantity; those of one register have no quantity. */
const WITH_QUANTITY = new Set([1, 2, 3, 4, 15, 16, 23]);
const OF_ONE = new Set([5, 6, 22]);

const ENCAPSULATED = 43;
const DEVICE_IDENTIFICATION = 14;
/** Objects of Read Device Identification: maker, product code, revision, (address of the maker), product, model. */
const IDENTITY: Readonly<Record<number, IdentityAttribute>> = {
  0: 'vendor',
  1: 'hardware',
  2: 'software',
  4: 'model',
  5: 'model',
};

interface State {
  readonly readers: readonly [Pdus, Pdus];
}

/** Size of the message at `at`. */
function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < HEADER) return NEED_MORE;
  const length = u16be(bytes, at + LENGTH);
  if (u16be(bytes, at + PROTOCOL_ID) !== 0 || length < MIN_LENGTH || length > MAX_LENGTH) return NO_PDU;
  return HEADER + length;
}

function probe({ orig, resp, portHint }: Opening): Verdict {
  const verdicts = [probeSide(orig, portHint), probeSide(resp, portHint)];
  if (verdicts.includes('no')) return 'no';
  return verdicts.includes('match') ? 'match' : 'unsure';
}

/** The length must be that of the function's request or answer; functions without a fixed one count on the port only. */
function probeSide(bytes: Uint8Array, portHint: boolean): Verdict {
  if (bytes.length > PROTOCOL_ID && bytes[PROTOCOL_ID] !== 0) return 'no';
  const size = sizeOf(bytes, 0, bytes.length);
  if (size === NO_PDU) return 'no';
  if (size === NEED_MORE || bytes.length <= FUNCTION) return 'unsure';
  const code = bytes[FUNCTION]!;
  const data = bytes.subarray(DATA, size);
  const length = size - HEADER;
  if ((code & EXCEPTION) !== 0) return length === 3 ? 'match' : 'no';
  if (code <= 6 && code > 0) {
    if (length === 6) return 'match';
    return data.length === 0 ? 'unsure' : length === 3 + data[0]! ? 'match' : 'no';
  }
  if (code === 15 || code === 16)
    return length === 6 || (data.length > 4 && length === 7 + data[4]!)
      ? 'match'
      : data.length < 5
        ? 'unsure'
        : 'no';
  if (portHint) return 'match';
  return code === 43 && data[0] === 14 ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const reader = (direction: Direction): Pdus => ({
    keep: HEADER + MAX_LENGTH,
    sizeOf,
    take(bytes, at, end) {
      takeMessage(flow, direction, bytes, at, end);
      return true;
    },
    lost: passSegment(() => flow.weird('modbus_invalid_header')),
  });
  return { readers: [reader(ORIG), reader(1)] };
}

function takeMessage(
  flow: FlowContext,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  end: number,
): void {
  const code = u8(bytes, at + FUNCTION);
  const refused = (code & EXCEPTION) !== 0;
  const name = FUNCTIONS[code & ~EXCEPTION];
  const data = at + DATA;
  const named = direction === ORIG && !refused && end - data >= 4;
  if (direction !== ORIG && code === ENCAPSULATED) noteIdentity(flow, u8(bytes, at + UNIT), bytes, data, end);
  flow.emit(modbusStream, {
    tid: u16be(bytes, at),
    unit: u8(bytes, at + UNIT),
    func: name === undefined ? `unknown-${code}` : refused ? `${name}_EXCEPTION` : name,
    pdu_type: direction === ORIG ? 'REQ' : 'RESP',
    exception: refused && end > data ? exceptionName(u8(bytes, data)) : undefined,
    address: named && (WITH_QUANTITY.has(code) || OF_ONE.has(code)) ? u16be(bytes, data) : undefined,
    quantity: named
      ? WITH_QUANTITY.has(code)
        ? u16be(bytes, data + 2)
        : OF_ONE.has(code)
          ? 1
          : undefined
      : undefined,
  });
}

/**
 * The answer to Read Device Identification (Modbus Application Protocol 1.1b3, section 6.21): six bytes, the last of them
 * the number of objects, then each with identifier, length and text. A unit above 1 stands behind a gateway.
 */
function noteIdentity(flow: FlowContext, unit: number, bytes: Uint8Array, data: number, end: number): void {
  if (end - data < 6 || bytes[data] !== DEVICE_IDENTIFICATION) return;
  const behind = unit > 1 && unit < 0xf8;
  let at = data + 6;
  for (let left = bytes[data + 5]!; left > 0 && at + 2 <= end; left--) {
    const next = at + 2 + bytes[at + 1]!;
    if (next > end) return;
    const attribute = IDENTITY[bytes[at]!];
    const value = latin1(bytes, at + 2, next);
    if (attribute !== undefined) flow.identity({ side: RESP, attribute, value, confidence: 0.9, behind });
    at = next;
  }
}

function exceptionName(code: number): string {
  return EXCEPTIONS[code] ?? `unknown-${code}`;
}

export const modbus = defineProtocol<State>({
  name: 'modbus',
  transports: ['tcp'],
  ports: [502],
  probeBytes: HEADER + MAX_LENGTH,
  maxPending: 4096,
  streams: [modbusStream],
  probe,
  open,
  feed: (state, direction, bytes, from, to) => feedPdus(state.readers[direction], bytes, from, to),
  gap: () => undefined,
});
