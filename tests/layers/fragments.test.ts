import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DATAGRAMS, Reassembly } from '../../src/layers/fragments.ts';
import { decodeFrame } from '../../src/layers/link.ts';
import { KIND, Packet } from '../../src/model/packet.ts';
import { LINK } from '../support/captures.ts';
import { expectInside } from '../support/decode-packet.ts';
import { be16, be32, concat, ethernet, extension, ipv4, ipv6, MAC_A, mac, udp } from '../support/frames.ts';

const BODY = Uint8Array.from({ length: 3000 }, (_, i) => i * 7);
const DATAGRAM = udp({}, BODY);

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly bytes?: Uint8Array;
}

const v4 = ({ from, to, bytes = DATAGRAM }: Piece, identification = 9): Uint8Array =>
  ethernet(
    {},
    ipv4(
      { protocol: 17, identification, fragmentOffset: from, moreFragments: to < bytes.length },
      bytes.subarray(from, to),
    ),
  );

const v6 = ({ from, to, bytes = DATAGRAM }: Piece, identification = 9): Uint8Array => {
  const more = to < bytes.length ? 1 : 0;
  const header = concat([17, 0], be16(from | more), be32(identification));
  const fragment = concat(header, bytes.subarray(from, to));
  return ethernet({}, ipv6({ next: 0 }, concat(extension(44, [1, 4, 0, 0, 0, 0]), fragment)));
};

const VERSIONS = [
  ['IPv4', v4, 20],
  ['IPv6', v6, 48],
] as const;

/** Feeds frames and gives the payloads of what was put together. */
class Rig {
  readonly reassembly = new Reassembly();
  readonly whole = new Packet();
  readonly #packet = new Packet();
  #number = 0;

