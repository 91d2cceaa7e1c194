import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { rexec, rlogin, rsh } from '../../../src/protocols/remote/r-commands.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';

const RLOGIN: Step[] = [
  [ORIG, '\0nurse\0jsmith\0xterm/38400\0'],
  [RESP, '\0Password: '],
  [ORIG, 'Tr0ub4dor\r'],
  [RESP, '\r\nLogin incorrect\r\n'],
];
const RSH: Step[] = [
  [ORIG, '1022\0nurse\0root\0cat /etc/passwd\0'],
  [RESP, '\0root:x:0:0'],
];
const REXEC: Step[] = [
  [ORIG, '0\0jsmith\0Tr0ub4dor\0uptime\0'],
  [RESP, '\x01Login incorrect.\n'],
];

describe('rlogin', () => describeDecoderLaws(rlogin, { session: RLOGIN }));
describe('rsh', () => describeDecoderLaws(rsh, { command: RSH }));
describe('rexec', () => describeDecoderLaws(rexec, { command: REXEC }));

const rows = (played: Played) => recordsOf(played, 'r_command').map(({ ts, frame, ...row }) => row);

describe('r_command records', () => {
  it('tell of an rlogin session and the password it asks for', () => {
    const played = play(rlogin, RLOGIN);
    expect(rows(played)).toMatchObject([
      {
        protocol: 'rlogin',
        client_user: { kind: 'user' },
        user: { kind: 'user' },
        terminal: 'xterm/38400',
        success: true,
      },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'rlogin', user: 'jsmith', secret: 'Tr0ub4dor', secretKind: 'password', success: false },
    ]);
    for (const hidden of ['jsmith', 'nurse', 'Tr0ub4dor']) expect(shownText(played)).not.toContain(hidden);
  });

  it('tell of a command by trust', () => {
    const played = play(rsh, RSH);
    expect(rows(played)).toMatchObject([
      { protocol: 'rsh', account: 'root', command: 'cat /etc/passwd', success: true },
    ]);
    expect(played.logins).toEqual([]);
  });

  it('tell of a command with a password', () => {
    const played = play(rexec, REXEC);
    expect(rows(played)).toMatchObject([{ protocol: 'rexec', command: 'uptime', success: false }]);
    expect(played.logins).toEqual([
      { protocol: 'rexec', user: 'jsmith', secret: 'Tr0ub4dor', secretKind: 'password', success: false },
    ]);
    expect(shownText(played)).not.toContain('Tr0ub4dor');
  });

  it('keep what came of the client alone', () => {
    expect(rows(play(rsh, RSH.slice(0, 1)))).toMatchObject([{ command: 'cat /etc/passwd' }]);
  });

  it('report a string beyond the limit', () => {
    expect(play(rsh, [[ORIG, `0\0a\0b\0${'x'.repeat(5000)}`]])).toMatchObject({
      weirds: ['rsh_string_limit'],
      end: 'done',
    });
  });

  it('take linear time', () => {
    expectLinear(n => play(rlogin, [...RLOGIN, [ORIG, repeated('ls\r', n)]], { segment: 7 }), 20_000);
    expectLinear(n => play(rsh, [[ORIG, `0\0a\0b\0${'x'.repeat(Math.min(n, 4000))}`]], { segment: 1 }), 1000);
  });
});

describe('r_command probes', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['rsh', RSH, {}, 'match'],
    ['rsh without a second connection', [[ORIG, '\0a\0b\0c\0']], {}, 'match'],
    ['rsh elsewhere', RSH, { respPort: 9 }, 'no'],
    ['a beginning', [[ORIG, '10']], {}, 'unsure'],
    ['syslog', [[ORIG, '<13>Jan 1 00:00:00 host x']], {}, 'no'],
    ['no user', [[ORIG, '0\0\0b\0']], {}, 'no'],
    ['a server that speaks first', [[RESP, '220 x']], {}, 'no'],
  ])('see %s', (_what, exchange, options, verdict) => {
    expect(play(rsh, exchange, options).verdict).toBe(verdict);
  });
});
