/**
 * What a host does in DICOM (PS3.4), and what that makes of it. Roles show in who asks for which operation and who grants
 * it; a modality stores and asks for work lists, an archive answers queries and takes what is stored, a workstation
 * queries and is where a C-MOVE sends to. What a host calls itself there, and its equipment, are `device` records.
 */
import type { Evidence } from '../model/device.ts';
import { DEVICE_LIMITS } from './limits.ts';

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
  if (value !== undefined && value !== '' && values.size < DEVICE_LIMITS.evidenceValues) values.add(value);
}

/** It passes on what others made: equipment named in what it stores is not itself. */
export function isArchive({ roles }: DicomFacts): boolean {
  return roles.has('answers-query') || roles.has('accepts-store') || roles.has('stores-for-move');
}

/** What the facts are evidence of. */
export function dicomEvidence(facts: DicomFacts): Evidence[] {
  const { roles, first } = facts;
  const evidence: Evidence[] = [];
  const add = (attribute: string, value: string, confidence: number) =>
    evidence.push({ attribute, value, source: 'dicom', confidence, ...first });

  if (roles.has('answers-query')) add('type', 'pacs', 0.8);
  else if (roles.has('stores-for-move')) add('type', 'pacs', 0.7);
  else if (roles.has('accepts-store')) add('type', 'pacs', 0.6);
  if (roles.has('answers-worklist')) add('type', 'ris', 0.7);
  if (!isArchive(facts)) addRequestor(facts, add);

  for (const role of roles) add('role', `dicom ${role}`, 0.9);
  return evidence;
}

function addRequestor(
  facts: DicomFacts,
  add: (attribute: string, value: string, confidence: number) => void,
): void {
  const { roles, modalities } = facts;
  if (roles.has('stores')) {
    const types = new Set(Array.from(modalities, modality => TYPE_OF_MODALITY.get(modality) ?? 'imaging'));
    const images = [...types].filter(type => type !== 'dicom-workstation');
    // Equipment makes one kind of image, and structured reports besides.
    if (images.length === 1) add('type', images[0]!, 0.7);
    else if (images.length > 1) add('type', 'imaging', 0.5);
    else if (types.size > 0) add('type', 'dicom-workstation', 0.5);
    else add('type', 'imaging', 0.6);
  } else if (roles.has('asks-worklist')) add('type', 'imaging', 0.6);
  else if (roles.has('accepts-move-store') || roles.has('asks-query')) add('type', 'dicom-workstation', 0.6);
}
