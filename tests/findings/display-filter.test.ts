import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flowFilter, recordFilter } from '../../src/findings/display-filter.ts';
import type { FindingFlow } from '../../src/model/finding.ts';

function flow(change: Partial<FindingFlow> = {}): FindingFlow {
  return {
    uid: 'C1',
    'id.orig_h': '10.20.3.12',
    'id.orig_p': 49152,
    'id.resp_h': '203.0.113.9',
    'id.resp_p': 443,
    proto: 'tcp',
    service: null,
    capture: 'ward.pcap',
    frames: [1],
    ...change,
  };
}

const CASES: readonly (readonly [string, string, string])[] = [
  [
    'one flow',
    flowFilter([flow()], true),
    'ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && tcp.port == 443 && tcp.port == 49152',
  ],
  [
    'flows of one pair share a term',
    flowFilter([flow({ 'id.orig_p': 50000 }), flow()], true),
    'ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && tcp.port == 443 && tcp.port in {49152, 50000}',
  ],
  [
    'more flows than are listed: all of the pair',
    flowFilter([flow()], false),
    'ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && tcp.port == 443',
  ],
  [
    'IPv6 and UDP',
    flowFilter(
      [flow({ 'id.orig_h': '2001:db8::1', 'id.resp_h': '2001:db8::2', proto: 'udp', 'id.resp_p': 53 })],
      true,
    ),
    'ipv6.addr == 2001:db8::1 && ipv6.addr == 2001:db8::2 && udp.port == 53 && udp.port == 49152',
  ],
  [
    'ICMP has no ports',
    flowFilter([flow({ proto: 'icmp', 'id.orig_p': 8, 'id.resp_p': 0 })], true),
    'ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && icmp',
  ],
  [
    'ICMPv6',
    flowFilter([flow({ proto: 'icmp', 'id.orig_h': 'fe80::1', 'id.resp_h': 'ff02::1' })], true),
    'ipv6.addr == fe80::1 && ipv6.addr == ff02::1 && icmpv6',
  ],
  [
    'an unknown transport',
    flowFilter([flow({ proto: '' })], true),
    'ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && (tcp.port == 443 || udp.port == 443)',
  ],
  [
    'a host talking to itself is named once',
    flowFilter([flow({ 'id.resp_h': '10.20.3.12' })], false),
    'ip.addr == 10.20.3.12 && tcp.port == 443',
  ],
  [
    'several pairs',
    flowFilter([flow(), flow({ 'id.resp_h': '198.51.100.7' })], false),
    '(ip.addr == 10.20.3.12 && ip.addr == 203.0.113.9 && tcp.port == 443) || ' +
      '(ip.addr == 10.20.3.12 && ip.addr == 198.51.100.7 && tcp.port == 443)',
  ],
  [
    'ARP announcements',
    recordFilter([{ ip: '10.0.0.1', mac: '00:11:22:33:44:55' }], [7]),
    'arp.src.proto_ipv4 == 10.0.0.1 && arp.src.hw_mac == 00:11:22:33:44:55',
  ],
  ['frames, when nothing else is known', recordFilter([], [9, 7, 9]), 'frame.number in {7, 9}'],
];

describe('display filter', () => {
  test.each(CASES)('%s', (_, filter, expected) => {
    expect(filter).toBe(expected);
  });

  test('names at most eight pairs of hosts', () => {
    const flows = Array.from({ length: 20 }, (_, i) => flow({ 'id.resp_h': `198.51.100.${i}` }));
    expect(flowFilter(flows, true).split(' || ')).toHaveLength(8);
  });

  test('is empty when there is nothing to show', () => {
    expect(recordFilter([], [])).toBe('');
  });

  const tshark = spawnSync('tshark', ['--version']).status === 0;
  const skip = !tshark && process.env['MEDTAP_REQUIRE'] !== '1';
  test.skipIf(skip)(`tshark accepts every one${skip ? ' (skipped: tshark missing)' : ''}`, () => {
    // An empty classic pcap: only the syntax of the filter is looked at.
    const directory = mkdtempSync(join(tmpdir(), 'medtap-filter-'));
    const empty = join(directory, 'empty.pcap');
    writeFileSync(empty, Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'));
    const judge = (filter: string) => spawnSync('tshark', ['-r', empty, '-Y', filter]);
    for (const [, filter] of CASES) expect(judge(filter).status, filter).toBe(0);
    expect(judge('tcp.prot == 1').status).not.toBe(0);
    rmSync(directory, { recursive: true });
  });
});
