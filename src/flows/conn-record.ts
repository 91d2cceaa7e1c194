/**
 * The `conn` record of a flow that ended, with Zeek's meaning of every field (base/protocols/conn): duration and
 * byte counts are absent for flows of a single moment, states are derived from the two endpoint states.
 */

import type { FlowListener } from '../model/flow.ts';
import type { RecordOf } from '../model/schema.ts';
import type { conn } from '../model/streams.ts';
import { macText } from '../net/address.ts';
import type { FlowHandle } from './flow-handle.ts';
import { FLAG, type FlowTable, KEY_WORDS } from './flow-table.ts';
import { historyText } from './history.ts';
import { STATE, streamBytes } from './tcp-state.ts';

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
  const protocol = table.key[slot * KEY_WORDS + 9]! & 0xff;
  const duration =
    table.lastSec[slot]! - table.startSec[slot]! + (table.lastNsec[slot]! - table.startNsec[slot]!) / 1e9;
  const timed = duration > 0;
  const flags = table.flags[slot]!;
  return {
    ts: { sec: table.startSec[slot]!, nsec: table.startNsec[slot]! },
    uid: flow.uid,
    'id.orig_h': flow.origHost,
    'id.orig_p': flow.origPort,
    'id.resp_h': flow.respHost,
    'id.resp_p': flow.respPort,
    proto: protocolName(protocol),
    service: table.service[slot] || undefined,
    duration: timed ? duration : undefined,
    orig_bytes: timed ? payloadBytes(table, orig, protocol) : undefined,
    resp_bytes: timed ? payloadBytes(table, resp, protocol) : undefined,
    conn_state: connState(table, orig, resp, protocol),
    local_orig: listener.isInternal(flow.origHost),
    local_resp: listener.isInternal(flow.respHost),
    missed_bytes: table.missed[slot]!,
    history: table.historyLength[slot] === 0 ? undefined : historyText(table, slot),
    orig_pkts: table.packets[orig]!,
    orig_ip_bytes: table.ipBytes[orig]!,
    resp_pkts: table.packets[resp]!,
    resp_ip_bytes: table.ipBytes[resp]!,
    ip_proto: protocol,
    orig_l2_addr: macOf(table, orig),
    resp_l2_addr: macOf(table, resp),
    vlan: table.vlan[slot]! < 0 ? undefined : table.vlan[slot]!,
    inner_vlan: table.innerVlan[slot]! < 0 ? undefined : table.innerVlan[slot]!,
    direction_confidence:
      (flags & FLAG.bySyn) !== 0 ? 'syn' : (flags & FLAG.byPort) !== 0 ? 'port' : 'first_packet',
    frame: table.frame[slot]!,
    capture: listener.captureName(table.capture[slot]!),
  };
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
  return protocol === TCP ? streamBytes(table, e) : Math.max(table.payload[e]!, 0);
}

function macOf(table: FlowTable, e: number): string | undefined {
  const high = table.macHigh[e]!;
  const low = table.macLow[e]!;
  return high === 0 && low === 0 ? undefined : macText(high, low);
}

/** Zeek's connection state from the endpoint states. */
function connState(table: FlowTable, orig: number, resp: number, protocol: number): string {
  if (protocol === UDP) {
    const asked = table.payload[orig]! >= 0;
    const answered = table.payload[resp]! >= 0;
    if (asked) return answered ? 'SF' : 'S0';
    return answered ? 'SHR' : 'OTH';
  }
  if (protocol !== TCP) return 'OTH';
  const o = table.state[orig]!;
  const r = table.state[resp]!;
  const origSilent = o === STATE.inactive || o === STATE.partial;
  const respSilent = r === STATE.inactive || r === STATE.partial;
  if (r === STATE.reset) {
    const empty = streamBytes(table, orig) === 0 && streamBytes(table, resp) === 0;
    if (o === STATE.synSent || o === STATE.synAckSent || (o === STATE.reset && empty)) return 'REJ';
    return origSilent ? 'RSTRH' : 'RSTR';
  }
  if (o === STATE.reset) return respSilent ? 'RSTOS0' : 'RSTO';
  if (o === STATE.closed && r === STATE.closed) return 'SF';
  if (o === STATE.closed) return respSilent ? 'SH' : 'S2';
  if (r === STATE.closed) return origSilent ? 'SHR' : 'S3';
  if (o === STATE.synSent && r === STATE.inactive) return 'S0';
  if (o === STATE.established && r === STATE.established) return 'S1';
  return 'OTH';
}
