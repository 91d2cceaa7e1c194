/**
 * Each modifier that `evaluate.test.ts` leaves out, against the obvious way to compute it: bits of addresses, the
 * platform's regular expressions, bytes written out. None of the engine's code is used for the expected answer.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CompileOptions } from '../../src/sigma/compile.ts';
import { matches, type SampleRecord } from './support.ts';

/** What a selection matches of records, and what it should. */
function agrees(
  selection: string,
  records: readonly SampleRecord[],
  expected: (record: SampleRecord) => boolean,
  options?: CompileOptions,
): void {
  const found = matches(`sel:\n  ${selection}\ncondition: sel`, records, options);
  expect([selection, found]).toEqual([
    selection,
    records.flatMap((record, row) => (expected(record) ? [row] : [])),
  ]);
}

const yaml = (value: unknown): string => JSON.stringify(value);
/** A value in which nothing is a wildcard. */
const literal = (text: string): string => text.replace(/[\\*?]/g, '\\$&');

function textOfBits(bits: bigint, size: 32 | 128): string {
  const unit = size === 32 ? 8n : 16n;
  const parts: string[] = [];
  for (let at = BigInt(size) - unit; at >= 0n; at -= unit) {
    const part = (bits >> at) & ((1n << unit) - 1n);
    parts.push(size === 32 ? String(part) : part.toString(16));
  }
  return parts.join(size === 32 ? '.' : ':');
}

/** Compressed as RFC 5952 has it, which is how records hold addresses. */
const canonical = (address: string): string =>
  address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

test('cidr: the leading bits are equal', () => {
  const version = fc.constantFrom<[32 | 128]>([32], [128]);
  const range = version.chain(([size]) =>
    fc.record({
      size: fc.constant(size),
      base: fc.bigInt({ min: 0n, max: (1n << BigInt(size)) - 1n }),
      length: fc.integer({ min: 0, max: size }),
    }),
  );
  fc.assert(
    fc.property(
      fc.array(range, { minLength: 1, maxLength: 3 }),
      fc.array(fc.integer({ min: 0, max: 127 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (ranges, flips, neq) => {
        const bounded = ranges.map(({ size, base, length }) => {
          const shift = BigInt(size - length);
          return { size, length, base: (base >> shift) << shift };
        });
        // Addresses at the edges of the ranges: one bit off.
        const addresses = bounded.flatMap(({ size, base }) =>
          flips.map(flip => ({ size, bits: base ^ (1n << BigInt(flip % size)) })),
        );
        const records = addresses.map(({ size, bits }) => ({
          'id.orig_h': canonical(textOfBits(bits, size)),
        }));
        const list = bounded.map(
          ({ size, base, length }) => `${canonical(textOfBits(base, size))}/${length}`,
        );
        const inside = new Map(
          addresses.map(({ size, bits }, i) => [
            records[i],
            bounded.some(each => {
              const shift = BigInt(each.size - each.length);
              return each.size === size && bits >> shift === each.base >> shift;
            }),
          ]),
        );
        agrees(`id.orig_h|cidr${neq ? '|neq' : ''}: ${yaml(list)}`, records, record =>
          neq
            ? !inside.get(record as { 'id.orig_h': string })
            : inside.get(record as { 'id.orig_h': string })!,
        );
      },
    ),
  );
});

test('lt, lte, gt, gte on numbers, fractions and lists of numbers', () => {
  const number = fc.integer({ min: -2, max: 2 });
  const compare = {
    lt: (a: number, b: number) => a < b,
    lte: (a: number, b: number) => a <= b,
    gt: (a: number, b: number) => a > b,
    gte: (a: number, b: number) => a >= b,
  };
  fc.assert(
    fc.property(
      fc.constantFrom('lt', 'lte', 'gt', 'gte'),
      fc.array(
        number.map(value => value / 2),
        { minLength: 1, maxLength: 2 },
      ),
      fc.array(
        fc.record({ double: number.map(value => value / 2), gaps: fc.array(number) }, { requiredKeys: [] }),
      ),
      (name, values, records) => {
        const any = (value: number): boolean => values.some(wanted => compare[name](value, wanted));
        agrees(
          `double|${name}: ${yaml(values)}`,
          records,
          ({ double }) => double !== undefined && any(double as number),
        );
        agrees(`gaps|${name}: ${yaml(values)}`, records, ({ gaps }) => ((gaps ?? []) as number[]).some(any));
      },
    ),
  );
});

test('re with i, m and s is the platform’s regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', 'b', '\n', '1', '.'), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.subarray(['i', 'm', 's']),
      fc.array(fc.constantFrom('^a', 'b$', 'a.b', '^[ab]+$', '(ab|b)1?', 'a{2,3}', '[^a]', '^$', '.'), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.boolean(),
      fc.array(
        text.map(value => ({ text: value })),
        { maxLength: 10 },
      ),
      (flags, patterns, all, records) => {
        const list = all && patterns.length > 1;
        const holds = (value: string, pattern: string): boolean =>
          new RegExp(pattern, flags.join('')).test(value);
        agrees(
          `${['text', 're', ...flags, ...(list ? ['all'] : [])].join('|')}: ${yaml(patterns)}`,
          records,
          record =>
            list
              ? patterns.every(pattern => holds(record['text'] as string, pattern))
              : patterns.some(pattern => holds(record['text'] as string, pattern)),
        );
      },
    ),
  );
});

