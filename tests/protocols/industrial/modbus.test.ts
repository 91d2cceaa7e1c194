import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { modbus } from '../../../src/protocols/industrial/modbus.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const READ = fromHex('0001 0000 0006 0a 03 006b 0003');
const VALUES = fromHex('0001 0000 0009 0a 03 06 022b 0000 0064');
const WRITE = fromHex('0002 0000 0006 0a 06 0001 ff00');
const REFUSED = fromHex('0002 0000 0003 0a 86 02');
const SESSION: readonly Step[] = [
  [ORIG, READ],
  [RESP, VALUES],
  [ORIG, WRITE],
  [RESP, REFUSED],
];

describe('modbus', () => {
  it('records requests, answers and refusals as Zeek does', () => {
    expect(recordsOf(play(modbus, SESSION), 'modbus')).toMatchObject([
      { tid: 1, unit: 10, func: 'READ_HOLDING_REGISTERS', pdu_type: 'REQ', address: 0x6b, quantity: 3 },
      { tid: 1, unit: 10, func: 'READ_HOLDING_REGISTERS', pdu_type: 'RESP' },
      { tid: 2, func: 'WRITE_SINGLE_REGISTER', pdu_type: 'REQ', address: 1, quantity: 1 },
      {
        tid: 2,
        func: 'WRITE_SINGLE_REGISTER_EXCEPTION',
        pdu_type: 'RESP',
        exception: 'ILLEGAL_DATA_ADDRESS',
      },
    ]);
  });

  it('says what a device tells of itself, unless it stands behind a gateway', () => {
    // The example of the specification, section 6.21, with other texts: maker, product code, revision.
    const answer = (unit: string) =>
      fromHex(`0001 0000 001a ${unit} 2b 0e 01 01 00 00 03 00 04 41434d45 01 03 503132 02 04 56322e31 ff`);
    const told = (bytes: Uint8Array) =>
      play(modbus, [[RESP, bytes]], { respPort: 502 }).identities.map(({ attribute, value, behind }) => [
        attribute,
        value,
        behind,
      ]);
    const texts = [
      ['vendor', 'ACME'],
      ['hardware', 'P12'],
      ['software', 'V2.1'],
    ];
    expect(told(answer('01'))).toEqual(texts.map(text => [...text, false]));
    expect(told(answer('0a'))).toEqual(texts.map(text => [...text, true]));
    expect(play(modbus, [[ORIG, answer('01')]]).identities).toEqual([]);
  });

  it('names functions and reasons that it does not know by their number', () => {
    const played = play(modbus, [
      [ORIG, fromHex('0001 0000 0002 01 60')],
      [RESP, fromHex('0001 0000 0003 01 e0 63')],
    ]);
    expect(recordsOf(played, 'modbus')).toMatchObject([
      { func: 'unknown-96' },
      { func: 'unknown-224', exception: 'unknown-99' },
    ]);
  });

  it('is recognised on any port by a request that makes sense, on its own by the header', () => {
    expect(play(modbus, [[ORIG, READ]], { respPort: 4000 }).verdict).toBe('match');
    const odd = fromHex('0001 0000 0004 01 41 0000');
    expect(play(modbus, [[ORIG, odd]], { respPort: 4000 }).verdict).toBe('no');
    expect(play(modbus, [[ORIG, odd]]).verdict).toBe('match');
    expect(play(modbus, [[ORIG, fromHex('0001 0001 0006 01 03 0000 000a')]]).verdict).toBe('no');
  });

  it('goes on with one direction, and behind a hole', () => {
    expect(recordsOf(play(modbus, [[RESP, VALUES]]), 'modbus')).toHaveLength(1);
    const played = play(modbus, [
      [ORIG, READ],
      { gap: ORIG, length: 7 },
      [ORIG, 'junk between'],
      [ORIG, WRITE],
    ]);
    expect(recordsOf(played, 'modbus').map(row => row['func'])).toEqual([
      'READ_HOLDING_REGISTERS',
      'WRITE_SINGLE_REGISTER',
    ]);
    expect(played.weirds).toEqual(['modbus_invalid_header']);
  });

  it('gives up a direction that never makes sense', () => {
    const junk = Array.from({ length: 40 }, (): Step => [ORIG, 'nothing of the kind']);
    expect(play(modbus, [[ORIG, READ], ...junk]).end).toBe('done');
  });

  it('takes linear time', () => {
    expectLinear(n => play(modbus, [[ORIG, repeated(READ, n)]], { segment: 100 }), 1 << 14);
  });

  describeDecoderLaws(modbus, { session: SESSION });
});
