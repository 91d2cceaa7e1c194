/**
 * Flows grouped for the views of `medtap flows`: by device, by pair of devices, by service, by pair of zones. Hosts go
 * by their name in the inventory, so that a device with several addresses is one row.
 *
 * Limits: `LIMITS.flowGroups` groups; flows beyond them are counted as `flow_groups` and are in the totals alone.
 * `LIMITS.flowPeers` distinct hosts are remembered over all groups; groups that would need more have no such count.
 */
import type { Batch } from '../model/batch.ts';
import type { FlowSort, FlowViewName, FlowViewRow } from '../model/flow-view.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment, Value } from '../model/schema.ts';
import { LIMITS } from './limits.ts';

/** Names of services that a row lists. */
const MAX_SERVICES = 16;

interface Group {
  /** What tells it from others, and what is known of it. */
  readonly head: Record<string, Value>;
  first: Moment;
  last: Moment;
  flows: number;
  bytes: number;
  packets: number;
  missed: number;
  duration: number;
  /** Bytes of the group's own side, and of the other. */
  sent: number;
  received: number;
  originated: number;
  readonly services: Set<string>;
  /** Null when there were too many hosts to remember. */
  originators: Set<string> | null;
  responders: Set<string> | null;
}

export class FlowGroups {
  /** Flows that found no room. */
  overflow = 0;
  readonly #view: FlowViewName;
  readonly #groups = new Map<string, Group>();
  #peers = 0;

  constructor(view: FlowViewName) {
    this.#view = view;
  }

  get count(): number {
    return this.#groups.size;
  }

  /** Adds one enriched `conn` record. */
  add(batch: Batch, row: number): void {
    const flow = new FlowCells(batch, row);
    switch (this.#view) {
      case 'device':
        this.#host(flow, 'orig_', 'resp_');
        // A flow of a host with itself counts once.
        if (flow.host('orig_') !== flow.host('resp_')) this.#host(flow, 'resp_', 'orig_');
        break;
      case 'pair':
        this.#count(
          flow,
          `${flow.host('orig_')}\n${flow.host('resp_')}`,
          () => ({ orig: flow.host('orig_'), resp: flow.host('resp_') }),
          'orig_',
        );
        break;
      case 'service': {
        const known = flow.text('service');
        const proto = flow.text('proto') ?? '?';
        const service = known ?? transportOf(proto, flow);
        const group = this.#count(
          flow,
          service,
          () => ({ service, recognised: known !== undefined }),
          'orig_',
        );
        if (group === undefined) break;
        group.originators = this.#remember(group.originators, flow.host('orig_'));
        group.responders = this.#remember(group.responders, flow.host('resp_'));
        break;
      }
      default:
        this.#count(
          flow,
          `${flow.zone('orig_')}\n${flow.zone('resp_')}`,
          () => ({ orig_zone: flow.zone('orig_'), resp_zone: flow.zone('resp_') }),
          'orig_',
        );
    }
  }

  /** Rows of the view, in order, at most `top`. */
  rows(sort: FlowSort, top: number): FlowViewRow[] {
    const ranked = [...this.#groups].sort(
      ([keyA, a], [keyB, b]) =>
        rankOf(b, sort) - rankOf(a, sort) || compareMoments(a.first, b.first) || (keyA < keyB ? -1 : 1),
    );
    return ranked.slice(0, top).map(([, group]) => this.#row(group));
  }

  #host(flow: FlowCells, side: Side, other: Side): void {
    const host = flow.host(side);
    const group = this.#count(flow, host, () => ({ host, ...flow.traits(side) }), side);
    if (group === undefined) return;
    if (side === 'orig_') group.originated++;
    group.originators = this.#remember(group.originators, flow.host(other));
  }

  #count(flow: FlowCells, key: string, head: () => Record<string, Value>, side: Side): Group | undefined {
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= LIMITS.flowGroups) {
        this.overflow++;
        return undefined;
      }
      group = newGroup(head(), flow.ts);
      this.#groups.set(key, group);
    }
    const orig = flow.number('orig_ip_bytes');
    const resp = flow.number('resp_ip_bytes');
    group.flows++;
    group.last = flow.ts;
    group.bytes += orig + resp;
    group.sent += side === 'orig_' ? orig : resp;
    group.received += side === 'orig_' ? resp : orig;
    group.packets += flow.number('orig_pkts') + flow.number('resp_pkts');
    group.missed += flow.number('missed_bytes');
    group.duration += flow.number('duration');
    const service = flow.text('service');
    if (service !== undefined && group.services.size < MAX_SERVICES) group.services.add(service);
    return group;
  }

  #remember(set: Set<string> | null, host: string): Set<string> | null {
    if (set === null || set.has(host)) return set;
    if (this.#peers >= LIMITS.flowPeers) return null;
    this.#peers++;
    return set.add(host);
  }

  #row(group: Group): FlowViewRow {
    const { head, first, last, flows, bytes, packets, missed } = group;
    const duration = Math.round(group.duration * 1e9) / 1e9;
    const totals = { flows, bytes, packets, missed_bytes: missed, duration, last };
    const services = [...group.services].sort();
    switch (this.#view) {
      case 'device':
        return {
          ts: first,
          ...head,
          sent_bytes: group.sent,
          received_bytes: group.received,
          originated: group.originated,
          ...counted('peers', group.originators),
          services,
          ...totals,
        };
      case 'pair':
        return {
          ts: first,
          ...head,
          services,
          orig_ip_bytes: group.sent,
          resp_ip_bytes: group.received,
          ...totals,
        };
      case 'service':
        return {
          ts: first,
          ...head,
          ...counted('originators', group.originators),
          ...counted('responders', group.responders),
          ...totals,
        };
      default:
        return { ts: first, ...head, ...totals };
    }
  }
}

