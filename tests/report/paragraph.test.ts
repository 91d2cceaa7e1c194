import { expect, test } from 'vitest';
import { Page, wrap } from '../../src/report/paragraph.ts';

test('wraps at words and leaves long ones whole', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('a verylongwordindeed b', 6)).toEqual(['a', 'verylongwordindeed', 'b']);
  expect(wrap('', 10)).toEqual(['']);
});

test('labels stand in a column with the text beside them', () => {
  const page = new Page(40);
  page.labelled(2, 'Why', 8, 'because it is so and was always so, here too');
  page.verbatim(2, 'A long label', 8, 'x'.repeat(60));
  expect(page.toString()).toBe(
    [
      '  Why     because it is so and was',
      '          always so, here too',
      `  A long label ${'x'.repeat(60)}`,
      '',
    ].join('\n'),
  );
});

test('control characters do not pass, and count as they are shown', () => {
  const page = new Page(40);
  page.text(0, 'a\u001b[2Jb\nc');
  expect(page.toString()).toBe('a\\u{1b}[2Jb\\u{a}c\n');
});

test('gaps do not pile up', () => {
  const page = new Page(40);
  page.gap();
  page.text(0, 'a');
  page.gap();
  page.gap();
  page.text(0, 'b');
  expect(page.toString()).toBe('a\n\nb\n');
});
