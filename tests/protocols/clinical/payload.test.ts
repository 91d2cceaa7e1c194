import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ORIG, type Protocol, RESP } from '../../../src/model/protocol.ts';
import { redis } from '../../../src/protocols/database/redis.ts';
import { smtp } from '../../../src/protocols/mail/smtp.ts';
import { amqp } from '../../../src/protocols/management/amqp.ts';
import { coap } from '../../../src/protocols/management/coap.ts';
import { mqtt } from '../../../src/protocols/management/mqtt.ts';
import { syslog } from '../../../src/protocols/management/syslog.ts';
import { http } from '../../../src/protocols/web/http.ts';
import {
  bytesOf,
  everySplit,
  outcome,
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';
import { CANARIES, result } from './hl7/build.ts';

const MESSAGE = result('CTRL-1');
const u16 = (value: number): number[] => [value >> 8, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
const sized = (text: string): Uint8Array => concat(u16(text.length), bytesOf(text));

function post(body: Uint8Array | string, ...fields: string[]): Step {
  const content = bytesOf(body);
  const head = ['POST /hl7 HTTP/1.1', 'Host: h', ...fields, `Content-Length: ${content.length}`];
  return [ORIG, concat(bytesOf(`${head.join('\r\n')}\r\n\r\n`), content)];
}

function mqttPublish(content: string): Step[] {
  const body = concat(sized('ward/3'), bytesOf(content));
  const length = [(body.length & 0x7f) | 0x80, body.length >> 7];
  const connect = concat([0x10, 16], sized('MQTT'), [4, 2, 0, 60], sized('pump'));
  return [
    [ORIG, concat(connect, [0x30, ...length], body)],
    [RESP, Uint8Array.of(0x20, 2, 0, 0)],
  ];
}

function amqpPublish(content: string): Step[] {
  const frame = (type: number, body: Uint8Array) => concat([type, 0, 1, ...u32(body.length)], body, [0xce]);
  const header = concat(u16(60), u16(0), u32(0), u32(content.length), u16(0));
  return [
    [ORIG, concat(bytesOf('AMQP'), [0, 0, 9, 1])],
    [ORIG, concat(frame(2, header), frame(3, bytesOf(content)))],
  ];
}

function mail(content: string): Step[] {
  const base64 = Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    [RESP, '220 mx ESMTP\r\n'],
    [ORIG, 'HELO ward\r\n'],
    [RESP, '250 ok\r\n'],
    [ORIG, 'MAIL FROM:<a@b.example>\r\n'],
    [RESP, '250 ok\r\n'],
    [ORIG, 'RCPT TO:<c@d.example>\r\n'],
    [RESP, '250 ok\r\n'],
    [ORIG, 'DATA\r\n'],
    [RESP, '354 go\r\n'],
    [ORIG, `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n.\r\n`],
    [RESP, '250 ok\r\n'],
  ];
}

const CARRIERS: Readonly<Record<string, readonly [Protocol, readonly Step[], PlayOptions?]>> = {
  HTTP: [http, [post(MESSAGE, 'Content-Type: application/hl7-v2')]],
  'HTTP, gzip': [http, [post(gzipSync(MESSAGE), 'Content-Encoding: gzip')]],
  'HTTP, MLLP frame': [http, [post(`\x0b${MESSAGE}\x1c\r`)]],
  SMTP: [smtp, mail(MESSAGE)],
  MQTT: [mqtt, mqttPublish(MESSAGE)],
  AMQP: [amqp, amqpPublish(MESSAGE)],
  REDIS: [redis, [[ORIG, `*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${MESSAGE.length}\r\n${MESSAGE}\r\n`]]],
  SYSLOG: [syslog, [[ORIG, `<13>Nov 27 05:18:25 gw engine: got ${MESSAGE}`]], { transport: 'udp' }],
  'SYSLOG, escaped': [
    syslog,
    [[ORIG, `<13>Nov 27 05:18:25 gw engine: got ${MESSAGE.replaceAll('\r', '#015')}`]],
    { transport: 'udp' },
  ],
  COAP: [
    coap,
    [[ORIG, concat([0x41, 2, 0, 1, 7, 0xb3], bytesOf('hl7'), [0xff], bytesOf(MESSAGE))]],
    { transport: 'udp' },
  ],
};

const only = (played: Played, stream: string) => {
  const records = recordsOf(played, stream);
  expect(records).toHaveLength(1);
  return records[0]!;
};

describe.each(Object.entries(CARRIERS))('HL7 in %s', (name, [protocol, exchange, options]) => {
  const source = name.split(',', 1)[0]!;
  const played = play(protocol, exchange, options);

  it('is read', () => {
    expect(only(played, 'hl7')).toMatchObject({
      source,
      message_type: 'ORU',
      trigger_event: 'R01',
      sending_facility: 'WARD5',
      segments: 6,
      framed: name.endsWith('frame'),
    });
    const { fuid } = recordsOf(played, 'files')[0] ?? {};
    expect(only(played, 'hl7')['fuid']).toBe(fuid);
  });

  it('reports the identifiers under the carrier', () => {
    expect(played.phi).toHaveLength(1);
    expect(played.phi[0]).toMatchObject({
      protocol: source.toLowerCase(),
      payload: 'hl7',
      carrier: 'ORU^R01',
    });
    const values = played.phi[0]!.items.flatMap(item =>
      item.values.map(value => Buffer.from(value).toString()),
    );
    expect(values).toContain('CANARYMRN77');
    expect(values).toContain('CANARY^PATIENT^Q');
  });

  it('shows nothing of them', () => {
    const shown = shownText(played);
    for (const canary of CANARIES) expect(shown).not.toContain(canary);
  });

  it('does not depend on how the bytes were cut', () => {
    if (options?.transport === 'udp') return;
    const whole = outcome(played);
    for (const { cut, played: split } of everySplit(protocol, exchange, options))
      expect(outcome(split), `cut at ${cut}`).toEqual(whole);
  });
});

describe('medical documents in files', () => {
  it('are read to their end, however long, and skipped where they are none', () => {
    const long = MESSAGE + `OBX|2|ED|||${'A'.repeat(300)}\r`.repeat(1000);
    const played = play(http, [post(long), post('x'.repeat(300_000))], { segment: 1400 });
    expect(only(played, 'hl7')).toMatchObject({ segments: 1006 });
    expect(played.given).toBeLessThan(long.length + 20_000);
  });

  it('go on behind a hole', () => {
    const step = post(MESSAGE + MESSAGE.replaceAll('R01', 'R40'));
    const bytes = bytesOf(step[1 as never]);
    const at = bytes.length - 2 * MESSAGE.length + 300;
    const played = play(http, [
      [ORIG, bytes.subarray(0, at)],
      { gap: ORIG, length: 100 },
      [ORIG, bytes.subarray(at + 100)],
    ]);
    expect(recordsOf(played, 'hl7').map(row => row['trigger_event'])).toEqual(['R01', 'R40']);
  });
});
