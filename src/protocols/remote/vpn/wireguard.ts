/**
 * WireGuard (its protocol paper, section 5.4): recognised by the type and the fixed size of its handshake messages, and by
 * data on its port. See `record.ts` for what is said of it.
 */
import { u32le } from '../../../bytes/read.ts';
import { DONE, defineProtocol, type Opening, type Verdict } from '../../../model/protocol.ts';
import { closeTunnel, noteMessage, openTunnel, type Tunnel, vpnStream } from './record.ts';

/** Sizes of handshake initiation, response and cookie reply; data is a head of 16 bytes and blocks of 16. */
const WIREGUARD_SIZES = [0, 148, 92, 64];
const WIREGUARD_DATA = 4;

function probeWireguard({ orig, resp, portHint }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length < 32) return 'no';
  const type = u32le(bytes, 0);
  if (type >= 1 && type <= 3) return bytes.length === WIREGUARD_SIZES[type] ? 'match' : 'no';
  // Data alone says little: its counter must be small, and the port its own.
  const plausible = type === WIREGUARD_DATA && bytes.length % 16 === 0 && u32le(bytes, 12) === 0;
  return plausible && portHint && u32le(bytes, 4) !== 0 ? 'match' : 'no';
}

export const wireguard = defineProtocol<Tunnel>({
  name: 'wireguard',
  transports: ['udp'],
  ports: [51_820],
  probeBytes: 1500,
  maxPending: 1500,
  streams: [vpnStream],
  probe: probeWireguard,
  open: flow => openTunnel(flow, 'wireguard'),
  feed: (state, direction, _bytes, from, to) =>
    noteMessage(state, direction, true, () => undefined) ? to - from : DONE,
  close: closeTunnel,
});
