/**
 * Our `conn` records against Zeek's conn.log for every capture beside the repository, on all fields but `uid` (random
 * in Zeek) and `service` (which decoders there are); `tunnel_parents` are compared by the end points of the tunnels they
 * name. Every row must be equal except those listed in `conn-differences.ts`, each with its reason.
 *
 * Prints the share of equal rows and fields of each capture that has less than all, and in total.
 * `MEDTAP_CONN_DETAIL=PART` shows the rows that differ of captures whose name contains PART.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Moment, Value } from '../../src/model/schema.ts';
import { conn } from '../../src/model/streams.ts';
import { type DecodedCapture, decodeFiles } from '../support/decode-capture.ts';
import { hasShared } from '../support/paths.ts';
import { CONN_DIFFERENCES } from './conn-differences.ts';
import { type Answered, answeredBy, isZeekLocal, type TextRow, zeekDuration, zeekText } from './zeek-log.ts';

const OURS_ALONE = new Set([
  'direction_confidence',
  'orig_l2_addr',
  'resp_l2_addr',
  'vlan',
  'inner_vlan',
  'frame',
  'capture',
]);
const FIELDS = conn.names.filter(name => !OURS_ALONE.has(name) && name !== 'uid' && name !== 'service');
const DETAIL = process.env['MEDTAP_CONN_DETAIL'];

/** Equal things out of all of them. */
class Share {
  equal = 0;
  total = 0;

  add(equal: number, total: number): void {
    this.equal += equal;
    this.total += total;
  }

  get part(): number {
    return this.equal / Math.max(this.total, 1);
  }

  toString(): string {
    return `${this.equal} of ${this.total} (${(100 * this.part).toFixed(2)} %)`;
  }
}

const rowShare = new Share();
const fieldShare = new Share();
const printed: string[] = [];

function ourRow(row: Record<string, Value>, tunnels: ReadonlyMap<string, string>): TextRow {
  const text = Object.fromEntries(FIELDS.map(field => [field, zeekText(row[field])]));
  text['tunnel_parents'] = parents(text['tunnel_parents']!, tunnels);
  if (row['duration'] === undefined) return text;
  const duration = zeekDuration(row['ts'] as Moment, row['duration'] as number);
  return duration === undefined
    ? { ...text, duration: '-', orig_bytes: '-', resp_bytes: '-' }
    : { ...text, duration };
}

/** End points by uid, of flows and of tunnels that are none. */
function endPoints(rows: readonly TextRow[]): Map<string, string> {
  return new Map(
    rows.map(row => [
      row['uid']!,
      ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'].map(field => row[field]).join(' '),
    ]),
  );
}

function parents(uids: string, ends: ReadonlyMap<string, string>): string {
  if (uids === '-') return uids;
  return uids
    .split(',')
    .map(uid => ends.get(uid) ?? `unknown ${uid}`)
    .sort()
    .join(', ');
}

function ourRows(decoded: DecodedCapture): TextRow[] {
  const rows = decoded.rows('conn');
  const ends = endPoints(
    [...rows, ...decoded.rows('tunnel')].map(row =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, zeekText(value)])),
    ),
  );
  return rows.map(row => ourRow(row, ends));
}

function zeekRows({ logs, rows }: Answered): TextRow[] {
  const conns = rows('conn.log');
  const ends = endPoints([...conns, ...(logs.includes('tunnel.log') ? rows('tunnel.log') : [])]);
  return conns.map(row => ({
    ...row,
    tunnel_parents: parents(row['tunnel_parents']!, ends),
    // Letter X says that Zeek gave up decoding the content or counting tunnels; it is no state of the flow.
    history: row['history']!.replaceAll('X', '') || '-',
  }));
}

const keyOf = (row: TextRow): string => FIELDS.map(field => row[field]).join('\t');

/** Rows of each list that have no equal in the other. */
function unequal(ours: readonly TextRow[], zeek: readonly TextRow[]): { ours: TextRow[]; zeek: TextRow[] } {
  const left = new Map<string, number>();
  for (const row of zeek) left.set(keyOf(row), (left.get(keyOf(row)) ?? 0) + 1);
  const isAlone = (row: TextRow): boolean => {
    const count = left.get(keyOf(row)) ?? 0;
    if (count > 0) left.set(keyOf(row), count - 1);
    return count === 0;
  };
  const alone = ours.filter(isAlone);
  const missing = zeek.filter(row => !isAlone(row));
  return { ours: alone, zeek: missing };
}

