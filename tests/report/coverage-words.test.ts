import { describe, expect, test } from 'vitest';
import { PROBLEM_NAMES } from '../../src/model/packet.ts';
import { coverageWords } from '../../src/report/coverage-words.ts';
import { CAPTURES, CLEAN_COVERAGE, COVERAGE } from './sample.ts';

const words = (change: Partial<typeof COVERAGE>) => coverageWords({ ...CLEAN_COVERAGE, ...change }, []);

describe('coverage in words', () => {
  test('nothing missing is one sentence', () => {
    expect(words({})).toEqual([{ text: 'All 4,321 frames could be decoded.', loss: false }]);
  });

  test('nothing read is no praise', () => {
    expect(words({ frames: 0, decoded: 0 })).toEqual([{ text: 'No frame was read.', loss: false }]);
  });

  test('losses come first, and only they count as loss', () => {
    const all = coverageWords(COVERAGE, CAPTURES);
    const losses = all.filter(word => word.loss);
    expect(all.slice(0, losses.length)).toEqual(losses);
    expect(losses).toHaveLength(4);
  });

  test('every reason that the packet layer knows has its words', () => {
    for (const name of PROBLEM_NAMES.filter(name => name !== '')) {
      const [, word] = words({ frames: 4322, undecoded: { [name]: 1 } });
      expect(word?.text, name).toMatch(/^1 frame /);
      expect(word?.text, name).not.toContain('not decoded:');
    }
  });

  test('numbers that go with a reason are named, the most frequent of many', () => {
    const few = { 'unknown_ethertype:0x8864': 2, 'unknown_ethertype:0x88cc': 20, 'unknown_link_type:127': 1 };
    const [, types, links] = words({ undecoded: few });
    expect(types!.text).toBe(
      '22 frames of protocols that are neither IP nor ARP (by EtherType: LLDP (0x88cc) ×20, PPPoE (0x8864) ×2).',
    );
    expect(links!.text).toBe('1 frame of link types that are not supported (by LINKTYPE number: 127 ×1).');
    const many = Array.from({ length: 5000 }, (_, i) => [`unknown_ethertype:0x${i.toString(16)}`, i]);
    const sentences = words({ undecoded: Object.fromEntries(many) });
    expect(sentences).toHaveLength(2);
    expect(sentences[1]!.text).toContain(', and 4,994 more)');
  });

  test('one of a kind has the verbs of one', () => {
    const all = words({
      ...COVERAGE,
      frames: 2,
      decoded: 1,
      undecoded: Object.fromEntries(PROBLEM_NAMES.filter(name => name !== '').map(name => [name, 1])),
      snapped: 1,
      duplicates: 1,
      outside: 1,
      missed_bytes: 1,
      missed_cut_bytes: 0,
      checksums_checked: 1,
      bad_checksums: { 'tcp:internal': 1 },
      trailers: { 1: 1 },
      limits: Object.fromEntries(
        [
          'archive_members',
          'compression_depth',
          'decompression_ratio',
          'zstd_window',
          'zstd_work',
          'fragments',
        ]
          .concat(['tunnel_depth', 'tunnels', 'flows', 'protected_values', 'finding_groups', 'finding_flows'])
          .map(name => [name, 1]),
      ),
    });
    for (const { text } of all) {
      if (text.startsWith('1 '))
        expect(text.split(':')[0]).not.toMatch(
          /^1 (\w+ ){1,4}?(?<!that )(are|were|have|end) |\btheir (link|field)|^1 \w+s /,
        );
    }
    expect(all.length).toBeGreaterThan(35);
    expect(words({ frames: 1, decoded: 1 })[0]?.text).toBe('The only frame could be decoded.');
  });

  test('unknown names are passed on', () => {
    expect(words({ undecoded: { strange: 2 } })[1]!.text).toBe('2 frames not decoded: strange.');
    expect(words({ limits: { strange: 1 } })[0]!.text).toContain('The limit strange was hit 1 time');
  });

  test.each<[string, Partial<typeof COVERAGE>, string]>([
    [
      'offload',
      { checksums_checked: 1000, bad_checksums: { 'tcp:internal': 400 }, bad_checksum_hosts: 1 },
      'all sent by one host: it leaves them to its network card (checksum offload)',
    ],
    [
      'a few of one host',
      { checksums_checked: 1000, bad_checksums: { 'tcp:internal': 4 }, bad_checksum_hosts: 1 },
      '4 of 1,000 packets whose checksums were verified have a wrong one, sent by one host: damaged',
    ],
    [
      'a bad link',
      { checksums_checked: 1000, bad_checksums: { 'tcp:external': 400 }, bad_checksum_hosts: 9 },
      'sent by 9 hosts: damaged',
    ],
    [
      'a tap’s trailer',
      { trailers: { '12': 4000 } },
      '4,000 frames end with 12 bytes that belong to no packet',
    ],
    ['the time asked for', { outside: 7 }, '7 frames outside --since and --until were read and left out.'],
    ['what was lost', { missed_bytes: 900, missed_cut_bytes: 400 }, '500 bytes of TCP content arrived'],
  ])('%s', (_, change, expected) => expect(words(change)[1]?.text).toContain(expected));

  test('content that was cut is no loss of the tap', () => {
    expect(words({ missed_bytes: 400, missed_cut_bytes: 400 })).toHaveLength(1);
  });
});
