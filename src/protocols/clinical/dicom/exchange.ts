/**
 * DIMSE requests and their responses (PS3.7 sections 9 and 10) as `dicom` records. Requests may come from either side
 * (C-GET sends its objects back as C-STORE requests), so they are kept per direction and message ID; a record is
 * emitted when the final response and its data set are over.
 *
 * It is told whole command sets and beginnings of data sets by the decoder and knows nothing of their framing.
 * Limit: `MAX_OUTSTANDING` requests per direction; beyond, the oldest is given out without its response.
 */

import { secondsBetween } from '../../../model/moment.ts';
import { type Direction, type FlowContext, ORIG } from '../../../model/protocol.ts';
import { C_CANCEL, type Command, commandName, isKnownOperation, statusCategory } from './command.ts';
import { type Dialogue, type Exchange, other, titles } from './dialogue.ts';
import { type DatasetFacts, readDataset } from './identifiers.ts';
import { dicomStream } from './schema.ts';
import { type Encoding, encodingOf, uidName } from './uids.ts';

const MAX_OUTSTANDING = 64;

/** A data set on its way: which exchange it belongs to, and how it is written. */
export interface Expected {
  readonly exchange: Exchange;
  readonly isResponse: boolean;
  /** Undefined when the transfer syntax cannot be read or is not known. */
  readonly encoding: Encoding | undefined;
  /** The exchange is over when this data set is. */
  readonly isLast: boolean;
}

/** A whole command set; returns the data set that follows it in the same direction, if one does. */
export function commandReceived(
  dialogue: Dialogue,
  direction: Direction,
  context: number,
  command: Command,
): Expected | undefined {
  const { flow } = dialogue;
  if (command.malformed) flow.weird('dicom_malformed_command');
  if (command.invalidUid) flow.weird('dicom_invalid_uid');
  if (!isKnownOperation(command.operation)) flow.weird('dicom_unknown_command');
  const exchange = command.isResponse
    ? answered(dialogue, direction, command)
    : asked(dialogue, direction, command);
  const isFinal = command.isResponse
    ? statusCategory(command.status ?? 0) !== 'pending'
    : command.operation === C_CANCEL;
  if (isFinal && command.isResponse) dialogue.outstanding[exchange.requester].delete(command.messageId);
  if (!command.hasDataset) {
    if (isFinal) emitExchange(dialogue, exchange);
    return undefined;
  }
  const syntax = dialogue.transferSyntaxes.get(context);
  if (syntax === undefined && !dialogue.incomplete) flow.weird('dicom_unknown_presentation_context');
  const encoding = syntax === undefined ? undefined : encodingOf(syntax);
  return { exchange, isResponse: command.isResponse, encoding, isLast: isFinal };
}

/** Adds to the size of a data set, as fragments of it are announced. */
export function datasetGrew(expected: Expected, bytes: number): void {
  const { record } = expected.exchange;
  if (expected.isResponse) record.response_bytes = (record.response_bytes ?? 0) + bytes;
  else record.dataset_bytes = (record.dataset_bytes ?? 0) + bytes;
}

/**
 * Reads `bytes[0, length)` of a data set; call once for each.
 * @param isWhole the bytes are all of it, not only its beginning
 */
export function datasetRead(
  dialogue: Dialogue,
  expected: Expected,
  bytes: Uint8Array,
  length: number,
  isWhole: boolean,
): void {
  if (expected.encoding === undefined || length === 0) return;
  const { exchange, isResponse } = expected;
  const facts = readDataset(bytes, length, expected.encoding, exchange.operation, isResponse);
  reportProblems(dialogue.flow, facts, isWhole);
  const { record } = exchange;
  exchange.privateElements = (exchange.privateElements ?? 0) + facts.privateElements;
  for (const item of facts.items) exchange.kinds.add(item.kind);
  if (facts.matchKeys !== undefined) record.match_keys = facts.matchKeys;
  if (facts.queryLevel !== undefined) record.query_level = facts.queryLevel;
  Object.assign(record, facts.equipment);
  if (facts.items.length > 0) {
    const carrier = commandName(exchange.operation, isResponse);
    dialogue.flow.phi({ protocol: 'dicom', carrier, items: facts.items });
  }
}

