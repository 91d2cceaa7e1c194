/**
 * Indicators in lines: one per line (`#` begins a comment), CSV with a header, and Zeek's intelligence files (`#fields` and tabs).
 *
 * CSV: comma, semicolon or tab; quotes as in RFC 4180. The header names the columns (`COLUMNS`), and may stand in a comment as
 * abuse.ch has it. A file with several columns and no header that is understood is an error: guessing would be worse.
 */
import { type Problem, UserError } from '../errors.ts';
import { type Intake, withoutPort } from './intake.ts';
import { kindsOf } from './kinds.ts';
import { INTEL_LIMITS } from './limits.ts';
import { guessKind, refang } from './normalise.ts';

type Part = 'value' | 'type' | 'source' | 'confidence' | 'until' | 'description' | 'tags' | 'use';

/** Names of columns, in lower case with `_` between words. */
const COLUMNS: Readonly<Record<Part, readonly string[]>> = {
  value: ['indicator', 'indicator_value', 'ioc', 'ioc_value', 'value', 'observable', 'attribute_value'],
  type: ['type', 'indicator_type', 'ioc_type', 'kind', 'observable_type', 'attribute_type'],
  source: ['source', 'meta.source', 'feed', 'provider', 'reporter', 'origin'],
  confidence: ['confidence', 'confidence_level', 'confidence_score', 'score', 'meta.confidence'],
  until: [
    'valid_until',
    'expires',
    'expires_at',
    'expiration',
    'expiration_date',
    'expiry',
    'expire',
    'until',
  ],
  description: [
    'description',
    'desc',
    'meta.desc',
    'comment',
    'comments',
    'notes',
    'threat',
    'malware',
    'malware_printable',
  ],
  tags: ['tags', 'tag', 'labels', 'attribute_tag'],
  use: ['to_ids'],
};
const PARTS = Object.keys(COLUMNS) as readonly Part[];

type Columns = Partial<Record<Part, number>> & {
  /** The type that the name of the value's column is. */
  readonly named?: string;
};

/** Takes in lines one after the other. */
export class LineReader {
  readonly #file: string;
  readonly #intake: Intake;
  #line = 0;
  /** Lines before this one that its quotes continue. */
  #open = '';
  #comment = '';
  #separator: string | undefined;
  #columns: Columns | undefined;
  #zeek = false;

  constructor(file: string, intake: Intake) {
    this.#file = file;
    this.#intake = intake;
  }

