/**
 * DICOM upper layer over TCP (PS3.8 section 9): the PDUs of both directions, the fragments (PDVs) inside P-DATA-TF, and
 * from them command sets and data sets. What these mean over time is in `negotiation.ts` and `exchange.ts`; what a data
 * set says is in `content.ts`; how a flow is recognised is in `pdu.ts`.
 *
 * After a gap that the lengths in hand do not cover, and in a flow picked up in its middle, a direction is searched for
 * the next P-DATA-TF.
 *
 * Not decoded: pixel data and long values (skipped by length, unseen), TLS. Limits: the constants below, in `pdu.ts` and
 * in `dataset.ts`.
 */
import { u8, u32be } from '../../../bytes/read.ts';
import { type Direction, DONE, defineProtocol, type FlowContext } from '../../../model/protocol.ts';
import { type Assembly, append, clear, isFull, newAssembly } from '../assembly.ts';
import { readAssociateAccept, readAssociateRequest } from './association.ts';
import { readCommand } from './command.ts';
import { type Dialogue, newDialogue } from './dialogue.ts';
import { commandReceived, datasetEnded, datasetGrew, datasetRead, type Expected } from './exchange.ts';
import {
  associationAborted,
  associationAccepted,
  associationRejected,
  associationRequested,
  endDialogue,
  releaseRequested,
} from './negotiation.ts';
import {
  ABORT,
  ASSOCIATE_AC,
  ASSOCIATE_RJ,
  ASSOCIATE_RQ,
  DATA_TF_BYTES,
  IS_COMMAND,
  IS_LAST,
  isBeginning,
  isDataTf,
  MAX_ASSOCIATION,
  MAX_COMMAND,
  MAX_PDU,
  P_DATA_TF,
  PDU_HEADER,
  PDV_HEADER,
  PROBE_BYTES,
  pduProblem,
  probe,
  RELEASE_RQ,
  server,
} from './pdu.ts';
import { dicomStream } from './schema.ts';

/** Bytes of one direction searched for a command after a gap. */
const MAX_SEARCH = 16 * 1024 * 1024;

/** Reading state of one direction. */
interface Side {
  /**
   * `start` first header of the direction; `pdu` next header; `body` inside an association or short PDU; `pdv` next
   * fragment header; `fragment` inside a PDV; `search` out of step.
   */
  phase: 'start' | 'pdu' | 'body' | 'pdv' | 'fragment' | 'search';
  pduType: number;
  /** Bytes of the PDU not yet consumed, those of the PDV included. */
  pduLeft: number;
  pdvLeft: number;
  context: number;
  control: number;
  /** Association, short PDU or command set being put together; undefined when there is none or it is damaged. */
  body: Assembly | undefined;
  /** Where command sets are put together, kept for the next one. */
  command: Assembly | undefined;
  /** The command set under way is damaged or too large: its fragments are not kept. */
  ignoring: boolean;
  /** Data set that follows, or is under way. */
  expected: Expected | undefined;
  /** Bytes given but not consumed by the last call: they are lost when a gap follows. */
  pending: number;
  searched: number;
}

interface State {
  readonly flow: FlowContext;
  readonly dialogue: Dialogue;
  readonly sides: readonly [Side, Side];
}

function newSide(): Side {
  return {
    phase: 'start',
    pduType: 0,
    pduLeft: 0,
    pdvLeft: 0,
    context: 0,
    control: 0,
    body: undefined,
    command: undefined,
    ignoring: false,
    expected: undefined,
    pending: 0,
    searched: 0,
  };
}

function open(flow: FlowContext): State {
  return { flow, dialogue: newDialogue(flow), sides: [newSide(), newSide()] };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const side = state.sides[direction];
  let at = from;
  // `at` may pass `to`: that part is to be skipped and is not even delivered.
  while (at < to) {
    const phase = side.phase;
    const next = step(state, direction, bytes, at, to);
    if (next === at && side.phase === phase) break;
    at = next;
  }
  if (side.searched > MAX_SEARCH) {
    close(state);
    return DONE;
  }
  side.pending = Math.max(0, to - at);
  return at - from;
}

