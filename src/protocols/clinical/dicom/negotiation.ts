/**
 * How associations are asked for, answered and ended (PS3.8 section 7), as `dicom` records: one when an association is
 * accepted, rejected or never answered, one for its end. It is told whole PDUs by the decoder.
 */
import { type Direction, ORIG } from '../../../model/protocol.ts';
import {
  type AssociateAccept,
  type AssociateRequest,
  abortReasonName,
  abortSourceName,
  identityTypeName,
  rejectReasonName,
  rejectResultName,
  rejectSourceName,
} from './association.ts';
import { type Association, type Dialogue, type DicomRecord, other, titles } from './dialogue.ts';
import { flushOutstanding } from './exchange.ts';
import { dicomStream } from './schema.ts';
import { uidName } from './uids.ts';

/** Names listed of one kind of syntax. */
const MAX_SYNTAXES = 128;

/** A-ASSOCIATE-RQ: kept until it is answered. */
export function associationRequested(
  dialogue: Dialogue,
  direction: Direction,
  request: AssociateRequest,
): void {
  const { flow } = dialogue;
  if (dialogue.association !== undefined) {
    flow.weird('dicom_repeated_association');
    endDialogue(dialogue);
  }
  const { now: ts, frame } = flow;
  dialogue.association = { requestor: direction, request, ts, frame, phase: 'requested', commands: 0 };
  dialogue.transferSyntaxes = new Map();
  dialogue.maxPdu[other(direction)] = request.user.maxPdu;
}

/** A-ASSOCIATE-AC. Without the request (lost, or before the capture) only the acceptor's half is known. */
export function associationAccepted(dialogue: Dialogue, direction: Direction, accept: AssociateAccept): void {
  dialogue.transferSyntaxes = accept.transferSyntaxes;
  dialogue.maxPdu[other(direction)] = accept.user.maxPdu;
  const { association, flow } = dialogue;
  const answers = association?.phase === 'requested' && association.requestor !== direction;
  if (!answers && !dialogue.incomplete) flow.weird('dicom_unexpected_accept');
  flow.emit(dicomStream, {
    ...(answers ? requestFields(association) : { is_orig: direction !== ORIG }),
    event: 'associate',
    result: 'accepted',
    acceptor_implementation_class_uid: accept.user.implementationClassUid,
    acceptor_implementation_version: accept.user.implementationVersion,
    acceptor_max_pdu: accept.user.maxPdu,
    contexts_accepted: accept.transferSyntaxes.size,
    transfer_syntaxes: syntaxNames(accept.transferSyntaxes.values()),
  });
  if (!answers) return;
  association.phase = 'accepted';
  // An acceptor that ignores the identity accepts as well, so only its confirmation says the login was checked.
  login(dialogue, association, accept.user.identityConfirmed ? true : undefined);
}

/** A-ASSOCIATE-RJ: result, source and reason as in PS3.8 table 9-21. */
export function associationRejected(
  dialogue: Dialogue,
  direction: Direction,
  result: number,
  source: number,
  reason: number,
): void {
  const { association, flow } = dialogue;
  const answers = association?.phase === 'requested';
  flow.emit(dicomStream, {
    ...(answers ? requestFields(association) : { is_orig: direction !== ORIG }),
    event: 'reject',
    result: rejectResultName(result),
    source: rejectSourceName(source),
    reason: rejectReasonName(source, reason),
  });
  if (!answers) return;
  association.phase = 'ended';
  login(dialogue, association, false);
}

/** A-ABORT, by either side and at any time. */
export function associationAborted(
  dialogue: Dialogue,
  direction: Direction,
  source: number,
  reason: number,
): void {
  const { association, flow } = dialogue;
  flushOutstanding(dialogue);
  giveOutUnanswered(dialogue);
  flow.emit(dicomStream, {
    ...titles(association),
    is_orig: direction === ORIG,
    event: 'abort',
    source: abortSourceName(source),
    reason: abortReasonName(source, reason),
    commands: association?.commands,
  });
  if (association) association.phase = 'ended';
  // Fragments that were under way when it was aborted still come, and belong to nothing.
  dialogue.incomplete = true;
}

/** A-RELEASE-RQ; the answer to it says nothing more. */
export function releaseRequested(dialogue: Dialogue, direction: Direction): void {
  const { association, flow } = dialogue;
  if (association?.phase === 'ended') return;
  flushOutstanding(dialogue);
  giveOutUnanswered(dialogue);
  const commands = association?.commands;
  flow.emit(dicomStream, { ...titles(association), is_orig: direction === ORIG, event: 'release', commands });
  if (association) association.phase = 'ended';
}

/** The flow is over: gives out what is still held. */
export function endDialogue(dialogue: Dialogue): void {
  const { association, flow } = dialogue;
  flushOutstanding(dialogue);
  giveOutUnanswered(dialogue);
  if (association?.phase === 'accepted') {
    flow.emit(dicomStream, {
      ...titles(association),
      is_orig: association.requestor === ORIG,
      event: 'drop',
      commands: association.commands,
    });
  }
  dialogue.association = undefined;
}

/** An association whose answer did not come, or was lost, gets its record all the same. */
function giveOutUnanswered(dialogue: Dialogue): void {
  const { association, flow } = dialogue;
  if (association?.phase !== 'requested') return;
  flow.emit(dicomStream, { ...requestFields(association), event: 'associate' });
  login(dialogue, association, undefined);
}

/** What the request said, at the time it was made. */
function requestFields(association: Association): DicomRecord {
  const { request, ts, frame, requestor } = association;
  const { user } = request;
  return {
    ...titles(association),
    ts,
    frame,
    is_orig: requestor === ORIG,
    implementation_class_uid: user.implementationClassUid,
    implementation_version: user.implementationVersion,
    max_pdu: user.maxPdu,
    contexts: request.contexts,
    abstract_syntaxes: syntaxNames(request.abstractSyntaxes.values()),
    user_identity_type: user.identity && identityTypeName(user.identity.type),
  };
}

function syntaxNames(uids: Iterable<string>): string[] | undefined {
  const names = new Set<string>();
  for (const uid of uids) if (names.size < MAX_SYNTAXES) names.add(uidName(uid));
  return names.size > 0 ? [...names].sort() : undefined;
}

/** PS3.7 section D.3.3.7: types 2, 4 and 5 carry a secret that whoever reads it can use. */
function login(dialogue: Dialogue, association: Association, success: boolean | undefined): void {
  const { request, ts, frame } = association;
  const { identity } = request.user;
  if (identity === undefined) return;
  const common = { protocol: 'dicom', success, ts, frame };
  if (identity.type === 2) {
    const { primary: user, secondary: secret } = identity;
    dialogue.flow.credentials({ ...common, user, secret, secretKind: 'password' });
  } else if (identity.type === 4 || identity.type === 5) {
    dialogue.flow.credentials({ ...common, secret: identity.primary, secretKind: 'bearer' });
  }
}
