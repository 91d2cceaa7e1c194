import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { irc } from '../../../src/protocols/mail/irc.ts';
import { readDccOffer, readIrcLine } from '../../../src/protocols/mail/irc-lines.ts';
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

const LOGIN: Step[] = [
  c('CAP LS', 'PASS Tr0ub4dor', 'NICK pump', 'USER jsmith 0 * :John A Smith'),
  s(':irc.example 001 pump :Welcome'),
];
const SESSION: Step[] = [
  ...LOGIN,
  c('JOIN #ward,#alarms k3ykey', 'JOIN #open'),
  c('NICK pump2', 'PRIVMSG #ward :hello all'),
  c('PRIVMSG bob :\x01DCC SEND report.bin 167772161 5555 1200\x01'),
  s(':bob!b@h PRIVMSG pump2 :\x01DCC SEND "two words.txt" 167772162 6666\x01'),
];
const STARTTLS: Step[] = [
  c('CAP LS', 'STARTTLS'),
  s(':irc.example 670 * :go'),
  [ORIG, '\x16\x03\x01\x00\x05hello'],
];

describeDecoderLaws(irc, { session: SESSION, STARTTLS });

const rows = (played: Played) => recordsOf(played, 'irc');
const logins = (exchange: readonly Step[]) =>
  play(irc, exchange).logins.map(({ user, secret, success }) => [user, secret, success]);

describe('irc records', () => {
  it('tells nicks, users, channels and files offered', () => {
    const played = play(irc, SESSION);
    expect(rows(played).map(({ ts, frame, ...row }) => row)).toEqual([
      { command: 'NICK', value: 'pump' },
      { nick: 'pump', command: 'USER', value: 'jsmith', addl: '0 * JohnA Smith ' },
      { nick: 'pump', user: 'jsmith', command: 'JOIN', value: '#ward', addl: ' with channel key' },
      { nick: 'pump', user: 'jsmith', command: 'JOIN', value: '#alarms', addl: '' },
      { nick: 'pump', user: 'jsmith', command: 'JOIN', value: '#open', addl: '' },
      { nick: 'pump', user: 'jsmith', command: 'NICK', value: 'pump2', addl: '' },
      { nick: 'pump2', user: 'jsmith', command: 'DCC', dcc_file_name: 'report.bin', dcc_file_size: 1200 },
      { nick: 'pump2', user: 'jsmith', command: 'DCC', dcc_file_name: 'two words.txt' },
    ]);
    expect(played.weirds).toEqual([]);
    for (const hidden of ['k3ykey', 'Tr0ub4dor', 'hello']) expect(shownText(played)).not.toContain(hidden);
  });

  it('lets writers mask user, real name and keys', () => {
    const masked = play(irc, SESSION).tokens.map(({ kind, value }) => `${kind} ${value}`);
    expect(masked).toEqual(
      expect.arrayContaining([
        'user jsmith',
        'person_name John A Smith',
        'person_name JohnASmith',
        'channel_key k3ykey',
      ]),
    );
  });

  it('hands over after STARTTLS', () => {
    expect(play(irc, STARTTLS)).toMatchObject({ end: 'handover', handed: ['\x16\x03\x01\x00\x05hello', ''] });
  });
});

describe('irc logins', () => {
  it.each<[string, Step[], unknown[][]]>([
    ['accepted', LOGIN, [['jsmith', 'Tr0ub4dor', true]]],
    [
      'refused',
      [LOGIN[0]!, s(':irc.example 464 pump :Password incorrect')],
      [['jsmith', 'Tr0ub4dor', false]],
    ],
    ['unanswered', [LOGIN[0]!], [['jsmith', 'Tr0ub4dor', undefined]]],
    ['as operator', [c('NICK a', 'OPER root toor'), s(':x 381 a :You are now')], [['root', 'toor', true]]],
    ['as operator, refused', [c('NICK a', 'OPER root toor'), s(':x 464 a :no')], [['root', 'toor', false]]],
    ['with services', [c('NICK a', 'PRIVMSG NickServ :IDENTIFY s3cret')], [['a', 's3cret', undefined]]],
    [
      'with services, under another name',
      [c('NICK a', 'NICKSERV IDENTIFY b s3cret')],
      [['b', 's3cret', undefined]],
    ],
  ])('reports one %s', (_what, exchange, expected) => {
    expect(logins(exchange)).toEqual(expected);
  });
});

