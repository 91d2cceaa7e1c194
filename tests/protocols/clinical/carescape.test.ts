import { describe, expect, it } from 'vitest';
import { ORIG } from '../../../src/model/protocol.ts';
import { carescape } from '../../../src/protocols/clinical/carescape.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { play, recordsOf } from '../../support/fake-flow.ts';
import { timeSync } from './bedside-build.ts';

const UDP = { transport: 'udp' } as const;
const SYNC = timeSync([10, 0, 0, 1], 'ICU|CIC', 1_700_003_600);

describe('carescape', () => {
  it('says who announces which time', () => {
    const played = play(carescape, [[ORIG, SYNC]], UDP);
    expect(recordsOf(played, 'carescape')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        is_orig: true,
        claimed_host: '10.0.0.1',
        claimed_host_differs: false,
        unit: 'ICU',
        room: 'CIC',
        time: { sec: 1_700_003_600, nsec: 0 },
        clock_offset: 3600,
      },
    ]);
    expect(played.identities).toContainEqual({ side: ORIG, attribute: 'location', value: 'ICU|CIC' });
  });

  it('sees that the address is not the sender’s', () => {
    const played = play(carescape, [[ORIG, timeSync([10, 0, 0, 9], 'ICU|CIC', 1_700_000_000)]], UDP);
    expect(recordsOf(played, 'carescape')).toMatchObject([
      { claimed_host: '10.0.0.9', claimed_host_differs: true },
    ]);
    expect(played.identities).toEqual([]);
  });

  it('what else comes is a weird', () => {
    expect(
      play(
        carescape,
        [
          [ORIG, SYNC],
          [ORIG, 'x'],
        ],
        UDP,
      ).weirds,
    ).toEqual(['carescape_unknown_message']);
  });

  it.each([
    ['another length', SYNC.subarray(0, 63)],
    ['no place', timeSync([10, 0, 0, 1], 'ICU CIC', 1_700_000_000)],
    ['a place with a NUL inside', timeSync([10, 0, 0, 1], 'I\0U|C', 1_700_000_000)],
    ['a loopback address', timeSync([127, 0, 0, 1], 'ICU|CIC', 1_700_000_000)],
    ['a time of 1990', timeSync([10, 0, 0, 1], 'ICU|CIC', 631_152_000)],
  ])('does not recognise %s', (_what, bytes) => {
    expect(play(carescape, [[ORIG, bytes]], UDP).verdict).toBe('no');
  });

  it('is not recognised on other ports', () => {
    expect(play(carescape, [[ORIG, SYNC]], { ...UDP, respPort: 2001 }).verdict).toBe('no');
  });

  describeDecoderLaws(carescape, { sync: [[ORIG, SYNC]] }, UDP);
});
