/**
 * Tokens for values that must not be shown, and the masking of those values where they turn up in text.
 *
 * A value becomes an HMAC-SHA-256 digest under a key that lives as long as the run; the value itself is forgotten
 * (except under `--reveal`). Writers show ordinals in record order, `mrn#1`, so that output is the same on every
 * run. Words of four or more characters in text fields that equal an identifier decoded in this run are replaced by
 * its kind. Comparison ignores ASCII case and surrounding blanks.
 *
 * Limit: `LIMITS.protectedValues` distinct identifiers are remembered for masking; beyond, `overflow` counts.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { utf8 } from '../bytes/text.ts';
import type { Token } from '../model/schema.ts';
import { LIMITS } from './limits.ts';

const MIN_MASKED = 4;
/** Kinds that correlate messages and identify nobody. */
const NOT_MASKED = new Set(['control_id']);
/** Kinds whose values are several words, each of which names the person. */
const NAMES = new Set([
  'patient_name',
  'relative_name',
  'mothers_maiden_name',
  'alias',
  'physician_name',
  'operator_name',
]);

const NAME_PARTS = /[\s^~&,=\\]+/;
/** Words as they stand in host names, URIs, paths and free text; percent escapes separate like blanks. */
const WORDS = /(?:%[0-9A-Fa-f]{2}|[^\s/?&=;,"'<>:@+%|^~()[\]{}#\\])+/g;
const JOINTS = /(%[0-9A-Fa-f]{2}|[-._])/;
/** Parts and joints looked at together. */
const MAX_JOINED = 12;

export class TokenTable {
  /** Identifiers not remembered for masking because the limit was reached. */
  overflow = 0;
  readonly #key = randomBytes(32);
  readonly #reveal: boolean;
  /** `kind:digest` → name shown. */
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #values = new Map<string, string>();
  /** Digest → kind, of identifiers to mask. */
  readonly #protected = new Map<string, string>();
  /** Cheap first test before a digest is computed. */
  readonly #shapes = new Set<number>();

  constructor(reveal: boolean) {
    this.#reveal = reveal;
  }

  token(kind: string, value: Uint8Array | string): Token {
    const bytes = normalise(value);
    const digest = this.#digest(bytes);
    if (this.#reveal) {
      this.#values.set(`${kind}:${digest}`, typeof value === 'string' ? value : utf8(value));
    } else if (!NOT_MASKED.has(kind)) {
      this.#protect(kind, bytes, digest);
      if (NAMES.has(kind)) this.#protectParts(kind, bytes);
    }
    return { kind, digest };
  }

  /** Gives a token its name if it has none yet. Call in record order. */
  number(stored: string): void {
    if (this.#names.has(stored)) return;
    const kind = stored.slice(0, stored.lastIndexOf(':'));
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.#names.set(stored, `${kind}#${count}`);
  }

  /** What writers show for a stored token: its ordinal, or under `--reveal` its value. */
  show(stored: string): string {
    return this.#values.get(stored) ?? this.#names.get(stored) ?? stored.slice(0, stored.lastIndexOf(':'));
  }

  /** Whether any text could need masking. */
  get masks(): boolean {
    return this.#protected.size > 0;
  }

  /** The text with every identifier decoded in this run replaced by `<kind>`. */
  mask(text: string): string {
    if (this.#protected.size === 0 || text.length < MIN_MASKED) return text;
    return text.replace(WORDS, word => {
      const kind = this.#kindOf(word) ?? (word.includes('%') ? this.#kindOf(decodePercent(word)) : undefined);
      return kind === undefined ? this.#maskParts(word) : `<${kind}>`;
    });
  }

  /** Masks within a word: runs of its parts between hyphens, dots, underscores and percent escapes. */
  #maskParts(word: string): string {
    const parts = word.split(JOINTS);
    let text = '';
    for (let i = 0; i < parts.length; i++) {
      let end = i;
      // The longest run first: an identifier may itself hold hyphens. Odd parts are the joints.
      if (i % 2 === 0) {
        for (let last = Math.min(parts.length - 1, i + MAX_JOINED); last >= i && end === i; last -= 2) {
          const kind = this.#kindOf(parts.slice(i, last + 1).join(''));
          if (kind !== undefined) {
            text += `<${kind}>`;
            end = last + 1;
          }
        }
      }
      if (end > i) i = end - 1;
      else text += parts[i];
    }
    return text;
  }

  #kindOf(word: string): string | undefined {
    if (word.length < MIN_MASKED) return undefined;
    const bytes = normalise(word);
    return this.#shapes.has(shape(bytes)) ? this.#protected.get(this.#digest(bytes)) : undefined;
  }

  #protect(kind: string, bytes: Buffer, digest: string): void {
    if (bytes.length < MIN_MASKED || this.#protected.has(digest)) return;
    if (this.#protected.size >= LIMITS.protectedValues) {
      this.overflow++;
      return;
    }
    this.#protected.set(digest, kind);
    this.#shapes.add(shape(bytes));
  }

  #protectParts(kind: string, bytes: Buffer): void {
    for (const part of bytes.toString('latin1').split(NAME_PARTS)) {
      const word = Buffer.from(part, 'latin1');
      if (word.length >= MIN_MASKED) this.#protect(kind, word, this.#digest(word));
    }
  }

  #digest(bytes: Uint8Array): string {
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

function shape(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h;
}

function decodePercent(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
