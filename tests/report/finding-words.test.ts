import { describe, expect, test } from 'vitest';
import {
  DeviceIndex,
  doubt,
  evidencePhrase,
  hostsPhrase,
  levelWord,
  seenPhrase,
} from '../../src/report/finding-words.ts';
import { siteClock } from '../../src/report/time.ts';
import { DEVICES, FINDINGS } from './sample.ts';

const [outbound, inbound, nobody] = FINDINGS as [
  (typeof FINDINGS)[0],
  (typeof FINDINGS)[0],
  (typeof FINDINGS)[0],
];
const index = new DeviceIndex(DEVICES);
const clock = siteClock('UTC');

describe('who called whom', () => {
  test('the device called', () => {
    expect(hostsPhrase(outbound!, index)).toBe(
      'pump-12 (infusion-pump, life-sustaining, 10.20.3.12, 00:11:22:33:44:55) → ' +
        '203.0.113.9:443 (updates.example.net, internet)',
    );
  });

  test('the device answered, on the port that all flows share', () => {
    expect(hostsPhrase(inbound!, index)).toBe('10.20.3.200 (internal) → 10.20.3.77:23 (pacs)');
    const flows = [...inbound!.flows, { ...inbound!.flows[0]!, 'id.resp_p': 2323 }];
    expect(hostsPhrase({ ...inbound!, flows }, index)).toBe('10.20.3.200 (internal) → 10.20.3.77 (pacs)');
  });

  test('IPv6 addresses stand in brackets before a port', () => {
    const peer = { ...outbound!.peer, name: '2001:db8::1', ips: ['2001:db8::1'] };
    expect(hostsPhrase({ ...outbound!, peer }, index)).toContain('→ [2001:db8::1]:443 (');
  });

  test('one side, or none', () => {
    expect(hostsPhrase({ ...outbound!, peer: nobody!.peer }, index)).toMatch(/^pump-12 \(.*\)$/);
    expect(hostsPhrase({ ...outbound!, device: nobody!.device }, index)).toMatch(/^203\.0\.113\.9:443/);
    expect(hostsPhrase(nobody!, index)).toBe('Whole segment');
  });
});

test('how often and when', () => {
  expect(seenPhrase(outbound!, clock)).toBe('3 times in 2 flows, 2026-11-18 11:06:50 to 11:16:50');
  expect(seenPhrase({ ...outbound!, flows_total: 1 }, clock)).toMatch(/^3 times, /);
  expect(seenPhrase(inbound!, clock)).toBe('once, 2026-11-18 11:07:00');
});

test('frames by capture, some of many', () => {
  expect(evidencePhrase(outbound!)).toBe('ward/monday.pcap: frames 12, 40; ward/tuesday.pcapng: frame 2');
  const frames = Array.from({ length: 15 }, (_, i) => 100 - i);
  const flows = [{ ...outbound!.flows[0]!, frames }];
  expect(evidencePhrase({ ...outbound!, flows })).toBe(
    'ward/monday.pcap: frames 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97 and 3 more',
  );
  expect(evidencePhrase({ ...outbound!, flows: [{ ...outbound!.flows[0]!, frames: [] }] })).toBe(
    'ward/monday.pcap',
  );
  expect(evidencePhrase(nobody!)).toBe('');
});

test('levels and doubts are words', () => {
  expect(levelWord('informational')).toBe('INFO');
  expect(levelWord('high')).toBe('HIGH');
  expect(doubt('high')).toBeUndefined();
  expect(doubt('medium')).toMatch(/^medium: /);
  expect(doubt('low')).toMatch(/^low: /);
});
