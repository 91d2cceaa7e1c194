/**
 * Reads the records of a run and works out who is on the network, in passes that each need the one before:
 *
 * 1. `arp` and `conn`: which addresses send, with which MAC addresses, and which of these are routers' (`mac-survey`);
 * 2. the same again, only when an address had several MAC addresses of its own: which one when (`mac-history`);
 * 3. `dicom`, `hl7` and again `conn`: what each host does (`dicom-role`, `hl7-role`, `service-roles`), and `device`: what it
 *    says of itself; all credited to who the address was then;
 * 4. `dns`: the names under which clients reached addresses (`dns-names`).
 *
 * Streams and fields are read by name; a run without one of them recognises less. Memory is bounded by `limits.ts`.
 */
import type { Batch } from '../model/batch.ts';
import type { Inventory } from '../model/device.ts';
import { macOfEui64 } from '../net/address.ts';
import { boolOf, codesOf, numberOf, secondsOf, textOf } from './columns.ts';
import { EQUIPMENT_FIELDS, type EquipmentField } from './dicom-equipment.ts';
import { askingRole, DicomFacts, grantingRole, type Place, remember } from './dicom-role.ts';
import { DnsNames } from './dns-names.ts';
import { Hl7Facts, messageCode } from './hl7-role.ts';
import { type Host, Hosts } from './hosts.ts';
import { LimitCounts } from './limits.ts';
import { MacHistory } from './mac-history.ts';
import { claimSightings, flowSightings, InventoryIndex, MacSurvey } from './mac-survey.ts';
import { type AddressPlan, addressPlan } from './scope.ts';
import { REPORTED_ROLE, serviceRoles } from './service-roles.ts';

/** Records of a stream by its name, sorted by time; nothing for a stream without records. May be called repeatedly. */
export type ReadStream = (name: string) => Iterable<Batch>;

/** What the records of a run say about its hosts. */
export interface Recognition {
  readonly plan: AddressPlan;
  readonly survey: MacSurvey;
  readonly history: MacHistory;
  readonly hosts: Hosts;
  readonly names: DnsNames;
  readonly limits: LimitCounts;
}

/** Works out who is on the network. */
export function recognise(inventory: Inventory, read: ReadStream): Recognition {
  const limits = new LimitCounts();
  const plan = addressPlan(inventory);
  const index = new InventoryIndex(inventory);

  const survey = new MacSurvey(index, plan, limits);
  for (const batch of read('arp')) survey.addClaims(batch);
  for (const batch of read('conn')) survey.addFlows(batch);

  const history = new MacHistory(survey, limits);
  const { contested } = history;
  if (contested.size > 0) history.add(claimSightings(read('arp')), flowSightings(read('conn'), contested));

  const hosts = new Hosts(index, survey, history);
  for (const batch of read('dicom')) addDicom(batch, hosts);
  for (const batch of read('hl7')) addHl7(batch, hosts);
  for (const batch of read('device')) addIdentities(batch, hosts);
  for (const batch of read('conn')) addServices(batch, hosts);

  const names = new DnsNames(inventory, limits);
  for (const batch of read('dns')) names.add(batch);
  return { plan, survey, history, hosts, names, limits };
}

interface Pair {
  readonly orig: Host | undefined;
  readonly resp: Host | undefined;
}

/** Hosts of both sides of a record, by row. */
function pairOf(batch: Batch, hosts: Hosts): (row: number) => Pair {
  const seconds = secondsOf(batch);
  const [orig, resp] = [textOf(batch, 'id.orig_h'), textOf(batch, 'id.resp_h')];
  const hostAt = (ip: string | undefined, row: number) =>
    ip === undefined ? undefined : hosts.at(ip, seconds[row]!);
  return row => ({ orig: hostAt(orig(row), row), resp: hostAt(resp(row), row) });
}

/** Where a row was seen, by row. */
function placeOf(batch: Batch): (row: number) => Place {
  const frame = numberOf(batch, 'frame');
  const capture = textOf(batch, 'capture');
  return row => ({ frame: frame(row), capture: capture(row) });
}

