/**
 * Correlations over the events of rules, which come in the order of time. A window slides: at each moment at which an
 * event of a group arrives, it holds the events of the group from the timespan before that moment up to it, both ends
 * included, in nanoseconds of capture time. Events of one moment arrive together, so their order does not matter.
 *
 * - An event whose record lacks a field to group by, or the value that the type looks at, takes no part. Values are
 *   grouped and counted as written; a list is one value to group by, and each of its elements to count.
 * - Where the condition holds, the correlation fires: it is an event of that moment for correlations that refer to it,
 *   and its window's records are its contributions. Each record contributes once to a group of the correlation.
 *
 * Limits: `MAX_GROUPS` live groups per correlation and `MAX_EVENTS` held events in all. What would go beyond takes no
 * part, and is counted in `limits`. A group lives until its windows, and those of correlations that refer to it, have
 * passed.
 */
import type { Batch } from '../model/batch.ts';
import type { Value } from '../model/schema.ts';
import type { CompiledCorrelation } from './compile-correlation.ts';
import { type Aggregate, type AggregateState, newAggregate, type WindowEvent } from './window-aggregates.ts';

/** Live groups of one correlation. */
export const MAX_GROUPS = 100_000;
/** Events held for all correlations. */
export const MAX_EVENTS = 1_000_000;

/** One record that a correlation rests on. */
export interface Contribution {
  readonly correlation: CompiledCorrelation;
  /** Values of its `group-by`, as text. */
  readonly group: readonly string[];
  /** The field of this record that each of them came from. */
  readonly fields: readonly string[];
  readonly batch: Batch;
  readonly row: number;
}

/** Looks on while correlations are evaluated, for explanations. */
export interface CorrelationWatch {
  /** A group was evaluated at the moment `to`; `state` may be asked during the call only. */
  evaluated(
    correlation: CompiledCorrelation,
    group: readonly string[],
    window: {
      readonly fired: boolean;
      readonly from: WindowEvent;
      readonly to: WindowEvent;
      state(): AggregateState;
    },
  ): void;
  /** An event took no part, since a field to group by or to look at is absent. */
  passedOver(correlation: CompiledCorrelation, member: number): void;
}

export interface CorrelatorOptions {
  readonly watch?: CorrelationWatch | undefined;
  /** Ids of correlations that only serve others. */
  readonly silent?: ReadonlySet<string>;
  readonly maxGroups?: number;
  readonly maxEvents?: number;
}

/** A record, or the window of a correlation that fired. */
type Origin =
  | { readonly kind: 'record'; readonly batch: Batch; readonly row: number }
  | { readonly kind: 'window'; readonly of: State; readonly group: Group; first: Held; last: Held };

/** An event of a group, and the next one. */
interface Held extends WindowEvent {
  readonly seq: number;
  readonly origin: Origin;
  next: Held | undefined;
}

interface Group {
  readonly values: readonly string[];
  readonly aggregate: Aggregate;
  /** Oldest event that correlations referring to this one may still need. */
  kept: Held | undefined;
  /** Oldest event of the window. */
  first: Held | undefined;
  last: Held | undefined;
  /** The youngest event of each group that has contributed to this one. */
  readonly contributed: WeakMap<Group, Held>;
}

interface State {
  readonly correlation: CompiledCorrelation;
  readonly reports: boolean;
  /** Correlations that refer to this one, with their number for it. */
  readonly dependents: { readonly state: State; readonly member: number }[];
  /** Seconds an event is kept: the timespan, and that of the dependents beyond it. */
  horizon: number;
  /** In the order of their last events. */
  readonly groups: Map<string, Group>;
  /** Groups with events of the present moment. */
  readonly touched: Set<Group>;
}

/** Evaluates correlations. Give events in the order of time, then call `finish`. */
export class Correlator {
  readonly #states: readonly State[];
  readonly #listeners = new Map<string, { readonly state: State; readonly member: number }[]>();
  readonly #maxGroups: number;
  readonly #maxEvents: number;
  readonly #watch: CorrelationWatch | undefined;
  #out: Contribution[] = [];
  #sec = Number.NEGATIVE_INFINITY;
  #nsec = 0;
  #seq = 0;
  #held = 0;
  #lostGroups = 0;
  #lostEvents = 0;

