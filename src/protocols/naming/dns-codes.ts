/**
 * Names of DNS numbers as Zeek writes them in `dns.log` (base/protocols/dns/consts). The numbers are IANA's
 * "Domain Name System (DNS) Parameters" registry, those of NetBIOS are RFC 1002 section 4.2.1.1.
 * A number without a name gets Zeek's numeric form (`query-65280`, `rcode-24`, `qclass-2`, `opcode-9`).
 */

// Record types 1 to 65 without a gap in the numbering except 54, which was never assigned.
const FIRST_TYPES = (
  'A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR SIG KEY PX ' +
  'GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY RRSIG NSEC DNSKEY ' +
  'DHCID NSEC3 NSEC3PARAM TLSA SMIMEA query-54 HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS'
).split(' ');

const TYPES = new Map<number, string>([
  ...FIRST_TYPES.map((name, index): [number, string] => [index + 1, name]),
  [99, 'SPF'],
  [100, 'UINFO'],
  [101, 'UID'],
  [102, 'GID'],
  [103, 'UNSPEC'],
  [104, 'NID'],
  [105, 'L32'],
  [106, 'L64'],
  [107, 'LP'],
  [108, 'EUI48'],
  [109, 'EUI64'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [253, 'MAILB'],
  [254, 'MAILA'],
  [255, '*'],
  [256, 'URI'],
  [257, 'CAA'],
  [32768, 'TA'],
  [32769, 'DLV'],
  [65281, 'WINS'],
  [65282, 'WINS-R'],
  [65422, 'XPF'],
  [65521, 'INTEGRITY'],
]);

const RCODES =
  'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSet NOTAUTH NOTZONE'.split(' ');

const CLASSES = new Map([
  [1, 'C_INTERNET'],
  [2, 'C_CSNET'],
  [3, 'C_CHAOS'],
  [4, 'C_HESIOD'],
  [254, 'C_NONE'],
  [255, 'C_ANY'],
]);

const OPCODES = new Map([
  [0, 'query'],
  [1, 'iquery'],
  [2, 'server-status'],
  [4, 'notify'],
  [5, 'dynamic-update'],
  [6, 'dso'],
]);

const NETBIOS_OPCODES = new Map([
  [0, 'netbios-query'],
  [5, 'netbios-registration'],
  [6, 'netbios-release'],
  [7, 'netbios-wack'],
  [8, 'netbios-refresh'],
]);

/** `AAAA`, `HTTPS`, `*` for any; NetBIOS reuses the number of SRV for its node status. */
export function typeName(type: number, netbios: boolean): string {
  if (netbios && type === 33) return 'NBSTAT';
  return TYPES.get(type) ?? `query-${type}`;
}

/** `NXDOMAIN`, `unassigned-12`. The four bits of the header only; extended codes of EDNS are not read. */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `unassigned-${rcode}`;
}

/** `C_INTERNET`. */
export function className(qclass: number): string {
  return CLASSES.get(qclass) ?? `qclass-${qclass}`;
}

/** `query`, `dynamic-update`, `netbios-registration`. */
export function opcodeName(opcode: number, netbios: boolean): string {
  return netbios
    ? (NETBIOS_OPCODES.get(opcode) ?? `netbios-opcode-${opcode}`)
    : (OPCODES.get(opcode) ?? `opcode-${opcode}`);
}

/** Whether the operation code is assigned for the service. */
export function isOpcode(opcode: number, netbios: boolean): boolean {
  return (netbios ? NETBIOS_OPCODES : OPCODES).has(opcode);
}