function newGroup(head: Record<string, Value>, ts: Moment): Group {
  return {
    head,
    first: ts,
    last: ts,
    flows: 0,
    bytes: 0,
    packets: 0,
    missed: 0,
    duration: 0,
    sent: 0,
    received: 0,
    originated: 0,
    services: new Set(),
    originators: new Set(),
    responders: new Set(),
  };
}

function counted(name: string, set: ReadonlySet<string> | null): Record<string, number> {
  return set === null ? {} : { [name]: set.size };
}

function rankOf(group: Group, sort: FlowSort): number {
  switch (sort) {
    case 'missed':
      return group.missed;
    case 'start':
      return 0;
    default:
      return group[sort];
  }
}

type Side = 'orig_' | 'resp_';

/** One enriched `conn` record, cell by cell. */
class FlowCells {
  readonly ts: Moment;
  readonly #batch: Batch;
  readonly #row: number;

  constructor(batch: Batch, row: number) {
    this.#batch = batch;
    this.#row = row;
    this.ts = { sec: batch.sec(row), nsec: batch.nsec(row) };
  }

  number(name: string): number {
    const value = this.#batch.value(this.#row, name);
    return typeof value === 'number' ? value : 0;
  }

  text(name: string): string | undefined {
    const value = this.#batch.value(this.#row, name);
    return typeof value === 'string' ? value : undefined;
  }

  host(side: Side): string {
    return this.text(`${side}device`) ?? this.text(`id.${side}h`) ?? '';
  }

  zone(side: Side): string {
    return this.text(`${side}zone`) ?? this.text(`${side}scope`) ?? 'unknown';
  }

  traits(side: Side): Record<string, Value> {
    const type = this.text(`${side}type`);
    return { ...(type === undefined ? {} : { type }), zone: this.zone(side) };
  }
}

/** `tcp/443`, `icmp`, and `ip/50` of an IP protocol that flows do not follow. */
function transportOf(proto: string, flow: FlowCells): string {
  if (proto === 'icmp') return proto;
  const number = flow.number('ip_proto');
  if (proto === 'unknown_transport' && number > 0) return `ip/${number}`;
  return `${proto}/${flow.number('id.resp_p')}`;
}
