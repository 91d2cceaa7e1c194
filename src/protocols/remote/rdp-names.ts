/**
 * Numbers of RDP (MS-RDPBCGR sections 1.7 and 2.2.1) in Zeek's words: builds of clients, layouts of keyboards, protocols,
 * results, encryption.
 */

/** Negotiated security (MS-RDPBCGR section 2.2.1.2.1). */
export const SECURITY_PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'RDP',
  1: 'SSL',
  2: 'HYBRID',
  4: 'RDSTLS',
  8: 'HYBRID_EX',
};

/** Why the server refuses to negotiate (section 2.2.1.2.2). */
export const FAILURES: Readonly<Record<number, string>> = {
  1: 'SSL_REQUIRED_BY_SERVER',
  2: 'SSL_NOT_ALLOWED_BY_SERVER',
  3: 'SSL_CERT_NOT_ON_SERVER',
  4: 'INCONSISTENT_FLAGS',
  5: 'HYBRID_REQUIRED_BY_SERVER',
  6: 'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER',
};

/** Results of the MCS connection (T.125 section 7). */
export const MCS_RESULTS: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'Domain merging',
  2: 'Domain not hierarchical',
  3: 'No such channel',
  4: 'No such domain',
  5: 'No such user',
  6: 'Not admitted',
  7: 'Other user id',
  8: 'Parameters unacceptable',
  9: 'Token not available',
  10: 'Token not possessed',
  11: 'Too many channels',
  12: 'Too many tokens',
  13: 'Too many users',
  14: 'Unspecified failure',
  15: 'User rejected',
};

export const ENCRYPTION_METHODS: Readonly<Record<number, string>> = {
  0: 'None',
  1: '40bit',
  2: '128bit',
  8: '56bit',
  16: 'FIPS',
};

export const ENCRYPTION_LEVELS: Readonly<Record<number, string>> = {
  0: 'None',
  1: 'Low',
  2: 'Client compatible',
  3: 'High',
  4: 'FIPS',
};

const BUILDS: Readonly<Record<number, string>> = {
  419: 'RDP 4.0',
  2195: 'RDP 5.0',
  2221: 'RDP 5.0',
  2600: 'RDP 5.1',
  3790: 'RDP 5.2',
  6000: 'RDP 6.0',
  6001: 'RDP 6.1',
  6002: 'RDP 6.2',
  7600: 'RDP 7.0',
  7601: 'RDP 7.1',
  9200: 'RDP 8.0',
  9600: 'RDP 8.1',
  25189: 'RDP 8.0 (Mac)',
  25282: 'RDP 8.0 (Mac)',
};

/** `RDP 8.1`, or `UNKNOWN-18363`. */
export function buildName(build: number): string {
  return BUILDS[build] ?? `UNKNOWN-${build}`;
}

/** Windows language identifiers (MS-LCID) of keyboards in use. */
const LANGUAGES: Readonly<Record<number, string>> = {
  1025: 'Arabic - Saudi Arabia',
  1026: 'Bulgarian',
  1027: 'Catalan',
  1028: 'Chinese - Taiwan',
  1029: 'Czech',
  1030: 'Danish',
  1031: 'German - Germany',
  1032: 'Greek',
  1033: 'English - United States',
  1034: 'Spanish - Spain (Traditional Sort)',
  1035: 'Finnish',
  1036: 'French - France',
  1037: 'Hebrew',
  1038: 'Hungarian',
  1039: 'Icelandic',
  1040: 'Italian - Italy',
  1041: 'Japanese',
  1042: 'Korean',
  1043: 'Dutch - Netherlands',
  1044: 'Norwegian (Bokmål)',
  1045: 'Polish',
  1046: 'Portuguese - Brazil',
  1048: 'Romanian',
  1049: 'Russian',
  1050: 'Croatian',
  1051: 'Slovak',
  1052: 'Albanian - Albania',
  1053: 'Swedish',
  1054: 'Thai',
  1055: 'Turkish',
  1056: 'Urdu - Pakistan',
  1057: 'Indonesian',
  1058: 'Ukrainian',
  1059: 'Belarusian',
  1060: 'Slovenian',
  1061: 'Estonian',
  1062: 'Latvian',
  1063: 'Lithuanian',
  1065: 'Persian',
  1066: 'Vietnamese',
  1071: 'F.Y.R.O. Macedonian',
  1081: 'Hindi',
  1086: 'Malay - Malaysia',
  2052: 'Chinese - People’s Republic of China',
  2055: 'German - Switzerland',
  2057: 'English - United Kingdom',
  2058: 'Spanish - Mexico',
  2060: 'French - Belgium',
  2064: 'Italian - Switzerland',
  2067: 'Dutch - Belgium',
  2070: 'Portuguese - Portugal',
  2074: 'Serbian (Latin)',
  3079: 'German - Austria',
  3081: 'English - Australian',
  3082: 'Spanish - Spain (Modern Sort)',
  3084: 'French - Canada',
  3098: 'Serbian (Cyrillic)',
  4100: 'Chinese - Singapore',
  4103: 'German - Luxembourg',
  4105: 'English - Canada',
  4108: 'French - Switzerland',
  5129: 'English - New Zealand',
  6153: 'English - Ireland',
  7177: 'English - South Africa',
  16393: 'English - India',
};

/** The language of a keyboard; variants of a layout by the language they belong to. */
export function keyboardName(layout: number): string {
  const exact = LANGUAGES[layout];
  if (exact !== undefined) return exact;
  const language = LANGUAGES[layout & 0xffff];
  return language === undefined ? `keyboard-${layout}` : `${language} (Best Guess for ${layout})`;
}
