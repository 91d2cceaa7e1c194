/**
 * Tests of one field over a whole batch, as masks: one byte per row, 1 where the test holds. A test of text runs once
 * per distinct value and batch, and only for values in rows that still matter; tests of numbers run over typed arrays.
 * A field absent in a row holds for no test except `absent`. A list holds when any of its elements does. Rules (`sigma/`)
 * and filters (`filter/`) are made of these.
 */
import type { Batch, Column } from './batch.ts';

/** `true` and `false` stand for a mask of ones or zeros, so that whole branches can be left out. */
export type Mask = Uint8Array | boolean;

/** Rows outside `within` need no answer; what the mask says there has no meaning. */
export type Test = (batch: Batch, within: Uint8Array | undefined) => Mask;

/** Whether a text is one that is looked for. */
export type TextTest = (text: string) => boolean;

/** Whether a number is one that is looked for. */
export type NumberTest = (value: number) => boolean;

const foldedDictionaries = new WeakMap<readonly string[], (string | undefined)[]>();

/** A dictionary entry in lower case, made once per dictionary. */
function folded(dict: readonly string[]): (code: number) => string {
  let entries = foldedDictionaries.get(dict);
  if (entries === undefined) {
    entries = [];
    foldedDictionaries.set(dict, entries);
  }
  const known = entries;
  return code => (known[code] ??= dict[code]!.toLowerCase());
}

/** Text of a field. With `fold`, the test is given the text in lower case. Numbers are tested as decimal text. */
export function textTest(field: string, test: TextTest, fold: boolean): Test {
  return (batch, within) => {
    const column = batch.column(field);
    return column ? textMask(column, batch.length, test, fold, within) : false;
  };
}

function textMask(
  column: Column,
  length: number,
  test: TextTest,
  fold: boolean,
  within: Uint8Array | undefined,
): Mask {
  const mask = new Uint8Array(length);
  if (column.kind === 'dict') {
    const { codes, dict } = column;
    const textOf = fold ? folded(dict) : (code: number) => dict[code]!;
    // Per code: 0 not asked yet, 1 no, 2 yes. Code 0 is an absent field.
    const answers = new Uint8Array(dict.length);
    answers[0] = 1;
    for (let row = 0; row < length; row++) {
      if (within !== undefined && within[row] === 0) continue;
      const code = codes[row]!;
      let answer = answers[code]!;
      if (answer === 0) {
        answer = test(textOf(code)) ? 2 : 1;
        answers[code] = answer;
      }
      mask[row] = answer - 1;
    }
    return mask;
  }
  const holds = remembered((value: string | number) => {
    const text = String(value);
    return test(fold ? text.toLowerCase() : text);
  });
  if (column.kind === 'list') {
    for (let row = 0; row < length; row++) {
      if (within !== undefined && within[row] === 0) continue;
      if (column.lists[row]?.some(holds) === true) mask[row] = 1;
    }
    return mask;
  }
  if (column.kind !== 'number') return false;
  for (let row = 0; row < length; row++) {
    if (within !== undefined && within[row] === 0) continue;
    const value = column.values[row]!;
    if (!Number.isNaN(value) && holds(value)) mask[row] = 1;
  }
  return mask;
}

/** The same function, asked once per distinct value. */
function remembered<T>(test: (value: T) => boolean): (value: T) => boolean {
  const known = new Map<T, boolean>();
  return value => {
    let answer = known.get(value);
    if (answer === undefined) {
      answer = test(value);
      known.set(value, answer);
    }
    return answer;
  };
}

/** Text of any of the fields: keywords. */
export function anyTextTest(fields: readonly string[], test: TextTest, fold: boolean): Test {
  const tests = fields.map(field => textTest(field, test, fold));
  return (batch, within) => {
    let mask: Mask = false;
    for (const each of tests) mask = union(mask, each(batch, within));
    return mask;
  };
}

/** Holds where any of the tests does. */
export function anyOf(tests: readonly Test[]): Test {
  const [first] = tests;
  if (first === undefined) return () => false;
  if (tests.length === 1) return first;
  return (batch, within) =>
    tests.slice(1).reduce((mask, test) => union(mask, test(batch, within)), first(batch, within));
}