  /** @throws UserError when the columns are not understood */
  line(given: string): void {
    this.#line++;
    const text = this.#line === 1 ? given.replace(/^\ufeff/, '') : given;
    if (text.length + this.#open.length > INTEL_LIMITS.lineLength) {
      this.#open = '';
      this.#intake.skip('too long a line', text.slice(0, 80), this.#line);
      return;
    }
    if (this.#open === '' && text.startsWith('#')) {
      if (text.startsWith('#fields\t')) {
        this.#zeek = true;
        this.#separator = '\t';
        this.#columns = columnsOf(text.slice('#fields\t'.length).split('\t'));
        this.#check();
      }
      this.#comment = text.replace(/^#+\s*/, '');
      return;
    }
    if (this.#open === '' && text.trim() === '') return;
    if (this.#columns === undefined) {
      this.#begin(text);
      return;
    }
    this.#row(text);
  }

  /** The file is over. */
  end(): void {
    if (this.#open === '') return;
    this.#intake.skip('a quote is never closed', this.#open.slice(0, 80), this.#line);
  }

  /** The first line that is no comment: a header, or the first indicator. */
  #begin(text: string): void {
    const separator = separatorOf(text);
    const cells = splitRow(text, separator) ?? [text];
    const header = columnsOf(cells);
    if (header.value !== undefined) {
      this.#separator = separator;
      this.#columns = header;
      return;
    }
    const above = columnsOf(splitRow(this.#comment, separatorOf(this.#comment)) ?? []);
    if (above.value !== undefined && cells.length > 1) {
      this.#separator = separator;
      this.#columns = above;
    } else if (cells.length === 1 || guessKind(refang(text.trim())) !== undefined) {
      this.#columns = { value: 0 };
    } else {
      throw this.#misunderstood('the columns of this file are not understood');
    }
    this.#row(text);
  }

  #check(): void {
    if (this.#columns?.value === undefined)
      throw this.#misunderstood('#fields names no column of indicators');
  }

  #misunderstood(message: string): UserError {
    const hint = `name them in the first line, such as ${COLUMNS.value[0]}, ${COLUMNS.type[0]}, confidence, description`;
    const problem: Problem = { file: this.#file, line: this.#line, column: 1, message, hint };
    return new UserError([problem]);
  }

  #row(text: string): void {
    const columns = this.#columns!;
    if (this.#separator === undefined) {
      // A list may have remarks behind its indicators.
      this.#intake.add({ value: text.replace(/\s+#.*$/, ''), line: this.#line });
      return;
    }
    const row = this.#open + text;
    const cells = this.#zeek ? row.split('\t') : splitRow(row, this.#separator);
    if (cells === undefined) {
      this.#open = `${row}\n`;
      return;
    }
    this.#open = '';
    const cell = (part: Part): string | undefined => {
      const at = columns[part];
      const found = at === undefined ? undefined : cells[at]?.trim();
      return found === '' || (this.#zeek && found === '-') ? undefined : found;
    };
    const value = cell('value');
    if (value === undefined) return;
    if (/^(?:0|false|no)$/i.test(cell('use') ?? '1')) {
      this.#intake.skip('not meant for detection', value, this.#line);
      return;
    }
    this.#intake.add({
      value,
      type: cell('type') ?? columns.named,
      source: cell('source'),
      confidence: cell('confidence'),
      until: cell('until'),
      description: cell('description'),
      tags: cell('tags')?.split(/[,;|]/),
      line: this.#line,
    });
  }
}

/** Which columns mean what. The value may be in a column that is named after a type: `ip`, `sha256`. */
function columnsOf(cells: readonly string[]): Columns {
  const names = cells.map(cell =>
    cell
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
  const columns: { -readonly [K in keyof Columns]: Columns[K] } = {};
  for (const part of PARTS) {
    const at = names.findIndex(name => COLUMNS[part].includes(name));
    if (at >= 0) columns[part] = at;
  }
  // A row of indicators is no header, although a type may stand in it.
  if (columns.value === undefined && !cells.some(isIndicator)) {
    const at = names.findIndex(
      name =>
        kindsOf(name) !== undefined || kindsOf(name.replace(/^(?:dst|src|malicious)_/, '')) !== undefined,
    );
    if (at >= 0) {
      columns.value = at;
      columns.named = names[at]!.replace(/^(?:dst|src|malicious)_/, '');
    }
  }
  return columns;
}

function isIndicator(cell: string): boolean {
  const kind = guessKind(withoutPort(refang(cell.trim())));
  return kind !== undefined && kind !== 'domain';
}

function separatorOf(text: string): string {
  const counts = [',', ';', '\t'].map(mark => [mark, text.split(mark).length] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** The cells of a row; undefined when a quote is open at its end. */
function splitRow(text: string, separator: string): string[] | undefined {
  if (!text.includes('"')) return text.split(separator);
  const cells: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const begin = at + (/^ */.exec(text.slice(at, at + 4))?.[0].length ?? 0);
    if (text[begin] !== '"') {
      const end = text.indexOf(separator, at);
      cells.push(text.slice(at, end < 0 ? text.length : end));
      if (end < 0) return cells;
      at = end + 1;
      continue;
    }
    let end = begin + 1;
    for (;;) {
      end = text.indexOf('"', end);
      if (end < 0) return undefined;
      if (text[end + 1] !== '"') break;
      end += 2;
    }
    cells.push(text.slice(begin + 1, end).replace(/""/g, '"'));
    const next = text.indexOf(separator, end + 1);
    if (next < 0) return cells;
    at = next + 1;
  }
  cells.push('');
  return cells;
}