test('fieldref compares with another field, whole or in part, cased or not', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'A', 'b'), maxLength: 3 });
  const parts: Record<string, (a: string, b: string) => boolean> = {
    '': (a, b) => a === b,
    contains: (a, b) => a.includes(b),
    startswith: (a, b) => a.startsWith(b),
    endswith: (a, b) => a.endsWith(b),
  };
  fc.assert(
    fc.property(
      fc.constantFrom('', 'contains', 'startswith', 'endswith'),
      fc.boolean(),
      fc.boolean(),
      fc.array(
        fc.record({ text: word, other: word, set: fc.array(word, { maxLength: 3 }) }, { requiredKeys: [] }),
      ),
      (part, cased, neq, records) => {
        const fold = (value: string): string => (cased ? value : value.toLowerCase());
        const modifiers = [
          'fieldref',
          ...(part === '' ? [] : [part]),
          ...(cased ? ['cased'] : []),
          ...(neq ? ['neq'] : []),
        ];
        for (const field of ['text', 'set']) {
          agrees(`${[field, ...modifiers].join('|')}: other`, records, record => {
            const { other } = record as { readonly other?: string };
            const own = [record[field] ?? []].flat() as readonly string[];
            const holds = other !== undefined && own.some(value => parts[part]!(fold(value), fold(other)));
            return holds !== neq;
          });
        }
      },
    ),
  );
});

const value = fc.string({
  unit: fc.constantFrom('a', 'B', '1', '-', ' ', '/', 'é', '*', '\\'),
  minLength: 3,
  maxLength: 7,
});
const around = fc.string({ unit: fc.constantFrom('a', 'x', ' '), maxLength: 4 });

test('base64 is the encoded bytes', () => {
  fc.assert(
    fc.property(value, around, around, (wanted, before, after) => {
      const encoded = Buffer.from(wanted).toString('base64');
      const records = [
        { text: encoded },
        { text: `${before}${encoded}${after}` },
        { text: Buffer.from(`${before}${wanted}${after}`).toString('base64') },
        { text: wanted },
      ];
      agrees(`text|base64|cased: ${yaml(literal(wanted))}`, records, ({ text }) => text === encoded);
      agrees(`text|base64|cased|contains: ${yaml(literal(wanted))}`, records, ({ text }) =>
        (text as string).includes(encoded),
      );
    }),
  );
});

/** The characters that are the same whatever stands around the value: found by trying. */
function staticPart(bytes: Buffer, shift: number): string {
  // Whole groups of three: no padding.
  const rest = 3 + ((3 - ((shift + bytes.length) % 3)) % 3);
  const neighbours = [0x00, 0x55, 0xaa, 0xff];
  const texts = neighbours.flatMap(before =>
    neighbours.map(after =>
      Buffer.concat([Buffer.alloc(shift, before), bytes, Buffer.alloc(rest, after)]).toString('base64'),
    ),
  );
  const same = [...texts[0]!].map((letter, i) => (texts.every(text => text[i] === letter) ? letter : ' '));
  return same.join('').trim();
}

test('base64offset is what does not depend on the neighbours, in three positions', () => {
  const bytes = fc.string({ unit: fc.constantFrom('a', 'B', 'z', '9', '~'), minLength: 3, maxLength: 8 });
  fc.assert(
    fc.property(
      bytes,
      around,
      around,
      fc.constantFrom('', 'utf16le', 'utf16be', 'wide'),
      (wanted, before, after, wide) => {
        const order =
          wide === 'utf16be' ? Buffer.from(wanted, 'utf16le').swap16() : Buffer.from(wanted, 'utf16le');
        const own = wide === '' ? Buffer.from(wanted) : order;
        const parts = [0, 1, 2].map(shift => staticPart(own, shift));
        const whole = Buffer.concat([Buffer.from(before), own, Buffer.from(after)]).toString('base64');
        const records = [{ text: whole }, { text: wanted }, ...parts.map(part => ({ text: `x${part}` }))];
        const modifiers = ['base64offset', 'contains', 'cased'];
        agrees(
          `${['text', ...(wide === '' ? [] : [wide]), ...modifiers].join('|')}: ${yaml(wanted)}`,
          records,
          ({ text }) => parts.some(part => (text as string).includes(part)),
        );
        expect(parts.some(part => whole.includes(part))).toBe(true);
      },
    ),
  );
});

