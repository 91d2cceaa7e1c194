import { expect, it } from 'vitest';
import { readRecord } from '../../src/sigma/test-record.ts';
import { ProblemList } from '../../src/yaml/source.ts';
import { type MapNode, parseYaml } from '../../src/yaml/tree.ts';
import { SAMPLE } from './support.ts';

function read(yaml: string) {
  const { source, documents } = parseYaml('x.test.yml', yaml);
  const reader = { source, problems: new ProblemList() };
  return { record: readRecord(reader, documents[0] as MapNode, SAMPLE), problems: reader.problems.list };
}

it('reads values by the type of their field', () => {
  const yaml = [
    'ts: 1700000000.5',
    'id.orig_h: 2001:DB8::1',
    'number: 5',
    'double: 0.5',
    'flag: false',
    'set: [a, 1]',
    'list: a',
    'gaps: [1, 2.5]',
    'user: mrn:1',
    'users: [mrn:1, other]',
    'text: 1.0',
    'other: null',
  ].join('\n');
  expect(read(yaml)).toEqual({
    record: {
      ts: { sec: 1_700_000_000, nsec: 500_000_000 },
      'id.orig_h': '2001:db8::1',
      number: 5,
      double: 0.5,
      flag: false,
      set: ['a', '1'],
      list: ['a'],
      gaps: [1, 2.5],
      user: { kind: 'mrn', digest: '1' },
      users: [
        { kind: 'mrn', digest: '1' },
        { kind: 'value', digest: 'other' },
      ],
      text: '1.0',
    },
    problems: [],
  });
});

it.each([
  ['2026-03-01T12:00:00Z', 1_772_366_400, 0],
  ['2026-03-01 12:00', 1_772_366_400, 0],
  ['2026-03-01T12:00:00.25+01:00', 1_772_362_800, 250_000_000],
])('reads the time %s', (text, sec, nsec) => {
  expect(read(`ts: "${text}"`).record['ts']).toEqual({ sec, nsec });
});

it('takes __proto__ for an unknown field', () => {
  const { record, problems } = read('__proto__: {a: 1}');
  expect(problems[0]!.message).toBe('the stream sample has no field "__proto__"');
  expect(Object.keys(record)).toEqual([]);
});
