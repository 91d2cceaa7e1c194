import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Problem, UserError } from '../../src/errors.ts';
import { compileFilter, type FilterOptions } from '../../src/filter/filter.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { enrichedSchema } from '../../src/model/device.ts';
import { f, flowStream, stream } from '../../src/model/schema.ts';
import { conn } from '../../src/model/streams.ts';
import { type Everything, everything, record, stored } from '../support/records.ts';

const dns = flowStream('dns', 'Names.', {
  query: f.string('Name.', 'text'),
  answers: f.strings('Answers.', 'text'),
  rtt: f.interval('Delay.'),
});
const CONN: FilterOptions = { schemas: [conn], chosen: true, timezone: 'UTC', enriched: false };

/** Places of the rows that a filter leaves. */
function rows(filter: string, records: readonly Record<string, unknown>[], options = CONN): number[] {
  const [schema] = options.schemas;
  const builder = new BatchBuilder(schema!);
  records.forEach((each, i) => {
    builder.append({ ts: { sec: i, nsec: 0 }, ...each } as never, i);
  });
  const selected = compileFilter(filter, options).select(builder.build());
  return selected === undefined ? [] : [...selected.order];
}

function problems(filter: string, options = CONN): readonly Problem[] {
  try {
    compileFilter(filter, options);
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
  throw new Error('the filter was accepted');
}

const FLOWS = [
  {
    'id.orig_h': '10.1.0.5',
    'id.resp_p': 53,
    service: 'dns',
    duration: 0.5,
    local_orig: true,
    orig_bytes: 10,
  },
  { 'id.orig_h': '192.0.2.1', 'id.resp_p': 443, service: 'ssl,HTTP', duration: 301, orig_bytes: 2_000_000 },
  { 'id.orig_h': '2001:db8::1', 'id.resp_p': 80, local_orig: false },
];

describe('filters', () => {
  it.each<[string, number[]]>([
    ['service == dns', [0]],
    ['service == "DNS"', [0]],
    ['service != dns', [1, 2]],
    ['service exists', [0, 1]],
    ['not service exists', [2]],
    ['service not exists', [2]],
    ['service contains http', [1]],
    ['service startswith SSL', [1]],
    ['service endswith ",http"', [1]],
    ['service matches "^ssl,H"', [1]],
    ['service matches "^ssl,h"', []],
    ['service matches "(?i)HTTP$"', [1]],
    ['service in {dns, "ssl,http"}', [0, 1]],
    ['id.resp_p == 443', [1]],
    ['id.resp_p in {53 80}', [0, 2]],
    ['id.resp_p not in {53, 80}', [1]],
    ['id.resp_p >= 80', [1, 2]],
    ['id.resp_p < 80', [0]],
    ['id.resp_p == 0x50', [2]],
    ['duration > 5m', [1]],
    ['duration > 5m1s', []],
    ['duration <= 500ms', [0]],
    ['orig_bytes >= 2MB', [1]],
    ['orig_bytes > 2MiB', []],
    ['id.orig_h in 10.0.0.0/8', [0]],
    ['not id.orig_h in 10.0.0.0/8', [1, 2]],
    ['id.orig_h in 2001:db8::/32', [2]],
    ['id.orig_h in {10.1.0.5, 2001:db8::/32}', [0, 2]],
    ['id.orig_h == 2001:0db8:0::1', [2]],
    ['id.orig_h startswith 10.', [0]],
    ['local_orig', [0]],
    ['not local_orig', [1, 2]],
    ['local_orig == false', [2]],
    ['local_orig != false', [0, 1]],
    ['ts >= 1', [1, 2]],
    ['ts == 1970-01-01T00:00:02Z', [2]],
    ['ts < 1970-01-01T01:00:01+01:00', [0]],
    ['service == dns or id.resp_p == 80 and local_orig', [0]],
    ['(service == dns or id.resp_p == 80) and not local_orig', [2]],
    ['service == dns || id.resp_p == 80 && ! local_orig', [0, 2]],
    ['service == dns OR NOT service EXISTS', [0, 2]],
    ['orig_pkts > 0', []],
    ['orig_pkts != 0', [0, 1, 2]],
  ])('%s', (filter, expected) => {
    expect(rows(filter, FLOWS)).toEqual(expected);
  });

  it('reads escapes in quoted text, and leaves them to regular expressions', () => {
    const records = [{ service: 'a"b\tc' }, { service: 'x\\d' }, { service: '7' }];
    expect(rows('service == "a\\"b\\x09c"', records)).toEqual([0]);
    expect(rows("service == 'a\"b\\tc'", records)).toEqual([0]);
    expect(rows('service == "x\\\\d"', records)).toEqual([1]);
    expect(rows('service matches "^\\d$"', records)).toEqual([2]);
  });

  it('holds for a list when any element does', () => {
    const options = { ...CONN, schemas: [dns] };
    const records = [{ answers: ['a.example', '192.0.2.7'] }, { answers: [] }, {}];
    expect(rows('answers == "A.example"', records, options)).toEqual([0]);
    expect(rows('answers in 192.0.2.0/24', records, options)).toEqual([0]);
    expect(rows('answers != "a.example"', records, options)).toEqual([1, 2]);
    expect(rows('answers exists', records, options)).toEqual([0, 1]);
  });

  it('keeps nanoseconds apart, and reads times on the clock of the site', () => {
    const at = (nsec: number) => ({ ts: { sec: 1_795_003_200, nsec } });
    expect(rows('ts > 1795003200.000000001', [at(1), at(2)])).toEqual([1]);
    const berlin = { ...CONN, timezone: 'Europe/Berlin' };
    expect(rows('ts == 2026-11-18T13:00:00', [at(0)], berlin)).toEqual([0]);
    expect(rows('ts >= 2026-11-18 and ts < 2026-11-19', [at(0)], berlin)).toEqual([0]);
    const summer = { ts: { sec: Date.UTC(2026, 6, 1, 10) / 1000, nsec: 0 } };
    expect(rows('ts == 2026-07-01T12:00', [summer], berlin)).toEqual([0]);
  });
});

describe('streams', () => {
  const both = { ...CONN, schemas: [conn, dns], chosen: false };

  it('take part when they have every field', () => {
    expect(compileFilter('query exists', both).streams).toEqual(['dns']);
    expect(compileFilter('uid exists', both).streams).toEqual(['conn', 'dns']);
  });

  it('must have the fields when they were chosen', () => {
    expect(problems('query exists', { ...both, chosen: true })[0]).toMatchObject({
      message: '--filter: no field query in conn',
      hint: 'leave that stream out of --stream',
    });
  });

  it('must have the fields together', () => {
    expect(problems('query exists and service exists', both)[0]).toMatchObject({
      message: '--filter: no stream has all of these fields',
      hint: 'query is in dns; service is in conn',
    });
  });

  it('of different types: those take part whose type fits', () => {
    const other = stream('other', 'Other.', { ts: f.time('Time.'), rtt: f.string('Text.') });
    const options = { ...CONN, schemas: [dns, other], chosen: false };
    expect(compileFilter('rtt > 1', options).streams).toEqual(['dns']);
    expect(compileFilter('rtt contains a', options).streams).toEqual(['other']);
    expect(problems('rtt startswith 1 and rtt > 1', options)).toHaveLength(2);
  });
});

describe('mistakes', () => {
  it.each<[string, number, string, string?]>([
    ['servce == dns', 1, 'the stream conn has no field servce', 'did you mean service?'],
    ['orig_device == x', 1, 'the stream conn has no field orig_device', 'who each side is: add --enrich'],
    ['service = dns', 9, 'an operator was expected after service, not "="', 'equality is written =='],
    [
      'service contians dns',
      9,
      'an operator was expected after service, not "contians"',
      'did you mean contains?',
    ],
    ['service', 1, 'service holds text; alone it says nothing', 'write service exists'],
    ['service ==', 11, 'a value was expected after ==, the filter ends here'],
    ['', 1, 'the filter is empty', 'for example: service == dns'],
    ['  ', 1, 'the filter is empty', 'for example: service == dns'],
    ['(service == dns', 1, 'this bracket is never closed'],
    ['service == dns)', 15, 'this bracket was never opened'],
    ['service == dns id.resp_p == 3', 16, '"and" or "or" is missing before "id.resp_p"'],
    ['service == "dns', 12, 'this text is never closed', 'it ends at the next "'],
    ['service == "a\\q"', 14, '\\q is no escape'],
    ['service > 3', 9, '> does not go with service, which holds text'],
    ['id.resp_p contains 4', 11, 'contains does not go with id.resp_p, which holds numbers'],
    ['id.resp_p == abc', 14, 'id.resp_p holds numbers, never "abc"', 'for example 443, 10MB or 0x1f'],
    ['duration > 5x', 12, 'duration holds durations, never "5x"', 'for example 90, 5m or 1h30m'],
    ['ts > 2026-02-30', 6, 'ts is a point in time, never "2026-02-30"'],
    ['local_orig == maybe', 15, 'local_orig is true or false, never "maybe"'],
    ['local_orig > true', 12, '> does not go with local_orig, which is true or false'],
    [
      'id.orig_h == 10.0.0.0/8',
      14,
      '"10.0.0.0/8" is a range, not an address',
      'write id.orig_h in 10.0.0.0/8',
    ],
    ['id.orig_h in 10.0.0.300', 14, 'id.orig_h holds addresses, never "10.0.0.300"'],
    ['service in dns', 12, 'after in stands a set or a range', 'for example {a, b} or 10.0.0.0/8'],
    ['service in (a, b)', 12, 'a value was expected after in, found "("', 'a set is written {a, b}'],
    ['service in {}', 12, 'an empty set holds nothing'],
    ['service in {a', 12, 'this set is never closed', 'it ends with }'],
    ['service matches "("', 17, 'bad regular expression: missing closing ): `(`'],
    ['service & dns', 9, '"&" has no meaning here'],
    ['"dns" == service', 1, 'a field was expected, found "dns"', 'the field comes first: service == "dns"'],
    [`${'('.repeat(70)}service exists${')'.repeat(70)}`, 66, 'nested more than 64 deep'],
  ])('%s', (filter, column, message, hint) => {
    const [problem, ...more] = problems(filter);
    expect(more).toEqual([]);
    expect(problem?.message).toBe(`--filter: ${message}`);
    expect(problem?.column).toBe(column);
    expect(problem?.source?.trimEnd()).toBe(filter.trimEnd());
    if (hint !== undefined) expect(problem?.hint).toBe(hint);
  });

  it('come all at once, in order', () => {
    const found = problems('duration > 5x or servce == dns or orig_bytes > abc or nothing_like_it');
    expect(found.map(problem => problem.column)).toEqual([12, 18, 48, 55]);
  });

  it('in fields whose values are known', () => {
    const enriched = { ...CONN, schemas: [enrichedSchema(conn)], enriched: true };
    expect(problems('resp_scope == internett', enriched)[0]).toMatchObject({
      message: '--filter: resp_scope is never "internett"',
      hint: 'did you mean internet?',
    });
    expect(() => compileFilter('resp_scope == Internet', enriched)).not.toThrow();
  });

  it('far into a long filter are shown with what stands around them', () => {
    const [problem] = problems(`${'service == dns or '.repeat(60)}servce == dns`);
    expect(problem?.source?.length).toBeLessThan(250);
    expect(problem?.source?.slice(problem.column! - 1)).toBe('servce == dns');
  });

  it('of great length are refused, and long ones compile in no time', () => {
    expect(problems('a'.repeat(9000))[0]?.message).toContain('at most');
    const started = performance.now();
    compileFilter(`${'service == dns or '.repeat(400)}service exists`, CONN);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

it('agrees with looking at one record after another', () => {
  // The independent answer: every test on the plain values of one record.
  type Row = Record<string, unknown>;
  const tests: readonly [string, (row: Row) => boolean][] = [
    ['count > 100', row => Number(row['count']) > 100],
    ['port <= 1000', row => Number(row['port']) <= 1000],
    ['int != 0', row => row['int'] !== 0 && !Object.is(row['int'], -0)],
    ['flag', row => row['flag'] === true],
    ['text == a', row => String(row['text'] ?? 'zzz').toLowerCase() === 'a'],
    ['text exists', row => row['text'] !== undefined],
    ['kind startswith b', row => /^b/i.test(String(row['kind'] ?? ''))],
    ['names contains a', row => ((row['names'] ?? []) as string[]).some(name => /a/i.test(name))],
    ['spans > 0', row => ((row['spans'] ?? []) as number[]).some(value => value > 0)],
    ['ts < 3', row => (row['ts'] as { sec: number }).sec < 3],
  ];
  interface Tree {
    readonly text: string;
    readonly holds: (row: Row) => boolean;
  }
  const leaf: fc.Arbitrary<Tree> = fc.constantFrom(...tests).map(([text, holds]) => ({ text, holds }));
  const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      tie('tree').map(({ text, holds }) => ({ text: `not (${text})`, holds: (row: Row) => !holds(row) })),
      fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({
        text: `(${a.text} and ${b.text})`,
        holds: (row: Row) => a.holds(row) && b.holds(row),
      })),
      fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({
        text: `(${a.text} or ${b.text})`,
        holds: (row: Row) => a.holds(row) || b.holds(row),
      })),
    ),
  }));
  const options = { ...CONN, schemas: [everything] };
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), tree, (records: Everything[], { text, holds }) => {
      const expected = records.flatMap((each, i) => (holds(stored(each)) ? [i] : []));
      expect(rows(text, records, options)).toEqual(expected);
    }),
  );
});
