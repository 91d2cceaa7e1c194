/**
 * The JSON encoder of every output: valid JSON, and safe to print on a terminal, since control and invisible
 * characters that JSON itself would let pass (C1, bidirectional controls, zero-width) are escaped too.
 */

const INVISIBLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** `value` as JSON, indented by `indent` spaces (0: on one line). Undefined members are left out. */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    INVISIBLE,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Spaces that a document is indented by. */
const INDENT = 2;

/** Items of a list that are only made when it is their turn. */
export function* itemsOf<T>(items: readonly T[], json: (item: T) => unknown): Generator<unknown> {
  for (const item of items) yield json(item);
}

/**
 * A document with the members of `head` and, behind them, lists of objects, as `jsonText` would indent it, but in pieces: in
 * one text, with all of what it is made of at once, a large result takes more memory than the run that found it.
 */
export function* jsonDocument(
  head: object,
  lists: Readonly<Record<string, Iterable<unknown>>>,
): Generator<string> {
  yield jsonText(head, INDENT).slice(0, -'\n}'.length);
  for (const [name, items] of Object.entries(lists)) {
    yield `,\n  ${jsonText(name)}: [`;
    let separator = '\n    ';
    for (const item of items) {
      yield separator + jsonText(item, INDENT).replaceAll('\n', '\n    ');
      separator = ',\n    ';
    }
    yield separator === '\n    ' ? ']' : '\n  ]';
  }
  yield '\n}\n';
}
