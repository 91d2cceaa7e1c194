/**
 * The flows a finding rests on: the first `SHOWN_FLOWS` by time, each with its first frames, and how many there are
 * in all. A record without a flow (ARP, anomalies below the transport) counts as a flow without uid, so that its
 * capture and frames are not lost.
 *
 * Limits: `FRAMES_PER_FLOW` frames are named per flow. `DISTINCT_FLOWS` flows of all findings together are told apart;
 * beyond, each record counts as one more flow, so totals become upper bounds, which `finding_flows` in `coverage.limits` says.
 *
 * Records are expected in the order of time. When one comes late, times, counts and order of the flows are still
 * right; only frames of a flow that had been pushed out meanwhile may be missing.
 */
import type { FindingFlow } from '../model/finding.ts';
import { HashedTexts } from '../model/hashed-texts.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment } from '../model/schema.ts';
import { numberOf, type RecordFields, textOf } from './sides.ts';

/** Flows listed with a finding. */
export const SHOWN_FLOWS = 20;
/** Frames listed with a flow. */
export const FRAMES_PER_FLOW = 10;
/** Flows of all findings together that are told apart. */
export const DISTINCT_FLOWS = 1_000_000;

/** Texts kept as one; when there are more, they are collected anew. */
const MAX_SHARED = 1 << 16;

/** What the findings of a run share: which flows each has seen, and equal texts of their flows. */
export class SeenFlows {
  readonly #limit: number;
  readonly #seen = new HashedTexts();
  readonly #texts = new Map<string, string>();
  #findings = 0;
  /** Records whose flow could not be told. */
  untold = 0;

  /** @param limit flows that are told apart */
  constructor(limit: number = DISTINCT_FLOWS) {
    this.#limit = limit;
  }

  /** A number for one finding more. */
  begin(): number {
    return ++this.#findings;
  }

  /** Whether a finding has seen a flow, which it has from now on; undefined when it cannot be told. */
  has(finding: number, key: string): boolean | undefined {
    if (this.#seen.get(key, finding) !== 0) return true;
    if (this.#seen.size >= this.#limit) {
      this.untold++;
      return undefined;
    }
    this.#seen.set(key, 1, finding);
    return false;
  }

  /** The text as it was given first: each batch of records has its own copy of an address. */
  shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_SHARED) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

/** What the `conn` record of a flow knows and others do not. */
export interface FlowFacts {
  readonly proto: string;
  readonly service: string | null;
}

/** One flow, as little of its record as a finding needs: thousands of findings may hold twenty each. */
interface Entry {
  readonly key: string;
  readonly flow: Omit<FindingFlow, 'frames'>;
  /** Who announced itself, of ARP records. */
  readonly announced: Announcement | undefined;
  ts: Moment;
  frames: readonly number[];
}

/** Addresses that an ARP message claims for its sender. */
export interface Announcement {
  readonly ip: string | undefined;
  readonly mac: string | undefined;
}

/** Collects the flows of one finding. */
export class Evidence {
  readonly #seen: SeenFlows;
  readonly #finding: number;
  /** Distinct flows; an upper bound when there were too many to tell apart. */
  total = 0;
  /** By time, then key; at most `SHOWN_FLOWS`. */
  readonly #shown: Entry[] = [];

  constructor(seen: SeenFlows) {
    this.#seen = seen;
    this.#finding = seen.begin();
  }

  add(record: RecordFields, ts: Moment): void {
    const key = flowKey(record);
    if (this.#seen.has(this.#finding, key) !== true) this.total++;
    const known = this.#shown.find(entry => entry.key === key);
    if (known) {
      known.frames = withFrame(known.frames, numberOf(record, 'frame'));
      if (compareMoments(ts, known.ts) < 0) {
        known.ts = ts;
        this.#shown.sort(compareEntries);
      }
      return;
    }
    const last = this.#shown.at(-1);
    if (this.#shown.length === SHOWN_FLOWS && last && compareEntries({ key, ts }, last) > 0) return;
    const entry = newEntry(key, record, ts, this.#seen);
    this.#shown.push(entry);
    this.#shown.sort(compareEntries);
    if (this.#shown.length > SHOWN_FLOWS) this.#shown.pop();
  }

  /** Tells the uids of listed flows of which the record did not say everything. */
  want(tell: (uid: string) => void): void {
    for (const { flow } of this.#shown) if (!isKnown(flow)) tell(flow.uid);
  }

  /** The listed flows in the order of time. */
  flows(factsOf: (uid: string) => FlowFacts | undefined): readonly FindingFlow[] {
    return this.#shown.map(({ flow, frames }) => {
      const facts = isKnown(flow) ? undefined : factsOf(flow.uid);
      return {
        ...flow,
        proto: flow.proto || (facts?.proto ?? ''),
        service: flow.service ?? facts?.service ?? null,
        frames,
      };
    });
  }

  /** What the listed ARP records announce. */
  announcements(): readonly Announcement[] {
    return this.#shown.flatMap(({ announced }) => (announced === undefined ? [] : [announced]));
  }
}

/** Nothing can be added to it; without a uid nothing is known of a flow. */
function isKnown({ uid, proto, service }: Entry['flow']): boolean {
  return uid === '' || (proto !== '' && service !== null);
}

function flowKey(record: RecordFields): string {
  const uid = textOf(record, 'uid');
  if (uid !== undefined) return uid;
  const hosts = [textOf(record, 'sender_mac'), textOf(record, 'sender_ip'), textOf(record, 'target_ip')];
  return ['', textOf(record, 'capture'), ...hosts].join(' ');
}

function compareEntries(a: Pick<Entry, 'key' | 'ts'>, b: Pick<Entry, 'key' | 'ts'>): number {
  return compareMoments(a.ts, b.ts) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/** The lowest frame numbers, ascending and distinct. Most flows have one; an array that grows has room for many. */
function withFrame(frames: readonly number[], frame: number | undefined): readonly number[] {
  if (frame === undefined || frames.includes(frame)) return frames;
  if (frames.length === FRAMES_PER_FLOW && frame > frames.at(-1)!) return frames;
  return [...frames, frame].sort((a, b) => a - b).slice(0, FRAMES_PER_FLOW);
}

function newEntry(key: string, record: RecordFields, ts: Moment, seen: SeenFlows): Entry {
  const ip = textOf(record, 'sender_ip');
  const mac = textOf(record, 'sender_mac');
  const arp = ip !== undefined || mac !== undefined;
  const service = textOf(record, 'service');
  const flow = {
    uid: textOf(record, 'uid') === undefined ? '' : key,
    'id.orig_h': seen.shared(textOf(record, 'id.orig_h') ?? ip ?? ''),
    'id.orig_p': numberOf(record, 'id.orig_p') ?? 0,
    'id.resp_h': seen.shared(textOf(record, 'id.resp_h') ?? textOf(record, 'target_ip') ?? ''),
    'id.resp_p': numberOf(record, 'id.resp_p') ?? 0,
    proto: seen.shared(textOf(record, 'proto') ?? (arp ? 'arp' : '')),
    service: service === undefined ? null : seen.shared(service),
    capture: seen.shared(textOf(record, 'capture') ?? ''),
  };
  const frames = withFrame([], numberOf(record, 'frame'));
  return { key, flow, announced: arp ? { ip, mac } : undefined, ts, frames };
}
