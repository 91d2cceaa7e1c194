import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { redis } from '../../../src/protocols/database/redis.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const c = (...words: string[]): Step => [ORIG, `*${words.length}\r\n${words.map(bulk).join('')}`];
const r = (text: string): Step => [RESP, text];
const rows = (played: Played) => recordsOf(played, 'redis');

const SESSION: Step[] = [
  c('AUTH', 'Tr0ub4dor'),
  r('+OK\r\n'),
  c('set', 'pump:7', 'rate 12.5'),
  r('+OK\r\n'),
  c('GET', 'pump:7'),
  r(bulk('rate 12.5')),
  c('CONFIG', 'SET', 'dir', '/var/spool/cron'),
  r('-ERR not allowed\r\n'),
  c('LRANGE', 'list', '0', '-1'),
  r(`*3\r\n${bulk('a')}*2\r\n:1\r\n$-1\r\n%1\r\n+k\r\n_\r\n`),
  c('QUIT'),
];

describeDecoderLaws(redis, {
  'a session': SESSION,
  pipelined: [
    [ORIG, SESSION.flatMap(step => ('gap' in step || step[0] !== ORIG ? [] : [step[1] as string])).join('')],
    [RESP, '+OK\r\n+OK\r\n$-1\r\n'],
  ],
  subscribed: [
    c('SUBSCRIBE', 'alarms'),
    r(`*3\r\n${bulk('subscribe')}${bulk('alarms')}:1\r\n`),
    c('RESET'),
    r('+RESET\r\n'),
  ],
});

describe('redis', () => {
  it('records commands, keys and outcomes, but no values', () => {
    const played = play(redis, SESSION);
    expect(rows(played)).toMatchObject([
      { 'cmd.name': 'AUTH', success: true, 'reply.value': 'OK', frame: 1 },
      { 'cmd.name': 'SET', 'cmd.key': 'pump:7', success: true },
      { 'cmd.name': 'GET', 'cmd.key': 'pump:7', success: true },
      { 'cmd.name': 'CONFIG SET', success: false, 'reply.value': 'ERR not allowed' },
      { 'cmd.name': 'LRANGE', 'cmd.key': 'list', success: true },
      { 'cmd.name': 'QUIT' },
    ]);
    expect(rows(played)[0]).not.toHaveProperty('cmd.key');
    expect(played.logins).toEqual([
      { protocol: 'redis', user: undefined, secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect(shownText(played)).not.toMatch(/Tr0ub4dor|12\.5/);
    expect(played.weirds).toEqual([]);
  });

  it.each<[Step, string | undefined]>([
    [c('AUTH', 'qwilliams', 'Tr0ub4dor'), 'qwilliams'],
    [c('HELLO', '3', 'AUTH', 'qwilliams', 'Tr0ub4dor', 'SETNAME', 'x'), 'qwilliams'],
    [[ORIG, '*1\r\n$4\r\nPING\r\nAUTH Tr0ub4dor\r\n'], undefined],
  ])('reports the login %#', (step, user) => {
    const played = play(redis, [step, r('-ERR invalid password\r\n'), r('-ERR invalid password\r\n')]);
    expect(played.logins).toEqual([
      { protocol: 'redis', user, secret: 'Tr0ub4dor', secretKind: 'password', success: false },
    ]);
    expect(shownText(played)).not.toMatch(/Tr0ub4dor|qwilliams/);
  });

  it('heeds CLIENT REPLY', () => {
    const played = play(redis, [
      c('CLIENT', 'REPLY', 'OFF'),
      c('SET', 'a', '1'),
      c('CLIENT', 'REPLY', 'ON'),
      r('+OK\r\n'),
      c('CLIENT', 'REPLY', 'SKIP'),
      c('SET', 'b', '1'),
      c('GET', 'c'),
      r('-ERR gone\r\n'),
    ]);
    expect(rows(played).map(row => [row['cmd.name'], row['success']])).toEqual([
      ['CLIENT REPLY', undefined],
      ['SET', undefined],
      ['CLIENT REPLY', true],
      ['CLIENT REPLY', undefined],
      ['SET', undefined],
      ['GET', false],
    ]);
  });

  it('does not take messages for answers', () => {
    const message = `*3\r\n${bulk('message')}${bulk('alarms')}${bulk('asystole')}`;
    const two = play(redis, [
      c('SUBSCRIBE', 'alarms'),
      r(message),
      c('RESET'),
      r('+RESET\r\n'),
      c('GET', 'a'),
      r(':1\r\n'),
    ]);
    expect(rows(two)).toMatchObject([{ 'cmd.key': 'alarms' }, { 'reply.value': 'RESET' }, { success: true }]);
    const three = play(redis, [
      c('HELLO', '3'),
      r('%1\r\n+proto\r\n:3\r\n'),
      c('GET', 'a'),
      r(`>${message.slice(1)}`),
      r('$-1\r\n'),
    ]);
    expect(rows(three)).toMatchObject([
      { 'cmd.name': 'HELLO', success: true },
      { 'cmd.name': 'GET', success: true },
    ]);
    expect(shownText(two)).not.toContain('asystole');
  });

  it('recognises typed commands on its port only', () => {
    const typed: Step[] = [[ORIG, 'PING\r\n'], r('+PONG\r\n')];
    expect(rows(play(redis, typed))).toMatchObject([{ 'cmd.name': 'PING', 'reply.value': 'PONG' }]);
    expect(play(redis, typed, { respPort: 4000 }).verdict).toBe('no');
    expect(play(redis, [[ORIG, 'HELO x\r\n'], r('+OK\r\n')]).verdict).toBe('no');
  });

  it('skips long values unseen', () => {
    const played = play(
      redis,
      [c('SET', 'a', 'x'.repeat(1 << 20)), r('+OK\r\n'), c('GET', 'a'), r(bulk('y'.repeat(1 << 20)))],
      { segment: 1400 },
    );
    expect(rows(played)).toMatchObject([
      { 'cmd.name': 'SET', success: true },
      { 'cmd.name': 'GET', success: true },
    ]);
    expect(played.given).toBeLessThan(20_000);
  });

  it('goes on after a hole and after nonsense, and gives up in the end', () => {
    const played = play(redis, [
      ...SESSION,
      { gap: RESP, length: 3 },
      r('nonsense\r\n'),
      c('GET', 'z'),
      r('+x\r\n'),
    ]);
    expect(rows(played).at(-1)).toMatchObject({ 'cmd.key': 'z', success: true });
    expect(played.weirds).toEqual(['redis_bad_reply']);
    expect(play(redis, [c('PING'), ...Array.from({ length: 20 }, () => r('nonsense\r\n'))]).end).toBe('done');
  });

  it('bounds what waits, nests and counts', () => {
    const many = play(redis, [[ORIG, repeated('*1\r\n$4\r\nPING\r\n', 14 * 10_001)]]);
    expect(many.weirds).toEqual(['Redis_excessive_pipelining']);
    expect(rows(many)).toHaveLength(10_001);
    expect(play(redis, [c('PING'), r('*1\r\n'.repeat(40))]).weirds).toEqual(['redis_bad_reply']);
    expect(play(redis, [c('PING'), r('*999999999\r\n')]).weirds).toEqual(['redis_bad_reply']);
    expect(play(redis, [c('PING'), r(`+${'x'.repeat(2000)}`)]).weirds).toEqual(['redis_bad_reply']);
  });

  it('takes time in proportion', () => {
    const unit = '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n';
    expectLinear(n => play(redis, [[ORIG, repeated(unit, n)]], { segment: 700 }), 50_000);
  });
});
