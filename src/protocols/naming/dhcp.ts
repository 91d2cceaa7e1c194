/**
 * DHCP for IPv4 (RFC 2131): one `dhcp` record per transaction as Zeek's base/protocols/dhcp gives it, made from all flows
 * its messages went over: the client's broadcast, the server's answer, relays. Own fields add what identifies a device
 * (parameter list, vendor class, client identifier, MUD address) and what a server gives out (routers, name servers, boot
 * file), by which a second server on the segment can be seen.
 *
 * Recognised on any port by its cookie; on its own ports a BOOTP header is enough, so that a wrong cookie is reported.
 * Messages without a type (plain BOOTP) are reported and not logged. A transaction is over as in Zeek: after 5 seconds of
 * silence but not within its first 10, and after 30 seconds at the latest.
 * Limits: `MAX_FLOWS`, `MAX_MESSAGES`, and those of `dhcp-message.ts`.
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
import { EVIDENCE_FIELDS, f, type Moment, type RecordOf, stream } from '../../model/schema.ts';
import { type DhcpMessage, decodeDhcp, HEADER_BYTES, isDhcp, looksLikeBootp } from './dhcp-message.ts';

/** Flows and messages of one record (Zeek's max_uids_per_log_entry and max_msg_types_per_log_entry). */
const MAX_FLOWS = 10;
const MAX_MESSAGES = 50;

/** Names of option 53 as Zeek has them (RFC 2132 section 9.6, RFC 3203, RFC 4388, RFC 6926, RFC 7724). */
const TYPES = (
  '- DISCOVER OFFER REQUEST DECLINE ACK NAK RELEASE INFORM FORCERENEW LEASEQUERY LEASEUNASSIGNED LEASEUNKNOWN ' +
  'LEASEACTIVE BULKLEASEQUERY LEASEQUERYDONE ACTIVELEASEQUERY LEASEQUERYSTATUS TLS'
).split(' ');

/** Zeek's `dhcp.log`. */
export const dhcpStream = stream('dhcp', 'One line per DHCP transaction, over all flows it used.', {
  ts: f.time('Time of its first message.'),
  uids: f.stringSet('Flows it ran over.'),
  client_addr: f.addr('Address of the client: its own, or else the one it was given.'),
  server_addr: f.addr('Address the server gave the lease from.'),
  mac: f.string('Hardware address of the client.'),
  host_name: f.string('Name the client gives itself, option 12.', 'text'),
  client_fqdn: f.string('Full name the client gives itself, option 81.', 'text'),
  domain: f.string('Domain the server gives out, option 15.', 'text'),
  requested_addr: f.addr('Address the client asked for, option 50.'),
  assigned_addr: f.addr('Address the server gave out.'),
  lease_time: f.interval('Seconds the address was given for.'),
  client_message: f.string('What the client said when it declined, option 56.', 'text'),
  server_message: f.string('What the server said when it refused, option 56.', 'text'),
  msg_types: f.strings('Types of the messages in order: DISCOVER, OFFER, REQUEST, ACK …'),
  duration: f.interval('Seconds from the first to the last message.'),
  parameter_list: f.string('Numbers of the options asked for, option 55; tells the client’s system.'),
  vendor_class: f.string('Kind of client as its manufacturer names it, option 60.', 'text'),
  client_id: f.string('Client identifier, option 61: MAC address, name or hexadecimal.', 'text'),
  mud_url: f.string('Where the manufacturer describes the device, option 161.', 'text'),
  relay_addr: f.addr('Relay that passed the messages on.'),
  server_id: f.addr('Server as it names itself, option 54.'),
  routers: f.strings('Routers given out, option 3, at most 8.'),
  dns_servers: f.strings('Name servers given out, option 6, at most 8.'),
  tftp_server: f.string('Server to boot from, option 66.', 'text'),
  boot_file: f.string('File to boot, option 67 or the header.', 'text'),
  ...EVIDENCE_FIELDS,
});

type DhcpRecord = RecordOf<typeof dhcpStream>;

const TRANSACTION: JointKind<typeof dhcpStream> = {
  stream: dhcpStream,
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
  if (isDhcp(bytes, 0, bytes.length)) return 'match';
  return opening.portHint && looksLikeBootp(bytes, 0, bytes.length) ? 'match' : 'no';
}

function feed({ flow }: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (to - from < HEADER_BYTES) {
    flow.weird('DHCP_truncated_header');
    return to - from;
  }
  const message = decodeDhcp(bytes, from, to);
  if (message.problem !== undefined) flow.weird(message.problem);
  if (message.type !== undefined) {
    // Clients that take the same number at the same time are told apart.
    const record = flow.joint(TRANSACTION, `${message.xid} ${message.chaddr ?? ''}`);
    noteMessage(record, message, message.type, flow.now);
    const sender = direction === ORIG ? flow.origHost : flow.respHost;
    if (message.request) noteRequest(record, message, sender);
    else noteReply(record, message, sender);
  } else if (message.problem === undefined) flow.weird('DHCP_no_type_option');
  return to - from;
}

function noteMessage(record: DhcpRecord, message: DhcpMessage, type: number, now: Moment): void {
  record.msg_types = [...(record.msg_types ?? []), TYPES[type] ?? `unknown-${type}`];
  const { ts = now } = record;
  record.duration = secondsBetween(ts, now);
  record.relay_addr ??= message.giaddr;
  record.mac ??= message.chaddr;
}

function noteRequest(record: DhcpRecord, message: DhcpMessage, sender: string): void {
  const { options } = message;
  // What a relay passes on comes from the relay's address.
  const client = message.giaddr === undefined ? sender : message.ciaddr;
  if (client !== undefined && client !== '0.0.0.0') record.client_addr = client;
  if (options.clientMac !== undefined) record.mac = options.clientMac;
  record.host_name = options.hostName ?? record.host_name;
  record.client_fqdn = options.fqdn ?? record.client_fqdn;
  record.requested_addr = options.requestedAddress ?? record.requested_addr;
  record.client_message = options.message ?? record.client_message;
  record.parameter_list = options.parameterList ?? record.parameter_list;
  record.vendor_class = options.vendorClass ?? record.vendor_class;
  record.client_id = options.clientId ?? record.client_id;
  record.mud_url = options.mudUrl ?? record.mud_url;
}

function noteReply(record: DhcpRecord, message: DhcpMessage, sender: string): void {
  const { options } = message;
  if (message.yiaddr !== undefined) {
    record.server_addr = sender;
    record.assigned_addr = message.yiaddr;
    record.client_addr ??= message.yiaddr;
  }
  record.domain = options.domain ?? record.domain;
  record.lease_time = options.leaseTime ?? record.lease_time;
  record.server_message = options.message ?? record.server_message;
  record.server_id = options.serverId ?? record.server_id;
  record.routers = options.routers ?? record.routers;
  record.dns_servers = options.dnsServers ?? record.dns_servers;
  record.tftp_server = options.tftpServer ?? record.tftp_server;
  record.boot_file = options.bootFile ?? record.boot_file;
}

export const dhcp = defineProtocol<State>({
  name: 'dhcp',
  transports: ['udp'],
  ports: [67, 68, 4011],
  probeBytes: HEADER_BYTES,
  maxPending: 1,
  streams: [dhcpStream],
  probe,
  open: flow => ({ flow }),
  feed,
});
