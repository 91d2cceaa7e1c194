import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { readBson } from '../../../src/protocols/database/bson.ts';
import { mongodb } from '../../../src/protocols/database/mongodb.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  bytesOf,
  fromHex,
  type Played,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';
import { answer, bson, msg, query, reply } from './mongodb-bytes.ts';

const SESSION: Step[] = [
  [
    ORIG,
    query(1, 'admin.$cmd', {
      isMaster: 1,
      client: { application: { name: 'viewer' }, driver: { name: 'nodejs', version: '6.1' } },
    }),
  ],
  [RESP, reply(1, { ismaster: true, ok: 1 })],
  [
    ORIG,
    msg(2, {
      saslStart: 1,
      mechanism: 'SCRAM-SHA-256',
      payload: bytesOf('n,,n=qwilliams,r=abc'),
      $db: 'admin',
    }),
  ],
  [RESP, answer(2, { ok: 0, errmsg: 'Authentication failed.', code: 18 })],
  [ORIG, msg(3, { find: 'studies', filter: { name: 'Doe' }, $db: 'pacs' })],
  [RESP, answer(3, { cursor: { id: 0 }, ok: 1 })],
  [ORIG, msg(4, { dropDatabase: 1, $db: 'pacs' })],
];
const rows = (played: Played) => recordsOf(played, 'mongodb');

describeDecoderLaws(mongodb, { 'a session': SESSION });

describe('mongodb', () => {
  it('records commands, and how they ended', () => {
    const played = play(mongodb, SESSION);
    expect(rows(played)).toMatchObject([
      {
        command: 'isMaster',
        database: 'admin',
        application: 'viewer',
        driver: 'nodejs 6.1',
        success: true,
        frame: 1,
      },
      {
        command: 'saslStart',
        mechanism: 'SCRAM-SHA-256',
        user: { kind: 'user' },
        success: false,
        error: 'Authentication failed.',
      },
      { command: 'find', database: 'pacs', collection: 'studies', success: true },
      { command: 'dropDatabase', database: 'pacs' },
    ]);
    expect(played.logins).toEqual([]);
    expect(shownText(played)).not.toMatch(/qwilliams|Doe/);
  });

  it('reports a password in clear, and knows default accounts', () => {
    const plain = play(mongodb, [
      [
        ORIG,
        msg(1, {
          saslStart: 1,
          mechanism: 'PLAIN',
          payload: bytesOf('\0qwilliams\0Tr0ub4dor'),
          $db: '$external',
        }),
      ],
      [RESP, answer(1, { ok: 1 })],
    ]);
    expect(plain.logins).toEqual([
      { protocol: 'mongodb', user: 'qwilliams', secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect(shownText(plain)).not.toMatch(/Tr0ub4dor|qwilliams/);
    const hello = {
      hello: 1,
      speculativeAuthenticate: { saslStart: 1, mechanism: 'SCRAM-SHA-1', payload: bytesOf('n,,n=admin,r=x') },
    };
    expect(rows(play(mongodb, [[ORIG, msg(1, hello)]]))).toMatchObject([
      { mechanism: 'SCRAM-SHA-1', account: 'admin' },
    ]);
    expect(
      rows(play(mongodb, [[ORIG, query(1, 'a.$cmd', { authenticate: 1, user: 'admin' })]])),
    ).toMatchObject([{ command: 'authenticate', account: 'admin' }]);
  });

  it('records old queries, and what the server runs', () => {
    const played = play(mongodb, [
      [ORIG, msg(1, { buildInfo: 1 })],
      [RESP, answer(1, { version: '7.0.5', ok: 1 })],
      [ORIG, query(2, 'pacs.studies', { a: 1 })],
    ]);
    expect(rows(played)[1]).toMatchObject({ command: 'query', database: 'pacs', collection: 'studies' });
    expect(played.software).toEqual([{ side: RESP, type: 'MONGODB::SERVER', text: 'MongoDB 7.0.5' }]);
  });

  it('goes on after a hole, gives up on nonsense, forgets rather than grows', () => {
    const played = play(mongodb, [
      ...SESSION,
      { gap: ORIG, length: 9 },
      [ORIG, 'neither head nor message'],
      ...SESSION,
    ]);
    expect(rows(played)).toHaveLength(8);
    expect(played.weirds).toEqual(['mongodb_bad_message']);
    const many = Array.from({ length: 300 }, (_, i): Step => [ORIG, msg(i, { ping: 1 })]);
    expect(play(mongodb, many).weirds).toEqual(['mongodb_too_many_commands']);
    expect(
      play(mongodb, [
        ...SESSION,
        [ORIG, fromHex('20000000 01000000 00000000 dc070000 00000000 00000000 00000000 00000000')],
      ]).weirds,
    ).toEqual(['mongodb_compressed']);
  });

  it.each([
    ['another operation', '30000000 01000000 00000000 d3070000 00000000 00050000 0000 000000000000'],
    ['an answer', '30000000 01000000 01000000 dd070000 00000000 00050000 0000 000000000000'],
    ['a section of another kind', '30000000 01000000 00000000 dd070000 00000000 01050000 0000 000000000000'],
    [
      'a document longer than the message',
      '30000000 01000000 00000000 dd070000 00000000 00ff0000 0000 000000000000',
    ],
  ])('declines %s', (_, hex) => {
    expect(play(mongodb, [[ORIG, fromHex(hex)]]).verdict).toBe('no');
  });

  it('takes time in proportion', () => {
    const unit = msg(3, { find: 'studies', filter: { name: 'Doe' } });
    expectLinear(n => play(mongodb, [[ORIG, repeated(unit, n)]], { segment: 999 }), 20_000);
  });
});

describe('bson', () => {
  it('reads what it must and steps over the rest', () => {
    const bytes = fromHex(
      '7f000000 01 6100 000000000000f03f 07 6200 000000000000000000000000 09 6300 0000000000000000' +
        '0a 6400 0b 6500 7800 6900 12 6600 0500000000000000 04 6700 05000000 00 02 6800 02000000 7900 08 6900 01 00',
    );
    const document = readBson(bytes, 0, bytes.length)!;
    expect([...document]).toEqual([
      ['a', 1],
      ['b', undefined],
      ['c', undefined],
      ['d', undefined],
      ['e', undefined],
      ['f', 5],
      ['g', undefined],
      ['h', 'y'],
      ['i', true],
    ]);
  });

  it('ends where a document is cut, deep or of an unknown type', () => {
    const whole = bson({ a: 1, b: { c: { d: { e: 1 } } } });
    expect(readBson(whole, 0, whole.length)!.get('a')).toBe(1);
    for (let end = 0; end < whole.length; end++) readBson(whole, 0, end);
    const unknown = fromHex('0d000000 99 6100 10 6200 01');
    expect(readBson(unknown, 0, unknown.length)!.size).toBe(0);
  });
});
