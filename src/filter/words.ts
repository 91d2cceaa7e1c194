/**
 * A filter expression as words: names and bare values, quoted texts, signs. Knows nothing of fields or operators.
 *
 * A text in double or single quotes ends at the same quote; a backslash keeps what follows from ending it. Its body
 * stays as written, since a regular expression reads backslashes itself; `unquoted` is for everything else.
 */
import type { Problem } from '../errors.ts';

const MAX_LENGTH = 8192;
/** Characters of a long expression shown before and behind a problem. */
const SHOWN_AROUND = 60;

export interface Word {
  readonly kind: 'word' | 'text' | 'sign' | 'end';
  /** Of a quoted text: what stands between the quotes. */
  readonly text: string;
  /** Offset of its first character, the quote included. */
  readonly at: number;
}

/** Thrown inside this folder only, to leave a broken expression at its first error. */
export class FilterError extends Error {
  readonly at: number;
  readonly hint: string | undefined;

  constructor(at: number, message: string, hint?: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}

const SIGN = /==|!=|<=|>=|&&|\|\||[<>=!(){},]/y;
const WORD = /[^\s(){},"'=!<>&|]+/y;

/** Splits an expression; the last word is always the end. @throws FilterError */
export function readWords(text: string): readonly Word[] {
  if (text.length > MAX_LENGTH) throw new FilterError(0, `a filter is at most ${MAX_LENGTH} characters long`);
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (/\s/.test(char)) {
      at++;
    } else if (char === '"' || char === "'") {
      const end = closingQuote(text, at);
      words.push({ kind: 'text', text: text.slice(at + 1, end), at });
      at = end + 1;
    } else {
      const sign = wordAt(SIGN, text, at);
      const found = sign ?? wordAt(WORD, text, at);
      if (found === undefined) {
        throw new FilterError(
          at,
          `"${char}" has no meaning here`,
          `write "${char}${char}", or "and" and "or"`,
        );
      }
      words.push({ kind: sign === undefined ? 'word' : 'sign', text: found, at });
      at += found.length;
    }
  }
  words.push({ kind: 'end', text: '', at: text.trimEnd().length });
  return words;
}

/** What a sticky expression finds at an offset. */
function wordAt(sticky: RegExp, text: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[open]) return i;
  }
  throw new FilterError(open, 'this text is never closed', `it ends at the next ${text[open]}`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** The text that a quoted one stands for. @throws FilterError */
export function unquoted({ text, at }: Word): string {
  return text.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S]?)/g,
    (written, code: string, index: number) => {
      if (code.length > 2) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
      const plain = ESCAPES[code];
      if (plain !== undefined) return plain;
      const hint = 'known are \\\\ \\" \\\' \\n \\r \\t \\xNN \\uNNNN; a backslash itself is \\\\';
      throw new FilterError(
        at + 1 + index,
        `${JSON.stringify(written).slice(1, -1).replace('\\\\', '\\')} is no escape`,
        hint,
      );
    },
  );
}

/** A problem with the expression, its place shown by a caret. */
export function problemAt(expression: string, at: number, message: string, hint?: string): Problem {
  const line = expression.replace(/\s/g, ' ');
  const from = at > SHOWN_AROUND * 2 ? at - SHOWN_AROUND : 0;
  const to = Math.min(line.length, at + SHOWN_AROUND * 2);
  const source = `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
  const column = at - from + 1 + (from > 0 ? 1 : 0);
  return { message: `--filter: ${message}`, source, column, ...(hint === undefined ? {} : { hint }) };
}
