/**
 * What holds for every registered protocol, shown on its openings in `openings/`, so that none can be forgotten. Each
 * protocol's own test has the same laws for whole conversations (`describeDecoderLaws`).
 */
import { describe, expect, it } from 'vitest';
import { type Direction, ORIG, type Protocol, RESP } from '../../src/model/protocol.ts';
import * as registry from '../../src/protocols/registry.ts';
import { expectLinear, repeated } from '../support/decoder-laws.ts';
import {
  bytesOf,
  everySplit,
  everyTruncation,
  outcome,
  type PlayOptions,
  play,
  type Step,
} from '../support/fake-flow.ts';
import { ANNOUNCED, DECODED } from './openings/all.ts';
import type { Sample } from './openings/sample.ts';

const PROTOCOLS: readonly Protocol[] = Object.values(registry as Record<string, Protocol>);

const SIDES = [ORIG, RESP] as const;

/** Bytes that no protocol sends, the same in every run (xorshift). */
function noise(length: number, seed = 1): Uint8Array {
  let word = seed * 0x9e3779b1;
  return Uint8Array.from({ length }, () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return word & 0xff;
  });
}

const GARBAGE: Readonly<Record<string, Uint8Array>> = {
  noise: noise(3000),
  zeros: new Uint8Array(3000),
  ones: new Uint8Array(3000).fill(0xff),
  'a line without end': repeated('a', 3000),
  lines: repeated('a b:c\r\n', 3000),
  brackets: repeated('<{[("', 3000),
};

const stepsOf = (sample: Sample, order: readonly Direction[] = SIDES): Step[] =>
  order
    .map(side => [side, sample[side === ORIG ? 'orig' : 'resp']] as const)
    .filter((step): step is readonly [Direction, Uint8Array | string] => step[1] !== undefined);

function optionsOf({ transport = 'tcp', port }: Sample, protocol: Protocol): PlayOptions {
  return { transport, respPort: port ?? protocol.ports[0] ?? 40_001 };
}

/** The conversation in the order in which it is recognised. */
function conversation(sample: Sample, protocol: Protocol): { steps: Step[]; options: PlayOptions } {
  const options = optionsOf(sample, protocol);
  const before: Step[] = sample.before === undefined ? [] : [[ORIG, sample.before]];
  const orders = [stepsOf(sample), stepsOf(sample, [RESP, ORIG])].map(steps => [...before, ...steps]);
  const steps = orders.find(order => play(protocol, order, options).verdict === 'match');
  expect(steps, 'recognised as it arrives').toBeDefined();
  return { steps: steps!, options };
}

/** A flow that is only announced has no opening: anything may be in it. */
const announced = ANNOUNCED.map(
  (owner): Sample => ({ owner, what: 'anything', orig: 'a\r\nb\r\n', resp: 'c' }),
);
const SAMPLES = [...DECODED, ...announced].map(sample => ({
  sample,
  name: `${sample.owner}: ${sample.what}`,
  protocol: PROTOCOLS.find(({ name }) => name === sample.owner)!,
}));
/** One of each protocol. */
const FIRST = SAMPLES.filter(
  ({ protocol }, at) => SAMPLES.findIndex(other => other.protocol === protocol) === at,
);
const RECOGNISED = SAMPLES.filter(({ sample }) => !ANNOUNCED.includes(sample.owner));

