/**
 * 802.11 data frames in clear (IEEE 802.11-2020 section 9.2), alone or behind a radiotap, PPI, Prism or AVS header:
 * three and four addresses, QoS, HT control, and the frames of an A-MSDU, of which `packet.rest` says where the next
 * begins. Management and control frames and data frames without data are counted, protected ones as encrypted. Parts of
 * a fragmented frame are not put together. A frame check sequence at the end lies behind the IP length.
 */
import { u8, u16be, u16le, u32be, u32le } from '../bytes/read.ts';
import { type Packet, PROBLEM } from '../model/packet.ts';
import { decodeEthernet } from './ethernet.ts';
import { decodeLlc } from './llc.ts';
import { fail } from './walk.ts';

const ADDRESS1 = 4;
const ADDRESS2 = 10;
const ADDRESS3 = 16;
const SEQUENCE = 22;
const HEADER = 24;
const ADDRESS4 = 24;
const MAC = 6;
const QOS = 2;
const HT_CONTROL = 4;

const TYPE_DATA = 2;
/** Bits of the first byte: data frames without data, and with a QoS field. */
const NO_DATA = 0x40;
const HAS_QOS = 0x80;
/** Bits of the second byte. */
const TO_DS = 0x01;
const FROM_DS = 0x02;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const ORDER = 0x80;
/** Bit of the QoS field: several MSDUs in one frame. */
const AGGREGATE = 0x80;

const SUBFRAME_HEADER = 14;
const SUBFRAME_LENGTH = 12;

const RADIOTAP_LENGTH = 2;
const RADIOTAP_PRESENT = 4;
const RADIOTAP_TIME = 0x01;
const RADIOTAP_FLAGS = 0x02;
const RADIOTAP_MORE = 0x8000_0000;
const FLAG_DATA_PAD = 0x20;

const PPI_HEADER = 8;
const PPI_LINK_TYPE = 4;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_IEEE802_11 = 105;

const PRISM_LENGTH = 144;
const AVS_MAGIC = 0x8021_1000;

/** @param padded whether the header is padded to a multiple of four bytes (some drivers do, radiotap says so) */
export function decodeIeee80211(packet: Packet, at: number, padded = false): void {
  const { bytes } = packet.frame;
  if (packet.end - at < HEADER) return fail(packet, PROBLEM.truncatedLink);
  const control = u8(bytes, at);
  const flags = u8(bytes, at + 1);
  if ((control & 0x03) !== 0) return fail(packet, PROBLEM.badLink);
  if (((control >>> 2) & 0x03) !== TYPE_DATA || (control & NO_DATA) !== 0) return fail(packet, PROBLEM.wlan);
  if ((flags & PROTECTED) !== 0) return fail(packet, PROBLEM.encrypted);
  if ((flags & MORE_FRAGMENTS) !== 0 || (u8(bytes, at + SEQUENCE) & 0x0f) !== 0)
    return fail(packet, PROBLEM.fragment);
  const toDs = (flags & TO_DS) !== 0;
  const fromDs = (flags & FROM_DS) !== 0;
  const four = toDs && fromDs;
  const qosAt = at + HEADER + (four ? MAC : 0);
  const hasQos = (control & HAS_QOS) !== 0;
  let length = HEADER + (four ? MAC : 0) + (hasQos ? QOS : 0);
  if (hasQos && (flags & ORDER) !== 0) length += HT_CONTROL;
  if (padded) length = (length + 3) & ~3;
  if (packet.end - at < length) return fail(packet, PROBLEM.truncatedLink);
  packet.macDstAt = at + (toDs ? ADDRESS3 : ADDRESS1);
  packet.macSrcAt = at + (four ? ADDRESS4 : fromDs ? ADDRESS3 : ADDRESS2);
  if (hasQos && (u8(bytes, qosAt) & AGGREGATE) !== 0) return decodeSubframe(packet, at + length);
  decodeLlc(packet, at + length);
}

/** One MSDU of an A-MSDU: addresses, length, LLC; all but the last padded to four bytes. */
export function decodeSubframe(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < SUBFRAME_HEADER) return fail(packet, PROBLEM.truncatedLink);
  packet.macDstAt = at;
  packet.macSrcAt = at + MAC;
  const from = at + SUBFRAME_HEADER;
  const length = u16be(bytes, at + SUBFRAME_LENGTH);
  const next = at + ((SUBFRAME_HEADER + length + 3) & ~3);
  if (length > 0 && packet.end - next >= SUBFRAME_HEADER) packet.rest = next;
  packet.end = Math.min(packet.end, from + length);
  decodeLlc(packet, from);
}

export function decodeRadiotap(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < RADIOTAP_PRESENT + 4) return fail(packet, PROBLEM.truncatedLink);
  const length = u16le(bytes, at + RADIOTAP_LENGTH);
  if (length < RADIOTAP_PRESENT + 4) return fail(packet, PROBLEM.badLink);
  if (packet.end - at < length) return fail(packet, PROBLEM.truncatedLink);
  decodeIeee80211(packet, at + length, hasDataPad(bytes, at, length));
}

/** Whether the flags of a radiotap header say that the 802.11 header is padded. */
function hasDataPad(bytes: Uint8Array, at: number, length: number): boolean {
  const present = u32le(bytes, at + RADIOTAP_PRESENT);
  if ((present & RADIOTAP_FLAGS) === 0) return false;
  let field = RADIOTAP_PRESENT + 4;
  while ((u32le(bytes, at + field - 4) & RADIOTAP_MORE) !== 0) {
    field += 4;
    if (field > length) return false;
  }
  if ((present & RADIOTAP_TIME) !== 0) field = ((field + 7) & ~7) + 8;
  return field < length && (u8(bytes, at + field) & FLAG_DATA_PAD) !== 0;
}

export function decodePpi(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < PPI_HEADER) return fail(packet, PROBLEM.truncatedLink);
  const length = u16le(bytes, at + 2);
  if (length < PPI_HEADER) return fail(packet, PROBLEM.badLink);
  const linkType = u32le(bytes, at + PPI_LINK_TYPE);
  if (linkType === LINKTYPE_IEEE802_11) return decodeIeee80211(packet, at + length);
  if (linkType === LINKTYPE_ETHERNET) return decodeEthernet(packet, at + length);
  fail(packet, PROBLEM.linkType, linkType);
}

/** Prism headers have a fixed length, AVS headers say theirs. */
export function decodePrism(packet: Packet, at: number): void {
  const { bytes } = packet.frame;
  if (packet.end - at < PPI_HEADER) return fail(packet, PROBLEM.truncatedLink);
  const isAvs = (u32be(bytes, at) & 0xffff_f000) >>> 0 === AVS_MAGIC;
  decodeIeee80211(packet, at + (isAvs ? Math.min(u32be(bytes, at + 4), packet.end) : PRISM_LENGTH));
}
