import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { lpd } from '../../../src/protocols/management/lpd.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const CONTROL = 'Hpc-12\nPnurse\nJwristband\nNlabel.zpl\nldfA001pc-12\n';
const JOB: readonly Step[] = [
  [ORIG, '\x02labels\n'],
  [RESP, '\0'],
  [ORIG, `\x02${CONTROL.length} cfA001pc-12\n`],
  [RESP, '\0'],
  [ORIG, `${CONTROL}\0`],
  [RESP, '\0'],
  [ORIG, '\x0312 dfA001pc-12\n'],
  [ORIG, 'CANARY PRINT\0'],
];

describe('lpd', () => {
  it('makes one record of a job', () => {
    const played = play(lpd, JOB);
    expect(recordsOf(played, 'lpd')).toMatchObject([
      {
        command: 'receive',
        queue: 'labels',
        host: 'pc-12',
        user: { kind: 'user' },
        job: { kind: 'job_name' },
        file: 'label.zpl',
        size: 12,
      },
    ]);
    expect(shownText(played)).not.toMatch(/nurse|wristband|CANARY/);
    expect(played.weirds).toEqual([]);
  });

  it('records commands', () => {
    expect(recordsOf(play(lpd, [[ORIG, '\x03labels 12\n']]), 'lpd')).toMatchObject([
      { command: 'state', queue: 'labels' },
    ]);
  });

  it('is recognised on its port only', () => {
    expect(play(lpd, JOB, { respPort: 999 }).verdict).toBe('no');
    expect(play(lpd, [[ORIG, '\x02\x00\x01\n']]).verdict).toBe('no');
  });

  it.each([
    ['a command that there is not', ['\x02labels\n', '\x09x\n'], 'lpd_unknown_command'],
    ['a control file without end', ['\x02labels\n', '\x0299999 cfA\n'], 'lpd_control_file_limit'],
    ['a line without end', ['\x02labels\n', `\x03${'1'.repeat(300)}\n`], 'lpd_line_too_long'],
  ])('%s is a weird', (_what, lines, weird) => {
    const played = play(
      lpd,
      lines.map((line): Step => [ORIG, line]),
    );
    expect(played.weirds).toContain(weird);
    expect(recordsOf(played, 'lpd')).toHaveLength(1);
  });

  describeDecoderLaws(lpd, { job: JOB });
});
