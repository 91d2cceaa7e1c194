/**
 * Names and versions of programs as they write them (`nginx/1.22.1 (Debian)`, `OpenSSH_9.2p1 Debian-2`), taken apart as
 * Zeek's base/frameworks/software does: a name, up to four numbers, and what follows them.
 *
 * Only the first product of a text is taken. Limit: `MAX_TEXT` characters are looked at.
 */

/** Longer texts are not names of programs. */
const MAX_TEXT = 512;

/** A program and its version; absent what the text does not say. */
export interface SoftwareVersion {
  readonly name: string;
  readonly major?: number | undefined;
  readonly minor?: number | undefined;
  readonly minor2?: number | undefined;
  readonly minor3?: number | undefined;
  readonly addl?: string | undefined;
}

// A name that may hold digits inside words, then `/`, `_`, `-`, space or `(`, then the numbers.
const VERSIONED =
  /^(.{0,200}?)[/ _(-]+[vV]?(\d{1,9})(?:[._](\d{1,9}))?(?:[._](\d{1,9}))?(?:[._](\d{1,9}))?(.*)$/s;
const LEADING = /^[\s;,)-]+|[\s;,)]+$/g;

/** Takes a text apart; the whole text is the name when it holds no version. */
export function parseSoftware(text: string): SoftwareVersion {
  const shown = text.slice(0, MAX_TEXT).trim();
  const match = VERSIONED.exec(shown);
  if (match === null || match[1] === '') return { name: shown };
  const addl = firstWord(match[6]!);
  return {
    name: match[1]!.trim(),
    major: number(match[2]),
    minor: number(match[3]),
    minor2: number(match[4]),
    minor3: number(match[5]),
    addl: addl === '' ? undefined : addl,
  };
}

const number = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);

/** What directly follows the numbers (`p1`, `-beta`), or else the first remark in brackets. */
function firstWord(rest: string): string {
  const direct = /^[^\s(;,]+/.exec(rest)?.[0];
  if (direct !== undefined) return direct.replace(LEADING, '');
  return (/\(([^);]{1,100})/.exec(rest)?.[1] ?? '').trim();
}
