import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { mqtt } from '../../../src/protocols/management/mqtt.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const text = (value: string): string => {
  const bytes = Buffer.from(value, 'utf8');
  return `${bytes.length.toString(16).padStart(4, '0')}${bytes.toString('hex')}`;
};

/** A packet: its first byte, and its body as hexadecimal. */
function packet(first: number, body: string): Uint8Array {
  const bytes = fromHex(body);
  const length: number[] = [];
  for (let rest = bytes.length; ; ) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
    if (rest === 0) break;
  }
  return Uint8Array.from([first, ...length, ...bytes]);
}

const CONNECT = packet(
  0x10,
  `${text('MQTT')}04c6003c${text('pump1')}${text('last/will')}${text('gone')}${text('nurse')}${text('SECRETPW')}`,
);
const ACCEPTED = packet(0x20, '0000');
const SESSION: readonly Step[] = [
  [ORIG, CONNECT],
  [RESP, ACCEPTED],
  [ORIG, packet(0x82, `0001${text('ward/+/alarm')}01${text('ward/3')}00`)],
  [RESP, packet(0x90, '00010100')],
  [ORIG, packet(0x32, `${text('ward/3/alarm')}0007${Buffer.from('CANARY PAYLOAD').toString('hex')}`)],
  [RESP, packet(0x40, '0007')],
  [RESP, packet(0x31, `${text('ward/3/alarm')}${'00'.repeat(10)}`)],
  [ORIG, packet(0xa2, `0002${text('ward/3')}`)],
  [RESP, packet(0xb0, '0002')],
  [ORIG, fromHex('c000')],
  [RESP, fromHex('d000')],
  [ORIG, fromHex('e000')],
];