/** A data set is over, read or not. */
export function datasetEnded(dialogue: Dialogue, expected: Expected): void {
  if (expected.isLast) emitExchange(dialogue, expected.exchange);
}

function reportProblems(flow: FlowContext, facts: DatasetFacts, isWhole: boolean): void {
  if (facts.invalidUid) flow.weird('dicom_invalid_uid');
  if (facts.end === 'too_deep') flow.weird('dicom_dataset_depth');
  if (facts.end === 'malformed' || (facts.end === 'cut' && isWhole)) flow.weird('dicom_malformed_dataset');
}

/** Opens an exchange for a request. */
function asked(dialogue: Dialogue, direction: Direction, command: Command): Exchange {
  if (dialogue.association) dialogue.association.commands++;
  const exchange = newExchange(dialogue, direction, command);
  if (command.operation === C_CANCEL) return exchange;
  const outstanding = dialogue.outstanding[direction];
  const previous = outstanding.get(command.messageId);
  if (previous) {
    dialogue.flow.weird('dicom_repeated_message_id');
    outstanding.delete(command.messageId);
    emitExchange(dialogue, previous);
  }
  keep(dialogue, direction, command.messageId, exchange);
  return exchange;
}

/** The exchange a response belongs to, with the response in its record. */
function answered(dialogue: Dialogue, direction: Direction, command: Command): Exchange {
  const requester = other(direction);
  let exchange = dialogue.outstanding[requester].get(command.messageId);
  if (exchange === undefined) {
    if (!dialogue.incomplete) dialogue.flow.weird('dicom_response_without_request');
    exchange = newExchange(dialogue, requester, command);
    keep(dialogue, requester, command.messageId, exchange);
  } else {
    exchange.record.rtt = exchange.record.ts && secondsBetween(exchange.record.ts, dialogue.flow.now);
  }
  const { record } = exchange;
  if (command.status !== undefined) {
    record.status = command.status;
    record.status_category = statusCategory(command.status);
    if (record.status_category === 'pending') record.responses = (record.responses ?? 0) + 1;
  }
  record.completed = command.completed ?? record.completed;
  record.failed = command.failed ?? record.failed;
  return exchange;
}

function newExchange(dialogue: Dialogue, requester: Direction, command: Command): Exchange {
  const { flow, association } = dialogue;
  return {
    requester,
    operation: command.operation,
    kinds: new Set(),
    privateElements: undefined,
    record: {
      ...titles(association),
      ts: flow.now,
      frame: flow.frame,
      event: 'dimse',
      is_orig: requester === ORIG,
      command: commandName(command.operation, false),
      message_id: command.messageId,
      sop_class: command.sopClass === undefined ? undefined : uidName(command.sopClass),
      sop_class_uid: command.sopClass,
      move_destination: command.moveDestination,
      move_originator_ae: command.moveOriginator,
    },
  };
}

function keep(dialogue: Dialogue, requester: Direction, messageId: number, exchange: Exchange): void {
  const outstanding = dialogue.outstanding[requester];
  if (outstanding.size >= MAX_OUTSTANDING) {
    dialogue.flow.weird('dicom_outstanding_limit');
    for (const [oldest, unanswered] of outstanding) {
      outstanding.delete(oldest);
      emitExchange(dialogue, unanswered);
      break;
    }
  }
  outstanding.set(messageId, exchange);
}

/** Gives out every request that waits, in the order they were made. */
export function flushOutstanding(dialogue: Dialogue): void {
  for (const outstanding of dialogue.outstanding) {
    for (const exchange of outstanding.values()) emitExchange(dialogue, exchange);
    outstanding.clear();
  }
}

function emitExchange(dialogue: Dialogue, exchange: Exchange): void {
  const { record, kinds, privateElements } = exchange;
  const phiKinds = kinds.size > 0 ? [...kinds].sort() : undefined;
  dialogue.flow.emit(dicomStream, { ...record, phi_kinds: phiKinds, private_elements: privateElements });
}
