import { describe, expect, it } from 'vitest';
import { MAX_BYTES, MAX_SEGMENTS } from '../../src/flows/out-of-order.ts';
import type { FlowView } from '../../src/model/flow.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { deliveredText, play, recorder, Script, type Told } from '../support/flow-script.ts';

const s = () => new Script().open();
const data = (text: string, at: number) => ({ data: text, at });
const only = (told: Told[][]): Told[] => {
  expect(told).toHaveLength(1);
  return told[0]!;
};

describe('streams', () => {
  it('delivers both directions in order, each segment with its frame, and the end', () => {
    const { told } = s()
      .orig('PA', { data: 'ask' })
      .resp('PA', { data: 'answer' })
      .orig('PA', { data: '!' })
      .close()
      .run();
    expect(told).toEqual([
      [
        { data: 'ask', from: 0, frame: 4 },
        { data: 'answer', from: 1, frame: 5 },
        { data: '!', from: 0, frame: 6 },
        { end: true },
      ],
    ]);
  });

  it('asks for no consumer while there is no payload', () => {
    expect(s().close().run().told).toEqual([]);
  });

  it('puts segments into order', () => {
    const { told, conns } = s()
      .orig('A', data('cc', 5))
      .orig('A', data('bb', 3))
      .orig('A', data('aa', 1))
      .run();
    expect(deliveredText(only(told), 0)).toBe('aabbcc');
    expect(conns[0]).toMatchObject({ missed_bytes: 0, history: 'ShADT' });
  });

  it('drops what was seen, and keeps the first of what overlaps', () => {
    const again = s()
      .orig('A', data('abcd', 1))
      .orig('A', data('XXXX', 1))
      .orig('A', data('YYef', 3))
      .orig('A', data('f', 6));
    expect(deliveredText(only(again.run().told), 0)).toBe('abcdef');
    const waiting = s().orig('A', data('EFG', 5)).orig('A', data('xxxH', 5)).orig('A', data('abcdxxx', 1));
    expect(deliveredText(only(waiting.run().told), 0)).toBe('abcdEFGH');
    const between = s()
      .orig('A', data('cc', 3))
      .orig('A', data('ff', 6))
      .orig('A', data('xxxdexxxg', 2))
      .orig('A', data('a', 1));
    // Of the long segment counts what nothing else covered: its bytes 2, 5 and 8 to 10.
    expect(deliveredText(only(between.run().told), 0)).toBe('axccdffxxg');
  });

  it('announces a hole once the other side acknowledged what is behind it', () => {
    const lost = s().orig('A', data('ab', 1)).orig('A', data('ef', 5));
    expect(deliveredText(only(lost.run().told), 0)).toBe('ab[2]ef');
    // At the end of the flow nothing proves that the bytes ever arrived.
    expect(lost.run().conns[0]).toMatchObject({ missed_bytes: 0, history: 'ShAD' });
    const acked = lost.resp('A', { ack: 7 }).orig('A', data('gh', 7)).run();
    expect(only(acked.told)).toEqual([
      { data: 'ab', from: 0, frame: 4 },
      { gap: 2, from: 0 },
      { data: 'ef', from: 0, frame: 6 },
      { data: 'gh', from: 0, frame: 7 },
      { end: true },
    ]);
    expect(acked.conns[0]).toMatchObject({ missed_bytes: 2, history: 'ShADaG' });
  });

  it('an acknowledgement up to a waiting segment frees it', () => {
    const { told, conns } = s().orig('A', data('ef', 5)).resp('A', { ack: 5 }).run();
    expect(only(told)).toEqual([{ gap: 4, from: 0 }, { data: 'ef', from: 0, frame: 5 }, { end: true }]);
    expect(conns[0]).toMatchObject({ missed_bytes: 4, history: 'ShADaG' });
  });

  it('counts each hole once, also when acknowledgements follow one another', () => {
    const script = s().orig('A', data('b', 2)).orig('A', data('d', 4));
    const { told, conns } = script.resp('A', { ack: 2 }).resp('A', { ack: 4 }).resp('A', { ack: 5 }).run();
    expect(deliveredText(only(told), 0)).toBe('[1]b[1]d');
    expect(conns[0]).toMatchObject({ missed_bytes: 2, history: 'ShADaG' });
  });

  it('bytes that were acknowledged but never seen are a gap, and come too late afterwards', () => {
    const { told, conns } = s()
      .orig('A', data('ab', 1))
      .resp('A', { ack: 6 })
      .wait(0.005)
      .orig('A', data('cde', 3))
      .orig('A', data('f', 6))
      .run();
    expect(deliveredText(only(told), 0)).toBe('ab[3]f');
    expect(conns[0]?.missed_bytes).toBe(3);
  });

  it('the FIN is no byte of the stream', () => {
    const { told } = s().orig('FPA', { data: 'ab' }).resp('FA').orig('A').run();
    expect(only(told)).toEqual([{ data: 'ab', from: 0, frame: 4 }, { end: true }]);
  });

  it('payload of a SYN is the beginning of the stream, payload of a RST is none', () => {
    const { told } = new Script()
      .orig('S', { data: 'early' })
      .resp('SA')
      .orig('A', { data: ' late' })
      .orig('R', { data: 'no' })
      .run();
    expect(deliveredText(only(told), 0)).toBe('early late');
  });

  it('a flow picked up in its middle begins without a hole', () => {
    const middle = new Script()
      .orig('PA', { data: 'mid', at: 700, ack: 900 })
      .resp('PA', { data: 'dle', at: 900, ack: 703 });
    const starts: boolean[] = [];
    const consume = (flow: FlowView, told: Told[]) => {
      starts.push(flow.fromStart);
      return recorder(flow, told);
    };
    const { told } = middle.run({ consume });
    expect([deliveredText(only(told), 0), deliveredText(only(told), 1)]).toEqual(['mid', 'dle']);
    s().orig('A', { data: 'x' }).run({ consume });
    expect(starts).toEqual([false, true]);
  });

  it('gaps of a flow picked up in its middle are announced, but not counted as missed', () => {
    const middle = new Script().orig('PA', { data: 'a', at: 100, ack: 900 }).resp('A', { at: 900, ack: 101 });
    const { told, conns } = middle.orig('A', data('b', 105)).resp('A', { at: 900, ack: 106 }).run();
    expect(only(told)).toEqual([
      { data: 'a', from: 0, frame: 1 },
      { gap: 4, from: 0 },
      { data: 'b', from: 0, frame: 4 },
      { end: true },
    ]);
    expect(conns[0]).toMatchObject({ missed_bytes: 0, history: 'Da' });
  });

  it('bytes from before the beginning are not delivered', () => {
    const { told } = s().orig('A', { data: 'ok' }).orig('A', { data: 'old', at: -500 }).run();
    expect(deliveredText(only(told), 0)).toBe('ok');
  });

  it('payload that the snapshot length cut is a gap behind what was captured', () => {
    const { told, conns } = s()
      .orig('A', { data: 'abcdefgh', captured: 54 + 3 })
      .orig('A', { data: 'next' })
      .run();
    expect(deliveredText(only(told), 0)).toBe('abc[5]next');
    expect(conns[0]?.orig_bytes).toBe(12);
    const behind = s()
      .orig('A', { ...data('efgh', 5), captured: 54 + 1 })
      .orig('A', { data: 'abcd', at: 1 })
      .run();
    expect(deliveredText(only(behind.told), 0)).toBe('abcde[3]');
  });

  it.each(['data', 'gap'] as const)(
    'a consumer that had enough at %s is asked no more, and the flow goes on',
    when => {
      const memory = new StreamMemory(1 << 20);
      const script = s()
        .orig('A', data('later', 50))
        .orig('A', data('ab', 1))
        .resp('A', { ack: 50 })
        .orig('A', data('more', 55))
        .close();
      const { told, conns } = play(script.packets, {
        memory,
        consume: (flow, told) => ({ ...recorder(flow, told), [when]: () => false }),
      });
      expect(told).toEqual([when === 'data' ? [] : [{ data: 'ab', from: 0, frame: 5 }]]);
      expect(conns[0]).toMatchObject({ conn_state: 'SF', missed_bytes: 47 });
      expect(memory.used).toBe(0);
    },
  );

  it('waits for at most so many segments: then the hole is given up', () => {
    const script = s();
    for (let i = 0; i < MAX_SEGMENTS + 10; i++) script.orig('A', data('x', 10 + 2 * i));
    const told = only(script.orig('A', data('123456789', 1)).run().told);
    expect(told[0]).toEqual({ gap: 9, from: 0 });
    expect(deliveredText(told, 0).replace(/\[\d+\]/g, '')).toBe('x'.repeat(MAX_SEGMENTS + 10));
  });

  it('waits for at most so many bytes, however the segments are cut', () => {
    const memory = new StreamMemory(1 << 26);
    let most = 0;
    const script = s().orig('A', data('!', 2));
    const chunk = 'x'.repeat(60_000);
    for (let i = 0; i < 60; i++) script.orig('A', data(chunk, 3 + i * 60_001));
    const told: Told[] = [];
    play(script.packets, {
      memory,
      consume: (flow, list) => ({
        ...recorder(flow, list),
        gap(direction, length) {
          most = Math.max(most, memory.used);
          told.push({ gap: length, from: direction });
          return true;
        },
      }),
    });
    expect(told).toHaveLength(60);
    expect(most).toBeLessThan(MAX_BYTES + 60_001);
    expect(memory.used).toBe(0);
  });

  it('gives up as many holes as it takes, also where little waits behind the first ones', () => {
    const memory = new StreamMemory(1 << 26);
    let most = 0;
    const script = s();
    for (let i = 0; i < 100; i++) script.orig('A', data('!', 2 + 2 * i));
    for (let i = 0; i < 40; i++) script.orig('A', data('x'.repeat(60_000), 1000 + i * 60_001));
    play(script.packets, {
      memory,
      consume: (flow, told) => ({
        ...recorder(flow, told),
        gap() {
          most = Math.max(most, memory.used);
          return true;
        },
      }),
    });
    expect(most).toBeGreaterThan(MAX_BYTES - 60_001);
    expect(most).toBeLessThan(MAX_BYTES + 60_001);
  });

  it('when the common memory is used up, waiting bytes become a gap', () => {
    const memory = new StreamMemory(10);
    const { told } = s()
      .orig('A', data('ffffffff', 20))
      .orig('A', data('gggg', 28))
      .orig('A', data('a'.repeat(19), 1))
      .run({ memory });
    expect(deliveredText(only(told), 0)).toBe(`${'a'.repeat(19)}ffffffff[4]`);
    expect([memory.refused, memory.used]).toEqual([1, 0]);
  });
});
