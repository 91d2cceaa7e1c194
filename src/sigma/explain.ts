/**
 * Why a rule matched records, or did not. For every record it is counted how many tests would have to turn out
 * otherwise for the rule to match; records in which the same tests hold are alike and shown once, with their number.
 *
 * Truth is that of the records rules see; values are those of the masked records people see. Limits: kinds of records
 * that are told apart, length of a value, fields of a keyword search that are named.
 */
import type { Batch } from '../model/batch.ts';
import {
  decidingTests,
  type ExplainedFilter,
  type ExplainedPart,
  type ExplainedRecord,
  type ExplainedValue,
  type RuleExplanation,
} from '../model/explanation.ts';
import { levelOf } from '../model/finding.ts';
import type { Value } from '../model/schema.ts';
import type { CompiledFilter } from './compile-filter.ts';
import { type CompiledRule, holdsAt, type Node, type TestNode } from './evaluate.ts';

/** Kinds of records that are told apart; of more, those farthest from a match are not kept. */
const MAX_KINDS = 1000;
const MAX_VALUE_LENGTH = 160;
const MAX_ELEMENTS = 8;
/** Of a keyword search, which looks into every text field. */
const MAX_FIELDS = 8;

export interface ExplainOptions {
  /** Filters of the site. */
  readonly filters: readonly CompiledFilter[];
  /** Kinds of matches, and of misses, that are shown. */
  readonly limit: number;
  /** Each record by itself, whatever holds in it; for the records of one flow. */
  readonly each: boolean;
  /** Show misses although the rule matched. */
  readonly misses: boolean;
}

/** Records in which the same tests hold. */
interface Kind {
  readonly missing: number;
  readonly seq: number;
  /** The first of them, as rules see it and as people do; one row each. */
  readonly seen: Batch;
  readonly shown: Batch;
  count: number;
}

/** Collects the records of a rule's stream and tells of the most instructive ones. */
export class RuleExplainer {
  readonly #rule: CompiledRule;
  readonly #options: ExplainOptions;
  readonly #tests: readonly TestNode[];
  readonly #kinds = new Map<string, Kind>();
  #records = 0;
  #matched = 0;
  #suppressed = 0;
  #seq = 0;
  #forgotten = 0;
  /** No kind that is kept is farther from a match. */
  #farthest = Number.POSITIVE_INFINITY;

  constructor(rule: CompiledRule, options: ExplainOptions) {
    this.#rule = rule;
    this.#options = options;
    this.#tests = [...testsOf(rule.condition)];
  }

