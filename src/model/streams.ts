/**
 * Schemas of the streams that no single protocol owns: `conn`, `arp`, `neighbour`, `icmp6_nd`, `weird`, `credentials`,
 * `phi`, `software`, `device` …
 * A protocol's own streams are declared in its file; `pipeline/streams.ts` lists them all.
 */
import { device } from './device.ts';
import { captureHealth } from './health.ts';
import { intel } from './intel.ts';
import { EVIDENCE_FIELDS, FLOW_FIELDS, f, flowStream, stream } from './schema.ts';
import { signature } from './signature.ts';

/** Zeek's `conn.log` (base/protocols/conn), with the optional MAC and VLAN fields of Zeek's policy scripts. */
export const conn = flowStream('conn', 'One line per flow: who talked to whom, how much, and how it ended.', {
  proto: f.enum('Transport protocol: tcp, udp, icmp or unknown_transport.'),
  service: f.string('Application protocols recognised by content, comma-separated; absent when none was.'),
  duration: f.interval('Seconds from the first to the last packet; absent when there was one packet.'),
  orig_bytes: f.count('Payload bytes the originator sent; for TCP from sequence numbers.'),
  resp_bytes: f.count('Payload bytes the responder sent; for TCP from sequence numbers.'),
  conn_state: f.string(
    'S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR or OTH, as Zeek defines them.',
  ),
  local_orig: f.bool('The originator is in an internal range.'),
  local_resp: f.bool('The responder is in an internal range.'),
  missed_bytes: f.count('Bytes of TCP content missing from the capture although they were acknowledged.'),
  history: f.string('State history: upper-case letters from the originator, lower-case from the responder.'),
  orig_pkts: f.count('Packets the originator sent.'),
  orig_ip_bytes: f.count('IP-level bytes the originator sent, headers included.'),
  resp_pkts: f.count('Packets the responder sent.'),
  resp_ip_bytes: f.count('IP-level bytes the responder sent, headers included.'),
  tunnel_parents: f.stringSet('Flows of the enclosing tunnels; unset outside tunnels.'),
  ip_proto: f.count('IP protocol number.'),
  orig_l2_addr: f.string('MAC address of the originator’s side as seen at the tap.'),
  resp_l2_addr: f.string('MAC address of the responder’s side as seen at the tap.'),
  vlan: f.int('Outer VLAN identifier.'),
  inner_vlan: f.int('Inner VLAN identifier.'),
  direction_confidence: f.enum(
    'How the originator was found: syn, protocol, port, inventory or first_packet.',
  ),
});

/** Ethernet ARP (RFC 826). */
export const arp = stream(
  'arp',
  'One line per distinct ARP announcement of a MAC and IP pair and per request.',
  {
    ts: f.time('When it happened, in capture time.'),
    operation: f.enum('request or reply; the number for others.'),
    sender_mac: f.string('MAC address in the ARP sender field.'),
    sender_ip: f.addr('IPv4 address the sender claims.'),
    target_mac: f.string('MAC address in the ARP target field.'),
    target_ip: f.addr('IPv4 address asked for or answered to.'),
    gratuitous: f.bool('Nobody is asked or answered: the sender announces its own address.'),
    eth_src: f.string('Source MAC of the Ethernet frame that carried it.'),
    vlan: f.int('Outer VLAN identifier.'),
    ...EVIDENCE_FIELDS,
  },
);

/** Zeek's `tunnel.log` (base/frameworks/tunnels). */
export const tunnel = flowStream('tunnel', 'A tunnel that was found, and its end.', {
  tunnel_type: f.enum(
    'Tunnel::IP, GRE, VXLAN, GENEVE, GTPv1, TEREDO, SOCKS, HTTP (CONNECT) and others, in Zeek’s words.',
  ),
  action: f.enum('Tunnel::DISCOVER, CLOSE (its flow ended) or EXPIRE (a day without packets).'),
});

/** Who stands at the other end of the cable: LLDP (IEEE 802.1AB) and CDP. */
export const neighbour = stream(
  'neighbour',
  'One line per distinct announcement of LLDP or CDP: what a device says of itself and its port.',
  {
    ts: f.time('When it was first seen, in capture time.'),
    protocol: f.enum('lldp or cdp.'),
    eth_src: f.string('Source MAC of the frame.'),
    vlan: f.int('Outer VLAN identifier.'),
    chassis_id: f.string('Identifier of the device: MAC address, address or name.', 'text'),
    port_id: f.string('Identifier of its port.', 'text'),
    port_description: f.string('Description of its port.', 'text'),
    ttl: f.interval('Seconds this holds; 0 takes it back.'),
    system_name: f.string('Name of the device.', 'text'),
    system_description: f.string('Description of the device, of CDP its software.', 'text'),
    platform: f.string('Model of the device.', 'text'),
    manufacturer: f.string('Manufacturer of the device.', 'text'),
    serial: f.string('Serial number of the device.', 'text'),
    hardware_version: f.string('Revision of its hardware.', 'text'),
    firmware_version: f.string('Revision of its firmware.', 'text'),
    software_version: f.string('Revision of its software.', 'text'),
    capabilities: f.stringSet('What it does: bridge, router, wlan_ap, telephone, host …'),
    management_addrs: f.strings('Addresses it is managed under, at most 8.'),
    native_vlan: f.count('VLAN of untagged frames on its port.'),
    voice_vlan: f.count('VLAN for telephones on its port.'),
    ...EVIDENCE_FIELDS,
  },
);

