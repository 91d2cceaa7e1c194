/**
 * Reads the variable fields of A-ASSOCIATE-RQ and -AC and names the codes of A-ASSOCIATE-RJ and A-ABORT
 * (PS3.8 sections 9.3.2 to 9.3.4 and 9.3.8; user information PS3.8 annex D and PS3.7 annex D.3.3).
 *
 * Pure: bytes in, values out; the caller keeps them. Of extended negotiation only the SOP classes are read. The AE titles
 * of an -AC are echoes that "shall not be tested", so they are not read at all.
 * Limits: `MAX_CONTEXTS`; `MAX_TRANSFER_SYNTAXES` of one context; `MAX_CLASSES` with roles or extended negotiation.
 */
import { u8, u16be, u32be } from '../../../bytes/read.ts';
import { hasParentPath, isUid, paddedText, uidText } from './values.ts';

/** Bytes before the items: version, reserved, two AE titles, reserved. */
export const ITEMS_AT = 68;
const CALLED_AE_AT = 4;
const CALLING_AE_AT = 20;
const AE_BYTES = 16;

const ITEM = {
  applicationContext: 0x10,
  presentationContext: 0x20,
  presentationContextResult: 0x21,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
  maximumLength: 0x51,
  implementationClass: 0x52,
  asynchronousWindow: 0x53,
  roleSelection: 0x54,
  implementationVersion: 0x55,
  extendedNegotiation: 0x56,
  commonExtendedNegotiation: 0x57,
  userIdentity: 0x58,
  userIdentityResponse: 0x59,
} as const;

/** Identifiers of contexts are odd numbers of one byte (PS3.8 section 9.3.2.2). */
export const MAX_CONTEXTS = 128;
/** Transfer syntaxes kept of one proposed context. */
const MAX_TRANSFER_SYNTAXES = 64;
/** SOP classes kept that have a role, or extended negotiation. */
const MAX_CLASSES = 128;

/** What one side says about itself. */
export interface UserInformation {
  maxPdu?: number | undefined;
  implementationClassUid?: string | undefined;
  implementationVersion?: string | undefined;
  /** Operations it may have under way at once, as invoker and as performer; 0 is no limit. */
  window?: readonly [invoked: number, performed: number];
  roles?: Role[];
  /** SOP classes with extended negotiation. */
  extended?: string[];
  /** Only in a request. */
  identity?: UserIdentity | undefined;
  /** Only in an acceptance: the acceptor confirmed the identity. */
  identityConfirmed?: boolean;
}

