/**
 * How sure a finding is, from what its records say about themselves. It speaks of the facts (who called whom, which
 * name an address had), not of how bad they are.
 *
 * A record is
 * - `low` when the first packet seen had to decide who called whom (`direction_confidence: first_packet`);
 * - `medium` when a well-known port or the inventory decided it, or when the peer's name came from a resolver that the inventory does
 *   not list (`domain_confidence: low`);
 * - `high` otherwise.
 *
 * A finding is as sure as its surest record: one flow seen from its SYN shows the direction of the others.
 */
import type { Finding } from '../model/finding.ts';
import type { RecordFields } from './sides.ts';

export type Confidence = Finding['confidence'];

const ORDER: readonly Confidence[] = ['high', 'medium', 'low'];

/** Confidence of one record. */
export function recordConfidence(record: RecordFields): Confidence {
  const direction = record['direction_confidence'];
  if (direction === 'first_packet') return 'low';
  if (direction === 'port' || direction === 'inventory') return 'medium';
  if (record['orig_domain_confidence'] === 'low' || record['resp_domain_confidence'] === 'low')
    return 'medium';
  return 'high';
}

/** The surer of two. */
export function surer(a: Confidence, b: Confidence): Confidence {
  return ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b;
}
