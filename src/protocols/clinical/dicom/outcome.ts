/**
 * The codes by which associations, contexts and users are accepted or refused, in the words of the standard
 * (PS3.8 tables 9-18, 9-21 and 9-26; PS3.7 table D.3-14). Pure; unknown codes stay numbers.
 */

const CONTEXT_RESULTS = [
  'acceptance',
  'user-rejection',
  'no-reason',
  'abstract-syntax-not-supported',
  'transfer-syntaxes-not-supported',
];

/** Result of a presentation context (PS3.8 table 9-18), or its number. */
export function contextResultName(result: number): string {
  return CONTEXT_RESULTS[result] ?? String(result);
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
