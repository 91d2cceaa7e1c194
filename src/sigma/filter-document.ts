/**
 * The `filter` of a document (Sigma Filters Specification 2.1): the exceptions of a site, kept apart from the rules. A
 * filter names rules, or `any`, and describes with selections and a condition which of their matches are suppressed.
 *
 * Authors write conditions in both senses: `selection` (these are suppressed, as the specification's example has it)
 * and `not selection` (these remain, as other engines read it). Both are understood; a condition that mixes the two is
 * an error, since reading it wrongly would hide what must be seen.
 *
 * Our `medtap:` key says why (`reason`), until which day (`expires`, the last day on the site's clock) and who answers
 * for it (`owner`).
 */

import { checkKeys, complain, type Reader, readMap, readText, readTexts, required } from '../yaml/reader.ts';
import { type Located, quote } from '../yaml/source.ts';
import type { MapNode } from '../yaml/tree.ts';
import { readDetection } from './detection.ts';
import type { Condition, Filter } from './rule.ts';

/** Keys under `medtap` of a filter. */
export const EXCEPTION_KEYS = ['reason', 'expires', 'owner'];
const MAX_RULES = 10_000;
const MAX_REASON = 1000;

/** What the `filter` and `medtap` keys say. */
type Body = Pick<Filter, 'rules' | 'selections' | 'condition' | 'remaining' | 'reason' | 'expires' | 'owner'>;

/** Reads the filter of a document; undefined when it has problems, which are in `reader` then. */
export function readFilter(reader: Reader, map: MapNode, strict: boolean): Body | undefined {
  const body = readMap(reader, map, 'filter');
  const extension = readFilterExtension(reader, map, strict);
  if (body === undefined) return undefined;
  const rules = readTargets(reader, body);
  const entries = new Map([...body.entries].filter(([key]) => key !== 'rules'));
  const detection = readDetection(reader, { ...body, entries }, strict);
  if (detection === undefined) return undefined;
  const sense = senseOf(detection.condition);
  if (sense === undefined) {
    complain(
      reader,
      body.entries.get('condition')?.value.at ?? body.at,
      'it is not clear whether this condition says what is suppressed or what remains',
      'write it without "not" (these are suppressed), or as not (…) (these are suppressed, all else remains)',
    );
    return undefined;
  }
  if (rules === undefined) return undefined;
  return { rules, selections: detection.selections, condition: detection.condition, ...sense, ...extension };
}

function readTargets(reader: Reader, body: MapNode): readonly Located[] | 'any' | undefined {
  if (required(reader, body, 'rules', 'the filter') === undefined) return undefined;
  const rules = readTexts(reader, body, 'rules');
  if (rules.length === 0) complain(reader, body.entries.get('rules')!.value.at, 'rules names no rule');
  if (rules.length > MAX_RULES) complain(reader, rules[MAX_RULES]!.at, `more than ${MAX_RULES} rules`);
  if (rules.length === 1 && rules[0]!.text === 'any') return 'any';
  const any = rules.find(rule => rule.text === 'any');
  if (any !== undefined) complain(reader, any.at, 'any stands alone: it means every rule');
  return rules;
}

/** Whether the condition says what remains; undefined when it mixes both senses. */
function senseOf(condition: Condition): { readonly remaining: boolean } | undefined {
  if (!negates(condition)) return { remaining: false };
  if (condition.kind === 'not') return { remaining: true };
  const parts = condition.kind === 'selection' ? [] : condition.parts;
  return parts.length > 0 && parts.every(part => part.kind === 'not') ? { remaining: true } : undefined;
}

/** Whether a condition has a `not` in it. */
export function negates(condition: Condition): boolean {
  if (condition.kind === 'not') return true;
  return condition.kind !== 'selection' && condition.parts.some(negates);
}

function readFilterExtension(
  reader: Reader,
  map: MapNode,
  strict: boolean,
): Pick<Body, 'reason' | 'expires' | 'owner'> {
  const node = readMap(reader, map, 'medtap');
  if (node === undefined) return { reason: undefined, expires: undefined, owner: undefined };
  checkKeys(reader, node, EXCEPTION_KEYS, 'medtap of a filter');
  const reason =
    strict && map.entries.has('medtap')
      ? required(reader, node, 'reason', 'the exception') && readText(reader, node, 'reason')
      : readText(reader, node, 'reason');
  if (reason !== undefined && reason.text.length > MAX_REASON)
    complain(reader, reason.at, `a reason is at most ${MAX_REASON} characters long`);
  const expires = readText(reader, node, 'expires');
  if (expires !== undefined && !isDay(expires.text))
    complain(reader, expires.at, `${quote(expires.text)} is not a day`, 'expires: 2027-01-31');
  return {
    reason: reason?.text.trim(),
    expires: expires?.text,
    owner: readText(reader, node, 'owner')?.text,
  };
}

/** A day that the calendar has. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
