/**
 * How much of the network a capture shows: the facts, what is wrong, how bad that is. Made by `pipeline/health.ts`,
 * put into words by `report/visibility-words.ts`, matched by rules as the stream `capture_health`. The names of causes
 * and evidence are public contract (`medtap/doctor@1`, docs/output.md).
 */
import { EVIDENCE_FIELDS, f, stream } from './schema.ts';

/** Best first. `none`: nothing was seen. */
export const VISIBILITIES = ['good', 'limited', 'poor', 'none'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** Why a capture does not show everything. */
export const CAUSES = [
  'no_frames',
  'saved_logs',
  'damaged_input',
  'input_limits',
  'limits_hit',
  'no_unicast',
  'single_host',
  'one_way',
  'midstream',
  'stream_gaps',
  'drops',
  'snap_length',
  'undecoded_frames',
  'unrecognised_content',
  'no_times',
  'clock_stepped_back',
  'clocks_disagree',
  'unordered_frames',
] as const;
export type CauseName = (typeof CAUSES)[number];

/** One cause, with the numbers that speak for it. */
export interface Cause {
  readonly cause: CauseName;
  /** How much it takes away by itself. */
  readonly level: 'limited' | 'poor';
  readonly evidence: Readonly<Record<string, number>>;
}

/** Conversations with one side only, and all that could be judged. */
export interface OneWayCount {
  readonly one_way: number;
  readonly judged: number;
}

/** What a verdict rests on, of one capture or of all of them together. */
export interface VisibilityFacts {
  readonly frames: number;
  /** Bytes of the frames on the wire. */
  readonly bytes: number;
  /** Frames that the capturing program says were lost; null when it does not say. */
  readonly drops: number | null;
  readonly snapped: number;
  /** Bytes that the snapshot length cut off. */
  readonly cut_bytes: number;
  /** Frames of which nothing could be made; null where that is known for all captures only. */
  readonly undecoded: number | null;
  /** Copies of other frames, and frames outside the time that was asked for. */
  readonly duplicates: number;
  readonly outside: number;
  /** Frames without a time of their own. */
  readonly untimed: number;
  readonly reordered: number;
  readonly unordered: number;
  readonly backward: number;
  readonly forward: number;
  readonly largest_backward: number;
  readonly flows: number;
  /** Flows between two single hosts, as opposed to multicast and broadcast. */
  readonly unicast_flows: number;
  /** Unicast flows of the host that has most of them. */
  readonly busiest_host_flows: number;
  /** TCP flows whose packets show that both sides spoke. */
  readonly tcp: OneWayCount;
  /** The same by outer VLAN; `-` is untagged. */
  readonly vlans: Readonly<Record<string, OneWayCount>>;
  /** TCP flows, those whose beginning is not there, and those with holes in their content. */
  readonly tcp_flows: number;
  readonly midstream_flows: number;
  readonly gap_flows: number;
  /** TCP content by sequence numbers, and how much of it is missing. */
  readonly stream_bytes: number;
  readonly missed_bytes: number;
  /** Payload of TCP and UDP flows, and that of flows whose content nothing recognised. */
  readonly payload_bytes: number;
  readonly unrecognised_bytes: number;
  /** Inputs that were not read to their end, or not at all, for what they are. */
  readonly damaged: number;
  /** Inputs that a limit of decompression or archives ended. */
  readonly stopped: number;
  /** Other limits that were hit. */
  readonly limits: number;
}

/** One capture's part. */
export interface CaptureHealth {
  readonly capture: string;
  readonly visibility: Visibility;
  readonly causes: readonly Cause[];
  readonly facts: VisibilityFacts;
}

/** Two captures whose clocks were compared by what both saw. */
export interface ClockDifference {
  readonly capture: string;
  readonly reference: string;
  /** How far the clock of `capture` is ahead of that of `reference`. */
  readonly seconds: number;
  /** Packets or handshakes that it rests on. */
  readonly matches: number;
  /** `packets`: the same ones in both. `handshakes`: call in one, answer in the other; off by the way between. */
  readonly method: 'packets' | 'handshakes';
}

/** Flows to one port whose content nothing recognised. */
export interface UnrecognisedPort {
  readonly proto: string;
  /** The responder's. */
  readonly port: number;
  readonly flows: number;
  /** Their payload. */
  readonly bytes: number;
}

/** The verdict on all captures of a run. */
export interface Health {
  readonly visibility: Visibility;
  readonly causes: readonly Cause[];
  readonly facts: VisibilityFacts;
  readonly captures: readonly CaptureHealth[];
  /** Packets of IP protocols that are neither TCP, UDP nor ICMP, by protocol number. */
  readonly ip_protocols: Readonly<Record<string, number>>;
  /** Where the content is that nothing recognised: the ports with most of it, at most ten. */
  readonly unrecognised: readonly UnrecognisedPort[];
  /** Null when clocks were not compared. */
  readonly clocks: readonly ClockDifference[] | null;
}

/** How much each capture shows; and what its program reported about each interface. */
export const captureHealth = stream(
  'capture_health',
  'One line per capture: how much of the network it shows. And one per interface whose losses were reported.',
  {
    ts: f.time('First frame.'),
    kind: f.enum('capture or interface.'),
    interface: f.string('Name of the interface, or its place in the file; absent for a capture.', 'text'),
    visibility: f.enum('good, limited, poor or none.'),
    causes: f.stringSet('What takes visibility away, e.g. one_way, stream_gaps, drops, snap_length.'),
    duration: f.interval('Seconds from the first to the last frame.'),
    frames: f.count('Frames read.'),
    bytes: f.count('Bytes of the frames on the wire.'),
    drops: f.count('Frames that the capturing program reports as lost; absent when it does not say.'),
    snapped: f.count('Frames cut by the snapshot length.'),
    cut_bytes: f.count('Bytes that the snapshot length cut off.'),
    snap_length: f.count('Smallest snapshot length in use.'),
    duplicates: f.count('Frames that are copies of others, left out of flows.'),
    outside: f.count('Frames outside --since and --until, left out of everything.'),
    reordered: f.count('Frames that were put in the order of time.'),
    unordered: f.count('Frames that came too late to be put in order.'),
    backward_steps: f.count('Steps of the clock back by more than a second.'),
    forward_steps: f.count('Steps of the clock forward by more than five minutes.'),
    flows: f.count('Flows that begin in this capture.'),
    one_way_flows: f.count('TCP flows whose packets are of one side although both spoke.'),
    judged_flows: f.count('TCP flows that show that both sides spoke.'),
    tcp_flows: f.count('TCP flows.'),
    midstream_flows: f.count('TCP flows whose beginning is not in the capture.'),
    gap_flows: f.count('TCP flows with content that is missing.'),
    stream_bytes: f.count('TCP content by sequence numbers.'),
    missed_bytes: f.count('TCP content that is not in the capture although it was acknowledged.'),
    payload_bytes: f.count('Payload of TCP and UDP flows.'),
    unrecognised_bytes: f.count('Payload of flows whose content nothing recognised.'),
    status: f.enum('ok, truncated, corrupt, partial, undecoded, unmerged or unreadable.'),
    capture: EVIDENCE_FIELDS.capture,
  },
);
