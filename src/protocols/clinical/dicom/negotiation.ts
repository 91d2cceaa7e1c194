/**
 * How associations are asked for, answered and ended (PS3.8 section 7), as `dicom` records: one when an association is
 * accepted, rejected or never answered, one for its end, and one for each SOP class stored in it. It is told whole PDUs by
 * the decoder.
 */

import { utf8 } from '../../../bytes/text.ts';
import { knownAccount } from '../../../model/accounts.ts';
import { secondsBetween } from '../../../model/moment.ts';
import { type Direction, ORIG, otherSide } from '../../../model/protocol.ts';
import {
  type AssociateAccept,
  type AssociateRequest,
  MAX_CONTEXTS,
  type ProposedContext,
  type Role,
  type UserInformation,
} from './association.ts';
import { type Association, type Dialogue, type DicomRecord, titles } from './dialogue.ts';
import { flushOutstanding } from './exchange.ts';
import {
  abortReasonName,
  abortSourceName,
  contextResultName,
  identityTypeName,
  rejectReasonName,
  rejectResultName,
  rejectSourceName,
} from './outcome.ts';
import { dicomStream } from './schema.ts';
import { uidName } from './uids.ts';

/** Names listed of one kind. */
const MAX_NAMES = 128;
/** A title that others call a host by is a hint at its name. */
const CALLED_TITLE = 0.3;
/** What programs call whose title nobody told them. */
const NOBODY = 'ANY-SCP';

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
  if (request.contextCount > MAX_CONTEXTS) flow.weird('dicom_context_limit');
  if (request.invalidContext) flow.weird('dicom_invalid_context_id');
  if (request.invalidUid) flow.weird('dicom_invalid_uid');
  if (request.hasPath) flow.weird('dicom_path_traversal');
  const { now: ts, frame } = flow;
  dialogue.association = {
    requestor: direction,
    request,
    ts,
    frame,
    phase: 'requested',
    commands: 0,
    stored: new Map(),
  };
  flow.identity({ side: direction, attribute: 'ae_title', value: request.callingAe });
  dialogue.transferSyntaxes = new Map();
  dialogue.maxPdu[otherSide(direction)] = request.user.maxPdu;
}

