/** However the same bytes are cut, repeated and shuffled, the stream is the same; what is lost is accounted for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { deliveredText, play, Script, type Told } from '../support/flow-script.ts';

/** A piece of the stream: where it begins (0-based) and how long it is. */
type Piece = readonly [at: number, length: number];

const LENGTH = 400;
const CONTENT = Array.from({ length: LENGTH }, (_, i) => String.fromCharCode(33 + ((i * 7) % 90))).join('');

const cuts = fc.uniqueArray(fc.integer({ min: 1, max: LENGTH - 1 }), { maxLength: 20 });
const piece: fc.Arbitrary<Piece> = fc
  .tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: 80 }))
  .map(([at, length]) => [at, Math.min(length, LENGTH - at)] as const);
/** First sequence numbers, often shortly before they wrap. */
const firstSeq = fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xffffffff - LENGTH, max: 0xffffffff }));

function pieces(cutAt: readonly number[]): Piece[] {
  const bounds = [0, ...cutAt.toSorted((a, b) => a - b), LENGTH];
  return bounds.slice(1).map((end, i) => [bounds[i]!, end - bounds[i]!] as const);
}

/** Moves items by at most `window` places, as packets that overtake each other. */
function shuffled<T>(items: readonly T[], window: number, seeds: readonly number[]): T[] {
  return items
    .map((item, i) => ({ item, rank: i + ((seeds[i % seeds.length] ?? 0) % (window + 1)) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function send(script: Script, list: readonly Piece[], text = CONTENT): Script {
  for (const [at, length] of list) script.orig('A', { data: text.slice(at, at + length), at: at + 1 });
  return script;
}

describe('any segmentation of the same bytes', () => {
  const seeds = fc.array(fc.nat(30), { minLength: 1, maxLength: 30 });

  it('is the same stream: in order, shuffled, duplicated and overlapping', () => {
    fc.assert(
      fc.property(
        cuts,
        fc.array(piece, { maxLength: 12 }),
        fc.nat(12),
        seeds,
        firstSeq,
        (cutAt, extra, window, seeds, origSeq) => {
          const list = shuffled([...pieces(cutAt), ...extra], window, seeds);
          const { told, conns } = send(new Script({ origSeq }).open(), list).run();
          const [stream] = told as [Told[]];
          expect(stream.some(item => 'gap' in item)).toBe(false);
          expect(deliveredText(stream, 0)).toBe(CONTENT);
          expect(stream.at(-1)).toEqual({ end: true });
          expect(conns).toHaveLength(1);
          expect(conns[0]).toMatchObject({ orig_bytes: LENGTH, missed_bytes: 0, orig_pkts: list.length + 2 });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of bytes that differ, those that came first count', () => {
    const marked = fc.tuple(piece, fc.integer({ min: 97, max: 122 }));
    fc.assert(
      fc.property(fc.array(marked, { minLength: 1, maxLength: 25 }), list => {
        const oracle: (string | undefined)[] = Array.from({ length: LENGTH });
        const script = new Script().open();
        for (const [[at, length], code] of list) {
          const text = String.fromCharCode(code).repeat(length);
          script.orig('A', { data: text, at: at + 1 });
          for (let i = at; i < at + length; i++) oracle[i] ??= text[0];
        }
        const end = oracle.findLastIndex(byte => byte !== undefined) + 1;
        const expected = oracle
          .slice(0, end)
          .map(byte => byte ?? '?')
          .join('');
        const stream = script.run().told[0]!;
        const got = deliveredText(stream, 0).replace(/\[(\d+)\]/g, (_, gap) => '?'.repeat(Number(gap)));
        expect(got).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('with losses', () => {
  /** A piece sent and perhaps lost, and perhaps an acknowledgement of the other side behind it. */
  const step = fc.record({ piece, lost: fc.boolean(), ack: fc.option(fc.nat(LENGTH)) });

  it('gaps and delivered bytes always add up, and every byte stands where it belongs', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        firstSeq,
        fc.boolean(),
        (steps, origSeq, closes) => {
          const script = new Script({ origSeq }).open();
          const memory = new StreamMemory(1 << 20);
          let end = 0;
          let seen = false;
          for (const { piece, lost, ack } of steps) {
            send(script, [piece]);
            if (lost) script.lost();
            else {
              end = Math.max(end, piece[0] + piece[1]);
              seen = true;
            }
            if (ack !== null) {
              script.resp('A', { ack: ack + 1 });
              // Nobody listens before the first payload: what was acknowledged until then is missed, but no gap.
              end = Math.max(end, ack);
            }
          }
          fc.pre(seen);
          const { told, conns } = play((closes ? script.resp('R') : script).packets, { memory });
          const stream = told[0]!;
          let gaps = 0;
          let position = end - lengthOf(stream);
          expect(position).toBeGreaterThanOrEqual(0);
          for (const item of stream) {
            if ('data' in item) {
              expect(item.data).toBe(CONTENT.slice(position, position + item.data.length));
              position += item.data.length;
            } else if ('gap' in item) {
              expect(item.gap).toBeGreaterThan(0);
              position += item.gap;
              gaps += item.gap;
            }
          }
          expect(position).toBe(end);
          expect(conns[0]?.missed_bytes).toBeLessThanOrEqual(gaps + (end - lengthOf(stream)));
          expect(memory.used).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('what the other side acknowledged and the capture lacks is exactly what is missed', () => {
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.boolean()), (cutAt, losses) => {
        const script = new Script().open();
        let missing = 0;
        for (const [i, item] of pieces(cutAt).entries()) {
          send(script, [item]);
          if (i > 0 && losses.next().value) {
            script.lost();
            missing += item[1];
          }
        }
        const { told, conns, engine } = script.resp('A', { ack: LENGTH + 1 }).run();
        expect(lengthOf(told[0]!)).toBe(LENGTH);
        expect(conns[0]).toMatchObject({ missed_bytes: missing, orig_bytes: LENGTH });
        expect(engine.missedBytes).toBe(missing);
      }),
      { numRuns: 200 },
    );
  });
});

/** Bytes delivered and lost. */
function lengthOf(stream: readonly Told[]): number {
  return stream.reduce(
    (sum, item) => sum + ('data' in item ? item.data.length : 'gap' in item ? item.gap : 0),
    0,
  );
}
