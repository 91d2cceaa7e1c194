/**
 * IKE versions 1 (RFC 2408, RFC 2409) and 2 (RFC 7296), also behind the marker of NAT traversal (RFC 3948): recognised by a
 * header whose version, exchange and length fit. Payloads are not decoded. See `record.ts` for what is said of it.
 */
import { Cursor } from '../../../bytes/cursor.ts';
import { u8, u32be } from '../../../bytes/read.ts';
import { hex } from '../../../bytes/text.ts';
import { DONE, defineProtocol } from '../../../model/protocol.ts';
import { closeTunnel, noteMessage, openTunnel, type Tunnel, vpnStream } from './record.ts';

const IKE_HEADER = 28;
/** Four zero bytes before IKE on port 4500 (RFC 3948 section 2.2). */
const NON_ESP = 4;
const AGGRESSIVE = 4;
const EXCHANGES: Readonly<Record<number, string>> = {
  1: 'base',
  2: 'identity protection (main mode)',
  3: 'authentication only',
  4: 'aggressive',
  5: 'informational',
  6: 'transaction',
  32: 'quick mode',
  33: 'new group mode',
  34: 'IKE_SA_INIT',
  35: 'IKE_AUTH',
  36: 'CREATE_CHILD_SA',
  37: 'INFORMATIONAL',
  38: 'IKE_SESSION_RESUME',
  43: 'IKE_INTERMEDIATE',
};

/** Where the IKE header begins, or -1. */
function ikeAt(bytes: Uint8Array, from: number, to: number): number {
  const at = to - from >= NON_ESP + IKE_HEADER && u32be(bytes, from) === 0 ? from + NON_ESP : from;
  if (to - at < IKE_HEADER) return -1;
  const version = u8(bytes, at + 17);
  const exchange = u8(bytes, at + 18);
  const known = (version === 0x10 && exchange <= 33) || (version === 0x20 && exchange >= 34);
  return known &&
    EXCHANGES[exchange] !== undefined &&
    u32be(bytes, at + 24) === to - at &&
    (u32be(bytes, at) !== 0 || u32be(bytes, at + 4) !== 0)
    ? at
    : -1;
}

export const ike = defineProtocol<Tunnel>({
  name: 'ike',
  transports: ['udp'],
  ports: [500, 4500],
  probeBytes: 65_535,
  maxPending: 1500,
  streams: [vpnStream],
  probe({ orig, resp }) {
    const bytes = orig.length > 0 ? orig : resp;
    return ikeAt(bytes, 0, bytes.length) >= 0 ? 'match' : 'no';
  },
  open: flow => openTunnel(flow, 'ike'),
  feed(state, direction, bytes, from, to) {
    const more = noteMessage(state, direction, true, record => {
      const at = ikeAt(bytes, from, to);
      if (at < 0 || record.version !== undefined) return;
      const c = new Cursor(bytes, at, to);
      record.initiator_spi = hex(c.view(8));
      record.version = u8(bytes, at + 17) === 0x10 ? '1.0' : '2.0';
      const exchange = u8(bytes, at + 18);
      record.exchange = EXCHANGES[exchange]!;
      if (record.version === '1.0') record.aggressive = exchange === AGGRESSIVE;
    });
    return more ? to - from : DONE;
  },
  close: closeTunnel,
});
