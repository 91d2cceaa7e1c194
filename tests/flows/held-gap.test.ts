import { describe, expect, it } from 'vitest';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { type Conn, deliveredText, Script, type Told } from '../support/flow-script.ts';

const open = () => new Script().open();
const greeted = () => open().resp('A', { data: 'hello' });
const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return list[0]!;
};
const at = (data: string, seq: number) => ({ data, at: seq });
const text = (told: readonly Told[]) =>
  told.map(item =>
    'data' in item ? `${item.from}:${item.data}` : 'gap' in item ? `${item.from}:[${item.gap}]` : '.',
  );
const account = ({ history, missed_bytes }: Conn) => ({ history, missed_bytes });

describe('an acknowledgement that overtook its data', () => {
  it('is no gap, and the answer waits for the question', () => {
    const { told, conns } = open().resp('A', { data: 'answer', ack: 9 }).orig('A', at('question', 1)).run();
    expect(text(only(told))).toEqual(['0:question', '1:answer', '.']);
    expect(only(told).map(item => 'frame' in item && item.frame)).toEqual([5, 4, false]);
    expect(account(only(conns))).toEqual({ history: 'ShAdD', missed_bytes: 0 });
  });

  it('fills its hole in any order of parts, also twice', () => {
    const { told, conns } = open()
      .resp('A', { ack: 7 })
      .orig('A', at('ef', 5))
      .wait(-0.0009)
      .orig('A', at('cdef', 3))
      .wait(-0.0009)
      .orig('A', at('abc', 1))
      .orig('A', at('gh', 7))
      .run();
    expect(deliveredText(only(told), 0)).toBe('abcdefgh');
    expect(only(conns).missed_bytes).toBe(0);
    expect(only(conns).history).not.toContain('g');
    expect(only(conns).history).not.toContain('G');
  });

  it('of the last bytes and their FIN leaves no byte missing', () => {
    for (const flags of ['FA', 'A'] as const) {
      const script = open().resp('A', { ack: 5 }).orig(flags, at('abc', 1));
      const { told, conns } = (flags === 'A' ? script.orig('FA', { at: 4 }) : script).run();
      expect(text(only(told)), flags).toEqual(['0:abc', '.']);
      expect(only(conns).missed_bytes, flags).toBe(0);
      expect(only(conns).history, flags).not.toContain('G');
    }
  });

  it('several holes are handed on in their order', () => {
    const { told, conns } = open()
      .orig('A', { ...at('GET1', 1), ack: 4 })
      .wait(-0.0009)
      .orig('A', { ...at('GET2', 5), ack: 7 })
      .wait(-0.0009)
      .resp('A', { ...at('two', 4), ack: 9 })
      .wait(-0.0009)
      .resp('A', { ...at('one', 1), ack: 5 })
      .run();
    expect(text(only(told))).toEqual(['1:one', '0:GET1', '1:two', '0:GET2', '.']);
    expect(only(conns).missed_bytes).toBe(0);
  });
});

describe('bytes that do not come', () => {
  it('are a gap after two milliseconds, before what was held', () => {
    const { told, conns } = greeted()
      .resp('A', { data: 'answer', ack: 4 })
      .wait(0.003)
      .resp('A', { data: ' more', ack: 4 })
      .orig('A', at('abc', 1))
      .run();
    expect(text(only(told))).toEqual(['1:hello', '0:[3]', '1:answer', '1: more', '.']);
    expect(account(only(conns))).toEqual({ history: 'ShAdGD', missed_bytes: 3 });
  });

  it('are a gap at the end of the flow', () => {
    const { told, conns } = greeted().resp('A', { data: 'answer', ack: 4 }).run();
    expect(text(only(told))).toEqual(['1:hello', '0:[3]', '1:answer', '.']);
    expect(only(conns).missed_bytes).toBe(3);
  });

  it('are missing only where nothing came', () => {
    const { told, conns } = open()
      .resp('A', { ack: 7 })
      .orig('A', at('cd', 3))
      .wait(0.003)
      .orig('A', at('g', 7))
      .run();
    expect(deliveredText(only(told), 0)).toBe('cd[2]g');
    expect(account(only(conns))).toEqual({ history: 'ShAaGD', missed_bytes: 4 });
  });

  it('are a loss at once when they are many', () => {
    const { told } = greeted().resp('A', { data: 'answer', ack: 100_000 }).run();
    expect(text(only(told))).toEqual(['1:hello', '0:[99999]', '1:answer', '.']);
  });
});

describe('memory', () => {
  it('is given back, and its limit costs bytes, not the flow', () => {
    const memory = new StreamMemory(4);
    const { told } = open()
      .resp('A', { data: 'long answer', ack: 4 })
      .orig('A', at('abc', 1))
      .run({ memory });
    expect(text(only(told))).toEqual(['0:abc', '1:[11]', '.']);
    expect([memory.used, memory.refused]).toEqual([0, 1]);
  });

  it('is bounded in parts', () => {
    const script = greeted().resp('A', { ack: 4 });
    for (let i = 0; i < 200; i++) script.resp('A', { data: 'x', ack: 4 }).wait(-0.001);
    const { told } = script.run();
    expect(only(told).findIndex(item => 'gap' in item)).toBe(1);
    expect(deliveredText(only(told), 1)).toBe(`hello${'x'.repeat(200)}`);
  });
});
