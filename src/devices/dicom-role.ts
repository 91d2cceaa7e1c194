/**
 * What a host does in DICOM (PS3.4), and what that makes of it. Roles show in who asks for which operation and who grants
 * it; a modality stores and asks for work lists, an archive answers queries and takes what is stored, a workstation
 * queries and is where a C-MOVE sends to. To take what is stored is no sign of an archive: workstations, gateways and relays do.
 * What a host calls itself there is in `device` records; whose equipment these name, `dicom-ownership.ts` decides.
 */
import type { Evidence } from '../model/device.ts';
import { EquipmentNamed } from './dicom-equipment.ts';
import { DEVICE_LIMITS } from './limits.ts';
import { FORWARDS_ROLE } from './service-roles.ts';

/** Where something was seen. */
export interface Place {
  readonly frame: number | undefined;
  readonly capture: string | undefined;
}

/** Roles seen, each once or more. */
export type DicomRole =
  | 'stores'
  | 'stores-for-move'
  | 'accepts-store'
  | 'accepts-move-store'
  | 'answers-query'
  | 'answers-worklist'
  | 'asks-query'
  | 'asks-worklist';

/** What a host did and said in DICOM. */
export class DicomFacts {
  readonly roles = new Set<DicomRole>();
  readonly modalities = new Set<string>();
  /** What the objects it stores say of the equipment that made them. */
  readonly equipment = new EquipmentNamed();
  /** Where it did something first. */
  first: Place | undefined;
}

/** One DIMSE operation with its outcome, as seen from either side. */
export interface DicomOperation {
  readonly command: string;
  readonly sopClass: string;
  readonly forMove: boolean;
  /** The peer granted it: status success, pending or warning. */
  readonly granted: boolean;
}

/** Role of who asked for an operation; undefined when it says nothing. */
export function askingRole(operation: DicomOperation): DicomRole | undefined {
  switch (operation.command) {
    case 'C-STORE-RQ':
      return operation.forMove ? 'stores-for-move' : 'stores';
    case 'C-FIND-RQ':
      return isWorklist(operation) ? 'asks-worklist' : 'asks-query';
    case 'C-MOVE-RQ':
    case 'C-GET-RQ':
      return 'asks-query';
    default:
      return undefined;
  }
}

/** Role of who was asked; undefined when it refused, did not answer, or the operation says nothing. */
export function grantingRole(operation: DicomOperation): DicomRole | undefined {
  if (!operation.granted) return undefined;
  switch (operation.command) {
    case 'C-STORE-RQ':
      return operation.forMove ? 'accepts-move-store' : 'accepts-store';
    case 'C-FIND-RQ':
      return isWorklist(operation) ? 'answers-worklist' : 'answers-query';
    case 'C-MOVE-RQ':
    case 'C-GET-RQ':
      return 'answers-query';
    default:
      return undefined;
  }
}

function isWorklist(operation: DicomOperation): boolean {
  return /worklist/i.test(operation.sopClass);
}

/** Modalities of PS3.3 section C.7.3.1.1.1 by the type of equipment that makes them; others are `imaging`. */
const TYPE_OF_MODALITY: ReadonlyMap<string, string> = new Map([
  ['CT', 'ct'],
  ['MR', 'mr'],
  ['CR', 'xray'],
  ['DX', 'xray'],
  ['RF', 'xray'],
  ['RG', 'xray'],
  ['XA', 'xray'],
  ['US', 'ultrasound'],
  ['IVUS', 'ultrasound'],
  ['MG', 'mammography'],
  ['NM', 'nuclear'],
  ['PT', 'nuclear'],
  ['ES', 'endoscopy'],
  ['ECG', 'ecg'],
  ['HD', 'ecg'],
  ['EEG', 'eeg'],
  ['IO', 'dental'],
  ['PX', 'dental'],
  ['RTIMAGE', 'radiotherapy'],
  ['RTDOSE', 'radiotherapy'],
  ['RTPLAN', 'radiotherapy'],
  ['RTRECORD', 'radiotherapy'],
  // Made by people at a reading station.
  ['PR', 'dicom-workstation'],
  ['KO', 'dicom-workstation'],
  ['SR', 'dicom-workstation'],
  ['SEG', 'dicom-workstation'],
  ['REG', 'dicom-workstation'],
  ['RTSTRUCT', 'dicom-workstation'],
]);

