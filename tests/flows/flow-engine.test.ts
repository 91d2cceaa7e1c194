import { describe, expect, it } from 'vitest';
import type { PacketMark } from '../../src/model/flow.ts';
import { LINK } from '../support/captures.ts';
import { EngineRun, play, recorder, Script, type Timed } from '../support/flow-script.ts';
import {
  type Bytes,
  ethernet,
  HOST_A,
  HOST_B,
  icmp,
  ipv4,
  ipv6,
  PROTOCOL,
  tcp,
  udp,
} from '../support/frames.ts';

let clock = 0;
const timed = (frame: Uint8Array, sec = ++clock): Timed => ({ frame, sec, nsec: 0 });

function datagram(
  src: number,
  dst: number,
  payload: Bytes = 'x',
  from = HOST_A,
  to = HOST_B,
  sec?: number,
): Timed {
  return timed(
    ethernet({}, ipv4({ src: from, dst: to, protocol: PROTOCOL.udp }, udp({ src, dst }, payload))),
    sec,
  );
}

function segment(src: number, dst: number, flags: string, from = HOST_A, to = HOST_B): Timed {
  return timed(ethernet({}, ipv4({ src: from, dst: to }, tcp({ src, dst, flags, ack: 77 }))));
}

function message(type: number, code: number, from = HOST_A, to = HOST_B, payload: Bytes = ''): Timed {
  return timed(
    ethernet({}, ipv4({ src: from, dst: to, protocol: PROTOCOL.icmp }, icmp(type, code, payload))),
  );
}

describe('who is the originator', () => {
  it.each([
    ['a SYN', 104, 50_000, 'S', false, 'syn'],
    ['a SYN-ACK', 104, 50_000, 'SA', true, 'syn'],
    ['a segment from a known port', 104, 50_000, 'A', true, 'port'],
    ['a segment to a known port', 50_000, 104, 'A', false, 'port'],
    ['a segment between unknown ports', 50_000, 40_000, 'A', false, 'first_packet'],
    ['a segment from the lower of two known ports', 104, 2575, 'A', true, 'port'],
    ['a segment from the higher of two known ports', 2575, 104, 'A', false, 'port'],
  ])('of TCP: %s', (_, src, dst, flags, flipped, confidence) => {
    const [row] = play([segment(src, dst, flags)]).conns;
    expect(row).toMatchObject({
      'id.orig_h': flipped ? HOST_B : HOST_A,
      'id.resp_p': flipped ? src : dst,
      direction_confidence: confidence,
    });
    expect(row?.history?.startsWith('^')).toBe(flipped);
  });

  it.each([
    ['to a known port', 50_000, 161, HOST_B, false, 'port'],
    ['from a known port', 161, 50_000, HOST_B, true, 'port'],
    ['between known ports', 123, 123, HOST_B, false, 'first_packet'],
    ['between unknown ports', 50_000, 50_001, HOST_B, false, 'first_packet'],
    ['from a known port to everybody', 67, 50_000, '255.255.255.255', false, 'port'],
  ])('of UDP: %s', (_, src, dst, to, flipped, confidence) => {
    const [row] = play([datagram(src, dst, 'x', HOST_A, to)]).conns;
    expect(row).toMatchObject({ 'id.orig_h': flipped ? to : HOST_A, direction_confidence: confidence });
    expect(row?.conn_state).toBe(flipped ? 'SHR' : 'S0');
  });
});

describe('udp', () => {
  it('is one flow in both directions, with payload bytes and states', () => {
    const { conns, told } = play([
      datagram(5000, 6000, 'ask'),
      datagram(6000, 5000, 'answer', HOST_B, HOST_A),
    ]);
    expect(conns).toHaveLength(1);
    expect(conns[0]).toMatchObject({
      proto: 'udp',
      conn_state: 'SF',
      history: 'Dd',
      orig_bytes: 3,
      resp_bytes: 6,
      orig_ip_bytes: 31,
      resp_ip_bytes: 34,
      duration: 1,
    });
    expect(told[0]?.map(item => ('data' in item ? [item.from, item.data] : 'end'))).toEqual([
      [0, 'ask'],
      [1, 'answer'],
      'end',
    ]);
  });

  it('an empty datagram is counted and not delivered', () => {
    const { conns, told } = play([datagram(5000, 6000, ''), datagram(5000, 6000, '')]);
    expect(conns[0]).toMatchObject({ orig_pkts: 2, orig_bytes: 0, conn_state: 'S0' });
    expect(told).toEqual([]);
  });

  it('delivers the captured part of a cut datagram', () => {
    const whole = datagram(5000, 6000, 'abcdefgh');
    const { told, conns } = play([
      { ...whole, frame: whole.frame.subarray(0, 45), original: whole.frame.length },
      datagram(5000, 6000, ''),
    ]);
    expect(told[0]?.[0]).toMatchObject({ data: 'abc' });
    expect(conns[0]?.orig_bytes).toBe(8);
  });
});

