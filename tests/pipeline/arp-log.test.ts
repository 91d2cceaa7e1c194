import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/layers/link.ts';
import { Packet } from '../../src/model/packet.ts';
import { ArpLog } from '../../src/pipeline/arp-log.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';
import { LINK } from '../support/captures.ts';
import { type Arp, arp, concat, ETHERTYPE, ethernet, MAC_A, MAC_B } from '../support/frames.ts';

function observer() {
  const records: Record<string, unknown>[] = [];
  const log = new ArpLog({
    emit: (stream, record, shard) => {
      expect([stream.name, shard]).toEqual(['arp', 0]);
      records.push(record as Record<string, unknown>);
    },
    captureName: index => `capture-${index}`,
  });
  const packet = new Packet();
  let number = 0;
  const observe = (fields: Arp, vlans: number[] = [], linkType: number = LINK.ethernet) => {
    const frame = ethernet({ type: ETHERTYPE.arp, vlans, src: MAC_B }, arp(fields));
    const bytes = linkType === LINK.ethernet ? frame : concat(new Uint8Array(14), [8, 6], frame.subarray(14));
    Object.assign(packet.frame, {
      bytes,
      captured: bytes.length,
      length: bytes.length,
      linkType,
      sec: 5,
      nsec: 6,
    });
    packet.frame.number = ++number;
    decodeFrame(packet);
    log.observe(packet);
  };
  return { records, observe };
}

describe('ArpLog', () => {
  it('emits every field', () => {
    const { records, observe } = observer();
    observe({ operation: 2, senderIp: '10.0.0.9', targetMac: MAC_B, targetIp: '10.0.0.8' }, [30]);
    expect(records).toEqual([
      {
        ts: { sec: 5, nsec: 6 },
        operation: 'reply',
        sender_mac: MAC_A,
        sender_ip: '10.0.0.9',
        target_mac: MAC_B,
        target_ip: '10.0.0.8',
        gratuitous: false,
        eth_src: MAC_B,
        vlan: 30,
        frame: 1,
        capture: 'capture-0',
      },
    ]);
  });

  it('names operations, and numbers those without a name', () => {
    const { records, observe } = observer();
    for (const operation of [1, 2, 8]) observe({ operation });
    expect(records.map(record => record['operation'])).toEqual(['request', 'reply', '8']);
  });

  it('tells who announces itself without being asked', () => {
    const { records, observe } = observer();
    for (const operation of [1, 2]) observe({ operation, senderIp: '10.0.0.9', targetIp: '10.0.0.9' });
    expect(records.map(record => record['gratuitous'])).toEqual([true, true]);
  });

  it('logs a repeated announcement once, and whatever changes anew', () => {
    const { records, observe } = observer();
    observe({});
    observe({});
    observe({ senderMac: MAC_B });
    observe({ senderIp: '10.0.0.77' });
    observe({}, [30]);
    observe({ operation: 2 });
    observe({});
    expect(records.map(record => record['frame'])).toEqual([1, 3, 4, 5, 6]);
  });

  it('has no Ethernet sender behind a link layer without one', () => {
    const { records, observe } = observer();
    observe({}, [], LINK.sll);
    expect(records[0]).toMatchObject({ eth_src: undefined, vlan: undefined, sender_ip: '10.0.0.1' });
  });

  it('beyond its limit it may repeat itself but loses nothing', () => {
    const { records, observe } = observer();
    const address = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    for (let i = 0; i <= LIMITS.arpPairs; i++) observe({ senderIp: address(i) });
    expect(records).toHaveLength(LIMITS.arpPairs + 1);
    observe({ senderIp: address(LIMITS.arpPairs) });
    expect(records).toHaveLength(LIMITS.arpPairs + 1);
    observe({ senderIp: address(0) });
    expect(records).toHaveLength(LIMITS.arpPairs + 2);
  });
});
