/**
 * Matches become findings: one per rule and group, with count, times, evidence, level, confidence and message.
 * Exceptions are Sigma filters and have been applied before. A group all of whose matches are suppressed becomes a
 * finding of that status; in any other group suppressed matches do not count.
 *
 * - Group: the rule's `group-by`, else originator, responder and responder's port; see `fingerprint.ts`.
 * - Level: that of the rule after `level-by`, the most severe of the group.
 * - Message and evidence come from the earliest record, whatever the order in which matches come.
 * - Order: level, rule name, device, first seen, fingerprint. It is total, since fingerprints differ.
 *
 * Limits: `MAX_GROUPS` findings per rule and `MAX_FINDINGS` in all. Matches that would open another one are counted in
 * `limits` and left out.
 */
import {
  compareLevels,
  type Finding,
  type Level,
  levelOf,
  type Match,
  type RuleInfo,
} from '../model/finding.ts';
import { compareMoments } from '../model/moment.ts';
import type { Moment, Value } from '../model/schema.ts';
import { type Confidence, recordConfidence, surer } from './confidence.ts';
import { flowFilter, recordFilter } from './display-filter.ts';
import { Evidence, type FlowFacts, SeenFlows } from './evidence.ts';
import { fingerprint, groupValues, partValues } from './fingerprint.ts';
import { Hosts } from './hosts.ts';
import { renderMessage } from './message.ts';
import { numberOf, type RecordFields, type Sides, sidesOf, textOf } from './sides.ts';

/** Findings of one rule. A rule with more groups by something that is no property of the network. */
export const MAX_GROUPS = 5000;
/** Findings of all rules. */
export const MAX_FINDINGS = 20_000;

export interface CollectOptions {
  /** Site of the inventory; tells apart the same private address of two hospitals in fingerprints. */
  readonly site?: string | undefined;
  /** What the `conn` record of a flow says, for streams that carry neither `proto` nor `service`. */
  readonly flowFacts?: ((uid: string) => FlowFacts | undefined) | undefined;
  /** Told of every flow that `flowFacts` will be asked about, before it is asked about the first. */
  readonly wantFlow?: ((uid: string) => void) | undefined;
  /** Findings of one rule; default `MAX_GROUPS`. */
  readonly maxGroups?: number | undefined;
  /** Findings of all rules; default `MAX_FINDINGS`. */
  readonly maxFindings?: number | undefined;
}

export interface Collected {
  readonly findings: readonly Finding[];
  /**
   * For `coverage.limits`: `finding_groups`, the matches that no finding shows, and `finding_flows`, those whose flow may be
   * counted twice. Empty when nothing was lost.
   */
  readonly limits: Readonly<Record<string, number>>;
}

interface Group {
  readonly rule: RuleInfo;
  readonly suppressed: boolean;
  readonly values: readonly string[];
  level: Level;
  confidence: Confidence;
  count: number;
  first: Moment;
  last: Moment;
  /** Of the earliest record: what it is known by, and what it says. The record itself would take a kilobyte. */
  earliest: RecordFields;
  message: string;
  readonly device: Hosts;
  readonly peer: Hosts;
  readonly evidence: Evidence;
}

/** Groups matches into findings, in their order of report. */
export function collectFindings(matches: Iterable<Match>, options: CollectOptions = {}): Collected {
  const maxGroups = options.maxGroups ?? MAX_GROUPS;
  const maxFindings = options.maxFindings ?? MAX_FINDINGS;
  const rules = new Map<string, Map<string, Group>>();
  const seen = new SeenFlows();
  let count = 0;
  let lost = 0;
  for (const match of matches) {
    const sides = sidesOf(match.record);
    const values = match.group
      ? partValues(match.record, sides, match.group, options.site)
      : groupValues(match.record, sides, match.rule.groupBy, options.site);
    let groups = rules.get(match.rule.id);
    if (!groups) {
      groups = new Map();
      rules.set(match.rule.id, groups);
    }
    const key = JSON.stringify(values);
    let group = groups.get(key);
    if (group && match.suppressed === true && !group.suppressed) continue;
    // The first match that nothing suppresses takes the place of all that were suppressed.
    if (group?.suppressed && match.suppressed !== true) {
      group = newGroup(match, values, seen);
      groups.set(key, group);
    }
    if (!group) {
      if (groups.size >= maxGroups || count >= maxFindings) {
        lost++;
        continue;
      }
      count++;
      group = newGroup(match, values, seen);
      groups.set(key, group);
    }
    addMatch(group, match, sides);
  }
  const { wantFlow } = options;
  if (wantFlow !== undefined)
    for (const groups of rules.values()) for (const group of groups.values()) group.evidence.want(wantFlow);
  const findings: Finding[] = [];
  const factsOf = options.flowFacts ?? (() => undefined);
  for (const groups of rules.values())
    for (const group of groups.values()) findings.push(toFinding(group, factsOf));
  const limits = {
    ...(lost > 0 ? { finding_groups: lost } : {}),
    ...(seen.untold > 0 ? { finding_flows: seen.untold } : {}),
  };
  return { findings: findings.sort(compareFindings), limits };
}

