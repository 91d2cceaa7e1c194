/**
 * OpenVPN over UDP and TCP: recognised by the hard reset that a client begins with, in clear, with tls-auth or with
 * tls-crypt (the layouts are those of its source, ssl_pkt.h and tls_crypt.h). See `record.ts` for what is said of it.
 */
import { u8, u16be, u32be } from '../../../bytes/read.ts';
import { DONE, defineProtocol, type Opening, ORIG, type Verdict } from '../../../model/protocol.ts';
import { closeTunnel, noteMessage, openTunnel, type Tunnel, vpnStream } from './record.ts';

/** Opcodes, the high five bits of the first byte (OpenVPN source, ssl_pkt.h). */
const RESET_CLIENT_V1 = 1;
const RESET_SERVER_V1 = 2;
const RESET_CLIENT_V2 = 7;
const RESET_SERVER_V2 = 8;
const RESET_CLIENT_V3 = 10;
const RESETS: Readonly<Record<number, string>> = {
  [RESET_CLIENT_V1]: 'P_CONTROL_HARD_RESET_CLIENT_V1',
  [RESET_SERVER_V1]: 'P_CONTROL_HARD_RESET_SERVER_V1',
  [RESET_CLIENT_V2]: 'P_CONTROL_HARD_RESET_CLIENT_V2',
  [RESET_SERVER_V2]: 'P_CONTROL_HARD_RESET_SERVER_V2',
  [RESET_CLIENT_V3]: 'P_CONTROL_HARD_RESET_CLIENT_V3',
};
/** Opcode, session, no acknowledgements, packet number 0. */
const RESET_SIZE = 14;
/** Digests that tls-auth puts behind the session, with a packet number and a time. */
const DIGESTS = [16, 20, 32, 48, 64];
const REPLAY = 8;
const MAX_RESET = 1024;

/** How a hard reset is protected, or undefined when the bytes are none. */
function readReset(bytes: Uint8Array, at: number, end: number): string | undefined {
  const size = end - at;
  const code = u8(bytes, at) >>> 3;
  if (size < RESET_SIZE || size > MAX_RESET || RESETS[code] === undefined || (u8(bytes, at) & 7) !== 0)
    return undefined;
  // Nothing to acknowledge and packet 0: plain.
  const plainTail = u8(bytes, end - 5) === 0 && u32be(bytes, end - 4) === 0;
  if ((code === RESET_CLIENT_V2 || code === RESET_CLIENT_V1) && plainTail) {
    if (size === RESET_SIZE) return 'no authentication';
    if (DIGESTS.includes(size - RESET_SIZE - REPLAY)) return 'tls-auth';
  }
  // tls-crypt: the packet number and time behind the session are in clear, everything else is not.
  const isFirst = size >= 54 && u32be(bytes, at + 9) <= 1;
  if ((code === RESET_CLIENT_V2 || code === RESET_CLIENT_V3) && size === 54 && isFirst) return 'tls-crypt';
  return code === RESET_CLIENT_V3 && isFirst ? 'tls-crypt-v2' : undefined;
}

function probeOpenvpn({ transport, orig, portHint }: Opening): Verdict {
  const at = transport === 'tcp' ? 2 : 0;
  if (orig.length < at + RESET_SIZE) {
    const begun = transport === 'tcp' && (orig.length === 0 || orig[0]! <= MAX_RESET >>> 8);
    return begun && (orig.length < 3 || RESETS[orig[2]! >>> 3] !== undefined) ? 'unsure' : 'no';
  }
  const end = at === 0 ? orig.length : at + u16be(orig, 0);
  if (at > 0 && (end > orig.length || end < at + RESET_SIZE))
    return end > MAX_RESET + at || end < at + RESET_SIZE ? 'no' : 'unsure';
  const protection = readReset(orig, at, end);
  if (protection === undefined) return 'no';
  return portHint || protection !== 'tls-crypt' || u32be(orig, at + 9) === 1 ? 'match' : 'no';
}

export const openvpn = defineProtocol<Tunnel>({
  name: 'openvpn',
  transports: ['udp', 'tcp'],
  ports: [1194],
  probeBytes: MAX_RESET + 2,
  maxPending: 4096,
  streams: [vpnStream],
  probe: probeOpenvpn,
  open: flow => openTunnel(flow, 'openvpn'),
  feed(state, direction, bytes, from, to) {
    const tcp = state.flow.transport === 'tcp';
    const at = from + (tcp ? 2 : 0);
    const end = tcp && to >= at ? at + u16be(bytes, from) : to;
    // In TCP the first message may come in pieces.
    if (direction === ORIG && state.record.exchange === undefined && (to < at || end > to)) return 0;
    const more = noteMessage(state, direction, !tcp, record => {
      if (record.exchange !== undefined || direction !== ORIG || end - at < RESET_SIZE) return;
      const protection = readReset(bytes, at, end);
      if (protection !== undefined) record.exchange = `${RESETS[u8(bytes, at) >>> 3]}, ${protection}`;
    });
    return more ? to - from : DONE;
  },
  close: closeTunnel,
});
