/**
 * Lines for a terminal of a given width: words wrapped with a hanging indent, long words left whole (a filter or a
 * path that was broken could not be copied). Every text passes `visible` here, so that nothing captured can reach a
 * terminal as a control sequence. Width is counted in code points; wide characters are not told apart.
 */
import { visible } from '../bytes/text.ts';

/** Gives a text its looks without changing its characters. */
export type Style = (text: string) => string;

const plain: Style = text => text;

/** Words of `text` in lines of at most `width` characters, where words allow it. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of visible(text).split(/ +/)) {
    if (line !== '' && length(line) + 1 + length(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** Collects the lines of a report. */
export class Page {
  readonly #lines: string[] = [];
  readonly #width: number;

  constructor(width: number) {
    this.#width = Math.max(40, width);
  }

  /** An empty line, unless there is one already or nothing yet. */
  gap(): void {
    if (this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
  }

  /** A paragraph that begins `indent` in and continues `hanging` in. */
  text(indent: number, text: string, style = plain, hanging = indent): void {
    const [first = '', ...rest] = wrap(text, this.#width - Math.max(indent, hanging));
    this.#lines.push(' '.repeat(indent) + style(first));
    for (const line of rest) this.#lines.push(' '.repeat(hanging) + style(line));
  }

  /** A label and its text beside it; the label's column is `column` wide. */
  labelled(
    indent: number,
    label: string,
    column: number,
    text: string,
    style = plain,
    textStyle = plain,
  ): void {
    const at = indent + column;
    const [first = '', ...rest] = wrap(text, this.#width - at);
    const head = ' '.repeat(indent) + style(visible(label)) + ' '.repeat(gapAfter(label, column));
    this.#lines.push(head + textStyle(first));
    for (const line of rest) this.#lines.push(' '.repeat(at) + textStyle(line));
  }

  /** Like `labelled`, but never wrapped: something to copy. */
  verbatim(indent: number, label: string, column: number, text: string, style = plain): void {
    this.#lines.push(
      ' '.repeat(indent) + style(visible(label)) + ' '.repeat(gapAfter(label, column)) + visible(text),
    );
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function gapAfter(label: string, column: number): number {
  return Math.max(1, column - length(label));
}

function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