/** The order of findings everywhere: most severe first, then by rule, device, time and fingerprint. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareLevels(a.level, b.level) ||
    compareText(a.rule.name, b.rule.name) ||
    compareText(a.device.name, b.device.name) ||
    compareMoments(a.first_seen, b.first_seen) ||
    compareText(a.fingerprint, b.fingerprint)
  );
}

// By code unit: the same on every machine, which the order of a locale is not.
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function newGroup(match: Match, values: readonly string[], seen: SeenFlows): Group {
  const ts = timeOf(match.record);
  return {
    rule: match.rule,
    suppressed: match.suppressed === true,
    values,
    level: levelOf(match.rule, match.record),
    confidence: recordConfidence(match.record),
    count: 0,
    first: ts,
    last: ts,
    earliest: keyOf(match.record),
    message: renderMessage(match.rule, match.record),
    device: new Hosts(),
    peer: new Hosts(),
    evidence: new Evidence(seen),
  };
}

function addMatch(group: Group, match: Match, { device, peer, peerResponds }: Sides): void {
  const { record } = match;
  const ts = timeOf(record);
  const level = levelOf(match.rule, match.record);
  group.count++;
  if (compareLevels(level, group.level) < 0) group.level = level;
  group.confidence = surer(group.confidence, recordConfidence(record));
  if (compareRecords(record, group.earliest) < 0) {
    group.earliest = keyOf(record);
    group.message = renderMessage(match.rule, record);
  }
  if (compareMoments(ts, group.first) < 0) group.first = ts;
  if (compareMoments(ts, group.last) > 0) group.last = ts;
  group.device.add(device, undefined);
  group.peer.add(peer, peerResponds ? peer.port : undefined);
  group.evidence.add(record, ts);
}

function timeOf(record: RecordFields): Moment {
  const ts = record['ts'];
  return typeof ts === 'object' && 'sec' in ts ? ts : { sec: 0, nsec: 0 };
}

/** Order of records that does not depend on the order in which they come. */
function compareRecords(a: RecordFields, b: RecordFields): number {
  return (
    compareMoments(timeOf(a), timeOf(b)) ||
    compareText(textOf(a, 'capture') ?? '', textOf(b, 'capture') ?? '') ||
    (numberOf(a, 'frame') ?? 0) - (numberOf(b, 'frame') ?? 0) ||
    compareText(textOf(a, 'uid') ?? '', textOf(b, 'uid') ?? '')
  );
}

/** The fields that `compareRecords` looks at. */
function keyOf(record: RecordFields): RecordFields {
  const { ts, capture, frame, uid } = record as Record<string, Value>;
  return { ts: ts!, capture: capture!, frame: frame!, uid: uid! };
}

function toFinding(group: Group, factsOf: (uid: string) => FlowFacts | undefined): Finding {
  const { rule } = group;
  const flows = group.evidence.flows(factsOf);
  const withoutFlow = flows.every(flow => flow.uid === '');
  return {
    fingerprint: fingerprint(rule.id, group.values),
    rule: { id: rule.id, name: rule.name, title: rule.title, tags: rule.tags },
    level: group.level,
    message: group.message,
    confidence: group.confidence,
    device: group.device.host(),
    peer: group.peer.peer(),
    count: group.count,
    first_seen: group.first,
    last_seen: group.last,
    flows_total: group.evidence.total,
    flows,
    display_filter: withoutFlow
      ? recordFilter(
          group.evidence.announcements(),
          flows.flatMap(flow => flow.frames),
        )
      : flowFilter(
          flows.filter(flow => flow.uid !== ''),
          group.evidence.total === flows.length,
        ),
    controls: rule.controls,
    why: rule.why ?? null,
    remedy: rule.remedy ?? null,
    status: group.suppressed ? 'suppressed' : 'new',
  };
}
