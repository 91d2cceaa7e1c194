/** LLDP frames and CDP packets written by hand, behind their link headers. */
import { joined, u16 } from './dns-bytes.ts';

export type Element = readonly [type: number, data: Uint8Array | readonly number[] | string];

const bytesOf = (data: Element[1]): Uint8Array =>
  typeof data === 'string' ? new Uint8Array(Buffer.from(data, 'latin1')) : Uint8Array.from(data);

/** Elements and the one that ends them. */
export function lldpFrame(...elements: readonly Element[]): Uint8Array {
  return joined(
    ...elements.map(([type, data]) => joined(u16((type << 9) | bytesOf(data).length), bytesOf(data))),
    u16(0),
  );
}

/** Version 2, time to live 180 seconds, and elements. */
export function cdpPacket(...elements: readonly Element[]): Uint8Array {
  return joined(
    Uint8Array.of(2, 180, 0, 0),
    ...elements.map(([type, data]) => joined(u16(type, bytesOf(data).length + 4), bytesOf(data))),
  );
}
