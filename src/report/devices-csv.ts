/** Hosts as CSV, one line each, for a spreadsheet. Columns are public contract: new ones are added at the end. */
import type { Device } from '../model/device.ts';
import { f, stream } from '../model/schema.ts';
import { csvHeader, csvRow } from './csv.ts';

const COLUMNS = stream('devices', 'One line per host.', {
  name: f.string('Name in the inventory, else address.'),
  known: f.bool('It is in the inventory.'),
  type: f.string('Device type.'),
  confidence: f.double('How sure the type is, 0 to 1.'),
  hints: f.strings('What it might be, when there is no type.'),
  medical: f.bool('It is a medical device.'),
  criticality: f.string('Criticality.'),
  vendor: f.string('Manufacturer.'),
  model: f.string('Model.'),
  zone: f.string('Zone.'),
  ips: f.strings('Addresses.'),
  macs: f.strings('MAC addresses.'),
  evidence: f.strings('How it is known: attribute, value, source.'),
});

/** The whole table. */
export function devicesCsv(devices: readonly Device[]): string {
  return csvHeader(COLUMNS) + devices.map(row).join('');
}

function row(device: Device): string {
  const cells = {
    ...device,
    hints: device.hints.map(({ type }) => type),
    evidence: device.evidence
      .filter(({ behind }) => behind !== true)
      .map(({ attribute, value, source }) => `${attribute} ${value} (${source})`),
  };
  const present = Object.entries(cells).filter(([, value]) => value !== undefined);
  return csvRow(COLUMNS, Object.fromEntries(present) as Parameters<typeof csvRow>[1]);
}
