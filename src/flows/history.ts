/**
 * The `history` of a flow in Zeek's letters: S h a d f r and so on, upper case from the originator. Most letters
 * appear once per side; c g t w again at 10, 100, 1000 … occurrences. Letters are character codes here.
 */
import {
  END32,
  FLAG,
  FLAGS,
  FLOW8,
  FLOW32,
  HISTORY,
  HISTORY_BYTES,
  HISTORY_LENGTH,
  HISTORY_SEEN,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';

/** Kinds of events whose letter appears once per side, as bits of `historySeen`. */
export const SEEN = { data: 1, ack: 2, syn: 4, fin: 8, rst: 16, finRst: 32, multiFlag: 64 } as const;

export const LETTER = {
  S: 0x53,
  H: 0x48,
  A: 0x41,
  D: 0x44,
  F: 0x46,
  R: 0x52,
  I: 0x49,
  Q: 0x51,
  T: 0x54,
  W: 0x57,
  G: 0x47,
  flip: 0x5e,
} as const;

/** Appends a letter for a side (0 originator, 1 responder). */
export function addHistory(table: FlowTable, slot: number, side: number, letter: number): void {
  const length = table.flow8[slot * FLOW8 + HISTORY_LENGTH]!;
  if (length === HISTORY_BYTES) {
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.historyFull;
    return;
  }
  table.flow8[slot * FLOW8 + HISTORY + length] =
    side === 1 && letter !== LETTER.flip ? letter | 0x20 : letter;
  table.flow8[slot * FLOW8 + HISTORY_LENGTH] = length + 1;
}

/** Appends a letter the first time a side earns it. Returns whether the side had it before. */
export function addOnce(table: FlowTable, slot: number, side: number, kind: number, letter: number): boolean {
  const bit = side === 0 ? kind : kind << 16;
  if ((table.flow32[slot * FLOW32 + HISTORY_SEEN]! & bit) !== 0) return true;
  table.flow32[slot * FLOW32 + HISTORY_SEEN]! |= bit;
  addHistory(table, slot, side, letter);
  return false;
}

/** Takes a letter back. */
export function removeHistory(table: FlowTable, slot: number, at: number): void {
  const length = table.flow8[slot * FLOW8 + HISTORY_LENGTH]!;
  const from = slot * FLOW8 + HISTORY;
  table.flow8.copyWithin(from + at, from + at + 1, from + length);
  table.flow8[slot * FLOW8 + HISTORY_LENGTH] = length - 1;
}

/** Counts an event of a side in an `end32` field and appends its letter at 1, 10, 100 … occurrences. */
export function addScaled(
  table: FlowTable,
  slot: number,
  side: number,
  counter: number,
  letter: number,
): void {
  const at = (slot * 2 + side) * END32 + counter;
  const count = table.end32[at]! + 1;
  table.end32[at] = count;
  let threshold = 1;
  while (threshold < count) threshold *= 10;
  if (threshold === count) addHistory(table, slot, side, letter);
}

/** The history as text. */
export function historyText(table: FlowTable, slot: number): string {
  const from = slot * FLOW8 + HISTORY;
  const end = from + table.flow8[slot * FLOW8 + HISTORY_LENGTH]!;
  let text = '';
  for (let at = from; at < end; at++) text += String.fromCharCode(table.flow8[at]!);
  return text;
}
