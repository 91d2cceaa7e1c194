import { describe, expect, it } from 'vitest';
import { ORIG } from '../../../src/model/protocol.ts';
import { jetdirect } from '../../../src/protocols/management/jetdirect.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { play, recordsOf, shownText } from '../../support/fake-flow.ts';

describe('jetdirect', () => {
  const PJL =
    '\x1b%-12345X@PJL JOB NAME="wristband"\r\n@PJL FSUPLOAD NAME="0:/../etc" OFFSET=0\r\n@PJL INFO ID\r\n%!PS';

  it('names language, job and commands that reach beyond printing', () => {
    const played = play(jetdirect, [[ORIG, PJL]]);
    expect(recordsOf(played, 'jetdirect')).toMatchObject([
      { language: 'PJL', job: { kind: 'job_name' }, commands: ['FSUPLOAD', 'INFO'] },
    ]);
    expect(shownText(played)).not.toContain('wristband');
  });

  it.each([
    ['PostScript', '%!PS-Adobe-3.0\n%%Title: x\n'],
    ['ZPL', '^XA^FO50,50^FDCANARY^FS^XZ'],
    ['PCL', '\x1bE\x1b&l0Osome text here'],
    ['PDF', '%PDF-1.7 and the rest'],
  ])('knows %s on its port', (language, sent) => {
    const played = play(jetdirect, [[ORIG, sent]]);
    expect(recordsOf(played, 'jetdirect')).toMatchObject([{ language }]);
    expect(shownText(played)).not.toContain('CANARY');
    expect(play(jetdirect, [[ORIG, sent]], { respPort: 999 }).verdict).toBe('no');
  });

  it('reads the beginning only', () => {
    const played = play(jetdirect, [[ORIG, PJL + 'x'.repeat(20_000)]], { segment: 1000 });
    expect([played.end, recordsOf(played, 'jetdirect').length]).toEqual(['done', 1]);
    expect(played.given).toBeLessThan(8000);
  });

  describeDecoderLaws(jetdirect, { job: [[ORIG, PJL]] });
});
