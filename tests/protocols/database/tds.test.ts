import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { tds } from '../../../src/protocols/database/tds.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { ntlmAuthenticate, ntlmChallenge, ntlmNegotiate } from '../windows/login-bytes.ts';
import {
  done,
  errorToken,
  login7,
  loginAck,
  options,
  packet,
  prelogin,
  sspi,
  sspiToken,
} from './tds-bytes.ts';

const LOGIN: Step[] = [
  [ORIG, prelogin(0)],
  [RESP, packet(4, options(2))],
  [ORIG, login7('qwilliams', 'Tr0ub4dor')],
  [RESP, packet(4, joined(loginAck('Microsoft SQL Server'), done()))],
];
const WORK: Step[] = [
  [ORIG, packet(1, new Uint8Array(40))],
  [RESP, packet(4, fromHex('81 0100 0000'))],
  [ORIG, joined(packet(3, new Uint8Array(40), false), packet(3, new Uint8Array(40)))],
  [RESP, packet(4, joined(errorToken(208, 'Invalid object'), done(2)))],
  [ORIG, packet(6, new Uint8Array(0))],
];
const rows = (played: Played) => recordsOf(played, 'tds');

const WINDOWS: Step[] = [
  ...LOGIN.slice(0, 2),
  [ORIG, login7('', '', ntlmNegotiate())],
  [RESP, packet(4, sspiToken(ntlmChallenge({ 1: 'DB01' })))],
  [ORIG, sspi(ntlmAuthenticate('qwilliams'))],
  [RESP, packet(4, joined(loginAck('Microsoft SQL Server'), done()))],
];

describeDecoderLaws(tds, { 'a session': [...LOGIN, ...WORK], 'a login by Windows': WINDOWS });

describe('tds', () => {
  it('records logins, and requests by their kind', () => {
    const played = play(tds, [...LOGIN, ...WORK]);
    expect(rows(played)).toMatchObject([
      {
        command: 'login',
        version: '7.4',
        encryption: 'not_supported',
        user: { kind: 'user' },
        integrated: false,
        hostname: 'WS7',
        application: 'LIS',
        library: 'ODBC',
        server: 'db01',
        database: 'lab',
        success: true,
        frame: 3,
      },
      { command: 'sql_batch', success: true },
      { command: 'rpc', success: false, error: 208, error_msg: 'Invalid object' },
      { command: 'attention' },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'tds', user: 'qwilliams', secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect(played.software).toEqual([
      { side: RESP, type: 'MSSQL::SERVER', text: 'Microsoft SQL Server 16.0.1032' },
    ]);
    expect(shownText(played)).not.toMatch(/qwilliams|Tr0ub4dor/);
  });

  it('records refused logins, default accounts and Windows’ own logins', () => {
    const refused = play(tds, [
      [ORIG, login7('sa', 'sa')],
      [RESP, packet(4, joined(errorToken(18_456, 'Login failed'), done(2)))],
    ]);
    expect(rows(refused)).toMatchObject([
      { account: 'sa', success: false, error: 18_456, error_msg: 'Login failed' },
    ]);
    expect(refused.logins).toMatchObject([{ user: 'sa', secret: 'sa', success: false }]);
  });

  it('follows logins by Windows', () => {
    const played = play(tds, [...WINDOWS, ...WORK.slice(0, 2)]);
    expect(recordsOf(played, 'ntlm')).toMatchObject([
      { username: '<user>', server_nb_computer_name: 'DB01', success: true, frame: 3 },
    ]);
    expect(rows(played)).toMatchObject([
      { command: 'login', integrated: true, success: true },
      { command: 'sql_batch', success: true },
    ]);
    expect(played.services).toEqual(['ntlm']);
    expect(played.logins).toEqual([]);
    expect(shownText(played)).not.toContain('qwilliams');
    const refused = play(tds, [
      ...WINDOWS.slice(0, 5),
      [RESP, packet(4, joined(errorToken(18_452, 'Login failed'), done(2)))],
    ]);
    expect(recordsOf(refused, 'ntlm')).toMatchObject([{ success: false }]);
    const alone = play(tds, [[ORIG, login7('', '', ntlmNegotiate())]]);
    expect(rows(alone)).toMatchObject([{ integrated: true }]);
    expect(recordsOf(alone, 'ntlm')).toHaveLength(1);
  });

  it('leaves the flow alone when TLS begins', () => {
    const played = play(tds, [
      ...LOGIN.slice(0, 2),
      [ORIG, packet(18, fromHex('160301000501'))],
      [ORIG, '\x17\x03\x03'],
    ]);
    expect(played.end).toBe('done');
    expect(rows(played)).toMatchObject([{ command: 'tls', encryption: 'not_supported' }]);
    expect(played.services).toEqual(['ssl']);
  });

  it('goes on after a hole, gives up on nonsense', () => {
    const played = play(tds, [...LOGIN, { gap: RESP, length: 9 }, [RESP, '\xffnonsense'], ...WORK]);
    expect(rows(played)).toHaveLength(4);
    expect(played.weirds).toEqual(['tds_bad_packet']);
    expect(play(tds, [...LOGIN, ...Array.from({ length: 20 }, (): Step => [ORIG, '\xff'])]).end).toBe('done');
    expect(play(tds, [[ORIG, packet(16, fromHex('56000000040000740000'))]]).weirds).toEqual([
      'tds_bad_login',
    ]);
  });

  it.each([
    ['another type', '11 01 0020 0000 0000 0000 0b 0006 01 0011 0001'],
    ['a length that is none', '12 01 0008 0000 0000 0000 0b 0006 01 0011 0001'],
    ['options in another order', '12 01 0020 0000 0000 0200 0b 0006 01 0011 0001'],
    ['a login of another version', '10 01 0080 0000 0000 60000000 00000051 00000000'],
  ])('declines %s', (_, hex) => {
    expect(play(tds, [[ORIG, fromHex(hex)]]).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    const unit = packet(1, new Uint8Array(20));
    expectLinear(n => play(tds, [...LOGIN, [ORIG, repeated(unit, n)]], { segment: 999 }), 20_000);
  });
});
