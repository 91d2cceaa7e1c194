/**
 * Which medical protocol is probably inside of TLS. Nothing of it can be read, so this goes by what the server is: the
 * application protocol it chose (ALPN), its names (SNI, certificate), its port. A name is better than a port, since a port
 * says only what is usual there: HL7 2575 (IANA) and 6661 (interface engines), DICOM 2762 (IANA dicom-tls), syslog 6514
 * (RFC 5425, as IHE ATNA sends audit messages).
 */

const BY_PORT: ReadonlyMap<number, string> = new Map([
  [2575, 'hl7'],
  [6661, 'hl7'],
  [2762, 'dicom'],
  [6514, 'syslog'],
]);

const BY_ALPN: ReadonlyMap<string, string> = new Map([
  ['acr-nema', 'dicom'],
  ['dicom', 'dicom'],
  ['hl7', 'hl7'],
  ['mllp', 'hl7'],
]);

/** Words of a name that no other thing is called by. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[^a-z])(?:hl7|mllp)(?:[^a-z]|$)/i, 'hl7'],
  [/(?:^|[^a-z])(?:dicom|pacs)(?:[^a-z]|$)/i, 'dicom'],
];

/** A guess and what it goes by. */
export interface Inside {
  readonly protocol: string;
  readonly by: 'alpn' | 'name' | 'port';
}

/** What is probably inside. @param names of the server, as the client asked for it and as its certificate has it */
export function insideOf(
  port: number,
  alpn: string | undefined,
  names: readonly (string | undefined)[],
): Inside | undefined {
  const chosen = alpn === undefined ? undefined : BY_ALPN.get(alpn.toLowerCase());
  if (chosen !== undefined) return { protocol: chosen, by: 'alpn' };
  // Another application protocol was agreed on: the port says nothing.
  if (alpn !== undefined) return undefined;
  for (const [word, protocol] of WORDS)
    if (names.some(name => name !== undefined && word.test(name))) return { protocol, by: 'name' };
  const usual = BY_PORT.get(port);
  return usual === undefined ? undefined : { protocol: usual, by: 'port' };
}
