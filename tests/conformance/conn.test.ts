/**
 * Our `conn` records against Zeek's conn.log for every capture beside the repository, on all fields but `uid` (random
 * in Zeek) and `service` (which decoders there are). In *simple* captures (Ethernet, no tunnel, no fragments) every row
 * must be equal except those listed in `conn-differences.ts`.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Moment, Value } from '../../src/model/schema.ts';
import { conn } from '../../src/model/streams.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared } from '../support/paths.ts';
import { CONN_DIFFERENCES } from './conn-differences.ts';
import { answeredBy, isZeekLocal, type TextRow, zeekDuration, zeekText } from './zeek-log.ts';

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

/** Equal things out of all of them. */
class Share {
  equal = 0;
  total = 0;

  toString(): string {
    return `${this.equal} of ${this.total} (${((100 * this.equal) / Math.max(this.total, 1)).toFixed(2)} %)`;
  }
}

const shares = {
  simpleRows: new Share(),
  simpleFields: new Share(),
  allRows: new Share(),
  allFields: new Share(),
};

function ourRow(row: Record<string, Value>): TextRow {
  const text = Object.fromEntries(FIELDS.map(field => [field, zeekText(row[field])]));
  if (row['duration'] === undefined) return text;
  const duration = zeekDuration(row['ts'] as Moment, row['duration'] as number);
  return duration === undefined
    ? { ...text, duration: '-', orig_bytes: '-', resp_bytes: '-' }
    : { ...text, duration };
}

const keyOf = (row: TextRow): string => FIELDS.map(field => row[field]).join('\t');

/** Rows of each list that have no equal in the other. */
function unequal(ours: readonly TextRow[], zeek: readonly TextRow[]): { ours: TextRow[]; zeek: TextRow[] } {
  const left = new Map<string, number>();
  for (const row of zeek) left.set(keyOf(row), (left.get(keyOf(row)) ?? 0) + 1);
  const alone = ours.filter(row => {
    const count = left.get(keyOf(row)) ?? 0;
    if (count > 0) left.set(keyOf(row), count - 1);
    return count === 0;
  });
  const missing = zeek.filter(row => {
    const count = left.get(keyOf(row)) ?? 0;
    if (count > 0) left.set(keyOf(row), count - 1);
    return count > 0;
  });
  return { ours: alone, zeek: missing };
}

/** Fields of Zeek's rows that are equal in the row of ours which has most in common with each. */
function equalFields(zeek: readonly TextRow[], ours: readonly TextRow[]): number {
  const left = [...ours];
  let equal = 0;
  for (const row of zeek) {
    const counts = left.map(other => FIELDS.filter(field => other[field] === row[field]).length);
    const best = Math.max(0, ...counts);
    equal += best;
    if (best > 0) left.splice(counts.indexOf(best), 1);
  }
  return equal;
}

const captures = hasShared() ? answeredBy('conn.log') : [];

describe.skipIf(captures.length === 0)(
  `conn against Zeek${captures.length === 0 ? ' (skipped: ../shared missing)' : ''}`,
  () => {
    afterAll(() => {
      const { simpleRows, simpleFields, allRows, allFields } = shares;
      process.stdout.write(
        `conn against Zeek: simple captures ${simpleRows} rows, ${simpleFields} fields; all captures ${allRows} rows, ${allFields} fields\n`,
      );
    });

    it.each(captures.map(capture => [capture.name, capture] as const))(
      '%s',
      async (name, { capture, logs, rows }) => {
        const decoded = await decodeFiles([capture], {
          streams: new Set(['conn']),
          isInternal: isZeekLocal,
          // Zeek counts every copy of a frame; `duplicates.test.ts` says what we leave out.
          dedupWindow: 0,
        });
        const ours = decoded.rows('conn').map(ourRow);
        const zeek = rows('conn.log');
        const differ = unequal(ours, zeek);
        const simple =
          decoded.captures[0]?.link_types.join() === 'ethernet' &&
          decoded.coverage.fragments === 0 &&
          !logs.includes('tunnel.log');
        const fields =
          FIELDS.length * (zeek.length - differ.zeek.length) + equalFields(differ.zeek, differ.ours);
        for (const [share, equal, total] of [
          [shares.allRows, zeek.length - differ.zeek.length, zeek.length],
          [shares.allFields, fields, zeek.length * FIELDS.length],
          ...(simple
            ? ([
                [shares.simpleRows, zeek.length - differ.zeek.length, zeek.length],
                [shares.simpleFields, fields, zeek.length * FIELDS.length],
              ] as const)
            : []),
        ] as const) {
          share.equal += equal;
          share.total += total;
        }
        if (!simple) return;
        const known = CONN_DIFFERENCES[name];
        if (known === undefined) expect(differ).toEqual({ ours: [], zeek: [] });
        else
          expect({ ours: differ.ours.length, zeek: differ.zeek.length }).toEqual({
            ours: known.ours,
            zeek: known.zeek,
          });
      },
    );

    it('lists only captures that are there and differ', () => {
      const names = new Set(captures.map(capture => capture.name));
      for (const [name, { zeek, ours }] of Object.entries(CONN_DIFFERENCES)) {
        expect(names.has(name), name).toBe(true);
        expect(zeek + ours, name).toBeGreaterThan(0);
      }
    });

    it('agrees with Zeek as far as promised', () => {
      expect(shares.simpleRows.equal / shares.simpleRows.total).toBeGreaterThanOrEqual(0.98);
      expect(shares.simpleFields.equal / shares.simpleFields.total).toBeGreaterThanOrEqual(0.98);
      expect(shares.allRows.equal / shares.allRows.total).toBeGreaterThanOrEqual(0.95);
    });
  },
);