describe('icmp', () => {
  it.each([
    ['echo', 8, 0],
    ['timestamp', 13, 14],
    ['information', 15, 16],
    ['router discovery', 10, 9],
    ['address mask', 17, 18],
  ])('%s request and reply are one flow', (_, request, reply) => {
    const { conns } = play([
      message(request, 0, HOST_A, HOST_B, 'ping'),
      message(reply, 0, HOST_B, HOST_A, 'pong!'),
    ]);
    expect(conns).toHaveLength(1);
    expect(conns[0]).toMatchObject({
      proto: 'icmp',
      conn_state: 'OTH',
      'id.orig_h': HOST_A,
      'id.orig_p': request,
      'id.resp_p': reply,
      orig_bytes: 4,
      resp_bytes: 5,
      history: undefined,
    });
  });

  it('messages without an answer are flows of their sender, with the code for a port', () => {
    const { conns } = play([message(3, 1), message(3, 13), message(3, 1), message(3, 1, HOST_B, HOST_A)]);
    const rows = conns.map(row => [
      row['id.orig_h'],
      row['id.orig_p'],
      row['id.resp_p'],
      row.orig_pkts,
      row.resp_pkts,
    ]);
    expect(rows.toSorted()).toEqual(
      [
        [HOST_A, 3, 1, 2, 0],
        [HOST_A, 3, 13, 1, 0],
        [HOST_B, 3, 1, 1, 0],
      ].toSorted(),
    );
  });

  it('ICMPv6 has pairs of its own', () => {
    const six = (type: number, src: string, dst: string) =>
      timed(ethernet({}, ipv6({ next: PROTOCOL.icmp6, src, dst }, icmp(type))));
    const { conns } = play([
      six(135, 'fe80::1', 'fe80::2'),
      six(136, 'fe80::2', 'fe80::1'),
      six(8, 'fe80::1', 'fe80::2'),
    ]);
    expect(conns.map(row => [row['id.orig_p'], row['id.resp_p'], row.resp_pkts]).toSorted()).toEqual([
      [135, 136, 1],
      [8, 0, 0],
    ]);
  });
});

describe('flows are kept apart by', () => {
  it('protocol, ports, addresses and IP version', () => {
    const packets = [
      datagram(5000, 6000),
      segment(5000, 6000, 'S'),
      datagram(5000, 6001),
      datagram(5000, 6000, 'x', HOST_A, '10.0.0.3'),
      timed(
        ethernet(
          {},
          ipv6({ next: PROTOCOL.udp, src: '::a00:1', dst: '::a00:2' }, udp({ src: 5000, dst: 6000 }, 'x')),
        ),
      ),
      timed(ethernet({}, ipv4({ protocol: PROTOCOL.esp }, 'x'))),
      timed(ethernet({}, ipv4({ protocol: 51 }, 'x'))),
    ];
    const { conns, engine } = play(packets);
    expect(conns).toHaveLength(packets.length);
    expect(engine.flows).toBe(packets.length);
    expect(new Set(conns.map(row => row.uid)).size).toBe(packets.length);
  });

  it('not by VLAN, which stays that of the first packet', () => {
    const tagged = (vlans: number[]) =>
      timed(ethernet({ vlans }, ipv4({ protocol: PROTOCOL.udp }, udp({}, 'x'))));
    const { conns } = play([tagged([30, 7]), tagged([]), tagged([4095])]);
    expect(conns.map(row => [row.vlan, row.inner_vlan, row.orig_pkts])).toEqual([[30, 7, 3]]);
  });

  it('a host that talks to itself has one flow, by ports', () => {
    const { conns } = play([
      datagram(9, 5, 'x', HOST_A, HOST_A),
      datagram(5, 9, 'yy', HOST_A, HOST_A),
      datagram(7, 7, 'z', HOST_A, HOST_A),
    ]);
    expect(
      conns.map(row => [row['id.orig_p'], row['id.resp_p'], row.orig_pkts, row.resp_pkts]).toSorted(),
    ).toEqual([
      [7, 7, 1, 0],
      [9, 5, 1, 1],
    ]);
  });
});

