import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { teamviewer } from '../../../src/protocols/remote/teamviewer.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const CLIENT: Step = [ORIG, '\x17\x24\x0a\x20\0\0'];
const SERVER: Step = [RESP, '\x17\x24\x0b\x20\0\0'];

describeDecoderLaws(teamviewer, { 'both sides': [CLIENT, SERVER] }, { respPort: 443 });

describe('teamviewer', () => {
  it('leaves one record', () => {
    expect(recordsOf(play(teamviewer, [CLIENT, SERVER, CLIENT]), 'remote_support')).toMatchObject([
      { tool: 'TeamViewer', evidence: 'protocol', confidence: 'high', frame: 1 },
    ]);
  });

  it.each<[string, Step[], PlayOptions, string]>([
    ['one side on its port', [CLIENT], {}, 'match'],
    ['one side elsewhere', [CLIENT], { respPort: 443 }, 'unsure'],
    ['both sides elsewhere', [CLIENT, SERVER], { respPort: 443 }, 'match'],
    ['the second version', [[ORIG, '\x11\x30\x01']], {}, 'match'],
    ['TLS', [[ORIG, '\x16\x03\x01']], {}, 'no'],
    ['application data of TLS', [[ORIG, '\x17\x03\x03']], {}, 'no'],
    ['a large command', [[ORIG, '\x17\x24\xff']], {}, 'no'],
    ['a session in its middle', [CLIENT], { fromStart: false }, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(teamviewer, exchange, options).verdict).toBe(verdict);
  });
});
