/**
 * Ports on which a server is likely to answer. Used only to guess who the responder is when a flow is first
 * seen in its middle (no SYN) or over UDP; recognition of protocols is by content. The list is the union of the
 * well-known ports of the protocols that Zeek's default scripts register and those of medical devices
 * (IANA; DICOM PS3.8 section 9.1.1; HL7 MLLP 2575; IEEE 11073 SDC and Philips IntelliVue).
 */

const TCP = [
  21, 22, 23, 25, 53, 80, 81, 88, 102, 104, 135, 139, 143, 179, 389, 443, 445, 502, 514, 515, 554, 563, 585,
  587, 614, 631, 636, 989, 990, 992, 993, 995, 1080, 1434, 1883, 2575, 2761, 2762, 2811, 3128, 3268, 3306,
  3389, 4242, 5061, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8883, 8888, 11112,
  20000, 44818,
];

const UDP = [
  53, 67, 69, 80, 88, 123, 137, 161, 162, 389, 443, 500, 514, 547, 1812, 1813, 1900, 2123, 2152, 3544, 3702,
  4011, 4789, 5060, 5072, 5353, 5355, 6081, 20000, 24005, 24105, 47808,
];

function table(ports: readonly number[]): Uint8Array {
  const flags = new Uint8Array(65536);
  for (const port of ports) flags[port] = 1;
  return flags;
}

/** 1 where the TCP port is a likely server port. */
export const LIKELY_TCP_SERVER: Uint8Array = table(TCP);
/** 1 where the UDP port is a likely server port. */
export const LIKELY_UDP_SERVER: Uint8Array = table(UDP);
