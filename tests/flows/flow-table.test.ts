import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowTable } from '../../src/flows/flow-table.ts';
import { Packet } from '../../src/model/packet.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { TunnelTable } from '../../src/model/tunnels.ts';

/** Protocol and bits of a key, as the engine makes them. */
const UDP = 17;
const IPV6 = 0x100;
const ONE_WAY = 0x200;

const table = () => new FlowTable(0, new StreamMemory(1 << 20), new TunnelTable());

interface Endpoint {
  readonly words: readonly [number, number, number, number];
  readonly port: number;
}

function packet(a: Endpoint, b: Endpoint): Packet {
  const result = new Packet();
  [result.src0, result.src1, result.src2, result.src3] = a.words;
  [result.dst0, result.dst1, result.dst2, result.dst3] = b.words;
  return result;
}

/** The endpoint as packets of this kind have it: the words in front of an IPv4 address are 0. */
function endOf({ words, port }: Endpoint, meta: number): Endpoint {
  return { words: (meta & IPV6) === 0 ? [0, 0, 0, words[3]] : words, port };
}

/** What two packets have in common when they belong to one flow. */
function flowKey(a: Endpoint, b: Endpoint, meta: number): string {
  const ends = [JSON.stringify(a), JSON.stringify(b)];
  return `${(meta & ONE_WAY ? ends : ends.toSorted()).join()} ${meta}`;
}

// Few values, so that the same five-tuple comes again and buckets collide.
const word = fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff);
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  words: fc.tuple(fc.constantFrom(0, 0xffffffff), fc.constant(0), fc.constantFrom(0, 7), word),
  port: fc.constantFrom(0, 53, 65_535, 1, 2, 3),
});
const meta = fc.constantFrom(UDP, 6, UDP | IPV6, 1 | ONE_WAY);

describe('FlowTable', () => {
  it('answers as a Map does, whatever is inserted, found and removed', () => {
    const command = fc.record({ a: endpoint, b: endpoint, meta, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400 }), commands => {
        const flows = table();
        const oracle = new Map<string, number>();
        for (const { a: from, b: to, meta, remove } of commands) {
          const a = endOf(from, meta);
          const b = endOf(to, meta);
          const key = flowKey(a, b, meta);
          const slot = flows.find(packet(a, b), a.port, b.port, meta);
          expect(slot).toBe(oracle.get(key) ?? -1);
          if (slot < 0) {
            const inserted = flows.insert();
            expect([...oracle.values()]).not.toContain(inserted);
            oracle.set(key, inserted);
          } else if (remove) {
            flows.remove(slot);
            oracle.delete(key);
          }
          expect(flows.count).toBe(oracle.size);
        }
        for (let slot = 0; slot < flows.used; slot++) {
          expect(flows.isLive(slot)).toBe([...oracle.values()].includes(slot));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('finds a flow from both sides, and knows which side sent', () => {
    fc.assert(
      fc.property(endpoint, endpoint, fc.constantFrom(UDP, UDP | IPV6), (from, to, meta) => {
        const a = endOf(from, meta);
        const b = endOf(to, meta);
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        const flows = table();
        expect(flows.find(packet(a, b), a.port, b.port, meta)).toBe(-1);
        const slot = flows.insert();
        const forth = flows.senderIsLow;
        expect(flows.find(packet(b, a), b.port, a.port, meta)).toBe(slot);
        expect(flows.senderIsLow).toBe(!forth);
      }),
    );
  });

  it('keeps one-way flows apart by direction', () => {
    const flows = table();
    const a: Endpoint = { words: [0, 0, 0, 9], port: 3 };
    const b: Endpoint = { words: [0, 0, 0, 1], port: 1 };
    flows.find(packet(a, b), 3, 1, 1 | ONE_WAY);
    flows.insert();
    expect(flows.find(packet(b, a), 3, 1, 1 | ONE_WAY)).toBe(-1);
  });

  it.each([
    ['IPv4', 6, 0],
    ['IPv6', 6 | IPV6, 0x2001_0db8],
  ])('holds many flows of %s, through growth and removal', (_, meta, net) => {
    const flows = table();
    const end: Endpoint = { words: [net, 0, 0, 1], port: 80 };
    const find = (i: number) =>
      flows.find(
        packet({ words: [net, 0, net && i & 15, 1000 + (i >> 4)], port: 0 }, end),
        1024 + i,
        80,
        meta,
      );
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      expect(find(i)).toBe(-1);
      flows.insert();
    }
    for (let i = 0; i < count; i += 2) flows.remove(find(i));
    expect(flows.count).toBe(count / 2);
    for (let i = 0; i < count; i++) expect(find(i) >= 0).toBe(i % 2 === 1);
    // Slots are used again.
    for (let i = 0; i < count; i += 2) {
      find(i);
      flows.insert();
    }
    expect([flows.count, flows.used]).toEqual([count, count]);
  });
});
