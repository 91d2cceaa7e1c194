/**
 * DHCP for IPv6 (RFC 8415): one `dhcpv6` record per transaction, in the manner of Zeek's `dhcp.log`, made from all flows
 * its messages went over (multicast of the client, unicast of the server, relays).
 *
 * The protocol has no magic number: it is recognised by a chain of options that ends with the datagram and holds a unique
 * identifier of client or server, on its own port by one of the two. A transaction is over as that of DHCP.
 * Limits: `MAX_FLOWS`, `MAX_MESSAGES`, and those of `dhcpv6-message.ts`.
 */
import { secondsBetween } from '../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type JointKind,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { EVIDENCE_FIELDS, f, type RecordOf, stream } from '../../model/schema.ts';
import { type Dhcpv6Message, decodeDhcpv6 } from './dhcpv6-message.ts';

const MAX_FLOWS = 10;
const MAX_MESSAGES = 50;
const PROBE_BYTES = 2048;

/** Section 7.3. */
const TYPES = (
  '- SOLICIT ADVERTISE REQUEST CONFIRM RENEW REBIND REPLY RELEASE DECLINE RECONFIGURE ' +
  'INFORMATION-REQUEST'
).split(' ');
/** ADVERTISE, REPLY and RECONFIGURE. */
const FROM_SERVERS = new Set([2, 7, 10]);
/** Section 21.13 and RFC 3633. */
const STATUS = 'Success UnspecFail NoAddrsAvail NoBinding NotOnLink UseMulticast NoPrefixAvail'.split(' ');

export const dhcpv6Stream = stream('dhcpv6', 'One line per DHCPv6 transaction, over all flows it used.', {
  ts: f.time('Time of its first message.'),
  uids: f.stringSet('Flows it ran over.'),
  client_addr: f.addr('Address the client sent from.'),
  server_addr: f.addr('Address the server sent from.'),
  mac: f.string('Hardware address in the client’s identifier or as a relay saw it.'),
  client_duid: f.string('Unique identifier of the client, in hexadecimal.'),
  server_duid: f.string('Unique identifier of the server, in hexadecimal.'),
  iaids: f.strings('Identity associations in hexadecimal, at most 8.'),
  client_fqdn: f.string('Full name the client gives itself, option 39.', 'text'),
  requested_addrs: f.strings('Addresses the client asked for, at most 8.'),
  assigned_addrs: f.strings('Addresses the server gave out, at most 8.'),
  assigned_prefixes: f.strings('Prefixes the server delegated, at most 8.'),
  lease_time: f.interval('Seconds the first address or prefix was given for.'),
  status: f.string('What the server answered when it was no success, e.g. NoAddrsAvail.'),
  msg_types: f.strings('Types of the messages in order: SOLICIT, ADVERTISE, REQUEST, REPLY …'),
  duration: f.interval('Seconds from the first to the last message.'),
  parameter_list: f.string('Numbers of the options asked for, option 6; tells the client’s system.'),
  enterprise: f.count('Enterprise number of the client’s manufacturer, option 16.'),
  vendor_class: f.string('Kind of client as its manufacturer names it, option 16.', 'text'),
  mud_url: f.string('Where the manufacturer describes the device, option 112.', 'text'),
  relay_addr: f.addr('Relay next to the client.'),
  dns_servers: f.strings('Name servers given out, option 23, at most 8.'),
  ...EVIDENCE_FIELDS,
});

type Dhcpv6Record = RecordOf<typeof dhcpv6Stream>;

const TRANSACTION: JointKind<typeof dhcpv6Stream> = {
  stream: dhcpv6Stream,
  silence: 5,
  shortest: 10,
  longest: 30,
  maxFlows: MAX_FLOWS,
  isFull: record => (record.msg_types?.length ?? 0) >= MAX_MESSAGES,
};

interface State {
  readonly flow: FlowContext;
}

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const type = bytes[0] ?? 0;
  if (type < 1 || type > 13 || bytes.length < 8) return 'no';
  const message = decodeDhcpv6(bytes, 0, bytes.length);
  if (message === undefined) return 'no';
  const identified = message.clientDuid !== undefined || message.serverDuid !== undefined;
  const whole = message.problem === undefined;
  return (identified && whole) || (opening.portHint && (identified || whole)) ? 'match' : 'no';
}

function feed({ flow }: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const message = decodeDhcpv6(bytes, from, to);
  if (message === undefined) {
    flow.weird('DHCPv6_invalid_message');
    return to - from;
  }
  if (message.problem !== undefined) flow.weird(message.problem);
  const record = flow.joint(TRANSACTION, `${message.transaction} ${message.clientDuid ?? ''}`);
  record.msg_types = [...(record.msg_types ?? []), TYPES[message.type]!];
  const { now } = flow;
  const { ts = now } = record;
  record.duration = secondsBetween(ts, now);
  const sender = direction === ORIG ? flow.origHost : flow.respHost;
  note(record, message);
  if (FROM_SERVERS.has(message.type)) noteServer(record, message, sender);
  else noteClient(record, message, sender);
  return to - from;
}

function note(record: Dhcpv6Record, message: Dhcpv6Message): void {
  record.mac = message.mac ?? record.mac;
  record.client_duid = message.clientDuid ?? record.client_duid;
  record.server_duid = message.serverDuid ?? record.server_duid;
  record.relay_addr = message.relay ?? record.relay_addr;
  if (message.iaids.length > 0) record.iaids = message.iaids;
}

function noteClient(record: Dhcpv6Record, message: Dhcpv6Message, sender: string): void {
  record.client_addr = message.peer ?? sender;
  record.client_fqdn = message.fqdn ?? record.client_fqdn;
  if (message.addresses.length > 0) record.requested_addrs = message.addresses;
  record.parameter_list = message.parameterList ?? record.parameter_list;
  record.enterprise = message.enterprise ?? record.enterprise;
  record.vendor_class = message.vendorClass ?? record.vendor_class;
  record.mud_url = message.mudUrl ?? record.mud_url;
}

function noteServer(record: Dhcpv6Record, message: Dhcpv6Message, sender: string): void {
  // What a relay passes on comes from the relay's address.
  if (message.relay === undefined) record.server_addr = sender;
  else record.client_addr ??= message.peer;
  if (message.addresses.length > 0) record.assigned_addrs = message.addresses;
  if (message.prefixes.length > 0) record.assigned_prefixes = message.prefixes;
  record.lease_time = message.validLifetime ?? record.lease_time;
  record.dns_servers = message.dnsServers ?? record.dns_servers;
  if (message.status !== undefined && message.status !== 0)
    record.status = STATUS[message.status] ?? `status-${message.status}`;
}

export const dhcpv6 = defineProtocol<State>({
  name: 'dhcpv6',
  transports: ['udp'],
  ports: [547, 546],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [dhcpv6Stream],
  probe,
  open: flow => ({ flow }),
  feed,
});
