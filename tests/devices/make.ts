/** Makes inventories and records for the tests of this folder. Streams of protocols stand here with the fields read. */
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { buildDirectory } from '../../src/devices/directory.ts';
import { parseInventory } from '../../src/devices/inventory.ts';
import { BATCH_ROWS, type Batch } from '../../src/model/batch.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import { type Device, device, type IdentityAttribute, type Inventory } from '../../src/model/device.ts';
import { f, flowStream, type RecordOf, type StreamSchema, type Value } from '../../src/model/schema.ts';
import { arp, conn } from '../../src/model/streams.ts';

export const dns = flowStream('dns', 'DNS.', {
  query: f.string('Name asked for.'),
  qtype_name: f.string('Type asked for.'),
  rcode_name: f.string('Response code.'),
  answers: f.strings('Answers.'),
  TTLs: f.intervals('TTLs.'),
  rtt: f.interval('Seconds to the answer.'),
  rejected: f.bool('No record of any kind.'),
});

export const dicom = flowStream('dicom', 'DICOM.', {
  event: f.enum('Event.'),
  is_orig: f.bool('The originator asked.'),
  result: f.enum('Result.'),
  calling_ae: f.string('Calling title.'),
  called_ae: f.string('Called title.'),
  command: f.string('Command.'),
  sop_class: f.string('SOP class.'),
  move_originator_ae: f.string('Cause.'),
  status_category: f.enum('Status.'),
  modality: f.string('Modality.'),
  station_name: f.string('Station.'),
  manufacturer: f.string('Manufacturer.'),
  model: f.string('Model.'),
  device_serial: f.string('Serial number.'),
  station_ae: f.string('Title of the station.'),
  software_versions: f.string('Software.'),
});

export const hl7 = flowStream('hl7', 'HL7.', {
  is_orig: f.bool('The originator sent it.'),
  message_type: f.string('Message code.'),
  sending_app: f.string('Sending application.'),
  ack_code: f.string('Acknowledgement.'),
});

/** Seconds at which the captures of these tests begin. */
export const START = 1_700_000_000;

/** A moment some seconds after `START`. */
export function at(seconds: number): { sec: number; nsec: number } {
  const whole = Math.floor(seconds);
  return { sec: START + whole, nsec: Math.round((seconds - whole) * 1e9) };
}

/** Records as batches, in the order given. */
export function batchesOf<S extends StreamSchema>(
  schema: S,
  records: readonly RecordOf<S>[],
  rows = BATCH_ROWS,
): Batch[] {
  const batches: Batch[] = [];
  for (let from = 0; from < records.length; from += rows) {
    const builder = new BatchBuilder(schema);
    for (const [i, record] of records.slice(from, from + rows).entries()) builder.append(record, from + i);
    batches.push(builder.build());
  }
  return batches;
}

/** A `conn` record: who, with which MAC addresses, when. Both sides sent, unless said otherwise. */
export function flow(
  time: number,
  [orig, origMac]: readonly [string, (string | undefined)?],
  [resp, respMac]: readonly [string, (string | undefined)?],
  more: RecordOf<typeof conn> = {},
): RecordOf<typeof conn> {
  return {
    ts: at(time),
    'id.orig_h': orig,
    'id.resp_h': resp,
    orig_l2_addr: origMac,
    resp_l2_addr: respMac,
    orig_pkts: 2,
    resp_pkts: 2,
    ...more,
  };
}

/** An `arp` record in which a host announces itself. */
export function claim(
  time: number,
  ip: string,
  mac: string,
  more: RecordOf<typeof arp> = {},
): RecordOf<typeof arp> {
  return { ts: at(time), operation: 'reply', sender_mac: mac, sender_ip: ip, eth_src: mac, ...more };
}

/** A `device` record: what an address was said to be, and with which MAC address it was seen then. */
export function said(
  time: number,
  host: string | undefined,
  attribute: IdentityAttribute,
  value: string,
  more: RecordOf<typeof device> = {},
): RecordOf<typeof device> {
  return {
    ts: at(time),
    host,
    attribute,
    value,
    source: 'test',
    confidence: 0.6,
    behind: false,
    frame: 7,
    ...more,
  };
}

export interface Records {
  readonly conn?: readonly RecordOf<typeof conn>[];
  readonly arp?: readonly RecordOf<typeof arp>[];
  readonly dns?: readonly RecordOf<typeof dns>[];
  readonly dicom?: readonly RecordOf<typeof dicom>[];
  readonly hl7?: readonly RecordOf<typeof hl7>[];
  readonly device?: readonly RecordOf<typeof device>[];
}

/** A reader of streams, as the pipeline gives one. */
export function readerOf(records: Records): (name: string) => Batch[] {
  const batches = new Map<string, Batch[]>([
    ['conn', batchesOf(conn, records.conn ?? [])],
    ['arp', batchesOf(arp, records.arp ?? [])],
    ['dns', batchesOf(dns, records.dns ?? [])],
    ['dicom', batchesOf(dicom, records.dicom ?? [])],
    ['hl7', batchesOf(hl7, records.hl7 ?? [])],
    ['device', batchesOf(device, records.device ?? [])],
  ]);
  return name => batches.get(name) ?? [];
}

/** An inventory from the text below its first line. */
export function inventoryOf(text: string): Inventory {
  return parseInventory(`schema: medtap/inventory@1\n${text}`, 'site.yml');
}

// Hosts with the MAC prefix of their maker.
export const CT = ['10.20.30.31', '44:4b:5d:00:00:31'] as const;
export const PACS = ['10.20.30.40', '08:00:66:00:00:40'] as const;
export const VIEWER = ['10.20.30.41', '00:1d:4a:00:00:41'] as const;
export const ENGINE = ['10.20.10.25', '02:00:0a:14:0a:19'] as const;
export const CLOUD = '203.0.113.20';

/** A `conn` record after enrichment by what other records and an inventory say. */
export function enriched(
  record: RecordOf<typeof conn>,
  records: Records,
  inventory: Inventory = emptyInventory(),
): Record<string, Value> {
  const [batch] = batchesOf(conn, [record]);
  return buildDirectory(inventory, readerOf(records)).enrich(batch!).row(0);
}

/** A DIMSE operation that the originator asked for and the responder granted. */
export function dimse(
  time: number,
  orig: readonly [string, string],
  resp: readonly [string, string],
  more: RecordOf<typeof dicom>,
): RecordOf<typeof dicom> {
  return {
    ts: at(time),
    'id.orig_h': orig[0],
    'id.resp_h': resp[0],
    event: 'dimse',
    is_orig: true,
    status_category: 'success',
    ...more,
  };
}

/** `attribute value` of the evidence for a device. */
export function evidenceOf(device: Device | undefined): string[] {
  return (device?.evidence ?? []).map(({ attribute, value }) => `${attribute} ${value}`);
}
