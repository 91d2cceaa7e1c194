import { describe, expect, it } from 'vitest';
import { decodeHuffman, HpackDecoder } from '../../../src/protocols/web/hpack.ts';
import { expectLinear } from '../../support/decoder-laws.ts';
import { bytesOf, fromHex } from '../../support/fake-flow.ts';

const text = (fields: ReturnType<HpackDecoder['decode']>) =>
  fields?.map(({ name, value }) => `${name}: ${value}`);

describe('hpack', () => {
  it('reads the requests of RFC 7541 appendix C.4, which build on one another', () => {
    const decoder = new HpackDecoder();
    expect(text(decoder.decode(fromHex('828684418cf1e3c2e5f23a6ba0ab90f4ff')))).toEqual([
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
    ]);
    expect(text(decoder.decode(fromHex('828684be5886a8eb10649cbf')))).toEqual([
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
      'cache-control: no-cache',
    ]);
    expect(text(decoder.decode(fromHex('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf')))).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
  });

  it('reads literals that are not indexed, and plain strings', () => {
    // RFC 7541 appendices C.2.2 and C.2.3.
    const decoder = new HpackDecoder();
    expect(text(decoder.decode(fromHex('040c2f73616d706c652f70617468')))).toEqual([':path: /sample/path']);
    expect(text(decoder.decode(fromHex('100870617373776f726406736563726574')))).toEqual(['password: secret']);
    expect(decoder.decode(fromHex('be'))).toBeUndefined();
  });

  it('forgets what the table has no room for', () => {
    const decoder = new HpackDecoder();
    const entry = (letter: string) => `40 01 ${Buffer.from(letter).toString('hex')} 01 31`;
    expect(text(decoder.decode(fromHex(`3f23 ${entry('a')} ${entry('b')} be`)))).toEqual([
      'a: 1',
      'b: 1',
      'b: 1',
    ]);
    expect(decoder.decode(fromHex('c0'))).toBeUndefined();
  });

  it.each([
    ['an index of nothing', '80'],
    ['an index beyond the tables', 'ff8000'],
    ['a table that is too large', '3fe1ffff03'],
    ['an integer without end', 'ffffffffffff'],
    ['a string longer than its block', '4003 6162'],
    ['padding that is no padding', '0081 00 0131'],
  ])('refuses %s', (_what, digits) => {
    expect(new HpackDecoder().decode(fromHex(digits))).toBeUndefined();
  });

  it('knows the code of every byte', () => {
    // RFC 7541 appendix B: "0" is 00000, "a" 00011, "z" 1111011, "\\" of nineteen bits.
    expect(decodeHuffman(fromHex('07'), 0, 1)).toBe('0');
    expect(decodeHuffman(fromHex('1f'), 0, 1)).toBe('a');
    expect(decodeHuffman(fromHex('f7'), 0, 1)).toBe('z');
    expect(decodeHuffman(fromHex('fffe1f'), 0, 3)).toBe('\\');
    expect(decodeHuffman(fromHex('3fffffff'), 0, 4)).toBeUndefined();
  });

  it('takes time in proportion to the block', () => {
    expectLinear(n => new HpackDecoder().decode(bytesOf('@\x01a\x011'.repeat(n))), 2000);
  });
});
