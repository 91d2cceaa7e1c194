/**
 * The flows a finding rests on: the first `SHOWN_FLOWS` by time, each with its first frames, and how many there are
 * in all. A record without a flow (ARP, anomalies below the transport) counts as a flow without uid, so that its
 * capture and frames are not lost.
 *
 * Limits: `FRAMES_PER_FLOW` frames are named per flow. `DISTINCT_FLOWS` flows of all findings together are told apart;
 * beyond, each record counts as one more flow, so totals become upper bounds.
 *
 * Records are expected in the order of time. When one comes late, times, counts and order of the flows are still
 * right; only frames of a flow that had been pushed out meanwhile may be missing.
 */
import type { FindingFlow } from '../model/finding.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment } from '../model/schema.ts';
import { numberOf, type RecordFields, textOf } from './sides.ts';

/** Flows listed with a finding. */
export const SHOWN_FLOWS = 20;
/** Frames listed with a flow. */
export const FRAMES_PER_FLOW = 10;
/** Flows of all findings together that are told apart. */
export const DISTINCT_FLOWS = 500_000;

/** How many more flows can be told apart; shared by the findings of a run. */
export interface FlowBudget {
  left: number;
}

/** What the `conn` record of a flow knows and others do not. */
export interface FlowFacts {
  readonly proto: string;
  readonly service: string | null;
}

/** One flow, as little of its record as a finding needs: thousands of findings may hold twenty each. */
interface Entry {
  readonly key: string;
  readonly flow: FindingFlow;
  /** Who announced itself, of ARP records. */
  readonly announced: Announcement | undefined;
  ts: Moment;
  readonly frames: number[];
}

/** Addresses that an ARP message claims for its sender. */
export interface Announcement {
  readonly ip: string | undefined;
  readonly mac: string | undefined;
}

/** Collects the flows of one finding. */
export class Evidence {
  readonly #budget: FlowBudget;
  readonly #seen = new Set<string>();
  #uncounted = 0;
  /** By time, then key; at most `SHOWN_FLOWS`. */
  readonly #shown: Entry[] = [];
  readonly #shownByKey = new Map<string, Entry>();

  constructor(budget: FlowBudget) {
    this.#budget = budget;
  }

  /** Distinct flows; an upper bound once the budget is spent. */
  get total(): number {
    return this.#seen.size + this.#uncounted;
  }

  add(record: RecordFields, ts: Moment): void {
    const key = flowKey(record);
    if (!this.#seen.has(key)) {
      if (this.#budget.left > 0) {
        this.#budget.left--;
        this.#seen.add(key);
      } else {
        this.#uncounted++;
      }
    }
    const known = this.#shownByKey.get(key);
    if (known) {
      addFrame(known.frames, numberOf(record, 'frame'));
      if (compareMoments(ts, known.ts) < 0) {
        known.ts = ts;
        this.#shown.sort(compareEntries);
      }
      return;
    }
    const last = this.#shown.at(-1);
    const entry = newEntry(key, record, ts);
    if (this.#shown.length === SHOWN_FLOWS && last && compareEntries(entry, last) > 0) return;
    addFrame(entry.frames, numberOf(record, 'frame'));
    this.#shownByKey.set(key, entry);
    this.#shown.push(entry);
    this.#shown.sort(compareEntries);
    if (this.#shown.length > SHOWN_FLOWS) this.#shownByKey.delete(this.#shown.pop()!.key);
  }

  /** The listed flows in the order of time. */
  flows(factsOf: (uid: string) => FlowFacts | undefined): readonly FindingFlow[] {
    return this.#shown.map(({ flow }) => {
      if (flow.uid === '' || (flow.proto !== '' && flow.service !== null)) return flow;
      const facts = factsOf(flow.uid);
      return {
        ...flow,
        proto: flow.proto || (facts?.proto ?? ''),
        service: flow.service ?? facts?.service ?? null,
      };
    });
  }

  /** What the listed ARP records announce. */
  announcements(): readonly Announcement[] {
    return this.#shown.flatMap(({ announced }) => (announced === undefined ? [] : [announced]));
  }
}

function flowKey(record: RecordFields): string {
  const uid = textOf(record, 'uid');
  if (uid !== undefined) return uid;
  const hosts = [textOf(record, 'sender_mac'), textOf(record, 'sender_ip'), textOf(record, 'target_ip')];
  return ['', textOf(record, 'capture'), ...hosts].join(' ');
}

function compareEntries(a: Entry, b: Entry): number {
  return compareMoments(a.ts, b.ts) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/** Keeps the lowest frame numbers, ascending and distinct. */
function addFrame(frames: number[], frame: number | undefined): void {
  if (frame === undefined || frames.includes(frame)) return;
  frames.push(frame);
  frames.sort((a, b) => a - b);
  if (frames.length > FRAMES_PER_FLOW) frames.pop();
}

function newEntry(key: string, record: RecordFields, ts: Moment): Entry {
  const ip = textOf(record, 'sender_ip');
  const mac = textOf(record, 'sender_mac');
  const arp = ip !== undefined || mac !== undefined;
  const frames: number[] = [];
  const flow = {
    uid: textOf(record, 'uid') ?? '',
    'id.orig_h': textOf(record, 'id.orig_h') ?? ip ?? '',
    'id.orig_p': numberOf(record, 'id.orig_p') ?? 0,
    'id.resp_h': textOf(record, 'id.resp_h') ?? textOf(record, 'target_ip') ?? '',
    'id.resp_p': numberOf(record, 'id.resp_p') ?? 0,
    proto: textOf(record, 'proto') ?? (arp ? 'arp' : ''),
    service: textOf(record, 'service') ?? null,
    capture: textOf(record, 'capture') ?? '',
    frames,
  };
  return { key, flow, announced: arp ? { ip, mac } : undefined, ts, frames };
}
