import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DatasetReader } from '../../../../src/protocols/clinical/dicom/dataset.ts';
import {
  type Encoding,
  EXPLICIT_BIG,
  EXPLICIT_LITTLE,
  IMPLICIT_LITTLE,
} from '../../../../src/protocols/clinical/dicom/uids.ts';
import { expectLinear, repeated } from '../../../support/decoder-laws.ts';
import {
  BIG,
  bytes,
  EXPLICIT,
  element,
  IMPLICIT,
  sequence,
  sequenceItem,
  UNDEFINED,
  type Writing,
} from './build.ts';

/** Reads a data set in segments; what the reader skips is not even shown to it. */
function walk(content: Uint8Array, encoding: Encoding, segment = Number.POSITIVE_INFINITY) {
  const seen: string[] = [];
  const reader = new DatasetReader(encoding, (group, number, depth, lent, from, to) => {
    const tag = `${group.toString(16).padStart(4, '0')},${number.toString(16).padStart(4, '0')}`;
    seen.push(`${depth} ${tag} ${Buffer.from(lent.subarray(from, to)).toString('latin1')}`);
  });
  let at = 0;
  let shown = 0;
  while (at < content.length && reader.end === undefined) {
    const skipped = Math.min(reader.skip, content.length - at);
    if (skipped > 0) reader.pass(skipped);
    at += skipped;
    const to = Math.min(content.length, at + segment);
    const lent = content.slice(at, to);
    reader.feed(lent, 0, lent.length);
    shown += lent.length;
    lent.fill(0xee);
    at = to;
  }
  return { seen, end: reader.finish(), shown };
}

function read(content: Uint8Array, encoding: Encoding) {
  const { seen, end } = walk(content, encoding);
  for (const segment of [1, 3, 8, 13]) {
    const { shown, ...again } = walk(content, encoding, segment);
    expect(again, `segments of ${segment}`).toEqual({ seen, end });
  }
  return { seen, end };
}

const encodings: [string, Writing, Encoding][] = [
  ['implicit little endian', IMPLICIT, IMPLICIT_LITTLE],
  ['explicit little endian', EXPLICIT, EXPLICIT_LITTLE],
  ['explicit big endian', BIG, EXPLICIT_BIG],
];

describe.each(encodings)('%s', (_name, writing, encoding) => {
  const text = (value: string) => element(writing, 0x0010, 0x0020, 'LO', value);

  test('decodes elements in order', () => {
    const content = bytes(
      text('id12'),
      element(writing, 0x0028, 0x0011, 'OB', 'blob'),
      element(writing, 0x0030, 1, 'LO', ''),
    );
    expect(read(content, encoding)).toEqual({
      seen: ['0 0010,0020 id12', '0 0028,0011 blob', '0 0030,0001 '],
      end: 'complete',
    });
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('decodes sequences; undefined length of sequence %s, of items %s', (ofSequence, ofItems) => {
    const inner = sequence(
      writing,
      0x0040,
      0x0008,
      [sequenceItem(writing, text('deep'), ofItems)],
      ofSequence,
    );
    const content = bytes(
      sequence(
        writing,
        0x0040,
        0x0100,
        [
          sequenceItem(writing, bytes(text('one.'), inner), ofItems),
          sequenceItem(writing, new Uint8Array(0), ofItems),
          sequenceItem(writing, text('two.'), ofItems),
        ],
        ofSequence,
      ),
      text('last'),
    );
    expect(read(content, encoding)).toEqual({
      seen: ['1 0010,0020 one.', '2 0010,0020 deep', '1 0010,0020 two.', '0 0010,0020 last'],
      end: 'complete',
    });
  });

  test('decodes an empty sequence', () => {
    const content = bytes(
      sequence(writing, 0x0040, 0x0100, [], true),
      element(writing, 0x0040, 0x0101, 'SQ', ''),
      text('last'),
    );
    expect(read(content, encoding)).toMatchObject({
      end: 'complete',
      seen: expect.arrayContaining(['0 0010,0020 last']),
    });
  });

  test('cut at every length keeps what was whole', () => {
    const content = bytes(
      text('id12'),
      sequence(writing, 0x0040, 0x0100, [sequenceItem(writing, text('deep'), true)], true),
      text('last'),
    );
    const whole = walk(content, encoding);
    for (let length = 1; length < content.length; length++) {
      const { seen, end } = walk(content.subarray(0, length), encoding);
      expect(whole.seen.slice(0, seen.length)).toEqual(seen);
      if (end === 'complete') expect(seen.length).toBeLessThan(whole.seen.length);
      else expect(end).toBe('cut');
    }
  });

  test('stops at too many levels, without recursion', () => {
    const level = bytes(
      element(writing, 0x0040, 0x0100, 'SQ', '', UNDEFINED),
      element(writing, 0xfffe, 0xe000, '', '', UNDEFINED),
    );
    const { seen, end } = read(bytes(text('id12'), ...Array(5000).fill(level)), encoding);
    expect(seen).toEqual(['0 0010,0020 id12']);
    expect(end).toBe('too_deep');
  });

  test('takes time in proportion to length', () => {
    const unit = bytes(element(writing, 0x0040, 0x0101, 'SQ', ''), text(''));
    const content = repeated(unit, 1 << 22);
    expectLinear(n => {
      const reader = new DatasetReader(encoding, () => undefined);
      reader.feed(content, 0, n * unit.length);
    }, 1000);
  });

  test('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), content => {
        const { end } = read(content, encoding);
        expect(['complete', 'cut', 'malformed', 'too_deep', 'limit']).toContain(end);
      }),
      { numRuns: 500 },
    );
  });
});

