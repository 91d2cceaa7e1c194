/** RADIUS messages written by hand, for the tests of the decoder. */
import { joined, u16 } from '../naming/dns-bytes.ts';

type Attribute = readonly [type: number, data: Uint8Array | readonly number[] | string];

export function radiusMessage(code: number, id: number, ...attributes: readonly Attribute[]): Uint8Array {
  const encoded = attributes.map(([type, data]) => {
    const bytes = typeof data === 'string' ? new Uint8Array(Buffer.from(data)) : Uint8Array.from(data);
    return joined(Uint8Array.of(type, bytes.length + 2), bytes);
  });
  const length = encoded.reduce((sum, part) => sum + part.length, 20);
  return joined(Uint8Array.of(code, id), u16(length), new Uint8Array(16).fill(0x5a), ...encoded);
}
