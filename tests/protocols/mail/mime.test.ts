import { describe, expect, it } from 'vitest';
import { type Direction, ORIG } from '../../../src/model/protocol.ts';
import { smtp } from '../../../src/protocols/mail/smtp.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const TEXT = 'The quick brown fox jumps over the lazy dog.';

const mail = (...lines: string[]): Step[] => [
  [1, '220 mx ESMTP\r\n'],
  [ORIG, 'EHLO a\r\n'],
  [1, '250 mx\r\n'],
  [ORIG, 'MAIL FROM:<a@b.example>\r\nDATA\r\n'],
  [1, '250 ok\r\n354 go\r\n'],
  [ORIG as Direction, `${lines.join('\r\n')}\r\n.\r\n`],
  [1, '250 queued\r\n'],
];
const part = (boundary: string, type: string, more: string[], ...content: string[]) => [
  `--${boundary}`,
  `Content-Type: ${type}`,
  ...more,
  '',
  ...content,
];

const NESTED = mail(
  'Subject: scan',
  'Content-Type: multipart/mixed; boundary="outer"',
  '',
  'preamble',
  ...part('outer', 'multipart/alternative; boundary=inner', []),
  ...part('inner', 'text/plain', [], TEXT),
  ...part('inner', 'text/html', ['Content-Transfer-Encoding: quoted-printable'], '<html>=3D</html>'),
  '--inner--',
  ...part(
    'outer',
    'application/octet-stream',
    ['Content-Transfer-Encoding: base64', 'Content-Disposition: attachment;', ' filename="tool.zip"'],
    Buffer.from('PK\x03\x04 and the rest of it', 'latin1').toString('base64'),
  ),
  ...part('outer', 'message/rfc822', []),
  'Subject: inside',
  '',
  TEXT,
  '--outer--',
);

describeDecoderLaws(smtp, { 'parts in parts': NESTED });

const files = (exchange: readonly Step[], options?: PlayOptions) =>
  recordsOf(play(smtp, exchange, options), 'files');

describe('mail parts', () => {
  it('are files with their coding undone, numbered in order', () => {
    expect(
      files(NESTED).map(row => [row['depth'], row['mime_type'], row['filename'], row['seen_bytes']]),
    ).toEqual([
      [3, 'text/plain', undefined, TEXT.length],
      [4, 'text/html', undefined, '<html>=</html>'.length],
      [5, 'application/zip', 'tool.zip', 23],
      [7, 'text/plain', undefined, TEXT.length],
    ]);
  });

  it('are named in the record of the message, whose own head alone counts', () => {
    const played = play(smtp, NESTED);
    expect(recordsOf(played, 'smtp')).toMatchObject([
      { fuids: recordsOf(played, 'files').map(row => row['fuid']) },
    ]);
    expect(played.tokens.filter(token => token.kind === 'subject')).toEqual([
      { kind: 'subject', value: 'scan' },
    ]);
  });

  it('are one file when there is one', () => {
    expect(files(mail('Subject: x', '', `..${TEXT}`))).toMatchObject([
      { depth: 1, source: 'SMTP', is_orig: true, seen_bytes: TEXT.length + 3 },
    ]);
  });

  it('are none without a body', () => {
    expect(files(mail('Subject: x'))).toEqual([]);
  });

  it('count what is missing', () => {
    const [before, behind] = [NESTED.slice(0, 5), NESTED.slice(6)];
    const played = play(smtp, [
      ...before,
      [ORIG, `Subject: x\r\n\r\n${TEXT}\r\n`],
      { gap: ORIG, length: 700 },
      [ORIG, `\r\n${TEXT}\r\n.\r\n`],
      ...behind,
    ]);
    expect(recordsOf(played, 'files')).toMatchObject([
      { missing_bytes: 700, seen_bytes: 2 * TEXT.length + 6 },
    ]);
  });

  it('stop nesting at a limit', () => {
    const deep = Array.from({ length: 20 }, (_, i) => [
      ...(i === 0 ? [] : [`--b${i - 1}`]),
      `Content-Type: multipart/mixed; boundary=b${i}`,
      '',
    ]).flat();
    expect(play(smtp, mail(...deep)).weirds).toEqual(['mime_nesting_limit']);
  });

  it('take linear time however they are cut', () => {
    const parts = (n: number) =>
      Array.from({ length: n / 50 }, () => part('b', 'text/plain', [], TEXT)).flat();
    expectLinear(n => play(smtp, mail('Content-Type: multipart/mixed; boundary=b', '', ...parts(n))), 20_000);
    expectLinear(
      n => play(smtp, mail('Content-Type: multipart/mixed; boundary=b', '', ...parts(n)), { segment: 3 }),
      5_000,
    );
    const encoded = (n: number) => Array.from({ length: n / 80 }, () => 'QUJD'.repeat(19));
    expectLinear(n => play(smtp, mail('Content-Transfer-Encoding: base64', '', ...encoded(n))), 20_000);
  });
});
