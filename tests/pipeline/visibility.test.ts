import { describe, expect, it } from 'vitest';
import type { VisibilityFacts } from '../../src/model/health.ts';
import { clockCause, judge, THRESHOLDS } from '../../src/pipeline/visibility.ts';
import { FACTS } from '../report/health-sample.ts';

const judged = (change: Partial<VisibilityFacts>) => {
  const { visibility, causes } = judge({ ...FACTS, ...change });
  return [visibility, ...causes.map(({ cause, level }) => `${cause} ${level}`)];
};

describe('the verdict', () => {
  it.each<[string, Partial<VisibilityFacts>, string[]]>([
    ['nothing wrong', {}, ['good']],
    ['no frame', { frames: 0 }, ['none', 'no_frames poor']],
    ['a tenth one-way', { tcp: { one_way: 10, judged: 100 } }, ['limited', 'one_way limited']],
    ['less than a tenth', { tcp: { one_way: 9, judged: 100 } }, ['good']],
    ['half of it', { tcp: { one_way: 50, judged: 100 } }, ['poor', 'one_way poor']],
    ['a handful', { tcp: { one_way: 1, judged: 2 } }, ['good']],
    ['all of a handful', { tcp: { one_way: 2, judged: 2 } }, ['limited', 'one_way limited']],
    ['nothing decoded', { frames: 5, undecoded: 5 }, ['poor', 'undecoded_frames poor']],
    ['little of few frames decoded', { frames: 5, undecoded: 4 }, ['good']],
    [
      'a hole in a thousand bytes',
      { missed_bytes: 1000, stream_bytes: 1_000_000 },
      ['limited', 'stream_gaps limited'],
    ],
    ['holes all over', { missed_bytes: 50_000, stream_bytes: 1_000_000 }, ['poor', 'stream_gaps poor']],
    ['more holes than content', { missed_bytes: 50_000, stream_bytes: 0 }, ['poor', 'stream_gaps poor']],
    ['no word on drops', { drops: null }, ['good']],
    ['no drops', { drops: 0 }, ['good']],
    ['drops', { drops: 1 }, ['limited', 'drops limited']],
    ['a percent dropped', { drops: 44 }, ['poor', 'drops poor']],
    ['some cut', { snapped: 5 }, ['limited', 'snap_length limited']],
    ['most cut', { snapped: 4000 }, ['poor', 'snap_length poor']],
    ['strange frames', { undecoded: 1000 }, ['limited', 'undecoded_frames limited']],
    ['not told apart by capture', { undecoded: null }, ['good']],
    ['unknown content', { unrecognised_bytes: 800_000 }, ['limited', 'unrecognised_content limited']],
    ['unknown because cut', { unrecognised_bytes: 800_000, snapped: 4000 }, ['poor', 'snap_length poor']],
    ['frames without times', { untimed: 500 }, ['limited', 'no_times limited']],
    ['a few without times', { untimed: 400 }, ['good']],
    ['a step back', { backward: 1, largest_backward: 2 }, ['limited', 'clock_stepped_back limited']],
    ['pauses', { forward: 3, reordered: 100 }, ['good']],
    ['disorder', { unordered: 5 }, ['limited', 'unordered_frames limited']],
    ['no conversation at all', { unicast_flows: 0, busiest_host_flows: 0 }, ['poor', 'no_unicast poor']],
    ['one host', { busiest_host_flows: 200 }, ['limited', 'single_host limited']],
    ['beginnings missing', { midstream_flows: 30, tcp_flows: 60 }, ['limited', 'midstream limited']],
    ['some beginnings missing', { midstream_flows: 29, tcp_flows: 60 }, ['good']],
    ['a handful of flows', { midstream_flows: 9, tcp_flows: 9 }, ['good']],
    [
      'holes that are cuts',
      { missed_bytes: 50_000, stream_bytes: 100_000, snapped: 4000, cut_bytes: 50_000 },
      ['poor', 'snap_length poor'],
    ],
    [
      'holes beside cuts',
      { missed_bytes: 70_000, stream_bytes: 100_000, snapped: 4000, cut_bytes: 50_000 },
      ['poor', 'stream_gaps poor', 'snap_length poor'],
    ],
    ['a damaged input', { damaged: 1 }, ['limited', 'damaged_input limited']],
    ['an input beyond a limit', { stopped: 1 }, ['limited', 'input_limits limited']],
    ['a limit', { limits: 1 }, ['limited', 'limits_hit limited']],
    [
      'several: the worst first',
      { damaged: 1, tcp: { one_way: 9, judged: 10 } },
      ['poor', 'one_way poor', 'damaged_input limited'],
    ],
  ])('%s', (_, change, expected) => expect(judged(change)).toEqual(expected));

  it('rests on numbers', () => {
    expect(judge({ ...FACTS, tcp: { one_way: 1, judged: 3 } }).causes[0]?.evidence).toEqual({
      one_way: 1,
      judged: 3,
      share: 0.333333,
    });
  });

  it('of nothing says whether inputs could not be read, or lie outside the time asked for', () => {
    const { causes } = judge({ ...FACTS, frames: 0, outside: 7, damaged: 2 });
    expect(causes).toEqual([{ cause: 'no_frames', level: 'poor', evidence: { outside: 7, inputs: 2 } }]);
  });

  it('of two clocks', () => {
    expect(clockCause(0.019, 10)).toBeUndefined();
    expect(clockCause(-2.3, 10)).toEqual({
      cause: 'clocks_disagree',
      level: 'limited',
      evidence: { seconds: 2.3, matches: 10 },
    });
    expect(clockCause(3600, 10)?.level).toBe('poor');
  });

  it('has thresholds in the order of badness', () => {
    for (const { limited, poor, floor } of Object.values(THRESHOLDS)) {
      expect(limited).toBeLessThan(poor);
      expect(floor).toBeGreaterThanOrEqual(1);
    }
  });
});