/** Goes one header or one piece on and returns where; with no change of phase, `at` means that more is needed. */
function step(state: State, direction: Direction, bytes: Uint8Array, at: number, to: number): number {
  const side = state.sides[direction];
  switch (side.phase) {
    case 'start':
    case 'pdu':
      return to - at < PDU_HEADER ? at : pduHeader(state, direction, bytes, at);
    case 'body':
      return body(state, direction, bytes, at, to);
    case 'pdv':
      return pdvHeader(state, direction, bytes, at, to);
    case 'fragment':
      return fragment(state, direction, bytes, at, to);
    case 'search':
      return search(side, bytes, at, to);
  }
}

function pduHeader(state: State, direction: Direction, bytes: Uint8Array, at: number): number {
  const { flow, dialogue } = state;
  const side = state.sides[direction];
  const type = u8(bytes, at);
  const length = u32be(bytes, at + 2);
  const next = at + PDU_HEADER;
  if (side.phase === 'start' && !isBeginning(type)) {
    if (dialogue.association !== undefined) flow.weird('dicom_unexpected_pdu');
    return loseStep(state, side, at);
  }
  side.phase = 'pdu';
  side.pduType = type;
  side.pduLeft = length;
  if (type === P_DATA_TF) {
    if (length > MAX_PDU) {
      flow.weird('dicom_invalid_pdu_length');
      return loseStep(state, side, at);
    }
    const allowed = dialogue.maxPdu[direction];
    if (allowed !== undefined && allowed > 0 && length > allowed) flow.weird('dicom_pdu_exceeds_maximum');
    if (length > 0) side.phase = 'pdv';
    else flow.weird('dicom_pdv_length_mismatch');
    return next;
  }
  const problem = pduProblem(type, length);
  if (problem === undefined && length <= MAX_PDU) {
    if (length > MAX_ASSOCIATION) flow.weird('dicom_association_too_large');
    side.phase = 'body';
    side.body = newAssembly(Math.min(length, MAX_ASSOCIATION));
    return next;
  }
  flow.weird(problem ?? 'dicom_invalid_pdu_length');
  if (length > MAX_ASSOCIATION) return loseStep(state, side, at);
  side.pduLeft = 0;
  return next + length;
}

function body(state: State, direction: Direction, bytes: Uint8Array, at: number, to: number): number {
  const side = state.sides[direction];
  const { body: kept } = side;
  // What is beyond the limit is stepped over.
  const length =
    kept === undefined || isFull(kept)
      ? side.pduLeft
      : append(kept, bytes, at, Math.min(to, at + side.pduLeft));
  side.pduLeft -= length;
  if (side.pduLeft > 0) return at + length;
  side.phase = 'pdu';
  side.body = undefined;
  if (kept !== undefined) wholePdu(state, direction, side.pduType, kept);
  return at + length;
}

function wholePdu(state: State, direction: Direction, type: number, pdu: Assembly): void {
  const { flow, dialogue } = state;
  const { bytes, length } = pdu;
  if (type === ASSOCIATE_RQ) {
    const request = readAssociateRequest(bytes, length);
    if (request?.malformed !== false && !isFullAssociation(pdu)) flow.weird('dicom_malformed_association');
    if (request) associationRequested(dialogue, direction, request);
  } else if (type === ASSOCIATE_AC) {
    const accept = readAssociateAccept(bytes, length);
    if (accept?.malformed !== false && !isFullAssociation(pdu)) flow.weird('dicom_malformed_association');
    if (accept) associationAccepted(dialogue, direction, accept);
  } else if (type === ASSOCIATE_RJ) {
    associationRejected(dialogue, direction, u8(bytes, 1), u8(bytes, 2), u8(bytes, 3));
  } else if (type === ABORT) {
    finishDatasets(state);
    associationAborted(dialogue, direction, u8(bytes, 2), u8(bytes, 3));
  } else if (type === RELEASE_RQ) {
    finishDatasets(state);
    releaseRequested(dialogue, direction);
  }
}

