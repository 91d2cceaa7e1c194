/**
 * What holds for every decoder, whatever it decodes: the records do not depend on how the bytes were cut into
 * segments; a conversation may end, lose bytes or be damaged anywhere without an exception; nothing takes more than
 * linear time. `describeDecoderLaws` makes these into tests of the suite that calls it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/model/protocol.ts';
import {
  bytesOf,
  cost,
  everySplit,
  everyTruncation,
  flipBit,
  outcome,
  type PlayOptions,
  play,
  type Step,
} from './fake-flow.ts';

/** Registers the laws for one protocol over conversations by name. */
export function describeDecoderLaws(
  protocol: Protocol,
  exchanges: Readonly<Record<string, readonly Step[]>>,
  options: PlayOptions = {},
): void {
  const open: PlayOptions = { ...options, probe: false };
  describe.each(Object.entries(exchanges))('laws: %s', (_name, exchange) => {
    const register = options.transport === 'udp' ? () => undefined : it;

    // Datagrams are never cut.
    register('gives the same records split at every byte', () => {
      const whole = outcome(play(protocol, exchange, options));
      expect(whole.verdict).toBe('match');
      for (const { cut, played } of everySplit(protocol, exchange, options)) {
        expect(outcome(played), `cut at ${cut}`).toEqual(whole);
      }
    });

    it('survives truncation at every length', () => {
      for (const shorter of everyTruncation(exchange)) play(protocol, shorter, open);
    });

    it('survives a hole of any length anywhere', () => {
      const steps = exchange.length;
      fc.assert(
        fc.property(fc.nat(steps - 1), fc.nat(1 << 16), fc.boolean(), (at, length, replace) => {
          const step = exchange[at]!;
          if ('gap' in step) return;
          const hole: Step = { gap: step[0], length: length + 1 };
          play(protocol, [...exchange.slice(0, at), hole, ...exchange.slice(replace ? at + 1 : at)], open);
        }),
        { numRuns: 200 },
      );
    });

    it('survives flipped bits', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(1 << 20), { minLength: 1, maxLength: 4 }), bits => {
          play(
            protocol,
            bits.reduce<readonly Step[]>((damaged, bit) => flipBit(damaged, bit), exchange),
            open,
          );
        }),
        { numRuns: 500 },
      );
    });
  });

  describe('laws: any input', () => {
    const direction = fc.constantFrom(0 as const, 1 as const);
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(direction, fc.uint8Array({ maxLength: 300 })) },
      { weight: 1, arbitrary: fc.record({ gap: direction, length: fc.integer({ min: 1, max: 100_000 }) }) },
    );

    it('survives random bytes', () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 8 }), steps => {
          play(protocol, steps, open);
        }),
        { numRuns: 500 },
      );
    });

    it('survives random bytes behind a real beginning', () => {
      const beginnings = Object.values(exchanges);
      fc.assert(
        fc.property(
          fc.constantFrom(...beginnings),
          fc.nat(20),
          fc.array(step, { maxLength: 6 }),
          (real, take, steps) => {
            play(protocol, [...real.slice(0, take % (real.length + 1)), ...steps], open);
          },
        ),
        { numRuns: 500 },
      );
    });
  });
}

/** Bytes repeated to about `length`. */
export function repeated(unit: Uint8Array | string, length: number): Uint8Array {
  const bytes = bytesOf(unit);
  const result = new Uint8Array(Math.ceil(length / bytes.length) * bytes.length);
  for (let at = 0; at < result.length; at += bytes.length) result.set(bytes, at);
  return result;
}

/** Least work that says something about growth, in milliseconds of processor time. */
const MEASURABLE = 8;

/**
 * Expects `run(2n)` to take at most three times the processor time of `run(n)`, or `run(4n)` ten times, for an `n` from
 * `start` on that takes long enough to be measured; work that is still instant at 64 times `start` is no danger. Other
 * processes and the compiler disturb single measurements, so the best of several counts; work that grows with the
 * square takes four and sixteen times as long every time.
 */
export function expectLinear(run: (n: number) => void, start: number): void {
  let n = start;
  while (cost(() => run(n), 2) < MEASURABLE) {
    n *= 2;
    if (n > start * 64) return;
  }
  const ratios: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    const once = cost(() => run(n), 3);
    const twice = cost(() => run(2 * n), 3);
    if (twice <= 3 * once) return;
    if (attempt < 3) continue;
    // Four times the input tells linear (4) from quadratic (16) by more than a busy machine can blur.
    const fourfold = cost(() => run(4 * n), 3);
    ratios.push(fourfold / once);
    if (fourfold <= 10 * once) return;
  }
  expect.fail(`four times the input took ${ratios.map(ratio => ratio.toFixed(2)).join(', ')} times as long`);
}
