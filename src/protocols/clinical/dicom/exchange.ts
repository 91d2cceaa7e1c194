/**
 * DIMSE requests and their responses (PS3.7 sections 9 and 10) as `dicom` records. Requests may come from either side
 * (C-GET sends its objects back as C-STORE requests), so they are kept per direction and message ID; a record is
 * emitted when the final response and its data set are over.
 *
 * It is told whole command sets by the decoder, which feeds the data sets, and knows nothing of their framing.
 * Limits: `MAX_OUTSTANDING` requests per direction; beyond, the oldest is given out without its response.
 * `MAX_STORED_CLASSES` SOP classes are counted per association.
 */

import { secondsBetween } from '../../../model/moment.ts';
import { type Direction, type FlowContext, ORIG, otherSide } from '../../../model/protocol.ts';
import {
  C_CANCEL,
  C_FIND,
  C_GET,
  C_MOVE,
  C_STORE,
  type Command,
  commandName,
  isKnownOperation,
  isNormalized,
  N_ACTION,
  N_EVENT_REPORT,
} from './command.ts';
import { type Coding, DatasetContent, type DatasetFacts } from './content.ts';
import type { Dialogue, DicomRecord, Exchange, Stored } from './dialogue.ts';
import { reportEquipment } from './equipment.ts';
import type { Purpose } from './facts.ts';
import { dicomStream } from './schema.ts';
import { statusCategory, statusText } from './status.ts';
import type { Equipment } from './tags.ts';
import { DEFLATED, encodingOf, uidName } from './uids.ts';

/** Storage Commitment Push Model SOP Class. */
const COMMITMENT = '1.2.840.10008.1.20.1';
/** Root of the UIDs that DICOM itself gives. */
const WELL_KNOWN = '1.2.840.10008.';
const MAX_OUTSTANDING = 64;
/** As many as an association has contexts, in both directions. */
const MAX_STORED_CLASSES = 256;

/** A data set on its way: which exchange it belongs to, and how it is written. */
export interface Expected {
  readonly exchange: Exchange;
  readonly isResponse: boolean;
  /** What it says, as it comes by; undefined when its encoding cannot be read, or it has been reported. */
  content: DatasetContent | undefined;
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
  if (command.hasPath) flow.weird('dicom_path_traversal');
  if (!isKnownOperation(command.operation)) flow.weird('dicom_unknown_command');
  const exchange = command.isResponse
    ? answered(dialogue, direction, command)
    : asked(dialogue, direction, command);
  const isFinal = command.isResponse
    ? statusCategory(command.operation, command.status ?? 0) !== 'pending'
    : command.operation === C_CANCEL;
  if (isFinal && command.isResponse) dialogue.outstanding[exchange.requester].delete(command.messageId);
  if (!command.hasDataset) {
    if (isFinal) emitExchange(dialogue, exchange);
    return undefined;
  }
  const coding = codingOf(dialogue, context);
  const content =
    coding &&
    new DatasetContent(coding, purposeOf(command.operation, command.isResponse), dialogue.inflation);
  return { exchange, isResponse: command.isResponse, content, isLast: isFinal };
}

/** How the data sets of a presentation context are written; undefined when that cannot be read. */
function codingOf(dialogue: Dialogue, context: number): Coding | undefined {
  const { association, flow } = dialogue;
  const syntax = dialogue.transferSyntaxes.get(context) ?? onlyProposed(dialogue, context);
  if (syntax !== undefined) return syntax === DEFLATED ? 'deflated' : encodingOf(syntax);
  if (association?.phase === 'accepted' && !dialogue.incomplete)
    flow.weird('dicom_unknown_presentation_context');
  return 'unknown';
}

/** Without an answer to the request, a context with one proposed transfer syntax can only use that one. */
function onlyProposed({ association }: Dialogue, context: number): string | undefined {
  if (association?.phase !== 'requested') return undefined;
  const syntaxes = association.request.contexts.find(({ id }) => id === context)?.transferSyntaxes;
  return syntaxes?.length === 1 ? syntaxes[0] : undefined;
}