describe('laws of every protocol', () => {
  it('has a sample of every protocol', () => {
    const owners = new Set(SAMPLES.map(({ sample }) => sample.owner));
    expect(PROTOCOLS.map(({ name }) => name).filter(name => !owners.has(name))).toEqual([]);
  });

  it.each(RECOGNISED.filter(({ sample }) => sample.transport !== 'udp'))(
    '$name gives the same records split at every byte',
    ({ sample, protocol }) => {
      const { steps, options } = conversation(sample, protocol);
      const whole = outcome(play(protocol, steps, options));
      for (const { cut, played } of everySplit(protocol, steps, options))
        expect(outcome(played), `cut at ${cut}`).toEqual(whole);
    },
  );

  it.each(RECOGNISED.filter(({ sample }) => sample.transport !== 'udp'))(
    '$name gives the same records with one direction only, split at every byte',
    ({ sample, protocol }) => {
      for (const side of SIDES) {
        const steps = stepsOf(sample, [side]);
        const options = { ...optionsOf(sample, protocol), probe: false };
        const whole = outcome(play(protocol, steps, options));
        for (const { cut, played } of everySplit(protocol, steps, options))
          expect(outcome(played), `side ${side} cut at ${cut}`).toEqual(whole);
      }
    },
  );

  it.each(SAMPLES)('$name survives its end at every byte, and in its middle', ({ sample, protocol }) => {
    for (const fromStart of [true, false]) {
      const options = { ...optionsOf(sample, protocol), probe: false, fromStart };
      for (const order of [SIDES, [RESP, ORIG] as const])
        for (const shorter of everyTruncation(stepsOf(sample, order))) play(protocol, shorter, options);
    }
  });

  it.each(SAMPLES)('$name keeps what it decoded when garbage follows', ({ sample, protocol }) => {
    const options = { ...optionsOf(sample, protocol), probe: false };
    const steps = stepsOf(sample);
    const alone = play(protocol, steps, options).records.length;
    for (const [what, garbage] of Object.entries(GARBAGE)) {
      for (const side of SIDES) {
        const played = play(protocol, [...steps, [side, garbage], [side, garbage]], options);
        expect(played.records.length, `${what} from ${side}`).toBeGreaterThanOrEqual(alone);
      }
    }
  });

  it.each(SAMPLES)('$name survives garbage alone, and a hole before it', ({ sample, protocol }) => {
    const options = { ...optionsOf(sample, protocol), probe: false };
    for (const garbage of Object.values(GARBAGE)) {
      for (const side of SIDES) {
        play(protocol, [[side, garbage]], options);
        play(protocol, [...stepsOf(sample), { gap: side, length: 100 }, [side, garbage]], options);
      }
    }
  });

  it.each(PROTOCOLS)('$name survives every other protocol on its port', protocol => {
    for (const { sample } of SAMPLES) {
      const transport = sample.transport ?? 'tcp';
      if (sample.owner === protocol.name || !protocol.transports.includes(transport)) continue;
      const options = { transport, respPort: protocol.ports[0] ?? 40_001 } as const;
      const foreign = sample.port === undefined && !ANNOUNCED.includes(sample.owner);
      for (const order of [SIDES, [RESP, ORIG] as const]) {
        const steps = stepsOf(sample, order);
        if (foreign) expect(play(protocol, steps, options).verdict, sample.what).not.toBe('match');
        play(protocol, steps, { ...options, probe: false });
      }
    }
  });

  // Hundreds of timings are noise on a busy machine; each protocol has one of its own. On demand, with MEDTAP_LAWS=1.
  const timed = process.env['MEDTAP_LAWS'] === '1' ? FIRST : [];
  it.each(timed)('$name takes linear time', ({ sample, protocol }) => {
    const options = { ...optionsOf(sample, protocol), probe: false, timed: true };
    const steps = stepsOf(sample);
    const [side, opening] = steps[0]! as readonly [Direction, Uint8Array | string];
    for (const unit of [opening, GARBAGE['lines']!, GARBAGE['noise']!]) {
      const size = options.transport === 'udp' ? Math.min(bytesOf(unit).length, 1400) : 1400;
      expectLinear(n => {
        play(protocol, [...steps, ...segments(side, repeated(unit, n), size)], options);
      }, 16_384);
    }
  });

  it.each(timed)('$name takes linear time in one-byte segments', ({ sample, protocol }) => {
    const options = { ...optionsOf(sample, protocol), probe: false, timed: true };
    const steps = stepsOf(sample);
    const [side] = steps[0]! as readonly [Direction, Uint8Array | string];
    for (const unit of ['a', '\0'])
      expectLinear(n => play(protocol, [...steps, ...segments(side, repeated(unit, n), 1)], options), 8192);
  });
});

function segments(side: Direction, bytes: Uint8Array, size: number): Step[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i): Step => [side, bytes.subarray(i * size, (i + 1) * size)]);
}
