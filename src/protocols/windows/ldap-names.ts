/** Names of LDAP's operations, results and search parameters, in the words of Zeek's base/protocols/ldap. */

/** Identifier octets of operations (RFC 4511 section 4.2 to 4.13). */
export const OP = {
  bindRequest: 0x60,
  bindResponse: 0x61,
  unbindRequest: 0x42,
  searchRequest: 0x63,
  searchResultEntry: 0x64,
  searchResultDone: 0x65,
  searchResultReference: 0x73,
  modifyRequest: 0x66,
  modifyResponse: 0x67,
  addRequest: 0x68,
  addResponse: 0x69,
  deleteRequest: 0x4a,
  deleteResponse: 0x6b,
  modifyDnRequest: 0x6c,
  modifyDnResponse: 0x6d,
  compareRequest: 0x6e,
  compareResponse: 0x6f,
  abandonRequest: 0x50,
  extendedRequest: 0x77,
  extendedResponse: 0x78,
  intermediateResponse: 0x79,
} as const;

const OPERATIONS: Readonly<Record<number, string>> = {
  [OP.bindRequest]: 'bind',
  [OP.bindResponse]: 'bind',
  [OP.unbindRequest]: 'unbind',
  [OP.searchRequest]: 'search',
  [OP.searchResultEntry]: 'search',
  [OP.searchResultDone]: 'search',
  [OP.searchResultReference]: 'search',
  [OP.modifyRequest]: 'modify',
  [OP.modifyResponse]: 'modify',
  [OP.addRequest]: 'add',
  [OP.addResponse]: 'add',
  [OP.deleteRequest]: 'delete',
  [OP.deleteResponse]: 'delete',
  [OP.modifyDnRequest]: 'modify',
  [OP.modifyDnResponse]: 'modify',
  [OP.compareRequest]: 'compare',
  [OP.compareResponse]: 'compare',
  [OP.abandonRequest]: 'abandon',
  [OP.extendedRequest]: 'extended',
  [OP.extendedResponse]: 'extended',
  [OP.intermediateResponse]: 'intermediate',
};

/** Name of an operation, the same for a request and its answer; undefined for what is none. */
export const operationOf = (tag: number): string | undefined => OPERATIONS[tag];

// RFC 4511 appendix A.
const RESULTS: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'operations error',
  2: 'protocol error',
  3: 'time limit exceeded',
  4: 'size limit exceeded',
  5: 'compare false',
  6: 'compare true',
  7: 'auth method not supported',
  8: 'stronger auth required',
  9: 'partial results',
  10: 'referral',
  11: 'admin limit exceeded',
  12: 'unavailable critical extension',
  13: 'confidentiality required',
  14: 'SASL bind in progress',
  16: 'no such attribute',
  17: 'undefined attribute type',
  18: 'inappropriate matching',
  19: 'constraint violation',
  20: 'attribute or value exists',
  21: 'invalid attribute syntax',
  32: 'no such object',
  33: 'alias problem',
  34: 'invalid DN syntax',
  36: 'alias dereferencing problem',
  48: 'inappropriate authentication',
  49: 'invalid credentials',
  50: 'insufficient access rights',
  51: 'busy',
  52: 'unavailable',
  53: 'unwilling to perform',
  54: 'loop detect',
  60: 'sort control missing',
  61: 'offset range error',
  64: 'naming violation',
  65: 'object class violation',
  66: 'not allowed on non-leaf',
  67: 'not allowed on RDN',
  68: 'entry already exists',
  69: 'object class mods prohibited',
  70: 'results too large',
  71: 'affects multiple DSAs',
  76: 'control error',
  80: 'other',
};

export const SUCCESS = 0;
export const SASL_IN_PROGRESS = 14;
export const resultName = (code: number): string => RESULTS[code] ?? 'unknown';

export const scopeName = (scope: number): string => ['base', 'single', 'tree'][scope] ?? 'unknown';
export const derefName = (deref: number): string =>
  ['never', 'searching', 'finding', 'always'][deref] ?? 'unknown';

/** RFC 4511 section 4.14.1. */
export const START_TLS = '1.3.6.1.4.1.1466.20037';
const EXTENSIONS: Readonly<Record<string, string>> = {
  [START_TLS]: 'StartTLS',
  '1.3.6.1.4.1.4203.1.11.3': 'whoami',
};
/** `1.3.6.1.4.1.1466.20037 (StartTLS)`. */
export const extensionName = (oid: string): string => `${oid} (${EXTENSIONS[oid] ?? 'unknown'})`;
