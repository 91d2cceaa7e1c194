/**
 * The key by which matches become one finding, and the fingerprint by which tonight's finding is recognised as last
 * night's. Both are made of the same normalised values, so two findings of a run never share a fingerprint.
 *
 * A `group-by` field that names a host (`id.orig_h`, `orig_device`, `orig_domain` and the same of `resp`) counts as
 * that host's identity (`sides.ts`): a pump that changed its address stays one finding. Other fields count as they
 * are. Times never take part, so a rule that groups by one is grouped without it.
 */
import { createHash } from 'node:crypto';
import type { GroupPart } from '../model/finding.ts';
import type { Value } from '../model/schema.ts';
import { identityOf, type RecordFields, type Sides } from './sides.ts';

/** Hex digits of a fingerprint: 128 bits of SHA-256. */
const FINGERPRINT_LENGTH = 32;

/** Fields that name a host, and whose. */
const HOST_FIELDS: ReadonlyMap<string, 'orig' | 'resp'> = new Map([
  ['id.orig_h', 'orig'],
  ['orig_device', 'orig'],
  ['orig_domain', 'orig'],
  ['id.resp_h', 'resp'],
  ['resp_device', 'resp'],
  ['resp_domain', 'resp'],
]);

const DEFAULT_GROUP = ['id.orig_h', 'id.resp_h', 'id.resp_p'];

/** Whether the field names a host, so that it counts as that host's identity. */
export function namesHost(field: string): boolean {
  return HOST_FIELDS.has(field);
}

/** The normalised group values that a correlation gives with a record. */
export function partValues(
  record: RecordFields,
  sides: Sides,
  parts: readonly GroupPart[],
  site: string | undefined,
): readonly string[] {
  return parts.map(part => ('text' in part ? part.text : fieldValue(record, sides, part.field, site)));
}

/** The normalised group values of a record. Without `groupBy`: originator, responder and responder's port. */
export function groupValues(
  record: RecordFields,
  sides: Sides,
  groupBy: readonly string[],
  site: string | undefined,
): readonly string[] {
  const fields = groupBy.length > 0 ? groupBy : DEFAULT_GROUP;
  return fields.map(field => fieldValue(record, sides, field, site));
}

function fieldValue(record: RecordFields, sides: Sides, field: string, site: string | undefined): string {
  const side = HOST_FIELDS.get(field);
  return side === undefined ? plain(record[field]) : identityOf(sides[side], site);
}

/** Hash of rule and group values; no time, no capture, no count. */
export function fingerprint(ruleId: string, values: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([ruleId, ...values]))
    .digest('hex')
    .slice(0, FINGERPRINT_LENGTH);
}

function plain(value: Value | undefined): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return JSON.stringify([...value].sort());
  if (typeof value !== 'object') return String(value);
  return 'digest' in value ? `${value.kind}:${value.digest}` : '';
}
