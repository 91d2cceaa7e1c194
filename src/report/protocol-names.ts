/**
 * Names of protocols below or beside IP that a hospital's network carries and medtap does not decode: EtherTypes and IP
 * protocols (IANA registries), LLC service access points, SNAP protocols. A number that is not here is shown as it is.
 */

const ETHER_TYPES: Readonly<Record<number, string>> = {
  2048: 'IPv4',
  2114: 'Wake-on-LAN',
  24579: 'DECnet',
  32821: 'RARP',
  32923: 'AppleTalk',
  33011: 'AppleTalk ARP',
  33079: 'IPX',
  34525: 'IPv6',
  34824: 'Ethernet flow control',
  34825: 'LACP and other slow protocols',
  34887: 'MPLS',
  34915: 'PPPoE discovery',
  34916: 'PPPoE',
  34958: '802.1X (EAPOL)',
  34962: 'PROFINET',
  34969: 'Realtek switch protocol',
  34980: 'EtherCAT',
  34987: 'POWERLINK',
  35000: 'IEC 61850 GOOSE',
  35002: 'IEC 61850 sampled values',
  35020: 'LLDP',
  35021: 'SERCOS III',
  35033: 'LLTD',
  35041: 'HomePlug',
  35045: 'MACsec (encrypted)',
  35063: 'PTP',
  35074: 'connectivity fault management',
  35078: 'Fibre Channel over Ethernet',
  35093: 'RoCE',
  35130: 'IEEE 1905',
  36864: 'loopback test',
  8944: 'AVTP audio and video',
  8938: 'stream reservation',
};

const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  2: 'IGMP',
  4: 'IP in IP',
  41: 'IPv6 in IPv4',
  46: 'RSVP',
  47: 'GRE',
  50: 'ESP (encrypted)',
  51: 'AH',
  88: 'EIGRP',
  89: 'OSPF',
  94: 'IP in IP',
  103: 'PIM',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
};

const LLC: Readonly<Record<string, string>> = {
  '0x4242': 'spanning tree',
  '0xaaaa': 'SNAP',
  '0xe0e0': 'IPX',
  '0xf0f0': 'NetBIOS',
  '0xfefe': 'IS-IS',
};

const SNAP: Readonly<Record<string, string>> = {
  '0x00000c/0x2000': 'CDP',
  '0x00000c/0x2003': 'VTP',
  '0x00000c/0x2004': 'DTP',
  '0x00000c/0x010b': 'spanning tree (PVST+)',
  '0x00000c/0x0111': 'UDLD',
};

/** `0x88cc` as `LLDP (0x88cc)`. */
export function etherTypeText(number: string): string {
  const name = ETHER_TYPES[Number(number)];
  return name === undefined ? number : `${name} (${number})`;
}

/** `50` as `ESP`; `IP protocol 200` where it has no name here. */
export function ipProtocolName(number: number): string {
  return IP_PROTOCOLS[number]?.replace(/ \(.*/, '') ?? `IP protocol ${number}`;
}

/** `47` as `GRE (47)`. */
export function ipProtocolText(number: string): string {
  const name = IP_PROTOCOLS[Number(number)];
  return name === undefined ? `IP protocol ${number}` : `${name} (IP protocol ${number})`;
}

/** What is counted in `coverage.undecoded` under a reason with a number, by name where it has one. */
export function undecodedName(reason: string, number: string): string {
  if (reason === 'unknown_ethertype') return etherTypeText(number);
  const name = reason === 'llc' ? LLC[number] : reason === 'unknown_snap_protocol' ? SNAP[number] : undefined;
  return name === undefined ? number : `${name} (${number})`;
}
