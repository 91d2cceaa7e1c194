/**
 * The verdict on how much a capture shows, from counters alone: which causes hold, how bad each is, and so the whole.
 * Every threshold stands in `THRESHOLDS`; docs/output.md explains them.
 */
import type { Cause, CauseName, Visibility, VisibilityFacts } from '../model/health.ts';

/** From which share a cause counts, and from which it makes a capture poor. */
interface Threshold {
  readonly limited: number;
  readonly poor: number;
  /** What the share is of must be at least this many: a handful says nothing. */
  readonly floor: number;
  /** What it is below the floor, when it is all of it; without it nothing. */
  readonly all?: Cause['level'];
}

/** Never: the cause cannot make a capture poor. */
const NEVER = Number.POSITIVE_INFINITY;

export const THRESHOLDS = {
  /** TCP flows with one side only, of those that show that both spoke. */
  one_way: { limited: 0.1, poor: 0.5, floor: 3, all: 'limited' },
  /** TCP flows whose beginning is not there; some always are, at the edges of a capture. */
  midstream: { limited: 0.5, poor: NEVER, floor: 10 },
  /** Missing bytes of TCP content. */
  stream_gaps: { limited: 0.001, poor: 0.05, floor: 10_000 },
  /** Frames reported lost, of those and the frames read. */
  drops: { limited: 0.0001, poor: 0.01, floor: 1 },
  /** Frames cut by the snapshot length. */
  snap_length: { limited: 0.001, poor: 0.1, floor: 1 },
  /** Frames of which nothing could be made. */
  undecoded_frames: { limited: 0.1, poor: 0.5, floor: 100, all: 'poor' },
  /** Payload bytes of flows whose content nothing recognised. */
  unrecognised_content: { limited: 0.5, poor: NEVER, floor: 100_000 },
  /** Frames without a time. */
  no_times: { limited: 0.1, poor: NEVER, floor: 1 },
  /** Frames too late to be put in order. */
  unordered_frames: { limited: 0.001, poor: NEVER, floor: 1 },
  /** Unicast flows of the busiest host: a capture at one host has all of them. */
  single_host: { limited: 0.99, poor: NEVER, floor: 50 },
  /** Seconds between two clocks that saw the same packets. */
  clocks_disagree: { limited: 0.02, poor: 60, floor: 1 },
} as const satisfies Readonly<Record<string, Threshold>>;

/** Fewer flows than this say nothing about where the traffic went. */
const FEW_FLOWS = 20;

/** A verdict and what led to it, the worst cause first. */
export interface Verdict {
  readonly visibility: Visibility;
  readonly causes: readonly Cause[];
}

/** Judges the counters. */
export function judge(facts: VisibilityFacts): Verdict {
  if (facts.frames === 0) {
    const { outside, damaged } = facts;
    const evidence = { ...(outside > 0 && { outside }), ...(damaged > 0 && { inputs: damaged }) };
    return { visibility: 'none', causes: [cause('no_frames', 'poor', evidence)] };
  }
  const { tcp } = facts;
  // What the snapshot length cut is missing, too, and has a cause of its own.
  const holes = Math.max(0, facts.missed_bytes - facts.cut_bytes);
  const causes: (Cause | undefined)[] = [
    facts.damaged > 0 ? cause('damaged_input', 'limited', { inputs: facts.damaged }) : undefined,
    facts.stopped > 0 ? cause('input_limits', 'limited', { inputs: facts.stopped }) : undefined,
    facts.limits > 0 ? cause('limits_hit', 'limited', { limits: facts.limits }) : undefined,
    facts.flows >= FEW_FLOWS && facts.unicast_flows === 0
      ? cause('no_unicast', 'poor', { flows: facts.flows })
      : undefined,
    share('single_host', facts.busiest_host_flows, facts.unicast_flows, 'flows', 'of_flows'),
    share('one_way', tcp.one_way, tcp.judged, 'one_way', 'judged'),
    share('midstream', facts.midstream_flows, facts.tcp_flows, 'midstream', 'tcp_flows'),
    share('stream_gaps', holes, Math.max(facts.stream_bytes, holes), 'missed_bytes', 'stream_bytes'),
    facts.drops === null
      ? undefined
      : share('drops', facts.drops, facts.frames + facts.drops, 'drops', 'frames_and_drops'),
    share('snap_length', facts.snapped, facts.frames, 'snapped', 'frames', { cut_bytes: facts.cut_bytes }),
    facts.undecoded === null
      ? undefined
      : share('undecoded_frames', facts.undecoded, facts.frames, 'undecoded', 'frames'),
    share(
      'unrecognised_content',
      facts.unrecognised_bytes,
      facts.payload_bytes,
      'unrecognised_bytes',
      'payload_bytes',
    ),
    share('no_times', facts.untimed, facts.frames + facts.outside, 'untimed', 'frames'),
    facts.backward > 0
      ? cause('clock_stepped_back', 'limited', { steps: facts.backward, largest: facts.largest_backward })
      : undefined,
    share('unordered_frames', facts.unordered, facts.frames, 'unordered', 'frames'),
  ];
  const held = causes.filter(each => each !== undefined);
  // What was cut away cannot be recognised: one cause, not two.
  const cut = held.some(each => each.cause === 'snap_length');
  return verdictOf(cut ? held.filter(each => each.cause !== 'unrecognised_content') : held);
}

/** The verdict that causes lead to. */
export function verdictOf(causes: readonly Cause[]): Verdict {
  const poor = causes.filter(({ level }) => level === 'poor');
  const limited = causes.filter(({ level }) => level === 'limited');
  const none = causes.some(({ cause: name }) => name === 'no_frames');
  const visibility = none ? 'none' : poor.length > 0 ? 'poor' : limited.length > 0 ? 'limited' : 'good';
  return { visibility, causes: [...poor, ...limited] };
}

/** Two clocks that are `seconds` apart, as a cause; undefined when that does no harm. */
export function clockCause(seconds: number, matches: number): Cause | undefined {
  const { limited, poor } = THRESHOLDS.clocks_disagree;
  const apart = Math.abs(seconds);
  if (apart < limited) return undefined;
  return cause('clocks_disagree', apart >= poor ? 'poor' : 'limited', { seconds: apart, matches });
}

function cause(name: CauseName, level: Cause['level'], evidence: Cause['evidence']): Cause {
  return { cause: name, level, evidence };
}

function share(
  name: CauseName & keyof typeof THRESHOLDS,
  part: number,
  whole: number,
  partName: string,
  wholeName: string,
  more: Readonly<Record<string, number>> = {},
): Cause | undefined {
  const { limited, poor, floor, all }: Threshold = THRESHOLDS[name];
  if (part === 0) return undefined;
  const value = part / whole;
  const few = whole < floor;
  const level = few
    ? value === 1
      ? all
      : undefined
    : value >= poor
      ? 'poor'
      : value >= limited
        ? 'limited'
        : undefined;
  if (level === undefined) return undefined;
  return cause(name, level, {
    [partName]: part,
    [wholeName]: whole,
    share: Math.round(value * 1e6) / 1e6,
    ...more,
  });
}
