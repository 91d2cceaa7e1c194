/** Scanning against a naive search over the whole stream, under any segmentation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Content, Signature } from '../../src/signatures/signature.ts';
import { places, scan, signature } from './support.ts';

const base = signature('bytes: ab');

/** Few different bytes, so that words overlap, repeat and nearly match. Letters in both cases. */
const byte = fc.constantFrom(0x61, 0x41, 0x62, 0x42, 0x00, 0xff);
const bytes = (min: number, max: number) =>
  fc.array(byte, { minLength: min, maxLength: max }).map(list => Uint8Array.from(list));
const lower = (list: Uint8Array): Uint8Array =>
  list.map(each => (each >= 0x41 && each <= 0x5a ? each | 0x20 : each));

const content = (first: boolean): fc.Arbitrary<Content> =>
  fc
    .record({
      bytes: first ? bytes(2, 20) : bytes(1, 4),
      nocase: fc.boolean(),
      min: fc.nat(3),
      spread: first ? fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(40)) : fc.nat(4),
    })
    .map(({ bytes: list, nocase, min, spread }) => ({
      bytes: nocase ? lower(list) : list,
      nocase,
      min: first && spread === Number.POSITIVE_INFINITY ? 0 : min,
      max: min + spread,
    }));

const anySignature: fc.Arbitrary<Signature> = fc
  .record({
    first: content(true),
    others: fc.array(content(false), { maxLength: 3 }),
    offset: fc.constantFrom(0, 0, 0, 2, 9),
    depth: fc.integer({ min: 20, max: 90 }),
    pattern: fc.option(fc.constant({ test: (text: string) => /^.?b\0/s.test(text), within: 3 }), {
      nil: undefined,
    }),
    limit: fc.integer({ min: 1, max: 3 }),
    direction: fc.constantFrom('orig', 'any'),
  })
  .map(({ first, others, ...rest }) => ({ ...base, ...rest, contents: [first, ...others] }) as Signature);

/** A stream that holds some of what is looked for. */
function streamFor(all: readonly Signature[]): fc.Arbitrary<Uint8Array> {
  const words = all.flatMap(({ contents }) => contents.map(each => each.bytes));
  const whole = all.map(({ contents }) =>
    Uint8Array.from([
      ...contents.flatMap((each, i) => [...Array(i && each.min).fill(0), ...each.bytes]),
      0x62,
      0,
    ]),
  );
  const piece = fc.oneof(bytes(0, 6), fc.constantFrom(...words), fc.constantFrom(...whole));
  return fc.array(piece, { maxLength: 12 }).map(pieces => Uint8Array.from(pieces.flatMap(each => [...each])));
}

/** Where a signature matches, by trying everything. */
function naive(all: Signature, stream: Uint8Array): readonly string[] {
  const at = ({ bytes: wanted, nocase }: Content, from: number): boolean =>
    from + wanted.length <= Math.min(stream.length, all.offset + all.depth) &&
    wanted.every((each, i) => (nocase ? lower(stream)[from + i] : stream[from + i]) === each);
  const follows = (i: number, end: number): boolean => {
    const next = all.contents[i];
    if (next === undefined) {
      const text = Buffer.from(stream.subarray(end, end + (all.pattern?.within ?? 0))).toString('latin1');
      return all.pattern === undefined || all.pattern.test(text);
    }
    for (let from = end + next.min; from <= Math.min(end + next.max, stream.length); from++)
      if (at(next, from) && follows(i + 1, from + next.bytes.length)) return true;
    return false;
  };
  const [first] = all.contents as [Content];
  const found: string[] = [];
  for (let from = 0; from < stream.length && found.length < all.limit; from++) {
    if (from < all.offset + first.min || from > all.offset + first.max) continue;
    if (at(first, from) && follows(1, from + first.bytes.length)) found.push(`${all.id}@${from}`);
  }
  return found;
}

const cuts = fc.array(fc.nat(30), { maxLength: 40 });

function segments(stream: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const length of lengths) {
    if (length === 0) continue;
    parts.push(stream.slice(from, from + length));
    from += length;
  }
  parts.push(stream.slice(from));
  return parts.filter(part => part.length > 0);
}

const some = fc
  .array(anySignature, { minLength: 1, maxLength: 6 })
  .map(list => list.map((each, i) => ({ ...each, id: `s${i}` })))
  .chain(all => fc.record({ all: fc.constant(all), stream: streamFor(all), lengths: cuts }));

describe('scanning a stream', () => {
  it('finds what a naive search finds, however it is cut', () => {
    let found = 0;
    fc.assert(
      fc.property(some, ({ all, stream, lengths }) => {
        const scanned = scan(
          all,
          segments(stream, lengths).map(part => [0, part] as const),
        );
        fc.pre(scanned.limited === 0);
        const expected = all.flatMap(each => naive(each, stream)).sort();
        found += expected.length;
        expect(places(scanned)).toEqual(expected);
        expect(scanned.held).toBe(0);
      }),
      { numRuns: 3000 },
    );
    expect(found).toBeGreaterThan(500);
  });

  it('finds in both parts around a gap what stands in one of them', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 9 }), fc.nat(60), ({ all, stream, lengths }, hole, cut) => {
        const whole = all.map(each => ({ ...each, limit: 16, offset: 0, depth: 4000 }));
        const [before, behind] = [stream.slice(0, cut), stream.slice(cut)];
        const scanned = scan(whole, [
          ...segments(before, lengths).map(part => [0, part] as const),
          [0, hole],
          ...segments(behind, lengths).map(part => [0, part] as const),
        ]);
        fc.pre(scanned.limited === 0);
        const free = whole.filter(({ contents }) => contents[0]!.max === Number.POSITIVE_INFINITY);
        const moved = (list: readonly string[]) =>
          list.map(text => text.replace(/\d+$/, at => `${Number(at) + before.length + hole}`));
        const expected = free.flatMap(each => [...naive(each, before), ...moved(naive(each, behind))]).sort();
        const ids = new Set(free.map(({ id }) => id));
        expect(places(scanned).filter(place => ids.has(place.split('@')[0]!))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('looks at each datagram by itself', () => {
    fc.assert(
      fc.property(some, ({ all, stream, lengths }) => {
        const udp = all.map(each => ({ ...each, protocol: 'udp' as const, limit: 16 }));
        const datagrams = segments(stream, lengths);
        const scanned = scan(
          udp,
          datagrams.map(part => [0, part] as const),
        );
        fc.pre(scanned.limited === 0 && datagrams.length <= 64);
        const expected = udp
          .flatMap(each => datagrams.flatMap(part => naive(each, part)).slice(0, 16))
          .sort();
        expect(places(scanned)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