  feed(frame: Uint8Array, sec = 0, captured = frame.length): string | undefined {
    const { frame: view } = this.#packet;
    const bytes = frame.slice(0, captured);
    Object.assign(view, { bytes, at: 0, captured, length: frame.length, sec, number: ++this.#number });
    view.linkType = LINK.ethernet;
    decodeFrame(this.#packet);
    if (!this.reassembly.take(this.#packet, this.whole, true)) return undefined;
    expectInside(this.whole);
    const { payloadAt, payloadEnd } = this.whole;
    return Buffer.from(this.whole.frame.bytes.subarray(payloadAt, payloadEnd)).toString('hex');
  }
}

const EXPECTED = Buffer.from(BODY).toString('hex');

describe.each(VERSIONS)('fragments of %s', (_, make, headerLength) => {
  const pieces = [0, 8, 1000, 2000, 2992].map((from, i, all) => ({
    from,
    to: all[i + 1] ?? DATAGRAM.length,
  }));

  it('are put together in any order, with copies', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(pieces, { minLength: pieces.length }),
        fc.array(fc.constantFrom(...pieces), { maxLength: 4 }),
        (order, copies) => {
          const rig = new Rig();
          // Copies come before the last missing piece, so that they meet an unfinished datagram.
          const last = order[order.length - 1]!;
          for (const piece of [...order.slice(0, -1), ...copies.filter(copy => copy !== last)])
            expect(rig.feed(make(piece))).toBeUndefined();
          expect(rig.feed(make(last))).toBe(EXPECTED);
          rig.reassembly.finish();
          expect(rig.reassembly.lost).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('become one packet of the first frame and the last moment, with one header', () => {
    const rig = new Rig();
    rig.feed(make({ from: 1000, to: DATAGRAM.length }), 5);
    expect(rig.feed(make({ from: 0, to: 1000 }), 7)).toBe(EXPECTED);
    const { whole } = rig;
    expect(whole).toMatchObject({
      kind: KIND.udp,
      srcPort: 40_000,
      ipLength: headerLength + DATAGRAM.length,
    });
    expect(whole.frame).toMatchObject({ number: 1, sec: 7 });
    expect([...whole.frame.bytes.subarray(whole.macSrcAt, whole.macSrcAt + 6)]).toEqual(mac(MAC_A));
    expect(rig.reassembly.joined).toBe(1);
  });

  it('of different identifications are different datagrams', () => {
    const rig = new Rig();
    expect(rig.feed(make({ from: 0, to: 1000 }, 1))).toBeUndefined();
    expect(rig.feed(make({ from: 1000, to: DATAGRAM.length }, 2))).toBeUndefined();
    expect(rig.feed(make({ from: 1000, to: DATAGRAM.length }, 1))).toBe(EXPECTED);
    rig.reassembly.finish();
    expect(rig.reassembly.lost).toBe(1);
  });

  it('that came again at once are swallowed, later they are a new datagram', () => {
    const rig = new Rig();
    const [first, last] = [make({ from: 0, to: 1000 }), make({ from: 1000, to: DATAGRAM.length })];
    rig.feed(first);
    expect(rig.feed(last)).toBe(EXPECTED);
    expect(rig.feed(last)).toBeUndefined();
    expect(rig.reassembly.joined).toBe(2);
    rig.feed(first, 1);
    expect(rig.feed(last, 1)).toBe(EXPECTED);
  });

  it('cut by a snapshot length leave a datagram that is cut', () => {
    const rig = new Rig();
    const first = make({ from: 0, to: 1000 });
    rig.feed(first, 0, first.length - 900);
    expect(rig.feed(make({ from: 1000, to: DATAGRAM.length }))).toBe(EXPECTED.slice(0, 2 * (100 - 8)));
    expect(rig.whole.payloadLength).toBe(BODY.length);
  });

  it('wait a minute, and are counted when nothing more comes', () => {
    const rig = new Rig();
    rig.feed(make({ from: 0, to: 1000 }), 0);
    rig.feed(make({ from: 2000, to: DATAGRAM.length }), 30);
    rig.feed(make({ from: 0, to: 8 }, 77), 61);
    expect(rig.reassembly.lost).toBe(2);
    expect(rig.feed(make({ from: 1000, to: 2000 }), 61)).toBeUndefined();
  });

  it.each<[string, readonly Piece[]]>([
    ['a piece whose length is no multiple of eight', [{ from: 0, to: 1001 }]],
    [
      'two different ends',
      [
        { from: 2000, to: 3008 },
        { from: 2000, to: 2996, bytes: DATAGRAM.subarray(0, 2996) },
      ],
    ],
    [
      'a piece behind the end',
      [
        { from: 1000, to: 1992, bytes: DATAGRAM.subarray(0, 1992) },
        { from: 2000, to: 2008 },
      ],
    ],
  ])('that break a rule are lost: %s', (_, broken) => {
    const rig = new Rig();
    for (const piece of broken) expect(rig.feed(make(piece))).toBeUndefined();
    expect(rig.reassembly.lost).toBeGreaterThan(0);
  });

  it('end a flood at a limit', () => {
    const rig = new Rig();
    for (let i = 0; i < MAX_DATAGRAMS + 500; i++) rig.feed(make({ from: 0, to: 8 }, i));
    expect(rig.reassembly.refused).toBe(500);
    expect(rig.feed(make({ from: 8, to: DATAGRAM.length }, 0))).toBeUndefined();
    expect(rig.feed(make({ from: 8, to: DATAGRAM.length }, MAX_DATAGRAMS + 499))).toBe(EXPECTED);
  });

  it('never throw, whatever they say', () => {
    const piece = fc.record({
      from: fc.nat(8191).map(units => units * 8),
      length: fc.nat(64),
      more: fc.boolean(),
      captured: fc.nat(120),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), made => {
        const rig = new Rig();
        for (const { from, length, more, captured } of made) {
          const bytes = new Uint8Array(from + length + (more ? 1 : 0));
          const frame = make({ from, to: from + length, bytes });
          rig.feed(frame, 0, Math.max(14 + headerLength + 8, Math.min(frame.length, captured)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('overlaps', () => {
  const other = DATAGRAM.map(byte => byte ^ 0xff);
  const pieces = (make: typeof v4) => [
    make({ from: 0, to: 1000 }),
    make({ from: 992, to: 2000, bytes: other }),
    make({ from: 2000, to: DATAGRAM.length }),
  ];

  it('keep what came first with IPv4', () => {
    const rig = new Rig();
    const [first, over, last] = pieces(v4);
    rig.feed(first!);
    rig.feed(over!);
    const expected = concat(DATAGRAM.subarray(8, 1000), other.subarray(1000, 2000), DATAGRAM.subarray(2000));
    expect(rig.feed(last!)).toBe(Buffer.from(expected).toString('hex'));
  });

  it('drop the datagram with IPv6, and what else comes of it', () => {
    const rig = new Rig();
    for (const frame of pieces(v6)) expect(rig.feed(frame)).toBeUndefined();
    rig.reassembly.finish();
    expect(rig.reassembly.lost).toBe(3);
  });
});
