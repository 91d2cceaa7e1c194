/**
 * Which ICMP types answer each other, so that request and reply are one flow (RFC 792, 950, 1256; RFC 4443, 4861,
 * 2710, 4620, 6275). As in Zeek the type stands for the originator's port and the counterpart, or for messages
 * without an answer the code, for the responder's.
 */

const PAIRS_4: readonly (readonly [number, number])[] = [
  [8, 0],
  [13, 14],
  [15, 16],
  [10, 9],
  [17, 18],
];

const PAIRS_6: readonly (readonly [number, number])[] = [
  [128, 129],
  [133, 134],
  [135, 136],
  [130, 131],
  [139, 140],
  [144, 145],
];

function counterparts(pairs: readonly (readonly [number, number])[]): Int16Array {
  const table = new Int16Array(256).fill(-1);
  for (const [request, reply] of pairs) {
    table[request] = reply;
    table[reply] = request;
  }
  return table;
}

/** Counterpart of each ICMP type, or -1. */
export const ICMP_COUNTERPART: Int16Array = counterparts(PAIRS_4);
/** Counterpart of each ICMPv6 type, or -1. */
export const ICMP6_COUNTERPART: Int16Array = counterparts(PAIRS_6);
