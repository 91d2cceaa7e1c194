/**
 * Reads a DIMSE command set (PS3.7 section 6.3.1 and annex E: implicit VR little endian, group 0000 only) and names
 * command fields and status codes (PS3.7 annexes C and E). Pure; not read: error comments, attribute lists, event and
 * action types, priorities.
 */
import { u16le, u32le } from '../../../bytes/read.ts';
import { isUid, paddedText, uidText } from './values.ts';

/** Command Data Set Type (0000,0800) that says no data set follows. */
const NO_DATASET = 0x0101;
/** Set in the command field of a response. */
const RESPONSE = 0x8000;
const HEADER_BYTES = 8;

/** C-CANCEL-RQ, the one request without a response (PS3.7 annex E.1). */
export const C_CANCEL = 0x0fff;
/** Command fields of the requests whose data sets are looked at in their own way. */
export const C_STORE = 0x0001;
/** See `C_STORE`. */
export const C_GET = 0x0010;
/** See `C_STORE`. */
export const C_FIND = 0x0020;
/** See `C_STORE`. */
export const C_MOVE = 0x0021;

const NAMES = new Map([
  [C_STORE, 'C-STORE'],
  [C_GET, 'C-GET'],
  [C_FIND, 'C-FIND'],
  [C_MOVE, 'C-MOVE'],
  [0x0030, 'C-ECHO'],
  [0x0100, 'N-EVENT-REPORT'],
  [0x0110, 'N-GET'],
  [0x0120, 'N-SET'],
  [0x0130, 'N-ACTION'],
  [0x0140, 'N-CREATE'],
  [0x0150, 'N-DELETE'],
  [C_CANCEL, 'C-CANCEL'],
]);

/** The elements of a command set that are used; undefined ones are absent. */
export interface Command {
  /** Command field without the response bit, e.g. `C_STORE`. */
  operation: number;
  isResponse: boolean;
  /** Message ID of a request, or of the request responded to. */
  messageId: number;
  hasDataset: boolean;
  status: number | undefined;
  sopClass: string | undefined;
  moveDestination: string | undefined;
  moveOriginator: string | undefined;
  completed: number | undefined;
  failed: number | undefined;
  /** A UID holds characters no UID has, or too many. */
  invalidUid: boolean;
  /** An element did not fit; what was read before it is kept. */
  malformed: boolean;
}

/** Reads `bytes[0, length)`; undefined when there is no command field in it. */
export function readCommand(bytes: Uint8Array, length: number): Command | undefined {
  const command: Command = {
    operation: 0,
    isResponse: false,
    messageId: 0,
    hasDataset: false,
    status: undefined,
    sopClass: undefined,
    moveDestination: undefined,
    moveOriginator: undefined,
    completed: undefined,
    failed: undefined,
    invalidUid: false,
    malformed: false,
  };
  let field: number | undefined;
  let messageId: number | undefined;
  let respondedTo: number | undefined;
  let at = 0;
  while (length - at >= HEADER_BYTES) {
    const element = u16le(bytes, at + 2);
    const from = at + HEADER_BYTES;
    const to = from + u32le(bytes, at + 4);
    if (u16le(bytes, at) !== 0 || to > length) break;
    const number = to - from === 2 ? u16le(bytes, from) : undefined;
    if (element === 0x0002 || element === 0x0003) {
      command.sopClass = uidText(bytes, from, to);
      command.invalidUid ||= command.sopClass !== undefined && !isUid(command.sopClass);
    } else if (element === 0x1000 || element === 0x1001) {
      const instance = uidText(bytes, from, to);
      command.invalidUid ||= instance !== undefined && !isUid(instance);
    } else if (element === 0x0100) field = number;
    else if (element === 0x0110) messageId = number;
    else if (element === 0x0120) respondedTo = number;
    else if (element === 0x0600) command.moveDestination = paddedText(bytes, from, to);
    else if (element === 0x0800) command.hasDataset = number !== undefined && number !== NO_DATASET;
    else if (element === 0x0900) command.status = number;
    else if (element === 0x1021) command.completed = number;
    else if (element === 0x1022) command.failed = number;
    else if (element === 0x1030) command.moveOriginator = paddedText(bytes, from, to);
    at = to;
  }
  if (field === undefined) return undefined;
  command.malformed = at !== length;
  // 0FFF has no response bit of its own: C-CANCEL-RQ is a request that names another one.
  command.isResponse = (field & RESPONSE) !== 0;
  command.operation = field & ~RESPONSE;
  const refersBack = command.isResponse || command.operation === C_CANCEL;
  command.messageId = (refersBack ? respondedTo : messageId) ?? 0;
  return command;
}

/** `C-STORE-RQ`, `C-FIND-RSP`; the command field in hexadecimal when it is none of PS3.7. */
export function commandName(operation: number, isResponse: boolean): string {
  const name = NAMES.get(operation);
  if (name === undefined) {
    return `0x${(isResponse ? operation | RESPONSE : operation).toString(16).padStart(4, '0')}`;
  }
  return `${name}-${isResponse ? 'RSP' : 'RQ'}`;
}

/** Whether the operation is one of PS3.7. */
export function isKnownOperation(operation: number): boolean {
  return NAMES.has(operation);
}

/** PS3.7 annex C: class of a status code. */
export function statusCategory(status: number): string {
  if (status === 0) return 'success';
  if (status === 0xff00 || status === 0xff01) return 'pending';
  if (status === 0xfe00) return 'cancel';
  if (status === 0x0001 || status === 0x0107 || status === 0x0116 || status >> 12 === 0xb) return 'warning';
  const high = status >> 8;
  if (status >> 12 === 0xa || status >> 12 === 0xc || high === 0x01 || high === 0x02) return 'failure';
  return 'other';
}
