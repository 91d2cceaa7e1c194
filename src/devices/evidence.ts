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

/** From so many on pieces are found by a map: few hosts have more. */
const MANY = 16;

export class EvidenceList {
  readonly #items: TimedEvidence[] = [];
  /** Places by what makes pieces the same; undefined as long as there are few. */
  #places: Map<string, number> | undefined;

  add(evidence: TimedEvidence): void {
    const place = this.#find(evidence);
    if (place >= 0) {
      this.#items[place] = merged(this.#items[place]!, evidence);
      return;
    }
    if (this.#count(evidence) >= DEVICE_LIMITS.evidenceValues) return;
    this.#items.push(evidence);
    if (this.#places !== undefined) this.#places.set(keyOf(evidence), this.#items.length - 1);
    else if (this.#items.length === MANY)
      this.#places = new Map(this.#items.map((item, i) => [keyOf(item), i]));
  }

  #find(evidence: Evidence): number {
    if (this.#places !== undefined) return this.#places.get(keyOf(evidence)) ?? -1;
    return this.#items.findIndex(item => item.value === evidence.value && isSameKind(item, evidence));
  }

  /** Values of the same attribute and source: a limit keeps them few, so they are counted when one is new. */
  #count(evidence: Evidence): number {
    let count = 0;
    for (const item of this.#items) if (isSameKind(item, evidence)) count++;
    return count;
  }

  /** Best first; equals by attribute, value and source. */
  list(): Evidence[] {
    return this.#items.map(withoutTime).sort(byConfidence);
  }
}

function keyOf({ attribute, source, behind, value }: Evidence): string {
  return `${attribute}\0${source}\0${behind === true}\0${value}`;
}

function isSameKind(a: Evidence, b: Evidence): boolean {
  return a.attribute === b.attribute && a.source === b.source && (a.behind === true) === (b.behind === true);
}

function withoutTime({
  attribute,
  value,
  source,
  confidence,
  behind,
  frame,
  capture,
}: TimedEvidence): Evidence {
  const evidence = { attribute, value, source, confidence, frame, capture };
  return behind === undefined ? evidence : { ...evidence, behind };
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
