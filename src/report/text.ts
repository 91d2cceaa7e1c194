/**
 * The result of `scan` for a person at a terminal: findings, most severe first, then what was read, what could not
 * be seen and what the exit code means. Written for the biomedical engineer (which device, why it matters, what to
 * do) with what an analyst needs below it (capture, frames, Wireshark filter, rule).
 *
 * Findings of one rule and level stand together, so that its explanation is read once. Colour repeats what a word
 * says and never stands alone. Times are on the site's clock. Text from the wire passes `visible` in `Page`.
 */

import { Chalk } from 'chalk';
import type { CaptureInfo } from '../model/analysis.ts';
import { type FilterUse, type Finding, LEVELS, type Level } from '../model/finding.ts';
import { coverageWords } from './coverage-words.ts';
import { DeviceIndex, doubt, evidencePhrase, hostsPhrase, levelWord, seenPhrase } from './finding-words.ts';
import { bytesText, countText } from './numbers.ts';
import { Page, type Style } from './paragraph.ts';
import type { ScanReport } from './scan-report.ts';
import { captureSpan, type SiteClock, siteClock } from './time.ts';
import { causeTitle } from './visibility-words.ts';

/** Width of the labels' column: `Fingerprint` and a blank. */
const LABELS = 12;
/** Width of the levels' column: `CRITICAL` and two blanks. */
const BADGES = 10;

/** Captures described one by one. */
const SHOWN_CAPTURES = 20;

export interface TextOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

interface Look {
  readonly badge: Readonly<Record<Level, Style>>;
  readonly strong: Style;
  readonly label: Style;
  readonly warning: Style;
}

/** What the parts of a report write on and look things up in. */
interface Context {
  readonly page: Page;
  readonly look: Look;
  readonly clock: SiteClock;
  readonly index: DeviceIndex;
}

function lookOf(colour: boolean): Look {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  return {
    badge: {
      critical: chalk.bold.white.bgRed,
      high: chalk.bold.red,
      medium: chalk.bold.yellow,
      low: chalk.bold.cyan,
      informational: chalk.bold,
    },
    strong: chalk.bold,
    label: chalk.dim,
    warning: chalk.yellow,
  };
}

/** The whole report. */
export function scanText(report: ScanReport, options: TextOptions): string {
  const page = new Page(options.width);
  const look = lookOf(options.colour);
  const clock = siteClock(report.run.timezone);
  const context = { page, look, clock, index: new DeviceIndex(report.devices) };
  const live = report.findings.filter(finding => finding.status !== 'suppressed');
  for (const group of groupByRule(live)) renderGroup(context, group);
  if (report.coverage.frames === 0 && report.coverage.saved_records === 0)
    page.text(0, 'Nothing was analysed.', look.strong);
  else if (live.length === 0) page.text(0, 'No findings.', look.strong);
  page.gap();
  renderSummary(context, report);
  return page.toString();
}

/** Findings of one rule at one level, in the order in which they come. */
function groupByRule(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.level} ${finding.rule.id}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()];
}

function renderGroup(context: Context, group: readonly Finding[]): void {
  const [first] = group;
  if (!first) return;
  const { page, look } = context;
  const { rule, level, why, remedy } = first;
  page.gap();
  page.labelled(0, levelWord(level), BADGES, rule.title, look.badge[level], look.strong);
  if (why !== null) page.labelled(2, 'Why', LABELS, oneLine(why), look.label);
  if (remedy !== null) page.labelled(2, 'What to do', LABELS, oneLine(remedy), look.label);
  page.labelled(2, 'Rule', LABELS, [rule.name, ...rule.tags].join(', '), look.label);
  for (const finding of group) {
    page.gap();
    renderFinding(context, finding);
  }
}

function renderFinding({ page, look, clock, index }: Context, finding: Finding): void {
  const line = (label: string, text: string | undefined) => {
    if (text !== undefined && text !== '') page.labelled(4, label, LABELS, text, look.label);
  };
  page.text(2, hostsPhrase(finding, index), look.strong, 4);
  line('What', finding.message);
  line('Seen', seenPhrase(finding, clock));
  line('Confidence', doubt(finding.confidence));
  line('Evidence', evidencePhrase(finding));
  if (finding.display_filter !== '') {
    page.verbatim(4, 'Wireshark', LABELS, finding.display_filter, look.label);
  }
  line('Fingerprint', finding.fingerprint);
}