/** Numbers: counts, ports, intervals, elements of number lists; times as seconds with fraction. */
export function numberTest(field: string, test: NumberTest): Test {
  return (batch, within) => {
    const column = batch.column(field);
    if (!column) return false;
    const mask = new Uint8Array(batch.length);
    for (let row = 0; row < mask.length; row++) {
      if (within !== undefined && within[row] === 0) continue;
      if (column.kind === 'number') {
        const value = column.values[row]!;
        if (!Number.isNaN(value) && test(value)) mask[row] = 1;
      } else if (column.kind === 'time') {
        const sec = column.sec[row]!;
        if (!Number.isNaN(sec) && test(sec + column.nsec[row]! / 1e9)) mask[row] = 1;
      } else if (column.kind === 'list') {
        if (column.lists[row]?.some(value => typeof value === 'number' && test(value)) === true)
          mask[row] = 1;
      }
    }
    return mask;
  };
}

/** Whole seconds of a time field. */
export function secondsTest(field: string, test: NumberTest): Test {
  return momentTest(field, test);
}

/** Seconds and nanoseconds of a time field. */
export function momentTest(field: string, test: (sec: number, nsec: number) => boolean): Test {
  return (batch, within) => {
    const column = batch.column(field);
    if (column?.kind !== 'time') return false;
    const mask = new Uint8Array(batch.length);
    for (let row = 0; row < mask.length; row++) {
      if (within !== undefined && within[row] === 0) continue;
      const sec = column.sec[row]!;
      if (!Number.isNaN(sec) && test(sec, column.nsec[row]!)) mask[row] = 1;
    }
    return mask;
  };
}

/** The field is true, or is false. */
export function boolTest(field: string, wanted: boolean): Test {
  const stored = wanted ? 2 : 1;
  return batch => {
    const column = batch.column(field);
    if (column?.kind !== 'bool') return false;
    return column.values.map(value => (value === stored ? 1 : 0));
  };
}

/** The field has no value in the row. */
export function absentTest(field: string): Test {
  return batch => {
    const column = batch.column(field);
    if (!column) return true;
    const mask = new Uint8Array(batch.length);
    for (let row = 0; row < mask.length; row++) if (isAbsent(column, row)) mask[row] = 1;
    return mask;
  };
}

function isAbsent(column: Column, row: number): boolean {
  switch (column.kind) {
    case 'number':
      return Number.isNaN(column.values[row]!);
    case 'time':
      return Number.isNaN(column.sec[row]!);
    case 'bool':
      return column.values[row] === 0;
    case 'dict':
      return column.codes[row] === 0;
    case 'list':
      return (column.lists[row] ?? null) === null;
  }
}

/** Compares two fields of the same row as text; lists hold when any pair of elements does. */
export function pairTest(
  field: string,
  other: string,
  test: (a: string, b: string) => boolean,
  fold: boolean,
): Test {
  return (batch, within) => {
    const left = batch.column(field);
    const right = batch.column(other);
    if (!left || !right) return false;
    const mask = new Uint8Array(batch.length);
    for (let row = 0; row < mask.length; row++) {
      if (within !== undefined && within[row] === 0) continue;
      const texts = textsOf(right, row, fold);
      if (texts.length > 0 && textsOf(left, row, fold).some(a => texts.some(b => test(a, b)))) mask[row] = 1;
    }
    return mask;
  };
}

/** The values of one row as text: none when absent, several for a list. */
function textsOf(column: Column, row: number, fold: boolean): readonly string[] {
  if (isAbsent(column, row)) return [];
  switch (column.kind) {
    case 'number':
      return [String(column.values[row])];
    case 'time':
      return [`${column.sec[row]}.${column.nsec[row]}`];
    case 'bool':
      return [column.values[row] === 2 ? 'true' : 'false'];
    case 'dict':
      return [fold ? folded(column.dict)(column.codes[row]!) : column.dict[column.codes[row]!]!];
    case 'list': {
      const texts = column.lists[row]!.map(String);
      return fold ? texts.map(text => text.toLowerCase()) : texts;
    }
  }
}

/** Rows in both. May change `a`. */
export function intersection(a: Mask, b: Mask): Mask {
  if (a === false || b === false) return false;
  if (a === true) return b;
  if (b === true) return a;
  let any = 0;
  for (let row = 0; row < a.length; row++) {
    const both = a[row]! & b[row]!;
    a[row] = both;
    any |= both;
  }
  return any === 0 ? false : a;
}

/** Rows in either. May change `a`. */
export function union(a: Mask, b: Mask): Mask {
  if (a === true || b === true) return true;
  if (a === false) return b;
  if (b === false) return a;
  for (let row = 0; row < a.length; row++) a[row] = a[row]! | b[row]!;
  return a;
}

/** Rows not in `a`. May change it. */
export function complement(a: Mask): Mask {
  if (typeof a === 'boolean') return !a;
  for (let row = 0; row < a.length; row++) a[row] = a[row]! ^ 1;
  return a;
}
