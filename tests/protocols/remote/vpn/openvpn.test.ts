import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { openvpn } from '../../../../src/protocols/remote/vpn/openvpn.ts';
import { describeDecoderLaws } from '../../../support/decoder-laws.ts';
import { fromHex, play, recordsOf } from '../../../support/fake-flow.ts';

const udp = { transport: 'udp' } as const;
describe('openvpn', () => {
  const RESET = fromHex('38 0102030405060708 00 00000000');
  const SERVER = fromHex('40 1112131415161718 01 00000000 0102030405060708 00000000');
  const overTcp = (bytes: Uint8Array) => Uint8Array.from([0, bytes.length, ...bytes]);

  it.each([
    ['nothing', RESET, 'P_CONTROL_HARD_RESET_CLIENT_V2, no authentication'],
    [
      'tls-auth',
      fromHex(`38 0102030405060708 ${'ab'.repeat(20)} 00000001 65000000 00 00000000`),
      'P_CONTROL_HARD_RESET_CLIENT_V2, tls-auth',
    ],
    [
      'tls-crypt',
      fromHex(`38 0102030405060708 00000001 65000000 ${'cd'.repeat(37)}`),
      'P_CONTROL_HARD_RESET_CLIENT_V2, tls-crypt',
    ],
  ])('knows a reset protected by %s', (_what, bytes, exchange) => {
    expect(
      recordsOf(
        play(
          openvpn,
          [
            [ORIG, bytes],
            [RESP, SERVER],
          ],
          udp,
        ),
        'vpn',
      ),
    ).toMatchObject([{ protocol: 'openvpn', exchange, answered: true }]);
    expect(
      recordsOf(
        play(openvpn, [
          [ORIG, overTcp(bytes)],
          [RESP, overTcp(SERVER)],
        ]),
        'vpn',
      ),
    ).toMatchObject([{ exchange, answered: true }]);
  });

  it('claims no other first bytes', () => {
    for (const bytes of [
      '38 0102030405060708 00 00000001',
      '39 0102030405060708 00 00000000',
      `38${'01'.repeat(40)}`,
    ])
      expect(play(openvpn, [[ORIG, fromHex(bytes)]], udp).verdict).toBe('no');
  });

  describeDecoderLaws(openvpn, {
    tcp: [
      [ORIG, overTcp(RESET)],
      [RESP, overTcp(SERVER)],
    ],
  });
  describe('over datagrams', () =>
    describeDecoderLaws(
      openvpn,
      {
        udp: [
          [ORIG, RESET],
          [RESP, SERVER],
        ],
      },
      udp,
    ));
});
