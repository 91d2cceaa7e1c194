import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { enip } from '../../../src/protocols/industrial/enip.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../support/fake-flow.ts';

/** An encapsulated message with a session, a sender context and data. */
function message(
  command: number,
  data: string,
  { session = 0x10, context = 7, status = 0 } = {},
): Uint8Array {
  const body = fromHex(data);
  const bytes = new DataView(new ArrayBuffer(24 + body.length));
  bytes.setUint16(0, command, true);
  bytes.setUint16(2, body.length, true);
  bytes.setUint32(4, session, true);
  bytes.setUint32(8, status, true);
  bytes.setUint32(12, context, true);
  const whole = new Uint8Array(bytes.buffer);
  whole.set(body, 24);
  return whole;
}

/** Interface and timeout, a null address, and one CIP message. */
const rr = (cip: string) => {
  const length = fromHex(cip).length;
  return `00000000 0000 0200 0000 0000 b200 ${length.toString(16).padStart(2, '0')}00 ${cip}`;
};

const REGISTER = message(0x65, '0100 0000', { session: 0 });
const STOP = message(0x6f, rr('07 02 208e 2401'));
const STOPPED = message(0x6f, rr('87 00 00 00'));
const SESSION: readonly Step[] = [
  [ORIG, REGISTER],
  [RESP, message(0x65, '0100 0000')],
  [ORIG, STOP],
  [RESP, STOPPED],
  [ORIG, message(0x70, '00000000 0000 0200 a100 0400 01000000 b100 0600 0100 0e 00 0000')],
  [ORIG, message(0x66, '')],
];
/** One identity item of 39 bytes: address, numbers, name. */
const IDENTITY = `0100 0c00 2700 0100 0002af12c0a80105 ${'00'.repeat(8)} 0100 0e00 3600 1413 6000 78563412 05 506c632d41 03`;

describe('enip', () => {
  it('pairs commands with answers, and shows what CIP asks for', () => {
    const played = play(enip, SESSION);
    expect(recordsOf(played, 'enip')).toMatchObject([
      { command: 'Register Session', session: '00000010', status: 'Success' },
      { command: 'Send RR Data', session: '00000010', status: 'Success' },
      { command: 'Unregister Session' },
    ]);
    expect(recordsOf(played, 'cip')).toMatchObject([
      { service: 'Stop', class: 'Controller', instance: 1, direction: 'request' },
      { service: 'Stop', direction: 'response', status: 'Success' },
      { service: 'Get Attribute Single', direction: 'request' },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('reads who a device says it is', () => {
    const played = play(
      enip,
      [
        [ORIG, message(0x63, '', { session: 0 })],
        [RESP, message(0x63, IDENTITY, { session: 0 })],
      ],
      {
        transport: 'udp',
      },
    );
    expect(recordsOf(played, 'cip_identity')).toMatchObject([
      {
        address: '192.168.1.5',
        vendor_id: 1,
        device_type: 14,
        product_code: 54,
        revision: '20.19',
        serial_number: '12345678',
        product_name: 'Plc-A',
      },
    ]);
  });

  it('names what does not fit', () => {
    const items = message(0x6f, `00000000 0000 ff00${'00'.repeat(20)}`);
    expect(
      play(enip, [
        [ORIG, REGISTER],
        [ORIG, items],
      ]).weirds,
    ).toEqual(['enip_item_limit']);
    expect(
      play(enip, [
        [ORIG, REGISTER],
        [ORIG, message(0x6f, rr('07'))],
      ]).weirds,
    ).toEqual(['cip_truncated']);
    expect(
      play(enip, [
        [ORIG, REGISTER],
        [ORIG, 'something else entirely here'],
      ]).weirds,
    ).toEqual(['enip_invalid_header']);
    const many = Array.from(
      { length: 65 },
      (_, i): Step => [ORIG, message(0x6f, rr('0e 00'), { context: i })],
    );
    expect(play(enip, many).weirds).toEqual(['enip_pending_limit']);
  });

  it('is recognised in its middle on its port, and off it by data of CIP', () => {
    expect(play(enip, [[RESP, STOPPED]], { fromStart: false }).verdict).toBe('match');
    expect(play(enip, [[ORIG, STOP]], { respPort: 999 }).verdict).toBe('match');
    expect(play(enip, [[ORIG, message(0x64, '')]], { respPort: 999 }).verdict).toBe('no');
  });

  it('takes linear time', () => {
    expectLinear(n => play(enip, [[ORIG, repeated(STOP, n)]], { segment: 100 }), 1 << 14);
  });

  describeDecoderLaws(enip, { session: SESSION });
});
