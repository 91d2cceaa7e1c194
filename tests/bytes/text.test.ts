import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, latin1, utf8, visible } from '../../src/bytes/text.ts';
import { toBytes } from '../support/frames.ts';

describe('latin1', () => {
  it('keeps every byte, of any range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
        const from = Math.min(a, bytes.length);
        const to = Math.min(b, bytes.length);
        const expected = Array.from(bytes.subarray(from, Math.max(from, to)), byte =>
          String.fromCharCode(byte),
        ).join('');
        expect(latin1(bytes, from, to)).toBe(expected);
      }),
    );
    expect(latin1(new Uint8Array(20_000).fill(0xe4))).toBe('ä'.repeat(20_000));
  });
});

describe('utf8', () => {
  it('gives text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        fc.pre(!text.startsWith('\ufeff'));
        expect(utf8(new TextEncoder().encode(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['a byte of another encoding', [0x4a, 0xe9], 'J\\xe9'],
    ['a cut character', [0x61, 0xc3], 'a\\xc3'],
    ['an overlong form', [0xc0, 0x80], '\\xc0\\x80'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
  ])('shows %s as hexadecimal', (_, bytes, text) => {
    expect(utf8(Uint8Array.from(bytes))).toBe(text);
  });

  it('takes only the range it is given', () => {
    expect(utf8(toBytes('\xffabc\xff'), 1, 4)).toBe('abc');
  });

  it('never throws, and gives no more than four characters per byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(utf8(bytes).length).toBeLessThanOrEqual(4 * bytes.length);
      }),
    );
  });
});

describe('hex', () => {
  it('is lower-case, two digits a byte, of a range', () => {
    expect(hex(Uint8Array.of(0, 0x0f, 0xa0, 0xff))).toBe('000fa0ff');
    expect(hex(Uint8Array.of(1, 2, 3, 4), 1, 3)).toBe('0203');
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(hex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
  });
});

describe('visible', () => {
  it.each([
    ['terminal escapes', '\u001b[31mred\u0007', '\\u{1b}[31mred\\u{7}'],
    ['line ends and tabs', 'a\r\n\tb\u0085\u2028', 'a\\u{d}\\u{a}\\u{9}b\\u{85}\\u{2028}'],
    ['a change of direction', 'invoice\u202efdp.exe', 'invoice\\u{202e}fdp.exe'],
    ['what cannot be seen', 'a\u200bb\ufeffc\u2066', 'a\\u{200b}b\\u{feff}c\\u{2066}'],
    ['half a character', 'a\ud800b\udc00', 'a\\u{d800}b\\u{dc00}'],
    ['delete', '\u007f', '\\u{7f}'],
  ])('makes %s visible', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves what can be seen', () => {
    for (const text of ['plain', 'Zoë Müller', '患者', '🏥', '\\u{1b}']) expect(visible(text)).toBe(text);
  });

  it('leaves no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(visible(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});