  /** @param correlations each after those it refers to */
  constructor(correlations: readonly CompiledCorrelation[], options: CorrelatorOptions = {}) {
    this.#maxGroups = options.maxGroups ?? MAX_GROUPS;
    this.#maxEvents = options.maxEvents ?? MAX_EVENTS;
    this.#watch = options.watch;
    const states = new Map<string, State>();
    for (const correlation of correlations) {
      const state: State = {
        correlation,
        reports: options.silent?.has(correlation.info.id) !== true,
        dependents: [],
        horizon: correlation.timespan,
        groups: new Map(),
        touched: new Set(),
      };
      states.set(correlation.info.id, state);
      for (const [member, { id }] of correlation.members.entries()) {
        const inner = states.get(id);
        if (inner !== undefined) inner.dependents.push({ state, member });
        else this.#listeners.set(id, [...(this.#listeners.get(id) ?? []), { state, member }]);
      }
    }
    this.#states = [...states.values()];
    for (const state of [...this.#states].reverse()) {
      const beyond = state.dependents.map(dependent => dependent.state.horizon);
      state.horizon = state.correlation.timespan + Math.max(0, ...beyond);
    }
  }

  /** Whether a correlation refers to the rule. */
  listensTo(ruleId: string): boolean {
    return this.#listeners.has(ruleId);
  }

  /** For `coverage.limits`: events that took no part. Empty when nothing was lost. */
  limits(): Readonly<Record<string, number>> {
    return {
      ...(this.#lostGroups > 0 ? { correlation_groups: this.#lostGroups } : {}),
      ...(this.#lostEvents > 0 ? { correlation_events: this.#lostEvents } : {}),
    };
  }

  /** A record that a rule matched. @throws Error when it is earlier than the one before, a defect of the caller */
  add(ruleId: string, batch: Batch, row: number): void {
    const listeners = this.#listeners.get(ruleId);
    if (listeners === undefined) return;
    this.#moveTo(batch.sec(row), batch.nsec(row));
    const read = (name: string): Value | undefined => batch.value(row, name);
    const origin: Origin = { kind: 'record', batch, row };
    for (const { state, member } of listeners) this.#hold(state, member, read, origin);
  }

  /** Evaluates the last moment. */
  finish(): void {
    this.#evaluate();
  }

  /** What has been found since the last call. */
  take(): readonly Contribution[] {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }

  #moveTo(sec: number, nsec: number): void {
    if (sec === this.#sec && nsec === this.#nsec) return;
    if (sec < this.#sec || (sec === this.#sec && nsec < this.#nsec))
      throw new Error('events of correlations must come in the order of time');
    this.#evaluate();
    this.#sec = sec;
    this.#nsec = nsec;
  }

  #hold(state: State, member: number, read: (name: string) => Value | undefined, origin: Origin): void {
    const { groupBy, fields } = state.correlation.members[member]!;
    const values: string[] = [];
    for (const name of groupBy) {
      const value = read(name);
      if (value === undefined) {
        this.#watch?.passedOver(state.correlation, member);
        return;
      }
      values.push(plainText(value));
    }
    const looked = lookedAt(state.correlation, fields, read);
    if (looked === undefined) {
      this.#watch?.passedOver(state.correlation, member);
      return;
    }
    const key = JSON.stringify(values);
    this.#forget(state);
    if (this.#held >= this.#maxEvents) for (const each of this.#states) this.#forget(each);
    let group = state.groups.get(key);
    if (group === undefined && state.groups.size >= this.#maxGroups) {
      this.#lostGroups++;
      return;
    }
    if (this.#held >= this.#maxEvents) {
      this.#lostEvents++;
      return;
    }
    if (group === undefined) {
      const aggregate = newAggregate(state.correlation);
      group = {
        values,
        aggregate,
        kept: undefined,
        first: undefined,
        last: undefined,
        contributed: new WeakMap(),
      };
    }
    // The last to have an event is the last in the map, so the first are the ones to forget.
    state.groups.delete(key);
    state.groups.set(key, group);
    const [sec, nsec] = [this.#sec, this.#nsec];
    const held: Held = { sec, nsec, member, values: looked, seq: this.#seq++, origin, next: undefined };
    this.#held++;
    if (group.last !== undefined) group.last.next = held;
    group.last = held;
    group.first ??= held;
    group.kept ??= held;
    group.aggregate.add(held);
    state.touched.add(group);
  }

  /** Lets go of groups whose last event nobody needs any more. */
  #forget(state: State): void {
    for (const [key, group] of state.groups) {
      if (!this.#isPast(group.last!, state.horizon)) break;
      state.groups.delete(key);
      this.#release(group, state.horizon);
    }
  }

  #release(group: Group, horizon: number): void {
    while (group.kept !== undefined && this.#isPast(group.kept, horizon)) {
      const { next } = group.kept;
      // Cut, so that what still knows the event does not keep all that came after it.
      group.kept.next = undefined;
      group.kept = next;
      this.#held--;
    }
  }

  /** More than `span` seconds before the present moment. */
  #isPast({ sec, nsec }: WindowEvent, span: number): boolean {
    const from = this.#sec - span;
    return sec < from || (sec === from && nsec < this.#nsec);
  }

  /** Evaluates the groups that have events of the present moment, inner correlations first. */
  #evaluate(): void {
    for (const state of this.#states) {
      const { timespan } = state.correlation;
      for (const group of state.touched) {
        while (group.first !== undefined && this.#isPast(group.first, timespan)) {
          group.aggregate.remove(group.first);
          group.first = group.first.next;
        }
        this.#release(group, state.horizon);
        const fired = group.aggregate.holds(this.#sec - timespan, this.#nsec);
        this.#watch?.evaluated(state.correlation, group.values, {
          fired,
          from: group.first!,
          to: group.last!,
          state: () => group.aggregate.state(this.#sec - timespan, this.#nsec),
        });
        if (fired) this.#fire(state, group);
      }
      state.touched.clear();
    }
  }

  #fire(state: State, group: Group): void {
    const first = group.first!;
    const last = group.last!;
    const { groupBy } = state.correlation;
    if (state.reports) this.#contribute(state, group, { state, group, first, last, fields: groupBy });
    const read = (name: string): Value | undefined => group.values[groupBy.indexOf(name)];
    for (const { state: dependent, member } of state.dependents)
      this.#hold(dependent, member, read, { kind: 'window', of: state, group, first, last });
  }

  /** The events of a window that have not contributed yet; windows of inner correlations are opened. */
  #contribute(
    to: State,
    target: Group,
    window: {
      readonly state: State;
      readonly group: Group;
      readonly first: Held;
      readonly last: Held;
      /** Names of the target's group-by in the events of this window's correlation. */
      readonly fields: readonly string[];
    },
  ): void {
    const { correlation } = window.state;
    const done = target.contributed.get(window.group);
    const start = done !== undefined && done.seq >= window.first.seq ? done.next : window.first;
    for (let held = start; held !== undefined && held.seq <= window.last.seq; held = held.next) {
      const names = correlation.members[held.member]!.groupBy;
      const fields = window.fields.map(name => names[correlation.groupBy.indexOf(name)]!);
      const { origin } = held;
      if (origin.kind === 'record') {
        const { batch, row } = origin;
        this.#out.push({ correlation: to.correlation, group: target.values, fields, batch, row });
      } else {
        const { of, group, first, last } = origin;
        this.#contribute(to, target, { state: of, group, first, last, fields });
      }
    }
    if (done === undefined || done.seq < window.last.seq) target.contributed.set(window.group, window.last);
  }
}

/** What a value type looks at: undefined when the record lacks it. */
function lookedAt(
  { type }: CompiledCorrelation,
  fields: readonly string[],
  read: (name: string) => Value | undefined,
): readonly (string | number)[] | undefined {
  if (fields.length === 0) return [];
  const values = fields.map(read);
  if (values.some(value => value === undefined)) return undefined;
  if (type !== 'value_count') {
    const number = Number(values[0]);
    return Number.isFinite(number) ? [number] : undefined;
  }
  if (values.length > 1) return [JSON.stringify(values.map(value => plainText(value!)))];
  const [value] = values;
  if (!Array.isArray(value)) return [plainText(value!)];
  return value.length === 0 ? undefined : [...new Set(value.map(each => plainText(each as Value)))];
}

/** A value as text that is equal exactly where the values are. */
function plainText(value: Value): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
