/**
 * Reads a DIMSE command set (PS3.7 section 6.3.1 and annex E: implicit VR little endian, group 0000 only) and names
 * command fields (annex E). Pure; statuses are named in `status.ts`. Not read: error comments, which may name patients,
 * attribute lists and priorities.
 */
import { u16le, u32le } from '../../../bytes/read.ts';
import { hasParentPath, hasPath, isUid, paddedText, uidText } from './values.ts';

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
/** See `C_STORE`. */
export const N_EVENT_REPORT = 0x0100;
/** See `C_STORE`. */
export const N_ACTION = 0x0130;

const NAMES = new Map([
  [C_STORE, 'C-STORE'],
  [C_GET, 'C-GET'],
  [C_FIND, 'C-FIND'],
  [C_MOVE, 'C-MOVE'],
  [0x0030, 'C-ECHO'],
  [N_EVENT_REPORT, 'N-EVENT-REPORT'],
  [0x0110, 'N-GET'],
  [0x0120, 'N-SET'],
  [N_ACTION, 'N-ACTION'],
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
  /** Affected or requested SOP instance UID. */
  sopInstance: string | undefined;
  moveDestination: string | undefined;
  moveOriginator: string | undefined;
  /** Message ID of the C-MOVE that caused it. */
  moveOriginatorId: number | undefined;
  /** Of an N-EVENT-REPORT. */
  eventType: number | undefined;
  /** Of an N-ACTION. */
  actionType: number | undefined;
  /** Sub-operations of a C-MOVE or C-GET. */
  remaining: number | undefined;
  completed: number | undefined;
  failed: number | undefined;
  warned: number | undefined;
  /** A UID holds characters no UID has, or too many. */
  invalidUid: boolean;
  /** A UID or title holds a path separator. */
  hasPath: boolean;
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
    sopInstance: undefined,
    moveDestination: undefined,
    moveOriginator: undefined,
    moveOriginatorId: undefined,
    eventType: undefined,
    actionType: undefined,
    remaining: undefined,
    completed: undefined,
    failed: undefined,
    warned: undefined,
    invalidUid: false,
    hasPath: false,
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
    switch (element) {
      case 0x0002:
      case 0x0003:
        command.sopClass = checkedUid(command, bytes, from, to);
        break;
      case 0x1000:
      case 0x1001:
        command.sopInstance = checkedUid(command, bytes, from, to);
        break;
      case 0x0100:
        field = number;
        break;
      case 0x0110:
        messageId = number;
        break;
      case 0x0120:
        respondedTo = number;
        break;
      case 0x0600:
        command.moveDestination = checkedTitle(command, bytes, from, to);
        break;
      case 0x0800:
        command.hasDataset = number !== undefined && number !== NO_DATASET;
        break;
      case 0x0900:
        command.status = number;
        break;
      case 0x1002:
        command.eventType = number;
        break;
      case 0x1008:
        command.actionType = number;
        break;
      case 0x1020:
        command.remaining = number;
        break;
      case 0x1021:
        command.completed = number;
        break;
      case 0x1022:
        command.failed = number;
        break;
      case 0x1023:
        command.warned = number;
        break;
      case 0x1030:
        command.moveOriginator = checkedTitle(command, bytes, from, to);
        break;
      case 0x1031:
        command.moveOriginatorId = number;
        break;
    }
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

/** Whether it is a service on one normalized instance (PS3.7 section 10), whose name begins with N. */
export function isNormalized(operation: number): boolean {
  return operation >= N_EVENT_REPORT && operation !== C_CANCEL;
}

/** Whether the operation is one of PS3.7. */
export function isKnownOperation(operation: number): boolean {
  return NAMES.has(operation);
}

function checkedUid(command: Command, bytes: Uint8Array, from: number, to: number): string | undefined {
  const uid = uidText(bytes, from, to);
  if (uid !== undefined && !isUid(uid)) {
    command.invalidUid = true;
    command.hasPath ||= hasPath(uid);
  }
  return uid;
}

function checkedTitle(command: Command, bytes: Uint8Array, from: number, to: number): string | undefined {
  const title = paddedText(bytes, from, to);
  command.hasPath ||= title !== undefined && hasParentPath(title);
  return title;
}
