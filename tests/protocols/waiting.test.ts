import { expect, it } from 'vitest';
import { Waiting } from '../../src/protocols/waiting.ts';

it('gives up who is asked for again, the oldest of too many, and all at the end, in order', () => {
  const told: string[] = [];
  const waiting = new Waiting<number, string>(
    2,
    (entry, key) => told.push(`${key} ${entry}`),
    () => told.push('limit'),
  );
  waiting.add(1, 'a');
  waiting.add(2, 'b');
  waiting.add(1, 'c');
  expect(told).toEqual(['1 a']);
  waiting.add(3, 'd');
  expect(told.slice(1)).toEqual(['limit', '2 b']);
  expect([waiting.take(3), waiting.take(3), waiting.size]).toEqual(['d', undefined, 1]);
  waiting.add(4, 'e');
  waiting.giveUpAll();
  expect(told.slice(3)).toEqual(['1 c', '4 e']);
  expect(waiting.size).toBe(0);
});
