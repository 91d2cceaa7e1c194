import { describe, expect, it } from 'vitest';
import { XmlInput } from '../../../src/protocols/clinical/xml-input.ts';

/** Texts of elements, until `end` ends. */
class Texts {
  done = false;
  readonly list: string[] = [];

  enter(): void {}

  leave(name: string, text: string): void {
    if (!this.done) this.list.push(text);
    this.done ||= name === 'end';
  }
}

function read(bytes: Uint8Array, limit: number, step = bytes.length) {
  const texts = new Texts();
  let hits = 0;
  const input = new XmlInput(texts, limit, () => hits++);
  for (let at = 0; at < bytes.length; at += step) input.feed(bytes, at, Math.min(at + step, bytes.length));
  return { list: texts.list, wanted: input.wanted, hits };
}

describe('XmlInput', () => {
  const bytes = Buffer.from('<r><a>one</a><a>two</a><end>.</end><a>three</a></r>');

  it('reads up to its limit, and says once that it was reached', () => {
    for (const step of [1, 7, bytes.length])
      expect(read(bytes, 20, step)).toEqual({ list: ['one'], wanted: 0, hits: 1 });
  });

  it('needs nothing more when the document is done', () => {
    expect(read(bytes, bytes.length, 3)).toEqual({ list: ['one', 'two', '.'], wanted: 0, hits: 0 });
  });

  it('reads UTF-16 by its mark, cut anywhere', () => {
    const wide = Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le');
    for (const step of [2, 5, wide.length]) expect(read(wide, 1000, step).list).toEqual(['one', 'two', '.']);
  });

  it('reads nothing behind a hole', () => {
    const texts = new Texts();
    const input = new XmlInput(texts, 1000);
    input.feed(bytes, 0, 13);
    input.miss();
    input.feed(bytes, 13, bytes.length);
    expect(texts.list).toEqual(['one']);
  });
});
