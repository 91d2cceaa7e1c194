/** What every decoder of a database must bear: one direction alone, a flow picked up in its middle, another protocol on its port. */
import { describe, expect, it } from 'vitest';
import { type Direction, ORIG, type Protocol, RESP } from '../../../src/model/protocol.ts';
import { mongodb } from '../../../src/protocols/database/mongodb.ts';
import { mysql } from '../../../src/protocols/database/mysql.ts';
import { postgresql } from '../../../src/protocols/database/postgresql.ts';
import { redis } from '../../../src/protocols/database/redis.ts';
import { tds } from '../../../src/protocols/database/tds.ts';
import { play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { DATABASE } from '../openings/database.ts';
import { answer, msg } from './mongodb-bytes.ts';
import { command, greeting, login, ok } from './mysql-bytes.ts';
import { ready, startup, typed } from './postgresql-bytes.ts';
import { done, login7, loginAck, options, packet, prelogin } from './tds-bytes.ts';

interface Conversation {
  readonly protocol: Protocol;
  readonly stream: string;
  readonly steps: readonly Step[];
  /** Records of both directions, of the client's alone, and of the server's: PostgreSQL's says that a login succeeded. */
  readonly records: readonly [both: number, client: number, server: number];
}

const CONVERSATIONS: readonly Conversation[] = [
  {
    protocol: mysql,
    stream: 'mysql',
    steps: [
      [RESP, greeting()],
      [ORIG, login('lis', new Uint8Array(20))],
      [RESP, ok(2)],
      [ORIG, command(3, 'SELECT 1')],
      [RESP, ok(1)],
    ],
    records: [2, 0, 0],
  },
  {
    protocol: postgresql,
    stream: 'postgresql',
    steps: [
      [ORIG, startup('lis')],
      [RESP, joined(typed('R', [0, 0, 0, 0]), ready())],
      [ORIG, typed('Q', 'SELECT 1\0')],
      [RESP, joined(typed('C', 'SELECT 1\0'), ready())],
    ],
    records: [2, 2, 1],
  },
  {
    protocol: redis,
    stream: 'redis',
    steps: [
      [ORIG, '*2\r\n$3\r\nGET\r\n$1\r\na\r\n'],
      [RESP, '$1\r\nb\r\n'],
      [ORIG, '*1\r\n$4\r\nPING\r\n'],
      [RESP, '+PONG\r\n'],
    ],
    records: [2, 2, 0],
  },
  {
    protocol: tds,
    stream: 'tds',
    steps: [
      [ORIG, prelogin(0)],
      [RESP, packet(4, options(2))],
      [ORIG, login7('lis', 'x')],
      [RESP, packet(4, joined(loginAck('Microsoft SQL Server'), done()))],
      [ORIG, packet(1, new Uint8Array(40))],
      [RESP, packet(4, done())],
    ],
    records: [2, 2, 0],
  },
  {
    protocol: mongodb,
    stream: 'mongodb',
    steps: [
      [ORIG, msg(1, { hello: 1, $db: 'admin' })],
      [RESP, answer(1, { ok: 1 })],
      [ORIG, msg(2, { find: 'a', $db: 'b' })],
      [RESP, answer(2, { ok: 1 })],
    ],
    records: [2, 2, 0],
  },
];

const only = (steps: readonly Step[], direction: Direction): Step[] =>
  steps.filter(step => !('gap' in step) && step[0] === direction);

describe.each(CONVERSATIONS)('$stream', ({ protocol, stream, steps, records: [both, client, server] }) => {
  it('records what the client asks without the server, and little of the server alone', () => {
    expect(recordsOf(play(protocol, steps), stream)).toHaveLength(both);
    const asked = play(protocol, only(steps, ORIG), { probe: false });
    expect(recordsOf(asked, stream)).toHaveLength(client);
    expect(recordsOf(asked, stream).filter(row => row.success !== undefined)).toEqual([]);
    const answered = play(protocol, only(steps, RESP), { probe: false });
    expect(recordsOf(answered, stream)).toHaveLength(server);
    expect([...asked.weirds, ...answered.weirds]).toEqual([]);
  });

  it('bears being picked up at any message', () => {
    for (let from = 1; from < steps.length; from++) {
      const late = play(protocol, steps.slice(from), { probe: false, fromStart: false });
      expect(recordsOf(late, stream).length, `from ${from}`).toBeLessThanOrEqual(both);
      play(protocol, steps.slice(from), { fromStart: false });
    }
  });

  it('is not another protocol on its port', () => {
    const strangers: [string, Step][] = [
      ['http', [ORIG, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n']],
      ['ssh', [RESP, 'SSH-2.0-OpenSSH_9.6\r\n']],
      ['ssl', [ORIG, joined([0x16, 3, 1, 0, 64, 1, 0, 0, 60, 3, 3], new Uint8Array(58))]],
      ...DATABASE.filter(sample => sample.owner !== protocol.name).map(
        ({ owner, orig, resp }): [string, Step] => [owner, orig === undefined ? [RESP, resp!] : [ORIG, orig]],
      ),
    ];
    for (const [name, step] of strangers) {
      expect(play(protocol, [step], { respPort: protocol.ports[0]! }).verdict, name).not.toBe('match');
      // Decoded all the same it is at most named, never an exception.
      play(protocol, [step, step], { probe: false });
    }
  });
});
