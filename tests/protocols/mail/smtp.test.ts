import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { smtp } from '../../../src/protocols/mail/smtp.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';

const c = (...lines: string[]): Step => [ORIG, lines.map(line => `${line}\r\n`).join('')];
const s = (...lines: string[]): Step => [RESP, lines.map(line => `${line}\r\n`).join('')];
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

const HELLO: Step[] = [
  s('220 mx.example ESMTP Postfix (Debian)'),
  c('EHLO pump-7.ward.example'),
  s('250-mx.example', '250-STARTTLS', '250 AUTH PLAIN LOGIN'),
];
const ENVELOPE: Step[] = [
  c('MAIL FROM:<ada.lovelace@clinic.example> SIZE=100'),
  s('250 2.1.0 Ok'),
  c('RCPT TO:<@relay.example:grace@hopper.example>', 'RCPT TO:<postmaster@clinic.example>', 'DATA'),
  s('250 Ok', '250 Ok', '354 End data with <CR><LF>.<CR><LF>'),
];
const MESSAGE: Step = c(
  'Received: from a.example ([192.0.2.9]) by b.example;',
  '\tThu, 1 Jan 2026 10:00:00 +0000',
  'Received: from [010.1.2.003] (helo=x [IPv6:2001:db8::7])',
  'Date: Thu, 1 Jan 2026 09:00:00 +0000',
  'From: "Ada Lovelace" <ada.lovelace@clinic.example>',
  'To: Grace Hopper <grace@hopper.example>, "Last, First" <x@y.example>',
  'Cc: team@clinic.example',
  'Subject: Alarm on',
  ' bed 4',
  'Message-ID: <1@clinic.example>',
  'X-Mailer: pump-mailer/2.1',
  'X-Originating-IP: [192.0.2.77]',
  '',
  'Subject: not a header',
  '..dotted',
  '.',
);
const DIALOGUE: Step[] = [
  ...HELLO,
  ...ENVELOPE,
  MESSAGE,
  s('250 2.0.0 Ok: queued as 1A2B'),
  c('QUIT'),
  s('221 Bye'),
];
const STARTTLS: Step[] = [...HELLO, c('STARTTLS'), s('220 Go ahead'), [ORIG, '\x16\x03\x01\x00\x05hello']];
const CHUNKS: Step[] = [
  ...HELLO,
  c('MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>'),
  s('250 Ok', '250 Ok'),
  [ORIG, 'BDAT 13\r\nSubject: one BDAT 11\r\ntwo\r\n\r\nbodyBDAT 5 LAST\r\nbody!QUIT\r\n'],
  s('250 13', '250 11', '250 queued', '221 Bye'),
];
const PLAIN: Step[] = [
  ...HELLO,
  c(`AUTH PLAIN ${base64('\0jsmith\0Tr0ub4dor')}`),
  s('235 2.7.0 Authentication successful'),
];
const LOGIN: Step[] = [
  ...HELLO,
  c('AUTH LOGIN'),
  s(`334 ${base64('Username:')}`),
  c(base64('jsmith')),
  s(`334 ${base64('Password:')}`),
  c(base64('Tr0ub4dor')),
  s('535 5.7.8 Error'),
];

describeDecoderLaws(smtp, {
  message: DIALOGUE,
  STARTTLS,
  chunks: CHUNKS,
  'AUTH PLAIN': PLAIN,
  'AUTH LOGIN': LOGIN,
});

const rows = (played: Played) => recordsOf(played, 'smtp');
const subjects = ({ tokens }: Played) =>
  tokens.filter(token => token.kind === 'subject').map(token => token.value);