describe('mqtt', () => {
  it('records a session as Zeek does', () => {
    const played = play(mqtt, SESSION);
    expect(recordsOf(played, 'mqtt_connect')).toMatchObject([
      {
        proto_name: 'MQTT',
        proto_version: '3.1.1',
        client_id: 'pump1',
        connect_status: 'Connection Accepted',
        will_topic: 'last/will',
        clean_session: true,
        keep_alive: 60,
        anonymous: false,
      },
    ]);
    expect(recordsOf(played, 'mqtt_subscribe')).toMatchObject([
      {
        action: 'MQTT::SUBSCRIBE',
        topics: ['ward/+/alarm', 'ward/3'],
        qos_levels: ['1', '0'],
        granted_qos_level: 0,
        ack: true,
      },
      { action: 'MQTT::UNSUBSCRIBE', topics: ['ward/3'], ack: true },
    ]);
    expect(recordsOf(played, 'mqtt_publish')).toMatchObject([
      {
        from_client: true,
        retain: false,
        qos: 'at least once',
        status: 'ok',
        topic: 'ward/3/alarm',
        payload_len: 14,
      },
      { from_client: false, retain: true, qos: 'at most once', status: 'ok', payload_len: 10 },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('reports the login and shows neither secret nor payload', () => {
    const played = play(mqtt, SESSION);
    expect(played.logins).toEqual([
      { protocol: 'mqtt', user: 'nurse', secret: 'SECRETPW', secretKind: 'password', success: true },
    ]);
    expect(shownText(played)).not.toMatch(/nurse|SECRETPW|CANARY|gone/);
  });

  it('says when the broker refuses, and when nobody answers', () => {
    const refused = play(mqtt, [
      [ORIG, CONNECT],
      [RESP, packet(0x20, '0005')],
    ]);
    expect(recordsOf(refused, 'mqtt_connect')).toMatchObject([{ connect_status: 'Refused: not authorized' }]);
    expect(refused.logins).toMatchObject([{ success: false }]);
    const [silent] = recordsOf(play(mqtt, [[ORIG, CONNECT]]), 'mqtt_connect');
    expect(silent).not.toHaveProperty('connect_status');
  });

  it('reads version 5 with its properties, and 3.1 by its name', () => {
    const five = packet(0x10, `${text('MQTT')}0502003c0511000000ff${text('c5')}`);
    const published = packet(0x30, `${text('t')}020101${'aa'.repeat(20_000)}`);
    const played = play(
      mqtt,
      [
        [ORIG, five],
        [RESP, packet(0x20, '000000')],
        [ORIG, published],
      ],
      { segment: 1400 },
    );
    expect(recordsOf(played, 'mqtt_connect')).toMatchObject([
      { proto_version: '5.0', client_id: 'c5', anonymous: true },
    ]);
    expect(recordsOf(played, 'mqtt_publish')).toMatchObject([{ topic: 't', payload_len: 20_000 }]);
    const old = play(mqtt, [[ORIG, packet(0x10, `${text('MQIsdp')}0302003c${text('c3')}`)]]);
    expect(recordsOf(old, 'mqtt_connect')).toMatchObject([{ proto_name: 'MQIsdp', proto_version: '3.1' }]);
  });

  it('exactly once is complete with PUBCOMP, and incomplete without', () => {
    const sent = packet(0x34, `${text('t')}0009`);
    const done = play(mqtt, [
      [ORIG, CONNECT],
      [ORIG, sent],
      [RESP, packet(0x50, '0009')],
      [ORIG, packet(0x62, '0009')],
      [RESP, packet(0x70, '0009')],
    ]);
    expect(recordsOf(done, 'mqtt_publish')).toMatchObject([{ qos: 'exactly once', status: 'ok' }]);
    expect(
      recordsOf(
        play(mqtt, [
          [ORIG, CONNECT],
          [ORIG, sent],
        ]),
        'mqtt_publish',
      ),
    ).toMatchObject([{ status: 'incomplete_qos' }]);
  });

  it('goes on after a hole, at the next segment that begins with a packet', () => {
    const played = play(mqtt, [
      [ORIG, CONNECT],
      { gap: ORIG, length: 100 },
      [ORIG, '\x00\x01garbage'],
      [ORIG, packet(0x30, text('after'))],
    ]);
    expect(recordsOf(played, 'mqtt_publish')).toMatchObject([{ topic: 'after' }]);
    expect(played.weirds).toEqual(['mqtt_invalid_packet']);
  });

  it('is picked up in its middle on its port only', () => {
    const published = packet(0x30, `${text('ward/1')}00`);
    const options = { fromStart: false };
    expect(recordsOf(play(mqtt, [[ORIG, published]], options), 'mqtt_publish')).toHaveLength(1);
    expect(play(mqtt, [[ORIG, published]], { ...options, respPort: 9999 }).verdict).toBe('no');
    expect(
      recordsOf(
        play(
          mqtt,
          [
            [RESP, ACCEPTED],
            [RESP, published],
          ],
          options,
        ),
        'mqtt_publish',
      ),
    ).toMatchObject([{ from_client: false }]);
  });

  it.each([
    [
      'a packet shorter than its fields',
      [[ORIG, packet(0x10, `${text('MQTT')}04c2003c0050`)]],
      'mqtt_truncated_packet',
    ],
    [
      'a type that does not exist',
      [
        [ORIG, CONNECT],
        [ORIG, fromHex('0000')],
      ],
      'mqtt_invalid_packet',
    ],
    [
      'a length of five bytes',
      [
        [ORIG, CONNECT],
        [ORIG, fromHex('30ffffffff7f')],
      ],
      'mqtt_invalid_packet',
    ],
    [
      'quality of service 3',
      [
        [ORIG, CONNECT],
        [ORIG, packet(0x36, `${text('t')}0001`)],
      ],
      'mqtt_invalid_qos',
    ],
    [
      'too many topics',
      [
        [ORIG, CONNECT],
        [ORIG, packet(0x82, `0001${`${text('t')}00`.repeat(101)}`)],
      ],
      'mqtt_topic_limit',
    ],
    [
      'too many unanswered',
      [
        [ORIG, CONNECT],
        ...Array.from(
          { length: 257 },
          (_, i): Step => [ORIG, packet(0x32, `${text('t')}${(i + 1).toString(16).padStart(4, '0')}`)],
        ),
      ],
      'mqtt_pending_limit',
    ],
  ] as const)('%s is a weird', (_what, exchange, weird) => {
    expect(play(mqtt, exchange as readonly Step[], { probe: false }).weirds).toContain(weird);
  });

  it('takes linear time', () => {
    const unit = packet(0x30, text('ward/3/alarm'));
    expectLinear(
      n =>
        play(
          mqtt,
          [
            [ORIG, CONNECT],
            [ORIG, repeated(unit, n)],
          ],
          { segment: 100 },
        ),
      1 << 14,
    );
  });

  describeDecoderLaws(mqtt, { session: SESSION });
});
