/**
 * How much of the network the captures of a run show: counters of reading, decoding and flows, judged for each capture
 * and for all together, and as `capture_health` records.
 */
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { CaptureHealth, ClockDifference, Health, VisibilityFacts } from '../model/health.ts';
import { captureHealth } from '../model/health.ts';
import { secondsBetween } from '../model/moment.ts';
import { FlowFacts, type FlowVisibility, surveyFlows } from './flow-visibility.ts';
import type { MomentaryContent } from './momentary-content.ts';
import type { RecordStore } from './record-store.ts';
import { clockCause, judge, verdictOf } from './visibility.ts';

/** What a run knows when decoding has ended. */
export interface Seen {
  readonly store: RecordStore;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  readonly momentary: MomentaryContent;
  /** Null when clocks were not compared. */
  readonly clocks: readonly ClockDifference[] | null;
}

/** Judges a run. Reads `conn` once. */
export function assessHealth({ store, captures, coverage, momentary, clocks: compared }: Seen): Health {
  // A file has one clock, however often it is given.
  const file = new Map(captures.map(({ name, same_as }) => [name, same_as ?? name]));
  const clocks =
    compared?.filter(({ capture, reference }) => file.get(capture) !== file.get(reference)) ?? null;
  const flows = surveyFlows(store.read('conn'), momentary);
  const facts = totalFacts(captures, coverage, flows);
  const own = judge(facts);
  const worst = (clocks ?? []).reduce<ClockDifference | undefined>(
    (most, each) => (Math.abs(each.seconds) > Math.abs(most?.seconds ?? 0) ? each : most),
    undefined,
  );
  const apart = worst && clockCause(worst.seconds, worst.matches);
  return {
    ...(apart === undefined ? own : verdictOf([...own.causes, apart])),
    facts,
    captures: captures.map(capture => captureHealthOf(capture, flows.captures.get(capture.name))),
    ip_protocols: Object.fromEntries([...flows.protocols].sort(([a], [b]) => a - b)),
    unrecognised: flows.unrecognised,
    clocks,
  };
}

/** Of saved logs nothing can be said but that they are no packets. What their own run said stays in `capture_health`. */
export function savedHealth(seen: Seen): Health {
  const evidence = { records: seen.coverage.saved_records };
  return {
    ...assessHealth(seen),
    visibility: 'limited',
    causes: [{ cause: 'saved_logs', level: 'limited', evidence }],
  };
}

function captureHealthOf(capture: CaptureInfo, flows: FlowFacts = new FlowFacts()): CaptureHealth {
  const facts = captureFacts(capture, flows);
  return { capture: capture.name, ...judge(facts), facts };
}

function captureFacts(capture: CaptureInfo, flows: FlowFacts): VisibilityFacts {
  const { clock } = capture;
  return {
    frames: capture.frames,
    bytes: capture.wire_bytes,
    drops: capture.drops,
    snapped: capture.snapped,
    cut_bytes: capture.cut_bytes,
    undecoded: null,
    duplicates: capture.duplicates,
    outside: capture.outside,
    untimed: capture.untimed,
    reordered: clock.reordered,
    unordered: clock.unordered,
    backward: clock.backward,
    forward: clock.forward,
    largest_backward: clock.largest_backward?.seconds ?? 0,
    ...flowFacts(flows),
    damaged: isDamaged(capture) ? 1 : 0,
    stopped: isStopped(capture) ? 1 : 0,
    limits: 0,
  };
}

function flowFacts(flows: FlowFacts) {
  return {
    flows: flows.flows,
    unicast_flows: flows.unicast,
    busiest_host_flows: flows.busiestHostFlows,
    tcp: flows.tcp,
    vlans: flows.vlans,
    tcp_flows: flows.tcpFlows,
    midstream_flows: flows.midstream,
    gap_flows: flows.withGaps,
    stream_bytes: flows.streamBytes,
    missed_bytes: flows.missedBytes,
    payload_bytes: flows.payloadBytes,
    unrecognised_bytes: flows.unrecognisedBytes,
  };
}

