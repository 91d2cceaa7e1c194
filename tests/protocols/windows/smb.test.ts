import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { smb } from '../../../src/protocols/windows/smb.ts';
import { fromHex, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { framed, negotiate2, smb1 } from './smb-bytes.ts';

const NEGOTIATE2 = framed(negotiate2(0x0202));
const NEGOTIATE1 = framed(smb1(0x72, { mid: 1, data: '\x02NT LM 0.12\0' }));

describe('frames of SMB', () => {
  it.each([
    ['version 2', NEGOTIATE2],
    ['version 1', NEGOTIATE1],
    ['an encrypted message', framed(joined([0xfd], 'SMB', new Uint8Array(60)))],
    ['a compressed message', framed(joined([0xfc], 'SMB', new Uint8Array(60)))],
  ])('are recognised with %s, on any port and from either side', (_, bytes) => {
    expect(play(smb, [[ORIG, bytes]], { respPort: 4000 }).verdict).toBe('match');
    expect(play(smb, [[RESP, bytes]], { respPort: 4000, fromStart: false }).verdict).toBe('match');
  });

  it.each([
    ['a message too short', '00000010 fe534d42 4000'],
    ['another magic number', '00000054 fe534d43 4000'],
    ['a type that there is not', '86000054 fe534d42 4000'],
    ['a session request with another length', '81000045 20434143'],
    ['a session request without a name', '81000044 21434143'],
  ])('are not %s', (_, hex) => {
    expect(play(smb, [[ORIG, fromHex(hex)]]).verdict).toBe('no');
  });

  it('may be empty, and have keep-alives between them', () => {
    const played = play(smb, [
      [ORIG, NEGOTIATE1],
      [ORIG, fromHex('00000000 85000000')],
      [RESP, fromHex('83000001 80')],
      [ORIG, NEGOTIATE2],
    ]);
    expect(recordsOf(played, 'smb_session')).toMatchObject([{ dialects_offered: ['2.0.2'] }]);
    expect(played.weirds).toEqual([]);
  });

  it('of which only the beginning is kept when they are long', () => {
    const long = framed(joined(negotiate2(0x0202), new Uint8Array(1 << 21)));
    const steps: Step[] = [
      [ORIG, long],
      [ORIG, NEGOTIATE1],
    ];
    const played = play(smb, steps, { segment: 60_000 });
    expect(recordsOf(played, 'smb_session')).toMatchObject([{ dialects_offered: ['NT LM 0.12'] }]);
    expect(played.end).toBe('close');
    expect(played.given).toBeLessThan(600_000);
  });
});
