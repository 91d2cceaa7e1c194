import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { mysql } from '../../../src/protocols/database/mysql.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { command, error, greeting, login, ok, packet, resultSet, tlsRequest } from './mysql-bytes.ts';

const LOGIN: Step[] = [
  [RESP, greeting()],
  [ORIG, login('qwilliams', new Uint8Array(32))],
  [RESP, joined(packet(2, [1, 3]), ok(3))],
];
const WORK: Step[] = [
  [ORIG, command(3, 'SELECT 1')],
  [RESP, resultSet()],
  [ORIG, command(3, 'DELETE FROM t')],
  [RESP, ok(1, 7)],
  [ORIG, command(2, 'pacs')],
  [RESP, error(1, 'Unknown database')],
  [ORIG, command(9)],
  [RESP, packet(1, 'Uptime: 5')],
  [ORIG, command(1)],
];
const rows = (played: Played) => recordsOf(played, 'mysql');

describeDecoderLaws(mysql, {
  'a session': [...LOGIN, ...WORK],
  'clear password': [
    [RESP, greeting()],
    [ORIG, login('sa', new Uint8Array(32))],
    [RESP, packet(2, [254], 'mysql_clear_password\0')],
    [ORIG, packet(3, 'Tr0ub4dor\0')],
    [RESP, error(4, 'Access denied')],
  ],
  tls: [
    [RESP, greeting()],
    [ORIG, joined(tlsRequest(), '\x16\x03\x01\x00\x05hello')],
    [RESP, '\x16server'],
  ],
});

describe('mysql', () => {
  it('records commands and how they ended', () => {
    const played = play(mysql, [...LOGIN, ...WORK]);
    expect(rows(played)).toMatchObject([
      { cmd: 'login', arg: '<user>', success: true, rows: 0, frame: 2 },
      { cmd: 'query', arg: 'SELECT 1', success: true, rows: 0 },
      { cmd: 'query', arg: 'DELETE FROM t', success: true, rows: 7 },
      { cmd: 'init_db', arg: 'pacs', success: false, response: 'Unknown database' },
      { cmd: 'statistics' },
      { cmd: 'quit' },
    ]);
    expect(rows(played)[4]).not.toHaveProperty('success');
    expect(played.software).toEqual([{ side: RESP, type: 'MYSQL::SERVER', text: 'MySQL 8.0.33' }]);
    expect(played.logins).toEqual([]);
    expect(shownText(played)).not.toContain('qwilliams');
  });

  it('reports a password in clear, and none at all', () => {
    const clear = play(mysql, [
      [RESP, greeting('5.5.5-10.6.1-MariaDB')],
      [ORIG, login('root', new Uint8Array(32))],
      [RESP, packet(2, [254], 'mysql_clear_password\0')],
      [ORIG, packet(3, 'Tr0ub4dor\0')],
      [RESP, ok(4)],
    ]);
    expect(clear.logins).toEqual([
      { protocol: 'mysql', user: 'root', secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect(shownText(clear)).not.toContain('Tr0ub4dor');
    expect(clear.software[0]!.text).toBe('MariaDB 5.5.5-10.6.1-MariaDB');
    const none = play(mysql, [
      [RESP, greeting()],
      [ORIG, login('root', '')],
      [RESP, error(2, 'Access denied')],
    ]);
    expect(none.logins).toMatchObject([{ user: 'root', secret: '', success: false }]);
  });

  it('hands over when the client asks for TLS', () => {
    const played = play(mysql, [
      [RESP, greeting()],
      [ORIG, joined(tlsRequest(), '\x16hello')],
      [RESP, '\x16server'],
    ]);
    expect([played.end, played.handed]).toEqual(['handover', ['\x16hello', '\x16server']]);
  });

  it('finds a query behind its attributes', () => {
    const attributes = joined([2, 1, 2, 1], [254, 0, 1], 'a', [8, 0, 1], 'b', [1], 'x');
    const flags = 0x0808_a200;
    const played = play(mysql, [
      [RESP, greeting()],
      [ORIG, login('root', new Uint8Array(32), 'p', flags)],
      [RESP, ok(2)],
      [ORIG, command(3, joined([0, 1], 'SELECT 1'))],
      [RESP, resultSet()],
      [ORIG, command(3, joined(attributes, 'SELECT 2'))],
    ]);
    expect(rows(played).map(row => row['arg'])).toEqual(['root', 'SELECT 1', 'SELECT 2']);
  });

  it('reads a login of before 4.1, and a change of user', () => {
    const played = play(mysql, [
      [RESP, greeting('4.0.1')],
      [ORIG, packet(1, [0, 0, 0, 0, 0], 'root\0', 'proof')],
      [RESP, ok(2)],
      [ORIG, command(17, 'admin\0')],
      [RESP, error(1, 'no')],
    ]);
    expect(rows(played)).toMatchObject([
      { cmd: 'login', arg: 'root', success: true },
      { cmd: 'change_user', arg: 'admin', success: false },
    ]);
  });

  it('leaves a compressed connection alone, and goes on after a hole', () => {
    const compressed = play(mysql, [
      [RESP, greeting('8.0', 0xffff_ffff)],
      [ORIG, login('root', 'x', 'p', 0x0008_a220)],
      [RESP, ok(2)],
      [ORIG, 'anything'],
    ]);
    expect(compressed.end).toBe('done');
    const holed = play(mysql, [...LOGIN, { gap: RESP, length: 50 }, ...WORK.slice(2, 4)]);
    expect(rows(holed)).toMatchObject([{ cmd: 'login' }, { cmd: 'query', rows: 7 }]);
  });

  it.each([
    ['a version without digits', packet(0, [10], 'abc\0', new Uint8Array(40))],
    ['a version with a line feed', packet(0, [10], '8.0.33\n\0', new Uint8Array(40))],
    ['another protocol version', packet(0, [11], '8.0.33\0', new Uint8Array(40))],
    ['a short packet', packet(0, [10], '8.0.33\0')],
  ])('declines %s', (_, bytes) => {
    expect(play(mysql, [[RESP, bytes]]).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    expectLinear(
      n => play(mysql, [...LOGIN, [ORIG, repeated(command(3, 'SELECT 1'), n)]], { segment: 999 }),
      20_000,
    );
  });
});
