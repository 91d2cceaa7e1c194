/**
 * The result of `doctor` for a person: the verdict, then each cause with what is likely behind it, what it means and
 * what to do, and last the numbers. The first half is for whoever runs the ward's network review, the second for whoever
 * runs the tap.
 */
import { Chalk } from 'chalk';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { Health, VisibilityFacts } from '../model/health.ts';
import { coverageWords } from './coverage-words.ts';
import { agree, bytesText, countText } from './numbers.ts';
import { Page, type Style } from './paragraph.ts';
import { ipProtocolText } from './protocol-names.ts';
import type { RunInfo } from './scan-report.ts';
import { captureSpan, type SiteClock, siteClock } from './time.ts';
import { causeWords, percent, VERDICTS } from './visibility-words.ts';

/** What `doctor` reports. */
export interface DoctorReport {
  readonly run: Omit<RunInfo, 'rules'>;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  readonly health: Health;
}

const LABELS = 13;
const SHOWN_CAPTURES = 20;
const SHOWN_PROTOCOLS = 8;

/** The whole report. */
export function doctorText(
  report: DoctorReport,
  options: { readonly colour: boolean; readonly width: number },
): string {
  const { health, captures } = report;
  const page = new Page(options.width);
  const chalk = new Chalk({ level: options.colour ? 1 : 0 });
  const verdictStyle: Style =
    health.visibility === 'good'
      ? chalk.bold.green
      : health.visibility === 'limited'
        ? chalk.bold.yellow
        : chalk.bold.red;
  page.labelled(0, 'Visibility', LABELS, verdictText(health), chalk.bold, verdictStyle);
  for (const cause of health.causes) {
    const words = causeWords(cause, health, captures);
    page.gap();
    page.text(0, `${words.title}${cause.level === 'poor' ? ' (severe)' : ''}`, chalk.bold);
    page.labelled(2, 'Seen', LABELS, words.what, chalk.dim);
    page.labelled(2, 'Likely', LABELS, words.likely, chalk.dim);
    page.labelled(2, 'It means', LABELS, words.means, chalk.dim);
    page.labelled(2, 'What to do', LABELS, words.remedy, chalk.dim);
  }
  page.gap();
  page.text(0, 'Details', chalk.bold);
  renderDetails(page, report, chalk.dim);
  return page.toString();
}

function verdictText({ visibility, facts }: Health): string {
  const little =
    visibility === 'good' && facts.tcp.judged === 0 ? ' But there is no TCP conversation to judge by.' : '';
  return `${visibility.toUpperCase()}: ${VERDICTS[visibility]}${little}`;
}

function renderDetails(page: Page, { captures, coverage, health, run }: DoctorReport, label: Style): void {
  const clock = siteClock(run.timezone);
  const lines = (name: string, texts: readonly string[]) => {
    for (const [i, text] of texts.entries()) page.labelled(2, i === 0 ? name : '', LABELS, text, label);
  };
  const { facts } = health;
  const shown = captures.slice(0, SHOWN_CAPTURES).map((capture, i) => captureText(capture, health, i, clock));
  const more = captures.length - shown.length;
  lines(
    'Captures',
    more > 0 ? [...shown, `and ${countText(more, 'more capture')} (--format json lists all)`] : shown,
  );
  lines('Frames', [
    `${countText(facts.frames)}, ${bytesText(facts.bytes)} on the wire`,
    ...coverageWords(coverage, captures, []).map(({ text }) => text),
  ]);
  lines('Lost', [lostText(facts)]);
  lines('Order', orderTexts(captures, facts));
  lines('Flows', flowTexts(facts));
  const unknown = health.unrecognised.map(
    ({ proto, port, flows, bytes }) => `${proto}/${port} (${countText(flows, 'flow')}, ${bytesText(bytes)})`,
  );
  if (unknown.length > 0) lines('Unrecognised', [`most of it to ${unknown.join(', ')}`]);
  lines('VLANs', vlanTexts(facts));
  const protocols = Object.entries(health.ip_protocols).sort((a, b) => b[1] - a[1]);
  if (protocols.length > 0) {
    const named = protocols
      .slice(0, SHOWN_PROTOCOLS)
      .map(([number, packets]) => `${ipProtocolText(number)} ×${countText(packets)}`);
    const rest = protocols.length > SHOWN_PROTOCOLS ? `, and ${protocols.length - SHOWN_PROTOCOLS} more` : '';
    lines('Beside TCP', [`packets of ${named.join(', ')}${rest}`]);
  }
  const tunnels = coverage.records['tunnel'] ?? 0;
  if (tunnels > 0)
    lines('Tunnels', [
      `${countText(tunnels, 'record')} of tunnels; the flows inside count beside their tunnels`,
    ]);
  lines('Clocks', clockTexts(health, captures));
  lines('Times', [`on the clock of ${clock.zone}`]);
}