function totalFacts(
  captures: readonly CaptureInfo[],
  coverage: Coverage,
  { all }: FlowVisibility,
): VisibilityFacts {
  const sum = (of: (capture: CaptureInfo) => number) => captures.reduce((total, each) => total + of(each), 0);
  const told = captures.filter(({ drops }) => drops !== null);
  return {
    frames: coverage.frames,
    bytes: coverage.bytes,
    drops: told.length === 0 ? null : told.reduce((total, { drops }) => total + (drops ?? 0), 0),
    snapped: coverage.snapped,
    cut_bytes: sum(({ cut_bytes }) => cut_bytes),
    undecoded: coverage.frames - coverage.decoded,
    duplicates: coverage.duplicates,
    outside: coverage.outside,
    untimed: sum(({ untimed }) => untimed),
    reordered: sum(({ clock }) => clock.reordered),
    unordered: sum(({ clock }) => clock.unordered),
    backward: sum(({ clock }) => clock.backward),
    forward: sum(({ clock }) => clock.forward),
    largest_backward: Math.max(0, ...captures.map(({ clock }) => clock.largest_backward?.seconds ?? 0)),
    ...flowFacts(all),
    damaged: captures.filter(isDamaged).length,
    stopped: captures.filter(isStopped).length,
    limits: limitsOf(coverage, captures) + Object.keys(coverage.decoder_failures).length,
  };
}

/** Writes one record per capture, and one per interface whose losses were reported. */
export function logHealth(store: RecordStore, captures: readonly CaptureInfo[], health: Health): void {
  for (const [i, capture] of captures.entries()) {
    const { visibility, causes, facts } = health.captures[i]!;
    const ts = capture.first ?? { sec: 0, nsec: 0 };
    store.append(
      captureHealth,
      {
        ts,
        kind: 'capture',
        visibility,
        causes: causes.map(({ cause }) => cause).sort(),
        duration: durationOf(capture),
        frames: facts.frames,
        bytes: facts.bytes,
        drops: facts.drops ?? undefined,
        snapped: facts.snapped,
        cut_bytes: facts.cut_bytes,
        snap_length: capture.snap_length ?? undefined,
        duplicates: facts.duplicates,
        outside: facts.outside,
        reordered: facts.reordered,
        unordered: facts.unordered,
        backward_steps: facts.backward,
        forward_steps: facts.forward,
        flows: facts.flows,
        one_way_flows: facts.tcp.one_way,
        judged_flows: facts.tcp.judged,
        tcp_flows: facts.tcp_flows,
        midstream_flows: facts.midstream_flows,
        gap_flows: facts.gap_flows,
        stream_bytes: facts.stream_bytes,
        missed_bytes: facts.missed_bytes,
        payload_bytes: facts.payload_bytes,
        unrecognised_bytes: facts.unrecognised_bytes,
        status: capture.status,
        capture: capture.name,
      },
      0,
    );
    for (const [place, face] of capture.interfaces.entries()) {
      const reported = [face.dropped, face.os_dropped, face.dropped_between].filter(count => count !== null);
      if (reported.length === 0) continue;
      store.append(
        captureHealth,
        {
          ts,
          kind: 'interface',
          interface: face.name ?? `${place}`,
          frames: face.frames,
          drops: Math.max((face.dropped ?? 0) + (face.os_dropped ?? 0), face.dropped_between ?? 0),
          snap_length: face.snap_length ?? undefined,
          status: capture.status,
          capture: capture.name,
        },
        0,
      );
    }
  }
}

/** Something of it could not be read; what is out of order, or beyond a limit, is another matter. */
function isDamaged({ status, limit }: CaptureInfo): boolean {
  return status !== 'ok' && status !== 'unmerged' && limit === null;
}

/** A limit of decompression or archives ended it. */
function isStopped({ limit }: CaptureInfo): boolean {
  return limit !== null;
}

/** Limits that were hit, but for those that ended the reading of an input. */
function limitsOf({ limits }: Coverage, captures: readonly CaptureInfo[]): number {
  return Object.keys(limits).filter(name => !captures.some(({ limit }) => limit === name)).length;
}

function durationOf({ first, last }: CaptureInfo): number | undefined {
  return first && last ? secondsBetween(first, last) : undefined;
}
