/**
 * Tokens for values that must not be shown, and the masking of those values where they turn up in text.
 *
 * A value becomes a digest; the value itself is forgotten (except under `--reveal`). Under the key of a site it is an
 * HMAC-SHA-256 and is shown, `mrn:3f9a…`: `SHOWN_DIGITS` digits, the same in every run with that key. Without one it is a
 * SHA-256 behind a key that lives as long as the run, and writers show ordinals in record order, `mrn#1`, so that output is
 * the same on every run. Where runs of words in text fields equal an identifier decoded in this run (four or more letters
 * and digits), they are replaced by its kind; case, accents, separators and percent escapes make no difference (`words.ts`). A part
 * of a longer word is found in what looks like a host or file name only, when it is a name of `MIN_PART` letters or more at
 * the beginning or end of the word: people call their devices `SMITHs-iphone`. Names of users are too often ordinary words
 * (`backup`) for that.
 *
 * Limit: `LIMITS.protectedValues` distinct identifiers are remembered for masking; beyond, `overflow` counts.
 */
import { createHmac, hash, randomBytes } from 'node:crypto';
import { utf8, utf8OrLatin1 } from '../bytes/text.ts';
import { HashedTexts } from '../model/hashed-texts.ts';
import { NAME_KINDS, NOT_MASKED } from '../model/identifiers.ts';
import type { Token } from '../model/schema.ts';
import { hideSecrets } from '../protocols/secret-text.ts';
import { LIMITS } from './limits.ts';
import { plainText, type Word, wordsOf } from './words.ts';

