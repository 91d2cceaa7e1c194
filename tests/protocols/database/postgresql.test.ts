import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { postgresql } from '../../../src/protocols/database/postgresql.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined, type Part } from '../ber-bytes.ts';
import { ready, startup, typed } from './postgresql-bytes.ts';

const AUTH = (method: number, ...data: Part[]): Uint8Array => typed('R', [0, 0, 0, method], ...data);
const START: Step = [ORIG, startup('qwilliams')];
const TLS_REQUEST = fromHex('00000008 04d2162f');
const LOGIN: Step[] = [
  START,
  [RESP, AUTH(3)],
  [ORIG, typed('p', 'Tr0ub4dor\0')],
  [RESP, joined(AUTH(0), typed('S', 'server_version\x0015.3\0'), ready())],
];
const WORK: Step[] = [
  [ORIG, typed('Q', 'select 1\0')],
  [
    RESP,
    joined(typed('T', 'columns'), typed('D', 'row'), typed('D', 'row'), typed('C', 'SELECT 2\0'), ready()),
  ],
  [ORIG, joined(typed('P', 's1\0', 'select $1\0', [0, 0]), typed('B', 'x'), typed('E', 'x'), typed('S'))],
  [RESP, joined(typed('1'), typed('2'), typed('D', 'row'), typed('C', 'SELECT 1\0'), ready('T'))],
  [ORIG, typed('Q', 'drop x\0')],
  [RESP, joined(typed('E', 'SERROR\0C42P01\0Mno such table\0\0'), ready())],
  [ORIG, typed('X')],
];
const rows = (played: Played) => recordsOf(played, 'postgresql');

describeDecoderLaws(postgresql, {
  'a session': [...LOGIN, ...WORK],
  'TLS refused': [[ORIG, TLS_REQUEST], [RESP, 'N'], ...LOGIN],
  'TLS accepted': [
    [ORIG, TLS_REQUEST],
    [RESP, 'S'],
    [ORIG, '\x16hello'],
    [RESP, '\x16hello'],
  ],
});

describe('postgresql', () => {
  it('records logins and queries', () => {
    const played = play(postgresql, [...LOGIN, ...WORK]);
    const session = { database: 'pacs', application_name: 'psql' };
    expect(rows(played)).toMatchObject([
      {
        ...session,
        frontend: 'startup',
        success: true,
        backend: 'auth_ok',
        backend_arg: 'CleartextPassword',
        frame: 1,
      },
      { ...session, frontend: 'simple_query', frontend_arg: 'select 1', success: true, rows: 2 },
      { ...session, frontend: 'parse', frontend_arg: 'select $1', success: true, rows: 1 },
      {
        frontend: 'simple_query',
        success: false,
        backend: 'error',
        backend_arg: 'SeverityLocalized=ERROR,Code=42P01,Message=no such table',
      },
      { frontend: 'terminate' },
    ]);
    expect(rows(played)[0]!['user']).toMatchObject({ kind: 'user' });
    expect(played.logins).toEqual([
      {
        protocol: 'postgresql',
        user: 'qwilliams',
        secret: 'Tr0ub4dor',
        secretKind: 'password',
        success: true,
      },
    ]);
    expect(played.software).toEqual([{ side: RESP, type: 'POSTGRESQL::SERVER', text: 'PostgreSQL 15.3' }]);
    expect(shownText(played)).not.toMatch(/qwilliams|Tr0ub4dor/);
  });

  it('records methods and errors of a refused login', () => {
    const played = play(postgresql, [
      [ORIG, startup('postgres')],
      [RESP, AUTH(10, 'SCRAM-SHA-256\0\0')],
      [ORIG, typed('p', 'SCRAM-SHA-256\0', [0, 0, 0, 1], 'n')],
      [RESP, AUTH(11, 'r=x')],
      [ORIG, typed('p', 'c=x')],
      [RESP, typed('E', 'SFATAL\0VFATAL\0C28P01\0\0')],
    ]);
    expect(rows(played)).toMatchObject([
      {
        account: 'postgres',
        success: false,
        backend: 'auth_request,auth_request,error',
        backend_arg: 'SASL,SASLContinue,SeverityLocalized=FATAL,Severity=FATAL,Code=28P01',
      },
    ]);
    expect(played.logins).toEqual([]);
  });

  it('reports a login for which no password was asked', () => {
    expect(play(postgresql, [START, [RESP, joined(AUTH(0), ready())]]).logins).toMatchObject([
      { user: 'qwilliams', secret: '', success: true },
    ]);
  });

  it('hands over when the server accepts TLS, ends with GSSAPI', () => {
    const tls = play(postgresql, [
      [ORIG, TLS_REQUEST],
      [RESP, 'S'],
      [ORIG, '\x16hello'],
    ]);
    expect([tls.end, tls.handed[0]]).toEqual(['handover', '\x16hello']);
    expect(rows(tls)).toMatchObject([
      { frontend: 'ssl_request', backend: 'ssl_reply', backend_arg: 'S', success: true },
    ]);
    const gss = play(postgresql, [
      [ORIG, fromHex('00000008 04d21630')],
      [RESP, 'G'],
      [ORIG, 'sealed'],
    ]);
    expect(gss.end).toBe('done');
    expect(rows(gss)).toMatchObject([{ frontend: 'gssenc_request', success: true }]);
  });

  it('records a request to cancel', () => {
    expect(rows(play(postgresql, [[ORIG, fromHex('00000010 04d2162e 00000001 00000002')]]))).toMatchObject([
      { frontend: 'cancel_request' },
    ]);
  });

  it('passes over long rows, goes on after a hole, gives up on nonsense', () => {
    const long = typed('D', new Uint8Array(300_000));
    const played = play(postgresql, [...LOGIN, WORK[0]!, [RESP, joined(long, ready())]], { segment: 1400 });
    expect(rows(played).at(-1)).toMatchObject({ rows: 1, success: true });
    const holed = play(postgresql, [
      ...LOGIN,
      { gap: RESP, length: 9 },
      [RESP, '\x01\x02'],
      ...WORK.slice(0, 2),
    ]);
    expect(rows(holed).at(-1)).toMatchObject({ frontend: 'simple_query', success: true });
    expect(holed.weirds).toEqual(['postgresql_bad_message']);
    expect(
      play(postgresql, [...LOGIN, ...Array.from({ length: 20 }, (): Step => [RESP, '\x01\x02'])]).end,
    ).toBe('done');
  });

  it.each([
    ['another version', '00000020 00020000 75736572 00'],
    ['a length that is none', '00000007 00030000 75736572 00'],
    ['a parameter that is no word', '00000020 00030000 01736572 00'],
    ['a request for TLS of another length', '00000009 04d2162f 00'],
  ])('declines %s', (_, hex) => {
    expect(play(postgresql, [[ORIG, fromHex(hex)]]).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    const unit = typed('Q', 'select 1\0');
    expectLinear(n => play(postgresql, [...LOGIN, [ORIG, repeated(unit, n)]], { segment: 999 }), 50_000);
  });
});