describe('smtp records', () => {
  it('tells the envelope, the head and the way of a message', () => {
    const played = play(smtp, DIALOGUE);
    expect(rows(played)).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        trans_depth: 1,
        helo: 'pump-7.ward.example',
        mailfrom: 'ada.lovelace@clinic.example',
        rcptto: ['grace@hopper.example', 'postmaster@clinic.example'],
        date: 'Thu, 1 Jan 2026 09:00:00 +0000',
        from: '"Ada Lovelace" <ada.lovelace@clinic.example>',
        to: ['Grace Hopper <grace@hopper.example>', '"Last, First" <x@y.example>'],
        cc: ['team@clinic.example'],
        subject: { kind: 'subject', digest: expect.any(String) },
        msg_id: '<1@clinic.example>',
        user_agent: 'pump-mailer/2.1',
        x_originating_ip: '192.0.2.77',
        first_received: 'from [010.1.2.003] (helo=x [IPv6:2001:db8::7])',
        second_received: 'from a.example ([192.0.2.9]) by b.example;\tThu, 1 Jan 2026 10:00:00 +0000',
        last_reply: '250 2.0.0 Ok: queued as 1A2B',
        path: ['10.0.0.2', '10.0.0.1', '192.0.2.9', '2001:db8::7'],
        tls: false,
        fuids: [recordsOf(played, 'files')[0]!['fuid']],
      },
    ]);
    expect(played.software).toEqual([{ side: RESP, type: 'SMTP::MAIL_SERVER', text: 'Postfix' }]);
    expect(played.weirds).toEqual([]);
  });

  it('lets writers mask the persons behind addresses, and no function of an organisation', () => {
    const { tokens } = play(smtp, DIALOGUE);
    const masked = new Set(tokens.map(({ kind, value }) => `${kind} ${value}`));
    expect(masked).toContain('user ada.lovelace');
    expect(masked).toContain('person_name Ada Lovelace');
    expect(masked).toContain('user grace');
    expect([...masked].filter(value => value.includes('postmaster'))).toEqual([]);
  });

  it('begins a record with every MAIL and keeps what an earlier one lacked', () => {
    const played = play(smtp, [
      ...HELLO,
      c('MAIL FROM:<a@x.example>'),
      s('250 Ok'),
      c('RCPT TO:<b@x.example>'),
      s('550 No such user'),
      c('MAIL FROM:<>'),
      s('250 Ok'),
    ]);
    expect(
      rows(played).map(row => [row['mailfrom'], row['rcptto'], row['last_reply'], row['trans_depth']]),
    ).toEqual([
      ['a@x.example', ['b@x.example'], '550 No such user', 1],
      ['<>', undefined, '250 Ok', 1],
    ]);
  });

  it('reads no message when DATA is refused', () => {
    const played = play(smtp, [
      ...HELLO,
      c('RCPT TO:<a@b.example>', 'DATA'),
      s('503 x', '503 y'),
      c('MAIL FROM:<c@d.example>'),
      s('250 Ok'),
    ]);
    expect(rows(played)).toHaveLength(2);
  });

  it('puts the greeting before commands that came too early', () => {
    const [hello, ...rest] = DIALOGUE;
    const early = [c('EHLO pump-7.ward.example'), hello!, ...rest.slice(1)];
    const played = play(smtp, early);
    expect(rows(played)).toMatchObject([{ last_reply: '250 2.0.0 Ok: queued as 1A2B' }]);
    expect(subjects(played)).toEqual(['Alarm on bed 4']);
  });

  it('reads chunks, with a line over two of them', () => {
    const played = play(smtp, CHUNKS);
    expect(rows(played)).toMatchObject([{ last_reply: '250 queued' }]);
    expect(subjects(played)).toEqual(['one two']);
  });

  it('reads the client alone', () => {
    const alone = [...DIALOGUE, ...DIALOGUE.slice(3)].filter(step => !('gap' in step) && step[0] === ORIG);
    const played = play(smtp, alone);
    const [first, second, ...rest] = rows(played);
    expect(subjects(played)).toEqual(['Alarm on bed 4', 'Alarm on bed 4']);
    expect([second?.['subject'], rest]).toEqual([first?.['subject'], []]);
  });

  it('hands over after STARTTLS', () => {
    const played = play(smtp, STARTTLS);
    expect([played.end, played.handed]).toEqual(['handover', ['\x16\x03\x01\x00\x05hello', '']]);
    expect(rows(played)).toMatchObject([{ tls: true, last_reply: '220 Go ahead' }]);
  });

  it('skips the rest of a large chunk unseen', () => {
    const body = new Uint8Array(500_000).fill(0x41);
    const played = play(smtp, [
      ...HELLO,
      c('MAIL FROM:<a@b.example>'),
      s('250 Ok'),
      [ORIG, `BDAT ${body.length + 14} LAST\r\nSubject: x\r\n\r\n`],
      [ORIG, body.subarray(0, 10_000)],
      { gap: ORIG, length: 100_000 },
      [ORIG, body.subarray(110_000)],
      c('QUIT'),
      s('250 queued', '221 Bye'),
    ]);
    expect(played.given).toBeLessThan(20_000);
    expect(rows(played)).toMatchObject([{ subject: { kind: 'subject' }, last_reply: '250 queued' }]);
    expect(recordsOf(played, 'files')).toMatchObject([{ seen_bytes: 400_000, missing_bytes: 100_000 }]);
  });
});

