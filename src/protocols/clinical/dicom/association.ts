/**
 * Reads the variable fields of A-ASSOCIATE-RQ and -AC and names the codes of A-ASSOCIATE-RJ and A-ABORT
 * (PS3.8 sections 9.3.2 to 9.3.4 and 9.3.8; user information PS3.8 annex D and PS3.7 annex D.3.3).
 *
 * Pure: bytes in, values out; the caller keeps them. Not read: asynchronous window, role selection, extended
 * negotiation. The AE titles of an -AC are echoes that "shall not be tested", so they are not read either.
 * Limits: `MAX_TRANSFER_SYNTAXES` per context; contexts are bounded by their one-byte identifier.
 */
import { u8, u16be, u32be } from '../../../bytes/read.ts';
import { paddedText, uidText } from './values.ts';

/** Bytes before the items: version, reserved, two AE titles, reserved. */
export const ITEMS_AT = 68;
const CALLED_AE_AT = 4;
const CALLING_AE_AT = 20;
const AE_BYTES = 16;

const ITEM = {
  presentationContext: 0x20,
  presentationContextResult: 0x21,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
  maximumLength: 0x51,
  implementationClass: 0x52,
  implementationVersion: 0x55,
  userIdentity: 0x58,
  userIdentityResponse: 0x59,
} as const;

/** Transfer syntaxes kept of one proposed context. */
const MAX_TRANSFER_SYNTAXES = 64;

/** What one side says about itself. */
export interface UserInformation {
  maxPdu?: number | undefined;
  implementationClassUid?: string | undefined;
  implementationVersion?: string | undefined;
  /** Only in a request. */
  identity?: UserIdentity | undefined;
  /** Only in an acceptance: the acceptor confirmed the identity. */
  identityConfirmed?: boolean;
}

/** PS3.7 section D.3.3.7. The fields are borrowed from the bytes parsed. */
export interface UserIdentity {
  readonly type: number;
  readonly primary: Uint8Array;
  readonly secondary: Uint8Array;
}

/** What an A-ASSOCIATE-RQ proposes. */
export interface AssociateRequest {
  readonly calledAe: string | undefined;
  readonly callingAe: string | undefined;
  /** Abstract syntax by presentation context identifier. */
  readonly abstractSyntaxes: ReadonlyMap<number, string>;
  readonly contexts: number;
  readonly user: UserInformation;
  /** Some item did not fit its enclosing length; what was read before it is kept. */
  readonly malformed: boolean;
}

/** What an A-ASSOCIATE-AC agrees to. */
export interface AssociateAccept {
  /** Transfer syntax by presentation context identifier, of accepted contexts. */
  readonly transferSyntaxes: ReadonlyMap<number, string>;
  readonly user: UserInformation;
  readonly malformed: boolean;
}

/** Reads the PDU after its six-byte header; undefined when it is shorter than its fixed fields. */
export function readAssociateRequest(bytes: Uint8Array, length: number): AssociateRequest | undefined {
  if (length < ITEMS_AT) return undefined;
  const abstractSyntaxes = new Map<number, string>();
  const user: UserInformation = {};
  let contexts = 0;
  let inner = true;
  const outer = forEachItem(bytes, ITEMS_AT, length, (type, from, to) => {
    if (type === ITEM.presentationContext && to - from >= 4) {
      contexts++;
      const context = readProposedContext(bytes, from + 4, to);
      inner &&= context.wellFormed;
      if (context.abstractSyntax !== undefined) abstractSyntaxes.set(u8(bytes, from), context.abstractSyntax);
    } else if (type === ITEM.userInformation) {
      inner = readUserInformation(bytes, from, to, user) && inner;
    }
  });
  return {
    calledAe: paddedText(bytes, CALLED_AE_AT, CALLED_AE_AT + AE_BYTES),
    callingAe: paddedText(bytes, CALLING_AE_AT, CALLING_AE_AT + AE_BYTES),
    abstractSyntaxes,
    contexts,
    user,
    malformed: !outer || !inner,
  };
}

/** Reads the PDU after its six-byte header; undefined when it is shorter than its fixed fields. */
export function readAssociateAccept(bytes: Uint8Array, length: number): AssociateAccept | undefined {
  if (length < ITEMS_AT) return undefined;
  const transferSyntaxes = new Map<number, string>();
  const user: UserInformation = {};
  let inner = true;
  const outer = forEachItem(bytes, ITEMS_AT, length, (type, from, to) => {
    if (type === ITEM.presentationContextResult && to - from >= 4) {
      // Result 0 is acceptance; for any other the transfer syntax has no meaning (PS3.8 table 9-18).
      if (u8(bytes, from + 2) !== 0) return;
      const context = readProposedContext(bytes, from + 4, to);
      inner &&= context.wellFormed;
      const syntax = context.transferSyntaxes[0];
      if (syntax !== undefined) transferSyntaxes.set(u8(bytes, from), syntax);
    } else if (type === ITEM.userInformation) {
      inner = readUserInformation(bytes, from, to, user) && inner;
    }
  });
  return { transferSyntaxes, user, malformed: !outer || !inner };
}

