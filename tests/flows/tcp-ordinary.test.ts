/** The short way for ordinary segments must give what the long way gives: everything is run both ways. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as short from '../support/flow-script.ts';
import { fromHex } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { readFrames } from '../support/read-frames.ts';

let long: typeof short;

beforeAll(async () => {
  vi.resetModules();
  vi.doMock('../../src/flows/tcp-ordinary.ts', () => ({ takeOrdinary: () => false }));
  long = await import('../support/flow-script.ts');
  vi.doUnmock('../../src/flows/tcp-ordinary.ts');
});

/** What came of packets: records, and what consumers were told. */
function outcome(module: typeof short, packets: readonly short.Timed[]) {
  const { conns, told, engine } = module.play(packets);
  return { conns, told, flows: engine.flows, missed: engine.missedBytes };
}

describe('ordinary segments', () => {
  it('the other way is another way', () => expect(long.EngineRun).not.toBe(short.EngineRun));

  it('any conversation, with losses, repetitions and wrong numbers', () => {
    const send = fc.record({
      side: fc.boolean(),
      flags: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom('A', 'PA') },
        fc.constantFrom('FA', 'RA', 'S', 'SA', 'P'),
      ),
      length: fc.nat(30),
      shift: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -40, max: 40 })),
      ackShift: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -40, max: 40 })),
      window: fc.oneof({ weight: 9, arbitrary: fc.constant(100) }, fc.constant(0)),
      wait: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.nat(400)),
    });
    const seq = fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xffffff00, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(send, { maxLength: 60 }), seq, seq, (sends, origSeq, respSeq) => {
        const script = new short.Script({ origSeq, respSeq }).open();
        const next: [number, number] = [1, 1];
        for (const { side, flags, length, shift, ackShift, window, wait } of sends) {
          const [mine, other] = side ? ([0, 1] as const) : ([1, 0] as const);
          const at = next[mine] + shift;
          script.wait(wait)[side ? 'orig' : 'resp'](flags, {
            data: 'x'.repeat(length),
            at,
            ack: next[other] + ackShift,
            window,
          });
          next[mine] = Math.max(next[mine], at + length);
        }
        expect(outcome(short, script.packets)).toEqual(outcome(long, script.packets));
      }),
      { numRuns: 500 },
    );
  });

  it('every flow of a real capture', async () => {
    const { frames } = await readFrames(new Uint8Array(readFileSync(join(FIXTURES, 'ward.pcap'))));
    const packets = frames
      .map(({ sec, nsec, hex }) => ({ sec, nsec, frame: fromHex(hex) }))
      .filter(({ frame }) => frame[12] === 8 && frame[13] === 0);
    const [quick, slow] = [outcome(short, packets), outcome(long, packets)];
    expect(quick.conns.length).toBeGreaterThan(50);
    expect(quick).toEqual(slow);
  });
});
