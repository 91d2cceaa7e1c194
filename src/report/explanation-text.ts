/**
 * `rules explain` for a person: what became of the rule in one sentence, then records with the truth table of every
 * selection and the tree of the condition. `yes` and `no` stand in front of every part, so that no colour is needed.
 * Text of rules and records passes `visible` in `Page`.
 */
import {
  type CorrelationExplanation,
  decidingTests,
  type ExplainedGroup,
  type ExplainedMember,
  type ExplainedPart,
  type ExplainedRecord,
  type ExplainedSelection,
  type ExplainedValue,
  type Explanation,
  type RuleExplanation,
  shownValue,
} from '../model/explanation.ts';
import type { RuleInfo } from '../model/finding.ts';
import type { Moment, Value } from '../model/schema.ts';
import { levelWord } from './finding-words.ts';
import { countText } from './numbers.ts';
import { Page } from './paragraph.ts';
import { durationText, isoTime, type SiteClock, siteClock } from './time.ts';

/** What is reported. */
export interface ExplanationReport {
  readonly rule: RuleInfo;
  /** The rule's file as people know it. */
  readonly file: string;
  /** What else decides about the rule here: it is disabled, or only serves correlations. */
  readonly notes: readonly string[];
  /** The flow that was asked for. */
  readonly flow: string | undefined;
  /** Number of records by stream: of all, or of the flow. */
  readonly streams: ReadonlyMap<string, number>;
  readonly explanation: Explanation;
}

const LABELS = 11;
const ANSWER = 5;
/** Streams named when the rule's own has no records. */
const SHOWN_STREAMS = 12;

/** The text; `timezone` is the site's. */
export function explanationText(report: ExplanationReport, width: number, timezone: string): string {
  const page = new Page(width);
  const clock = siteClock(timezone);
  const { rule, file, notes, explanation } = report;
  page.labelled(0, 'Rule', LABELS, `${rule.name}: ${rule.title} (${rule.level})`);
  page.verbatim(0, 'File', LABELS, file);
  for (const note of notes) page.labelled(0, 'Note', LABELS, note);
  if (explanation.kind === 'rule') writeRule(page, explanation, report, clock);
  else writeCorrelation(page, explanation, clock);
  return page.toString();
}

function writeRule(
  page: Page,
  explanation: RuleExplanation,
  report: ExplanationReport,
  clock: SiteClock,
): void {
  const { records, matched, suppressed, shown, more } = explanation;
  const { stream } = report.rule;
  const of = report.flow === undefined ? '' : ` of flow ${report.flow}`;
  page.labelled(0, 'Records', LABELS, `${countText(records, 'record')} of ${stream}${of}`);
  page.labelled(0, 'Result', LABELS, resultPhrase({ records, matched, suppressed }, shown, report));
  for (const record of shown) writeRecord(page, record, clock);
  if (more === 0) return;
  page.gap();
  page.text(0, `${countText(more, 'more kind')} of records not shown (--limit, --misses, --flow).`);
}

function resultPhrase(
  { records, matched, suppressed }: Pick<RuleExplanation, 'records' | 'matched' | 'suppressed'>,
  shown: readonly ExplainedRecord[],
  { streams, flow, rule }: ExplanationReport,
): string {
  if (records === 0) {
    const others = [...streams].filter(([, count]) => count > 0);
    const named = others.slice(0, SHOWN_STREAMS).map(([name, count]) => `${name} ${countText(count)}`);
    const what = flow === undefined ? 'the captures hold' : `flow ${flow} has`;
    if (named.length === 0) return `no match: ${what} no record of any stream`;
    return `no match: ${what} no record of ${rule.stream}, only those of ${named.join(', ')}`;
  }
  if (matched > 0) {
    const filtered = suppressed > 0 ? `, ${countText(suppressed)} of them suppressed by a filter` : '';
    return `${countText(matched, 'match').replace(/matchs$/, 'matches')}${filtered}`;
  }
  const nearest = shown[0];
  if (nearest === undefined) return 'no match';
  return `no match; the nearest miss is ${countText(nearest.missing, 'test')} short: ${shortPhrase(nearest)}`;
}

/** What would have had to be otherwise. */
function shortPhrase(record: ExplainedRecord): string {
  const wrong = decidingTests(record);
  return wrong.slice(0, 3).join('; ') + (wrong.length > 3 ? ' …' : '');
}