function purposeOf(operation: number, isResponse: boolean): Purpose {
  if (isResponse) return 'other';
  if (operation === C_STORE) return 'object';
  if (operation === C_FIND || operation === C_MOVE || operation === C_GET) return 'query';
  return isNormalized(operation) ? 'normalized' : 'other';
}

/** Adds to the size of a data set, as fragments of it are announced. */
export function datasetGrew(expected: Expected, bytes: number): void {
  const { record, stored } = expected.exchange;
  if (stored && !expected.isResponse) stored.bytes += bytes;
  if (expected.isResponse) record.response_bytes = (record.response_bytes ?? 0) + bytes;
  else record.dataset_bytes = (record.dataset_bytes ?? 0) + bytes;
}

/**
 * All that is to be had of a data set has come by: reports what it says, once.
 * @param isWhole its end has come by as well
 */
export function datasetRead(dialogue: Dialogue, expected: Expected, isWhole: boolean): void {
  const { content, exchange, isResponse } = expected;
  if (content === undefined) return;
  expected.content = undefined;
  const facts = content.finish();
  reportProblems(dialogue.flow, facts, isWhole);
  if (facts.end === undefined) return;
  const { record } = exchange;
  exchange.privateElements = (exchange.privateElements ?? 0) + facts.privateElements;
  for (const item of facts.items) exchange.kinds.add(item.kind);
  if (facts.matchKeys !== undefined) {
    record.match_keys = facts.matchKeys;
    record.query_keys = facts.keys;
    record.wildcard_keys = facts.wildcardKeys;
    record.empty_keys = facts.emptyKeys;
  }
  if (facts.queryLevel !== undefined) record.query_level = facts.queryLevel;
  Object.assign(record, facts.equipment);
  if (!isResponse && isNormalized(exchange.operation)) noteNormalized(record, exchange.operation, facts);
  if (exchange.operation === C_STORE && !isResponse) {
    const behind = speaksForOthers(dialogue, exchange, facts.equipment);
    reportEquipment(dialogue.flow, exchange.requester, facts.equipment, behind);
  }
  if (facts.items.length > 0) {
    const carrier = commandName(exchange.operation, isResponse);
    dialogue.flow.phi({ protocol: 'dicom', carrier, items: facts.items });
  }
}

/** What the request of an N-service says: the state of a step, the instances of a storage commitment (PS3.4 annex J). */
function noteNormalized(record: DicomRecord, operation: number, facts: DatasetFacts): void {
  record.step_status = facts.stepStatus;
  if (record.sop_class_uid !== COMMITMENT) return;
  if (operation === N_ACTION) record.instances = facts.references;
  if (operation !== N_EVENT_REPORT) return;
  record.completed = facts.references - Math.min(facts.failures, facts.references);
  record.failed = facts.failures;
}

/** The instance an N-service is about; undefined for one that DICOM itself names, which is the same everywhere. */
function instanceOf(flow: FlowContext, { operation, sopInstance }: Command) {
  if (!isNormalized(operation) || sopInstance === undefined || sopInstance === '') return undefined;
  return sopInstance.startsWith(WELL_KNOWN) ? undefined : flow.token('resource_id', sopInstance);
}

/**
 * Whether who stores an object passes on what others made: it was asked for it, sends on behalf of a C-MOVE, or has another
 * title than the equipment.
 */
function speaksForOthers({ association }: Dialogue, exchange: Exchange, equipment: Equipment): boolean {
  const { record, requester } = exchange;
  if (record.move_originator_ae !== undefined || association?.requestor !== requester) return true;
  return equipment.station_ae !== undefined && equipment.station_ae !== association.request.callingAe;
}

/** A data set is over, read or not. */
export function datasetEnded(dialogue: Dialogue, expected: Expected): void {
  if (expected.isLast) emitExchange(dialogue, expected.exchange);
}

