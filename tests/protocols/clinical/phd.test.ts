import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { phd } from '../../../src/protocols/clinical/phd.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import * as b from './bedside-build.ts';

const EUI = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88];
const MANAGER = [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11];

const SESSION: readonly Step[] = [
  [ORIG, b.aarq(EUI, 0x4000)],
  [RESP, b.aare(3, MANAGER)],
  [ORIG, b.report(1, 0x0d1c)],
  [RESP, b.prst(1, 0x0201, new Uint8Array(14))],
  [RESP, b.prst(2, 0x0103, new Uint8Array(6))],
  [ORIG, b.mdsAttributes(2)],
  [ORIG, b.report(3, 0x0d1d)],
  [ORIG, b.report(4, 0x0d1d, 0x0100)],
  [RESP, b.prst(5, 0x0105, new Uint8Array(6))],
  [ORIG, b.prst(5, 0x0300, new Uint8Array(4))],
  [ORIG, b.RLRQ],
  [RESP, b.RLRE],
];

describe('phd', () => {
  it('summarises an association', () => {
    expect(recordsOf(play(phd, SESSION), 'phd')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        is_orig: true,
        system_id: '1122334455667788',
        manager_id: '8877665544332211',
        config_id: 0x4000,
        types: ['MDC_DEV_SPEC_PROFILE_BP'],
        result: 'accepted_unknown_config',
        ended: 'release',
        reports: 3,
        confirmed_reports: 2,
        config_reports: 1,
        gets: 1,
        sets: 1,
        actions: 0,
        errors: 1,
        duration: 11,
      },
    ]);
    expect(play(phd, SESSION).weirds).toEqual([]);
  });

  it('tells who the device is', () => {
    expect(
      play(phd, SESSION).identities.map(({ side, attribute, value }) => [side, attribute, value]),
    ).toEqual([
      [ORIG, 'system_id', '1122334455667788'],
      [ORIG, 'vendor', 'A&D Medical'],
      [ORIG, 'model', 'UA-767'],
      [ORIG, 'serial', 'SN-5100'],
      [ORIG, 'software', '2.1'],
      [ORIG, 'type', 'MDC_DEV_SPEC_PROFILE_BP'],
    ]);
  });

  it('reads the request that the standard gives as an example', () => {
    // ISO/IEEE 11073-20601 annex H: an agent with system id 1122334455667788 and standard configuration 700.
    const example = fromHex(`E200 0032 80000000 0001 002A 5079 0026 80000000 A000 80000000 00000000 00800000
      0008 1122334455667788 02BC 0001 01 00 0000 0000`);
    expect(recordsOf(play(phd, [[ORIG, example]]), 'phd')).toMatchObject([
      { system_id: '1122334455667788', config_id: 700 },
    ]);
  });

  it('begins a record with another request, and ends one with an abort', () => {
    const steps: Step[] = [
      [ORIG, b.aarq(EUI, 1)],
      [RESP, b.aare(7)],
      [ORIG, b.aarq(EUI, 1)],
      [ORIG, b.ABRT],
    ];
    expect(recordsOf(play(phd, steps), 'phd').map(({ result, ended }) => [result, ended])).toEqual([
      ['rejected_unauthorized', undefined],
      [undefined, 'abort'],
    ]);
  });

  it('is recognised in the middle of a flow by its lengths', () => {
    const steps: Step[] = [[ORIG, b.report(1, 0x0d1d)]];
    const played = play(phd, steps, { fromStart: false });
    expect(recordsOf(played, 'phd')).toMatchObject([{ is_orig: true, reports: 1 }]);
    expect(play(phd, steps).verdict).toBe('no');
  });

  it('what is no message is a weird', () => {
    expect(play(phd, [SESSION[0]!, [ORIG, 'hello']]).weirds).toEqual(['phd_invalid_message']);
    expect(play(phd, [SESSION[0]!, [ORIG, fromHex('E700 0002 0000')]]).weirds).toEqual(['phd_truncated']);
  });

  it.each([
    ['another protocol of the association', fromHex('E200 0010 80000000 0001 0008 FFFF 0004 00000000')],
    ['a list that does not end with the message', fromHex('E200 0032 80000000 0001 002B 5079 0026')],
    ['another version', fromHex('E200 0032 40000000 0001 002A 5079 0026')],
    ['what begins with the same byte', fromHex('E281 0032')],
  ])('does not recognise %s', (_what, bytes) => {
    expect(play(phd, [[ORIG, bytes]]).verdict).toBe('no');
  });

  describeDecoderLaws(phd, { session: SESSION });
});