test('stops at encapsulated pixel data', () => {
  const content = bytes(
    element(EXPLICIT, 0x0010, 0x0020, 'LO', 'id12'),
    element(EXPLICIT, 0x7fe0, 0x0010, 'OB', '', UNDEFINED),
    element(EXPLICIT, 0xfffe, 0xe000, '', 'fragment'),
    element(EXPLICIT, 0xfffe, 0xe0dd, '', ''),
  );
  expect(read(content, EXPLICIT_LITTLE)).toEqual({ seen: ['0 0010,0020 id12'], end: 'complete' });
});

test('reads UN of undefined length as implicit VR (PS3.5 section 6.2.2)', () => {
  const hidden = sequenceItem(IMPLICIT, element(IMPLICIT, 0x0010, 0x0020, '', 'id12'), true);
  const content = bytes(
    element(EXPLICIT, 0x0040, 0x0100, 'UN', hidden, UNDEFINED),
    element(EXPLICIT, 0xfffe, 0xe0dd, '', ''),
    element(EXPLICIT, 0x0040, 0x0200, 'LO', 'last'),
  );
  expect(read(content, EXPLICIT_LITTLE)).toEqual({
    seen: ['1 0010,0020 id12', '0 0040,0200 last'],
    end: 'complete',
  });
});

test.each([
  ['no value representation', bytes(element(IMPLICIT, 0x0010, 0x0020, '', 'x'))],
  [
    'an item that ends beyond its sequence',
    element(EXPLICIT, 0x0040, 0x0100, 'SQ', element(EXPLICIT, 0xfffe, 0xe000, '', 'no', 20), 10),
  ],
  ['a delimiter without a partner', element(EXPLICIT, 0xfffe, 0xe0dd, '', '')],
])('tells malformed data: %s', (_name, content) => {
  const { end } = read(bytes(content, new Uint8Array(40)), EXPLICIT_LITTLE);
  expect(end).toBe('malformed');
});

test('gives the beginning of a long value and skips the rest unseen', () => {
  const long = element(EXPLICIT, 0x0009, 0x1010, 'OB', new Uint8Array(1_000_000).fill(0x41));
  const content = bytes(long, element(EXPLICIT, 0x0010, 0x0020, 'LO', 'id12'));
  const { seen, end, shown } = walk(content, EXPLICIT_LITTLE, 1460);
  expect(seen.map(line => line.length)).toEqual([12 + 1024, 16]);
  expect(end).toBe('complete');
  expect(shown).toBeLessThan(4000);
});

test('looks at no more than a mebibyte of headers and values', () => {
  const content = repeated(element(EXPLICIT, 0x0040, 0x0100, 'LO', 'abcd'), 2_000_000);
  expect(walk(content, EXPLICIT_LITTLE).end).toBe('limit');
});

test('ends at the pixel data, and shows none of it', () => {
  const content = bytes(
    element(EXPLICIT, 0x0010, 0x0020, 'LO', 'id12'),
    element(EXPLICIT, 0x7fe0, 0x0010, 'OW', new Uint8Array(500_000)),
    element(EXPLICIT, 0x0010, 0x0020, 'LO', 'never'),
  );
  const { seen, end, shown } = walk(content, EXPLICIT_LITTLE, 1460);
  expect({ seen, end }).toEqual({ seen: ['0 0010,0020 id12'], end: 'complete' });
  expect(shown).toBeLessThan(3000);
});
