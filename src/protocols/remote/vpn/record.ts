/**
 * What is said of an encrypted tunnel: one `vpn` record per flow, made when the responder answers, after the first
 * messages, or at the end of the flow. Nothing inside a tunnel is decoded.
 */
import { type Direction, type FlowContext, ORIG } from '../../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../../model/schema.ts';

/** Datagrams after which an unanswered flow is left alone. */
const MAX_MESSAGES = 8;

export const vpnStream = flowStream('vpn', 'Encrypted tunnels, one line per flow.', {
  protocol: f.enum('wireguard, openvpn or ike.'),
  version: f.string('Version, where the protocol shows one.'),
  exchange: f.string('IKE exchange, or how OpenVPN began: first message and its authentication.'),
  answered: f.bool('The responder took part.'),
  initiator_spi: f.string('IKE SPI of the initiator, in hexadecimal.'),
  aggressive: f.bool(
    'IKE version 1 in aggressive mode: the identity is in clear and the hash can be attacked offline.',
  ),
});

export type VpnRecord = RecordOf<typeof vpnStream>;

export interface Tunnel {
  readonly flow: FlowContext;
  readonly record: VpnRecord;
  messages: number;
}

/** Begins a record. */
export function openTunnel(flow: FlowContext, protocol: string): Tunnel {
  return { flow, record: { protocol, ts: flow.now, frame: flow.frame, answered: false }, messages: 0 };
}

/**
 * Takes note of a message that `read` looks at. False when enough was seen: the record is made, the flow left alone.
 * @param counted whether it is one of the messages after which an unanswered flow is left alone
 */
export function noteMessage(
  tunnel: Tunnel,
  direction: Direction,
  counted: boolean,
  read: (record: VpnRecord) => void,
): boolean {
  if (direction !== ORIG) tunnel.record.answered = true;
  read(tunnel.record);
  if (counted) tunnel.messages++;
  if (tunnel.messages < MAX_MESSAGES && tunnel.record.answered !== true) return true;
  closeTunnel(tunnel);
  return false;
}

/** Makes the record, once. */
export function closeTunnel(tunnel: Tunnel): void {
  if (tunnel.record.protocol === undefined) return;
  tunnel.flow.emit(vpnStream, { ...tunnel.record });
  tunnel.record.protocol = undefined;
}
