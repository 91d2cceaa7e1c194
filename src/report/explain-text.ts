/**
 * Why a host is thought to be what it is, for a biomedical engineer: what it is and why, which types were considered, and
 * every piece of evidence with where it was seen and what it argues for. Text from the wire passes `visible` in `Page`.
 */
import type { Evidence, ExplainedEvidence, Explanation } from '../model/device.ts';
import { percent, renderHead } from './devices-text.ts';
import { Page } from './paragraph.ts';
import { isoTime } from './time.ts';

const LABELS = 13;

const SECTIONS: readonly (readonly [ExplainedEvidence['verdict'], string])[] = [
  ['decides', 'Decides'],
  ['counts', 'Counts'],
  ['agrees', 'Agrees, on a ground that counts already'],
  ['against', 'Speaks for something else, or does not suffice'],
  ['aside', 'Says nothing about the type, or was set aside'],
];

/** The report for all hosts that were meant. */
export function explainText(explanations: readonly Explanation[], width: number): string {
  const page = new Page(width);
  for (const explanation of explanations) {
    page.gap();
    renderOne(page, explanation);
  }
  return page.toString();
}

function renderOne(page: Page, { device, reason, candidates, evidence, tenures }: Explanation): void {
  const beside = evidence.some(({ verdict }) => verdict === 'decides');
  renderHead(page, device);
  page.labelled(4, 'Because', LABELS, `${reason}.`);
  for (const { ip, mac, from, until } of tenures)
    page.labelled(4, 'Changed', LABELS, `${ip} was ${mac} ${period(from, until)}`);
  if (candidates.length > 0) {
    page.gap();
    page.text(4, 'Types considered');
    for (const { type, confidence, counted } of candidates) {
      const grounds = counted.map(({ strength, why }) => `${why} (${percent(strength)})`);
      page.text(6, `${type} ${percent(confidence)}: ${grounds.join('; ')}`, undefined, 8);
    }
  }
  for (const [verdict, title] of SECTIONS) {
    const members = evidence.filter(item => item.verdict === verdict);
    if (members.length === 0) continue;
    page.gap();
    page.text(4, beside && verdict === 'counts' ? 'Would count, without the inventory' : title);
    for (const { evidence: item, why } of members) {
      page.text(6, `${item.attribute} “${item.value}” (${sourceText(item)})`, undefined, 8);
      page.text(10, why);
    }
  }
}

/** `dicom, 90 %, frame 12 of ward.pcap` */
function sourceText({ source, confidence, frame, capture }: Evidence): string {
  const place = frame === undefined ? [] : [`frame ${frame}${capture === undefined ? '' : ` of ${capture}`}`];
  return [source, percent(confidence), ...place].join(', ');
}

function period(from: number | undefined, until: number | undefined): string {
  const time = (seconds: number) => isoTime({ sec: Math.floor(seconds), nsec: 0 });
  if (from === undefined) return until === undefined ? 'throughout' : `until ${time(until)}`;
  return until === undefined ? `from ${time(from)} on` : `from ${time(from)} to ${time(until)}`;
}