/** Tokens known to be protected; when there are more, they are protected anew. */
const MAX_SETTLED = 1 << 18;
const MIN_MASKED = 4;
/** Shorter names are parts of too many ordinary words. */
const MIN_PART = 5;
const MAX_PART = 64;
/** A host name, a file name, an application entity title: one run of letters, digits and the signs between them. */
const NAME_LIKE = /^[\p{L}\p{N}\p{M}._'’-]{1,255}$/u;
/** Hexadecimal digits of a keyed token that are shown: 64 bits, so that two of a million values hardly share one. */
const SHOWN_DIGITS = 16;
const NAME_PARTS = /[\s^~&,=\\]+/;
/** Words that stand in for a name or number on every test system, and in host names and paths everywhere. */
const STOP_WORDS = new Set([
  'test',
  'patient',
  'unknown',
  'anonymous',
  'anonymized',
  'baby',
  'none',
  'null',
  'muster',
  'example',
]);
/** Words looked at together: a value may be written with separators of any kind. */
const MAX_JOINED = 8;
const MAX_JOINED_LENGTH = 96;
/** Masked texts that are remembered, and their longest: rules match the same texts again and again. */
const MAX_REMEMBERED = 8192;
const MAX_REMEMBERED_LENGTH = 256;

/** A few times as many as the identifiers of a large run. */
const SHAPE_BITS = 1 << 22;

/** In front of what an earlier run showed for a token. No kind begins so. */
const SHOWN = '=';

/** The stored form of a token that an earlier run has named: it is shown as it was then. */
export function shownToken(name: string): string {
  return SHOWN + name;
}

export class TokenTable {
  /** Identifiers not remembered for masking because the limit was reached. */
  overflow = 0;
  readonly #key: Uint8Array;
  /** The key is the site's: digests are shown. */
  readonly #keyed: boolean;
  readonly #reveal: boolean;
  /** `kind:digest` → ordinal within the kind. */
  readonly #ordinals = new HashedTexts();
  readonly #counts = new Map<string, number>();
  readonly #values = new Map<string, string>();
  /** Digest → place of its kind, of identifiers to mask. */
  readonly #protected = new HashedTexts();
  readonly #kinds: string[] = [''];
  /** Digests of tokens whose words are protected already. */
  #settled = new HashedTexts();
  /** Cheap first test before a digest is computed: a bit for each shape. */
  readonly #shapes = new Uint8Array(SHAPE_BITS / 8);
  /** Texts as they were masked, with the identifiers known now. */
  readonly #masked = new Map<string, string>();

  /** @param siteKey keeps tokens the same from run to run */
  constructor(reveal: boolean, siteKey?: Uint8Array) {
    this.#reveal = reveal;
    this.#key = siteKey ?? randomBytes(32);
    this.#keyed = siteKey !== undefined;
  }

  token(kind: string, value: Uint8Array | string): Token {
    const bytes = normalise(value);
    // The kind takes part, so that a control number and a patient's never look alike across kinds.
    const digest = this.#digest(Buffer.concat([Buffer.from(`${kind}\0`), bytes]));
    if (this.#reveal) {
      this.#values.set(`${kind}:${digest}`, typeof value === 'string' ? value : utf8(value));
    } else if (!NOT_MASKED.has(kind) && this.#settled.get(digest) === 0) {
      if (this.#settled.size >= MAX_SETTLED) this.#settled = new HashedTexts();
      this.#settled.set(digest, 1);
      this.#remember(kind, typeof value === 'string' ? value : utf8OrLatin1(value));
    }
    return { kind, digest };
  }

  /** Gives a token its name if it has none yet. Call in record order. */
  number(stored: string): void {
    if (this.#keyed) return;
    if (stored.startsWith(SHOWN)) return;
    if (this.#ordinals.get(stored) !== 0) return;
    const kind = stored.slice(0, stored.lastIndexOf(':'));
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.#ordinals.set(stored, count);
  }

  /** What writers show for a stored token: its digest under the site's key, its ordinal, or under `--reveal` its value. */
  show(stored: string): string {
    if (stored.startsWith(SHOWN)) return stored.slice(SHOWN.length);
    const colon = stored.lastIndexOf(':');
    if (this.#keyed) return stored.slice(0, colon + 1 + SHOWN_DIGITS);
    const value = this.#values.get(stored);
    if (value !== undefined) return value;
    const ordinal = this.#ordinals.get(stored);
    return ordinal === 0 ? stored.slice(0, colon) : `${stored.slice(0, colon)}#${ordinal}`;
  }

  /** Whether any text could need masking: not when values are shown. */
  get masks(): boolean {
    return !this.#reveal;
  }

  /** The text with everything that a name announces, and every identifier decoded in this run, replaced by `<kind>`. */
  mask(text: string): string {
    if (this.#reveal || text.length < MIN_MASKED) return text;
    if (text.length > MAX_REMEMBERED_LENGTH) return this.#mask(hideSecrets(text));
    const known = this.#masked.get(text);
    if (known !== undefined) return known;
    const masked = this.#mask(hideSecrets(text));
    if (this.#masked.size >= MAX_REMEMBERED) this.#masked.clear();
    this.#masked.set(text, masked);
    return masked;
  }

  #mask(text: string): string {
    if (this.#protected.size === 0) return text;
    const words = wordsOf(text);
    const nameLike = NAME_LIKE.test(text);
    let masked = '';
    let written = 0;
    for (let i = 0; i < words.length; i++) {
      const found = this.#longestFrom(words, i);
      if (found === undefined) {
        if (!nameLike) continue;
        const part = this.#partOf(text, words[i]!);
        if (part === undefined) continue;
        masked += `${text.slice(written, part.from)}<${part.kind}>`;
        written = part.to;
        continue;
      }
      masked += `${text.slice(written, words[i]!.from)}<${found.kind}>`;
      written = words[found.last]!.to;
      i = found.last;
    }
    return written === 0 ? text : masked + text.slice(written);
  }

  /** The longest run of words from `first` on that is an identifier. */
  #longestFrom(words: readonly Word[], first: number): { kind: string; last: number } | undefined {
    let joined = '';
    let found: { kind: string; last: number } | undefined;
    for (let last = first; last < Math.min(words.length, first + MAX_JOINED); last++) {
      joined += words[last]!.plain;
      if (joined.length > MAX_JOINED_LENGTH) break;
      const kind = this.#kindOf(joined);
      if (kind !== undefined) found = { kind, last };
    }
    return found;
  }

  /** The longest name that a word begins or ends with, and where it stands. */
  #partOf(text: string, word: Word): { kind: string; from: number; to: number } | undefined {
    const whole = text.slice(word.from, word.to);
    // Letters stand where they stand only when the plain text is as long as what was written.
    if (word.plain.length !== whole.length || word.plain.length > MAX_PART) return undefined;
    for (let length = word.plain.length - 1; length >= MIN_PART; length--) {
      for (const from of [0, word.plain.length - length]) {
        const kind = this.#kindOf(word.plain.slice(from, from + length));
        if (kind !== undefined && kind !== 'user' && NAME_KINDS.has(kind))
          return { kind, from: word.from + from, to: word.from + from + length };
      }
    }
    return undefined;
  }

  #kindOf(plain: string): string | undefined {
    if (plain.length < MIN_MASKED || !this.#hasShape(shape(plain))) return undefined;
    const place = this.#protected.get(this.#maskDigest(plain));
    return place === 0 ? undefined : this.#kinds[place];
  }

  #protect(kind: string, text: string): void {
    const plain = plainText(text);
    if (plain.length < MIN_MASKED) return;
    const digest = this.#maskDigest(plain);
    if (this.#protected.get(digest) !== 0) return;
    if (this.#protected.size >= LIMITS.protectedValues) {
      this.overflow++;
      return;
    }
    let place = this.#kinds.indexOf(kind, 1);
    if (place < 0) place = this.#kinds.push(kind) - 1;
    this.#protected.set(digest, place);
    this.#masked.clear();
    const bit = shape(plain);
    this.#shapes[bit >>> 3]! |= 1 << (bit & 7);
  }

  #hasShape(bit: number): boolean {
    return (this.#shapes[bit >>> 3]! & (1 << (bit & 7))) !== 0;
  }

  /** Everything of an identifier that would give it away in text. */
  #remember(kind: string, text: string): void {
    if (!NAME_KINDS.has(kind)) {
      if (STOP_WORDS.has(text.trim().toLowerCase())) return;
      this.#protect(kind, text);
      // The street of an address; town and country are ordinary words.
      if (kind === 'address') this.#protect(kind, text.split('^', 1)[0] ?? '');
      return;
    }
    const parts = text.split(NAME_PARTS).filter(part => part !== '' && !STOP_WORDS.has(part.toLowerCase()));
    if (parts.length > 0) this.#protect(kind, text);
    for (const part of parts) this.#protect(kind, part);
  }

  /** Of words to mask. It is never shown, so that one pass of the hash behind the key is enough. */
  #maskDigest(plain: string): string {
    return hash('sha256', Buffer.concat([this.#key, Buffer.from(plain)]), 'base64');
  }

  /** A run without a site's key shows ordinals: nobody sees the digest, and one pass of the hash behind the key is enough. */
  #digest(bytes: Uint8Array): string {
    if (!this.#keyed) return hash('sha256', Buffer.concat([this.#key, bytes]), 'hex').slice(0, 32);
    return createHmac('sha256', this.#key).update(bytes).digest('hex').slice(0, 32);
  }
}

/** Bytes of a value without surrounding blanks, ASCII letters in lower case. */
function normalise(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as string);
  let from = 0;
  let to = bytes.length;
  while (from < to && bytes[from]! <= 0x20) from++;
  while (to > from && bytes[to - 1]! <= 0x20) to--;
  for (let i = from; i < to; i++) if (bytes[i]! >= 0x41 && bytes[i]! <= 0x5a) bytes[i]! |= 0x20;
  return bytes.subarray(from, to);
}

/** A number below `SHAPE_BITS` that equal texts share. */
function shape(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) & (SHAPE_BITS - 1);
}