describe('MAC addresses', () => {
  it('are those of the first packet of each side; until a side speaks, where frames to it are sent', () => {
    const from = (src: string, dst: string, back = false) => {
      const [a, b] = back ? [HOST_B, HOST_A] : [HOST_A, HOST_B];
      const [p, q] = back ? [6000, 5000] : [5000, 6000];
      return timed(
        ethernet(
          { src, dst },
          ipv4({ src: a, dst: b, protocol: PROTOCOL.udp }, udp({ src: p, dst: q }, 'x')),
        ),
      );
    };
    const macs = (packets: Timed[]) =>
      play(packets).conns.map(row => [row.orig_l2_addr, row.resp_l2_addr])[0];
    const [a, b, c] = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'] as const;
    expect(macs([from(a, b)])).toEqual([a, b]);
    expect(macs([from(a, b), from(c, a, true)])).toEqual([a, c]);
    expect(macs([from(a, '01:00:5e:00:00:fb')])).toEqual([a, undefined]);
  });

  it('are absent without a link layer', () => {
    const run = new EngineRun();
    run.process(timed(ipv4({ protocol: PROTOCOL.udp }, udp({}, 'x'))), LINK.raw);
    expect(run.finish().conns[0]).toMatchObject({ orig_l2_addr: undefined, resp_l2_addr: undefined });
  });
});

describe('a full table', () => {
  it('ends the longest silent flow early, counts it, and still reports it', () => {
    const packets = Array.from({ length: 100 }, (_, i) =>
      datagram(1000 + i, 6000, 'x', HOST_A, HOST_B, 10 + i / 1000),
    );
    const run = new EngineRun({ maxFlows: 1 });
    for (const packet of packets) run.process(packet);
    // The least a shard holds.
    expect(run.engine.evicted).toBe(100 - 16);
    expect(run.conns).toHaveLength(100 - 16);
    const { conns, told } = run.finish();
    expect(conns).toHaveLength(100);
    expect(new Set(conns.map(row => row['id.orig_p'])).size).toBe(100);
    expect(told.every(list => 'end' in list.at(-1)!)).toBe(true);
    expect(run.engine.flows).toBe(100);
  });

  it('keeps a flow that speaks again and again', () => {
    const packets = Array.from({ length: 200 }, (_, i) => [
      datagram(9, 6000, 'x', HOST_A, HOST_B, 10),
      datagram(1000 + i, 6000, 'x', HOST_A, HOST_B, 10),
    ]).flat();
    const spread = packets.map((packet, i) => ({ ...packet, nsec: i * 1000 }));
    const rows = play(spread, { maxFlows: 1 }).conns.filter(row => row['id.orig_p'] === 9);
    expect(rows.map(row => row.orig_pkts)).toEqual([200]);
  });
});

describe('what a consumer sees of its flow', () => {
  it('is the packet of the moment, and at the end the flow’s own last moment and first frame', () => {
    const seen: PacketMark[] = [];
    const mark = ({ now, frame, capture }: PacketMark) => seen.push({ now, frame, capture });
    const script = new Script({ sec: 100 }).open().orig('PA', { data: 'x' });
    play([...script.packets, datagram(1, 2, 'x', HOST_A, HOST_B, 9_000)], {
      consume: (flow, told) => ({
        ...recorder(flow, told),
        data: () => mark(flow) > 0,
        end: () => void mark(flow),
      }),
    });
    const [first, last] = [
      { frame: 1, capture: 0 },
      { sec: 100, nsec: 3_000_000 },
    ];
    expect(seen).toEqual([
      { now: last, frame: 4, capture: 0 },
      // The datagram ends the TCP flow, whose end is of its own time; then comes the datagram itself.
      { now: last, ...first },
      { now: { sec: 9_000, nsec: 0 }, frame: 5, capture: 0 },
      { now: { sec: 9_000, nsec: 0 }, frame: 5, capture: 0 },
    ]);
  });

  it('collects each service once', () => {
    const { conns } = new Script()
      .open()
      .orig('PA', { data: 'x' })
      .run({
        consume: flow => {
          for (const name of ['http', 'ssl', 'http']) flow.addService(name);
          return null;
        },
      });
    expect(conns[0]?.service).toBe('http,ssl');
  });
});