test('utf16 is bytes of two, with a byte order mark or without', () => {
  const ascii = fc.string({ unit: fc.constantFrom('a', 'B', '1', '.'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(ascii, fc.constantFrom('utf16le', 'wide', 'utf16be', 'utf16'), (wanted, name) => {
      const little = Buffer.from(wanted, 'utf16le');
      const bytes =
        name === 'utf16be'
          ? Buffer.from(little).swap16()
          : name === 'utf16'
            ? Buffer.concat([Buffer.from([0xff, 0xfe]), little])
            : little;
      const text = bytes.toString('latin1');
      const records = [
        { text },
        { text: `x${text}y` },
        { text: wanted },
        { text: little.toString('latin1') },
      ];
      agrees(`text|${name}|cased: ${yaml(wanted)}`, records, record => record.text === text);
      agrees(`text|${name}|contains|cased: ${yaml(wanted)}`, records, record =>
        (record['text'] as string).includes(text),
      );
    }),
  );
});

test('windash: at the beginning of a word, each dash may be any of the five', () => {
  const dash = fc.constantFrom('-', '/', '\u2013', '\u2014', '\u2015');
  const words = fc.array(fc.record({ dash, word: fc.constantFrom('a', 'exec', 'b-c') }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(words, fc.array(words, { maxLength: 4 }), fc.boolean(), (wanted, others, swapped) => {
      const written = (list: typeof wanted, change: boolean): string =>
        list.map(({ dash: own, word }) => `${change ? '\u2014' : own}${word}`).join(' ');
      const source = wanted.map(({ word }) => `[-/\u2013\u2014\u2015]${word}`).join(' ');
      const records = [wanted, ...others].map(list => ({ text: written(list, swapped) }));
      agrees(`text|windash: ${yaml(literal(written(wanted, false)))}`, records, ({ text }) =>
        new RegExp(`^${source}$`, 'i').test(text as string),
      );
    }),
  );
});

test('expand is each value of the list in the place of its name', () => {
  const entry = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 4 }),
      fc.constantFrom('', 'contains', 'startswith', 'endswith'),
      fc.constantFrom('%list%', 'x%list%', '%list%%list%', 'a%list%b'),
      fc.array(
        fc.string({ unit: fc.constantFrom('a', 'b', 'x', '.'), maxLength: 7 }).map(text => ({ text })),
      ),
      (list, part, written, records) => {
        const pieces = written.split('%list%');
        const all = pieces
          .slice(1)
          .reduce(
            (texts, piece) => texts.flatMap(text => list.map(each => text + each + piece)),
            [pieces[0]!],
          );
        agrees(
          `${['text', 'expand', ...(part === '' ? [] : [part])].join('|')}: ${yaml(written)}`,
          records,
          record =>
            all.some(wanted => {
              const text = record['text'] as string;
              if (part === 'contains') return text.includes(wanted);
              if (part === 'startswith') return text.startsWith(wanted);
              return part === 'endswith' ? text.endsWith(wanted) : text === wanted;
            }),
          { lists: new Map([['list', list]]) },
        );
      },
    ),
  );
});

test('exists and null on a field of every type', () => {
  const present: Readonly<Record<string, SampleRecord>> = {
    ts: { ts: { sec: 0, nsec: 0 } },
    text: { text: '' },
    kind: { kind: 'a' },
    number: { number: 0 },
    double: { double: 0 },
    flag: { flag: false },
    set: { set: [] },
    gaps: { gaps: [] },
    user: { user: { kind: 'u', digest: '1' } },
    users: { users: [] },
    'id.orig_h': { 'id.orig_h': '::' },
  };
  for (const [field, record] of Object.entries(present)) {
    const records = [record, { other: 'x' }];
    agrees(`${field}|exists: true`, records, each => each === record);
    agrees(`${field}|exists: false`, records, each => each !== record);
    agrees(`${field}: null`, records, each => each !== record);
    agrees(`${field}|neq: null`, records, each => each === record);
  }
});
