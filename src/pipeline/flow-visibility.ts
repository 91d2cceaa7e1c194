/**
 * What `conn` records say about the capture itself: conversations of which one side is missing, content missing from
 * streams, content that nothing recognised, whether there is more than the traffic of one host. Read column by column.
 *
 * A TCP flow shows that both sides spoke when both sent packets, or when the one that did acknowledged, sent data or
 * closed: nobody does that without an answer. A call that nobody answered is no missing side.
 *
 * Flows without a duration have no payload in `conn`: theirs is added from what the flow layer says of them.
 *
 * A TCP flow without a SYN was picked up in its middle.
 *
 * Sizes come from sequence numbers, which anybody can forge and noise breaks: a flow counts with at most what its packets
 * can have carried, and misses at most `MAX_MISSED_SHARE` times as much.
 *
 * Limits: `MAX_HOSTS` hosts are counted one by one; a capture with more is of no single host. `MAX_CAPTURES` captures
 * are told apart; the flows of further ones count in the whole alone.
 */
import type { Batch } from '../model/batch.ts';
import type { OneWayCount, UnrecognisedPort } from '../model/health.ts';
import { type ContentBytes, MAX_MISSED_SHARE, MomentaryContent } from './momentary-content.ts';

const MAX_HOSTS = 4096;
const MAX_CAPTURES = 4096;
/** Ports that are named for content that nothing recognised. */
const MAX_SHOWN_PORTS = 10;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Letters of `history` that a side gets by answering (Zeek's `conn`): its ACK, data or FIN. */
const ANSWERS = { orig: /[ADF]/, resp: /[hadf]/ } as const;

/** IP protocols that flows follow. */
const FOLLOWED = new Set([1, 6, 17, 58]);

export class FlowFacts {
  flows = 0;
  unicast = 0;
  tcpFlows = 0;
  midstream = 0;
  withGaps = 0;
  streamBytes = 0;
  missedBytes = 0;
  payloadBytes = 0;
  unrecognisedBytes = 0;
  readonly tcp = { one_way: 0, judged: 0 };
  readonly #vlans = new Map<number, { one_way: number; judged: number }>();
  /** Null when there were too many to be one. */
  #hosts: Map<string, number> | null = new Map();

  get vlans(): Record<string, OneWayCount> {
    const sorted = [...this.#vlans].sort(([a], [b]) => a - b);
    return Object.fromEntries(sorted.map(([vlan, count]) => [vlan < 0 ? '-' : `${vlan}`, count]));
  }

  get busiestHostFlows(): number {
    let most = 0;
    for (const count of this.#hosts?.values() ?? []) if (count > most) most = count;
    return most;
  }

  addContent({ stream, payload, unrecognised }: ContentBytes): void {
    this.streamBytes += stream;
    this.payloadBytes += payload;
    this.unrecognisedBytes += unrecognised;
  }

  countHosts(orig: string, resp: string): void {
    this.unicast++;
    if (this.#hosts === null) return;
    this.#hosts.set(orig, (this.#hosts.get(orig) ?? 0) + 1);
    if (resp !== orig) this.#hosts.set(resp, (this.#hosts.get(resp) ?? 0) + 1);
    if (this.#hosts.size > MAX_HOSTS) this.#hosts = null;
  }

  countSides(vlan: number, oneWay: boolean): void {
    let count = this.#vlans.get(vlan);
    if (count === undefined) {
      count = { one_way: 0, judged: 0 };
      this.#vlans.set(vlan, count);
    }
    for (const each of [count, this.tcp]) {
      each.judged++;
      if (oneWay) each.one_way++;
    }
  }
}

export interface FlowVisibility {
  readonly all: FlowFacts;
  /** By the capture that a flow's first frame is in. */
  readonly captures: ReadonlyMap<string, FlowFacts>;
  /** Packets by IP protocol, of those that flows do not follow. */
  readonly protocols: ReadonlyMap<number, number>;
  /** Ports with most content that nothing recognised. */
  readonly unrecognised: readonly UnrecognisedPort[];
}

/** Reads all `conn` records; `momentary` is the payload that they leave out. */
export function surveyFlows(
  conn: Iterable<Batch>,
  momentary: MomentaryContent = new MomentaryContent(),
): FlowVisibility {
  const all = new FlowFacts();
  const captures = new Map<string, FlowFacts>();
  const protocols = new Map<number, number>();
  const ports = new Map<string, Writable<UnrecognisedPort>>();
  for (const [name, port] of momentary.ports) ports.set(name, { ...port });
  for (const batch of conn) {
    for (let row = 0; row < batch.length; row++) {
      const name = textOf(batch, row, 'capture');
      let own = captures.get(name);
      if (own === undefined && captures.size < MAX_CAPTURES) {
        own = new FlowFacts();
        captures.set(name, own);
      }
      const { unrecognisedBytes } = all;
      countFlow(batch, row, own === undefined ? [all] : [all, own]);
      countPort(ports, batch, row, all.unrecognisedBytes - unrecognisedBytes);
      const protocol = numberOf(batch, row, 'ip_proto');
      if (protocol > 0 && !FOLLOWED.has(protocol)) {
        const packets = numberOf(batch, row, 'orig_pkts') + numberOf(batch, row, 'resp_pkts');
        protocols.set(protocol, (protocols.get(protocol) ?? 0) + packets);
      }
    }
  }
  all.addContent(momentary.all);
  for (const [name, bytes] of momentary.captures) captures.get(name)?.addContent(bytes);
  const most = [...ports.values()].sort(
    (a, b) => b.bytes - a.bytes || b.flows - a.flows || a.port - b.port || (a.proto < b.proto ? -1 : 1),
  );
  return { all, captures, protocols, unrecognised: most.slice(0, MAX_SHOWN_PORTS) };
}

/** A flow with so many bytes of payload that nothing recognised. There are no more ports than numbers for them. */
function countPort(
  ports: Map<string, Writable<UnrecognisedPort>>,
  batch: Batch,
  row: number,
  bytes: number,
): void {
  if (bytes === 0) return;
  const proto = textOf(batch, row, 'proto');
  const port = numberOf(batch, row, 'id.resp_p');
  const name = `${proto} ${port}`;
  const count = ports.get(name) ?? { proto, port, flows: 0, bytes: 0 };
  count.flows++;
  count.bytes += bytes;
  ports.set(name, count);
}

function countFlow(batch: Batch, row: number, facts: readonly FlowFacts[]): void {
  const proto = textOf(batch, row, 'proto');
  const seen = numberOf(batch, row, 'orig_ip_bytes') + numberOf(batch, row, 'resp_ip_bytes');
  const claimed = numberOf(batch, row, 'orig_bytes') + numberOf(batch, row, 'resp_bytes');
  const missed = Math.min(numberOf(batch, row, 'missed_bytes'), seen * MAX_MISSED_SHARE);
  const payload = Math.min(claimed, seen + missed);
  const recognised = textOf(batch, row, 'service') !== '';
  const orig = textOf(batch, row, 'id.orig_h');
  const resp = textOf(batch, row, 'id.resp_h');
  const unicast = !isGroup(resp) && !isGroup(orig);
  const midstream = textOf(batch, row, 'direction_confidence') !== 'syn';
  const oneWay = proto === 'tcp' ? oneSided(batch, row) : undefined;
  for (const each of facts) {
    each.flows++;
    if (unicast) each.countHosts(orig, resp);
    if (proto === 'tcp') {
      each.tcpFlows++;
      if (midstream) each.midstream++;
      if (missed > 0) each.withGaps++;
      each.streamBytes += payload;
      each.missedBytes += missed;
    }
    if (proto === 'tcp' || proto === 'udp') {
      each.payloadBytes += payload;
      if (!recognised) each.unrecognisedBytes += payload;
    }
    if (oneWay !== undefined) each.countSides(numberOf(batch, row, 'vlan', -1), oneWay);
  }
}

/** Undefined when the flow does not show that both sides spoke. */
function oneSided(batch: Batch, row: number): boolean | undefined {
  const orig = numberOf(batch, row, 'orig_pkts');
  const resp = numberOf(batch, row, 'resp_pkts');
  if (orig > 0 && resp > 0) return false;
  const history = textOf(batch, row, 'history');
  return ANSWERS[orig > 0 ? 'orig' : 'resp'].test(history) ? true : undefined;
}

/** Multicast, and the broadcast address that needs no netmask. */
function isGroup(address: string): boolean {
  return /^(?:22[4-9]|23\d)\.|^ff[0-9a-f]{0,2}:|^255\.255\.255\.255$/.test(address);
}

function numberOf(batch: Batch, row: number, name: string, absent = 0): number {
  const value = batch.value(row, name);
  return typeof value === 'number' ? value : absent;
}

function textOf(batch: Batch, row: number, name: string): string {
  const value = batch.value(row, name);
  return typeof value === 'string' ? value : '';
}
