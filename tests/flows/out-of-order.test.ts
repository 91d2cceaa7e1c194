import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BYTES, MAX_SEGMENTS, OutOfOrder } from '../../src/flows/out-of-order.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';

const unlimited = () => new StreamMemory(1 << 30);

describe('OutOfOrder', () => {
  it('is sorted, never overlaps, and keeps the bytes that came first', () => {
    const segment = fc.record({
      at: fc.nat(200),
      length: fc.integer({ min: 1, max: 60 }),
      captured: fc.nat(60),
      byte: fc.nat(255),
    });
    const base = fc.constantFrom(1, 0xffffffa0, 0x7fffffa0);
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), base, (segments, base) => {
        const memory = unlimited();
        const waiting = new OutOfOrder(memory);
        // -1: nothing, -2: there but not captured.
        const oracle = new Int16Array(300).fill(-1);
        for (const { at, length, captured, byte } of segments) {
          const bytes = new Uint8Array(100).fill(byte);
          waiting.add((base + at) >>> 0, length, bytes, 10, 10 + Math.min(captured, length), true);
          for (let i = 0; i < length; i++)
            if (oracle[at + i] === -1) oracle[at + i] = i < captured ? byte : -2;
        }
        const held = new Int16Array(300).fill(-1);
        let end = 0;
        let bytesHeld = 0;
        for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
          const at = (first.seq - base) | 0;
          expect(at).toBeGreaterThanOrEqual(end);
          expect(first.length).toBeGreaterThan(0);
          end = at + first.length;
          for (let i = 0; i < first.length; i++) held[at + i] = first.bytes?.[i] ?? -2;
          bytesHeld += first.bytes?.length ?? 0;
        }
        expect(held).toEqual(oracle);
        expect(bytesHeld).toBe(oracle.filter(byte => byte >= 0).length);
        expect(memory.used).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('is full at its limits', () => {
    const many = new OutOfOrder(unlimited());
    const byte = Uint8Array.of(1);
    for (let i = 0; i < MAX_SEGMENTS - 1; i++) many.add(10 + 2 * i, 1, byte, 0, 1, true);
    expect(many.full).toBe(false);
    many.add(5, 1, byte, 0, 1, true);
    expect(many.full).toBe(true);
    const large = new OutOfOrder(unlimited());
    const chunk = new Uint8Array(MAX_BYTES / 16);
    for (let i = 0; i < 15; i++) large.add(10 + i * chunk.length, chunk.length, chunk, 0, chunk.length, true);
    expect(large.full).toBe(false);
    large.add(10 + 15 * chunk.length, chunk.length, chunk, 0, chunk.length, true);
    expect(large.full).toBe(true);
  });

  it('keeps only ranges when nobody takes the stream', () => {
    const memory = unlimited();
    const waiting = new OutOfOrder(memory);
    waiting.add(10, 5, new Uint8Array(5), 0, 5, false);
    expect([waiting.first, memory.used]).toEqual([{ seq: 10, length: 5, captured: 5, bytes: null }, 0]);
  });

  it('forgets bytes and keeps ranges', () => {
    const memory = unlimited();
    const waiting = new OutOfOrder(memory);
    waiting.add(10, 5, new Uint8Array(5), 0, 5, true);
    waiting.add(20, 5, new Uint8Array(5), 0, 5, true);
    expect(memory.used).toBe(10);
    waiting.forgetBytes();
    expect(memory.used).toBe(0);
    expect(waiting.segments.map(segment => [segment.seq, segment.bytes])).toEqual([
      [10, null],
      [20, null],
    ]);
    waiting.shift();
    expect(memory.used).toBe(0);
  });

  it('copies what it keeps: the frame is the reader’s', () => {
    const waiting = new OutOfOrder(unlimited());
    const frame = Uint8Array.of(9, 1, 2, 3, 9);
    waiting.add(10, 3, frame, 1, 4, true);
    frame.fill(0);
    expect(waiting.first?.bytes).toEqual(Uint8Array.of(1, 2, 3));
  });
});