function writeRecord(page: Page, record: ExplainedRecord, clock: SiteClock): void {
  const { outcome, time, flow, uid, capture, frame, missing, alike, level, filters } = record;
  page.gap();
  const badge =
    outcome === 'match'
      ? `MATCH ${level === null ? '' : levelWord(level)}`
      : outcome === 'suppressed'
        ? 'SUPPRESSED'
        : `no match, ${countText(missing, 'test')} short`;
  const others = alike > 1 ? `; ${countText(alike - 1)} more like it` : '';
  page.text(0, `${badge.trim()}${others}`);
  const place = frame === null ? capture : `${capture ?? ''} frame ${frame}`;
  const facts = [clock.show(time), flow, uid, place].filter(fact => fact !== null && fact !== '');
  page.text(2, facts.join('  '), undefined, 4);
  for (const filter of filters) {
    const because = filter.reason === null ? '' : `: ${filter.reason}`;
    page.text(
      2,
      `filter ${filter.name} ${filter.expired ? 'has expired' : 'suppresses it'}${because}`,
      undefined,
      4,
    );
  }
  writePart(page, 2, 'condition', record.condition);
  for (const selection of record.selections) writeSelection(page, selection);
}

function writeSelection(page: Page, { name, line, part, holds }: ExplainedSelection): void {
  const label = `${name} (line ${line})`;
  if (part.kind === 'test' || part.kind === 'not') {
    answer(page, 2, holds, label);
    writePart(page, 4, '', part);
  } else writePart(page, 2, label, part);
}

/** A part with its answer; what it is made of below it, deeper. */
function writePart(page: Page, indent: number, label: string, part: ExplainedPart): void {
  if (part.kind === 'test') {
    answer(page, indent, part.holds, `${part.text} — ${valuesPhrase(part.values)}`);
    return;
  }
  if (part.kind === 'selection') {
    answer(page, indent, part.holds, [label, part.name].filter(word => word !== '').join(': '));
    return;
  }
  const kind = { and: 'all of', or: 'any of', not: 'not' }[part.kind];
  answer(page, indent, part.holds, [label, kind].filter(word => word !== '').join(': '));
  for (const each of part.parts) writePart(page, indent + 2, '', each);
}

function answer(page: Page, indent: number, holds: boolean, text: string): void {
  page.labelled(indent, holds ? 'yes' : 'no', ANSWER, text);
}

function valuesPhrase(values: readonly ExplainedValue[]): string {
  if (values.length === 0) return 'no field has text';
  const phrases = values.map(
    ({ field, value }) => `${field} ${value === null ? 'is absent' : `is ${valueText(value)}`}`,
  );
  return phrases.join(', ');
}

function valueText(value: Value): string {
  return typeof value === 'object' && 'sec' in value ? isoTime(value as Moment) : shownValue(value);
}

function writeCorrelation(page: Page, explanation: CorrelationExplanation, clock: SiteClock): void {
  const { type, timespan, group_by, members, matched, groups, shown } = explanation;
  const by = group_by.length === 0 ? 'all records together' : `by ${group_by.join(', ')}`;
  page.labelled(0, 'Type', LABELS, `${type} within ${durationText(timespan)}, ${by}`);
  for (const member of members) page.labelled(0, 'Of', LABELS, memberPhrase(member));
  page.labelled(0, 'Result', LABELS, correlationPhrase(matched, groups, members));
  for (const group of shown) writeGroup(page, group, clock);
  if (groups <= shown.length) return;
  page.gap();
  page.text(0, `${countText(groups - shown.length, 'more group')} not shown (--limit).`);
}

function memberPhrase({ rule, matched, suppressed, without_field }: ExplainedMember): string {
  const parts = [`${countText(matched)} ${matched === 1 ? 'record' : 'records'}`];
  if (suppressed > 0) parts.push(`${countText(suppressed)} suppressed by a filter`);
  if (without_field > 0) parts.push(`${countText(without_field)} without a field it needs`);
  return `${rule}: ${parts.join(', ')}`;
}

function correlationPhrase(matched: number, groups: number, members: readonly ExplainedMember[]): string {
  if (matched > 0)
    return `${countText(matched, 'record')} contribute`.replace('record contribute', 'record contributes');
  const silent = members.filter(member => member.matched === 0).map(member => member.rule);
  if (silent.length > 0)
    return `no match: nothing matched ${silent.join(', ')} (medtap rules explain ${silent[0]} says why)`;
  return groups === 0 ? 'no match: no record took part' : 'no match; the groups that came nearest:';
}

function writeGroup(page: Page, group: ExplainedGroup, clock: SiteClock): void {
  page.gap();
  const of = group.group.map(({ field, value }) => `${field} ${value}`).join(', ');
  page.text(0, `${group.fired ? 'FIRED' : 'not reached'}${of === '' ? '' : `: ${of}`}`);
  page.text(2, clock.span(group.from, group.to));
  for (const { comparison, value, holds } of group.thresholds) {
    const measure = group.measure === null ? '' : ` — it is ${numberText(group.measure)}`;
    answer(page, 2, holds, `${comparison}: ${value}${measure}`);
  }
  for (const { rule, occurs } of group.rules ?? []) answer(page, 2, occurs, rule);
}

function numberText(value: number): string {
  return Number.isInteger(value) ? countText(value) : String(Number(value.toPrecision(6)));
}
