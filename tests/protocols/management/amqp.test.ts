import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { amqp } from '../../../src/protocols/management/amqp.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
const short = (text: string) => text.length.toString(16).padStart(2, '0') + hex(text);
const long = (text: string) => text.length.toString(16).padStart(8, '0') + hex(text);
const table = (entries: string) => fromHex(entries).length.toString(16).padStart(8, '0') + entries;

function frame(type: number, body: string): Uint8Array {
  const bytes = fromHex(body);
  const head = new DataView(new ArrayBuffer(7));
  head.setUint8(0, type);
  head.setUint16(1, 1);
  head.setUint32(3, bytes.length);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...bytes, 0xce]);
}

const HEADER = 'AMQP\0\0\t\x01';
const PRODUCT = (name: string, version: string) =>
  table(
    `${short('product')}53${long(name)}${short('n')}49${'00000001'}${short('version')}53${long(version)}`,
  );
const PUBLISH = frame(1, `003c0028 0000 ${short('vitals')} ${short('ward.3')} 00`);
const SESSION: readonly Step[] = [
  [ORIG, HEADER],
  [
    RESP,
    frame(1, `000a000a 0009 ${PRODUCT('RabbitMQ', '3.12.1')} ${long('PLAIN AMQPLAIN')} ${long('en_US')}`),
  ],
  [
    ORIG,
    frame(
      1,
      `000a000b ${PRODUCT('pika', '1.3')} ${short('PLAIN')} ${long('\0nurse\0SECRETPW')} ${short('en_US')}`,
    ),
  ],
  [ORIG, frame(1, `000a0028 ${short('/ward')} 00 00`)],
  [RESP, frame(1, '000a0029 00')],
  [ORIG, frame(1, `0032000a 0000 ${short('alarms')} 00 00000000`)],
  [ORIG, PUBLISH],
  [ORIG, frame(2, '003c 0000 0000000000000006 0000')],
  [ORIG, frame(3, hex('CANARY'))],
  [RESP, frame(1, `003c003c ${short('tag')} 0000000000000001 00 ${short('vitals')} ${short('k')}`)],
  [RESP, frame(8, '')],
  [ORIG, frame(1, `000a0032 00c8 ${short('bye')} 0000 0000`)],
];

describe('amqp', () => {
  it('makes one record of a connection', () => {
    const played = play(amqp, SESSION);
    expect(recordsOf(played, 'amqp')).toMatchObject([
      {
        frame: 1,
        version: '0-9-1',
        server: 'RabbitMQ 3.12.1',
        client: 'pika 1.3',
        mechanism: 'PLAIN',
        vhost: '/ward',
        success: true,
        queues: ['alarms'],
        exchanges: ['vitals'],
        published: 1,
        delivered: 1,
        reply_code: 200,
        reply_text: 'bye',
      },
    ]);
    expect(played.logins).toEqual([
      { protocol: 'amqp', user: 'nurse', secret: 'SECRETPW', secretKind: 'password', success: true },
    ]);
    expect(played.software.map(({ type, text }) => [type, text])).toEqual([
      ['AMQP::BROKER', 'RabbitMQ 3.12.1'],
      ['AMQP::CLIENT', 'pika 1.3'],
    ]);
    expect(shownText(played)).not.toMatch(/nurse|SECRETPW|CANARY/);
    expect(played.weirds).toEqual([]);
  });

  it('sees a refusal, and AMQPLAIN', () => {
    const response = `${short('LOGIN')}53${long('nurse')}${short('PASSWORD')}53${long('pw')}`;
    const played = play(amqp, [
      [ORIG, HEADER],
      [ORIG, frame(1, `000a000b ${table('')} ${short('AMQPLAIN')} ${table(response)} ${short('en_US')}`)],
      [RESP, frame(1, `000a0032 0193 ${short('ACCESS_REFUSED')} 0000 0000`)],
    ]);
    expect(recordsOf(played, 'amqp')).toMatchObject([{ success: false, reply_code: 403 }]);
    expect(played.logins).toMatchObject([{ user: 'nurse', secret: 'pw', success: false }]);
  });

  it('reads logins and names of 1.0', () => {
    const modern = (type: number, body: string) => {
      const bytes = fromHex(body);
      const size = (bytes.length + 8).toString(16).padStart(8, '0');
      return Uint8Array.from([...fromHex(`${size} 02 0${type} 0000`), ...bytes]);
    };
    const init = `a3${short('PLAIN')} a0${short('\0nurse\0pw')}`;
    const opened = `a1${short('client-1')} a1${short('broker.example')}`;
    const list = (fields: string, count: number) =>
      `c0${(fromHex(fields).length + 1).toString(16).padStart(2, '0')}${count.toString(16).padStart(2, '0')}${fields}`;
    const played = play(amqp, [
      [ORIG, 'AMQP\x03\x01\0\0'],
      [RESP, 'AMQP\x03\x01\0\0'],
      [ORIG, modern(1, `00 53 41 ${list(init, 2)}`)],
      [RESP, modern(1, `00 53 44 ${list('5000', 1)}`)],
      [ORIG, 'AMQP\0\x01\0\0'],
      [ORIG, modern(0, `00 53 10 ${list(opened, 2)}`)],
      [ORIG, modern(0, `00 53 14 ${list('43', 1)}`)],
    ]);
    expect(recordsOf(played, 'amqp')).toMatchObject([
      {
        version: '1.0',
        mechanism: 'PLAIN',
        client: 'client-1',
        vhost: 'broker.example',
        success: true,
        published: 1,
      },
    ]);
    expect(played.logins).toMatchObject([{ user: 'nurse', secret: 'pw', success: true }]);
  });

  it('is picked up in its middle on its port by a whole frame', () => {
    expect(recordsOf(play(amqp, [[ORIG, PUBLISH]], { fromStart: false }), 'amqp')).toMatchObject([
      { published: 1 },
    ]);
    expect(play(amqp, [[ORIG, PUBLISH]], { fromStart: false, respPort: 999 }).verdict).toBe('no');
  });

  it('names what does not fit', () => {
    expect(
      play(amqp, [
        [ORIG, HEADER],
        [ORIG, 'junk'],
      ]).weirds,
    ).toEqual(['amqp_invalid_frame']);
    expect(
      play(amqp, [
        [ORIG, HEADER],
        [ORIG, frame(1, '003c0028 0000 ff')],
      ]).weirds,
    ).toEqual(['amqp_truncated_method']);
    const many = Array.from(
      { length: 33 },
      (_, i): Step => [ORIG, frame(1, `0032000a 0000 ${short(`q${i}`)} 00`)],
    );
    expect(play(amqp, [[ORIG, HEADER], ...many]).weirds).toEqual(['amqp_name_limit']);
  });

  it('takes linear time', () => {
    expectLinear(
      n =>
        play(
          amqp,
          [
            [ORIG, HEADER],
            [ORIG, repeated(PUBLISH, n)],
          ],
          { segment: 100 },
        ),
      1 << 14,
    );
  });

  describeDecoderLaws(amqp, { session: SESSION });
});
