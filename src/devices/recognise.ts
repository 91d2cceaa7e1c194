/**
 * Reads the records of a run and works out who is on the network, in passes that each need the one before:
 *
 * 1. `arp` and `conn`: which addresses send, with which MAC addresses, and which of these are routers' (`mac-survey`);
 * 2. the same again, only when an address had several MAC addresses of its own: which one when (`mac-history`);
 * 3. `dicom` and `hl7`: what each host does and says (`dicom-role`, `hl7-role`), credited to who the address was then;
 * 4. `dns`: the names under which clients reached addresses (`dns-names`).
 *
 * Streams and fields are read by name; a run without one of them recognises less. Memory is bounded by `limits.ts`.
 */
import type { Batch } from '../model/batch.ts';
import type { Inventory } from '../model/device.ts';
import { boolOf, secondsOf, textOf } from './columns.ts';
import { askingRole, grantingRole, remember } from './dicom-role.ts';
import { DnsNames } from './dns-names.ts';
import { messageCode } from './hl7-role.ts';
import { type Host, Hosts } from './hosts.ts';
import { LimitCounts } from './limits.ts';
import { MacHistory } from './mac-history.ts';
import { claimSightings, flowSightings, InventoryIndex, MacSurvey } from './mac-survey.ts';
import { type AddressPlan, addressPlan } from './scope.ts';

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

const GRANTED = new Set(['success', 'pending', 'warning']);

function addDicom(batch: Batch, hosts: Hosts): void {
  const pair = pairOf(batch, hosts);
  const event = textOf(batch, 'event');
  const byOrig = boolOf(batch, 'is_orig');
  const result = textOf(batch, 'result');
  const [calling, called] = [textOf(batch, 'calling_ae'), textOf(batch, 'called_ae')];
  const command = textOf(batch, 'command');
  const sopClass = textOf(batch, 'sop_class');
  const moveOriginator = textOf(batch, 'move_originator_ae');
  const status = textOf(batch, 'status_category');
  const modality = textOf(batch, 'modality');
  const station = textOf(batch, 'station_name');
  const manufacturer = textOf(batch, 'manufacturer');
  const model = textOf(batch, 'model');
  for (let row = 0; row < batch.length; row++) {
    const { orig, resp } = pair(row);
    const [asking, asked] = byOrig(row) === false ? [resp, orig] : [orig, resp];
    if (event(row) === 'associate') {
      if (asking) remember(asking.dicom.titles, calling(row));
      // Whoever answered at this address calls itself so only if it accepted the name.
      if (asked && result(row) === 'accepted') remember(asked.dicom.titles, called(row));
    }
    const operation = {
      command: command(row) ?? '',
      sopClass: sopClass(row) ?? '',
      forMove: moveOriginator(row) !== undefined,
      granted: GRANTED.has(status(row) ?? ''),
    };
    const role = askingRole(operation);
    if (asking && role !== undefined) asking.dicom.roles.add(role);
    if (asking) {
      remember(asking.dicom.modalities, modality(row));
      remember(asking.dicom.stations, station(row));
      remember(asking.dicom.manufacturers, manufacturer(row));
      remember(asking.dicom.models, model(row));
    }
    const granting = grantingRole(operation);
    if (asked && granting !== undefined) asked.dicom.roles.add(granting);
  }
}

function addHl7(batch: Batch, hosts: Hosts): void {
  const pair = pairOf(batch, hosts);
  const byOrig = boolOf(batch, 'is_orig');
  const type = textOf(batch, 'message_type');
  const ack = textOf(batch, 'ack_code');
  const application = textOf(batch, 'sending_app');
  for (let row = 0; row < batch.length; row++) {
    const { orig, resp } = pair(row);
    const [sender, receiver] = byOrig(row) === false ? [resp, orig] : [orig, resp];
    const code = messageCode(type(row));
    if (sender) remember(sender.hl7.applications, application(row));
    if (ack(row) !== undefined || code === 'ACK') {
      if (sender) sender.hl7.acknowledges = true;
      continue;
    }
    if (sender) remember(sender.hl7.sent, code);
    if (receiver) remember(receiver.hl7.received, code);
  }
}
