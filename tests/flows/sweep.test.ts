/** A sweep that looks only at flows whose time may have come ends each at the same packet as one that looks at all. */
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import * as sparing from '../support/flow-script.ts';
import { ethernet, HOST_A, HOST_B, ipv4, PROTOCOL, udp } from '../support/frames.ts';

let thorough: typeof sparing;

beforeAll(async () => {
  vi.resetModules();
  vi.doMock('../../src/flows/expiry.ts', async original => ({
    ...(await original<object>()),
    earliestEnd: () => 0,
  }));
  thorough = await import('../support/flow-script.ts');
  vi.doUnmock('../../src/flows/expiry.ts');
});

/** The records, and how many there were after each packet. */
function trace(module: typeof sparing, packets: readonly sparing.Timed[]) {
  const run = new module.EngineRun();
  const counts = packets.map(packet => {
    run.process(packet);
    return run.conns.length;
  });
  run.finish();
  return { counts, conns: run.conns };
}

/** A datagram of one of some flows between two hosts, at seconds after the start. */
function datagram(at: number, src: number, dst: number, back = false): sparing.Timed {
  const [from, to] = back ? [HOST_B, HOST_A] : [HOST_A, HOST_B];
  const ports = back ? { src: dst, dst: src } : { src, dst };
  const frame = ethernet({}, ipv4({ src: from, dst: to, protocol: PROTOCOL.udp }, udp(ports, 'x')));
  const sec = Math.floor(at);
  return { frame, sec: 1_700_000_000 + sec, nsec: Math.round((at - sec) * 1e9) % 1e9 };
}

const step = fc.record({
  what: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(9_999, 53, 137) },
    fc.constantFrom('S', 'SA', 'A', 'PA', 'FA', 'RA'),
  ),
  back: fc.boolean(),
  host: fc.constantFrom(40_000, 40_001),
  // Mostly forward, by what ends flows; sometimes a clock that is set back.
  wait: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.double({ min: 0, max: 12, noNaN: true }) },
    { weight: 2, arbitrary: fc.double({ min: -50, max: 55, noNaN: true }) },
    fc.double({ min: -200, max: 320, noNaN: true }),
  ),
});

it('whatever is sent, whenever', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const script = new sparing.Script();
      let now = 0;
      const packets = steps.map(({ what, back, host, wait }) => {
        now += wait;
        if (typeof what === 'number') return datagram(now, host, what, back);
        script[back ? 'resp' : 'orig'](what);
        return { ...datagram(now, 0, 0), frame: script.packets.at(-1)!.frame };
      });
      expect(trace(sparing, packets)).toEqual(trace(thorough, packets));
    }),
    { numRuns: 400 },
  );
});

it('a flow whose clock was set back is over earlier', () => {
  const others = (at: number) => [1, 2, 3, 4].map(() => datagram(at, 40_001, 9_999));
  const packets = [datagram(0, 40_000, 9_999), ...others(10), datagram(-20, 40_000, 9_999), ...others(45)];
  const { counts, conns } = trace(sparing, packets);
  expect([counts.at(-1), conns[0]?.['id.orig_p']]).toEqual([1, 40_000]);
});