describe('smtp logins', () => {
  it.each<[string, Step[], unknown[]]>([
    ['PLAIN', PLAIN, ['jsmith', 'Tr0ub4dor', 'password', true]],
    ['LOGIN', LOGIN, ['jsmith', 'Tr0ub4dor', 'password', false]],
    [
      'PLAIN in two steps',
      [...HELLO, c('AUTH PLAIN'), s('334 '), c(base64('\0a\0b')), s('235 ok')],
      ['a', 'b', 'password', true],
    ],
    ['LOGIN without an answer', LOGIN.slice(0, -1), ['jsmith', 'Tr0ub4dor', 'password', undefined]],
    [
      'XOAUTH2',
      [...HELLO, c(`AUTH XOAUTH2 ${base64('user=a@b\x01auth=Bearer t0k3n\x01\x01')}`), s('235 ok')],
      ['a@b', 't0k3n', 'bearer', true],
    ],
  ])('reports %s', (_what, exchange, login) => {
    const played = play(smtp, exchange);
    expect(
      played.logins.map(({ user, secret, secretKind, success }) => [user, secret, secretKind, success]),
    ).toEqual([login]);
    for (const hidden of ['jsmith', 'Tr0ub4dor', 't0k3n']) expect(shownText(played)).not.toContain(hidden);
  });

  it('reports nothing of a challenge, nor of a login given up', () => {
    const challenge = [...HELLO, c('AUTH CRAM-MD5'), s('334 xxxx'), c(base64('jsmith 0123')), s('235 ok')];
    const givenUp = [...HELLO, c('AUTH LOGIN'), s('334 x'), c('*'), s('501 ok')];
    expect([play(smtp, challenge).logins, play(smtp, givenUp).logins]).toEqual([[], []]);
  });
});

describe('smtp limits and damage', () => {
  it.each<[string, Step[], string]>([
    ['a line beyond the limit', [...HELLO, c('x'.repeat(13_000))], 'smtp_line_limit'],
    [
      'many commands without a reply',
      [...HELLO, [ORIG, 'NOOP\r\n'.repeat(120)]],
      'smtp_pending_command_limit',
    ],
    [
      'many recipients',
      [
        ...HELLO,
        [ORIG, Array.from({ length: 300 }, (_, i) => `RCPT TO:<a${i}@b.example>\r\n`).join('')],
        [RESP, '250 x\r\n'.repeat(90)],
      ],
      'smtp_recipient_limit',
    ],
    [
      'many addresses',
      [
        ...HELLO,
        ...ENVELOPE,
        c(`To: ${Array.from({ length: 300 }, (_, i) => `a${i}@b.example`).join()}`, '', '.'),
      ],
      'smtp_address_limit',
    ],
    [
      'a header beyond the limit',
      [
        ...HELLO,
        ...ENVELOPE,
        c('Subject: x', ...Array.from({ length: 8 }, () => ` ${'x'.repeat(10_000)}`), '', '.'),
      ],
      'mime_header_limit',
    ],
    ['a chunk without a size', [...HELLO, c('BDAT -5 LAST')], 'smtp_invalid_bdat_command'],
    ['a chunk with junk', [...HELLO, c('BDAT 5 LAST x')], 'smtp_invalid_bdat_command'],
    ['an enormous chunk', [...HELLO, c('BDAT 15555555557777777777')], 'smtp_huge_bdat_chunk'],
  ])('reports %s', (_what, exchange, weird) => {
    expect(play(smtp, exchange).weirds).toContain(weird);
  });

  it('goes on behind a hole in a message', () => {
    const played = play(smtp, [
      ...HELLO,
      ...ENVELOPE,
      c('Subject: before'),
      { gap: ORIG, length: 5000 },
      c('rest', '.'),
      s('250 queued'),
      ...ENVELOPE,
      c('Subject: after', '', '.'),
      s('250 queued'),
    ]);
    expect(rows(played)).toHaveLength(2);
    expect(subjects(played)).toEqual(['before', 'after']);
  });

  it.each<[string, Step[], string, PlayOptions]>([
    ['commands', HELLO, 'NOOP\r\n', {}],
    ['messages', [...HELLO, ...ENVELOPE], 'X-A: b\r\n c\r\n', {}],
    ['a line that never ends', HELLO, 'x', {}],
    ['one-byte segments', [...HELLO, ...ENVELOPE], 'some text\r\n', { segment: 1 }],
    ['tiny chunks', HELLO, 'BDAT 2\r\nxx', {}],
    ['commas', [...HELLO, ...ENVELOPE], 'To: ",",",a<b@c.example>\r\n', {}],
  ])('takes linear time for %s', (_what, before, unit, options) => {
    expectLinear(n => play(smtp, [...before, [ORIG, repeated(unit, n)]], options), 20_000);
  });
});

describe('smtp probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a greeting that says so', [s('220 a ESMTP')], { respPort: 9 }, 'match'],
    ['a greeting that does not', [s('220 ready')], {}, 'unsure'],
    ['a greeting and a hello', [s('220 ready'), c('EHLO a')], { respPort: 9 }, 'match'],
    ['a hello alone', [c('HELO a')], { respPort: 9 }, 'match'],
    ['FTP', [s('220 ready'), c('USER a')], {}, 'no'],
    ['HTTP', [c('GET / HTTP/1.1')], {}, 'no'],
    ['POP3', [s('+OK')], {}, 'no'],
    ['a session in its middle', [c('MAIL FROM:<a@b>')], { fromStart: false }, 'match'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(smtp, exchange, options).verdict).toBe(verdict);
  });
});