/** Neighbour discovery of IPv6 (RFC 4861). */
export const icmp6Nd = stream(
  'icmp6_nd',
  'One line per distinct message of IPv6 neighbour discovery: addresses, routers, prefixes.',
  {
    ts: f.time('When it was first seen, in capture time.'),
    type: f.enum(
      'router_solicitation, router_advertisement, neighbour_solicitation, neighbour_advertisement or redirect.',
    ),
    src: f.addr('Sender.'),
    dst: f.addr('Receiver, mostly a group.'),
    target: f.addr('Address asked for or announced; of a redirect the better next hop.'),
    link_addr: f.string('MAC address the sender gives for itself, or for the target.'),
    eth_src: f.string('Source MAC of the Ethernet frame that carried it.'),
    vlan: f.int('Outer VLAN identifier.'),
    router: f.bool('An announced address is a router’s.'),
    solicited: f.bool('An announcement answers a question.'),
    override: f.bool('An announcement replaces what is known.'),
    managed: f.bool('Router: addresses come from DHCPv6.'),
    other: f.bool('Router: other configuration comes from DHCPv6.'),
    preference: f.enum('Router: high, medium or low.'),
    router_lifetime: f.interval('Router: seconds it serves as default router; 0 not at all.'),
    mtu: f.count('Router: largest packet of the link.'),
    prefixes: f.strings('Router: prefixes of the link, at most 8.'),
    dns_servers: f.strings('Router: name servers, at most 8.'),
    ...EVIDENCE_FIELDS,
  },
);

/** Zeek's `weird.log`. */
export const weird = stream(
  'weird',
  'Traffic that breaks the rules of its protocol, once per name and flow.',
  {
    ...FLOW_FIELDS,
    name: f.string('What was odd; Zeek’s name where Zeek has one.'),
    addl: f.string('Detail: a code or number of the protocol, never a value of a person.', 'text'),
    source: f.string('Which layer or decoder noticed.'),
    ...EVIDENCE_FIELDS,
  },
);

/** Clear-text logins of every protocol. */
export const credentials = flowStream('credentials', 'A login whose secret could be read from the wire.', {
  protocol: f.string('Protocol that carried the login.'),
  account: f.string('User name, only when it is on the list of vendor and default accounts.'),
  user: f.token('User name as a token, when it is not on that list.', 'secret'),
  secret_kind: f.string('password, community, bearer, basic or pin.'),
  secret: f.token('The secret as a token, so that reuse can be seen.', 'secret'),
  empty_secret: f.bool('The secret was empty.'),
  default_credential: f.bool('The account is a vendor or default account.'),
  success: f.bool('Whether the server accepted the login; absent when that could not be seen.'),
});

/** Patient identifiers that could be read, of every protocol. */
export const phi = flowStream(
  'phi',
  'Patient identifiers readable on the wire: which kinds, how many, as tokens.',
  {
    protocol: f.string('Protocol that carried them.'),
    payload: f.enum(
      'Medical format within the protocol: hl7, fhir, cda …; absent when it is the protocol itself.',
    ),
    carrier: f.string('Message or command that carried them.'),
    kinds: f.stringSet(
      'Kinds of identifiers, of the list in identifiers.md: patient_name, mrn, birth_date, ssn …',
    ),
    count: f.count('How many identifier values were seen.'),
    patient: f.token('Token of the patient’s identifier or, without one, name.', 'phi'),
    values: f.tokens('Tokens of the identifiers seen, at most 32.', 'phi'),
  },
);

/** Zeek's `software.log` (base/frameworks/software). */
export const software = stream('software', 'Programs that hosts name, once per host, kind and version.', {
  ts: f.time('When it was first seen, in capture time.'),
  uid: f.string('Flow in which it was first seen.'),
  host: f.addr('Host that runs it.'),
  host_p: f.port('Port it answers on; absent for clients.'),
  software_type: f.enum('Kind, as Zeek names it: HTTP::SERVER, HTTP::BROWSER, SSH::SERVER, SSH::CLIENT …'),
  name: f.string('Name of the program.', 'text'),
  'version.major': f.count('First number of the version.'),
  'version.minor': f.count('Second number of the version.'),
  'version.minor2': f.count('Third number of the version.'),
  'version.minor3': f.count('Fourth number of the version.'),
  'version.addl': f.string('What follows the numbers of the version.', 'text'),
  unparsed_version: f.string('Name and version as sent.', 'text'),
  ...EVIDENCE_FIELDS,
});

/** What gave a tool away. */
const TOOL_FIELDS = {
  tool: f.string('Name of the tool, e.g. TeamViewer or Tor.'),
  evidence: f.enum(
    'What gave it away: protocol, server_name, certificate, host, uri, user_agent or query (a name in DNS).',
  ),
  value: f.string('The name or user agent that gave it away.', 'text'),
  confidence: f.enum('high: it runs; medium: its services are used; low: a name was asked for, or a guess.'),
};

/** Tools for remote support, of every protocol that gives one away. */
export const remoteSupport = flowStream(
  'remote_support',
  'A tool for remote support or remote control, by its names or its protocol.',
  TOOL_FIELDS,
);

/** Anonymisers, personal VPNs and tunnels past a firewall, of every protocol that gives one away. */
export const anonymiser = flowStream(
  'anonymiser',
  'Tor, another anonymiser, a VPN service for persons, or a tunnel that leads past a firewall, by its names.',
  TOOL_FIELDS,
);

export const CORE_STREAMS = [
  conn,
  arp,
  neighbour,
  icmp6Nd,
  tunnel,
  weird,
  credentials,
  phi,
  software,
  device,
  remoteSupport,
  anonymiser,
  captureHealth,
  signature,
  intel,
] as const;
