/**
 * Where each field of a flow stands. Each flow has one row in a buffer of its shard, and each of its two endpoints one
 * row in another, so that a packet touches a few neighbouring cache lines instead of one per field. It pays with many
 * live flows (docs/performance.md). What few flows need stands in a third buffer, the annex: IPv6 addresses, losses, a
 * long history. A flow gets a row there when it needs one.
 *
 * The buffers are seen through typed views. A field's name is its offset within the row of its view:
 * `flow64[slot * FLOW64 + START_SEC]`, `end32[e * END32 + LAST_SEQ]`, `annex64[row * ANNEX64 + MISSED]`. Endpoint `e`
 * is `2 * slot` for the originator and `2 * slot + 1` for the responder.
 */

// ── flow rows: 96 bytes ─────────────────────────────────────────────────────────────────────────────────────────────

export const FLOW8 = 96;
export const FLOW16 = FLOW8 / 2;
export const FLOW32 = FLOW8 / 4;
export const FLOW64 = FLOW8 / 8;

// flow32, from byte 0. The first four are the canonical five-tuple, the side with the lower address first.
/** The addresses, of IPv6 their last words. */
export const LOW_ADDRESS = 0;
export const HIGH_ADDRESS = 1;
/** The port of the low side in the upper half. */
export const PORTS = 2;
/** IP protocol and `KEY_` bits. */
export const KEY_META = 3;
export const HASH = 4;
export const START_NSEC = 5;
export const LAST_NSEC = 6;
/** Index of the capture the flow began in. */
export const CAPTURE = 7;
/** See `FLAG`. */
export const FLAGS = 8;
/** Its row in the annex; 0 is none. */
export const ANNEX = 9;
/** The number of its `FlowContent`; 0 is none. */
export const CONTENT = 10;

// flow16, from byte 44.
/** VLAN identifier plus one; 0 is none. */
export const VLAN = 22;
export const INNER_VLAN = 23;

// flow64, from byte 48.
export const LAST_SEC = 6;
export const START_SEC = 7;
/**
 * Capture time at which the flow is over: whatever comes (`FLAG.closing`), or else as an attempt without an answer.
 * Infinity when neither is set. Nothing that closes a flow leaves it an attempt, so that one field is enough.
 */
export const OVER_AT = 8;
/** Number of the first frame. */
export const FRAME = 9;

// flow16, from byte 80.
/** Kinds of events that are in the history already. */
export const HISTORY_SEEN = 40;

// flow8, from byte 82.
export const LIVE = 82;
/** The low side of the key is the originator. */
export const LOW_IS_ORIG = 83;
export const HISTORY_LENGTH = 84;
/** The first history letters, up to the end of the row. */
export const HISTORY = 85;
export const HISTORY_HERE = FLOW8 - HISTORY;

// ── endpoint rows: 56 bytes ─────────────────────────────────────────────────────────────────────────────────────────

export const END8 = 56;
export const END16 = END8 / 2;
export const END32 = END8 / 4;
export const END64 = END8 / 8;

// end64, from byte 0.
export const IP_BYTES = 0;
/** Payload bytes of UDP, ICMP and other flows; -1 before the first packet. TCP has its sequence numbers there. */
export const PAYLOAD = 1;

// end32, from byte 8. Up to `LAST_RST` of TCP only.
export const START_SEQ = 2;
export const LAST_SEQ = 3;
export const ACK_SEQ = 4;
/** Next expected byte of the stream, relative to the start (1 is the first). */
export const NEXT = 5;
export const FIN_SEQ = 6;
export const LAST_FIN = 7;
export const LAST_RST = 8;
export const PACKETS = 9;
export const MAC_LOW = 10;

// end16, from byte 44.
export const MAC_HIGH = 22;
export const SEQ_WRAPS = 23;
export const ACK_WRAPS = 24;

// end8, from byte 50.
export const STATE_OF = 50;
export const PREVIOUS_STATE = 51;
export const CLOSED_OF = 52;
/** A FIN was seen. */
export const FINS = 53;
/** Segments of this side wait behind a hole. */
export const WAITING = 54;
/** Bytes of this side were cut by the snapshot length and are not acknowledged yet. */
export const CUT = 55;

// ── annex rows: 88 bytes ────────────────────────────────────────────────────────────────────────────────────────────

export const ANNEX8 = 88;
export const ANNEX32 = ANNEX8 / 4;
export const ANNEX64 = ANNEX8 / 8;

// annex64, from byte 0.
/** Content bytes that were acknowledged but not captured. */
export const MISSED = 0;

// annex32, from byte 8.
/** The upper three words of both IPv6 addresses. */
export const WIDE = 2;
export const WIDE_WORDS = 6;
// Two words each, the originator's first.
export const ZERO_WINDOWS = 8;
export const GAPS = 10;
export const RETRANSMISSIONS = 12;
/** Relative sequence number of the last SYN; 0 without an annex. */
export const LAST_SYN = 14;
/** One past what belongs to one of two sides. */
export const SIDES_END = 16;

// annex8, from byte 64 to 86.
/** History letters that find no place in the row of the flow. */
export const HISTORY_TAIL = 64;

/** Letters that a history can have. */
export const HISTORY_LIMIT = 33;

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
  /** Closed: it is over at `OVER_AT`, whatever comes. */
  closing: 0x10,
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