/** A-ASSOCIATE-AC. Without the request (lost, or before the capture) only the acceptor's half is known. */
export function associationAccepted(dialogue: Dialogue, direction: Direction, accept: AssociateAccept): void {
  dialogue.transferSyntaxes = accept.transferSyntaxes;
  dialogue.maxPdu[otherSide(direction)] = accept.user.maxPdu;
  const { association, flow } = dialogue;
  const answers = association?.phase === 'requested' && association.requestor !== direction;
  if (!answers && !dialogue.incomplete) flow.weird('dicom_unexpected_accept');
  const proposed = answers ? association.request.contexts : [];
  const accepted = new Names();
  for (const { id, abstractSyntax } of proposed)
    if (accept.transferSyntaxes.has(id)) accepted.add(nameOf(abstractSyntax));
  const results = new Names();
  for (const { result } of accept.contexts) results.add(contextResultName(result));
  const syntaxes = new Names();
  for (const syntax of accept.transferSyntaxes.values()) syntaxes.add(uidName(syntax));
  const { user } = accept;
  // Added to one by one: copying so many fields once more takes longer than finding them out.
  const record: DicomRecord = answers
    ? requestFields(dialogue, association)
    : { is_orig: direction !== ORIG };
  record.event = 'associate';
  record.result = 'accepted';
  record.acceptor_implementation_class_uid = user.implementationClassUid;
  record.acceptor_implementation_version = user.implementationVersion;
  record.acceptor_max_pdu = user.maxPdu;
  record.acceptor_operations_invoked = user.window?.[0];
  record.acceptor_operations_performed = user.window?.[1];
  record.acceptor_roles = roleNames(user.roles);
  record.contexts_accepted = accept.transferSyntaxes.size;
  record.context_results = results.sorted;
  record.presentation_contexts = contextLines(proposed, accept);
  record.accepted_abstract_syntaxes = accepted.sorted;
  record.transfer_syntaxes = syntaxes.sorted;
  flow.emit(dicomStream, record);
  if (!answers) return;
  association.phase = 'accepted';
  // Whoever answers calls itself so only if it accepts the name; some accept any.
  const { calledAe } = association.request;
  if (calledAe !== NOBODY)
    flow.identity({ side: direction, attribute: 'ae_title', value: calledAe, confidence: CALLED_TITLE });
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
    ...(answers ? requestFields(dialogue, association) : { is_orig: direction !== ORIG }),
    event: 'reject',
    result: rejectResultName(result),
    source: rejectSourceName(source),
    reason: rejectReasonName(source, reason),
    presentation_contexts: answers ? contextLines(association.request.contexts, undefined) : undefined,
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
  giveOutStored(dialogue);
  flow.emit(dicomStream, {
    ...endFields(dialogue),
    is_orig: direction === ORIG,
    event: 'abort',
    source: abortSourceName(source),
    reason: abortReasonName(source, reason),
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
  giveOutStored(dialogue);
  flow.emit(dicomStream, { ...endFields(dialogue), is_orig: direction === ORIG, event: 'release' });
  if (association) association.phase = 'ended';
}

/** The flow is over: gives out what is still held. */
export function endDialogue(dialogue: Dialogue): void {
  const { association, flow } = dialogue;
  flushOutstanding(dialogue);
  giveOutUnanswered(dialogue);
  giveOutStored(dialogue);
  if (association?.phase === 'accepted') {
    flow.emit(dicomStream, {
      ...endFields(dialogue),
      is_orig: association.requestor === ORIG,
      event: 'drop',
    });
  }
  dialogue.association = undefined;
}

/** An association whose answer did not come, or was lost, gets its record all the same. */
function giveOutUnanswered(dialogue: Dialogue): void {
  const { association, flow } = dialogue;
  if (association?.phase !== 'requested') return;
  flow.emit(dicomStream, {
    ...requestFields(dialogue, association),
    event: 'associate',
    presentation_contexts: contextLines(association.request.contexts, undefined),
  });
  login(dialogue, association, undefined);
}

/** One record for each SOP class of which instances were stored, in either direction. */
function giveOutStored({ association, flow }: Dialogue): void {
  if (association === undefined) return;
  for (const { isOrig, sopClass, instances, bytes, completed, failed } of association.stored.values()) {
    flow.emit(dicomStream, {
      ...titles(association),
      event: 'stored',
      is_orig: isOrig,
      sop_class: nameOf(sopClass),
      sop_class_uid: sopClass,
      instances,
      dataset_bytes: bytes,
      completed,
      failed,
    });
  }
  association.stored.clear();
}

/** What is known of an association when it ends. */
function endFields({ association, flow }: Dialogue): DicomRecord {
  if (association === undefined) return {};
  return {
    ...titles(association),
    commands: association.commands,
    duration: secondsBetween(association.ts, flow.now),
  };
}

/** What the request said, at the time it was made. */
function requestFields(dialogue: Dialogue, association: Association): DicomRecord {
  const { request, ts, frame, requestor } = association;
  const { user } = request;
  const { calling_ae, called_ae } = titles(association);
  const asked = new Names();
  const syntaxes = new Names();
  for (const { abstractSyntax, transferSyntaxes } of request.contexts) {
    asked.add(nameOf(abstractSyntax));
    for (const syntax of transferSyntaxes) syntaxes.add(uidName(syntax));
  }
  const { account, user: token } = userFields(dialogue, user);
  return {
    ts,
    frame,
    calling_ae,
    called_ae,
    is_orig: requestor === ORIG,
    application_context: request.applicationContext,
    implementation_class_uid: user.implementationClassUid,
    implementation_version: user.implementationVersion,
    max_pdu: user.maxPdu,
    operations_invoked: user.window?.[0],
    operations_performed: user.window?.[1],
    roles: roleNames(user.roles),
    extended_negotiation: user.extended && namesOf(user.extended.map(uidName)),
    contexts: request.contextCount,
    abstract_syntaxes: asked.sorted,
    proposed_transfer_syntaxes: syntaxes.sorted,
    user_identity_type: user.identity && identityTypeName(user.identity.type),
    account,
    user: token,
  };
}

/** The user of identity types 1 and 2: shown when it is a vendor or default account, else a token. */
function userFields({ flow }: Dialogue, { identity }: UserInformation): DicomRecord {
  if (identity === undefined || identity.type > 2 || identity.primary.length === 0) return {};
  const account = knownAccount(utf8(identity.primary));
  return account === undefined ? { user: flow.token('user', identity.primary) } : { account };
}

/** `1 CT Image Storage: acceptance, Implicit VR Little Endian`, in the order proposed, or answered without a request. */
function contextLines(
  proposed: readonly ProposedContext[],
  accept: AssociateAccept | undefined,
): string[] | undefined {
  const answers = new Map(accept?.contexts.map(context => [context.id, context]));
  const all = proposed.length > 0 ? proposed : (accept?.contexts ?? []);
  if (all.length === 0) return undefined;
  return all.map(context => {
    const name = 'abstractSyntax' in context ? ` ${nameOf(context.abstractSyntax)}` : '';
    const answer = answers.get(context.id);
    const result = answer === undefined ? 'no answer' : contextResultName(answer.result);
    const syntax = answer?.transferSyntax === undefined ? '' : `, ${uidName(answer.transferSyntax)}`;
    return `${context.id}${name}: ${result}${syntax}`;
  });
}

/** `CT Image Storage: SCU, SCP`. */
function roleNames(roles: readonly Role[] | undefined): string[] | undefined {
  return (
    roles &&
    namesOf(
      roles.map(({ sopClass, scu, scp }) => {
        const held = [...(scu ? ['SCU'] : []), ...(scp ? ['SCP'] : [])];
        return `${uidName(sopClass)}: ${held.join(', ') || 'none'}`;
      }),
    )
  );
}

function nameOf(uid: string | undefined): string {
  return uid === undefined || uid === '' ? 'none' : uidName(uid);
}

function namesOf(names: readonly string[]): string[] | undefined {
  const distinct = new Names();
  for (const name of names) distinct.add(name);
  return distinct.sorted;
}

/** Distinct names, the first `MAX_NAMES`. */
class Names {
  readonly #names = new Set<string>();
  #last: string | undefined;

  add(name: string): void {
    // A hundred contexts propose the same few syntaxes.
    if (name === this.#last) return;
    this.#last = name;
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  /** In order; undefined when there are none. */
  get sorted(): string[] | undefined {
    return this.#names.size > 0 ? [...this.#names].sort() : undefined;
  }
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
