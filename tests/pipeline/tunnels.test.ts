/**
 * The fixtures rewritten into every kind of tunnel: the flows inside are those of the capture as it was, in every field
 * but the uid (when the tunnel is part of the key), the tunnel's own, and the MAC addresses and VLANs that a tunnel of IP
 * packets does not carry; and what decoders read is the same, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/schema.ts';
import { type Captured, pcap } from '../support/captures.ts';
import { type DecodedCapture, decodeFiles } from '../support/decode-capture.ts';
import { ethernet, fromHex, ipv4, tcp } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { readFrames } from '../support/read-frames.ts';
import { tempFolder } from '../support/temp.ts';
import { HERE, intoTunnel, THERE, TUNNEL_KINDS, type TunnelKind } from '../support/tunnels.ts';

const temp = tempFolder();
const ENDS = new Set([HERE, THERE, '2001:db8::a', '2001:db8::b']);
/** Streams about the frames themselves, or about all flows of a host. */
const ABOUT_FRAMES = new Set(['arp', 'tunnel', 'conn']);

let frames: Captured[] = [];
let plain: DecodedCapture;

const decodeFrames = (name: string, captured: readonly Captured[]): Promise<DecodedCapture> =>
  decodeFiles([temp.write(name, pcap(captured))]);

beforeAll(async () => {
  const file = new Uint8Array(readFileSync(join(FIXTURES, 'ward.pcap')));
  frames = (await readFrames(file)).frames.map(({ sec, nsec, hex, length }) => ({
    sec,
    nsec,
    bytes: fromHex(hex),
    original: length,
  }));
  plain = await decodeFrames('plain.pcap', frames);
});

/** Flows inside, as text and in a fixed order. */
function flowsInside(decoded: DecodedCapture, { carries, inKey }: TunnelKind): string[] {
  return decoded
    .rows('conn')
    .filter(row => !ENDS.has(row['id.orig_h'] as string))
    .map(row => {
      const kept: Record<string, Value | undefined> = { ...row };
      for (const name of ['tunnel_parents', 'capture']) delete kept[name];
      if (inKey) delete kept['uid'];
      if (carries === 'ip')
        for (const name of ['orig_l2_addr', 'resp_l2_addr', 'vlan', 'inner_vlan']) delete kept[name];
      return JSON.stringify(kept);
    })
    .sort();
}

describe('tunnels', () => {
  it.each(TUNNEL_KINDS.map(kind => [kind.name, kind] as const))(
    'the same flows inside %s',
    async (_, kind) => {
      const decoded = await decodeFrames('tunnel.pcap', intoTunnel(frames, kind));
      expect(flowsInside(plain, kind).length).toBeGreaterThan(10);
      expect(flowsInside(decoded, kind)).toEqual(flowsInside(plain, kind));
      expect(decoded.coverage.limits).toEqual({});
      const streams = plain.store.names.filter(name => !ABOUT_FRAMES.has(name));
      expect(streams.length).toBeGreaterThan(3);
      const counts = (of: DecodedCapture) => streams.map(name => [name, of.store.count(name)]);
      expect(counts(decoded)).toEqual(counts(plain));
      expect(decoded.store.count('arp')).toBe(plain.store.count('arp'));

      const tunnels = decoded.rows('tunnel');
      expect(new Set(tunnels.map(row => row['tunnel_type']))).toEqual(new Set([kind.type]));
      const known = new Set(tunnels.map(row => row['uid']));
      for (const row of decoded.rows('conn')) {
        if (ENDS.has(row['id.orig_h'] as string)) continue;
        const parents = row['tunnel_parents'] as readonly string[];
        expect(parents.length).toBeGreaterThan(0);
        expect(parents.every(uid => known.has(uid))).toBe(true);
      }
    },
  );

  const segment = (payload: string): Uint8Array => ipv4({ src: '10.0.0.7' }, tcp({ flags: 'S' }, payload));
  const named = (name: string): TunnelKind => TUNNEL_KINDS.find(kind => kind.name === name)!;

  it('flows of equal addresses in two networks are two, on two VLANs one', async () => {
    const kind = named('VXLAN');
    const [first] = intoTunnel([{ bytes: ethernet({}, segment('a')) }], kind);
    const other = new Uint8Array(first!.bytes as Uint8Array);
    other[14 + 20 + 8 + 6] = 78;
    const overlay = await decodeFrames('two.pcap', [first!, { bytes: other }]);
    expect(overlay.rows('conn').filter(row => row['id.orig_h'] === '10.0.0.7')).toHaveLength(2);
    const vlans = await decodeFrames('vlans.pcap', [
      { bytes: ethernet({ vlans: [1] }, segment('a')) },
      { bytes: ethernet({ vlans: [2] }, segment('a')), sec: 1 },
    ]);
    expect(vlans.rows('conn')).toHaveLength(1);
  });

  it('the uid of a flow in a tunnel does not depend on other tunnels', async () => {
    const [first] = intoTunnel([{ bytes: ethernet({}, segment('a')), sec: 5 }], named('GRE'));
    const [other] = intoTunnel([{ bytes: ethernet({}, segment('b')), sec: 4 }], named('VXLAN'));
    const uid = (decoded: DecodedCapture): Value | undefined =>
      decoded
        .rows('conn')
        .filter(row => row['id.orig_h'] === '10.0.0.7')
        .at(-1)?.['uid'];
    expect(uid(await decodeFrames('b.pcap', [other!, first!]))).toBe(
      uid(await decodeFrames('a.pcap', [first!])),
    );
  });

  it('stops at a depth and says so', async () => {
    const gre = named('GRE');
    let packet = segment('deep');
    for (let depth = 0; depth < 40; depth++) packet = gre.wrap(packet, false, depth);
    const decoded = await decodeFrames('deep.pcap', [{ bytes: ethernet({}, packet) }]);
    expect(decoded.coverage.limits).toEqual({ tunnel_depth: 1 });
    expect(decoded.rows('conn')).toMatchObject([{ 'id.orig_h': HERE, ip_proto: 47 }]);
  });
});
