import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import type { AnnouncedFile } from '../../../src/protocols/files/announced.ts';
import type { OpenFile } from '../../../src/protocols/files/transfer.ts';
import { ftp } from '../../../src/protocols/remote/ftp.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';

const c = (line: string): Step => [ORIG, `${line}\r\n`];
const s = (...lines: string[]): Step => [RESP, lines.map(line => `${line}\r\n`).join('')];

const GREETING = s('220-Welcome', '220 FTP server ready');
const LOGIN: Step[] = [
  GREETING,
  c('USER qwilliams'),
  s('331 Password required for qwilliams'),
  c('PASS Tr0ub4dor'),
  s('230-Hello', ' two lines', '230 User qwilliams logged in'),
];
const TRANSFER: Step[] = [
  c('PWD'),
  s('257 "/export" is current'),
  c('CWD images/2026'),
  s('250 OK'),
  c('PASV'),
  s('227 Entering Passive Mode (10,0,0,2,100,85).'),
  c('RETR ct1.dcm'),
  s('150 Opening BINARY mode data connection for ct1.dcm (1048576 bytes).'),
  s('226 Transfer complete.'),
  c('EPSV'),
  s('229 Extended (|||50123|)'),
  c('PORT 10,0,0,1,4,1'),
  s('200 OK'),
  c('DELE ../old.dcm'),
  s('550 No such file'),
  c('QUIT'),
  s('221 Bye'),
];

const exchanges: Record<string, Step[]> = {
  'login and transfer': [...LOGIN, ...TRANSFER],
  refused: [GREETING, c('USER root'), s('331 Password?'), c('PASS Tr0ub4dor'), s('530 Login incorrect.')],
  sealed: [GREETING, c('AUTH TLS'), s('234 Go ahead'), [ORIG, '\x16\x03\x01\x00\x05hello']],
  'many at once': [
    GREETING,
    [ORIG, 'USER anonymous\r\nPASS a@b\r\nSTOR x\r\n'],
    [RESP, '331 x\r\n230 y\r\n150 z\r\n226 done\r\n'],
  ],
};

describeDecoderLaws(ftp, exchanges);

const rows = (played: Played) => recordsOf(played, 'ftp');

describe('ftp records', () => {
  it('decodes commands on files and data channels with their replies', () => {
    const played = play(ftp, exchanges['login and transfer']!);
    expect(rows(played).map(({ ts, frame, user, ...row }) => row)).toEqual([
      {
        command: 'PASV',
        reply_code: 227,
        reply_msg: 'Entering Passive Mode (10,0,0,2,100,85).',
        'data_channel.passive': true,
        'data_channel.orig_h': '10.0.0.1',
        'data_channel.resp_h': '10.0.0.2',
        'data_channel.resp_p': 25_685,
      },
      {
        command: 'RETR',
        arg: 'ftp://10.0.0.2/export/images/2026/ct1.dcm',
        file_size: 1_048_576,
        reply_code: 226,
        reply_msg: 'Transfer complete.',
      },
      {
        command: 'EPSV',
        reply_code: 229,
        reply_msg: 'Extended (|||50123|)',
        'data_channel.passive': true,
        'data_channel.orig_h': '10.0.0.1',
        'data_channel.resp_h': '10.0.0.2',
        'data_channel.resp_p': 50_123,
      },
      {
        command: 'PORT',
        arg: '10,0,0,1,4,1',
        reply_code: 200,
        reply_msg: 'OK',
        'data_channel.passive': false,
        'data_channel.orig_h': '10.0.0.2',
        'data_channel.resp_h': '10.0.0.1',
        'data_channel.resp_p': 1025,
      },
      {
        command: 'DELE',
        arg: 'ftp://10.0.0.2/export/images/old.dcm',
        reply_code: 550,
        reply_msg: 'No such file',
      },
    ]);
    expect(rows(played)[1]).toMatchObject({ ts: { sec: 1_700_000_011 }, frame: 12, user: { kind: 'user' } });
    expect(played.weirds).toEqual([]);
  });

  it('keeps commands without a reply', () => {
    expect(rows(play(ftp, [...LOGIN, c('STOR a.bin')]))).toMatchObject([
      { command: 'STOR', arg: 'ftp://10.0.0.2/./a.bin' },
    ]);
  });

  it('does not take the greeting for the reply to a command that came before it', () => {
    const early: Step[] = [
      [ORIG, 'USER anonymous\r\nPASS x\r\nPASV\r\n'],
      s('220 FTP'),
      s('331 x'),
      s('230 y'),
      s('227 (1,2,3,4,5,6)'),
    ];
    expect(rows(play(ftp, early))).toMatchObject([
      { command: 'PASV', reply_code: 227, 'data_channel.resp_p': 1286 },
    ]);
  });

  it('reads an abort behind Telnet signals', () => {
    const played = play(ftp, [
      ...LOGIN,
      c('RETR x'),
      [ORIG, '\xff\xf4\xff\xf2ABOR\r\n'],
      s('426 Aborted'),
      s('226 Abort done'),
    ]);
    expect(rows(played)).toMatchObject([{ command: 'RETR', reply_code: 426 }]);
  });
});

