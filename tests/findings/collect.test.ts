import { describe, expect, test } from 'vitest';
import { collectFindings, compareFindings } from '../../src/findings/collect.ts';
import { fingerprint } from '../../src/findings/fingerprint.ts';
import type { Level, Match } from '../../src/model/finding.ts';
import { match, shuffled } from './make.ts';

const collect = (matches: readonly Match[], maxGroups?: number) => collectFindings(matches, { maxGroups });
const at = (sec: number, nsec = 0) => ({ ts: { sec, nsec } });

describe('grouping', () => {
  test('by originator, responder and port unless the rule says otherwise', () => {
    const { findings } = collect([
      match({ uid: 'C1' }),
      match({ uid: 'C2', 'id.orig_p': 50000 }),
      match({ uid: 'C3', 'id.resp_p': 80 }),
      match({ uid: 'C4', 'id.resp_h': '198.51.100.4' }),
      match({ uid: 'C5', orig_device: 'pump-13', 'id.orig_h': '10.20.3.13' }),
    ]);
    expect(findings.map(finding => finding.count).sort()).toEqual([1, 1, 1, 2]);
  });

  test('by the fields of group-by', () => {
    const change = { groupBy: ['id.resp_p'] };
    const { findings } = collect([match({}, change), match({ 'id.resp_h': '198.51.100.4' }, change)]);
    expect(findings).toHaveLength(1);
    expect(findings[0]!.peer).toMatchObject({ name: '2 hosts', port: 443 });
  });

  test('never puts two rules together', () => {
    expect(collect([match(), match({}, { id: 'rule-2', name: 'other' })]).findings).toHaveLength(2);
  });

  test('no two findings share a fingerprint', () => {
    const { findings } = collect([match(), match({ 'id.orig_h': '10.20.3.77', uid: 'C2' })]);
    expect(findings).toHaveLength(1);
    expect(findings[0]!.device.ips).toEqual(['10.20.3.12', '10.20.3.77']);
  });
});

describe('a finding', () => {
  test('has count, first and last time, device, peer and evidence', () => {
    const { findings } = collect([
      match({ ...at(30), uid: 'C2', frame: 9 }),
      match({ ...at(10, 5), uid: 'C1', frame: 2 }),
      match({ ...at(10, 4), uid: 'C1', frame: 1 }),
    ]);
    expect(findings[0]).toMatchObject({
      rule: { id: 'rule-1', name: 'pump-internet', tags: ['medtap.unexpected-outbound'] },
      level: 'high',
      confidence: 'high',
      count: 3,
      first_seen: { sec: 10, nsec: 4 },
      last_seen: { sec: 30, nsec: 0 },
      flows_total: 2,
      device: { name: 'pump-12', type: 'infusion-pump', ips: ['10.20.3.12'] },
      peer: { name: '203.0.113.9', port: 443, scope: 'internet' },
      display_filter:
        'ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && tcp.port == 443 && tcp.port == 49152',
      why: null,
      remedy: null,
      status: 'new',
    });
    expect(findings[0]!.flows.map(flow => [flow.uid, flow.frames])).toEqual([
      ['C1', [1, 2]],
      ['C2', [9]],
    ]);
  });

  test('a device that answered has a peer without a port', () => {
    const inbound = {
      orig_medical: undefined,
      orig_device: undefined,
      orig_known: undefined,
      resp_medical: true,
    };
    const { findings } = collect([match(inbound)]);
    expect(findings[0]!.device.ips).toEqual(['203.0.113.9']);
    expect(findings[0]!.peer.port).toBeNull();
  });

  test('takes its message from the earliest record', () => {
    const change = { message: 'agent {user_agent}', groupBy: ['id.orig_h'] };
    const { findings } = collect([
      match({ ...at(2), user_agent: 'late' }, change),
      match({ ...at(1), user_agent: 'early' }, change),
    ]);
    expect(findings[0]!.message).toBe('agent early');
  });

  test('of ARP records shows capture, frames and an ARP filter', () => {
    const record = {
      ts: { sec: 1, nsec: 0 },
      sender_ip: '10.0.0.1',
      sender_mac: '00:11:22:33:44:55',
      frame: 3,
      capture: 'a.pcap',
    };
    const { findings } = collectFindings([{ ...match(), stream: 'arp', record }]);
    expect(findings[0]!.display_filter).toBe(
      'arp.src.proto_ipv4 == 10.0.0.1 && arp.src.hw_mac == 00:11:22:33:44:55',
    );
    expect(findings[0]!.flows[0]).toMatchObject({ capture: 'a.pcap', frames: [3], proto: 'arp' });
    expect(findings[0]!.device).toMatchObject({ name: '10.0.0.1', macs: ['00:11:22:33:44:55'] });
  });
});

