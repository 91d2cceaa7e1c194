/**
 * Where each field of a flow stands. Each flow has one row in a buffer of its shard, and each of its two endpoints one
 * row in another, so that a packet touches a few neighbouring cache lines instead of one per field. It pays with many
 * live flows (docs/performance.md).
 *
 * The buffers are seen through typed views. A field's name is its offset within the row of its view:
 * `flow64[slot * FLOW64 + START_SEC]`, `end32[e * END32 + LAST_SEQ]`. Endpoint `e` is `2 * slot` for the originator
 * and `2 * slot + 1` for the responder.
 */

// ── flow rows: 152 bytes ────────────────────────────────────────────────────────────────────────────────────────────

export const FLOW8 = 152;
export const FLOW16 = FLOW8 / 2;
export const FLOW32 = FLOW8 / 4;
export const FLOW64 = FLOW8 / 8;

// flow32, from byte 0.
/** Canonical five-tuple: low address (4 words), high address (4), ports, protocol and bits. */
export const KEY = 0;
export const KEY_WORDS = 10;
export const HASH = 10;
export const START_NSEC = 11;
export const LAST_NSEC = 12;
/** Kinds of events that are in the history already. */
export const HISTORY_SEEN = 13;
/** Index of the capture the flow began in. */
export const CAPTURE = 14;
/** See `FLAG`. */
export const FLAGS = 15;

// flow64, from byte 64.
export const LAST_SEC = 8;
export const START_SEC = 9;
/** Capture time at which the flow is over whatever comes; Infinity when none is set. */
export const DEADLINE = 10;
/** Capture time at which an unanswered attempt is over. */
export const ATTEMPT_END = 11;
/** Number of the first frame. */
export const FRAME = 12;
/** Content bytes that were acknowledged but not captured. */
export const MISSED = 13;

// flow16, from byte 112.
/** VLAN identifier plus one; 0 is none. */
export const VLAN = 56;
export const INNER_VLAN = 57;

// flow8, from byte 116.
export const LIVE = 116;
/** The low side of the key is the originator. */
export const LOW_IS_ORIG = 117;
export const HISTORY_LENGTH = 118;
/** History letters, up to the end of the row. */
export const HISTORY = 119;
export const HISTORY_BYTES = FLOW8 - HISTORY;

// ── endpoint rows: 80 bytes ─────────────────────────────────────────────────────────────────────────────────────────

export const END8 = 80;
export const END16 = END8 / 2;
export const END32 = END8 / 4;
export const END64 = END8 / 8;

// end64, from byte 0.
export const IP_BYTES = 0;
/** Payload bytes of UDP, ICMP and other flows; -1 before the first packet. */
export const PAYLOAD = 1;

// end32, from byte 16.
export const PACKETS = 4;
export const START_SEQ = 5;
export const LAST_SEQ = 6;
export const ACK_SEQ = 7;
/** Next expected byte of the stream, relative to the start (1 is the first). */
export const NEXT = 8;
export const FIN_SEQ = 9;
export const LAST_SYN = 10;
export const LAST_FIN = 11;
export const LAST_RST = 12;
export const RETRANSMISSIONS = 13;
export const ZERO_WINDOWS = 14;
export const GAPS = 15;
export const MAC_LOW = 16;

// end16, from byte 68.
export const MAC_HIGH = 34;
export const SEQ_WRAPS = 35;
export const ACK_WRAPS = 36;

// end8, from byte 74.
export const STATE_OF = 74;
export const PREVIOUS_STATE = 75;
export const CLOSED_OF = 76;
/** A FIN was seen. */
export const FINS = 77;
/** Segments of this side wait behind a hole. */
export const WAITING = 78;
/** Bytes of this side were cut by the snapshot length and are not acknowledged yet. */
export const CUT = 79;

// ── bits ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bits of the last key word besides the IP protocol. */
export const KEY_IPV6 = 0x100;
export const KEY_ONE_WAY = 0x200;
/** Above them the number of the tunnel (`TunnelTable`) that tells flows apart; those below are the same in every run. */
export const KEY_TUNNEL_SHIFT = 10;

/** Bits of `FLAGS`. */
export const FLAG = {
  /** TCP without a complete beginning. */
  partial: 0x01,
  origSeen: 0x02,
  respSeen: 0x04,
  /** A stream consumer was asked for. */
  asked: 0x08,
  /** Originator decided by a SYN. */
  bySyn: 0x20,
  /** Originator decided by a server port. */
  byPort: 0x40,
  /** The history was full. */
  historyFull: 0x80,
  /** TCP past its handshake: longer silence ends it. */
  conversed: 0x200,
  /** The protocol showed who is the server. */
  byProtocol: 0x400,
  /** Originator decided by what the inventory says of the hosts. */
  byInventory: 0x800,
  /** Over UDP on a DNS port: short lookups. */
  dns: 0x100,
} as const;

/** The upper bits of `FLAGS`: type of the tunnel (`TUNNEL`) that the flow carries. */
export const TUNNEL_SHIFT = 24;
