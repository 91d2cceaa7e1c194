import { describe, expect, it } from 'vitest';
import { type Direction, ORIG, RESP } from '../../../src/model/protocol.ts';
import { imap } from '../../../src/protocols/mail/imap.ts';
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

const GREETING = s('* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.');
const LOGIN: Step[] = [GREETING, c('a1 LOGIN jsmith "Tr0ub\\"4dor"'), s('a1 OK Logged in')];
const SESSION: Step[] = [
  ...LOGIN,
  c('a2 SELECT INBOX'),
  s('* 2 EXISTS', 'a2 OK done'),
  c('a3 UID FETCH 1 BODY[]'),
  s('* 1 FETCH (BODY[] {21}', 'a4 OK not an answer', ')', 'a3 OK done'),
  c('a4 APPEND Sent {12}'),
  s('+ go'),
  c('a5 LOGIN x y', ''),
  s('a4 OK done'),
  c('a6 LOGOUT'),
  s('* BYE', 'a6 OK'),
];
const LITERALS: Step[] = [
  GREETING,
  c('a LOGIN {6}'),
  s('+ '),
  c('jsmith {9}'),
  s('+ '),
  c('Tr0ub4dor'),
  s('a NO failed'),
];
const SASL: Step[] = [
  GREETING,
  c('1 AUTHENTICATE PLAIN'),
  s('+ '),
  c(base64('\0jsmith\0Tr0ub4dor')),
  s('1 OK in'),
];
const STARTTLS: Step[] = [GREETING, c('1 STARTTLS'), s('1 OK begin'), [ORIG, '\x16\x03\x01\x00\x05hello']];

describeDecoderLaws(imap, { session: SESSION, literals: LITERALS, SASL, STARTTLS });

const rows = (played: Played) => recordsOf(played, 'imap');
const logins = (exchange: readonly Step[]) =>
  play(imap, exchange).logins.map(({ user, secret, secretKind, success }) => [
    user,
    secret,
    secretKind,
    success,
  ]);

describe('imap messages', () => {
  const hl7 = 'MSH|^~\\&|A|B|C|D|20240102||ORU^R01|1|P|2.6\rPID|1||CANARYMRN77\r';
  const mail = `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(hl7)}\r\n`;
  const fetched: Step[] = [
    ...LOGIN,
    c('a3 UID FETCH 1 (FLAGS BODY.PEEK[])'),
    [RESP, `* 1 FETCH (FLAGS () BODY[] {${mail.length}}\r\n${mail})\r\na3 OK done\r\n`],
    c(`a4 APPEND Sent (\\Seen) {${mail.length}}`),
    s('+ go'),
    [ORIG, `${mail}\r\n`],
    s('a4 OK done'),
  ];

  describeDecoderLaws(imap, { fetched });

  it('are read when they are fetched or appended whole', () => {
    const played = play(imap, fetched);
    expect(recordsOf(played, 'hl7')).toMatchObject([
      { source: 'IMAP', is_orig: false },
      { source: 'IMAP', is_orig: true },
    ]);
    expect(recordsOf(played, 'files')).toHaveLength(2);
    expect(recordsOf(played, 'imap')).toMatchObject([{ fetched: 1, appended: 1 }]);
    expect(shownText(played)).not.toContain('CANARY');
  });

  it('are skipped where nobody needs them, and what follows is read', () => {
    const long = `Subject: x\r\n\r\n${'text '.repeat(20_000)}\r\n`;
    const played = play(
      imap,
      [
        ...LOGIN,
        c('a3 FETCH 1 RFC822'),
        [RESP, `* 1 FETCH (RFC822 {${long.length}}\r\n${long})\r\na3 OK done\r\n`],
      ],
      { segment: 1400 },
    );
    expect(played.given).toBeLessThan(20_000);
    expect(recordsOf(played, 'files')).toMatchObject([{ source: 'IMAP', seen_bytes: long.length - 14 }]);
    expect(recordsOf(played, 'imap')).toMatchObject([{ fetched: 1 }]);
  });

  it('with a hole go on behind it', () => {
    const step = fetched[fetched.length - 5]![1 as never] as string;
    const played = play(imap, [
      ...LOGIN,
      c('a3 FETCH 1 BODY[]'),
      [RESP, step.slice(0, 60)],
      { gap: RESP, length: 20 },
      [RESP, step.slice(80)],
    ]);
    expect(recordsOf(played, 'imap')).toMatchObject([{ fetched: 1 }]);
  });
});

