/**
 * Compares our records of one stream and capture with Zeek's rows, as text in Zeek's words. Rows are paired by flow
 * (addresses and ports) where the stream has one, and by how many fields they have in common.
 */
import type { StreamSchema, Value } from '../../src/model/schema.ts';
import { type TextRow, zeekText } from './zeek-log.ts';

/** Identifiers that are random in Zeek, and what is made of them. */
const RANDOM = new Set(
  'uid uids fuid fuids parent_fuid orig_fuids resp_fuids cert_chain_fuids client_cert_chain_fuids tunnel_parents'.split(
    ' ',
  ),
);
/** Fewer fields in common than this share is no pair. */
const MIN_COMMON = 0.5;
/** Zeek writes microseconds; what is computed from two times may be off by one. */
const TOLERANCE = 2.5e-6;

export interface Pair {
  readonly zeek: TextRow;
  readonly ours: TextRow;
  /** Fields that differ. */
  readonly differ: readonly string[];
}

export interface Comparison {
  readonly fields: readonly string[];
  readonly pairs: readonly Pair[];
  /** Rows of Zeek without a partner, and ours. */
  readonly missing: readonly TextRow[];
  readonly extra: readonly TextRow[];
}

/** Fields that both could fill and that are compared: not random, not masked, not excused. */
export function comparable(
  schema: StreamSchema,
  zeekFields: readonly string[],
  excused: ReadonlySet<string>,
): string[] {
  return zeekFields.filter(name => {
    const fieldClass = schema.fields[name]?.class;
    return !RANDOM.has(name) && !excused.has(name) && fieldClass !== 'secret' && fieldClass !== 'phi';
  });
}

/** Our record as text. */
export function textRow(row: Record<string, Value>, fields: readonly string[]): TextRow {
  return Object.fromEntries(fields.map(field => [field, zeekText(row[field])]));
}

/**
 * Pairs rows of one capture.
 * @param adds fields that may be filled in ours where Zeek's are empty
 */
export function compareRows(
  zeek: readonly TextRow[],
  ours: readonly TextRow[],
  fields: readonly string[],
  adds: ReadonlySet<string> = new Set(),
): Comparison {
  const differing = (row: TextRow, other: TextRow): string[] =>
    fields.filter(name => !sameText(row[name]!, other[name]!) && !(adds.has(name) && isEmpty(row[name]!)));
  const free = new Map<string, TextRow[]>();
  for (const row of ours) {
    const key = flowKey(row);
    free.set(key, [...(free.get(key) ?? []), row]);
  }
  const pairs: Pair[] = [];
  const missing: TextRow[] = [];
  for (const row of zeek) {
    const candidates = free.get(flowKey(row)) ?? [];
    let best = -1;
    let fewest = fields.length * (1 - MIN_COMMON);
    for (const [index, candidate] of candidates.entries()) {
      const count = differing(row, candidate).length;
      if (count <= fewest && (best < 0 || count < fewest)) {
        best = index;
        fewest = count;
        if (count === 0) break;
      }
    }
    if (best < 0) {
      missing.push(row);
      continue;
    }
    const [partner] = candidates.splice(best, 1);
    pairs.push({ zeek: row, ours: partner!, differ: differing(row, partner!) });
  }
  return { fields, pairs, missing, extra: [...free.values()].flat() };
}

function flowKey(row: TextRow): string {
  return ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'].map(name => row[name] ?? '').join(' ');
}

/** Zeek's words for nothing. */
const isEmpty = (text: string): boolean => text === '' || text === '-' || text === '(empty)';

/** Equal as Zeek writes it: sets in any order, computed numbers within their rounding, empty is unset. */
export function sameText(zeek: string, ours: string): boolean {
  if (zeek === ours) return true;
  const a = plain(zeek, '\\');
  const b = plain(ours, '\\\\');
  if (a === b) return true;
  if (/^-?\d+\.\d+(e-?\d+)?$/.test(a) && /^-?\d+(\.\d+)?(e-?\d+)?$/.test(b))
    return Math.abs(Number(a) - Number(b)) <= TOLERANCE;
  if (!a.includes(',') || !b.includes(',')) return false;
  const left = a.split(',');
  const right = b.split(',');
  if (left.length !== right.length) return false;
  if (left.every((part, i) => sameText(part, right[i]!))) return true;
  return left.sort().join() === right.sort().join();
}

/**
 * Escapes resolved (`\xNN` is a byte, text is UTF-8 where it can be), `(empty)` as unset. Zeek writes a backslash twice,
 * we do not: `doubled` is what two of them stand for.
 */
function plain(text: string, doubled: string): string {
  if (isEmpty(text)) return '-';
  if (!text.includes('\\')) return text;
  const bytes = Buffer.from(
    text.replace(/\\x([0-9a-f]{2})|\\\\/gi, (_, digits) =>
      digits === undefined ? doubled : String.fromCharCode(Number.parseInt(digits, 16)),
    ),
    'latin1',
  );
  const decoded = bytes.toString('utf8');
  return decoded.includes('\ufffd') ? bytes.toString('latin1') : decoded;
}