  /** @param mask the batch as it may be shown */
  add(batch: Batch, mask: (batch: Batch) => Batch): void {
    const { toHold } = distances(this.#rule.condition, batch);
    const patterns = this.#patterns(batch);
    this.#records += batch.length;
    for (let row = 0; row < batch.length; row++) {
      const missing = toHold[row]!;
      if (missing === 0) {
        this.#matched++;
        if (this.#isSuppressed(batch, row)) this.#suppressed++;
      }
      const key = this.#options.each ? String(this.#seq++) : patterns[row]!;
      const known = this.#kinds.get(key);
      if (known !== undefined) {
        known.count++;
        continue;
      }
      if (this.#kinds.size >= MAX_KINDS && !this.#forgetFarther(missing)) {
        this.#forgotten++;
        continue;
      }
      const seen = batch.gather(Uint32Array.of(row));
      this.#kinds.set(key, { missing, seq: this.#kinds.size, seen, shown: mask(seen), count: 1 });
    }
  }

  /** What was found. */
  result(): RuleExplanation {
    const { limit, misses, each } = this.#options;
    const kinds = [...this.#kinds.values()].sort((a, b) => a.missing - b.missing || a.seq - b.seq);
    const hits = kinds.filter(kind => kind.missing === 0);
    const near = hits.length === 0 || misses || each ? kinds.filter(kind => kind.missing > 0) : [];
    const shown = [...hits.slice(0, limit), ...near.slice(0, limit)];
    return {
      kind: 'rule',
      records: this.#records,
      matched: this.#matched,
      suppressed: this.#suppressed,
      shown: shown.map(kind => this.#explain(kind)),
      more: kinds.length - shown.length + this.#forgotten,
    };
  }

  /** Makes room for a kind that is nearer than the farthest one. */
  #forgetFarther(missing: number): boolean {
    // What is no nearer than all that is kept, as most is, costs no search.
    if (missing >= this.#farthest) return false;
    let found: [string, Kind] | undefined;
    for (const entry of this.#kinds)
      if (found === undefined || entry[1].missing > found[1].missing) found = entry;
    this.#farthest = found?.[1].missing ?? 0;
    if (found === undefined || this.#farthest <= missing) return false;
    this.#forgotten++;
    return this.#kinds.delete(found[0]);
  }

  /** For each row which tests and filters hold. */
  #patterns(batch: Batch): readonly string[] {
    const nodes = [...this.#tests, ...this.#filterNodes().map(([, node]) => node)];
    const masks = nodes.map(node => holdsAt(node, batch));
    return Array.from({ length: batch.length }, (_, row) =>
      masks.map(mask => (mask === true || (mask !== false && mask[row] === 1) ? '1' : '0')).join(''),
    );
  }

  #filterNodes(): readonly (readonly [CompiledFilter, Node])[] {
    return this.#options.filters.flatMap(filter => {
      const node = filter.suppressed.get(this.#rule.info.id);
      return node === undefined ? [] : [[filter, node] as const];
    });
  }

  #isSuppressed(batch: Batch, row: number): boolean {
    return this.#filterNodes().some(
      ([filter, node]) => batch.sec(row) < filter.until && holdsIn(node, batch, row),
    );
  }

  #explain({ seen, shown, missing, count }: Kind): ExplainedRecord {
    const { info, condition, selections } = this.#rule;
    const filters: ExplainedFilter[] = this.#filterNodes()
      .filter(([, node]) => missing === 0 && holdsIn(node, seen, 0))
      .map(([{ name, reason, until }]) => ({
        name,
        reason: reason ?? null,
        expired: seen.sec(0) >= until,
      }));
    const text = (field: string): string | null => {
      const value = shown.value(0, field);
      return value === undefined ? null : String(value);
    };
    const frame = shown.value(0, 'frame');
    const suppressed = filters.some(filter => !filter.expired);
    return {
      time: { sec: shown.sec(0), nsec: shown.nsec(0) },
      uid: text('uid'),
      flow: flowText(shown),
      capture: text('capture'),
      frame: typeof frame === 'number' ? frame : null,
      outcome: missing > 0 ? 'no_match' : suppressed ? 'suppressed' : 'match',
      level: missing > 0 ? null : levelOf(info, shown.row(0)),
      missing,
      alike: count,
      condition: explainPart(condition, seen, shown, false),
      selections: selections.map(({ name, line, part }) => ({
        name,
        line,
        holds: holdsIn(part, seen, 0),
        part: explainPart(part, seen, shown, true),
      })),
      filters,
    };
  }
}

/** Why one record of one row is not what a condition wants: the fewest tests that would have to turn out otherwise. */
export function shortOf(condition: Node, seen: Batch, shown: Batch): readonly string[] {
  return decidingTests({ condition: explainPart(condition, seen, shown, true), selections: [] });
}

function holdsIn(node: Node, batch: Batch, row: number): boolean {
  const mask = holdsAt(node, batch);
  return typeof mask === 'boolean' ? mask : mask[row] === 1;
}

function* testsOf(node: Node): Generator<TestNode> {
  if (node.kind === 'test') yield node;
  else if (node.kind === 'not' || node.kind === 'selection') yield* testsOf(node.part);
  else for (const part of node.parts) yield* testsOf(part);
}

/** For each row how many tests would have to turn out otherwise for a part to hold, and for it to fail. */
interface Distances {
  readonly toHold: Uint16Array;
  readonly toFail: Uint16Array;
}

function distances(node: Node, batch: Batch): Distances {
  switch (node.kind) {
    case 'test': {
      const mask = holdsAt(node, batch);
      const toHold = new Uint16Array(batch.length);
      const toFail = new Uint16Array(batch.length);
      for (let row = 0; row < batch.length; row++) {
        const holds = typeof mask === 'boolean' ? mask : mask[row] === 1;
        (holds ? toFail : toHold)[row] = 1;
      }
      return { toHold, toFail };
    }
    case 'selection':
      return distances(node.part, batch);
    case 'not': {
      const { toHold, toFail } = distances(node.part, batch);
      return { toHold: toFail, toFail: toHold };
    }
    default: {
      const parts = node.parts.map(part => distances(part, batch));
      const all = node.kind === 'and';
      const holds = parts.map(part => part.toHold);
      const fails = parts.map(part => part.toFail);
      return all
        ? { toHold: sum(holds, batch.length), toFail: least(fails, batch.length) }
        : { toHold: least(holds, batch.length), toFail: sum(fails, batch.length) };
    }
  }
}

function sum(parts: readonly Uint16Array[], length: number): Uint16Array {
  const total = new Uint16Array(length);
  for (const part of parts)
    for (let row = 0; row < length; row++) total[row] = Math.min(0xffff, total[row]! + part[row]!);
  return total;
}

function least(parts: readonly Uint16Array[], length: number): Uint16Array {
  const total = new Uint16Array(length).fill(0xffff);
  for (const part of parts)
    for (let row = 0; row < length; row++) total[row] = Math.min(total[row]!, part[row]!);
  return total;
}

/** @param open show what selections are made of, instead of their names */
function explainPart(node: Node, seen: Batch, shown: Batch, open: boolean): ExplainedPart {
  const holds = holdsIn(node, seen, 0);
  switch (node.kind) {
    case 'test':
      return { kind: 'test', text: node.text, holds, values: valuesOf(node, shown) };
    case 'selection':
      return open ? explainPart(node.part, seen, shown, open) : { kind: 'selection', name: node.name, holds };
    case 'not':
      return { kind: 'not', holds, parts: [explainPart(node.part, seen, shown, open)] };
    default:
      return {
        kind: node.kind,
        holds,
        parts: node.parts.map(part => explainPart(part, seen, shown, open)),
      };
  }
}

function valuesOf({ fields }: TestNode, shown: Batch): readonly ExplainedValue[] {
  const all = fields.map(field => ({ field, value: shortened(shown.value(0, field)) }));
  // Keywords look into every field of text: those that are absent say nothing.
  return all.length <= 2 ? all : all.filter(({ value }) => value !== null).slice(0, MAX_FIELDS);
}

function shortened(value: Value | undefined): Value | null {
  if (value === undefined) return null;
  if (typeof value === 'string') return cut(value);
  if (!Array.isArray(value)) return value;
  const some = value.slice(0, MAX_ELEMENTS).map(each => (typeof each === 'string' ? cut(each) : each));
  return (value.length > MAX_ELEMENTS ? [...some.map(String), `… (${value.length})`] : some) as Value;
}

function cut(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}… (${text.length})` : text;
}

/** Who called whom, for records of flows. */
function flowText(batch: Batch): string | null {
  const side = (name: string): string | undefined => {
    const host = batch.value(0, `id.${name}_h`);
    const port = batch.value(0, `id.${name}_p`);
    if (typeof host !== 'string') return undefined;
    const shown = host.includes(':') && port !== undefined ? `[${host}]` : host;
    return port === undefined ? shown : `${shown}:${String(port)}`;
  };
  const from = side('orig');
  const to = side('resp');
  return from === undefined || to === undefined ? null : `${from} → ${to}`;
}