/** Remembers a value unless there are many already. */
export function remember(values: Set<string>, value: string | undefined): void {
  if (value !== undefined && value !== '' && values.size < DEVICE_LIMITS.equipmentValues) values.add(value);
}

/** It passes on what others made: equipment named in what it stores is not itself. */
export function isArchive({ roles }: DicomFacts): boolean {
  return roles.has('answers-query') || roles.has('accepts-store') || roles.has('stores-for-move');
}

/** Machines that make two kinds of images, by what they are called: PET/CT, SPECT/CT, PET/MR, a linac with its own CT. */
const HYBRIDS: readonly (readonly [string, string])[] = [
  ['nuclear', 'ct'],
  ['nuclear', 'mr'],
  ['radiotherapy', 'ct'],
];

/**
 * Types of equipment that make the images of some modalities: one for one machine. What people make at a reading station
 * does not count, and a modality without a type of its own (`OT`) only when there is no other.
 */
export function imageKinds(modalities: ReadonlySet<string>): string[] {
  const kinds = new Set(Array.from(modalities, modality => TYPE_OF_MODALITY.get(modality) ?? 'imaging'));
  kinds.delete('dicom-workstation');
  if (kinds.size > 1) kinds.delete('imaging');
  if (kinds.size === 2) {
    const hybrid = HYBRIDS.find(pair => pair.every(kind => kinds.has(kind)));
    if (hybrid !== undefined) return [hybrid[0]];
  }
  return [...kinds];
}

/** Its objects were made by several pieces of equipment: it forwards them. */
export function isForwarder(facts: DicomFacts): boolean {
  return facts.equipment.isSeveral || imageKinds(facts.modalities).length > 1;
}

/** Whose equipment made what a host stores; `dicom-ownership.ts`. */
export type Ownership = 'own' | 'perhaps' | 'others';

/** Below what a type needs: the hint of a host that only takes what is stored, which many do. */
const ACCEPTS = 0.4;
/** Below what a type needs: it stores images of one machine, and nothing but these says that it is that machine. */
const PERHAPS = 0.45;

/**
 * What the facts are evidence of.
 * @param whose whose equipment made what it stores
 */
export function dicomEvidence(facts: DicomFacts, whose: Ownership): Evidence[] {
  const { roles, first } = facts;
  const evidence: Evidence[] = [];
  const add = (attribute: string, value: string, confidence: number) =>
    evidence.push({ attribute, value, source: 'dicom', confidence, ...first });

  if (roles.has('answers-query')) add('type', 'pacs', 0.8);
  else if (roles.has('stores-for-move')) add('type', 'pacs', 0.7);
  else {
    if (roles.has('accepts-store'))
      for (const type of ['pacs', 'dicom-workstation']) add('type', type, ACCEPTS);
    if (roles.has('stores') && isForwarder(facts)) add('role', FORWARDS_ROLE, 0.9);
  }
  if (roles.has('answers-worklist')) add('type', 'ris', 0.7);
  if (!isArchive(facts)) addRequestor(facts, whose, add);

  for (const role of roles) add('role', `dicom ${role}`, 0.9);
  return evidence;
}

function addRequestor(
  facts: DicomFacts,
  whose: Ownership,
  add: (attribute: string, value: string, confidence: number) => void,
): void {
  const { roles, modalities } = facts;
  if (roles.has('stores')) {
    if (whose === 'others') return;
    const most = whose === 'own' ? 1 : PERHAPS;
    const [kind] = imageKinds(modalities);
    // Reports and the like come besides.
    if (kind !== undefined) add('type', kind, Math.min(most, 0.7));
    else if (modalities.size > 0) add('type', 'dicom-workstation', Math.min(most, 0.5));
    else add('type', 'imaging', Math.min(most, 0.6));
  } else if (roles.has('asks-worklist')) add('type', 'imaging', 0.6);
  else if (roles.has('accepts-move-store') || roles.has('asks-query')) add('type', 'dicom-workstation', 0.6);
}
