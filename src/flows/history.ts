/**
 * The `history` of a flow in Zeek's letters: S h a d f r and so on, upper case from the originator. Most letters
 * appear once per side; c g t w again at 10, 100, 1000 … occurrences. Letters are character codes here.
 */
import {
  ANNEX8,
  ANNEX32,
  FLAG,
  FLAGS,
  FLOW8,
  FLOW16,
  FLOW32,
  HISTORY,
  HISTORY_HERE,
  HISTORY_LENGTH,
  HISTORY_LIMIT,
  HISTORY_SEEN,
  HISTORY_TAIL,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';

/** Kinds of events whose letter appears once per side, as bits of `HISTORY_SEEN`; the responder's are the upper eight. */
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
  if (length === HISTORY_LIMIT) {
    table.flow32[slot * FLOW32 + FLAGS]! |= FLAG.historyFull;
    return;
  }
  setLetter(table, slot, length, side === 1 && letter !== LETTER.flip ? letter | 0x20 : letter);
  table.flow8[slot * FLOW8 + HISTORY_LENGTH] = length + 1;
}

function setLetter(table: FlowTable, slot: number, at: number, letter: number): void {
  if (at < HISTORY_HERE) table.flow8[slot * FLOW8 + HISTORY + at] = letter;
  else {
    const annex = table.annexOf(slot);
    table.annex8[annex * ANNEX8 + HISTORY_TAIL + at - HISTORY_HERE] = letter;
  }
}

function letterAt(table: FlowTable, slot: number, at: number): number {
  return at < HISTORY_HERE
    ? table.flow8[slot * FLOW8 + HISTORY + at]!
    : table.annex8[table.annexOf(slot) * ANNEX8 + HISTORY_TAIL + at - HISTORY_HERE]!;
}

/** Appends a letter the first time a side earns it. Returns whether the side had it before. */
export function addOnce(table: FlowTable, slot: number, side: number, kind: number, letter: number): boolean {
  const bit = side === 0 ? kind : kind << 8;
  if ((table.flow16[slot * FLOW16 + HISTORY_SEEN]! & bit) !== 0) return true;
  table.flow16[slot * FLOW16 + HISTORY_SEEN]! |= bit;
  addHistory(table, slot, side, letter);
  return false;
}

/** Takes a letter back. */
export function removeHistory(table: FlowTable, slot: number, at: number): void {
  const length = table.flow8[slot * FLOW8 + HISTORY_LENGTH]!;
  for (let i = at; i < length - 1; i++) setLetter(table, slot, i, letterAt(table, slot, i + 1));
  table.flow8[slot * FLOW8 + HISTORY_LENGTH] = length - 1;
}

/** Counts an event of a side in a field of the annex and appends its letter at 1, 10, 100 … occurrences. */
export function addScaled(
  table: FlowTable,
  slot: number,
  side: number,
  counter: number,
  letter: number,
): void {
  const at = table.annexOf(slot) * ANNEX32 + counter + side;
  const count = table.annex32[at]! + 1;
  table.annex32[at] = count;
  let threshold = 1;
  while (threshold < count) threshold *= 10;
  if (threshold === count) addHistory(table, slot, side, letter);
}

/** The history as text. */
export function historyText(table: FlowTable, slot: number): string {
  const length = table.flow8[slot * FLOW8 + HISTORY_LENGTH]!;
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(letterAt(table, slot, i));
  return text;
}