describe('irc lines', () => {
  it.each([
    ['    NICK  a', { command: 'NICK', words: ['a'] }],
    [
      '@time=1;x=y :srv.example PRIVMSG #a :b  c',
      { prefix: 'srv.example', command: 'PRIVMSG', trailing: 'b  c' },
    ],
    [':n 433 * tim :in use', { prefix: 'n', command: '433', words: ['*', 'tim', ':in', 'use'] }],
  ])('reads %s', (line, expected) => {
    expect(readIrcLine(line)).toMatchObject(expected);
  });

  it.each(['', ':only.prefix', '12', '%%%'])('reads nothing of %j', line => {
    expect(readIrcLine(line)).toBeUndefined();
  });

  it.each([
    ['\x01DCC SEND a 3221226014 20000 1\x01', { file: 'a', host: '192.0.2.30', port: 20_000, size: 1 }],
    ['\x01DCC SEND a 2001:db8::1 9 1\x01', { file: 'a', host: '2001:db8::1', port: 9, size: 1 }],
    ['\x01DCC SEND a 1 99999 1\x01', undefined],
    ['\x01DCC CHAT chat 1 2\x01', undefined],
  ])('reads the offer %j', (text, expected) => {
    expect(readDccOffer(text)).toEqual(expected);
  });
});

describe('irc limits and damage', () => {
  it.each<[string, Step[], string]>([
    ['a line beyond the limit', [...LOGIN, c(`PRIVMSG #a :${'x'.repeat(5000)}`)], 'irc_line_size_exceeded'],
    ['many offers', [...LOGIN, c(...Array(70).fill('PRIVMSG b :\x01DCC SEND a 1 2 3\x01'))], 'irc_dcc_limit'],
  ])('reports %s', (_what, exchange, weird) => {
    expect(play(irc, exchange).weirds).toEqual([weird]);
  });

  it('goes on behind a hole', () => {
    expect(rows(play(irc, [...LOGIN, { gap: ORIG, length: 9 }, c('x', 'JOIN #a')])).at(-1)).toMatchObject({
      value: '#a',
    });
  });

  it.each<[string, string, PlayOptions]>([
    ['channels', `JOIN ${'#a,'.repeat(200)}\r\n`, {}],
    ['words', `PRIVMSG ${'a '.repeat(1000)}\r\n`, {}],
    ['one-byte segments', 'PING x\r\n', { segment: 1 }],
    ['a line that never ends', ':', {}],
  ])('takes linear time for %s', (_what, unit, options) => {
    expectLinear(n => play(irc, [...LOGIN, [ORIG, repeated(unit, n)]], options), 20_000);
  });
});

describe('irc probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a nick', [c('NICK a')], { respPort: 9 }, 'match'],
    ['a password and a nick', [c('PASS x', 'NICK a')], { respPort: 9 }, 'match'],
    ['a user', [c('USER a b c :d')], { respPort: 9 }, 'match'],
    ['a short user and a nick', [c('USER a', 'NICK a')], { respPort: 9 }, 'match'],
    ['a server', [s(':irc.example NOTICE * :x')], { respPort: 9 }, 'match'],
    ['a message on its port', [c('PRIVMSG a :b')], {}, 'match'],
    ['a message elsewhere', [c('PRIVMSG a :b')], { respPort: 9 }, 'no'],
    ['FTP', [c('USER a'), s('331 x')], {}, 'no'],
    ['HTTP', [c('GET / HTTP/1.1')], {}, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(irc, exchange, options).verdict).toBe(verdict);
  });
});
