import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { scanText } from '../../src/report/text.ts';
import { GOOD } from './health-sample.ts';
import { CAPTURES, CLEAN_COVERAGE, FINDINGS, sampleReport } from './sample.ts';

const plain = (report = sampleReport(), width = 80) => scanText(report, { colour: false, width });

describe('text report', () => {
  test('at 80 columns', async () => {
    await expect(plain()).toMatchFileSnapshot('golden/scan.txt');
  });

  test('at 120 columns, in colour', async () => {
    await expect(scanText(sampleReport(), { colour: true, width: 120 })).toMatchFileSnapshot(
      'golden/scan-colour.txt',
    );
  });

  test('without findings', async () => {
    const report = sampleReport({
      findings: [],
      hidden: 4,
      captures: CAPTURES.slice(0, 1),
      coverage: CLEAN_COVERAGE,
      health: GOOD,
      exit: { code: 0, reason: 'nothing at or above high' },
    });
    const run = { ...report.run, options: { 'min-level': 'medium' } };
    await expect(plain({ ...report, run })).toMatchFileSnapshot('golden/scan-clean.txt');
  });

  test('filters say what they did, and what they suppressed is only counted', () => {
    const use = {
      id: 'f',
      title: 'F',
      owner: null,
      expires: '2026-11-10',
      rules: 1,
      expired_matches: 0,
      shadowed_by: null,
    };
    const text = plain(
      sampleReport({
        findings: FINDINGS.map(finding => ({ ...finding, status: 'suppressed' as const })),
        filters: [
          { ...use, name: 'scanner', reason: 'our own\nscanner', matches: 1, status: 'active' },
          { ...use, name: 'old', reason: null, matches: 3, expired_matches: 2, status: 'expired' },
          { ...use, name: 'idle', reason: null, matches: 0, status: 'unused' },
          { ...use, name: 'narrow', reason: null, matches: 2, shadowed_by: 'wide', status: 'shadowed' },
        ],
      }),
      200,
    );
    expect(text).toMatch(/^No findings\.\n/);
    expect(text).toContain(`none; ${FINDINGS.length} suppressed by filters`);
    expect(text).toContain('scanner suppressed 1 match (our own scanner)');
    expect(text).toContain(
      'old suppressed 3 matches, and no longer 2 matches after its last day, 2026-11-10',
    );
    expect(text).toContain('idle suppressed nothing');
    expect(text).toContain('narrow suppressed 2 matches, all of which wide suppresses as well');
  });

  test('without a frame there is nothing to be glad of', () => {
    const coverage = { ...CLEAN_COVERAGE, frames: 0, decoded: 0 };
    expect(plain(sampleReport({ findings: [], coverage }))).toMatch(/^Nothing was analysed\.\n/);
  });

  test('colour changes no character', () => {
    const coloured = scanText(sampleReport(), { colour: true, width: 80 });
    expect(coloured).not.toBe(plain());
    expect(stripVTControlCharacters(coloured)).toBe(plain());
  });

  test('no captured control or invisible character reaches the terminal', () => {
    const text = plain();
    expect(text.replaceAll('\n', '')).not.toMatch(
      /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/,
    );
    expect(text).toContain('\\u{1b}]0;owned\\u{7}root\\u{202e}txt.exe');
  });

  test('keeps to the width, but for what is to be copied', () => {
    for (const width of [60, 80, 100]) {
      const lines = plain(sampleReport(), width).split('\n');
      const long = lines.filter(line => line.length > width && !line.includes('Wireshark'));
      expect(long, `${width}`).toEqual([]);
    }
    expect(plain()).toContain(FINDINGS[0]!.display_filter);
  });

  test('every level is written as a word', () => {
    expect(plain()).toMatch(/^CRITICAL /m);
    expect(plain()).toMatch(/^HIGH /m);
    expect(plain()).toMatch(/^INFO /m);
  });

  test('findings of one rule share its explanation', () => {
    const second = { ...FINDINGS[0]!, fingerprint: 'c'.repeat(32), message: 'another one' };
    const text = plain(sampleReport({ findings: [FINDINGS[0]!, second] }));
    expect(text.match(/What to do/g)).toHaveLength(1);
    expect(text.match(/Fingerprint/g)).toHaveLength(2);
  });

  test('describes twenty captures, and counts the rest', () => {
    const captures = Array.from({ length: 100 }, (_, i) => ({ ...CAPTURES[0]!, name: `night-${i}.pcap` }));
    const text = plain(sampleReport({ captures }));
    expect(text).toContain('night-19.pcap');
    expect(text).not.toContain('night-20.pcap');
    expect(text).toContain('and 80 more captures');
  });

  test('the arrow points at the side that answered', () => {
    expect(plain()).toContain('pump-12 (infusion-pump, life-sustaining, 10.20.3.12, 00:11:22:33:44:55)');
    expect(plain()).toContain('10.20.3.200 (internal) → 10.20.3.77:23 (pacs)');
  });

  test('times are on the clock of the site', () => {
    const { run } = sampleReport();
    const inZone = (timezone: string) => plain(sampleReport({ run: { ...run, timezone } }));
    expect(inZone('UTC')).toContain('on the clock of UTC');
    expect(inZone('America/New_York')).not.toBe(inZone('UTC'));
    expect(inZone('Nowhere/Land')).toContain('on the clock of UTC');
  });
});