/** Roles proposed or accepted for a SOP class (PS3.7 section D.3.3.4). */
export interface Role {
  readonly sopClass: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

/** A presentation context as proposed. */
export interface ProposedContext {
  readonly id: number;
  readonly abstractSyntax: string | undefined;
  readonly transferSyntaxes: readonly string[];
}

/** A presentation context as answered (PS3.8 table 9-18). */
export interface ContextResult {
  readonly id: number;
  readonly result: number;
  /** Only of an accepted one. */
  readonly transferSyntax: string | undefined;
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
  readonly applicationContext: string | undefined;
  /** The first `MAX_CONTEXTS`. */
  readonly contexts: readonly ProposedContext[];
  /** How many there were. */
  readonly contextCount: number;
  readonly user: UserInformation;
  /** A UID holds characters no UID has, or too many. */
  readonly invalidUid: boolean;
  /** A title leads out of a folder. */
  readonly hasPath: boolean;
  /** An identifier of a context is even, or was used before. */
  readonly invalidContext: boolean;
  /** Some item did not fit its enclosing length; what was read before it is kept. */
  readonly malformed: boolean;
}

/** What an A-ASSOCIATE-AC agrees to. */
export interface AssociateAccept {
  readonly contexts: readonly ContextResult[];
  /** Transfer syntax by presentation context identifier, of accepted contexts. */
  readonly transferSyntaxes: ReadonlyMap<number, string>;
  readonly user: UserInformation;
  readonly malformed: boolean;
}

/** Reads the PDU after its six-byte header; undefined when it is shorter than its fixed fields. */
export function readAssociateRequest(bytes: Uint8Array, length: number): AssociateRequest | undefined {
  if (length < ITEMS_AT) return undefined;
  const contexts: ProposedContext[] = [];
  const ids = new Set<number>();
  const user: UserInformation = {};
  let applicationContext: string | undefined;
  let contextCount = 0;
  let invalidContext = false;
  let inner = true;
  const outer = forEachItem(bytes, ITEMS_AT, length, (type, from, to) => {
    if (type === ITEM.applicationContext) applicationContext = uidText(bytes, from, to);
    else if (type === ITEM.presentationContext && to - from >= 4) {
      contextCount++;
      const id = u8(bytes, from);
      invalidContext ||= id % 2 === 0 || ids.has(id);
      ids.add(id);
      if (contexts.length >= MAX_CONTEXTS) return;
      const items = readContextItems(bytes, from + 4, to);
      inner &&= items.wellFormed;
      contexts.push({ id, abstractSyntax: items.abstractSyntax, transferSyntaxes: items.transferSyntaxes });
    } else if (type === ITEM.userInformation) {
      inner = readUserInformation(bytes, from, to, user) && inner;
    }
  });
  const calledAe = paddedText(bytes, CALLED_AE_AT, CALLED_AE_AT + AE_BYTES);
  const callingAe = paddedText(bytes, CALLING_AE_AT, CALLING_AE_AT + AE_BYTES);
  return {
    calledAe,
    callingAe,
    applicationContext,
    contexts,
    contextCount,
    user,
    invalidUid: contexts.some(
      context =>
        (context.abstractSyntax !== undefined && !isUid(context.abstractSyntax)) ||
        context.transferSyntaxes.some(syntax => !isUid(syntax)),
    ),
    hasPath: [calledAe, callingAe].some(title => title !== undefined && hasParentPath(title)),
    invalidContext,
    malformed: !outer || !inner,
  };
}

/** Reads the PDU after its six-byte header; undefined when it is shorter than its fixed fields. */
export function readAssociateAccept(bytes: Uint8Array, length: number): AssociateAccept | undefined {
  if (length < ITEMS_AT) return undefined;
  const contexts: ContextResult[] = [];
  const transferSyntaxes = new Map<number, string>();
  const user: UserInformation = {};
  let inner = true;
  const outer = forEachItem(bytes, ITEMS_AT, length, (type, from, to) => {
    if (type === ITEM.presentationContextResult && to - from >= 4) {
      const id = u8(bytes, from);
      const result = u8(bytes, from + 2);
      let transferSyntax: string | undefined;
      // For any result but acceptance the transfer syntax has no meaning (PS3.8 table 9-18).
      if (result === 0) {
        const items = readContextItems(bytes, from + 4, to);
        inner &&= items.wellFormed;
        transferSyntax = items.transferSyntaxes[0];
        if (transferSyntax !== undefined) transferSyntaxes.set(id, transferSyntax);
      }
      if (contexts.length < MAX_CONTEXTS) contexts.push({ id, result, transferSyntax });
    } else if (type === ITEM.userInformation) {
      inner = readUserInformation(bytes, from, to, user) && inner;
    }
  });
  return { contexts, transferSyntaxes, user, malformed: !outer || !inner };
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
  readonly abstractSyntax: string | undefined;
  readonly transferSyntaxes: readonly string[];
  readonly wellFormed: boolean;
}

function readContextItems(bytes: Uint8Array, from: number, to: number): ContextItems {
  let abstractSyntax: string | undefined;
  const transferSyntaxes: string[] = [];
  // As `forEachItem`, without a function for each of a hundred contexts.
  let at = from;
  while (to - at >= 4) {
    const type = u8(bytes, at);
    const end = at + 4 + u16be(bytes, at + 2);
    if (end > to) break;
    if (type === ITEM.abstractSyntax) abstractSyntax ??= uidText(bytes, at + 4, end);
    else if (type === ITEM.transferSyntax && transferSyntaxes.length < MAX_TRANSFER_SYNTAXES) {
      const uid = uidText(bytes, at + 4, end);
      if (uid !== undefined) transferSyntaxes.push(uid);
    }
    at = end;
  }
  return { abstractSyntax, transferSyntaxes, wellFormed: at === to };
}

function readUserInformation(bytes: Uint8Array, from: number, to: number, user: UserInformation): boolean {
  return forEachItem(bytes, from, to, (type, start, end) => {
    if (type === ITEM.maximumLength && end - start === 4) user.maxPdu = u32be(bytes, start);
    else if (type === ITEM.implementationClass) user.implementationClassUid = uidText(bytes, start, end);
    else if (type === ITEM.implementationVersion) user.implementationVersion = paddedText(bytes, start, end);
    else if (type === ITEM.asynchronousWindow && end - start === 4) {
      user.window = [u16be(bytes, start), u16be(bytes, start + 2)];
    } else if (type === ITEM.roleSelection) addRole(user, bytes, start, end);
    else if (type === ITEM.extendedNegotiation || type === ITEM.commonExtendedNegotiation) {
      user.extended ??= [];
      const sopClass = countedUid(bytes, start, end);
      if (sopClass !== undefined && user.extended.length < MAX_CLASSES) user.extended.push(sopClass);
    } else if (type === ITEM.userIdentity) user.identity = readUserIdentity(bytes, start, end);
    else if (type === ITEM.userIdentityResponse) user.identityConfirmed = true;
  });
}

/** PS3.7 table D.3-9: length and SOP class, then one byte for each role. */
function addRole(user: UserInformation, bytes: Uint8Array, from: number, to: number): void {
  const sopClass = countedUid(bytes, from, to);
  user.roles ??= [];
  if (sopClass === undefined || user.roles.length >= MAX_CLASSES || to - from < 4) return;
  const at = from + 2 + u16be(bytes, from);
  if (at + 2 > to) return;
  user.roles.push({ sopClass, scu: u8(bytes, at) === 1, scp: u8(bytes, at + 1) === 1 });
}

/** A UID behind its two-byte length. */
function countedUid(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from < 2) return undefined;
  return uidText(bytes, from + 2, Math.min(to, from + 2 + u16be(bytes, from)));
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
