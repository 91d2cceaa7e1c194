import { expect, test } from 'vitest';
import { recordConfidence, surer } from '../../src/findings/confidence.ts';

test.each([
  [{}, 'high'],
  [{ direction_confidence: 'syn' }, 'high'],
  [{ direction_confidence: 'protocol' }, 'high'],
  [{ direction_confidence: 'port' }, 'medium'],
  [{ direction_confidence: 'first_packet' }, 'low'],
  [{ resp_domain_confidence: 'low' }, 'medium'],
  [{ orig_domain_confidence: 'low', direction_confidence: 'syn' }, 'medium'],
  [{ resp_domain_confidence: 'high' }, 'high'],
  [{ resp_domain_confidence: 'low', direction_confidence: 'first_packet' }, 'low'],
] as const)('%j is %s', (record, confidence) => {
  expect(recordConfidence(record)).toBe(confidence);
});

test('the surer of two', () => {
  expect(surer('low', 'high')).toBe('high');
  expect(surer('medium', 'low')).toBe('medium');
});
