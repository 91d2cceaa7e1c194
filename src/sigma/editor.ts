/**
 * Edits of a file of rules: keys and values of block maps are rewritten, left out or added, and everything else stays to the
 * letter: comments, order, quotes. Edits are applied at once, so that places stay those of the text as it was.
 */
import type { Problem } from '../errors.ts';
import type { SourceText } from '../yaml/source.ts';
import type { MapEntry } from '../yaml/tree.ts';

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Edits of one file, and what is to be said about it. */
export class Editor {
  readonly source: SourceText;
  readonly text: string;
  readonly notes: Problem[] = [];
  readonly #edits: Edit[] = [];

  constructor(source: SourceText, text: string) {
    this.source = source;
    this.text = text;
  }

  note(at: number, message: string, hint?: string): void {
    this.notes.push(this.source.problem(at, message, { warning: true, hint }));
  }

  /** What keeps the file from being converted. */
  refuse(at: number, message: string, hint?: string): void {
    this.notes.push(this.source.problem(at, message, { hint }));
  }

  /** Adds lines before a key of a block map. */
  insertBefore({ keyAt }: MapEntry, lines: readonly string[]): void {
    const from = this.#lineStart(keyAt);
    const lead = this.text.slice(from, keyAt);
    this.replace(from, from, lines.map(line => `${lead}${line}\n`).join(''));
  }

  replace(from: number, to: number, text: string): void {
    this.#edits.push({ from, to, text });
  }

  /** Replaces what a key or value says; false when it is not written as it reads. */
  rewrite(written: { readonly text: string; readonly at: number }, text: string): boolean {
    const quoted = /["']/.test(this.text[written.at] ?? '') ? 1 : 0;
    const from = written.at + quoted;
    if (!this.text.startsWith(written.text, from)) return false;
    this.replace(from, from + written.text.length, text);
    return true;
  }

  /** Leaves out a key of a block map with everything below it; comments before the next key stay. */
  drop(entry: MapEntry): void {
    const from = this.#lineStart(entry.keyAt);
    this.replace(from, this.endOf(entry), '');
  }

  /** Where the lines of a key of a block map end. */
  endOf({ keyAt }: MapEntry): number {
    const indent = keyAt - this.#lineStart(keyAt);
    let end = this.#nextLine(keyAt);
    for (let line = end; line < this.text.length; line = this.#nextLine(line)) {
      const written = this.text.slice(line, this.#nextLine(line));
      const lead = written.length - written.trimStart().length;
      if (written.trim() === '') continue;
      if (/^(?:---|\.\.\.)(?:\s|$)/.test(written)) break;
      const continues = lead > indent || (lead === indent && /^-(?:\s|$)/.test(written.trimStart()));
      if (!continues && !written.trimStart().startsWith('#')) break;
      if (continues) end = this.#nextLine(line);
    }
    return end;
  }

  /** The text with all edits. */
  result(): string {
    const parts: string[] = [];
    let from = 0;
    for (const edit of this.#edits.sort((a, b) => a.from - b.from || a.to - b.to)) {
      parts.push(this.text.slice(from, edit.from), edit.text);
      from = Math.max(from, edit.to);
    }
    return [...parts, this.text.slice(from)].join('');
  }

  #lineStart(at: number): number {
    return this.text.lastIndexOf('\n', at - 1) + 1;
  }

  #nextLine(at: number): number {
    const end = this.text.indexOf('\n', at);
    return end < 0 ? this.text.length : end + 1;
  }
}
