import { describe, expect, test } from 'vitest';
import { textWidth, wantsColour } from '../../src/cli/io.ts';
import { memoryIo } from './memory-io.ts';

const colour = (env: Record<string, string>, terminal = true) =>
  wantsColour('auto', memoryIo({ stdout: terminal, env }));

describe('colour', () => {
  test.each([
    ['on a terminal', {}, true, true],
    ['not in a pipe', {}, false, false],
    ['not with NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR says nothing', { NO_COLOR: '' }, true, true],
    ['in a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, false, true],
    ['not with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false],
    ['FORCE_COLOR before NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    ['not on a dumb terminal', { TERM: 'dumb' }, true, false],
  ] as const)('%s', (_, env, terminal, expected) => {
    expect(colour(env, terminal)).toBe(expected);
  });

  test('the option decides before all of them', () => {
    expect(wantsColour('always', memoryIo({ env: { NO_COLOR: '1' } }))).toBe(true);
    expect(wantsColour('never', memoryIo({ stdout: true, env: { FORCE_COLOR: '1' } }))).toBe(false);
  });
});

test('width is that of the terminal, within reason', () => {
  expect(textWidth(memoryIo())).toBe(80);
  expect(textWidth(memoryIo({ columns: 100 }))).toBe(100);
  expect(textWidth(memoryIo({ columns: 20 }))).toBe(60);
  expect(textWidth(memoryIo({ columns: 400 }))).toBe(120);
});
