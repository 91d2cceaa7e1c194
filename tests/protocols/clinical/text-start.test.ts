import { describe, expect, it } from 'vitest';
import {
  firstMark,
  probeRoot,
  type RootElement,
  Utf16Input,
} from '../../../src/protocols/clinical/text-start.ts';
import { bytesOf } from '../../support/fake-flow.ts';

const PROLOGUE =
  '\ufeff<?xml version="1.0"?>\n<!-- <not this="one"> -->\n<!DOCTYPE a [ <!ENTITY x "y>z"> ]>\n';

/** The verdict over a text, and the root that was judged. */
function probe(text: string, whole = false, answer: boolean | 'more' = true) {
  let seen: RootElement | undefined;
  const verdict = probeRoot(new TextEncoder().encode(text), whole, root => {
    seen = root;
    return answer === 'more' ? undefined : answer;
  });
  return { verdict, seen };
}

describe('the outermost element', () => {
  it('is found behind declarations, instructions and comments', () => {
    const { verdict, seen } = probe(`${PROLOGUE}<x:Root a="1" xmlns:x="urn:x"><b/></x:Root>`);
    expect(verdict).toBe('match');
    expect(seen).toMatchObject({ name: 'Root', tag: 'x:Root a="1" xmlns:x="urn:x"' });
  });

  it('is not judged before its name is there, whatever is cut', () => {
    const text = `${PROLOGUE}<x:Root a="1">`;
    const named = text.indexOf('Root') + 'Root '.length;
    for (let length = 0; length < text.length; length++) {
      const { verdict, seen } = probe(text.slice(0, length));
      if (length < named) expect([verdict, seen]).toEqual(['unsure', undefined]);
      else expect(seen?.name).toBe('Root');
    }
    expect(probe(text.slice(0, 20), true).verdict).toBe('no');
  });

  it('is none in what is no XML', () => {
    for (const text of ['plain text', '<!-- x --> text', '< a>', '<&a>', '{"a":1}'])
      expect(probe(text).verdict).toBe('no');
    expect(probe('').verdict).toBe('unsure');
  });

  it('may need more of the document', () => {
    expect(probe('<a >', false, 'more').verdict).toBe('unsure');
    expect(probe('<a >', true, 'more').verdict).toBe('no');
    expect(probe('<a >', false, false).verdict).toBe('no');
  });

  it('is found in UTF-16', () => {
    const wide = Buffer.from('\ufeff<?xml version="1.0"?><Root>', 'utf16le');
    expect(probeRoot(wide, false, ({ name }) => name === 'Root')).toBe('match');
    expect(firstMark(wide)).toMatchObject({ at: 2, wide: 'utf-16le' });
    const input = new Utf16Input('utf-16le');
    const text = [...wide.subarray(2)].map(byte =>
      Buffer.from(input.take(bytesOf(Uint8Array.of(byte)), 0, 1)).toString(),
    );
    expect(text.join('')).toBe('<?xml version="1.0"?><Root>');
  });
});
