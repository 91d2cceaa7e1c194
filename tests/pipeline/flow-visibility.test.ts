import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import type { RecordOf } from '../../src/model/schema.ts';
import { conn } from '../../src/model/streams.ts';
import { surveyFlows } from '../../src/pipeline/flow-visibility.ts';

type Flow = RecordOf<typeof conn>;

function survey(...flows: Flow[]) {
  const builder = new BatchBuilder(conn);
  const common = { proto: 'tcp', 'id.orig_h': '10.0.0.1', 'id.resp_h': '10.0.0.2', capture: 'a.pcap' };
  flows.forEach((flow, i) => {
    builder.append({ ts: { sec: i, nsec: 0 }, ...common, ...flow }, i);
  });
  return surveyFlows([builder.build()]);
}

const sides = (flow: Flow) => survey(flow).all.tcp;

describe('one side only', () => {
  it.each<[string, Flow, number, number]>([
    ['both sides', { orig_pkts: 5, resp_pkts: 4, history: 'ShADadFf' }, 0, 1],
    ['a caller that goes on without an answer', { orig_pkts: 4, resp_pkts: 0, history: 'SADF' }, 1, 1],
    ['an answerer alone', { orig_pkts: 0, resp_pkts: 3, history: 'hadf' }, 1, 1],
    ['a call that nobody answered', { orig_pkts: 3, resp_pkts: 0, history: 'S' }, 0, 0],
    ['a refusal seen alone', { orig_pkts: 0, resp_pkts: 1, history: 'r' }, 0, 0],
  ])('%s', (_, flow, one_way, judged) => expect(sides(flow)).toEqual({ one_way, judged }));

  it('by VLAN', () => {
    const { vlans } = survey(
      { orig_pkts: 4, resp_pkts: 0, history: 'SAD', vlan: 20 },
      { orig_pkts: 4, resp_pkts: 3, history: 'ShAD', vlan: 20 },
      { orig_pkts: 4, resp_pkts: 3, history: 'ShAD' },
    ).all;
    expect(vlans).toEqual({ '-': { one_way: 0, judged: 1 }, '20': { one_way: 1, judged: 2 } });
  });
});

describe('beginnings and holes', () => {
  it('of TCP flows alone', () => {
    const { all } = survey(
      { direction_confidence: 'syn', missed_bytes: 0 },
      { direction_confidence: 'protocol', missed_bytes: 3, orig_ip_bytes: 90 },
      { direction_confidence: 'first_packet' },
      { proto: 'udp', direction_confidence: 'port' },
    );
    expect(all).toMatchObject({ tcpFlows: 3, midstream: 2, withGaps: 1 });
  });
});

describe('content', () => {
  it('is recognised or not, missing or not', () => {
    const { all } = survey(
      { service: 'http', orig_bytes: 100, resp_bytes: 900, missed_bytes: 50, resp_ip_bytes: 1200 },
      { orig_bytes: 30, orig_ip_bytes: 70 },
      { proto: 'udp', resp_bytes: 7, resp_ip_bytes: 35 },
      { proto: 'icmp', orig_bytes: 1000, orig_ip_bytes: 1028 },
    );
    expect(all).toMatchObject({
      flows: 4,
      streamBytes: 1030,
      missedBytes: 50,
      payloadBytes: 1037,
      unrecognisedBytes: 37,
    });
  });

  it('that nothing recognised is counted by port, the most first', () => {
    const { unrecognised } = survey(
      { 'id.resp_p': 5000, orig_bytes: 30, orig_ip_bytes: 70 },
      { 'id.resp_p': 5000, resp_bytes: 40, resp_ip_bytes: 80 },
      { 'id.resp_p': 80, service: 'http', orig_bytes: 100, orig_ip_bytes: 200 },
      { 'id.resp_p': 9, proto: 'udp', resp_bytes: 700, resp_ip_bytes: 735 },
      { 'id.resp_p': 22, history: 'S' },
      { proto: 'icmp', orig_bytes: 1000, orig_ip_bytes: 1028 },
    );
    expect(unrecognised).toEqual([
      { proto: 'udp', port: 9, flows: 1, bytes: 700 },
      { proto: 'tcp', port: 5000, flows: 2, bytes: 70 },
    ]);
  });

  it('is never more than what packets can have carried, whatever sequence numbers say', () => {
    const forged = { orig_bytes: 4_000_000_000, missed_bytes: 400_000_000, orig_ip_bytes: 1000 };
    expect(survey(forged).all).toMatchObject({ streamBytes: 101_000, missedBytes: 100_000 });
  });

  it('of protocols that flows do not follow is counted by protocol', () => {
    const { protocols } = survey(
      { proto: 'unknown_transport', ip_proto: 47, orig_pkts: 3, resp_pkts: 2 },
      { ip_proto: 6, orig_pkts: 9 },
    );
    expect([...protocols]).toEqual([[47, 5]]);
  });
});

describe('hosts', () => {
  it('groups are nobody’s flows', () => {
    const { all } = survey(
      { 'id.resp_h': '224.0.0.251', proto: 'udp' },
      { 'id.resp_h': 'ff02::1', proto: 'udp' },
      { 'id.resp_h': '255.255.255.255', proto: 'udp' },
      { 'id.resp_h': '223.255.255.1', proto: 'udp' },
    );
    expect(all.unicast).toBe(1);
  });

  it('the one with most flows, unless there are too many hosts to be one', () => {
    const to = (i: number) => ({ 'id.resp_h': `10.1.${i >> 8}.${i & 255}` });
    expect(survey(to(1), to(2), { ...to(3), 'id.orig_h': '10.9.9.9' }).all.busiestHostFlows).toBe(2);
    expect(survey(...Array.from({ length: 4096 }, (_, i) => to(i))).all.busiestHostFlows).toBe(0);
  });
});

it('keeps captures apart', () => {
  const { captures } = survey({}, { capture: 'b.pcap' }, { capture: 'b.pcap' });
  expect([...captures].map(([name, { flows }]) => [name, flows])).toEqual([
    ['a.pcap', 1],
    ['b.pcap', 2],
  ]);
});