/** Calls `visit` with type and value range of each item; false when one does not fit. */
function forEachItem(
  bytes: Uint8Array,
  from: number,
  to: number,
  visit: (type: number, from: number, to: number) => void,
): boolean {
  let at = from;
  while (to - at >= 4) {
    const end = at + 4 + u16be(bytes, at + 2);
    if (end > to) return false;
    visit(u8(bytes, at), at + 4, end);
    at = end;
  }
  return at === to;
}

interface ContextItems {
  abstractSyntax: string | undefined;
  readonly transferSyntaxes: string[];
  wellFormed: boolean;
}

function readProposedContext(bytes: Uint8Array, from: number, to: number): ContextItems {
  const context: ContextItems = { abstractSyntax: undefined, transferSyntaxes: [], wellFormed: true };
  context.wellFormed = forEachItem(bytes, from, to, (type, start, end) => {
    const uid = uidText(bytes, start, end);
    if (uid === undefined) return;
    if (type === ITEM.abstractSyntax) context.abstractSyntax ??= uid;
    else if (type === ITEM.transferSyntax && context.transferSyntaxes.length < MAX_TRANSFER_SYNTAXES) {
      context.transferSyntaxes.push(uid);
    }
  });
  return context;
}

function readUserInformation(bytes: Uint8Array, from: number, to: number, user: UserInformation): boolean {
  return forEachItem(bytes, from, to, (type, start, end) => {
    if (type === ITEM.maximumLength && end - start === 4) user.maxPdu = u32be(bytes, start);
    else if (type === ITEM.implementationClass) user.implementationClassUid = uidText(bytes, start, end);
    else if (type === ITEM.implementationVersion) user.implementationVersion = paddedText(bytes, start, end);
    else if (type === ITEM.userIdentity) user.identity = readUserIdentity(bytes, start, end);
    else if (type === ITEM.userIdentityResponse) user.identityConfirmed = true;
  });
}

/** PS3.7 table D.3-14: type, positive response requested, then two fields with their lengths. */
function readUserIdentity(bytes: Uint8Array, from: number, to: number): UserIdentity | undefined {
  if (to - from < 4) return undefined;
  const primaryEnd = from + 4 + u16be(bytes, from + 2);
  if (primaryEnd > to) return undefined;
  const secondaryAt = primaryEnd + 2;
  const secondaryEnd = secondaryAt <= to ? secondaryAt + u16be(bytes, primaryEnd) : primaryEnd;
  return {
    type: u8(bytes, from),
    primary: bytes.subarray(from + 4, primaryEnd),
    secondary: bytes.subarray(Math.min(secondaryAt, to), Math.min(secondaryEnd, to)),
  };
}

const IDENTITY_TYPES = ['', 'username', 'username-passcode', 'kerberos', 'saml', 'jwt'];

/** Name of a user identity type (PS3.7 table D.3-14), or its number. */
export function identityTypeName(type: number): string {
  return IDENTITY_TYPES[type] || String(type);
}

/** Result of an A-ASSOCIATE-RJ (PS3.8 table 9-21), or its number. */
export function rejectResultName(result: number): string {
  return ['', 'rejected-permanent', 'rejected-transient'][result] || String(result);
}

const REJECT_SOURCES = ['', 'service-user', 'service-provider-acse', 'service-provider-presentation'];
const REJECT_REASONS: readonly (readonly string[])[] = [
  [],
  [
    '',
    'no-reason-given',
    'application-context-name-not-supported',
    'calling-AE-title-not-recognized',
    '',
    '',
    '',
    'called-AE-title-not-recognized',
  ],
  ['', 'no-reason-given', 'protocol-version-not-supported'],
  ['', 'temporary-congestion', 'local-limit-exceeded'],
];

/** Source of an A-ASSOCIATE-RJ (PS3.8 table 9-21), or its number. */
export function rejectSourceName(source: number): string {
  return REJECT_SOURCES[source] || String(source);
}

/** Reason of an A-ASSOCIATE-RJ, which depends on its source (PS3.8 table 9-21), or its number. */
export function rejectReasonName(source: number, reason: number): string {
  return REJECT_REASONS[source]?.[reason] || String(reason);
}

const ABORT_REASONS = [
  'reason-not-specified',
  'unrecognized-PDU',
  'unexpected-PDU',
  '',
  'unrecognized-PDU-parameter',
  'unexpected-PDU-parameter',
  'invalid-PDU-parameter-value',
];

/** Source of an A-ABORT (PS3.8 table 9-26), or its number. */
export function abortSourceName(source: number): string {
  return ['service-user', '', 'service-provider'][source] || String(source);
}

/** Reason of an A-ABORT; it only means something when the service provider aborted (PS3.8 table 9-26). */
export function abortReasonName(source: number, reason: number): string | undefined {
  return source === 2 ? ABORT_REASONS[reason] || String(reason) : undefined;
}
