import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dnp3 } from '../../../src/protocols/industrial/dnp3.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { dnp3Frame, reply, request } from './dnp3-bytes.ts';

const SESSION: readonly Step[] = [
  [ORIG, request(1, 60, 2, 6)],
  [RESP, reply(129, 0x9000, ...new Array<number>(40).fill(7))],
  [ORIG, request(0)],
  [ORIG, request(13)],
  [RESP, reply(129, 0)],
  [RESP, reply(130, 0x0100)],
];

describe('dnp3', () => {
  it('pairs requests with replies as Zeek does', () => {
    const played = play(dnp3, SESSION);
    expect(recordsOf(played, 'dnp3')).toMatchObject([
      { fc_request: 'READ', fc_reply: 'RESPONSE', iin: 0x9000, master: 3, outstation: 4, frame: 1 },
      { fc_request: 'COLD_RESTART', fc_reply: 'RESPONSE', iin: 0 },
      { fc_reply: 'UNSOLICITED_RESPONSE', iin: 0x0100 },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('puts fragments of several frames together', () => {
    const first = dnp3Frame([0x41, 0xc1]);
    const last = dnp3Frame([0x82, 2, 1, 2, 3]);
    expect(
      recordsOf(
        play(dnp3, [
          [ORIG, first],
          [ORIG, last],
        ]),
        'dnp3',
      ),
    ).toMatchObject([{ fc_request: 'WRITE' }]);
    expect(recordsOf(play(dnp3, [[ORIG, last]]), 'dnp3')).toEqual([]);
  });

  it('logs a request that nobody answers, and one that is repeated', () => {
    expect(
      recordsOf(
        play(dnp3, [
          [ORIG, request(1)],
          [ORIG, request(2)],
        ]),
        'dnp3',
      ),
    ).toMatchObject([{ fc_request: 'READ' }, { fc_request: 'WRITE' }]);
  });

  it('works over datagrams', () => {
    expect(recordsOf(play(dnp3, SESSION, { transport: 'udp' }), 'dnp3')).toHaveLength(3);
  });

  it('names what is corrupt', () => {
    const data = request(1, ...new Array<number>(20).fill(1));
    const header = Uint8Array.from(data);
    header[5] = 99;
    expect(
      play(dnp3, [
        [ORIG, request(1)],
        [ORIG, header],
      ]).weirds,
    ).toEqual(['dnp3_corrupt_header_checksum']);
    const block = Uint8Array.from(data);
    block[30] = 99;
    expect(
      play(dnp3, [
        [ORIG, request(1)],
        [ORIG, block],
      ]).weirds,
    ).toEqual(['dnp3_corrupt_data_checksum']);
    expect(
      play(dnp3, [
        [ORIG, request(1)],
        [ORIG, 'junk'],
      ]).weirds,
    ).toEqual(['dnp3_header_lacks_magic']);
    const endless = Array.from(
      { length: 20 },
      (_, i): Step => [ORIG, dnp3Frame([i === 0 ? 0x40 : 0x00, ...new Array<number>(248).fill(1)])],
    );
    expect(play(dnp3, endless).weirds).toEqual(['dnp3_fragment_limit']);
  });

  it('is not recognised without the checksum of its header', () => {
    const damaged = Uint8Array.from(request(1));
    damaged[8] = damaged[8]! ^ 1;
    expect(play(dnp3, [[ORIG, damaged]]).verdict).toBe('no');
  });

  it('takes linear time', () => {
    expectLinear(n => play(dnp3, [[ORIG, repeated(request(1), n)]], { segment: 100 }), 1 << 13);
  });

  describeDecoderLaws(dnp3, { session: SESSION });
});
