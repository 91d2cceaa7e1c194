import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { tap } from '../../../../src/protocols/clinical/paging/tap.ts';
import { describeDecoderLaws } from '../../../support/decoder-laws.ts';
import { play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { tapBlock } from './tap-blocks.ts';

const DIALOGUE: readonly Step[] = [
  [ORIG, '\r'],
  [RESP, 'ID='],
  [ORIG, '\x1bPG1secret\r'],
  [RESP, '110 1.8\r\r\x06\r\x1b[p\r'],
  [ORIG, tapBlock('5550142\rCANARYLAST room 3\r')],
  [RESP, '211 Page sent\r\x06\r'],
  [ORIG, tapBlock('5550143\rbed 1, ', '\x17')],
  [RESP, '\x06\r'],
  [ORIG, tapBlock('second part\r')],
  [RESP, '\x1e\r'],
  [ORIG, '\x04\r'],
];

describe('tap', () => {
  it('knows the example of the specification', () => {
    // TAP 1.8, section on checksums: the block for pager 123 with text ABC ends with 17;
    expect(tapBlock('123\rABC\r')).toBe('\x02123\rABC\r\x0317;\r');
  });

  it('gives a record per page, with its answer', () => {
    const played = play(tap, DIALOGUE);
    expect(recordsOf(played, 'paging')).toEqual([
      {
        ts: { sec: 1_700_000_004, nsec: 0 },
        frame: 5,
        is_orig: true,
        protocol: 'tap',
        operation: 'page',
        recipient: { kind: 'user', digest: expect.any(String) },
        text: { kind: 'subject', digest: expect.any(String) },
        text_length: 17,
        accepted: true,
      },
      expect.objectContaining({ frame: 9, text_length: 18, accepted: false }),
    ]);
    expect(played.tokens).toContainEqual({ kind: 'subject', value: 'bed 1, second part' });
    expect(played.logins).toMatchObject([{ protocol: 'tap', secret: 'secret', secretKind: 'password' }]);
    expect(shownText(played)).not.toMatch(/CANARY|555014|secret"/);
  });

  it('keeps pages that nobody answers, and logins without password', () => {
    const played = play(tap, [[ORIG, `\x1bPG1\r${tapBlock('1\ra\r')}`]]);
    expect(recordsOf(played, 'paging')).toHaveLength(1);
    expect(recordsOf(played, 'paging')[0]).not.toHaveProperty('accepted');
    expect(played.logins).toEqual([]);
    const many = play(tap, [[ORIG, `\x1bPG1\r${tapBlock('1\ra\r').repeat(40)}`]]);
    expect(recordsOf(many, 'paging')).toHaveLength(40);
  });

  it.each([
    ['a wrong sum', `\x1bPG1\r\x02123\rABC\r\x03000\r`, 'tap_bad_checksum'],
    ['an endless block', `\x1bPG1\r\x02${'x'.repeat(600)}`, 'tap_block_limit'],
  ])('%s is a weird', (_what, bytes, weird) => {
    expect(play(tap, [[ORIG, bytes]]).weirds).toEqual([weird]);
  });

  it.each([
    ['keys of a terminal', '\x1b[A\r', 'no'],
    ['a long word', '\x1bPG1abcdefgh\r', 'no'],
    ['nothing but line ends', '\r\r', 'unsure'],
    ['a login', '\r\r\x1bPG1\r', 'match'],
  ] as const)('%s', (_what, bytes, verdict) => {
    expect(play(tap, [[ORIG, bytes]]).verdict).toBe(verdict);
  });

  describeDecoderLaws(tap, { dialogue: DIALOGUE });
});
