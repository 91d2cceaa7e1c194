/** When a flow is over: by its deadline, an attempt without an answer, or silence. Capture time only. */
import {
  END8,
  FLAG,
  FLAGS,
  FLOW32,
  FLOW64,
  LAST_NSEC,
  LAST_SEC,
  OVER_AT,
  START_NSEC,
  START_SEC,
  STATE_OF,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { STATE } from './tcp-state.ts';
import { DNS_LIFETIME, DNS_SILENCE, IDLE_DATAGRAM, IDLE_TCP } from './timeouts.ts';

/** Whether a flow is over at a moment of capture time. */
export function isOver(table: FlowTable, slot: number, now: number): boolean {
  const flags = table.flow32[slot * FLOW32 + FLAGS]!;
  if (
    now >= table.flow64[slot * FLOW64 + OVER_AT]! &&
    ((flags & FLAG.closing) !== 0 || isAttempt(table, slot))
  )
    return true;
  const last = table.flow64[slot * FLOW64 + LAST_SEC]! + table.flow32[slot * FLOW32 + LAST_NSEC]! / 1e9;
  if ((flags & FLAG.dns) !== 0) {
    const start = table.flow64[slot * FLOW64 + START_SEC]! + table.flow32[slot * FLOW32 + START_NSEC]! / 1e9;
    return now >= Math.max(start + DNS_LIFETIME, last + DNS_SILENCE);
  }
  return now >= last + ((flags & FLAG.conversed) !== 0 ? IDLE_TCP : IDLE_DATAGRAM);
}

/** A time before which a flow is not over unless something more happens to it, in whole seconds. */
export function earliestEnd(table: FlowTable, slot: number): number {
  const flags = table.flow32[slot * FLOW32 + FLAGS]!;
  const last = table.flow64[slot * FLOW64 + LAST_SEC]!;
  let end = last + ((flags & FLAG.conversed) !== 0 ? IDLE_TCP : IDLE_DATAGRAM);
  if ((flags & FLAG.dns) !== 0)
    end = Math.max(table.flow64[slot * FLOW64 + START_SEC]! + DNS_LIFETIME, last + DNS_SILENCE);
  if ((flags & FLAG.closing) !== 0 || isAttempt(table, slot))
    end = Math.min(end, table.flow64[slot * FLOW64 + OVER_AT]!);
  // What does not fit the list of times is looked at again and again.
  return end >= 0 && end < 0xffff_ffff ? Math.floor(end) : 0;
}

/** A connection that nobody has answered. */
function isAttempt(table: FlowTable, slot: number): boolean {
  const orig = table.end8[slot * 2 * END8 + STATE_OF];
  return (
    (orig === STATE.synSent || orig === STATE.synAckSent) &&
    table.end8[(slot * 2 + 1) * END8 + STATE_OF] === STATE.inactive
  );
}

/** DNS and its relatives, whose lookups are flows of their own. */
export function isDns(port: number): boolean {
  return port === 53 || port === 137 || port === 5353 || port === 5355;
}
