/**
 * IPv6 (RFC 8200) with extension headers: hop-by-hop, routing, fragment, destination options, authentication
 * (RFC 4302), mobility (RFC 6275), HIP and Shim6. Source routes and home addresses give the true end points. ESP ends the walk. Fragments
 * are left for `fragments.ts`.
 * A payload length of zero (a jumbogram or offload in the capturing host) means "to the end of the frame".
 *
 * Limit: `MAX_EXTENSIONS` headers.
 */
import { u8, u16be, u32be } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeTransport, wireLength } from './transport.ts';

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;
const HEADER = 40;
const MAX_EXTENSIONS = 16;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HIP = 139;
const SHIM6 = 140;

const HOME_ADDRESS = 0xc9;

export function decodeIpv6(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < HEADER) {
    packet.problem = PROBLEM.truncatedIp;
    return;
  }
  if (u8(bytes, at) >>> 4 !== 6) {
    packet.problem = PROBLEM.badIpHeader;
    return;
  }
  const captured = packet.end - at;
  const payload = u16be(bytes, at + PAYLOAD_LENGTH);
  const length = payload === 0 ? captured : HEADER + payload;
  // Longer than the frame was on the wire: cut before it was captured, and no host takes it.
  if (length > wireLength(packet, at)) {
    packet.problem = PROBLEM.truncatedIp;
    return;
  }
  if (length < captured) packet.end = at + length;
  packet.ipVersion = 6;
  packet.ipAt = at;
  packet.ipLength = length;
  packet.ipIdentification = -1;
  packet.hopLimit = u8(bytes, at + HOP_LIMIT);
  packet.src0 = u32be(bytes, at + SOURCE);
  packet.src1 = u32be(bytes, at + SOURCE + 4);
  packet.src2 = u32be(bytes, at + SOURCE + 8);
  packet.src3 = u32be(bytes, at + SOURCE + 12);
  packet.dst0 = u32be(bytes, at + DESTINATION);
  packet.dst1 = u32be(bytes, at + DESTINATION + 4);
  packet.dst2 = u32be(bytes, at + DESTINATION + 8);
  packet.dst3 = u32be(bytes, at + DESTINATION + 12);
  walkExtensions(packet, at + NEXT_HEADER, at + HEADER, length - HEADER);
}

function walkExtensions(packet: Packet, named: number, start: number, total: number): void {
  const { bytes } = packet.frame;
  let namedAt = named;
  let next = u8(bytes, named);
  let at = start;
  let rest = total;
  for (let count = 0; isExtension(next); count++) {
    if (count === MAX_EXTENSIONS) {
      packet.problem = PROBLEM.tooManyExtensions;
      return;
    }
    if (packet.end - at < 8) {
      packet.problem = PROBLEM.truncatedIp;
      return;
    }
    let length = 8;
    if (next === FRAGMENT) {
      const field = u16be(bytes, at + 2);
      packet.fragmentOffset = field & 0xfff8;
      packet.moreFragments = (field & 1) !== 0;
      packet.fragmentAt = at;
      packet.fragmentNamedAt = namedAt;
    } else if (next === AUTHENTICATION) {
      length = (u8(bytes, at + 1) + 2) << 2;
    } else {
      length = (u8(bytes, at + 1) + 1) << 3;
    }
    if (length > rest) {
      packet.problem = PROBLEM.badIpHeader;
      return;
    }
    if (packet.end - at >= length) {
      if (next === ROUTING) readRouting(packet, at, length);
      else if (next === DESTINATION_OPTIONS) readHomeAddress(packet, at + 2, at + length);
    }
    namedAt = at;
    next = u8(bytes, at);
    at += length;
    rest -= length;
    // What follows is a piece of the packet; one that is whole although it has the header goes on (RFC 6946).
    if (packet.fragmentOffset > 0 || packet.moreFragments) break;
  }
  decodeTransport(packet, next, at, rest);
}

/** A packet still on its way along a source route belongs to the last address of the route. */
function readRouting(packet: Packet, at: number, length: number): void {
  const { bytes } = packet.frame;
  const type = u8(bytes, at + 2);
  const segmentsLeft = u8(bytes, at + 3);
  // Type 0 (RFC 2460 section 4.4, deprecated) and type 2 (RFC 6275 section 6.4): 8 bytes, then addresses.
  if ((type !== 0 && type !== 2) || segmentsLeft === 0 || length < 24) return;
  const last = at + length - 16;
  packet.dst0 = u32be(bytes, last);
  packet.dst1 = u32be(bytes, last + 4);
  packet.dst2 = u32be(bytes, last + 8);
  packet.dst3 = u32be(bytes, last + 12);
}

/** A mobile node says which address it is known by (RFC 6275 section 6.3). */
function readHomeAddress(packet: Packet, from: number, end: number): void {
  const { bytes } = packet.frame;
  for (let at = from; at + 2 <= end; ) {
    const option = u8(bytes, at);
    if (option === 0) {
      at++;
      continue;
    }
    const size = u8(bytes, at + 1);
    if (option === HOME_ADDRESS && size === 16 && at + 18 <= end) {
      packet.src0 = u32be(bytes, at + 2);
      packet.src1 = u32be(bytes, at + 6);
      packet.src2 = u32be(bytes, at + 10);
      packet.src3 = u32be(bytes, at + 14);
      return;
    }
    at += 2 + size;
  }
}

function isExtension(protocol: number): boolean {
  switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true;
    default:
      return false;
  }
}
