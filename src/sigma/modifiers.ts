/**
 * Value modifiers: the table of what exists, what goes with what, and the chain of one field as a plain description
 * (Sigma Modifiers Appendix 2.1). What a modifier does to values is decided in the files that do it: `encode.ts`,
 * `expand.ts`, `model/regex.ts`, `pattern.ts`, `time-parts.ts`.
 *
 * The order of encodings is kept, as the appendix demands; of the others it has no meaning. `re` searches anywhere
 * in the value (2.2 says so, 2.1 leaves it open), so it does not go with contains, startswith and endswith.
 */
import { nearest } from '../errors.ts';
import { quote } from '../yaml/source.ts';

/** Modifiers that change a value; `wide` is read as utf16le. */
export type Encoding = 'utf16le' | 'utf16be' | 'utf16' | 'base64' | 'base64offset' | 'windash';
/** Where in a field the value stands. */
export type Anchor = 'equals' | 'contains' | 'startswith' | 'endswith';
/** Order of numbers. */
export type Comparison = 'lt' | 'lte' | 'gt' | 'gte';
/** Parts of a point in time. */
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
/** How values are read; `value` is by the type of the value and of the field. */
export type Reading = 'value' | 'exists' | 're' | 'cidr' | 'fieldref';

/** A chain of modifiers, understood. */
export interface Modifiers {
  /** As written, for messages. */
  readonly names: readonly string[];
  readonly reading: Reading;
  readonly anchor: Anchor;
  readonly comparison: Comparison | undefined;
  readonly timePart: TimePart | undefined;
  readonly encodings: readonly Encoding[];
  /** RE2 flags, from `re|i|m|s`. */
  readonly flags: string;
  readonly all: boolean;
  readonly cased: boolean;
  readonly neq: boolean;
  readonly expand: boolean;
}

/** A field without modifiers, and keywords. */
export const NO_MODIFIERS: Modifiers = {
  names: [],
  reading: 'value',
  anchor: 'equals',
  comparison: undefined,
  timePart: undefined,
  encodings: [],
  flags: '',
  all: false,
  cased: false,
  neq: false,
  expand: false,
};

type Group =
  | 'list'
  | 'anchor'
  | 'encoding'
  | 'comparison'
  | 'time'
  | 're'
  | 'flag'
  | 'cidr'
  | 'exists'
  | 'fieldref';
type Kind = Group | 'cased' | 'neq' | 'expand';

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['all', 'list'],
  ['contains', 'anchor'],
  ['startswith', 'anchor'],
  ['endswith', 'anchor'],
  ['exists', 'exists'],
  ['cased', 'cased'],
  ['neq', 'neq'],
  ['re', 're'],
  ['i', 'flag'],
  ['m', 'flag'],
  ['s', 'flag'],
  ['cidr', 'cidr'],
  ['lt', 'comparison'],
  ['lte', 'comparison'],
  ['gt', 'comparison'],
  ['gte', 'comparison'],
  ['base64', 'encoding'],
  ['base64offset', 'encoding'],
  ['utf16le', 'encoding'],
  ['utf16be', 'encoding'],
  ['utf16', 'encoding'],
  ['wide', 'encoding'],
  ['windash', 'encoding'],
  ['expand', 'expand'],
  ['fieldref', 'fieldref'],
  ['minute', 'time'],
  ['hour', 'time'],
  ['day', 'time'],
  ['week', 'time'],
  ['month', 'time'],
  ['year', 'time'],
]);

/** All names a rule may use. */
export const MODIFIER_NAMES: readonly string[] = [...KINDS.keys()];

/** Kinds that may stand together; a kind goes with itself only where it is listed in its own row. */
const GOES_WITH: Readonly<Record<Kind, readonly Kind[]>> = {
  list: ['anchor', 'encoding', 're', 'flag', 'fieldref', 'cased', 'neq', 'expand'],
  anchor: ['list', 'encoding', 'fieldref', 'cased', 'neq', 'expand'],
  encoding: ['list', 'anchor', 'encoding', 'cased', 'neq'],
  comparison: ['time'],
  time: ['comparison', 'neq'],
  re: ['list', 'flag', 'neq'],
  flag: ['list', 're', 'flag', 'neq'],
  cidr: ['neq', 'expand'],
  exists: [],
  fieldref: ['list', 'anchor', 'cased', 'neq'],
  cased: ['list', 'anchor', 'encoding', 'fieldref', 'neq', 'expand'],
  neq: ['list', 'anchor', 'encoding', 'time', 're', 'flag', 'cidr', 'fieldref', 'cased', 'expand'],
  expand: ['list', 'anchor', 'cidr', 'cased', 'neq'],
};

/** A complaint about the modifier at `index` of the chain. */
export interface ModifierProblem {
  readonly index: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Reads a chain of modifier names, those after the field name. Returns all complaints when it is not legal. */
export function parseModifiers(names: readonly string[]): Modifiers | readonly ModifierProblem[] {
  const problems: ModifierProblem[] = [];
  const complain = (index: number, message: string, hint?: string) => problems.push({ index, message, hint });

  for (const [index, name] of names.entries()) {
    const kind = KINDS.get(name);
    if (kind === undefined) {
      const near = nearest(name, MODIFIER_NAMES);
      complain(
        index,
        `unknown modifier ${quote(name)}`,
        near === undefined ? knownModifiers() : `did you mean ${near}?`,
      );
      continue;
    }
    const before = names.slice(0, index);
    if (before.includes(name)) complain(index, `the modifier ${name} is given twice`);
    else if (kind === 'flag' && !before.includes('re')) complain(index, `${name} is only known after re`);
    else {
      const clash = before.find(other => {
        const otherKind = KINDS.get(other);
        return otherKind !== undefined && !GOES_WITH[kind].includes(otherKind);
      });
      if (clash !== undefined)
        complain(index, `${name} cannot be combined with ${clash}`, clashHint(name, clash));
    }
  }
  return problems.length > 0 ? problems : describe(names);
}

function knownModifiers(): string {
  return `known modifiers: ${MODIFIER_NAMES.join(', ')}`;
}

function clashHint(name: string, clash: string): string | undefined {
  const pair = [name, clash];
  if (pair.includes('re') && pair.some(other => KINDS.get(other) === 'anchor')) {
    return 're finds its pattern anywhere in the value; anchor it with ^ and $';
  }
  if (pair.includes('re') && pair.includes('cased')) return 're is case-sensitive already; re|i is not';
  if (pair.includes('neq') && pair.some(other => KINDS.get(other) === 'comparison')) {
    return 'use the opposite comparison';
  }
  if (pair.includes('exists')) return 'exists stands alone and takes true or false';
  return undefined;
}

function describe(names: readonly string[]): Modifiers {
  const ofKind = (kind: Kind) => names.filter(name => KINDS.get(name) === kind);
  const readings: readonly Reading[] = ['exists', 're', 'cidr', 'fieldref'];
  return {
    names,
    reading: readings.find(reading => names.includes(reading)) ?? 'value',
    anchor: (ofKind('anchor')[0] as Anchor | undefined) ?? 'equals',
    comparison: ofKind('comparison')[0] as Comparison | undefined,
    timePart: ofKind('time')[0] as TimePart | undefined,
    encodings: ofKind('encoding').map(name => (name === 'wide' ? 'utf16le' : name) as Encoding),
    flags: ofKind('flag').join(''),
    all: names.includes('all'),
    cased: names.includes('cased'),
    neq: names.includes('neq'),
    expand: names.includes('expand'),
  };
}
