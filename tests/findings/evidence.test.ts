import { describe, expect, test } from 'vitest';
import { Evidence, FRAMES_PER_FLOW, SeenFlows, SHOWN_FLOWS } from '../../src/findings/evidence.ts';
import type { Moment } from '../../src/model/schema.ts';
import { record, shuffled } from './make.ts';

const at = (sec: number): Moment => ({ sec, nsec: 0 });
const nothing = () => undefined;

describe('evidence', () => {
  test('lists the first flows by time, whatever the order of records', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const wanted = items.slice(0, SHOWN_FLOWS).map(i => `C${i}`);
    for (const seed of [1, 2, 3]) {
      const evidence = new Evidence(new SeenFlows(100));
      for (const i of shuffled(items, seed)) evidence.add(record({ uid: `C${i}`, frame: i }), at(i));
      expect(evidence.flows(nothing).map(flow => flow.uid)).toEqual(wanted);
      expect(evidence.total).toBe(50);
    }
  });

  test('counts a flow once, with its distinct frames ascending', () => {
    const evidence = new Evidence(new SeenFlows(100));
    for (const frame of [9, 3, 9, 5]) evidence.add(record({ frame }), at(frame));
    expect(evidence.total).toBe(1);
    expect(evidence.flows(nothing)[0]!.frames).toEqual([3, 5, 9]);
  });

  test('names a bounded number of frames, the first ones', () => {
    const evidence = new Evidence(new SeenFlows(100));
    for (let frame = 40; frame > 0; frame--) evidence.add(record({ frame }), at(frame));
    expect(evidence.flows(nothing)[0]!.frames).toEqual(
      Array.from({ length: FRAMES_PER_FLOW }, (_, i) => i + 1),
    );
  });

  test('a flow moves forward when an earlier record of it comes late', () => {
    const evidence = new Evidence(new SeenFlows(100));
    evidence.add(record({ uid: 'A' }), at(10));
    evidence.add(record({ uid: 'B' }), at(20));
    evidence.add(record({ uid: 'B' }), at(5));
    expect(evidence.flows(nothing).map(flow => flow.uid)).toEqual(['B', 'A']);
  });

  test('takes transport and service from the flow when the record has none', () => {
    const evidence = new Evidence(new SeenFlows(100));
    evidence.add(record({ proto: undefined }), at(1));
    expect(evidence.flows(() => ({ proto: 'udp', service: 'dns' }))[0]).toMatchObject({
      proto: 'udp',
      service: 'dns',
    });
    expect(evidence.flows(nothing)[0]).toMatchObject({ proto: '', service: null });
  });

  test('records without a flow keep their capture and frames', () => {
    const evidence = new Evidence(new SeenFlows(100));
    evidence.add({ sender_ip: '10.0.0.1', target_ip: '10.0.0.2', capture: 'a.pcap', frame: 4 }, at(1));
    evidence.add({ sender_ip: '10.0.0.1', target_ip: '10.0.0.2', capture: 'a.pcap', frame: 6 }, at(2));
    expect(evidence.flows(nothing)).toEqual([
      {
        uid: '',
        'id.orig_h': '10.0.0.1',
        'id.orig_p': 0,
        'id.resp_h': '10.0.0.2',
        'id.resp_p': 0,
        proto: 'arp',
        service: null,
        capture: 'a.pcap',
        frames: [4, 6],
      },
    ]);
  });

  test('once the budget is spent the total is an upper bound', () => {
    const seen = new SeenFlows(3);
    const evidence = new Evidence(seen);
    const flow = record();
    for (const uid of ['A', 'B', 'C', 'B']) evidence.add({ ...flow, uid }, at(1));
    expect(evidence.total).toBe(3);
    evidence.add({ ...flow, uid: 'D' }, at(2));
    evidence.add({ ...flow, uid: 'D' }, at(2));
    evidence.add({ ...flow, uid: 'A' }, at(2));
    expect(evidence.total).toBe(5);
    expect(seen.untold).toBe(2);
  });
});
