import { describe, expect, it } from 'vitest';
import { ADDED, Datagram, HEADROOM, MAX_DATAGRAM } from '../../src/layers/datagram.ts';

const bytes = Uint8Array.from({ length: 64 }, (_, i) => i + 1);

function begun(): Datagram {
  const datagram = new Datagram();
  datagram.setHeader(new Uint8Array(20).fill(0xee), 0, 20);
  return datagram;
}

describe('a datagram', () => {
  it('is complete when every piece and the header came', () => {
    const datagram = new Datagram();
    expect(datagram.add(bytes, 8, 5, 8, 5, false, false)).toBe(ADDED.waiting);
    datagram.setHeader(bytes, 0, 20);
    expect(datagram.add(bytes, 0, 8, 0, 8, true, false)).toBe(ADDED.complete);
    expect([...datagram.bytes.subarray(HEADROOM, HEADROOM + 13)]).toEqual([...bytes.subarray(0, 13)]);
    expect(datagram.bytes[HEADROOM - 20]).toBe(1);
  });

  it('is not longer than IP allows', () => {
    expect(begun().add(bytes, 0, 64, MAX_DATAGRAM - 63, 64, false, false)).toBe(ADDED.dropped);
    expect(begun().add(bytes, 0, 0, 0, 0, false, false)).toBe(ADDED.dropped);
  });

  it('tells a piece that came twice from one that overlaps, when strict', () => {
    const datagram = begun();
    expect(datagram.add(bytes, 0, 16, 0, 16, true, true)).toBe(ADDED.waiting);
    expect(datagram.add(bytes, 0, 16, 0, 16, true, true)).toBe(ADDED.waiting);
    expect(datagram.add(bytes, 8, 16, 8, 16, true, true)).toBe(ADDED.dropped);
    expect(begun().add(bytes, 0, 16, 0, 16, true, true)).toBe(ADDED.waiting);
  });
});
