import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { s7comm } from '../../../src/protocols/industrial/s7comm.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../support/fake-flow.ts';

function tpkt(payload: string): Uint8Array {
  const body = fromHex(payload);
  return Uint8Array.from([3, 0, (body.length + 4) >> 8, (body.length + 4) & 0xff, ...body]);
}

/** A data message: kind, reference, parameters, data and, in answers, an error. */
function s7(kind: number, reference: number, parameters: string, error = ''): Uint8Array {
  const length = fromHex(parameters).length.toString(16).padStart(4, '0');
  const head = `32 ${kind.toString(16).padStart(2, '0')} 0000 ${reference.toString(16).padStart(4, '0')} ${length} 0000`;
  return tpkt(`02 f0 80 ${head} ${error} ${parameters}`);
}

const text = (value: string) =>
  value.length.toString(16).padStart(2, '0') + Buffer.from(value).toString('hex');
const CONNECT = tpkt('11 e0 0000 0001 00 c1020100 c2020102 c0010a');
const CONFIRM = tpkt('11 d0 0001 0003 00 c0010a c1020100 c2020102');
const SETUP = s7(1, 1, 'f000 0001 0001 01e0');
const SESSION: readonly Step[] = [
  [ORIG, CONNECT],
  [RESP, CONFIRM],
  [ORIG, SETUP],
  [RESP, s7(3, 1, 'f000 0001 0001 01e0', '0000')],
  [ORIG, s7(1, 2, '05 02')],
  [RESP, s7(3, 2, '05 02', '8104')],
  [ORIG, s7(1, 3, `1a 00 0000 00000000 ${text('_0800001P')} 0d 31303030303136303030303930`)],
  [RESP, s7(3, 3, '1a', '0000')],
  [ORIG, s7(1, 4, `28 000000000000fd 0000 ${text('P_PROGRAM')}`)],
  [ORIG, s7(1, 5, `29 0000000000 ${text('P_PROGRAM')}`)],
  [ORIG, s7(7, 6, '000112 04 11 47 02 00')],
  [RESP, s7(7, 6, '000112 08 12 87 02 00 0000 d402')],
];

describe('s7comm', () => {
  it('records requests with what became of them', () => {
    const played = play(s7comm, SESSION);
    expect(recordsOf(played, 's7comm').map(({ ts, frame, ...rest }) => rest)).toEqual([
      { rosctr: 'Job', pdu_ref: 1, function: 'Setup communication', success: true },
      { rosctr: 'Job', pdu_ref: 2, function: 'Write Var', items: 2, success: false, error: '8104' },
      { rosctr: 'Job', pdu_ref: 3, function: 'Request download', block: '_0800001P', success: true },
      {
        rosctr: 'Userdata',
        pdu_ref: 6,
        function: 'Time functions: Set clock',
        success: false,
        error: 'd402',
      },
      { rosctr: 'Job', pdu_ref: 4, function: 'PLC Control', pi_service: 'P_PROGRAM' },
      { rosctr: 'Job', pdu_ref: 5, function: 'PLC Stop', pi_service: 'P_PROGRAM' },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('is not recognised by a connection request alone, nor by the data of another', () => {
    expect(
      play(s7comm, [
        [ORIG, CONNECT],
        [RESP, CONFIRM],
      ]).verdict,
    ).toBe('unsure');
    expect(
      play(s7comm, [
        [ORIG, CONNECT],
        [ORIG, tpkt('02 f0 80 a8 10 02')],
      ]).verdict,
    ).toBe('no');
    expect(play(s7comm, [[ORIG, SETUP]], { fromStart: false, respPort: 999 }).verdict).toBe('match');
  });

  it('says that the newer protocol is spoken, once', () => {
    const plus = tpkt('02 f0 80 72 01 0000');
    expect(
      recordsOf(
        play(s7comm, [
          [ORIG, CONNECT],
          [ORIG, plus],
          [ORIG, plus],
        ]),
        's7comm',
      ),
    ).toMatchObject([{ rosctr: 'S7comm-plus' }]);
  });

  it('goes on behind a hole, and names what does not fit', () => {
    const played = play(s7comm, [
      [ORIG, SETUP],
      { gap: ORIG, length: 10 },
      [ORIG, 'rest of a message'],
      [ORIG, s7(1, 9, '29')],
    ]);
    expect(recordsOf(played, 's7comm')).toHaveLength(2);
    expect(played.weirds).toEqual(['s7comm_invalid_tpkt']);
    expect(
      play(s7comm, [
        [ORIG, SETUP],
        [ORIG, s7(1, 9, '')],
      ]).weirds,
    ).toEqual(['s7comm_no_parameters']);
    expect(
      play(s7comm, [
        [ORIG, SETUP],
        [ORIG, s7(9, 9, '29')],
      ]).weirds,
    ).toEqual(['s7comm_unknown_kind']);
    const many = Array.from({ length: 65 }, (_, i): Step => [ORIG, s7(1, i, '04 01')]);
    expect(play(s7comm, many).weirds).toEqual(['s7comm_pending_limit']);
  });

  it('takes linear time', () => {
    expectLinear(n => play(s7comm, [[ORIG, repeated(SETUP, n)]], { segment: 100 }), 1 << 14);
  });

  describeDecoderLaws(s7comm, { session: SESSION });
});
