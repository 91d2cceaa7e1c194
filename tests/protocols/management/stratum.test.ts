import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { stratum } from '../../../src/protocols/management/stratum.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { play, recordsOf, type Step } from '../../support/fake-flow.ts';

const BITCOIN: readonly Step[] = [
  [ORIG, '{"id": 1, "method": "mining.subscribe", "params": ["cpuminer/2.5.1"]}\n'],
  [RESP, '{"id":1,"result":[[["mining.notify","ae68"]],"f0",4],"error":null}\n'],
  [ORIG, '{"id": 2, "method": "mining.authorize", "params": ["wallet.rig1", "x"]}\n'],
  [
    RESP,
    '{"id":null,"method":"mining.notify","params":["1"]}\n{"id":null,"method":"mining.notify","params":["2"]}\n',
  ],
  [ORIG, '{"id": 4, "method": "mining.submit", "params": ["wallet.rig1", "1"]}\n'],
];
const MONERO: readonly Step[] = [
  [
    ORIG,
    '{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"48wallet","pass":"x","agent":"XMRig/6.20.0","algo":["rx/0"]}}\n',
  ],
  [RESP, '{"jsonrpc":"2.0","method":"job","params":{}}\n'],
];

describe('stratum', () => {
  it('makes one record of a miner', () => {
    expect(recordsOf(play(stratum, BITCOIN), 'mining')).toMatchObject([
      {
        frame: 1,
        method: 'mining.subscribe',
        account: 'wallet.rig1',
        agent: 'cpuminer/2.5.1',
        submitted: 1,
        jobs: 2,
      },
    ]);
    expect(recordsOf(play(stratum, MONERO), 'mining')).toMatchObject([
      { method: 'login', account: '48wallet', agent: 'XMRig/6.20.0', jobs: 1 },
    ]);
  });

  it('claims no other JSON', () => {
    for (const text of [
      '{"method":"login","params":{}}\n',
      '{"a":1}\n',
      '{"method":"tools/list"}\n',
      'text\n',
    ])
      expect(play(stratum, [[ORIG, text]]).verdict).toBe('no');
  });

  it('stops looking at some time', () => {
    const line = '{"id":4,"method":"mining.submit","params":[]}\n';
    const played = play(stratum, [[ORIG, repeated(line, line.length * 10_001)]]);
    expect([played.end, recordsOf(played, 'mining')[0]?.['submitted']]).toEqual(['done', 10_000]);
  });

  it('names a line without end, and survives what is no JSON', () => {
    const long: Step[] = [...BITCOIN, [ORIG, `{"method":"mining.submit"${' '.repeat(5000)}\n`]];
    expect(play(stratum, long).weirds).toEqual(['stratum_line_too_long']);
    const broken: Step[] = [[ORIG, '{"method":"mining.authorize","params":[\n']];
    expect(recordsOf(play(stratum, broken), 'mining')).toMatchObject([{ method: 'mining.authorize' }]);
  });

  it('takes linear time', () => {
    expectLinear(
      n => play(stratum, [[ORIG, repeated('{"id":4,"method":"mining.submit","params":[]}\n', n)]]),
      1 << 13,
    );
  });

  describeDecoderLaws(stratum, { bitcoin: BITCOIN, monero: MONERO });
});
