/**
 * What `medtap flows` shows: the views as schemas (names, types and meaning of their fields, in order) and how they are
 * sorted. Field names are Zeek's where `conn` has the field. Public contract (`medtap/flows@1`, docs/output.md).
 */
import { f, type Moment, type StreamSchema, stream, type Value } from './schema.ts';

export const FLOW_SORTS = ['bytes', 'packets', 'flows', 'duration', 'missed', 'start'] as const;
/** What rows are ordered by: most first, `start` earliest first. Equal rows by time. */
export type FlowSort = (typeof FLOW_SORTS)[number];

const TOTALS = {
  bytes: f.count('IP-level bytes of both directions, headers included.'),
  packets: f.count('Packets of both directions.'),
  missed_bytes: f.count('Bytes of TCP content missing from the capture although they were acknowledged.'),
} as const;

const GROUP_TOTALS = {
  flows: f.count('Flows.'),
  ...TOTALS,
  duration: f.interval('Seconds that the flows lasted, added up.'),
  last: f.time('When the last of the flows began.'),
} as const;

/** One row per flow. */
export const flowsView = stream('flows', 'One row per flow.', {
  ts: f.time('First packet.'),
  uid: f.string('Identifier of the flow, as in every record of it.'),
  'id.orig_h': f.addr('Address of the originator.'),
  'id.orig_p': f.port('Port of the originator.'),
  'id.resp_h': f.addr('Address of the responder.'),
  'id.resp_p': f.port('Port of the responder.'),
  proto: f.enum('Transport protocol.'),
  service: f.string('Application protocols recognised by content.'),
  conn_state: f.string('How it ended, as Zeek defines it.'),
  duration: f.interval('Seconds from the first to the last packet.'),
  ...TOTALS,
  orig_ip_bytes: f.count('IP-level bytes the originator sent.'),
  resp_ip_bytes: f.count('IP-level bytes the responder sent.'),
  orig_bytes: f.count('Payload bytes the originator sent.'),
  resp_bytes: f.count('Payload bytes the responder sent.'),
  vlan: f.int('Outer VLAN identifier.'),
  direction_confidence: f.enum(
    'How the originator was found: syn, protocol, port, inventory or first_packet.',
  ),
  orig_device: f.string('Name of the originator in the inventory.'),
  orig_type: f.string('Device type of the originator.'),
  orig_zone: f.string('Zone of the originator.'),
  orig_scope: f.enum('internal, internet, multicast, broadcast or link-local.'),
  resp_device: f.string('Name of the responder in the inventory.'),
  resp_type: f.string('Device type of the responder.'),
  resp_zone: f.string('Zone of the responder.'),
  resp_scope: f.enum('internal, internet, multicast, broadcast or link-local.'),
  resp_domain: f.string('Name that DNS gave the originator for the responder.', 'text'),
  frame: f.count('First frame, 1-based within its capture.'),
  capture: f.string('Capture file.', 'text'),
  ip_proto: f.count('IP protocol number.'),
});

/** One row per host, by its name in the inventory, else by address. Each flow counts at both of its hosts. */
export const deviceView = stream('device', 'One row per host; each flow counts at both of its hosts.', {
  ts: f.time('When its first flow began.'),
  host: f.string('Name in the inventory, else the address.'),
  type: f.string('Device type.'),
  zone: f.string('Zone, else scope.'),
  sent_bytes: f.count('IP-level bytes it sent.'),
  received_bytes: f.count('IP-level bytes it received.'),
  originated: f.count('Flows that it opened.'),
  peers: f.count('Hosts it exchanged flows with; absent when there were too many hosts to count.'),
  services: f.stringSet('Services of its flows, at most 16.'),
  ...GROUP_TOTALS,
});

/** One row per originator and responder. */
export const pairView = stream('pair', 'One row per originator and responder.', {
  ts: f.time('When the first flow began.'),
  orig: f.string('Originator: name in the inventory, else the address.'),
  resp: f.string('Responder: name in the inventory, else the address.'),
  services: f.stringSet('Services of the flows, at most 16.'),
  orig_ip_bytes: f.count('IP-level bytes the originator sent.'),
  resp_ip_bytes: f.count('IP-level bytes the responder sent.'),
  ...GROUP_TOTALS,
});

/** One row per service; flows without a recognised one by transport and responder port. */
export const serviceView = stream(
  'service',
  'One row per service, else transport and port of the responder.',
  {
    ts: f.time('When the first flow began.'),
    service: f.string('Application protocol recognised by content, else transport/port; icmp has no ports.'),
    recognised: f.bool('The content was recognised.'),
    originators: f.count('Distinct originators; absent when there were too many hosts to count.'),
    responders: f.count('Distinct responders; absent when there were too many hosts to count.'),
    ...GROUP_TOTALS,
  },
);

/** One row per pair of zones that exchanged flows. */
export const zonesView = stream('zones', 'One row per zone of the originators and zone of the responders.', {
  ts: f.time('When the first flow began.'),
  orig_zone: f.string('Zone of the originators; outside the zones of the inventory the scope.'),
  resp_zone: f.string('Zone of the responders; outside the zones of the inventory the scope.'),
  ...GROUP_TOTALS,
});

/** The views by name. */
export const FLOW_VIEWS = {
  flows: flowsView,
  device: deviceView,
  pair: pairView,
  service: serviceView,
  zones: zonesView,
} as const;

export type FlowViewName = keyof typeof FLOW_VIEWS;

/** One row of a view; absent fields are left out. */
export type FlowViewRow = Readonly<Record<string, Value>>;

/** Everything that the filter left, whatever is shown of it. */
export interface FlowTotals {
  readonly flows: number;
  readonly bytes: number;
  readonly packets: number;
  readonly missed_bytes: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
}

/** What is shown. */
export interface FlowTable {
  readonly view: FlowViewName;
  readonly schema: StreamSchema;
  readonly sort: FlowSort;
  readonly totals: FlowTotals;
  /** Rows of the view before `--top`. */
  readonly count: number;
  /** Rows that are shown. */
  readonly shown: number;
  /** In order; may be asked for again. */
  rows(): Iterable<FlowViewRow>;
}
