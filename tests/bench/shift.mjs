// @ts-check
/**
 * Moves the IPv4 addresses of one Ethernet frame, in place: both addresses of the outer IPv4 header, those of the
 * packet an ICMP error quotes, and those of ARP, so that a repetition of a capture looks like other hosts doing the
 * same. Host parts stay, network parts move by a number, private networks stay private (RFC 1918).
 *
 * Not moved: multicast, broadcast, loopback and link-local addresses, IPv6, what is inside tunnels and what payloads
 * say. Checksums are left as they are; none of the programs that are compared verifies them.
 */

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const MAX_TAGS = 3;
const ICMP = 1;
/** ICMP messages that quote the packet they are about (RFC 792). */
const QUOTING = new Set([3, 4, 5, 11, 12]);

/** Odd, so that 65,536 numbers give 65,536 networks, and neighbouring numbers give networks far apart. */
const STRIDE = 4951;

/**
 * The number by which one capture moves in one round.
 * @param {number} round @param {number} source @param {number} sources
 */
export function shiftNumber(round, source, sources) {
  return round * sources + source;
}

/**
 * @param {Uint8Array} bytes holds the frame and is changed
 * @param {number} at offset of the frame
 * @param {number} length captured bytes
 * @param {number} number 0 leaves everything as it is
 */
export function shiftFrame(bytes, at, length, number) {
  const end = at + length;
  let type = at + 12;
  for (let tags = 0; tags < MAX_TAGS && type + 2 <= end && VLAN_TAGS.has(u16(bytes, type)); tags++) type += 4;
  if (type + 2 > end) return;
  const network = type + 2;
  const ethertype = u16(bytes, type);
  if (ethertype === ETHERTYPE_IPV4) shiftIpv4(bytes, network, end, number, true);
  else if (ethertype === ETHERTYPE_ARP && network + 28 <= end && bytes[network + 5] === 4) {
    shiftAddress(bytes, network + 14, number);
    shiftAddress(bytes, network + 24, number);
  }
}

/**
 * @param {Uint8Array} bytes @param {number} at @param {number} end @param {number} number
 * @param {boolean} outer whether an ICMP quotation inside may be followed
 */
function shiftIpv4(bytes, at, end, number, outer) {
  if (at + 20 > end) return;
  const first = bytes[at] ?? 0;
  if (first >> 4 !== 4) return;
  shiftAddress(bytes, at + 12, number);
  shiftAddress(bytes, at + 16, number);
  const icmp = at + (first & 15) * 4;
  if (outer && bytes[at + 9] === ICMP && icmp + 8 < end && QUOTING.has(bytes[icmp] ?? 0)) {
    shiftIpv4(bytes, icmp + 8, end, number, false);
  }
}

/**
 * The address at `at`, moved by `number`.
 * @param {Uint8Array} bytes @param {number} at @param {number} number
 */
export function shiftAddress(bytes, at, number) {
  const a = bytes[at] ?? 0;
  const b = bytes[at + 1] ?? 0;
  const c = bytes[at + 2] ?? 0;
  if (a === 0 || a === 127 || a >= 224 || (a === 169 && b === 254)) return;
  const by = number * STRIDE;
  if (a === 172 && b >= 16 && b < 32) {
    const network = (((b & 15) << 8) + c + by) & 0xfff;
    bytes[at + 1] = 16 + (network >> 8);
    bytes[at + 2] = network & 255;
  } else if (SHARED_FIRST_OCTET.has(a)) {
    bytes[at + 2] = (c + by) & 255;
  } else {
    const network = ((b << 8) + c + by) & 0xffff;
    bytes[at + 1] = network >> 8;
    bytes[at + 2] = network & 255;
  }
}

/** First octets under which private and public networks lie side by side: only the third octet moves there. */
const SHARED_FIRST_OCTET = new Set([100, 169, 172, 192, 198, 203]);

/** @param {Uint8Array} bytes @param {number} at */
function u16(bytes, at) {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
