/**
 * Everything seen that says who one host is. The same thing said twice is one piece of evidence, with the higher
 * confidence and the frame where it was seen first; the order in which it comes makes no difference to anything but
 * which values are left out when there are more than `DEVICE_LIMITS.evidenceValues` of one attribute and source.
 */
import type { Evidence } from '../model/device.ts';
import { DEVICE_LIMITS } from './limits.ts';

/** Evidence with its time, in seconds since 1970. */
export interface TimedEvidence extends Evidence {
  readonly time?: number | undefined;
}

export class EvidenceList {
  // Most hosts of a large network say nothing.
  #items: Map<string, TimedEvidence> | undefined;
  #counts: Map<string, number> | undefined;

  add(evidence: TimedEvidence): void {
    const kind = `${evidence.attribute}\0${evidence.source}\0${evidence.behind === true}`;
    const key = `${kind}\0${evidence.value}`;
    this.#items ??= new Map();
    this.#counts ??= new Map();
    const known = this.#items.get(key);
    if (known !== undefined) {
      this.#items.set(key, merged(known, evidence));
      return;
    }
    const count = this.#counts.get(kind) ?? 0;
    if (count >= DEVICE_LIMITS.evidenceValues) return;
    this.#counts.set(kind, count + 1);
    this.#items.set(key, evidence);
  }

  /** Best first; equals by attribute, value and source. */
  list(): Evidence[] {
    return Array.from(this.#items?.values() ?? [], ({ time: _, ...evidence }) => evidence).sort(byConfidence);
  }
}

function merged(a: TimedEvidence, b: TimedEvidence): TimedEvidence {
  const first = isBefore(b, a) ? b : a;
  return { ...first, confidence: Math.max(a.confidence, b.confidence) };
}

function isBefore(a: TimedEvidence, b: TimedEvidence): boolean {
  const [at, bt] = [a.time ?? Number.POSITIVE_INFINITY, b.time ?? Number.POSITIVE_INFINITY];
  if (at !== bt) return at < bt;
  return (a.frame ?? Number.POSITIVE_INFINITY) < (b.frame ?? Number.POSITIVE_INFINITY);
}

/** Best first; equals by attribute, value and source, so that the order does not depend on that of records. */
export function byConfidence(a: Evidence, b: Evidence): number {
  return (
    b.confidence - a.confidence ||
    compare(a.attribute, b.attribute) ||
    compare(a.value, b.value) ||
    compare(a.source, b.source) ||
    Number(a.behind ?? false) - Number(b.behind ?? false)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
