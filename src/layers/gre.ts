/**
 * GRE (RFC 2784, RFC 2890), its PPTP variant (RFC 2637), NVGRE (RFC 7637), ERSPAN types I, II and III, WCCP and the
 * 802.11 frames of Aruba access points, up to the header of what they carry. Source routing (RFC 1701) is not followed.
 */
import { u8, u16be, u32be } from '../bytes/read.ts';
import type { Packet } from '../model/packet.ts';
import { follow, NEXT, OPEN } from './walk.ts';

const HEADER = 4;
const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGEMENT = 0x0080;
const VERSION = 0x0007;
const PPTP = 1;

const TYPE_BRIDGED = 0x6558;
const TYPE_PPP = 0x880b;
const TYPE_WCCP = 0x883e;
const TYPE_ERSPAN = 0x88be;
const TYPE_ERSPAN_3 = 0x22eb;
/** Aruba gives each of its radios and priorities a number: 0x8200, 0x8210 … 0x83f0. */
const ARUBA_MASK = 0xfe0f;
const TYPE_ARUBA = 0x8200;

const ERSPAN_2_HEADER = 8;
const ERSPAN_3_HEADER = 12;
const ERSPAN_3_FLAGS = 11;
const ERSPAN_3_MORE = 8;
const ERSPAN_3_OPTIONAL = 0x01;
const WCCP_HEADER = 4;

/**
 * Says in `inner` what the GRE packet of `outer` carries. A mirror (ERSPAN) is no part of a flow's key: its flows are
 * those of the network it was made of.
 * @returns one of `OPEN`
 */
export function openGre(inner: Packet, outer: Packet): number {
  const { bytes } = outer.frame;
  let at = outer.transportAt;
  if (outer.end - at < HEADER) return OPEN.no;
  const flags = u16be(bytes, at);
  const version = flags & VERSION;
  if (version > PPTP || (flags & ROUTING) !== 0) return OPEN.no;
  const type = u16be(bytes, at + 2);
  const keyAt = at + HEADER + ((flags & CHECKSUM) !== 0 ? 4 : 0);
  at = keyAt;
  if ((flags & KEY) !== 0) at += 4;
  if ((flags & SEQUENCE) !== 0) at += 4;
  if (version === PPTP && (flags & ACKNOWLEDGEMENT) !== 0) at += 4;
  if (outer.end - at < 1) return OPEN.no;
  switch (type) {
    case TYPE_BRIDGED:
      // The key of NVGRE is a network of 24 bits and 8 bits of hash.
      if ((flags & KEY) !== 0 && outer.end - keyAt >= 4) inner.tunnelNetwork = u32be(bytes, keyAt) >>> 8;
      follow(inner, NEXT.ethernet, at);
      return OPEN.byEnds;
    case TYPE_ERSPAN:
      follow(inner, NEXT.ethernet, at + ((flags & SEQUENCE) !== 0 ? ERSPAN_2_HEADER : 0));
      return OPEN.shared;
    case TYPE_ERSPAN_3: {
      if (outer.end - at < ERSPAN_3_HEADER) return OPEN.no;
      const more = (u8(bytes, at + ERSPAN_3_FLAGS) & ERSPAN_3_OPTIONAL) !== 0 ? ERSPAN_3_MORE : 0;
      follow(inner, NEXT.ethernet, at + ERSPAN_3_HEADER + more);
      return OPEN.shared;
    }
    case TYPE_PPP:
      follow(inner, NEXT.ppp, at);
      return OPEN.byEnds;
    case TYPE_WCCP:
      // Version 2 of WCCP puts a header in front; it cannot begin with the version of IP.
      follow(inner, NEXT.ip, u8(bytes, at) >>> 4 === 4 ? at : at + WCCP_HEADER);
      return OPEN.byEnds;
    default:
      if ((type & ARUBA_MASK) === TYPE_ARUBA) follow(inner, NEXT.ieee80211, at);
      else follow(inner, NEXT.ethertype, at, type);
      return OPEN.byEnds;
  }
}