describe('imap', () => {
  it('counts what was done, and takes no message for a command or an answer', () => {
    const played = play(imap, SESSION);
    expect(rows(played)).toMatchObject([
      {
        ts: { sec: 1_700_000_000 },
        user: { kind: 'user' },
        mechanism: 'LOGIN',
        success: true,
        tls: false,
        commands: 5,
        fetched: 1,
        appended: 1,
        greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.',
      },
    ]);
    expect(played.software).toEqual([{ side: RESP, type: 'IMAP::SERVER', text: 'Dovecot' }]);
    expect(played.logins).toHaveLength(1);
    for (const hidden of ['jsmith', 'Tr0ub']) expect(shownText(played)).not.toContain(hidden);
  });

  it.each<[string, Step[], unknown[][]]>([
    ['with a quoted password', LOGIN, [['jsmith', 'Tr0ub"4dor', 'password', true]]],
    ['refused', [...LOGIN.slice(0, -1), s('a1 NO x')], [['jsmith', 'Tr0ub"4dor', 'password', false]]],
    ['unanswered', LOGIN.slice(0, -1), [['jsmith', 'Tr0ub"4dor', 'password', undefined]]],
    ['in literals', LITERALS, [['jsmith', 'Tr0ub4dor', 'password', false]]],
    [
      'in literals that wait for nobody',
      [GREETING, c('a LOGIN {6+}', 'jsmith {9+}', 'Tr0ub4dor'), s('a OK x')],
      [['jsmith', 'Tr0ub4dor', 'password', true]],
    ],
    ['with SASL', SASL, [['jsmith', 'Tr0ub4dor', 'password', true]]],
    [
      'with an empty password',
      [GREETING, c('a LOGIN jsmith ""'), s('a NO x')],
      [['jsmith', '', 'password', false]],
    ],
  ])('reports a login %s', (_what, exchange, expected) => {
    expect(logins(exchange)).toEqual(expected);
  });

  it('hands over after STARTTLS', () => {
    const played = play(imap, STARTTLS);
    expect([played.end, played.handed[0]]).toEqual(['handover', '\x16\x03\x01\x00\x05hello']);
    expect(rows(played)).toMatchObject([{ tls: true }]);
  });

  it('skips messages unseen, also across a hole', () => {
    const head = 'Subject: x\r\n\r\n';
    const played = play(
      imap,
      [
        ...LOGIN,
        c('a2 FETCH 1 BODY[]'),
        s(`* 1 FETCH (BODY[] {${head.length + 500_000}}`),
        [RESP, head],
        [RESP, new Uint8Array(100_000).fill(0x61)],
        { gap: RESP, length: 300_000 },
        [RESP, new Uint8Array(100_000).fill(0x61)],
        s(')', 'a2 OK done'),
      ],
      { segment: 1400 },
    );
    expect(played.given).toBeLessThan(10_000);
    expect(rows(played)).toMatchObject([{ fetched: 1 }]);
  });

  it.each<[string, Step[], string]>([
    ['a line beyond the limit', [GREETING, c(`a LOGIN ${'x'.repeat(9000)}`)], 'imap_line_limit'],
    [
      'many commands',
      [GREETING, c(...Array.from({ length: 120 }, (_, i) => `a${i} NOOP`))],
      'imap_pending_command_limit',
    ],
  ])('reports %s', (_what, exchange, weird) => {
    expect(play(imap, exchange).weirds).toEqual([weird]);
  });

  it.each<[string, Step[], Direction, string, PlayOptions]>([
    ['commands', [GREETING], ORIG, 'a NOOP\r\n', {}],
    ['a line that never ends', [GREETING], ORIG, 'x', {}],
    ['quotes', [GREETING], ORIG, 'a LOGIN """""""""""""""" "\r\n', {}],
    ['answers in small segments', LOGIN, RESP, '* 1 EXISTS\r\n', { segment: 3 }],
    ['small literals', LOGIN, RESP, '* {3}\r\nabc\r\n', {}],
  ])('takes linear time for %s', (_what, before, side, unit, options) => {
    expectLinear(n => play(imap, [...before, [side, repeated(unit, n)]], options), 20_000);
  });
});

describe('imap probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a greeting', [GREETING], { respPort: 9 }, 'match'],
    ['a greeting and a command', [c('a1 LOGIN a b'), s('* OK ready')], { respPort: 9 }, 'match'],
    ['a command alone', [c('a1 LOGIN a b')], {}, 'unsure'],
    ['an answer in the middle', [c('a7 NOOP'), s('a7 OK done')], { fromStart: false }, 'match'],
    ['HTTP', [c('GET / HTTP/1.1')], {}, 'no'],
    ['SMTP', [s('220 mail.example ESMTP')], {}, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(imap, exchange, options).verdict).toBe(verdict);
  });
});
