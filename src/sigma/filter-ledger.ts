/**
 * What filters did in a run: which matches each suppressed, and which it would have, had it not expired. Whether a
 * filter has expired is decided by the time of each record, not by the clock on the wall: the same capture gives the
 * same findings on any day.
 */
import type { Batch } from '../model/batch.ts';
import type { FilterUse } from '../model/finding.ts';
import type { CompiledFilter } from './compile-filter.ts';
import { holdsAt } from './evaluate.ts';

interface Entry {
  readonly filter: CompiledFilter;
  matches: number;
  expired: number;
  /** Filters that suppressed everything this one did; undefined before its first match. */
  shadows: ReadonlySet<CompiledFilter> | undefined;
}

/** Applies filters and remembers what they did. */
export class FilterLedger {
  readonly #entries: readonly Entry[];
  readonly #byRule = new Map<string, Entry[]>();

  constructor(filters: readonly CompiledFilter[]) {
    this.#entries = filters.map(filter => ({ filter, matches: 0, expired: 0, shadows: undefined }));
    for (const entry of this.#entries) {
      for (const id of entry.filter.suppressed.keys()) {
        const entries = this.#byRule.get(id);
        if (entries === undefined) this.#byRule.set(id, [entry]);
        else entries.push(entry);
      }
    }
  }

  /** Which of the rows that a rule matched are suppressed, as 1 at the row; undefined: none. Counts each. */
  suppressed(ruleId: string, batch: Batch, rows: Uint32Array): Uint8Array | undefined {
    const entries = this.#byRule.get(ruleId);
    if (entries === undefined || rows.length === 0) return undefined;
    const masks = entries.map(({ filter }) => holdsAt(filter.suppressed.get(ruleId)!, batch));
    if (masks.every(mask => mask === false)) return undefined;
    const result = new Uint8Array(batch.length);
    for (const row of rows) {
      const hits = entries.filter(
        (_, i) => masks[i] === true || (masks[i] !== false && masks[i]![row] === 1),
      );
      if (hits.length === 0) continue;
      const holding = hits.filter(entry => batch.sec(row) < entry.filter.until);
      for (const entry of hits) if (!holding.includes(entry)) entry.expired++;
      if (holding.length > 0) result[row] = 1;
      for (const entry of holding) {
        entry.matches++;
        const others = holding.filter(other => other !== entry).map(other => other.filter);
        const before = entry.shadows;
        entry.shadows = new Set(before === undefined ? others : others.filter(other => before.has(other)));
      }
    }
    return result;
  }

  /** Every filter, in the order given. */
  report(): readonly FilterUse[] {
    return this.#entries.map(({ filter, matches, expired, shadows }) => {
      const shadow = [...(shadows ?? [])][0];
      return {
        id: filter.id,
        name: filter.name,
        title: filter.title,
        reason: filter.reason ?? null,
        owner: filter.owner ?? null,
        expires: filter.expires ?? null,
        rules: filter.suppressed.size,
        matches,
        expired_matches: expired,
        shadowed_by: shadow?.name ?? null,
        status: expired > 0 ? 'expired' : matches === 0 ? 'unused' : shadow ? 'shadowed' : 'active',
      };
    });
  }
}
