/**
 * Status of a DIMSE response: its class (PS3.7 annex C) and what it means in the service that gave it: general codes of
 * PS3.7 annex C, those of storage (PS3.4 table B.2-1), of query and retrieval (tables C.4-1 to C.4-3), of print management
 * and of unified procedure steps as far as they are common. Pure.
 *
 * Pending and cancel exist for queries and retrievals only; from any other service they are `other`. Error comments are
 * not read: they are free text and may name patients.
 */
import { C_FIND, C_GET, C_MOVE, C_STORE } from './command.ts';

const GENERAL: ReadonlyMap<number, string> = new Map([
  [0x0000, 'success'],
  [0x0001, 'requested optional attributes not supported'],
  [0x0105, 'no such attribute'],
  [0x0106, 'invalid attribute value'],
  [0x0107, 'attribute list error'],
  [0x0110, 'processing failure'],
  [0x0111, 'duplicate SOP instance'],
  [0x0112, 'no such SOP instance'],
  [0x0113, 'no such event type'],
  [0x0114, 'no such argument'],
  [0x0115, 'invalid argument value'],
  [0x0116, 'attribute value out of range'],
  [0x0117, 'invalid SOP instance'],
  [0x0118, 'no such SOP class'],
  [0x0119, 'class-instance conflict'],
  [0x0120, 'missing attribute'],
  [0x0121, 'missing attribute value'],
  [0x0122, 'SOP class not supported'],
  [0x0123, 'no such action'],
  [0x0124, 'not authorized'],
  [0x0210, 'duplicate invocation'],
  [0x0211, 'unrecognized operation'],
  [0x0212, 'mistyped argument'],
  [0x0213, 'resource limitation'],
]);

const CANCEL = 0xfe00;
const PENDING = 0xff00;
const PENDING_WITH_WARNINGS = 0xff01;

/** Operations whose responses may be pending, and which may be cancelled. */
const HAS_PENDING = new Set([C_FIND, C_GET, C_MOVE]);

/** `success`, `warning`, `failure`, `cancel`, `pending` or `other`. */
export function statusCategory(operation: number, status: number): string {
  if (status === 0) return 'success';
  if (status === PENDING || status === PENDING_WITH_WARNINGS || status === CANCEL) {
    if (!HAS_PENDING.has(operation)) return 'other';
    return status === CANCEL ? 'cancel' : 'pending';
  }
  if (status === 0x0001 || status === 0x0107 || status === 0x0116 || status >> 12 === 0xb) return 'warning';
  const high = status >> 8;
  if (status >> 12 === 0xa || status >> 12 === 0xc || high === 0x01 || high === 0x02) return 'failure';
  return 'other';
}

/** The code in words, or undefined when it is none of these. */
export function statusText(operation: number, status: number): string | undefined {
  const general = GENERAL.get(status);
  if (general !== undefined) return general;
  if (operation === C_STORE) return storageStatus(status);
  return HAS_PENDING.has(operation) ? queryStatus(operation, status) : undefined;
}

function storageStatus(status: number): string | undefined {
  switch (status) {
    case 0xb000:
      return 'coercion of data elements';
    case 0xb006:
      return 'elements discarded';
    case 0xb007:
      return 'data set does not match SOP class';
  }
  if (status >> 8 === 0xa7) return 'out of resources';
  if (status >> 8 === 0xa9) return 'data set does not match SOP class';
  return status >> 12 === 0xc ? 'cannot understand' : undefined;
}

function queryStatus(operation: number, status: number): string | undefined {
  switch (status) {
    case PENDING:
      return 'pending';
    case PENDING_WITH_WARNINGS:
      return 'pending, optional keys not supported';
    case CANCEL:
      return 'cancelled';
    case 0xa700:
      return 'out of resources';
    case 0xa701:
      return 'out of resources: unable to calculate number of matches';
    case 0xa702:
      return 'out of resources: unable to perform sub-operations';
    case 0xa801:
      return operation === C_MOVE ? 'move destination unknown' : undefined;
    case 0xa900:
      return 'identifier does not match SOP class';
    case 0xb000:
      return operation === C_FIND ? undefined : 'sub-operations complete, one or more failures';
  }
  return status >> 12 === 0xc ? 'unable to process' : undefined;
}
