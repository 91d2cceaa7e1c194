import { describe, expect, it } from 'vitest';
import { MODIFIER_NAMES, parseModifiers } from '../../src/sigma/modifiers.ts';
import { detectionProblems, holds, type SampleRecord } from './support.ts';

/** `sec` of a point in time in UTC. */
const at = (iso: string) => ({ sec: Date.parse(iso) / 1000, nsec: 0 });

/** What each modifier means, by a record that must match and one that must not. */
const TABLE: readonly (readonly [selection: string, yes: SampleRecord, no: SampleRecord])[] = [
  ['text: AbC', { text: 'aBc' }, { text: 'abcd' }],
  ['text|contains: bc', { text: 'aBCd' }, { text: 'acb' }],
  ['text|startswith: ab', { text: 'ABc' }, { text: 'cab' }],
  ['text|endswith: bc', { text: 'aBC' }, { text: 'bca' }],
  ['text|contains|all: [ab, cd]', { text: 'cd-ab' }, { text: 'ab' }],
  ['set|all: [a, b]', { set: ['b', 'c', 'A'] }, { set: ['a', 'c'] }],
  ['text|exists: true', { text: '' }, { other: 'x' }],
  ['text|exists: false', { other: 'x' }, { text: '' }],
  ['set|exists: true', { set: [] }, {}],
  ['text|cased: AbC', { text: 'AbC' }, { text: 'abc' }],
  ['text|contains|cased: bC', { text: 'AbCd' }, { text: 'abcd' }],
  ['text|neq: a', { text: 'b' }, { text: 'A' }],
  ['text|neq: [a, b]', { text: 'c' }, { text: 'b' }],
  ['text|neq: a', {}, { text: 'a' }],
  ['number|neq: 5', { number: 6 }, { number: 5 }],
  ['set|neq: a', { set: ['b'] }, { set: ['b', 'a'] }],
  ["text|re: '^a.c$'", { text: 'abc' }, { text: 'aBC' }],
  ["text|re: 'b+'", { text: 'aabba' }, { text: 'aac' }],
  ["text|re|i: '^a.c$'", { text: 'ABC' }, { text: 'ABCD' }],
  ["text|re|m: '^b$'", { text: 'a\nb\nc' }, { text: 'abc' }],
  ["text|re|s: 'a.c'", { text: 'a\nc' }, { text: 'ac' }],
  ["text|re: 'a.c'", { text: 'abc' }, { text: 'a\nc' }],
  ["text|re|i|m|s: '^b.C$'", { text: 'a\nB\nc' }, { text: 'ab' }],
  ["text|re|neq: 'b+'", { text: 'aac' }, { text: 'ab' }],
  ["text|re|all: ['a', 'b']", { text: 'ba' }, { text: 'a' }],
  ["number|re: '^4'", { number: 443 }, { number: 80 }],
  ['id.orig_h|cidr: 10.0.0.0/8', { 'id.orig_h': '10.255.0.1' }, { 'id.orig_h': '11.0.0.1' }],
  [
    'id.orig_h|cidr: [10.0.0.0/8, "2001:db8::/32"]',
    { 'id.orig_h': '2001:db8:1::5' },
    { 'id.orig_h': '2001:db9::5' },
  ],
  ['id.orig_h|cidr: 10.1.2.3', { 'id.orig_h': '10.1.2.3' }, { 'id.orig_h': '10.1.2.4' }],
  ['id.orig_h|cidr|neq: 10.0.0.0/8', { 'id.orig_h': '11.0.0.1' }, { 'id.orig_h': '10.0.0.1' }],
  ['text|cidr: 10.0.0.0/8', { text: '10.0.0.1' }, { text: 'ten' }],
  ['list|cidr: 10.0.0.0/8', { list: ['a.example', '10.0.0.1'] }, { list: ['a.example'] }],
  ['number|lt: 5', { number: 4 }, { number: 5 }],
  ['number|lte: 5', { number: 5 }, { number: 6 }],
  ['number|gt: 5', { number: 6 }, { number: 5 }],
  ['number|gte: 5', { number: 5 }, { number: 4 }],
  ['double|lt: -0.5', { double: -1 }, { double: 0 }],
  ['number|gt: [5, 9]', { number: 6 }, { number: 5 }],
  ['gaps|gt: 5', { gaps: [1, 6] }, { gaps: [1, 5] }],
  ['number|lt: 5', { number: 0 }, {}],
  ['ts|gte: 1700000000', { ts: { sec: 1700000000, nsec: 0 } }, { ts: { sec: 1699999999, nsec: 999999000 } }],
  ['text|base64: foo', { text: 'Zm9v' }, { text: 'foo' }],
  ['text|base64|contains: foo', { text: 'x Zm9v y' }, { text: 'Zm9' }],
  ['text|base64offset|contains: secret', { text: btoa('my secret word') }, { text: btoa('my sacred word') }],
  ['text|utf16le|base64offset|contains: cmd', { text: btoa('xxc\0m\0d\0yy') }, { text: btoa('xxcmdyy') }],
  ['text|wide|base64offset|contains: cmd', { text: btoa('xc\0m\0d\0y') }, { text: btoa('xcmdy') }],
  ['text|utf16be|base64offset|contains: cmd', { text: btoa('xx\0c\0m\0dyy') }, { text: btoa('xxc\0m\0d') }],
  ['text|utf16|base64: cmd', { text: btoa('\u00ff\u00fec\0m\0d\0') }, { text: btoa('c\0m\0d\0') }],
  ['text|wide|contains: ab', { text: 'xA\0B\0' }, { text: 'ab' }],
  ["text|windash|contains: ' -exec '", { text: 'run /exec now' }, { text: 'run exec now' }],
  ["text|windash|contains: ' -exec '", { text: 'run \u2014exec now' }, { text: 'run+exec now' }],
  ["text|windash|contains: ' /a-b '", { text: 'x -a-b y' }, { text: 'x -a/b y' }],
  ['text|fieldref: other', { text: 'Ab', other: 'aB' }, { text: 'ab', other: 'abc' }],
  ['text|fieldref: other', { text: 'a', other: 'a' }, {}],
  ['text|fieldref|neq: other', { text: 'a', other: 'b' }, { text: 'a', other: 'A' }],
  ['text|fieldref|startswith: other', { text: 'abc', other: 'AB' }, { text: 'ab', other: 'abc' }],
  ['text|fieldref|endswith: other', { text: 'abc', other: 'bc' }, { text: 'abc', other: 'ab' }],
  ['text|fieldref|contains: other', { text: 'abc', other: 'b' }, { text: 'abc', other: 'x' }],
  ['text|fieldref|cased: other', { text: 'a', other: 'a' }, { text: 'a', other: 'A' }],
  ['text|fieldref: [other, kind]', { text: 'a', kind: 'a' }, { text: 'a', other: 'b', kind: 'c' }],
  [
    'text|fieldref|all: [other, kind]',
    { text: 'a', kind: 'a', other: 'A' },
    { text: 'a', other: 'b', kind: 'a' },
  ],
  ['set|fieldref: text', { set: ['x', 'Y'], text: 'y' }, { set: ['x'], text: 'y' }],
  ['number|fieldref: double', { number: 5, double: 5 }, { number: 5, double: 5.5 }],
  [
    'user|fieldref: users',
    { user: { kind: 'u', digest: '1' }, users: [{ kind: 'u', digest: '1' }] },
    { user: { kind: 'u', digest: '1' }, users: [] },
  ],
  ['ts|minute: 30', { ts: at('2026-01-01T10:30:59Z') }, { ts: at('2026-01-01T10:31:00Z') }],
  ['ts|hour|gte: 22', { ts: at('2026-01-01T22:00:00Z') }, { ts: at('2026-01-01T21:59:59Z') }],
  ['ts|hour: [22, 23]', { ts: at('2026-01-01T23:00:00Z') }, { ts: at('2026-01-01T00:00:00Z') }],
  ['ts|hour|neq: 3', { ts: at('2026-01-01T04:00:00Z') }, { ts: at('2026-01-01T03:00:00Z') }],
  ['ts|day: 31', { ts: at('2026-01-31T00:00:00Z') }, { ts: at('2026-02-01T00:00:00Z') }],
  ['ts|week: 1', { ts: at('2025-12-29T00:00:00Z') }, { ts: at('2025-12-28T23:59:59Z') }],
  ['ts|month: 12', { ts: at('2025-12-31T23:59:59Z') }, { ts: at('2026-01-01T00:00:00Z') }],
  ['ts|year: 2026', { ts: at('2026-01-01T00:00:00Z') }, { ts: at('2025-12-31T23:59:59Z') }],
];

