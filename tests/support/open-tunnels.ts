/** Opens the tunnels of one frame through the real layers and says what was found, the outermost flow first. */
import { Decapsulation } from '../../src/layers/decapsulation.ts';
import { Reassembly } from '../../src/layers/fragments.ts';
import { decodeFrame } from '../../src/layers/link.ts';
import { KIND, Packet } from '../../src/model/packet.ts';
import { TUNNEL_NAMES, TunnelTable } from '../../src/model/tunnels.ts';
import { LINK } from './captures.ts';
import { expectInside } from './decode-packet.ts';

export interface Opened {
  /** Name of the kind. */
  readonly kind: string;
  readonly depth: number;
  readonly type: string;
  readonly inKey: boolean;
  readonly payload: string;
}

export function openTunnels(frame: Uint8Array, linkType: number = LINK.ethernet): Opened[] {
  const packet = new Packet();
  const bytes = new Uint8Array(frame.length + 64).fill(0xff);
  bytes.set(frame);
  Object.assign(packet.frame, {
    bytes,
    at: 0,
    captured: frame.length,
    length: frame.length,
    linkType,
    number: 1,
  });
  const decapsulation = new Decapsulation(new TunnelTable(), new Reassembly());
  const opened: Opened[] = [];
  const follow = (): void => {
    let view: Packet | null = decapsulation.first(packet);
    for (; view !== null; view = decapsulation.inside(view)) {
      expectInside(view);
      const { kind, tunnelDepth, tunnelType, tunnel, payloadAt, payloadEnd } = view;
      opened.push({
        kind: Object.keys(KIND)[Object.values(KIND).indexOf(kind as 0)]!,
        depth: tunnelDepth,
        type: TUNNEL_NAMES[tunnelType]!,
        inKey: tunnel !== 0,
        payload:
          kind === KIND.none ? '' : Buffer.from(bytes.subarray(payloadAt, payloadEnd)).toString('latin1'),
      });
    }
  };
  decodeFrame(packet);
  follow();
  while (decapsulation.rest(packet)) follow();
  return opened;
}

/** Kinds of what was opened. */
export const kindsOf = (frame: Uint8Array, linkType?: number): string[] =>
  openTunnels(frame, linkType).map(({ kind }) => kind);
