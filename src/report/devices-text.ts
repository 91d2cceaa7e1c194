/**
 * Hosts of the segment for a person: medical devices first, each with what it is and how that is known. Text from the
 * wire passes `visible` in `Page`.
 */
import type { Device, Evidence } from '../model/device.ts';
import { countText } from './numbers.ts';
import { Page } from './paragraph.ts';

const LABELS = 13;
/** Pieces of evidence listed of each host; `--explain` has them all. */
const SHOWN = 8;

/** The whole report. */
export function devicesText(devices: readonly Device[], width: number): string {
  const page = new Page(width);
  const groups: readonly (readonly [string, readonly Device[]])[] = [
    ['Medical devices', devices.filter(device => device.medical)],
    ['Other hosts in the inventory', devices.filter(device => !device.medical && device.known)],
    ['Other hosts', devices.filter(device => !device.medical && !device.known)],
  ];
  for (const [title, members] of groups) {
    if (members.length === 0) continue;
    page.gap();
    page.text(0, `${title} (${countText(members.length)})`);
    for (const device of members) renderDevice(page, device);
  }
  if (devices.length === 0) page.text(0, 'No hosts.');
  return page.toString();
}

function renderDevice(page: Page, device: Device): void {
  page.gap();
  renderHead(page, device);
  const evidence = device.evidence.filter(({ behind }) => behind !== true);
  const more = device.evidence.length - Math.min(evidence.length, SHOWN);
  const line = (label: string, text: string) => {
    if (text !== '') page.labelled(4, label, LABELS, text);
  };
  const shown = evidence.slice(0, SHOWN).map(evidenceText);
  line('Known by', [...shown, ...(more > 0 ? [`${countText(more)} more (--explain)`] : [])].join('; '));
}

/** Name, type and addresses of a device. */
export function renderHead(page: Page, device: Device): void {
  const line = (label: string, text: string) => {
    if (text !== '') page.labelled(4, label, LABELS, text);
  };
  page.text(2, `${device.name}${device.known ? '' : ' (not in the inventory)'}`, undefined, 4);
  line('Type', typeText(device));
  if (device.criticality !== 'none') line('Criticality', device.criticality);
  line('Vendor', device.vendor ?? '');
  line('Model', device.model ?? '');
  line('Zone', device.zone ?? '');
  line('Addresses', device.ips.join(', '));
  line('MAC', device.macs.join(', '));
}

/** `ct (79 %)`, `infusion-pump (inventory)`, `unknown; perhaps ventilator (21 %)` */
function typeText({ type, confidence, hints, known }: Device): string {
  if (type !== undefined) {
    if (known) return `${type} (inventory)`;
    return confidence === undefined ? type : `${type} (${percent(confidence)})`;
  }
  if (hints.length === 0) return 'unknown';
  return `unknown; perhaps ${hints.map(hint => `${hint.type} (${percent(hint.confidence)})`).join(' or ')}`;
}

/** `type pacs from dicom (90 %)` */
function evidenceText({ attribute, value, source, confidence }: Evidence): string {
  return `${attribute} ${value} from ${source} (${percent(confidence)})`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
