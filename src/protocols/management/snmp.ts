/**
 * SNMP versions 1, 2c and 3 over UDP: one `snmp` record per flow as Zeek's base/protocols/snmp gives it, given out when the
 * flow ends. A community is a password: it is reported as a clear-text login and shown only when it is one that products
 * ship with. The description that an agent gives of itself goes to `software` too.
 *
 * Recognised on any port by version, community or header, and kind of operation, when the length agrees with the datagram;
 * on its own ports damaged messages too. Limits: `MAX_COMMUNITIES`, and those of `snmp-message.ts`.
 */
import { utf8 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import { secondsBetween } from '../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment, type RecordOf } from '../../model/schema.ts';
import { elementLength } from '../ber.ts';
import { decodeSnmp, PDU, type SnmpMessage } from './snmp-message.ts';

const PROBE_BYTES = 2048;
/** Different communities of one flow that are reported as logins. */
const MAX_COMMUNITIES = 16;
const SEQUENCE = 0x30;
const VERSIONS = ['1', '2c', 'unknown', '3'];

/** Zeek's `snmp.log`. */
export const snmpStream = flowStream(
  'snmp',
  'One line per SNMP session: who asked with what right, and how much.',
  {
    duration: f.interval('Seconds from the first to the last message.'),
    version: f.string('1, 2c or 3.'),
    community: f.string('Community, only when it is one that products ship with.'),
    get_requests: f.count('Variables of Get and GetNext requests.'),
    get_bulk_requests: f.count('Variables of GetBulk requests.'),
    get_responses: f.count('Variables of responses.'),
    set_requests: f.count('Variables of Set requests.'),
    display_string: f.string('What the agent says it is (sysDescr).', 'text'),
    up_since: f.time('When the agent says it started.'),
    community_token: f.token('Community as a token, when it is not shown.', 'secret'),
    traps: f.count('Traps and notifications.'),
    trap_oid: f.string('Object identifier of the first trap: what happened, or what sent it.'),
    user: f.token('User of version 3 as a token, when it is no vendor or default account.', 'secret'),
    account: f.string('User of version 3, when it is a vendor or default account.'),
    engine_id: f.string('Engine of version 3 that has the authority, in hexadecimal.'),
    security_level: f.string('Version 3: noAuthNoPriv, authNoPriv or authPriv, the lowest that was used.'),
  },
);

type SnmpRecord = RecordOf<typeof snmpStream>;

const LEVELS = ['noAuthNoPriv', 'authNoPriv', 'authPriv'];

interface State {
  readonly flow: FlowContext;
  record: SnmpRecord | undefined;
  began: Moment | undefined;
  readonly communities: Set<string>;
  described: boolean;
}

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  if (bytes[0] !== SEQUENCE) return 'no';
  const message = decodeSnmp(bytes, 0, bytes.length);
  if (message === undefined) return opening.portHint && isCutSnmp(bytes) ? 'match' : 'no';
  if (opening.portHint) return 'match';
  const whole = elementLength(bytes, 0, bytes.length) === bytes.length;
  return whole && !message.malformed ? 'match' : 'no';
}

/** A version and a community or header, in a message whose length is wrong. */
function isCutSnmp(bytes: Uint8Array): boolean {
  const at = bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f);
  const version = bytes[at + 2]!;
  if (bytes[at] !== 2 || bytes[at + 1] !== 1) return false;
  return version <= 1 ? bytes[at + 3] === 4 : version === 3 && bytes[at + 3] === SEQUENCE;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const { flow } = state;
  const message = decodeSnmp(bytes, from, to);
  if (message === undefined || message.malformed) flow.weird('SNMP_invalid_message');
  if (message === undefined) return to - from;
  const { now } = flow;
  state.began ??= now;
  state.record ??= {
    ts: now,
    frame: flow.frame,
    version: VERSIONS[message.version]!,
    get_requests: 0,
    get_bulk_requests: 0,
    get_responses: 0,
    set_requests: 0,
    traps: 0,
  };
  const { record, began } = state;
  record.duration = secondsBetween(began, now);
  if (message.community !== undefined) noteCommunity(state, record, message.community);
  if (message.version === 3) noteUser(flow, record, message);
  count(record, message);
  if (message.pdu === PDU.response) noteAgent(state, record, direction, message);
  return to - from;
}

function noteCommunity(state: State, record: SnmpRecord, community: Uint8Array): void {
  const { flow, communities } = state;
  const text = utf8(community);
  if (communities.has(text) || communities.size >= MAX_COMMUNITIES) return;
  communities.add(text);
  const known = knownAccount(text);
  if (communities.size === 1) {
    record.community = known;
    if (known === undefined && community.length > 0)
      record.community_token = flow.token('community', community);
  }
  flow.credentials({ protocol: 'snmp', user: known, secret: community, secretKind: 'community' });
}

function noteUser(flow: FlowContext, record: SnmpRecord, message: SnmpMessage): void {
  record.engine_id ??= message.engineId;
  // Discovery of the engine goes without user and protection (RFC 3414 section 4).
  if (message.user === undefined) return;
  const level = Math.min(LEVELS.indexOf(message.security!), levelOf(record.security_level));
  record.security_level = LEVELS[level]!;
  if (record.user !== undefined || record.account !== undefined) return;
  record.account = knownAccount(utf8(message.user));
  if (record.account === undefined) record.user = flow.token('user', message.user);
}

const levelOf = (name: string | undefined): number =>
  name === undefined ? LEVELS.length : LEVELS.indexOf(name);

function count(record: SnmpRecord, { pdu, bindings, trapOid }: SnmpMessage): void {
  switch (pdu) {
    case PDU.get:
    case PDU.getNext:
      record.get_requests! += bindings;
      break;
    case PDU.getBulk:
      record.get_bulk_requests! += bindings;
      break;
    case PDU.response:
      record.get_responses! += bindings;
      break;
    case PDU.set:
      record.set_requests! += bindings;
      break;
    case PDU.trapV1:
    case PDU.trapV2:
    case PDU.inform:
      record.traps! += 1;
      record.trap_oid ??= trapOid;
      break;
  }
}

function noteAgent(state: State, record: SnmpRecord, direction: Direction, message: SnmpMessage): void {
  const { description, uptime, pdu, identity } = message;
  const { flow } = state;
  // What is set describes the agent only when it says so itself.
  if (pdu === PDU.response) {
    for (const [attribute, value] of identity ?? []) flow.identity({ side: direction, attribute, value });
  }
  if (description !== undefined) {
    record.display_string = description;
    if (!state.described) flow.software({ side: direction, type: 'SNMP::AGENT', text: description });
    state.described = true;
  }
  if (uptime !== undefined) {
    const { sec, nsec } = flow.now;
    const micros = Math.floor(nsec / 1000) - (uptime % 100) * 10_000;
    const carry = micros < 0 ? 1 : 0;
    record.up_since = {
      sec: sec - Math.floor(uptime / 100) - carry,
      nsec: (micros + carry * 1_000_000) * 1000,
    };
  }
}

export const snmp = defineProtocol<State>({
  name: 'snmp',
  transports: ['udp'],
  ports: [161, 162],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [snmpStream],
  probe,
  open: flow => ({ flow, record: undefined, began: undefined, communities: new Set(), described: false }),
  feed,
  close({ flow, record }) {
    if (record !== undefined) flow.emit(snmpStream, record);
  },
});
