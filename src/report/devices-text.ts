/**
 * Hosts of the segment for a person: medical devices first, each with what it is and how that is known. Text from the
 * wire passes `visible` in `Page`.
 */
import type { Device, Evidence } from '../model/device.ts';
import { countText } from './numbers.ts';
import { Page } from './paragraph.ts';

const LABELS = 13;

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
  const line = (label: string, text: string) => {
    if (text !== '') page.labelled(4, label, LABELS, text);
  };
  page.gap();
  page.text(2, `${device.name}${device.known ? '' : ' (not in the inventory)'}`, undefined, 4);
  line('Type', device.type ?? 'unknown');
  if (device.criticality !== 'none') line('Criticality', device.criticality);
  line('Vendor', device.vendor ?? '');
  line('Zone', device.zone ?? '');
  line('Addresses', device.ips.join(', '));
  line('MAC', device.macs.join(', '));
  line('Known by', device.evidence.map(evidenceText).join('; '));
}

/** `type pacs from dicom (90 %)` */
function evidenceText({ attribute, value, source, confidence }: Evidence): string {
  return `${attribute} ${value} from ${source} (${Math.round(confidence * 100)} %)`;
}
