/**
 * How documents of text begin: byte order marks, blanks, UTF-16, and the outermost element of XML, by which most formats are
 * told apart at once.
 */
import { latin1 } from '../../bytes/text.ts';
import type { Verdict } from '../../model/protocol.ts';

/** Byte order of UTF-16 text. */
type Wide = 'utf-16le' | 'utf-16be';

/** Where the first character stands that is no blank, and that character; `wide` for UTF-16. */
export function firstMark(head: Uint8Array): {
  readonly at: number;
  readonly byte: number | undefined;
  readonly wide: Wide | undefined;
} {
  const wide = wideOf(head);
  let at = wide !== undefined ? 2 : head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  while (at < head.length && (head[at]! <= 0x20 || (wide !== undefined && head[at] === 0))) at++;
  return { at, byte: head[at], wide };
}

/** UTF-16 says so by its mark. */
function wideOf(head: Uint8Array): Wide | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
}

/** UTF-16 in pieces as UTF-8. */
export class Utf16Input {
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(order: Wide) {
    this.#decoder = new TextDecoder(order);
  }

  take(bytes: Uint8Array, from: number, to: number): Uint8Array {
    return Buffer.from(this.#decoder.decode(bytes.subarray(from, to), { stream: true }), 'utf8');
  }
}

const LESS = 0x3c;
const NAME = /^(?:[\w.-]{1,64}:)?([\w.-]{1,64})(?=[\s/>])/;
/** A name that may go on. */
const UNFINISHED = /^[\w.:-]{0,129}$/;

/** The outermost element of a document. */
export interface RootElement {
  /** Without its prefix. */
  readonly name: string;
  /** Its tag with attributes, as far as it is there. */
  readonly tag: string;
  /** Everything from its tag on. */
  readonly text: string;
}

/**
 * Recognises XML by its outermost element. `judge` says yes or no, or undefined when more of the document must show;
 * `whole` as in `Payload.probe`.
 */
export function probeRoot(
  head: Uint8Array,
  whole: boolean,
  judge: (root: RootElement) => boolean | undefined,
): Verdict {
  const { at, byte, wide } = firstMark(head);
  const unknown = whole ? 'no' : 'unsure';
  if (byte === undefined) return unknown;
  if (byte !== LESS) return 'no';
  const text = latin1(head, at);
  const root = rootOf(wide === undefined ? text : text.replaceAll('\0', ''));
  if (root === undefined) return unknown;
  if (root === 'none') return 'no';
  const verdict = judge(root);
  return verdict === undefined ? unknown : verdict ? 'match' : 'no';
}

/** What stands behind declarations, instructions and comments; undefined when that is not there yet. */
function rootOf(text: string): RootElement | 'none' | undefined {
  let at = 0;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
    const rest = text.slice(at, at + 4);
    if (rest.length < 4) return undefined;
    if (!rest.startsWith('<')) return 'none';
    const end = rest.startsWith('<?')
      ? '?>'
      : rest === '<!--'
        ? '-->'
        : rest.startsWith('<!')
          ? '>'
          : undefined;
    if (end === undefined) return elementAt(text, at + 1);
    let stop = text.indexOf(end, at + 2);
    // A declaration of a type may hold others between brackets.
    if (end === '>' && text.slice(at, stop < 0 ? undefined : stop).includes('[')) {
      const bracket = text.indexOf(']', at);
      stop = bracket < 0 ? -1 : text.indexOf('>', bracket);
    }
    if (stop < 0) return undefined;
    at = stop + end.length;
  }
}

function elementAt(text: string, at: number): RootElement | 'none' | undefined {
  const rest = text.slice(at, at + 130);
  const name = NAME.exec(rest)?.[1];
  if (name === undefined) return UNFINISHED.test(rest) ? undefined : 'none';
  const close = text.indexOf('>', at);
  return { name, tag: text.slice(at, close < 0 ? undefined : close), text: text.slice(at) };
}
