import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TUNNEL_DEPTH } from '../../src/layers/decapsulation.ts';
import { concat, ethernet, ipv4, tcp } from '../support/frames.ts';
import { dot11, snap, subframe } from '../support/link-frames.ts';
import { kindsOf, openTunnels } from '../support/open-tunnels.ts';
import { intoTunnel, TUNNEL_KINDS } from '../support/tunnels.ts';

const PACKET = ipv4({}, tcp({}, 'hello'));
const FRAME = ethernet({}, PACKET);
const wrapped = (frame: Uint8Array, kind: (typeof TUNNEL_KINDS)[number]) =>
  intoTunnel([{ bytes: frame }], kind)[0]!.bytes as Uint8Array;

describe('decapsulation', () => {
  it.each(TUNNEL_KINDS.map(kind => [kind.name, kind] as const))('opens %s', (_, kind) => {
    const opened = openTunnels(wrapped(FRAME, kind));
    expect(opened.at(-1)).toMatchObject({
      kind: 'tcp',
      depth: 1,
      type: kind.type,
      inKey: kind.inKey,
      payload: 'hello',
    });
    // The packet around is a flow when it is UDP.
    expect(opened.length === 1 || opened[0]!.kind === 'udp').toBe(true);
  });

  it.each(TUNNEL_KINDS.map(kind => [kind.name, kind] as const))(
    'reads nothing out of less: %s',
    (_, kind) => {
      const frame = wrapped(FRAME, kind);
      for (let length = 0; length < frame.length - 'hello'.length; length++)
        expect(kindsOf(frame.subarray(0, length))).not.toContain('tcp');
    },
  );

  it('opens tunnels in tunnels, to a depth', () => {
    let frame = FRAME;
    for (let depth = 0; depth < MAX_TUNNEL_DEPTH; depth++) frame = wrapped(frame, TUNNEL_KINDS[depth]!);
    expect(openTunnels(frame).at(-1)).toMatchObject({ kind: 'tcp', depth: MAX_TUNNEL_DEPTH });
    expect(openTunnels(wrapped(frame, TUNNEL_KINDS[0]!)).at(-1)).toMatchObject({ kind: 'udp' });
  });

  it('takes the packets of an A-MSDU apart, but not without end', () => {
    const msdu = snap(0x0800, PACKET);
    const frame = (count: number) =>
      dot11({ qos: 0x80 }, concat(...Array.from({ length: count }, () => subframe(msdu))));
    expect(kindsOf(frame(5), 105)).toEqual(Array(5).fill('tcp'));
    expect(kindsOf(frame(500), 105)).toHaveLength(65);
  });

  it('never throws and stays inside the frame, with bytes of tunnels changed', () => {
    const change = fc.tuple(fc.nat(140), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...TUNNEL_KINDS),
        fc.array(change, { maxLength: 4 }),
        fc.nat(120),
        (kind, changes, cut) => {
          const frame = wrapped(FRAME, kind).slice();
          for (const [at, value] of changes) frame[at % frame.length] = value;
          openTunnels(frame.subarray(0, frame.length - (cut % frame.length)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
