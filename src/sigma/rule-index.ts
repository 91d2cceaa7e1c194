/**
 * The rules of one stream by what their records must have (`needs.ts`), so that a batch costs what is in it and not how many
 * rules there are. Every distinct value of an indexed field is looked up once: whole texts in a map, pieces of text by three
 * of their characters, numbers in a map. Rules without needs are evaluated always.
 */
import type { Batch, Column } from '../model/batch.ts';
import type { CompiledRule } from './evaluate.ts';
import { MIN_PART, type Need, needsOf } from './needs.ts';

const GRAMS = 1 << 16;
const NONE: readonly number[] = [];

export class RuleIndex {
  readonly #rules: readonly CompiledRule[];
  /** 1 for rules that are evaluated whatever a batch holds. */
  readonly #always: Uint8Array;
  readonly #fields: readonly FieldIndex[];

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
    this.#always = new Uint8Array(rules.length);
    const fields = new Map<string, FieldIndex>();
    for (const [number, rule] of rules.entries()) {
      const needs = needsOf(rule.condition);
      if (needs === undefined) this.#always[number] = 1;
      for (const need of needs ?? []) {
        const field = fields.get(need.field) ?? new FieldIndex(need.field);
        fields.set(need.field, field);
        field.add(need, number);
      }
    }
    for (const field of fields.values()) field.build();
    this.#fields = [...fields.values()];
  }

  /** The rules that may match a record of the batch, in the order given. */
  candidates(batch: Batch): readonly CompiledRule[] {
    const may = this.#always.slice();
    for (const field of this.#fields) {
      const column = batch.column(field.name);
      if (column) field.mark(column, may);
    }
    return this.#rules.filter((_, number) => may[number] === 1);
  }
}

interface Part {
  readonly text: string;
  readonly rules: number[];
}

/** What rules need of one field. */
class FieldIndex {
  readonly name: string;
  readonly #texts = new Map<string, number[]>();
  readonly #parts = new Map<string, Part>();
  readonly #numbers = new Map<number, number[]>();
  /** Parts by the hash of three of their characters, the rarest ones. */
  #grams: (Part[] | undefined)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(need: Need, rule: number): void {
    if (need.kind === 'number') push(this.#numbers, need.number, rule);
    else if (need.kind === 'text') push(this.#texts, need.text, rule);
    else {
      const part = this.#parts.get(need.text) ?? { text: need.text, rules: [] };
      this.#parts.set(need.text, part);
      part.rules.push(rule);
    }
  }

  build(): void {
    if (this.#parts.size === 0) return;
    const frequency = new Uint32Array(GRAMS);
    for (const { text } of this.#parts.values())
      for (let i = 0; i + MIN_PART <= text.length; i++) frequency[gram(text, i)]!++;
    this.#grams = new Array<Part[] | undefined>(GRAMS);
    for (const part of this.#parts.values()) {
      let rarest = gram(part.text, 0);
      for (let i = 1; i + MIN_PART <= part.text.length; i++) {
        const other = gram(part.text, i);
        if (frequency[other]! < frequency[rarest]!) rarest = other;
      }
      const parts = this.#grams[rarest];
      if (parts === undefined) this.#grams[rarest] = [part];
      else parts.push(part);
    }
  }

  /** Marks the rules whose needs a value of the column meets. */
  mark(column: Column, may: Uint8Array): void {
    switch (column.kind) {
      case 'dict':
        // A dictionary may hold texts that no row has: that costs an evaluation, no more.
        for (let code = 1; code < column.dict.length; code++) markAll(may, this.#met(column.dict[code]!));
        return;
      case 'list':
        for (const list of column.lists) {
          for (const item of list ?? [])
            markAll(may, typeof item === 'string' ? this.#met(item) : (this.#numbers.get(item) ?? NONE));
        }
        return;
      case 'number':
        if (this.#numbers.size > 0)
          for (const value of column.values) markAll(may, this.#numbers.get(value) ?? NONE);
        return;
      default:
        // Of times and truth values nothing is indexed.
        return;
    }
  }

  /** Rules whose needs a text meets. Remembering it would cost more than looking it up. */
  #met(written: string): readonly number[] {
    const text = written.toLowerCase();
    const whole = this.#texts.get(text);
    if (this.#parts.size === 0) return whole ?? NONE;
    let found: Set<number> | undefined;
    for (let i = 0; i + MIN_PART <= text.length; i++) {
      const parts = this.#grams[gram(text, i)];
      if (parts === undefined) continue;
      for (const part of parts) {
        if (!text.includes(part.text)) continue;
        found ??= new Set(whole);
        for (const rule of part.rules) found.add(rule);
      }
    }
    return found === undefined ? (whole ?? NONE) : [...found];
  }
}

function push<K>(lists: Map<K, number[]>, key: K, rule: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [rule]);
  else list.push(rule);
}

function markAll(may: Uint8Array, rules: readonly number[]): void {
  for (let i = 0; i < rules.length; i++) may[rules[i]!] = 1;
}

function gram(text: string, at: number): number {
  const hash =
    Math.imul(text.charCodeAt(at), 0x9e3779b1) ^
    Math.imul(text.charCodeAt(at + 1), 0x85ebca6b) ^
    Math.imul(text.charCodeAt(at + 2), 0xc2b2ae35);
  return (hash ^ (hash >>> 15)) & (GRAMS - 1);
}