/** The rest of it was too much, so its last item is cut by us. */
function isFullAssociation(pdu: Assembly): boolean {
  return pdu.length === MAX_ASSOCIATION;
}

function pdvHeader(state: State, direction: Direction, bytes: Uint8Array, at: number, to: number): number {
  const { flow, dialogue } = state;
  const side = state.sides[direction];
  if (side.pduLeft >= PDV_HEADER && to - at < PDV_HEADER) return at;
  const length = side.pduLeft < PDV_HEADER ? 0 : u32be(bytes, at);
  // The length counts context identifier and control header, but not itself.
  if (length < 2 || length + 4 > side.pduLeft) {
    flow.weird('dicom_pdv_length_mismatch');
    abandonMessage(state, side);
    return skipPdu(side, at);
  }
  side.context = u8(bytes, at + 4);
  side.control = u8(bytes, at + 5);
  side.pdvLeft = length - 2;
  side.pduLeft -= PDV_HEADER;
  side.phase = 'fragment';
  if ((side.control & IS_COMMAND) !== 0) {
    if (side.expected !== undefined) {
      flow.weird('dicom_incomplete_dataset');
      finishDataset(state, side, false);
    }
    if (!side.ignoring) side.body ??= commandAssembly(side);
  } else if (side.expected !== undefined) {
    datasetGrew(side.expected, side.pdvLeft);
  } else if (!dialogue.incomplete) {
    flow.weird('dicom_unexpected_dataset');
  }
  if (side.pdvLeft === 0) fragmentEnded(state, direction);
  return at + PDV_HEADER;
}

function commandAssembly(side: Side): Assembly {
  side.command ??= newAssembly(MAX_COMMAND);
  clear(side.command);
  return side.command;
}

function fragment(state: State, direction: Direction, bytes: Uint8Array, at: number, to: number): number {
  const side = state.sides[direction];
  const length =
    (side.control & IS_COMMAND) === 0
      ? datasetFragment(state, side, bytes, at, to)
      : commandFragment(state, side, bytes, at, to);
  side.pdvLeft -= length;
  side.pduLeft -= length;
  if (side.pdvLeft === 0) fragmentEnded(state, direction);
  return at + length;
}

function commandFragment(state: State, side: Side, bytes: Uint8Array, at: number, to: number): number {
  if (side.body === undefined) return side.pdvLeft;
  const length = append(side.body, bytes, at, Math.min(to, at + side.pdvLeft));
  if (isFull(side.body) && length < side.pdvLeft) {
    state.flow.weird('dicom_command_too_large');
    side.body = undefined;
    side.ignoring = true;
  }
  return length;
}

/** What the content does not want to see is stepped over, and need not even be delivered. */
function datasetFragment(state: State, side: Side, bytes: Uint8Array, at: number, to: number): number {
  const content = side.expected?.content;
  if (content === undefined) return side.pdvLeft;
  let length = Math.min(content.skip, side.pdvLeft);
  if (length > 0) content.pass(length);
  else {
    length = Math.min(to - at, side.pdvLeft);
    content.feed(bytes, at, at + length);
  }
  if (content.skip === Number.POSITIVE_INFINITY) {
    readContent(state, side, length === side.pdvLeft && (side.control & IS_LAST) !== 0);
  }
  return length;
}

function fragmentEnded(state: State, direction: Direction): void {
  const side = state.sides[direction];
  side.phase = side.pduLeft > 0 ? 'pdv' : 'pdu';
  if ((side.control & IS_LAST) === 0) return;
  if ((side.control & IS_COMMAND) !== 0) finishCommand(state, direction);
  else finishDataset(state, side, true);
}

