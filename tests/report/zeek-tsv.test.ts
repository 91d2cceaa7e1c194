import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { f, stream } from '../../src/model/schema.ts';
import { conn } from '../../src/model/streams.ts';
import { zeekFooter, zeekHeader, zeekRows, zeekText } from '../../src/report/zeek-tsv.ts';

const SAMPLE = stream('sample', 'Every type there is.', {
  ts: f.time('Time.'),
  span: f.interval('Interval.'),
  n: f.count('Count.'),
  i: f.int('Integer.'),
  x: f.double('Double.'),
  yes: f.bool('Truth.'),
  p: f.port('Port.'),
  h: f.addr('Address.'),
  e: f.enum('One of some.'),
  s: f.string('Text.', 'text'),
  user: f.token('Token.', 'secret'),
  set: f.stringSet('Set.'),
  list: f.strings('Vector.'),
  spans: f.intervals('Intervals.'),
  tokens: f.tokens('Tokens.', 'phi'),
});

type Row = Parameters<BatchBuilder<typeof SAMPLE>['append']>[0];

function rows(...records: Row[]): string[] {
  const builder = new BatchBuilder(SAMPLE);
  for (const [i, record] of records.entries()) builder.append(record, i);
  const text = new TextDecoder().decode(zeekRows(SAMPLE)(builder.build()));
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

/** The cell of one field. */
function cell(name: keyof typeof SAMPLE.fields, value: unknown): string {
  const [line = ''] = rows({ [name]: value } as Row);
  const cells = line.split('\t');
  expect(cells).toHaveLength(SAMPLE.names.length);
  return cells[SAMPLE.names.indexOf(name)]!;
}

describe('header and footer', () => {
  test('are Zeek’s', () => {
    expect(zeekHeader(SAMPLE, { sec: 1_700_000_000, nsec: 5 })).toBe(
      [
        '#separator \\x09',
        '#set_separator\t,',
        '#empty_field\t(empty)',
        '#unset_field\t-',
        '#path\tsample',
        '#open\t2023-11-14-22-13-20',
        '#fields\tts\tspan\tn\ti\tx\tyes\tp\th\te\ts\tuser\tset\tlist\tspans\ttokens',
        '#types\ttime\tinterval\tcount\tint\tdouble\tbool\tport\taddr\tenum\tstring\tstring\tset[string]\tvector[string]\tvector[interval]\tset[string]',
        '',
      ].join('\n'),
    );
    expect(zeekFooter({ sec: 1_700_000_001, nsec: 0 })).toBe('#close\t2023-11-14-22-13-21\n');
    expect(zeekFooter(null)).toBe('#close\t0000-00-00-00-00-00\n');
  });

  test('conn begins as Zeek’s conn.log does', () => {
    const [fields] = zeekHeader(conn, null)
      .split('\n')
      .filter(line => line.startsWith('#fields'));
    expect(fields).toMatch(
      /^#fields\tts\tuid\tid\.orig_h\tid\.orig_p\tid\.resp_h\tid\.resp_p\tproto\tservice\tduration\t/,
    );
  });
});

describe('cells', () => {
  test('absent fields are unset', () => {
    expect(rows({})).toEqual([SAMPLE.names.map(() => '-').join('\t')]);
  });

  test.each([
    ['ts', { sec: 1_258_531_221, nsec: 486_539_000 }, '1258531221.486539'],
    ['ts', { sec: 1_258_531_221, nsec: 0 }, '1258531221.000000'],
    ['ts', { sec: 1_258_531_221, nsec: 1 }, '1258531221.000000001'],
    ['ts', { sec: 0, nsec: 999_999_000 }, '0.999999'],
    ['span', 0, '0.000000'],
    ['span', 0.0000004, '0.000000'],
    ['span', 3661.5, '3661.500000'],
    ['span', 0.9999996, '1.000000'],
    ['span', -0.25, '-0.250000'],
    ['span', 5e9, '5000000000.000000'],
    ['n', 0, '0'],
    ['n', 4_294_967_296, '4294967296'],
    ['n', 2 ** 53 - 1, '9007199254740991'],
    ['n', 2 ** 60, '1152921504606846976'],
    ['i', -17, '-17'],
    ['x', 5, '5.0'],
    ['x', 0.25, '0.25'],
    ['x', 0.123456789, '0.123457'],
    ['yes', true, 'T'],
    ['yes', false, 'F'],
    ['p', 443, '443'],
    ['h', '2001:db8::1', '2001:db8::1'],
    ['s', 'plain text', 'plain text'],
    ['s', '', '(empty)'],
    ['s', '-', '\\x2d'],
    ['s', '(empty)', '\\x28empty)'],
    ['s', '--', '--'],
    ['s', 'a\tb\nc\rd\u0000', 'a\\x09b\\x0ac\\x0dd\\x00'],
    ['s', 'C:\\temp', 'C:\\\\temp'],
    ['s', 'caf\\xe9', 'caf\\xe9'],
    ['s', '\\x09', '\\\\x09'],
    ['s', 'é 日本 😀', 'é 日本 😀'],
    ['s', '\u001b[31m', '\\x1b[31m'],
    ['s', 'a\u202eb', 'a\\xe2\\x80\\xaeb'],
    ['s', '\u009b', '\\xc2\\x9b'],
    ['s', '\ud800', '\\xef\\xbf\\xbd'],
    ['s', 'a,b', 'a,b'],
    ['user', 'user#1', 'user#1'],
    ['set', [], '(empty)'],
    ['set', ['a', 'b'], 'a,b'],
    ['set', ['a,b', '-', ''], 'a\\x2cb,\\x2d,(empty)'],
    ['list', ['x\ty'], 'x\\x09y'],
    ['spans', [60, 0.5], '60.000000,0.500000'],
    ['tokens', [{ kind: 'mrn', digest: 'ab' }], 'mrn:ab'],
  ] as const)('%s %j', (name, value, expected) => {
    expect(cell(name, value)).toBe(expected);
  });

  test('a field of class phi or secret that is no token is never written', () => {
    const leaky = stream('leaky', 'A mistake in a schema.', {
      ts: f.time('Time.'),
      name: f.string('Name.', 'phi'),
      password: f.string('Password.', 'secret'),
    });
    const builder = new BatchBuilder(leaky);
    builder.append({ ts: { sec: 1, nsec: 0 }, name: 'CANARY', password: 'hunter2' }, 0);
    expect(new TextDecoder().decode(zeekRows(leaky)(builder.build()))).toBe('1.000000\t-\t-\n');
  });
});

test('any text stays one cell on one line, and does not read as unset', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const encoded = zeekText(text);
      expect(encoded).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(['-', '']).not.toContain(encoded);
      expect(encoded === '(empty)').toBe(text === '');
    }),
  );
});

test('same rows, however they are batched', () => {
  const records: Row[] = Array.from({ length: 30 }, (_, i) => ({
    ts: { sec: i, nsec: i * 1000 },
    s: `text ${i % 7}`,
    n: i,
  }));
  const builder = new BatchBuilder(SAMPLE);
  for (const [i, record] of records.entries()) builder.append(record, i);
  const whole = builder.build();
  const write = zeekRows(SAMPLE);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const expected = decode(write(whole));
  for (let size = 1; size <= 30; size += 7) {
    let text = '';
    for (let from = 0; from < 30; from += size) {
      const length = Math.min(size, 30 - from);
      text += decode(write(whole.gather(Uint32Array.from({ length }, (_, i) => from + i))));
    }
    expect(text).toBe(expected);
  }
});
