import { describe, expect, test } from 'vitest';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { f, type RecordOf, stream } from '../../src/model/schema.ts';
import { jsonLines } from '../../src/report/json-lines.ts';

const SAMPLE = stream('sample', 'Types as JSON shows them.', {
  ts: f.time('Time.'),
  span: f.interval('Interval.'),
  n: f.count('Count.'),
  x: f.double('Double.'),
  yes: f.bool('Truth.'),
  'id.orig_h': f.addr('Address.'),
  s: f.string('Text.', 'text'),
  user: f.token('Token.', 'secret'),
  set: f.stringSet('Set.'),
  spans: f.intervals('Intervals.'),
});

function lines(records: RecordOf<typeof SAMPLE>[], mixed = false): string[] {
  const builder = new BatchBuilder(SAMPLE);
  for (const [i, record] of records.entries()) builder.append(record, i);
  return new TextDecoder().decode(jsonLines(SAMPLE, mixed)(builder.build())).split('\n').slice(0, -1);
}

describe('JSON lines', () => {
  test('as Zeek writes them, with every digit of the time', () => {
    expect(
      lines([
        {
          ts: { sec: 1_258_531_221, nsec: 486_539_000 },
          span: 0.5,
          n: 7,
          x: 0.1,
          yes: true,
          'id.orig_h': '10.0.0.1',
          s: 'a"b\\c',
          user: { kind: 'user', digest: 'ab' },
          set: ['x', 'y'],
          spans: [60, 0.5],
        },
        { ts: { sec: 1_700_000_000, nsec: 123_456_789 }, yes: false, set: [] },
        {},
      ]),
    ).toEqual([
      '{"ts":1258531221.486539,"span":0.5,"n":7,"x":0.1,"yes":true,"id.orig_h":"10.0.0.1","s":"a\\"b\\\\c","user":"user:ab","set":["x","y"],"spans":[60,0.5]}',
      '{"ts":1700000000.123456789,"yes":false,"set":[]}',
      '{}',
    ]);
  });

  test('mixed streams carry their path', () => {
    expect(lines([{ n: 1 }, {}], true)).toEqual(['{"_path":"sample","n":1}', '{"_path":"sample"}']);
  });

  test('every line is JSON, whatever the text', () => {
    const text = 'tab\t newline\n quote" \u0000 \u202e \u2028 \u009b \ud800 é 😀';
    const [line = ''] = lines([{ s: text, set: [text] }]);
    expect(JSON.parse(line)).toEqual({ s: text, set: [text] });
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
  });

  test('what is no number is left out', () => {
    expect(lines([{ x: Number.POSITIVE_INFINITY, n: 1 }])).toEqual(['{"n":1}']);
  });

  test('a field of class phi or secret that is no token is never written', () => {
    const leaky = stream('leaky', 'A mistake in a schema.', {
      ts: f.time('Time.'),
      name: f.string('Name.', 'phi'),
    });
    const builder = new BatchBuilder(leaky);
    builder.append({ ts: { sec: 1, nsec: 0 }, name: 'CANARY' }, 0);
    expect(new TextDecoder().decode(jsonLines(leaky, false)(builder.build()))).toBe('{"ts":1.000000}\n');
  });
});