describe('level', () => {
  const levelBy = new Map([
    [
      'orig_criticality',
      new Map<string, Level>([
        ['life-sustaining', 'critical'],
        ['none', 'low'],
      ]),
    ],
    ['resp_scope', new Map<string, Level>([['internet', 'medium']])],
  ]);

  test('is the rule’s when level-by does not speak', () => {
    expect(collect([match({ resp_scope: 'internal' }, { levelBy })]).findings[0]!.level).toBe('high');
  });

  test('may be lowered', () => {
    expect(
      collect([match({ resp_scope: undefined, orig_criticality: 'none' }, { levelBy })]).findings[0]!.level,
    ).toBe('low');
  });

  test('is the most severe that level-by gives', () => {
    expect(collect([match({ orig_criticality: 'none' }, { levelBy })]).findings[0]!.level).toBe('medium');
  });

  test('is the most severe of the group', () => {
    const { findings } = collect([
      match({ orig_criticality: 'none' }, { levelBy }),
      match({ orig_criticality: 'life-sustaining' }, { levelBy }),
      match({ orig_criticality: 'none' }, { levelBy }),
    ]);
    expect(findings.map(finding => finding.level)).toEqual(['critical']);
  });

  test('looks into lists and truth values', () => {
    const byKind = new Map([['kinds', new Map<string, Level>([['ssn', 'critical']])]]);
    expect(collect([match({ kinds: ['mrn', 'ssn'] }, { levelBy: byKind })]).findings[0]!.level).toBe(
      'critical',
    );
    const byTruth = new Map([['success', new Map<string, Level>([['true', 'critical']])]]);
    expect(collect([match({ success: true }, { levelBy: byTruth })]).findings[0]!.level).toBe('critical');
  });
});

test('confidence is that of the surest record', () => {
  const { findings } = collect([
    match({ direction_confidence: 'first_packet' }),
    match({ direction_confidence: 'port', uid: 'C2' }),
  ]);
  expect(findings[0]!.confidence).toBe('medium');
});

describe('order', () => {
  const matches = [
    match({ ...at(5), uid: 'C1' }, { id: 'b', name: 'b-rule', level: 'medium' }),
    match({ ...at(4), uid: 'C2' }, { id: 'a', name: 'a-rule', level: 'medium' }),
    match({ ...at(3), uid: 'C3', orig_device: 'ct-1' }, { id: 'a', name: 'a-rule', level: 'medium' }),
    match({ ...at(2), uid: 'C4', 'id.resp_p': 80 }, { id: 'a', name: 'a-rule', level: 'medium' }),
    match({ ...at(9), uid: 'C5' }, { id: 'z', name: 'z-rule', level: 'critical' }),
    match({ ...at(2), uid: 'C6', 'id.resp_p': 81 }, { id: 'a', name: 'a-rule', level: 'medium' }),
  ];

  test('level, rule, device, first seen, fingerprint', () => {
    const { findings } = collect(matches);
    const rest = findings.slice(2, 4).map(finding => finding.fingerprint);
    expect(findings.map(f => [f.rule.name, f.device.name, f.first_seen.sec])).toEqual([
      ['z-rule', 'pump-12', 9],
      ['a-rule', 'ct-1', 3],
      ['a-rule', 'pump-12', 2],
      ['a-rule', 'pump-12', 2],
      ['a-rule', 'pump-12', 4],
      ['b-rule', 'pump-12', 5],
    ]);
    expect(rest).toEqual([...rest].sort());
  });

  test('the same findings, whatever the order of matches', () => {
    const expected = collect(matches);
    for (let seed = 1; seed <= 10; seed++) expect(collect(shuffled(matches, seed))).toEqual(expected);
  });

  test('is total', () => {
    const { findings } = collect(matches);
    for (const a of findings) for (const b of findings) expect(compareFindings(a, b) === 0).toBe(a === b);
  });
});

describe('limit of groups', () => {
  const matches = Array.from({ length: 10 }, (_, i) => match({ 'id.resp_p': i, uid: `C${i}` }));

  test('counts the matches that are left out', () => {
    const { findings, limits } = collect([...matches, matches[0]!, matches[9]!], 4);
    expect(findings).toHaveLength(4);
    expect(limits).toEqual({ finding_groups: 7 });
    expect(findings.find(finding => finding.peer.port === 0)!.count).toBe(2);
  });

  test('holds for all rules together', () => {
    const other = matches.map(m => ({ ...m, rule: { ...m.rule, id: 'rule-2' } }));
    const { findings, limits } = collectFindings([...matches, ...other], { maxFindings: 15 });
    expect(findings).toHaveLength(15);
    expect(limits).toEqual({ finding_groups: 5 });
  });

  test('holds per rule', () => {
    const other = matches.map(m => ({ ...m, rule: { ...m.rule, id: 'rule-2' } }));
    expect(collect([...matches, ...other], 10).limits).toEqual({});
  });
});

test('the site takes part in the fingerprint of a host known only by address', () => {
  const unknown = match({ orig_device: undefined });
  const { findings } = collectFindings([unknown], { site: 'north' });
  expect(findings[0]!.fingerprint).toBe(
    fingerprint('rule-1', ['ip:north/10.20.3.12', 'ip:203.0.113.9', '443']),
  );
});

describe('suppressed matches', () => {
  const suppressed = (change: Parameters<typeof match>[0] = {}) => ({ ...match(change), suppressed: true });

  test('alone are a finding of that status', () => {
    const { findings } = collectFindings([suppressed(), suppressed({ uid: 'C2' })]);
    expect(findings.map(({ status, count }) => [status, count])).toEqual([['suppressed', 2]]);
  });

  test('do not count beside others, whichever comes first', () => {
    const other = match({ uid: 'C2', ts: { sec: 1_700_000_009, nsec: 0 } });
    for (const matches of [
      [suppressed(), other],
      [other, suppressed()],
    ]) {
      const { findings } = collectFindings(matches);
      expect(findings.map(({ status, count, flows_total }) => [status, count, flows_total])).toEqual([
        ['new', 1, 1],
      ]);
    }
  });
});