describe('ftp data channels', () => {
  const announced = (...steps: Step[]) =>
    play(ftp, [...LOGIN, ...steps]).expectations.map(({ host, port, protocol }) => [host, port, protocol]);

  it.each<[string, Step[], [string, number, string][]]>([
    ['PASV', [c('PASV'), s('227 (10,0,0,2,100,85)')], [['10.0.0.2', 25_685, 'ftp-data']]],
    [
      'PASV behind a translator',
      [c('PASV'), s('227 (192,0,2,9,100,85)')],
      [['10.0.0.2', 25_685, 'ftp-data']],
    ],
    ['EPSV', [c('EPSV'), s('229 x (|||50123|)')], [['10.0.0.2', 50_123, 'ftp-data']]],
    ['PORT', [c('PORT 10,0,0,1,4,1'), s('200 OK')], [['10.0.0.1', 1025, 'ftp-data']]],
    ['EPRT', [c('EPRT |1|192.0.2.9|1025|'), s('200 OK')], [['10.0.0.1', 1025, 'ftp-data']]],
    ['a refused PORT', [c('PORT 10,0,0,1,4,1'), s('500 no')], []],
  ])('are announced by %s', (_what, steps, expected) => {
    expect(announced(...steps)).toEqual(expected);
  });

  it('know the file, and the record of the transfer names it', () => {
    let memo: AnnouncedFile | undefined;
    const spying = {
      ...ftp,
      feed: (...[state, direction, bytes, from, to]: Parameters<typeof ftp.feed>) => {
        const taken = ftp.feed(state, direction, bytes, from, to);
        memo = (state as { pending: { channel?: AnnouncedFile }[] }).pending[0]?.channel ?? memo;
        // What the data channel's own flow would have said meanwhile.
        if (memo !== undefined) memo.file = { fuid: 'Ffile', mimeType: 'application/dicom' } as OpenFile;
        return taken;
      },
    };
    const played = play(spying, [
      ...LOGIN,
      c('PASV'),
      s('227 (10,0,0,2,100,85)'),
      c('RETR a/ct1.dcm'),
      s('150 x'),
      s('226 y'),
    ]);
    expect(memo).toMatchObject({ filename: 'ct1.dcm' });
    expect(rows(played)[1]).toMatchObject({ command: 'RETR', fuid: 'Ffile', mime_type: 'application/dicom' });
  });
});

describe('ftp logins', () => {
  const logins = (exchange: readonly Step[]) =>
    play(ftp, exchange).logins.map(({ user, secret, success }) => [user, secret, success]);

  it.each<[string, Step[], [string | undefined, string | undefined, boolean | undefined][]]>([
    ['accepted', LOGIN, [['qwilliams', 'Tr0ub4dor', true]]],
    ['refused', exchanges['refused']!, [['root', 'Tr0ub4dor', false]]],
    ['unanswered', LOGIN.slice(0, 4), [['qwilliams', 'Tr0ub4dor', undefined]]],
    ['closed', [...LOGIN.slice(0, 4), s('421 Too many users')], [['qwilliams', 'Tr0ub4dor', undefined]]],
    ['without a password', [GREETING, c('USER guest'), s('230 Come in')], [['guest', undefined, true]]],
    [
      'with an empty password',
      [GREETING, c('USER guest'), s('331 ?'), c('PASS'), s('230 OK')],
      [['guest', '', true]],
    ],
    [
      'tried twice',
      [...exchanges['refused']!, c('USER root'), s('331 Password?'), c('PASS 1234'), s('230 OK')],
      [
        ['root', 'Tr0ub4dor', false],
        ['root', '1234', true],
      ],
    ],
  ])('reports a login %s', (_what, exchange, expected) => {
    expect(logins(exchange)).toEqual(expected);
  });

  it('shows no user and no password in any record', () => {
    const echo = [
      c('STOR qwilliams.txt'),
      s('150 Tr0ub4dor'),
      s('226 Stored for qwilliams, Tr0ub4dor'),
      c('ACCT Tr0ub4dor'),
      s('230 ok'),
    ];
    const played = play(ftp, [...LOGIN, ...echo]);
    expect(rows(played)).toHaveLength(2);
    for (const canary of ['qwilliams', 'Tr0ub4dor']) expect(shownText(played)).not.toContain(canary);
  });

  it('hands over after AUTH TLS, and reads nothing after other AUTH', () => {
    const played = play(ftp, exchanges['sealed']!);
    expect([played.end, played.handed, played.weirds]).toEqual([
      'handover',
      ['\x16\x03\x01\x00\x05hello', ''],
      [],
    ]);
    const gssapi = play(ftp, [GREETING, c('AUTH GSSAPI'), s('334 Go on'), c('ADAT xyz')]);
    expect([gssapi.end, gssapi.logins]).toEqual(['done', []]);
  });
});