describe('every modifier', () => {
  it.each(TABLE)('%s', (selection, yes, no) => {
    expect(holds(selection, yes)).toBe(true);
    expect(holds(selection, no)).toBe(false);
  });

  it('is in the table of meanings, or with the placeholders of expand.test.ts', () => {
    const shown = new Set(TABLE.flatMap(([selection]) => selection.split(': ')[0]!.split('|').slice(1)));
    expect(MODIFIER_NAMES.filter(name => !shown.has(name))).toEqual(['expand']);
  });

  it('uses the site’s time zone', () => {
    const late = { ts: at('2026-07-01T22:30:00Z') };
    expect(holds('ts|hour: 22', late)).toBe(true);
    expect(holds('ts|hour: 0', late, { lists: undefined, timezone: 'Europe/Berlin' })).toBe(true);
    expect(holds('ts|day: 2', late, { lists: undefined, timezone: 'Europe/Berlin' })).toBe(true);
  });
});

describe('parseModifiers', () => {
  const first = (...names: string[]) => {
    const result = parseModifiers(names);
    return 'reading' in result ? 'legal' : `${result[0]!.index}: ${result[0]!.message}`;
  };

  it('judges every pair of modifiers the same in both orders', () => {
    for (const a of MODIFIER_NAMES) {
      for (const b of MODIFIER_NAMES) {
        if (['i', 'm', 's'].includes(a) || ['i', 'm', 's'].includes(b)) continue;
        expect(first(a, b) === 'legal', `${a}|${b}`).toBe(first(b, a) === 'legal');
      }
    }
  });

  it('keeps the order of encodings and reads wide as utf16le', () => {
    const result = parseModifiers(['wide', 'base64offset', 'contains']);
    expect(result).toMatchObject({ encodings: ['utf16le', 'base64offset'], anchor: 'contains' });
  });

  it.each([
    [['contians'], '0: unknown modifier "contians"'],
    [['contains', 'contains'], '1: the modifier contains is given twice'],
    [['contains', 'startswith'], '1: startswith cannot be combined with contains'],
    [['re', 'contains'], '1: contains cannot be combined with re'],
    [['contains', 're'], '1: re cannot be combined with contains'],
    [['re', 'cased'], '1: cased cannot be combined with re'],
    [['i'], '0: i is only known after re'],
    [['i', 're'], '0: i is only known after re'],
    [['gt', 'lt'], '1: lt cannot be combined with gt'],
    [['gt', 'neq'], '1: neq cannot be combined with gt'],
    [['exists', 'neq'], '1: neq cannot be combined with exists'],
    [['exists', 'all'], '1: all cannot be combined with exists'],
    [['cidr', 'contains'], '1: contains cannot be combined with cidr'],
    [['hour', 'day'], '1: day cannot be combined with hour'],
    [['base64', 'expand'], '1: expand cannot be combined with base64'],
    [['fieldref', 'gt'], '1: gt cannot be combined with fieldref'],
  ])('refuses %j', (names, problem) => {
    expect(first(...names)).toBe(problem);
  });

  it.each([
    [['re', 'i', 'm', 's']],
    [['re', 'i', 'neq', 'all']],
    [['hour', 'gte']],
    [['cidr', 'expand', 'neq']],
    [['expand', 'contains', 'cased', 'all']],
    [['utf16', 'base64offset', 'contains', 'neq']],
    [['fieldref', 'neq', 'cased', 'endswith']],
  ])('allows %j', names => {
    expect(first(...names)).toBe('legal');
  });
});

