import { expect, test } from 'vitest';
import type { ExplainedPart } from '../../src/model/explanation.ts';
import type { RuleInfo } from '../../src/model/finding.ts';
import { explanationJson } from '../../src/report/explanation-json.ts';
import { type ExplanationReport, explanationText } from '../../src/report/explanation-text.ts';

const HOSTILE = 'x\u001b[2J\u202e\r\nFAKE LINE\u0007';

const part: ExplainedPart = {
  kind: 'test',
  text: `uri: ${HOSTILE}`,
  holds: false,
  values: [
    { field: 'uri', value: HOSTILE },
    { field: 'ts', value: { sec: 1_700_000_000, nsec: 5 } },
    { field: 'none', value: null },
  ],
};

const report: ExplanationReport = {
  rule: { id: 'i', name: 'n', title: HOSTILE, level: 'low', stream: 'http' } as RuleInfo,
  file: HOSTILE,
  notes: [HOSTILE],
  flow: HOSTILE,
  streams: new Map([['http', 1]]),
  explanation: {
    kind: 'rule',
    records: 1,
    matched: 0,
    suppressed: 0,
    more: 0,
    shown: [
      {
        time: { sec: 1_700_000_000, nsec: 0 },
        uid: HOSTILE,
        flow: null,
        capture: HOSTILE,
        frame: null,
        outcome: 'no_match',
        level: null,
        missing: 1,
        alike: 1,
        condition: { kind: 'selection', name: 'sel', holds: false },
        selections: [{ name: 'sel', line: 3, holds: false, part }],
        filters: [{ name: HOSTILE, reason: HOSTILE, expired: false }],
      },
    ],
  },
};

test('captured text and text of rules cannot reach the terminal as anything but text', () => {
  const text = explanationText(report, 80, 'UTC');
  const unsafe = [...text].filter(char => char !== '\n' && /[\p{Cc}\p{Cf}]/u.test(char));
  expect(unsafe).toEqual([]);
  // Nothing begins a line of its own.
  expect(text.split('\n').filter(line => line.startsWith('FAKE'))).toEqual([]);
  expect(text).toContain('x\\u{1b}[2J\\u{202e}\\u{d}\\u{a}FAKE LINE\\u{7}');
  expect(text).toMatch(/ts is\s+2023-11-14T22:13:20\.000000005Z/);
});

test('JSON is valid and escapes what a terminal would obey', () => {
  const json = explanationJson(report);
  expect([...json].filter(char => char !== '\n' && /[\p{Cc}\p{Cf}]/u.test(char))).toEqual([]);
  const { explanation } = JSON.parse(json);
  expect(explanation.shown[0].selections[0].part.values[0].value).toBe(HOSTILE);
  expect(explanation.shown[0].time).toBe('2023-11-14T22:13:20.000000Z');
});