/** Text of a rule's author, who may have broken it into lines. */
function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function renderSummary({ page, look, clock }: Context, report: ScanReport): void {
  page.text(0, 'Summary', look.strong);
  const line = (label: string, text: string, style?: Style) =>
    page.labelled(2, label, LABELS, text, look.label, style);
  line('Findings', countsText(report));
  for (const [i, text] of report.filters.map(filterText).entries()) line(i === 0 ? 'Filters' : '', text);
  const captures = report.captures.slice(0, SHOWN_CAPTURES).map(capture => captureText(capture, clock));
  const more = report.captures.length - captures.length;
  if (more > 0) captures.push(`and ${countText(more, 'more capture')} (the JSON report lists all)`);
  for (const [i, text] of captures.entries()) line(i === 0 ? 'Captures' : '', text);
  for (const [i, word] of coverageWords(report.coverage, report.captures).entries()) {
    const text = word.loss ? `Incomplete: ${word.text}` : word.text;
    line(i === 0 ? 'Coverage' : '', text, word.loss ? look.warning : undefined);
  }
  line('Visibility', visibilityText(report), report.health.visibility === 'good' ? undefined : look.warning);
  line('Devices', devicesText(report));
  line('Rules', rulesText(report.run.rules), report.run.rules.rejected > 0 ? look.warning : undefined);
  line('Times', `on the clock of ${clock.zone}`);
  line('Exit code', `${report.exit.code}: ${report.exit.reason}`);
}

function rulesText({ count, inapplicable, rejected }: ScanReport['run']['rules']): string {
  const left = [
    ...(inapplicable > 0 ? [`${countText(inapplicable)} not applicable`] : []),
    ...(rejected > 0 ? [`${countText(rejected)} rejected`] : []),
  ];
  return [`${countText(count, 'rule')} applied`, ...left].join(', ');
}

/** The verdict, and where to read more of it. */
function visibilityText({ health }: ScanReport): string {
  const causes = health.causes.map(cause => causeTitle(cause.cause).toLowerCase());
  if (causes.length === 0)
    return `${health.visibility}: no sign that anything is missing of what passed the tap`;
  return `${health.visibility}: ${causes.join('; ')}. A clean report is no proof then; medtap doctor says more`;
}

/** What a filter did, and why there is one. */
function filterText({
  name,
  matches,
  expired_matches,
  reason,
  expires,
  shadowed_by,
  status,
}: FilterUse): string {
  const did = status === 'unused' ? 'suppressed nothing' : `suppressed ${matchesText(matches)}`;
  const late =
    status === 'expired'
      ? `, and no longer ${matchesText(expired_matches)} after its last day, ${expires}`
      : '';
  const shadow = status === 'shadowed' ? `, all of which ${shadowed_by} suppresses as well` : '';
  return `${name} ${did}${late}${shadow}${reason === null ? '' : ` (${oneLine(reason)})`}`;
}

function matchesText(count: number): string {
  return `${countText(count)} ${count === 1 ? 'match' : 'matches'}`;
}

function countsText({ findings: all, hidden, run }: ScanReport): string {
  const findings = all.filter(finding => finding.status !== 'suppressed');
  const suppressed = all.length - findings.length;
  const counts = LEVELS.map(level => ({
    level,
    count: findings.filter(finding => finding.level === level).length,
  }));
  const shown = counts
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => `${countText(count)} ${level}`);
  const below = hidden > 0 ? ` (${countText(hidden)} below ${run.options['min-level']} not shown)` : '';
  const filtered = suppressed > 0 ? `; ${countText(suppressed)} suppressed by filters` : '';
  return `${shown.length > 0 ? shown.join(', ') : 'none'}${below}${filtered}`;
}

function captureText(capture: CaptureInfo, clock: SiteClock): string {
  if (capture.status === 'unreadable') return `${capture.name}: could not be read`;
  const content =
    capture.records === null ? countText(capture.frames, 'frame') : countText(capture.records, 'record');
  const size = `${capture.name}: ${content}, ${bytesText(capture.bytes)}`;
  const span = captureSpan(capture, clock);
  if (span === undefined) return size;
  const links = capture.link_types.length > 0 ? `, ${capture.link_types.join(', ')}` : '';
  return `${size}, ${span}${links}`;
}

function devicesText({ devices, run }: ScanReport): string {
  const medical = devices.filter(device => device.medical).length;
  const known = devices.filter(device => device.known).length;
  const inventory =
    run.options['inventory'] === null
      ? 'no inventory was given'
      : `${countText(known)} in the inventory, ${countText(devices.length - known)} unknown to it`;
  return `${countText(devices.length, 'host')}: ${countText(medical)} medical, ${inventory}`;
}
