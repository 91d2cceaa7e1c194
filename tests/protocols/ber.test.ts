import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  application,
  BerReader,
  BOOLEAN,
  CUT,
  context,
  contextPrimitive,
  ENUMERATED,
  elementLength,
  INTEGER,
  MAX_DEPTH,
  NO_ELEMENT,
  OCTET_STRING,
  OID,
  SEQUENCE,
  SET,
} from '../../src/protocols/ber.ts';
import { expectLinear } from '../support/decoder-laws.ts';
import { fromHex } from '../support/fake-flow.ts';

const reader = (hex: string): BerReader => {
  const bytes = fromHex(hex);
  return new BerReader(bytes, 0, bytes.length);
};
const first = (hex: string): BerReader => {
  const value = reader(hex);
  expect(value.next()).toBe(true);
  return value;
};

describe('values', () => {
  it.each<[string, number | undefined]>([
    ['02 01 00', 0],
    ['02 01 7f', 127],
    ['02 01 80', -128],
    ['02 02 0080', 128],
    ['02 02 ff7f', -129],
    ['02 04 7fffffff', 2 ** 31 - 1],
    ['02 05 0080000000', 2 ** 31],
    ['02 07 1fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['02 07 20000000000000', undefined],
    ['02 00', undefined],
    ['02 08 0000000000000001', undefined],
  ])('reads the integer %s', (hex, value) => expect(first(hex).integer()).toBe(value));

  it('reads integers without sign', () => {
    expect(first('46 04 ffffffff').unsigned()).toBe(2 ** 32 - 1);
    expect(first('46 09 001fffffffffffffff').unsigned()).toBe(undefined);
    expect(first('46 08 0000000000000001').unsigned()).toBe(1);
    expect(first('46 00').unsigned()).toBe(undefined);
  });

  it.each<[string, string | undefined]>([
    ['06 06 2a864886f70d', '1.2.840.113549'],
    ['06 06 2b0601020101', '1.3.6.1.2.1.1'],
    ['06 03 883703', '2.999.3'],
    ['06 01 00', '0.0'],
    ['06 01 27', '0.39'],
    ['06 02 2a86', undefined],
    ['06 00', undefined],
    ['06 0a 2affffffffffffffff7f', undefined],
  ])('reads the object identifier %s', (hex, value) => expect(first(hex).oid()).toBe(value));

  it('reads text, bits, truth and time', () => {
    expect(first('04 03 c3a478').text()).toBe('äx');
    expect(first('03 05 00 40800010').bits()).toBe(0x4080_0010);
    expect(first('03 02 00 80').bits()).toBe(0x8000_0000);
    expect(first('01 01 ff').boolean()).toBe(true);
    expect(first('01 01 00').boolean()).toBe(false);
    const time = (text: string) =>
      first(`18 ${text.length.toString(16).padStart(2, '0')} ${Buffer.from(text).toString('hex')}`);
    expect(time('20370913024805Z').generalizedTime()).toEqual({ sec: 2_136_422_885, nsec: 0 });
    expect(time('2037091302480').generalizedTime()).toBe(undefined);
  });

  it('reads tags of many octets', () => {
    expect(first('7f 8148 01 00')).toMatchObject({ tag: 0x7f, number: 200, from: 4, to: 5 });
    const endless = reader('7f ffffffffffffffff 01 00');
    expect(endless.next()).toBe(false);
    expect(endless.malformed).toBe(true);
  });
});

describe('identifiers', () => {
  it('are those of X.690', () => {
    const tags = [ENUMERATED, SET, contextPrimitive(1), context(1), application(10)];
    expect(tags).toEqual([0x0a, 0x31, 0x81, 0xa1, 0x6a]);
  });
});

describe('structure', () => {
  // SEQUENCE { INTEGER 5, [0] { OCTET STRING "a" }, BOOLEAN true }
  const nested = '30 0b 020105 a003 040161 0101ff';

  it('walks values, and optional ones by their tag', () => {
    const top = reader(nested);
    const sequence = top.enter(SEQUENCE);
    expect(sequence.accept(INTEGER)).toBe(true);
    expect(sequence.integer()).toBe(5);
    expect(sequence.accept(OID)).toBe(false);
    const inner = sequence.enter(context(0));
    expect(inner.accept(OCTET_STRING) && inner.text()).toBe('a');
    expect(inner.next()).toBe(false);
    expect(sequence.enter(application(3)).next()).toBe(false);
    expect(sequence.accept(BOOLEAN) && sequence.boolean()).toBe(true);
    expect([sequence.next(), top.next(), top.malformed]).toEqual([false, false, false]);
  });

  it('reads lengths of several octets', () => {
    expect(first(`04 8180 ${'61'.repeat(128)}`).text()).toBe('a'.repeat(128));
    expect(first('04 84 00000001 61').text()).toBe('a');
  });

  it('finds the end of contents of indefinite length, nested too', () => {
    const top = reader('30 80 3080 020107 0000 0000 020108');
    const inner = top.enter(SEQUENCE).enter(SEQUENCE);
    expect(inner.accept(INTEGER) && inner.integer()).toBe(7);
    expect(top.accept(INTEGER) && top.integer()).toBe(8);
    expect(top.malformed).toBe(false);
  });

  it.each([
    ['beyond the end', '30 05 020101'],
    ['a cut length', '30 82 01'],
    ['a cut identifier', '3f'],
    ['a length of five octets', '30 85 0000000001 00'],
    ['no end of contents', '30 80 020101'],
    ['a primitive of indefinite length', '04 80 0000'],
  ])('ends at %s', (_, hex) => {
    const value = reader(hex);
    expect(value.next()).toBe(false);
    expect(value.malformed).toBe(true);
    expect(value.next()).toBe(false);
    expect(value.contents().length).toBe(0);
  });

  it('tells the whole tree, and keeps what came before', () => {
    const top = reader('30 06 020105 020905');
    const inner = top.enter(SEQUENCE);
    expect(inner.accept(INTEGER) && inner.integer()).toBe(5);
    expect(inner.next()).toBe(false);
    expect(top.malformed).toBe(true);
  });

  it('stops at the greatest depth', () => {
    let value = reader('3080'.repeat(MAX_DEPTH * 3));
    expect(value.next()).toBe(false);
    const bytes = new Uint8Array(MAX_DEPTH * 4);
    for (let i = 0; i < bytes.length; i += 2) bytes.set([0x30, Math.min(bytes.length - i - 2, 127)], i);
    value = new BerReader(bytes, bytes.length - 129, bytes.length);
    let depth = 0;
    value = new BerReader(bytes, bytes.length - 128, bytes.length);
    while (value.next()) {
      value = value.inside();
      depth++;
    }
    expect(depth).toBeLessThanOrEqual(MAX_DEPTH);
  });
});

describe('messages in a stream', () => {
  it.each<[string, number]>([
    ['', CUT],
    ['30', CUT],
    ['30 05', 7],
    ['30 82', CUT],
    ['30 82 01', CUT],
    ['30 82 0100', 260],
    ['30 84 00000010', 22],
    ['30 80', NO_ELEMENT],
    ['30 85', NO_ELEMENT],
    ['30 ff 000000', NO_ELEMENT],
  ])('measures %s', (hex, length) => {
    const bytes = fromHex(hex);
    expect(elementLength(bytes, 0, bytes.length)).toBe(length);
  });
});

describe('any bytes', () => {
  const walk = (value: BerReader): number => {
    let seen = 0;
    while (value.next()) {
      seen++;
      if (value.from > value.to || value.to > value.bytes.length) throw new Error('outside its bounds');
      value.integer();
      value.unsigned();
      value.oid();
      value.bits();
      value.generalizedTime();
      if ((value.tag & 0x20) !== 0) seen += walk(value.inside());
    }
    return seen;
  };

  it('are read without an exception and within their bounds', () => {
    const likely = fc.constantFrom(0, 1, 2, 3, 4, 6, 0x30, 0x80, 0x81, 0x82, 0xa0, 0xff);
    const byte = fc.oneof(likely, fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 120 }), values => {
        walk(new BerReader(Uint8Array.from(values), 0, values.length));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['many small values', (n: number) => new Uint8Array(n).map((_, i) => (i % 2 === 0 ? 2 : 0))],
    ['openings without an end', (n: number) => new Uint8Array(n).map((_, i) => (i % 2 === 0 ? 0x30 : 0x80))],
    ['one long identifier', (n: number) => new Uint8Array(n).fill(0xff)],
  ])('take linear time: %s', (_, make) => {
    expectLinear(n => {
      const bytes = make(n);
      walk(new BerReader(bytes, 0, bytes.length));
    }, 100_000);
  });
});
