import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/model/device.ts';
import { explainText } from '../../src/report/explain-text.ts';
import { DEVICES } from './sample.ts';

const evidence = {
  attribute: 'model',
  value: 'Scan\u001b[2J 5',
  source: 'dicom',
  confidence: 0.9,
  frame: 12,
  capture: 'ward.pcap',
};

const EXPLANATION: Explanation = {
  device: DEVICES[1]!,
  reason: 'pacs has the best score, 90 % from one ground',
  candidates: [
    {
      type: 'pacs',
      confidence: 0.9,
      counted: [{ evidence, strength: 0.9, why: 'its part in dicom' }],
      weaker: [],
    },
  ],
  evidence: [{ evidence, verdict: 'counts', why: 'its part in dicom: pacs (90 %)' }],
  tenures: [
    { ip: '10.20.3.77', mac: '00:0a:0a:00:00:01', from: undefined, until: 1_700_000_100 },
    { ip: '10.20.3.77', mac: '00:0a:0a:00:00:01', from: 1_700_000_200, until: undefined },
    { ip: '10.20.3.78', mac: '00:0a:0a:00:00:01', from: 1_700_000_200, until: 1_700_000_300 },
  ],
};

describe('explainText', () => {
  const text = explainText([EXPLANATION], 160);

  it('says when an address that changed hands was this host’s', () => {
    expect(text).toContain('10.20.3.77 was 00:0a:0a:00:00:01 until 2023-11-14T22:15:00.000000Z');
    expect(text).toContain('from 2023-11-14T22:16:40.000000Z on');
    expect(text).toContain('from 2023-11-14T22:16:40.000000Z to 2023-11-14T22:18:20.000000Z');
  });

  it('names frame and capture of evidence', () => {
    expect(text).toContain('(dicom, 90 %, frame 12 of ward.pcap)');
  });

  it('cannot steer the terminal', () => {
    // biome-ignore format: one class
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});
