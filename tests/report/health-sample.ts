/** Hand-written verdicts: what reports say must not depend on decoders or thresholds. */
import type { Cause, CauseName, Health, VisibilityFacts } from '../../src/model/health.ts';

export const FACTS: VisibilityFacts = {
  frames: 4324,
  bytes: 1_201_000,
  drops: null,
  snapped: 0,
  cut_bytes: 0,
  undecoded: 24,
  duplicates: 0,
  outside: 0,
  untimed: 0,
  reordered: 0,
  unordered: 0,
  backward: 0,
  forward: 0,
  largest_backward: 0,
  flows: 210,
  unicast_flows: 200,
  busiest_host_flows: 60,
  tcp: { one_way: 0, judged: 43 },
  vlans: { '-': { one_way: 0, judged: 43 } },
  tcp_flows: 60,
  midstream_flows: 0,
  gap_flows: 0,
  stream_bytes: 900_000,
  missed_bytes: 0,
  payload_bytes: 950_000,
  unrecognised_bytes: 0,
  damaged: 0,
  stopped: 0,
  limits: 0,
};

export const GOOD: Health = {
  visibility: 'good',
  causes: [],
  facts: FACTS,
  captures: [],
  ip_protocols: {},
  unrecognised: [],
  clocks: null,
};

export const ONE_WAY: Cause = {
  cause: 'one_way',
  level: 'poor',
  evidence: { one_way: 41, judged: 43, share: 0.953488 },
};

/** Every cause with numbers of its own. */
export const EVERY_CAUSE: readonly Cause[] = [
  ONE_WAY,
  poor('no_unicast', { flows: 120 }),
  poor('stream_gaps', { missed_bytes: 120_000, stream_bytes: 900_000, share: 0.133333 }),
  limited('damaged_input', { inputs: 1 }),
  limited('input_limits', { inputs: 1 }),
  limited('limits_hit', { limits: 2 }),
  limited('single_host', { flows: 199, of_flows: 200, share: 0.995 }),
  limited('midstream', { midstream: 40, tcp_flows: 60, share: 0.666667 }),
  limited('drops', { drops: 12, frames_and_drops: 4336, share: 0.002768 }),
  limited('snap_length', { snapped: 7, frames: 4324, share: 0.001619, cut_bytes: 9000 }),
  limited('undecoded_frames', { undecoded: 600, frames: 4324, share: 0.13876 }),
  limited('unrecognised_content', { unrecognised_bytes: 700_000, payload_bytes: 950_000, share: 0.736842 }),
  limited('no_times', { untimed: 900, frames: 4324, share: 0.208141 }),
  limited('clock_stepped_back', { steps: 1, largest: 2.5 }),
  limited('clocks_disagree', { seconds: 2.304, matches: 310 }),
  limited('unordered_frames', { unordered: 12, frames: 4324, share: 0.002775 }),
];

export const BAD: Health = {
  ...GOOD,
  visibility: 'poor',
  causes: EVERY_CAUSE,
  facts: {
    ...FACTS,
    drops: 12,
    snapped: 7,
    cut_bytes: 9000,
    undecoded: 600,
    reordered: 3,
    unordered: 12,
    backward: 1,
    largest_backward: 2.5,
    forward: 2,
    tcp: { one_way: 41, judged: 43 },
    vlans: { '-': { one_way: 11, judged: 13 }, '20': { one_way: 30, judged: 30 } },
    missed_bytes: 120_000,
    unrecognised_bytes: 700_000,
  },
  ip_protocols: { '47': 1200, '89': 40, '254': 1 },
  unrecognised: [
    { proto: 'tcp', port: 5000, flows: 2, bytes: 690_000 },
    { proto: 'udp', port: 9, flows: 1, bytes: 10_000 },
  ],
  clocks: [
    {
      capture: 'ward/tuesday.pcapng',
      reference: 'ward/monday.pcap',
      seconds: 2.304,
      matches: 310,
      method: 'packets',
    },
  ],
};

function poor(cause: CauseName, evidence: Cause['evidence']): Cause {
  return { cause, level: 'poor', evidence };
}

function limited(cause: CauseName, evidence: Cause['evidence']): Cause {
  return { cause, level: 'limited', evidence };
}
