import { describe, expect, it } from 'vitest';
import { type Direction, ORIG, RESP } from '../../../src/model/protocol.ts';
import { pop3 } from '../../../src/protocols/mail/pop3.ts';
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

const GREETING = s('+OK Dovecot (Ubuntu) ready.');
const LOGIN: Step[] = [GREETING, c('USER jsmith'), s('+OK'), c('PASS Tr0ub4dor'), s('+OK Logged in.')];
const SESSION: Step[] = [
  ...LOGIN,
  c('LIST'),
  s('+OK 2 messages', '1 100', '2 200', '.'),
  c('RETR 1'),
  s('+OK 100 octets', 'Subject: +OK', '', '-ERR in a message', '.'),
  c('DELE 1'),
  s('+OK'),
  c('DELE 9'),
  s('-ERR no such message'),
  c('QUIT'),
  s('+OK Bye'),
];
const SASL: Step[] = [
  c('CAPA'),
  s('+OK Capability list follows', 'SASL PLAIN', '.'),
  c('AUTH PLAIN'),
  s('+ '),
  c(base64('\0jsmith\0Tr0ub4dor')),
  s('-ERR no'),
];
const STLS: Step[] = [GREETING, c('STLS'), s('+OK Begin'), [ORIG, '\x16\x03\x01\x00\x05hello']];

describeDecoderLaws(pop3, { session: SESSION, SASL, STLS });

const rows = (played: Played) => recordsOf(played, 'pop3');
const logins = (exchange: readonly Step[]) =>
  play(pop3, exchange).logins.map(({ user, secret, secretKind, success }) => [
    user,
    secret,
    secretKind,
    success,
  ]);

describe('pop3 messages', () => {
  it('are read: their files, and medical documents', () => {
    const hl7 = 'MSH|^~\\&|A|B|C|D|20240102||ORU^R01|1|P|2.6\rPID|1||CANARYMRN77\r';
    const mail = ['Content-Type: text/plain', 'Content-Transfer-Encoding: base64', '', base64(hl7), '.'];
    const played = play(pop3, [
      ...LOGIN,
      c('RETR 1'),
      s('+OK', ...mail),
      c('RETR 2'),
      s('+OK', '', '..dots', '.'),
      c('QUIT'),
    ]);
    expect(recordsOf(played, 'files')).toMatchObject([
      { source: 'POP3', mime_type: 'x-application/hl7-v2+er7', is_orig: false },
      { source: 'POP3', seen_bytes: 7 },
    ]);
    expect(recordsOf(played, 'hl7')).toMatchObject([{ source: 'POP3', message_type: 'ORU' }]);
    expect(played.phi).toMatchObject([{ protocol: 'pop3', payload: 'hl7' }]);
    expect(shownText(played)).not.toContain('CANARY');
  });
});

describe('pop3', () => {
  it('counts what was done, and takes no message for a reply', () => {
    const played = play(pop3, SESSION);
    expect(rows(played)).toMatchObject([
      {
        ts: { sec: 1_700_000_000 },
        frame: 1,
        user: { kind: 'user' },
        mechanism: 'USER',
        success: true,
        tls: false,
        commands: 7,
        retrieved: 1,
        deleted: 1,
        greeting: '+OK Dovecot (Ubuntu) ready.',
      },
    ]);
    expect(played.software).toEqual([{ side: RESP, type: 'POP3::SERVER', text: 'Dovecot (Ubuntu)' }]);
    expect(played.weirds).toEqual([]);
    for (const hidden of ['jsmith', 'Tr0ub4dor']) expect(shownText(played)).not.toContain(hidden);
  });

  it.each<[string, Step[], unknown[][]]>([
    ['accepted', LOGIN, [['jsmith', 'Tr0ub4dor', 'password', true]]],
    ['refused', [...LOGIN.slice(0, -1), s('-ERR no')], [['jsmith', 'Tr0ub4dor', 'password', false]]],
    ['unanswered', LOGIN.slice(0, -1), [['jsmith', 'Tr0ub4dor', 'password', undefined]]],
    ['with SASL', SASL, [['jsmith', 'Tr0ub4dor', 'password', false]]],
    ['whose secret is not sent', [GREETING, c('APOP jsmith c4c9334bac560ecc979e58001b3e22fb'), s('+OK')], []],
  ])('reports a login %s', (_what, exchange, expected) => {
    expect(logins(exchange)).toEqual(expected);
  });

  it('says how a login went whose secret is not sent', () => {
    const apop = [GREETING, c('APOP jsmith c4c9334bac560ecc979e58001b3e22fb'), s('+OK')];
    expect(rows(play(pop3, apop))).toMatchObject([{ mechanism: 'APOP', success: true }]);
  });

  it('hands over after STLS', () => {
    const played = play(pop3, STLS);
    expect([played.end, played.handed[0]]).toEqual(['handover', '\x16\x03\x01\x00\x05hello']);
    expect(rows(played)).toMatchObject([{ tls: true }]);
  });

  it('goes on behind a hole in a message', () => {
    const played = play(pop3, [
      ...LOGIN,
      c('RETR 1'),
      s('+OK', 'x'),
      { gap: RESP, length: 500 },
      c('QUIT'),
      s('+OK'),
    ]);
    expect(rows(played)).toMatchObject([{ retrieved: 1, commands: 4 }]);
  });

  it.each<[string, Step[], string]>([
    ['a line beyond the limit', [GREETING, c(`USER ${'x'.repeat(5000)}`)], 'pop3_line_limit'],
    ['many commands', [GREETING, c(...Array(120).fill('NOOP'))], 'pop3_pending_command_limit'],
    ['an unknown command', [GREETING, c('HELLO')], 'pop3_client_command_unknown'],
    ['an unknown reply', [GREETING, s('hello')], 'pop3_server_command_unknown'],
  ])('reports %s', (_what, exchange, weird) => {
    expect(play(pop3, exchange).weirds).toEqual([weird]);
  });

  it.each<[string, Step[], Direction, string, PlayOptions]>([
    ['commands', [GREETING], ORIG, 'NOOP\r\n', {}],
    ['a line that never ends', [GREETING], ORIG, 'x', {}],
    ['messages in small segments', [...LOGIN, c('RETR 1'), s('+OK')], RESP, 'text\r\n', { segment: 3 }],
  ])('takes linear time for %s', (_what, before, side, unit, options) => {
    expectLinear(n => play(pop3, [...before, [side, repeated(unit, n)]], options), 20_000);
  });
});

describe('pop3 probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a greeting', [s('+OK ready')], { respPort: 9 }, 'match'],
    ['a bare greeting on its port', [s('+OK')], {}, 'match'],
    ['a bare greeting elsewhere', [s('+OK')], { respPort: 9 }, 'unsure'],
    ['a command and its answer', [c('CAPA'), s('+OK x')], { respPort: 9 }, 'match'],
    ['Redis', [c('AUTH secret'), s('+OK')], { respPort: 9 }, 'no'],
    ['Redis alone', [c('*1')], {}, 'no'],
    ['FTP', [c('USER a'), s('220 x')], {}, 'no'],
    ['a session in its middle', [s('+OK 5 octets')], { fromStart: false }, 'unsure'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(pop3, exchange, options).verdict).toBe(verdict);
  });
});
