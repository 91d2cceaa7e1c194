import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/layers/link.ts';
import { KIND, Packet } from '../../src/model/packet.ts';
import { DiscoveryLog } from '../../src/pipeline/discovery-log.ts';
import { NeighbourLog } from '../../src/pipeline/neighbour-log.ts';
import { Repeats } from '../../src/pipeline/repeats.ts';
import { cdpPacket, lldpFrame } from '../protocols/naming/neighbour-bytes.ts';
import { LINK } from '../support/captures.ts';
import { concat, ethernet, icmp, ip6, ipv6, MAC_A, MAC_B, PROTOCOL } from '../support/frames.ts';

const LLDP = 0x88cc;
const SNAP_CDP = [0xaa, 0xaa, 3, 0, 0, 12, 0x20, 0];

function observer(
  make: (sink: ConstructorParameters<typeof NeighbourLog>[0]) => { observe(p: Packet): void },
) {
  const records: Record<string, unknown>[] = [];
  const log = make({
    emit: (stream, record, shard) => {
      expect(shard).toBe(0);
      records.push({ stream: stream.name, ...(record as Record<string, unknown>) });
    },
    captureName: index => `capture-${index}`,
  });
  const packet = new Packet();
  let number = 0;
  const observe = (bytes: Uint8Array) => {
    const { length } = bytes;
    Object.assign(packet.frame, {
      bytes,
      captured: length,
      length,
      linkType: LINK.ethernet,
      sec: 5,
      nsec: 6,
    });
    packet.frame.number = ++number;
    decodeFrame(packet);
    log.observe(packet);
    return packet.kind;
  };
  return { records, observe };
}

const seen = { ts: { sec: 5, nsec: 6 }, capture: 'capture-0', eth_src: MAC_A };

describe('NeighbourLog', () => {
  const cdpFrame = (packet: Uint8Array) => ethernet({ type: packet.length + 8 }, concat(SNAP_CDP, packet));

  it('logs LLDP and CDP once', () => {
    const { records, observe } = observer(sink => new NeighbourLog(sink));
    const lldp = ethernet({ type: LLDP, vlans: [30] }, lldpFrame([5, 'pump-7']));
    const cdp = cdpFrame(cdpPacket([1, 'ap-3']));
    expect([observe(lldp), observe(cdp), observe(lldp), observe(cdp)]).toEqual([
      KIND.lldp,
      KIND.cdp,
      KIND.lldp,
      KIND.cdp,
    ]);
    expect(records).toEqual([
      { ...seen, stream: 'neighbour', frame: 1, protocol: 'lldp', system_name: 'pump-7', vlan: 30 },
      {
        ...seen,
        stream: 'neighbour',
        frame: 2,
        protocol: 'cdp',
        ttl: 180,
        chassis_id: 'ap-3',
        vlan: undefined,
      },
    ]);
  });

  it('does not read padding behind a CDP packet, nor other LLC frames', () => {
    const { records, observe } = observer(sink => new NeighbourLog(sink));
    observe(concat(cdpFrame(cdpPacket([1, 'ap-3'])), new Uint8Array(20)));
    expect(records).toHaveLength(1);
    const packet = new Packet();
    const stp = ethernet({ type: 38 }, concat([0x42, 0x42, 3], new Uint8Array(43)));
    Object.assign(packet.frame, {
      bytes: stp,
      captured: stp.length,
      length: stp.length,
      linkType: LINK.ethernet,
    });
    decodeFrame(packet);
    expect(packet.kind).toBe(KIND.none);
  });

  it('reports what is malformed beside what could be read', () => {
    const { records, observe } = observer(sink => new NeighbourLog(sink));
    observe(ethernet({ type: LLDP }, lldpFrame([5, 'pump-7'], [6, 'abc']).subarray(0, -3)));
    expect(records.map(record => [record['stream'], record['system_name'], record['name']])).toEqual([
      ['neighbour', 'pump-7', undefined],
      ['weird', undefined, 'lldp_malformed'],
    ]);
  });
});

describe('DiscoveryLog', () => {
  const solicitation = (src: string, target = '2001:db8::7') =>
    ethernet({ dst: MAC_B }, ipv6({ src, next: PROTOCOL.icmp6 }, icmp(135, 0, ip6(target))));

  it('logs a message once, and whatever changes anew', () => {
    const { records, observe } = observer(sink => new DiscoveryLog(sink));
    for (const src of ['fe80::1', 'fe80::1', 'fe80::2']) observe(solicitation(src));
    observe(solicitation('fe80::1', '2001:db8::8'));
    expect(records.map(record => record['frame'])).toEqual([1, 3, 4]);
    expect(records[0]).toEqual({
      ...seen,
      stream: 'icmp6_nd',
      frame: 1,
      type: 'neighbour_solicitation',
      src: 'fe80::1',
      dst: '2001:db8::2',
      target: '2001:db8::7',
      vlan: undefined,
    });
  });

  it('passes over what is cut', () => {
    const { records, observe } = observer(sink => new DiscoveryLog(sink));
    observe(solicitation('fe80::1').subarray(0, -4));
    expect(records).toEqual([]);
  });
});

describe('Repeats', () => {
  it('remembers up to its limit, then starts anew', () => {
    const repeats = new Repeats(2);
    expect(['a', 'a', 'b', 'a', 'c', 'a'].map(text => repeats.has(text))).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
  });
});
