/**
 * Text of a message in the character set that MSH-18 names (HL7 table 0211), for names of people above all: the same name
 * must give the same token whatever it was written in. Without MSH-18, text that is no UTF-8 is taken as Latin-1, which
 * is what senders do that forget it.
 *
 * Not decoded: UTF-16 and UTF-32, whose segments do not end with CR bytes; CNS 11643; switches of the character set inside a
 * field (`\C…\`, `\M…\`). Separators are found before text is decoded: a second byte of Big5 or GB 18030 that looks
 * like one splits a field.
 */
import { latin1, utf8OrLatin1 } from '../../bytes/text.ts';

/** Names of table 0211 and what the platform calls them. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ['UNICODE', 'utf-8'],
  ['UNICODE UTF-8', 'utf-8'],
  ['UTF-8', 'utf-8'],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 15].map(part => [`8859/${part}`, `iso-8859-${part}`] as const),
  ['8859/9', 'iso-8859-9'],
  ['ISO IR14', 'iso-2022-jp'],
  ['ISO IR87', 'iso-2022-jp'],
  ['ISO IR159', 'iso-2022-jp'],
  ['GB 18030-2000', 'gb18030'],
  ['KS X 1001', 'euc-kr'],
  ['BIG-5', 'big5'],
]);
const ESCAPE = 0x1b;

type Decoder = InstanceType<typeof TextDecoder>;

const decoders = new Map<string, Decoder | undefined>();

function decoderFor(charset: string): Decoder | undefined {
  const label = LABELS.get(charset);
  if (label === undefined) return undefined;
  if (!decoders.has(label)) decoders.set(label, newDecoder(label));
  return decoders.get(label);
}

/** A build of the platform without its tables of character sets knows only Unicode. */
function newDecoder(label: string): Decoder | undefined {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}

/** Whether bytes mean anything but ASCII. */
export function isPlain(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > 0x7f || bytes[i] === ESCAPE) return false;
  return true;
}

/** The text of bytes; `charset` is MSH-18. Bytes that are wrong in it are read as if it were not declared. */
export function textIn(charset: string | undefined, bytes: Uint8Array): string {
  if (isPlain(bytes)) return latin1(bytes);
  const decoder = charset === undefined ? undefined : decoderFor(charset);
  if (decoder !== undefined) {
    try {
      return decoder.decode(bytes);
    } catch {
      // What is wrong in the declared set is read as if none were declared.
    }
  }
  return utf8OrLatin1(bytes);
}

/** Whether bytes are wrong in the character set that is declared; false when that is not known here. */
export function isWrongIn(charset: string, bytes: Uint8Array): boolean {
  if (isPlain(bytes)) return false;
  if (charset === 'ASCII') return true;
  const decoder = decoderFor(charset);
  if (decoder === undefined) return false;
  try {
    decoder.decode(bytes);
    return false;
  } catch {
    return true;
  }
}