interface Pair {
  readonly zeek: TextRow;
  /** The row of ours that has most in common with it. */
  readonly ours: TextRow | undefined;
  readonly fields: readonly string[];
}

/** Each of Zeek's rows with the row of ours which has most in common with it, and the fields that differ. */
function pairUp(zeek: readonly TextRow[], ours: readonly TextRow[]): { pairs: Pair[]; left: TextRow[] } {
  const left = [...ours];
  const pairs = zeek.map((row): Pair => {
    const counts = left.map(other => FIELDS.filter(field => other[field] === row[field]).length);
    const best = Math.max(0, ...counts);
    if (best === 0) return { zeek: row, ours: undefined, fields: FIELDS };
    const [match] = left.splice(counts.indexOf(best), 1);
    return { zeek: row, ours: match, fields: FIELDS.filter(field => match?.[field] !== row[field]) };
  });
  return { pairs, left };
}

const brief = (row: TextRow): string =>
  `${row['ts']} ${row['proto']} ${row['id.orig_h']} ${row['id.orig_p']} > ${row['id.resp_h']} ${row['id.resp_p']}`;

function explain({ pairs, left }: ReturnType<typeof pairUp>): string[] {
  return [
    ...pairs.map(({ zeek, ours, fields }) =>
      ours === undefined || fields.includes('id.orig_h')
        ? `    zeek alone: ${keyOf(zeek)}`
        : `    ${brief(zeek)}: ${fields.map(field => `${field} ${zeek[field]} (zeek) ${ours[field]} (ours)`).join('; ')}`,
    ),
    ...left.map(row => `    ours alone: ${keyOf(row)}`),
  ];
}

const captures = hasShared() ? answeredBy('conn.log') : [];

describe.skipIf(captures.length === 0)(
  `conn against Zeek${captures.length === 0 ? ' (skipped: ../shared missing)' : ''}`,
  () => {
    afterAll(() => {
      process.stdout.write(
        `conn against Zeek, captures with less than all equal:\n${printed.join('\n')}\n` +
          `conn against Zeek, all captures: ${rowShare} rows, ${fieldShare} fields\n`,
      );
    });

    it.each(captures.map(capture => [capture.name, capture] as const))('%s', async (name, answered) => {
      const decoded = await decodeFiles([answered.capture], {
        streams: new Set(['conn', 'tunnel']),
        isInternal: isZeekLocal,
        // Zeek counts every copy of a frame; `duplicates.test.ts` says what we leave out.
        dedupWindow: 0,
      });
      const zeek = zeekRows(answered);
      const differ = unequal(ourRows(decoded), zeek);
      const paired = pairUp(differ.zeek, differ.ours);
      const fields =
        zeek.length * FIELDS.length - paired.pairs.reduce((sum, pair) => sum + pair.fields.length, 0);
      const equal = zeek.length - differ.zeek.length;
      rowShare.add(equal, zeek.length);
      fieldShare.add(fields, zeek.length * FIELDS.length);
      if (differ.zeek.length + differ.ours.length > 0) {
        const more = paired.left.length > 0 ? `, ${paired.left.length} of ours alone` : '';
        printed.push(
          `  ${name}: ${equal}/${zeek.length} rows, ${fields}/${zeek.length * FIELDS.length} fields${more}`,
        );
        if (DETAIL !== undefined && name.includes(DETAIL)) printed.push(...explain(paired));
      }
      const known = CONN_DIFFERENCES[name];
      expect({ ours: differ.ours.length, zeek: differ.zeek.length }).toEqual({
        ours: known?.ours ?? 0,
        zeek: known?.zeek ?? 0,
      });
    });

    it('lists only captures that are there and differ', () => {
      const names = new Set(captures.map(capture => capture.name));
      for (const [name, { zeek, ours }] of Object.entries(CONN_DIFFERENCES)) {
        expect(names.has(name), name).toBe(true);
        expect(zeek + ours, name).toBeGreaterThan(0);
      }
    });

    it('agrees with Zeek as far as promised', () => {
      expect(rowShare.part).toBeGreaterThanOrEqual(0.98);
      expect(fieldShare.part).toBeGreaterThanOrEqual(0.99);
    });
  },
);