describe('values that do not suit a modifier', () => {
  it.each([
    ['number|gt: many', '"many" is not a number'],
    ['text|gt: 5', 'gt needs numbers, and text holds text'],
    ['text|hour: 5', 'hour needs a point in time, and text holds text'],
    ['ts|hour: 24', 'hour is a whole number from 0 to 23'],
    ['ts|week: 0', 'week is a whole number from 1 to 53'],
    ['ts|minute: 1.5', 'minute is a whole number from 0 to 59'],
    ['text|exists: maybe', 'exists takes true or false'],
    ['text|exists: [true, false]', 'exists takes true or false'],
    ['id.orig_h|cidr: 10.0.0.0/33', '"10.0.0.0/33" is not an address range'],
    ['id.orig_h|cidr: ten', '"ten" is not an address range'],
    ['number|cidr: 10.0.0.0/8', 'cidr needs addresses, and number holds numbers'],
    ['text|fieldref: othr', 'the stream sample has no field "othr"'],
    ['flag|contains: tru', 'contains needs text, and flag is true or false'],
    ['flag: 1', 'flag is true or false, never "1"'],
    ['number: abc', 'number holds numbers, never "abc"'],
    ['number|base64: 5', 'base64 needs text, and number holds numbers'],
    ['ts: yesterday', 'ts is a point in time, never "yesterday"'],
    ["ts|re: '17'", 'ts is a point in time'],
    ['user: admin', 'user holds tokens, never the value itself'],
    ['users|contains: smith', 'users holds tokens, never the value itself'],
    ["text|base64: 'a*'", 'base64 cannot encode wildcards'],
    ['text|base64offset|contains: a', 'this value is too short for base64offset'],
    ['text|contains: null', 'null cannot be combined with contains'],
    ['id.orig_h: 10.0.0.0/8', 'id.orig_h holds addresses, never "10.0.0.0/8"'],
    ['orig_scope: internt', 'orig_scope is never "internt"'],
    ["text|windash|contains: ' -a -b -c -d -e '", 'windash makes more than 625 variants of this value'],
  ])('%s', (selection, message) => {
    const problems = detectionProblems(`sel:\n  ${selection}\ncondition: sel`);
    expect(problems.join('\n')).toContain(message);
  });
});
