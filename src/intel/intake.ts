/**
 * From what a file says to the table: types by their names, spelling, confidence, expiry; and the account of the file: how many
 * were taken, and how many were not and why. The first few that were not are named with their line.
 */
import { visible } from '../bytes/text.ts';
import type { Problem } from '../errors.ts';
import type { IntelKind } from '../model/intel.ts';
import { kindsOf } from './kinds.ts';
import { INTEL_LIMITS } from './limits.ts';
import { guessKind, normalise, refang } from './normalise.ts';
import { doubtful, tooBroad } from './overbroad.ts';
import type { IndicatorTable } from './table.ts';

/** One indicator as a file has it; absent parts are undefined or empty. */
export interface Given {
  readonly value: string;
  /** What the file calls its type. */
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly confidence?: string | number | undefined;
  readonly until?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** 1-based line, where there are lines. */
  readonly line?: number | undefined;
}

/** The account of one file. */
export interface IntelFile {
  readonly file: string;
  readonly taken: number;
  /** By reason. */
  readonly skipped: ReadonlyMap<string, number>;
  readonly warnings: readonly Problem[];
}

/** Numbers that STIX 2.1 gives its words (appendix A). */
const WORDS: Readonly<Record<string, number>> = { none: 0, low: 15, med: 50, medium: 50, high: 85 };

export class Intake {
  taken = 0;
  readonly #table: IndicatorTable;
  readonly #file: string;
  readonly #source: string;
  readonly #skipped = new Map<string, number>();
  readonly #warnings: Problem[] = [];
  #named = 0;
  #doubted = 0;

  /** @param source where an indicator names none */
  constructor(table: IndicatorTable, file: string, source: string) {
    this.#table = table;
    this.#file = file;
    this.#source = source;
  }

  add(given: Given): void {
    const value = refang(given.value.trim());
    if (value === '') return;
    const { type } = given;
    const kinds = type === undefined || type === '' ? undefined : kindsOf(type);
    if (type !== undefined && type !== '' && kinds === undefined) {
      this.skip(`type ${visible(type.slice(0, 60))}`, given.value, given.line);
      return;
    }
    const until = given.until === undefined || given.until === '' ? undefined : epochOf(given.until);
    const confidence = confidenceOf(given.confidence);
    if (Number.isNaN(until) || Number.isNaN(confidence)) {
      this.skip(
        Number.isNaN(until) ? 'expiry is no time' : 'confidence is no number from 0 to 100',
        given.value,
        given.line,
      );
      return;
    }
    const parts = kinds !== undefined && kinds.length > 1 ? value.split('|') : [value];
    let known = false;
    for (const [i, written] of parts.entries()) {
      // Lists have ports behind addresses.
      const part = kinds === undefined && guessKind(written) === undefined ? withoutPort(written) : written;
      const kind = kinds === undefined ? guessKind(part) : (kinds[i] ?? '-');
      if (kind === '-') continue;
      const resolved = kind === 'host' ? hostKind(part) : kind;
      const text = resolved && normalise(resolved, kind === 'host' ? withoutPort(part) : part);
      if (resolved === undefined || text === undefined) continue;
      known = true;
      this.#take(resolved, text, given, { confidence, until });
    }
    if (!known) this.skip('not recognised', given.value, given.line);
  }

  #take(
    kind: IntelKind,
    text: string,
    given: Given,
    { confidence, until }: { readonly confidence: number | undefined; readonly until: number | undefined },
  ): void {
    const broad = tooBroad(kind, text);
    if (broad !== undefined) {
      this.skip(`too broad (${broad})`, text, given.line);
      return;
    }
    const doubt = doubtful(kind, text);
    if (doubt !== undefined && ++this.#doubted <= INTEL_LIMITS.named)
      this.#warn(`${visible(text)} is ${doubt}: it matches hosts of the site`, given.line);
    this.#table.add({
      kind,
      text,
      source: plain(given.source) ?? this.#source,
      confidence,
      until,
      description: plain(given.description),
      tags: (given.tags ?? []).flatMap(tag => plain(tag) ?? []).slice(0, INTEL_LIMITS.tags),
    });
    this.taken++;
  }

  /** Counts an indicator that is not used. */
  skip(reason: string, value: string, line?: number): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    if (++this.#named <= INTEL_LIMITS.named)
      this.#warn(`${visible(value.slice(0, 80))} is left out: ${reason}`, line);
  }

  #warn(message: string, line: number | undefined): void {
    const place = line === undefined ? {} : { line, column: 1 };
    this.#warnings.push({ message, file: this.#file, ...place, severity: 'warning' });
  }

  account(): IntelFile {
    const more = [...this.#skipped].map(([reason, count]) => `${count} ${reason}`).join(', ');
    if (this.#named > INTEL_LIMITS.named) this.#warn(`left out altogether: ${more}`, undefined);
    if (this.#doubted > INTEL_LIMITS.named)
      this.#warn(`${this.#doubted} addresses altogether match hosts of a site`, undefined);
    return { file: this.#file, taken: this.taken, skipped: this.#skipped, warnings: this.#warnings };
  }
}

function plain(text: string | undefined): string | undefined {
  const shown = text === undefined ? '' : visible(text.trim()).slice(0, INTEL_LIMITS.descriptionLength);
  return shown === '' || shown === '-' ? undefined : shown;
}

/** `1.2.3.4:8080` without its port. */
export function withoutPort(text: string): string {
  return text.replace(/^([^:]+):\d{1,5}$/, '$1');
}

/** A host's name, its address, or a range. */
function hostKind(text: string): IntelKind | undefined {
  if (text.includes('/')) return normalise('subnet', text) === undefined ? undefined : 'subnet';
  return normalise('addr', withoutPort(text)) === undefined ? 'domain' : 'addr';
}

function confidenceOf(given: string | number | undefined): number | undefined {
  if (given === undefined || given === '' || given === '-') return undefined;
  const text = String(given).trim().replace(/%$/, '').toLowerCase();
  if (Object.hasOwn(WORDS, text)) return WORDS[text];
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Math.round(Number(text)) : Number.NaN;
  return value <= 100 ? value : Number.NaN;
}

/** Epoch seconds of ISO 8601 (UTC without a zone), or of epoch seconds or milliseconds; NaN when it is neither. */
function epochOf(text: string): number | undefined {
  const bare = text.trim();
  if (bare === '-') return undefined;
  if (/^\d{9,10}(?:\.\d+)?$/.test(bare)) return Number(bare);
  if (/^\d{12,13}$/.test(bare)) return Number(bare) / 1000;
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i.exec(
    bare,
  );
  if (parts === null) return Number.NaN;
  const zone = parts[3] === undefined || /^(?:z|utc)$/i.test(parts[3]) ? 'Z' : parts[3];
  return Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}${zone}`) / 1000;
}
