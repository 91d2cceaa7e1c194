import { describe, expect, it } from 'vitest';
import { transferDecoder } from '../../../src/protocols/mail/transfer-coding.ts';

function decode(encoding: string, text: string, piece: number): string {
  let content = '';
  const decoder = transferDecoder(encoding, (bytes, from, to) => {
    content += Buffer.from(bytes.subarray(from, to)).toString('latin1');
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += piece)
    decoder.feed(bytes, at, Math.min(bytes.length, at + piece));
  decoder.end();
  return content;
}

describe.each([1, 2, 3, 5, 1000])('transfer coding in pieces of %d', piece => {
  it.each([
    ['base64', 'VGhlIHF1aWNr\r\nIGJyb3duIGZv\r\neA==\r\n', 'The quick brown fox'],
    ['BASE64', 'VGhlIHF1aWNr', 'The quick'],
    ['quoted-printable', 'a=3Db=\r\nc =E4=\nd=', 'a=bc \xe4d='],
    ['quoted-printable', '=ZZ and =', '=ZZ and ='],
    ['7bit', 'a=3Db', 'a=3Db'],
    ['', 'x', 'x'],
  ])('undoes %s', (encoding, text, content) => {
    expect(decode(encoding, text, piece)).toBe(content);
  });
});
