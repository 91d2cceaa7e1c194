import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { type AnnouncedFile, ftpData, ircDccData } from '../../../src/protocols/files/announced.ts';
import { play, recordsOf, type Step } from '../../support/fake-flow.ts';

const CONTENT = 'The quick brown fox jumps over the lazy dog.\n';

describe('announced files', () => {
  it('name the file as the announcing flow does, and tell it what came', () => {
    const memo: AnnouncedFile = { filename: 'fox.txt', total: CONTENT.length };
    const played = play(ftpData, [[RESP, CONTENT]], { probe: false, expected: memo });
    expect(recordsOf(played, 'files')).toMatchObject([
      {
        source: 'FTP_DATA',
        filename: 'fox.txt',
        mime_type: 'text/plain',
        is_orig: false,
        seen_bytes: CONTENT.length,
        total_bytes: CONTENT.length,
      },
    ]);
    expect(memo.file).toMatchObject({ mimeType: 'text/plain', fuid: recordsOf(played, 'files')[0]!['fuid'] });
  });

  it('take the same content in any pieces, and count what is missing', () => {
    const pieces: Step[] = [[ORIG, CONTENT], { gap: ORIG, length: 1000 }, [ORIG, CONTENT]];
    for (const segment of [1, 7, 1000]) {
      const played = play(ircDccData, pieces, { probe: false, segment });
      expect(recordsOf(played, 'files')).toMatchObject([
        { source: 'IRC_DATA', is_orig: true, seen_bytes: 2 * CONTENT.length, missing_bytes: 1000 },
      ]);
    }
  });

  it('leave no record without content, nor are they recognised by it', () => {
    expect(play(ftpData, [], { probe: false }).records).toEqual([]);
    expect(play(ftpData, [[RESP, CONTENT]]).verdict).toBe('no');
  });
});