function reportProblems(flow: FlowContext, facts: DatasetFacts, isWhole: boolean): void {
  if (facts.invalidUid) flow.weird('dicom_invalid_uid');
  if (facts.pathInUid) flow.weird('dicom_path_traversal');
  if (facts.inflationLimit) flow.weird('dicom_inflation_limit');
  if (facts.end === 'limit') flow.weird('dicom_dataset_limit');
  if (facts.end === 'too_deep') flow.weird('dicom_dataset_depth');
  if (facts.end === 'malformed' || (facts.end === 'cut' && isWhole)) flow.weird('dicom_malformed_dataset');
}

/** Opens an exchange for a request. */
function asked(dialogue: Dialogue, direction: Direction, command: Command): Exchange {
  if (dialogue.association) dialogue.association.commands++;
  const exchange = newExchange(dialogue, direction, command);
  if (command.operation === C_STORE) exchange.stored = counted(dialogue, direction, command);
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

/** The counters an instance to be stored belongs to. */
function counted(dialogue: Dialogue, direction: Direction, command: Command): Stored | undefined {
  const { association, flow } = dialogue;
  const sopClass = command.sopClass ?? '';
  if (association === undefined) return undefined;
  const key = `${direction} ${sopClass}`;
  let stored = association.stored.get(key);
  if (stored === undefined) {
    if (association.stored.size >= MAX_STORED_CLASSES) {
      flow.weird('dicom_stored_classes_limit');
      return undefined;
    }
    const isOrig = direction === ORIG;
    stored = { isOrig, sopClass, instances: 0, bytes: 0, completed: 0, failed: 0 };
    association.stored.set(key, stored);
  }
  stored.instances++;
  return stored;
}

/** The exchange a response belongs to, with the response in its record. */
function answered(dialogue: Dialogue, direction: Direction, command: Command): Exchange {
  const requester = otherSide(direction);
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
    record.status_text = statusText(exchange.operation, command.status);
    record.status_category = statusCategory(exchange.operation, command.status);
    if (exchange.stored && isDone(record.status_category)) exchange.stored.completed++;
    else if (exchange.stored) exchange.stored.failed++;
    if (record.status_category === 'pending') record.responses = (record.responses ?? 0) + 1;
  }
  // Who answers an N-CREATE may choose the instance.
  record.sop_instance ??= instanceOf(dialogue.flow, command);
  record.remaining = command.remaining ?? record.remaining;
  record.completed = command.completed ?? record.completed;
  record.failed = command.failed ?? record.failed;
  record.warned = command.warned ?? record.warned;
  return exchange;
}

function isDone(category: string): boolean {
  return category === 'success' || category === 'warning';
}

function newExchange(dialogue: Dialogue, requester: Direction, command: Command): Exchange {
  const { flow, association } = dialogue;
  return {
    requester,
    operation: command.operation,
    kinds: new Set(),
    stored: undefined,
    privateElements: undefined,
    record: {
      called_ae: association?.request.calledAe,
      calling_ae: association?.request.callingAe,
      ts: flow.now,
      frame: flow.frame,
      event: 'dimse',
      is_orig: requester === ORIG,
      command: commandName(command.operation, false),
      message_id: command.messageId,
      sop_class: command.sopClass === undefined ? undefined : uidName(command.sopClass),
      sop_class_uid: command.sopClass,
      sop_instance: instanceOf(flow, command),
      move_destination: command.moveDestination,
      move_originator_ae: command.moveOriginator,
      move_originator_id: command.moveOriginatorId,
      event_type: command.eventType,
      action_type: command.actionType,
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
  // Private elements may hold anything, so they count as a kind.
  if (privateElements !== undefined && privateElements > 0) kinds.add('private');
  if (kinds.size > 0) record.phi_kinds = [...kinds].sort();
  record.private_elements = privateElements;
  // It is over: the record is not needed here any more.
  dialogue.flow.emit(dicomStream, record);
}