function captureText(capture: CaptureInfo, health: Health, place: number, clock: SiteClock): string {
  const own = health.captures[place];
  const verdict = own === undefined || health.captures.length < 2 ? '' : ` [${own.visibility}]`;
  if (capture.status === 'unreadable') return `${capture.name}: could not be read`;
  const parts = [
    capture.format,
    ...capture.containers,
    countText(capture.frames, 'frame'),
    ...capture.link_types,
  ];
  const span = captureSpan(capture, clock);
  const snap = capture.snap_length === null ? '' : `, snapshot length ${countText(capture.snap_length)}`;
  return `${capture.name}${verdict}: ${parts.join(', ')}${span === undefined ? '' : `, ${span}`}${snap}`;
}

function lostText({ drops, frames, missed_bytes: missed, stream_bytes: streams }: VisibilityFacts): string {
  const told =
    drops === null
      ? 'the captures do not say whether frames were lost (pcapng with statistics does)'
      : `${countText(drops, 'frame')} reported lost while capturing${drops > 0 ? ` (${percent(drops / (frames + drops))})` : ''}`;
  const holes =
    streams + missed === 0
      ? 'no TCP content to look for holes in'
      : `${bytesText(missed)} of ${bytesText(Math.max(streams, missed))} of TCP content missing (${percent(missed / Math.max(streams, missed))})`;
  return `${told}; ${holes}`;
}

function orderTexts(captures: readonly CaptureInfo[], facts: VisibilityFacts): string[] {
  const untimed = captures.reduce((sum, capture) => sum + capture.untimed, 0);
  const parts = [
    facts.reordered > 0 ? `${countText(facts.reordered, 'frame')} put in order` : undefined,
    facts.unordered > 0 ? `${countText(facts.unordered, 'frame')} too late for that` : undefined,
    facts.backward > 0 ? `the clock stepped back ${countText(facts.backward, 'time')}` : undefined,
    facts.forward > 0 ? `${countText(facts.forward, 'pause')} of more than five minutes` : undefined,
    untimed > 0 ? `${countText(untimed, 'frame')} without a time` : undefined,
  ].filter(part => part !== undefined);
  return [parts.length === 0 ? 'frames are in the order of time' : parts.join(', ')];
}

function flowTexts(facts: VisibilityFacts): string[] {
  const { tcp } = facts;
  const sides =
    tcp.judged === 0
      ? 'no TCP conversation shows whether both sides are seen'
      : `${countText(tcp.judged - tcp.one_way)} of ${countText(tcp.judged, 'TCP conversation')} seen from both sides`;
  const content =
    facts.payload_bytes === 0
      ? []
      : [
          `content recognised: ${percent(1 - facts.unrecognised_bytes / facts.payload_bytes)} of ${bytesText(facts.payload_bytes)}`,
        ];
  const beginnings =
    facts.midstream_flows === 0
      ? []
      : [
          `${countText(facts.midstream_flows)} of ${countText(facts.tcp_flows, 'TCP flow')} seen without ${agree(facts.midstream_flows, 'its', 'their')} beginning`,
        ];
  const holes = facts.gap_flows === 0 ? [] : [`${countText(facts.gap_flows, 'TCP flow')} with holes`];
  return [`${countText(facts.flows)}; ${sides}`, ...beginnings, ...holes, ...content];
}

function vlanTexts({ vlans }: VisibilityFacts): string[] {
  const entries = Object.entries(vlans);
  if (entries.length === 0 || (entries.length === 1 && entries[0]![0] === '-')) return [];
  return entries
    .slice(0, SHOWN_CAPTURES)
    .map(
      ([vlan, { one_way, judged }]) =>
        `${vlan === '-' ? 'untagged' : vlan}: ${countText(judged - one_way)} of ${countText(judged, 'TCP conversation')} seen from both sides`,
    );
}

function clockTexts({ clocks }: Health, captures: readonly CaptureInfo[]): string[] {
  if (captures.filter(({ same_as }) => same_as === null).length < 2) return [];
  if (clocks === null || clocks.length === 0)
    return ['the captures share too little to compare their clocks'];
  return clocks.map(
    ({ capture, reference, seconds, matches, method }) =>
      `${capture} against ${reference}: ${seconds >= 0 ? '+' : ''}${seconds} s (${countText(matches)} ${method})`,
  );
}