function finishCommand(state: State, direction: Direction): void {
  const { flow, dialogue } = state;
  const side = state.sides[direction];
  const { body: set } = side;
  side.body = undefined;
  side.ignoring = false;
  if (set === undefined) return;
  const command = readCommand(set.bytes, set.length);
  if (command === undefined) {
    if (!dialogue.incomplete) flow.weird('dicom_malformed_command');
    return;
  }
  side.expected = commandReceived(dialogue, direction, side.context, command);
}

function finishDataset(state: State, side: Side, isWhole: boolean): void {
  const { expected } = side;
  if (expected === undefined) return;
  readContent(state, side, isWhole);
  side.expected = undefined;
  datasetEnded(state.dialogue, expected);
}

/** Reports what the data set under way says, unless that has been done. */
function readContent(state: State, side: Side, isWhole: boolean): void {
  if (side.expected !== undefined) datasetRead(state.dialogue, side.expected, isWhole);
}

function finishDatasets(state: State): void {
  for (const side of state.sides) finishDataset(state, side, false);
}

/** Forgets a command under way and closes a data set under way: their rest cannot be told. */
function abandonMessage(state: State, side: Side): void {
  finishDataset(state, side, false);
  side.body = undefined;
  side.ignoring = false;
  state.dialogue.incomplete = true;
}

/** Steps over what is left of a PDU. */
function skipPdu(side: Side, at: number): number {
  const next = at + side.pduLeft;
  side.pduLeft = 0;
  side.pdvLeft = 0;
  side.phase = 'pdu';
  return next;
}

/** From here on this direction is searched for a command. */
function loseStep(state: State, side: Side, at: number): number {
  abandonMessage(state, side);
  side.phase = 'search';
  side.searched = 0;
  return at;
}

function search(side: Side, bytes: Uint8Array, at: number, to: number): number {
  let candidate = at;
  while (candidate < to && bytes[candidate] !== P_DATA_TF) candidate++;
  side.searched += candidate - at;
  if (!isDataTf(bytes, candidate, to)) {
    if (to - candidate < DATA_TF_BYTES) return candidate;
    side.searched++;
    return candidate + 1;
  }
  side.phase = 'pdu';
  side.searched = 0;
  return candidate;
}

/** The lengths in hand tell how far the framing reaches across a hole; beyond them a command has to be found. */
function gap(state: State, direction: Direction, length: number): void {
  const side = state.sides[direction];
  const missing = side.pending + length;
  side.pending = 0;
  state.dialogue.incomplete = true;
  if (side.phase === 'fragment' && missing <= side.pdvLeft) {
    if ((side.control & IS_COMMAND) !== 0) {
      side.body = undefined;
      side.ignoring = true;
    } else {
      const content = side.expected?.content;
      content?.miss(missing);
      if (content?.skip === Number.POSITIVE_INFINITY) readContent(state, side, false);
    }
    side.pdvLeft -= missing;
    side.pduLeft -= missing;
    if (side.pdvLeft === 0) fragmentEnded(state, direction);
  } else if (isInsidePdu(side) && missing <= side.pduLeft) {
    abandonMessage(state, side);
    side.pduLeft -= missing;
    side.phase = side.pduLeft === 0 ? 'pdu' : 'body';
  } else {
    loseStep(state, side, 0);
  }
}

function isInsidePdu(side: Side): boolean {
  return side.phase === 'body' || side.phase === 'pdv' || side.phase === 'fragment';
}

function close(state: State): void {
  finishDatasets(state);
  endDialogue(state.dialogue);
}

/** DICOM upper layer and DIMSE. */
export const dicom = defineProtocol<State>({
  name: 'dicom',
  transports: ['tcp'],
  // IANA acr-nema, dicom and dicom-iscl; the default of Orthanc.
  ports: [104, 11112, 2761, 4242],
  probeBytes: PROBE_BYTES,
  maxPending: 64,
  streams: [dicomStream],
  probe,
  server,
  open,
  feed,
  gap,
  close,
});