/** What hosts say of themselves. */
function addIdentities(batch: Batch, hosts: Hosts): void {
  const seconds = secondsOf(batch);
  const place = placeOf(batch);
  const [host, mac] = [textOf(batch, 'host'), textOf(batch, 'mac')];
  const [attribute, value, source] = [
    textOf(batch, 'attribute'),
    textOf(batch, 'value'),
    textOf(batch, 'source'),
  ];
  const confidence = numberOf(batch, 'confidence');
  const behind = boolOf(batch, 'behind');
  for (let row = 0; row < batch.length; row++) {
    const time = seconds[row]!;
    const speaker = hosts.speaker(host(row), mac(row), time);
    const said = {
      attribute: attribute(row) ?? '',
      value: value(row) ?? '',
      source: source(row) ?? '',
      confidence: confidence(row) ?? 0,
      ...place(row),
      time,
    };
    const isBehind = behind(row) === true;
    const card = said.attribute === 'system_id' ? macOfEui64(said.value) : undefined;
    const owner = isBehind && card !== undefined ? hosts.speaker(undefined, card, time) : undefined;
    // The number names a host that was seen: that one made the observations, perhaps the speaker itself.
    if (owner !== undefined) {
      owner.note(said);
      owner.note({ ...said, attribute: 'role', value: REPORTED_ROLE });
    }
    if (owner === undefined || owner !== speaker) speaker?.note(isBehind ? { ...said, behind: true } : said);
  }
}

/** Which services hosts offer and use. */
function addServices(batch: Batch, hosts: Hosts): void {
  const services = codesOf(batch, 'service');
  if (services === undefined) return;
  const pair = pairOf(batch, hosts);
  const seconds = secondsOf(batch);
  const place = placeOf(batch);
  const port = numberOf(batch, 'id.resp_p');
  const sent = { orig: numberOf(batch, 'orig_pkts'), resp: numberOf(batch, 'resp_pkts') };
  const names = services.dict.map(text => text.split(','));
  for (let row = 0; row < batch.length; row++) {
    const code = services.codes[row]!;
    if (code === 0) continue;
    for (const name of names[code]!) {
      for (const { side, role } of serviceRoles(name, port(row))) {
        if (sent[side](row) === 0) continue;
        pair(row)[side]?.note({
          attribute: 'role',
          value: role,
          source: 'conn',
          confidence: 0.9,
          ...place(row),
          time: seconds[row]!,
        });
      }
    }
  }
}

const GRANTED = new Set(['success', 'pending', 'warning']);

function addDicom(batch: Batch, hosts: Hosts): void {
  const pair = pairOf(batch, hosts);
  const place = placeOf(batch);
  const byOrig = boolOf(batch, 'is_orig');
  const command = textOf(batch, 'command');
  const sopClass = textOf(batch, 'sop_class');
  const moveOriginator = textOf(batch, 'move_originator_ae');
  const status = textOf(batch, 'status_category');
  const modality = textOf(batch, 'modality');
  const equipment = (Object.keys(EQUIPMENT_FIELDS) as EquipmentField[]).map(
    field => [field, textOf(batch, field)] as const,
  );
  for (let row = 0; row < batch.length; row++) {
    const { orig, resp } = pair(row);
    const [asking, asked] = byOrig(row) === false ? [resp, orig] : [orig, resp];
    const operation = {
      command: command(row) ?? '',
      sopClass: sopClass(row) ?? '',
      forMove: moveOriginator(row) !== undefined,
      granted: GRANTED.has(status(row) ?? ''),
    };
    const role = askingRole(operation);
    if (asking && role !== undefined) {
      asking.dicom ??= new DicomFacts();
      asking.dicom.roles.add(role);
      asking.dicom.first ??= place(row);
      if (operation.command === 'C-STORE-RQ') {
        remember(asking.dicom.modalities, modality(row));
        for (const [field, value] of equipment) asking.dicom.equipment.add(field, value(row));
      }
    }
    const granting = grantingRole(operation);
    if (asked && granting !== undefined) {
      asked.dicom ??= new DicomFacts();
      asked.dicom.roles.add(granting);
      asked.dicom.first ??= place(row);
    }
  }
}

function addHl7(batch: Batch, hosts: Hosts): void {
  const pair = pairOf(batch, hosts);
  const byOrig = boolOf(batch, 'is_orig');
  const type = textOf(batch, 'message_type');
  const ack = textOf(batch, 'ack_code');
  const source = textOf(batch, 'source');
  const place = placeOf(batch);
  for (let row = 0; row < batch.length; row++) {
    // File servers and brokers only pass messages on.
    if (source(row) !== undefined && source(row) !== 'HTTP') continue;
    const { orig, resp } = pair(row);
    const [sender, receiver] = byOrig(row) === false ? [resp, orig] : [orig, resp];
    const code = messageCode(type(row));
    const [sent, received] = [sender, receiver].map(host => hl7FactsOf(host, place(row)));
    if (ack(row) !== undefined || code === 'ACK') {
      if (sent) sent.acknowledges = true;
      continue;
    }
    if (sent) remember(sent.sent, code);
    if (received) remember(received.received, code);
  }
}

function hl7FactsOf(host: Host | undefined, place: Place): Hl7Facts | undefined {
  if (host === undefined) return undefined;
  host.hl7 ??= new Hl7Facts();
  host.hl7.first ??= place;
  return host.hl7;
}
