import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { bacnet } from '../../../src/protocols/industrial/bacnet.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const udp = { transport: 'udp' } as const;
const WHO_IS = fromHex('810b 000c 0120 ffff 00ff 1008');
const I_AM = fromHex('810a 0014 0100 1000 c4 02000314 22 05c4 91 03 21 74');
const READ = fromHex('810a 0011 0104 0005 010c 0c 00000001 19 55');
const VALUE = fromHex('810a 0017 0100 3001 0c 0c 00000001 19 55 3e 44 42900000 3f');
const WRITE = fromHex('810a 0018 0104 0005 020f 0c 00800002 19 55 3e 44 41200000 3f');
const DENIED = fromHex('810a 000d 0100 5002 0f 9102 9128');
const RESTART = fromHex('810a 000b 0104 0003 0314 09');
const REJECTED = fromHex('810a 0009 0100 6003 09');
const SESSION: readonly Step[] = [
  [ORIG, WHO_IS],
  [RESP, I_AM],
  [ORIG, READ],
  [RESP, VALUE],
  [ORIG, WRITE],
  [RESP, DENIED],
  [ORIG, RESTART],
  [RESP, REJECTED],
];

const rows = (...steps: readonly Step[]) => recordsOf(play(bacnet, steps, udp), 'bacnet');

describe('bacnet', () => {
  it('records messages with their objects', () => {
    const played = play(bacnet, SESSION, udp);
    expect(recordsOf(played, 'bacnet')).toMatchObject([
      { bvlc_function: 'Original-Broadcast-NPDU', pdu_type: 'unconfirmed-request', pdu_service: 'who-Is' },
      { pdu_service: 'i-Am', object_type: 'device', object_instance: 788, vendor_id: 116 },
      {
        pdu_type: 'confirmed-request',
        pdu_service: 'readProperty',
        invoke_id: 1,
        object_type: 'analog-input',
        property: 85,
      },
      { pdu_type: 'complex-ack', pdu_service: 'readProperty', invoke_id: 1 },
      { pdu_service: 'writeProperty', object_type: 'analog-value', object_instance: 2, property: 85 },
      { pdu_type: 'error', pdu_service: 'writeProperty', reason: 2 * 65_536 + 40 },
      { pdu_service: 'reinitializeDevice', invoke_id: 3 },
      { pdu_type: 'reject', reason: 9 },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('reads forwarded and network messages, and link messages without any', () => {
    expect(rows([ORIG, fromHex('8104 0012 0a00 0001 bac0 0120 ffff 00ff 1008')])).toMatchObject([
      { bvlc_function: 'Forwarded-NPDU', pdu_service: 'who-Is' },
    ]);
    expect(rows([ORIG, fromHex('810b 0009 0180 00 0005')])).toMatchObject([
      { pdu_type: 'network', pdu_service: 'who-Is-Router-To-Network' },
    ]);
    expect(rows([ORIG, fromHex('8105 0006 003c')])).toMatchObject([
      { bvlc_function: 'Register-Foreign-Device' },
    ]);
  });

  it.each([
    ['cut short', fromHex('810a 0011 0104 0005 010c 0c 0000'), 'bacnet_length_mismatch'],
    ['without its object', fromHex('810a 000b 0104 0005 010c 0c'), 'bacnet_truncated'],
    ['of something else', fromHex('820a 0004'), 'bacnet_invalid_header'],
  ])('a message %s is a weird', (_what, bytes, weird) => {
    expect(
      play(
        bacnet,
        [
          [ORIG, WHO_IS],
          [ORIG, bytes],
        ],
        udp,
      ).weirds,
    ).toContain(weird);
  });

  it('takes a length that is too short on its own port only', () => {
    const short = fromHex('810a 0011 0104 0005 0114 09061d0b 0044656c636174747937 30');
    const played = play(bacnet, [[ORIG, short]], udp);
    expect(recordsOf(played, 'bacnet')).toMatchObject([{ pdu_service: 'reinitializeDevice' }]);
    expect(played.weirds).toEqual(['bacnet_length_mismatch']);
    expect(play(bacnet, [[ORIG, short]], { ...udp, respPort: 40_001 }).verdict).toBe('no');
  });

  it('is recognised by header and length on any port', () => {
    expect(play(bacnet, [[ORIG, READ]], { ...udp, respPort: 999 }).verdict).toBe('match');
    expect(play(bacnet, [[ORIG, fromHex('810a 0012 0104 0005 010c')]], udp).verdict).toBe('no');
  });

  describeDecoderLaws(bacnet, { session: SESSION }, udp);
});
