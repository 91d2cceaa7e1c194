import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { ike } from '../../../../src/protocols/remote/vpn/ike.ts';
import { describeDecoderLaws } from '../../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../../support/fake-flow.ts';

const udp = { transport: 'udp' } as const;
describe('ike', () => {
  const message = (version: string, exchange: string, rest = '') => {
    const length = (28 + fromHex(rest).length).toString(16).padStart(8, '0');
    return `0102030405060708 1112131415161718 21 ${version} ${exchange} 08 00000000 ${length} ${rest}`;
  };
  const SESSION: readonly Step[] = [
    [ORIG, fromHex(message('20', '22', '00'.repeat(20)))],
    [RESP, fromHex(message('20', '22', '00'.repeat(20)))],
  ];

  it('names version and exchange', () => {
    expect(recordsOf(play(ike, SESSION, udp), 'vpn')).toMatchObject([
      {
        protocol: 'ike',
        version: '2.0',
        exchange: 'IKE_SA_INIT',
        initiator_spi: '0102030405060708',
        answered: true,
      },
    ]);
    expect(recordsOf(play(ike, [[ORIG, fromHex(message('10', '04'))]], udp), 'vpn')).toMatchObject([
      { version: '1.0', exchange: 'aggressive', aggressive: true },
    ]);
    expect(
      recordsOf(play(ike, [[ORIG, fromHex(`00000000 ${message('20', '23')}`)]], udp), 'vpn'),
    ).toMatchObject([{ exchange: 'IKE_AUTH' }]);
  });

  it('wants the length to be that of the datagram', () => {
    expect(play(ike, [[ORIG, fromHex(`${message('20', '22')}00`)]], udp).verdict).toBe('no');
    expect(play(ike, [[ORIG, fromHex(message('20', '02'))]], udp).verdict).toBe('no');
  });

  describeDecoderLaws(ike, { session: SESSION }, udp);
});
