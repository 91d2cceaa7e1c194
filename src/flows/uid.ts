/**
 * Flow identifiers: `C` and 17 base-62 digits of a 96-bit hash over start time, five-tuple and site. The same flow
 * has the same uid however the capture was split and whichever side is the originator. Not a secret and not a
 * signature: the hash only spreads (three murmur3 finalisers with different seeds).
 */
import { type FlowTable, KEY_WORDS } from './flow-table.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number for the site's name, mixed into every uid. */
export function siteSeed(site: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < site.length; i++) h = Math.imul(h ^ site.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The uid of a live flow. */
export function flowUid(table: FlowTable, slot: number, site: number): string {
  const sec = table.startSec[slot]!;
  const words = [
    sec >>> 0,
    Math.floor(sec / 0x1_0000_0000) >>> 0,
    table.startNsec[slot]!,
    ...table.key.subarray(slot * KEY_WORDS, (slot + 1) * KEY_WORDS),
  ];
  let text = 'C';
  let digits = 6;
  for (const seed of [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]) {
    let h = (seed ^ site) | 0;
    for (const word of words) {
      h ^= Math.imul((Math.imul(word, 0xcc9e2d51) << 15) | (Math.imul(word, 0xcc9e2d51) >>> 17), 0x1b873593);
      h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    let value = (h ^ (h >>> 16)) >>> 0;
    for (let i = 0; i < digits; i++) {
      text += DIGITS[value % 62];
      value = Math.floor(value / 62);
    }
    digits = seed === 0x9e3779b9 ? 6 : 5;
  }
  return text;
}