describe('ftp limits and damage', () => {
  it.each<[string, Step[], string]>([
    ['a line of more than 4 KiB', [...LOGIN, c(`STOR ${'x'.repeat(5000)}`)], 'FTP_line_limit'],
    ['a long command word', [...LOGIN, c('X'.repeat(101))], 'FTP_max_command_length_exceeded'],
    [
      'many commands without a reply',
      [...LOGIN, [ORIG, 'NOOP\r\n'.repeat(30)]],
      'FTP_too_many_pending_commands',
    ],
  ])('reports %s', (_what, exchange, weird) => {
    expect(play(ftp, exchange).weirds).toEqual([weird]);
  });

  it('gives out what waited when replies are lost', () => {
    const played = play(ftp, [
      ...LOGIN,
      c('RETR a'),
      { gap: RESP, length: 50 },
      s('226 lost whose'),
      c('RETR b'),
      s('226 OK'),
    ]);
    expect(rows(played).map(row => [row['arg'], row['reply_code']])).toEqual([
      ['ftp://10.0.0.2/./a', undefined],
      ['ftp://10.0.0.2/./b', 226],
    ]);
  });

  it.each<[string, string, PlayOptions]>([
    ['commands', 'NOOP\r\n', {}],
    ['a line that never ends', 'x', {}],
    ['directories', 'CWD a/b/../c\r\n', {}],
    ['one-byte segments', 'NOOP\r\n', { segment: 1 }],
  ])('takes linear time for %s', (_what, unit, options) => {
    expectLinear(n => play(ftp, [...LOGIN, [ORIG, repeated(unit, n)]], options), 20_000);
  });

  it('takes linear time for replies', () => {
    expectLinear(
      n => play(ftp, [...LOGIN, c('RETR x'), [RESP, repeated('150-1 2 3\r\n150 4\r\n', n)]]),
      20_000,
    );
  });
});

describe('ftp probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a greeting that says FTP', [s('220 (vsFTPd 3.0.5)')], {}, 'match'],
    ['a greeting that does not', [s('220 ready')], {}, 'unsure'],
    ['a greeting and a login', [s('220 ready'), c('USER x')], {}, 'match'],
    ['a login before the greeting', [c('USER x'), s('220 ready')], {}, 'match'],
    ['SMTP by its greeting', [s('220 mail.example ESMTP Postfix')], {}, 'no'],
    ['SMTP by its command', [s('220 mail.example'), c('EHLO x')], {}, 'no'],
    ['SMTP authentication', [s('220 mail.example'), c('AUTH LOGIN')], {}, 'no'],
    ['POP3', [s('+OK POP3 ready'), c('USER x')], {}, 'no'],
    ['IRC', [[ORIG, 'USER a b c :d\r\n'], s(':irc.example NOTICE')], {}, 'no'],
    ['QUIT elsewhere', [s('220 ready'), c('QUIT')], { respPort: 2525 }, 'unsure'],
    ['a session in its middle', [c('RETR x'), s('150 y')], { fromStart: false }, 'match'],
    [
      'a session in its middle elsewhere',
      [c('RETR x'), s('150 y')],
      { fromStart: false, respPort: 9999 },
      'no',
    ],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(ftp, exchange, options).verdict).toBe(verdict);
  });
});
