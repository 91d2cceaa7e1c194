/**
 * The `conn` record of a flow that ended, with Zeek's meaning of every field (base/protocols/conn): duration and
 * byte counts are absent for flows of a single moment, states are derived from the two endpoint states.
 */

import type { FlowListener } from '../model/flow.ts';
import type { RecordOf } from '../model/schema.ts';
import type { conn } from '../model/streams.ts';
import { type FlowHandle, storedMac } from './flow-handle.ts';
import {
  CAPTURE,
  END8,
  END32,
  END64,
  FLAG,
  FLAGS,
  FLOW8,
  FLOW16,
  FLOW32,
  FLOW64,
  FRAME,
  HISTORY_LENGTH,
  INNER_VLAN,
  IP_BYTES,
  KEY_META,
  LAST_NSEC,
  LAST_SEC,
  PACKETS,
  PAYLOAD,
  START_NSEC,
  START_SEC,
  STATE_OF,
  VLAN,
} from './flow-layout.ts';
import type { FlowTable } from './flow-table.ts';
import { historyText } from './history.ts';
import { STATE, streamBytes } from './tcp-state.ts';
import { missedBytes } from './tcp-stream.ts';

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMP6 = 58;

export function connRecord(
  table: FlowTable,
  slot: number,
  flow: FlowHandle,
  listener: FlowListener,
): RecordOf<typeof conn> {
  const orig = slot * 2;
  const resp = orig + 1;
  const protocol = table.flow32[slot * FLOW32 + KEY_META]! & 0xff;
  const duration =
    // One division of whole nanoseconds: a sum of rounded parts would show digits that no clock has.
    ((table.flow64[slot * FLOW64 + LAST_SEC]! - table.flow64[slot * FLOW64 + START_SEC]!) * 1e9 +
      (table.flow32[slot * FLOW32 + LAST_NSEC]! - table.flow32[slot * FLOW32 + START_NSEC]!)) /
    1e9;
  const timed = duration > 0;
  const flags = table.flow32[slot * FLOW32 + FLAGS]!;
  return {
    ts: { sec: table.flow64[slot * FLOW64 + START_SEC]!, nsec: table.flow32[slot * FLOW32 + START_NSEC]! },
    uid: flow.uid,
    'id.orig_h': flow.origHost,
    'id.orig_p': flow.origPort,
    'id.resp_h': flow.respHost,
    'id.resp_p': flow.respPort,
    proto: protocolName(protocol),
    service: table.contentOf(slot)?.service || undefined,
    duration: timed ? duration : undefined,
    orig_bytes: timed ? payloadBytes(table, orig, protocol) : undefined,
    resp_bytes: timed ? payloadBytes(table, resp, protocol) : undefined,
    conn_state: connState(table, slot, protocol),
    local_orig: listener.isInternal(flow.origHost),
    local_resp: listener.isInternal(flow.respHost),
    missed_bytes: missedBytes(table, slot),
    history: table.flow8[slot * FLOW8 + HISTORY_LENGTH] === 0 ? undefined : historyText(table, slot),
    orig_pkts: table.end32[orig * END32 + PACKETS]!,
    orig_ip_bytes: table.end64[orig * END64 + IP_BYTES]!,
    resp_pkts: table.end32[resp * END32 + PACKETS]!,
    resp_ip_bytes: table.end64[resp * END64 + IP_BYTES]!,
    tunnel_parents: table.parents.size === 0 ? undefined : table.parents.get(slot),
    ip_proto: protocol,
    orig_l2_addr: storedMac(table, orig),
    resp_l2_addr: storedMac(table, resp),
    vlan: vlanOf(table, slot, VLAN),
    inner_vlan: vlanOf(table, slot, INNER_VLAN),
    direction_confidence: directionConfidence(flags),
    frame: table.flow64[slot * FLOW64 + FRAME]!,
    capture: listener.captureName(table.flow32[slot * FLOW32 + CAPTURE]!),
  };
}

/** Payload of both sides of a flow, also when it has no duration. */
export function flowPayload(table: FlowTable, slot: number): number {
  const protocol = table.flow32[slot * FLOW32 + KEY_META]! & 0xff;
  return payloadBytes(table, slot * 2, protocol) + payloadBytes(table, slot * 2 + 1, protocol);
}

/** What says who is the originator, the strongest first. */
function directionConfidence(flags: number): string {
  if ((flags & FLAG.bySyn) !== 0) return 'syn';
  if ((flags & FLAG.byProtocol) !== 0) return 'protocol';
  if ((flags & FLAG.byPort) !== 0) return 'port';
  return (flags & FLAG.byInventory) !== 0 ? 'inventory' : 'first_packet';
}

function protocolName(protocol: number): string {
  switch (protocol) {
    case TCP:
      return 'tcp';
    case UDP:
      return 'udp';
    case ICMP:
    case ICMP6:
      return 'icmp';
    default:
      return 'unknown_transport';
  }
}

function payloadBytes(table: FlowTable, e: number, protocol: number): number {
  return protocol === TCP ? streamBytes(table, e) : Math.max(table.end64[e * END64 + PAYLOAD]!, 0);
}

function vlanOf(table: FlowTable, slot: number, field: number): number | undefined {
  const stored = table.flow16[slot * FLOW16 + field]!;
  return stored === 0 ? undefined : stored - 1;
}

/** History of a SYN that its sender took back: its RST, with nothing else of it in between. */
const ABORTED_ATTEMPT = /^\^?S[^HAFGIQ]*R/;

/** Zeek's connection state from the endpoint states. */
function connState(table: FlowTable, slot: number, protocol: number): string {
  const orig = slot * 2;
  const resp = orig + 1;
  if (protocol === UDP) {
    const asked = table.end64[orig * END64 + PAYLOAD]! >= 0;
    const answered = table.end64[resp * END64 + PAYLOAD]! >= 0;
    if (asked) return answered ? 'SF' : 'S0';
    return answered ? 'SHR' : 'OTH';
  }
  if (protocol !== TCP) return 'OTH';
  const o = table.end8[orig * END8 + STATE_OF]!;
  const r = table.end8[resp * END8 + STATE_OF]!;
  const origSilent = o === STATE.inactive || o === STATE.partial;
  const respSilent = r === STATE.inactive || r === STATE.partial;
  if (r === STATE.reset) {
    const empty = streamBytes(table, orig) === 0 && streamBytes(table, resp) === 0;
    if (o === STATE.synSent || o === STATE.synAckSent || (o === STATE.reset && empty)) return 'REJ';
    return origSilent ? 'RSTRH' : 'RSTR';
  }
  if (o === STATE.reset) {
    if (!respSilent) return 'RSTO';
    return ABORTED_ATTEMPT.test(historyText(table, slot)) ? 'RSTOS0' : 'OTH';
  }
  if (o === STATE.closed && r === STATE.closed) return 'SF';
  if (o === STATE.closed) return respSilent ? 'SH' : 'S2';
  if (r === STATE.closed) return origSilent ? 'SHR' : 'S3';
  if (o === STATE.synSent && r === STATE.inactive) return 'S0';
  if (o === STATE.established && r === STATE.established) return 'S1';
  return 'OTH';
}
