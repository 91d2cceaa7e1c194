import { describe, expect, it } from 'vitest';
import { compareRows, sameText } from './compare-rows.ts';

describe('sameText', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['1.000001', '1.000002', true],
    ['1.000001', '1.000101', false],
    ['0.5', '0', false],
    ['b,a', 'a,b', true],
    ['0.100000,0.2', '0.1,0.2', true],
    ['a,b', 'a,c', false],
    ['(empty)', '-', true],
    ['caf\\xc3\\xa9', 'café', true],
    ['a\\\\b', 'a\\b', true],
    ['1', '2', false],
  ])('%s and %s: %s', (zeek, ours, same) => expect(sameText(zeek, ours)).toBe(same));
});

describe('compareRows', () => {
  const fields = ['id.orig_h', 'a', 'b', 'c'];
  const row = (host: string, a: string, b: string, c: string) => ({ 'id.orig_h': host, a, b, c });

  it('pairs rows of a flow by what they have in common, and names what differs', () => {
    const { pairs, missing, extra } = compareRows(
      [row('1', 'x', 'y', 'z'), row('1', 'p', 'q', 'r')],
      [row('1', 'p', 'q', '?'), row('1', 'x', 'y', 'z')],
      fields,
    );
    expect([missing, extra]).toEqual([[], []]);
    expect(pairs.map(pair => pair.differ)).toEqual([[], ['c']]);
  });

  it('does not pair rows of other flows, nor rows with little in common', () => {
    const { pairs, missing, extra } = compareRows(
      [row('1', 'x', 'y', 'z'), row('2', 'x', 'y', 'z')],
      [row('3', 'x', 'y', 'z'), row('2', '?', '?', '?')],
      fields,
    );
    expect([pairs.length, missing.length, extra.length]).toEqual([0, 2, 2]);
  });
});
