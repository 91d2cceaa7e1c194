/**
 * DICOM files (PS3.10 section 7.1) in any carrier: preamble, prefix, file meta information, and of the data set what
 * `content.ts` reads of one. Recognised by the prefix `DICM` behind 128 bytes that may be anything: a TIFF header is
 * legitimate there, a header of a program makes the file both a picture and a program (CVE-2019-11687).
 *
 * Not read: data sets without preamble and prefix, as some programs write them. Limits: `MAX_META` and those of
 * `dataset.ts`; one record per file, given out when its data set has said what it can.
 */
import { startsWith, u16le, u32le } from '../../../bytes/read.ts';
import { latin1 } from '../../../bytes/text.ts';
import type { FlowContext, Verdict } from '../../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../../model/schema.ts';
import { type Assembly, append, isFull, newAssembly } from '../assembly.ts';
import type { Carrier, Payload, PayloadReader } from '../payload.ts';
import { type Coding, DatasetContent } from './content.ts';
import { DatasetReader } from './dataset.ts';
import type { DicomFileFacts } from './dicomweb.ts';
import { reportEquipment } from './equipment.ts';
import { DEFLATED, EXPLICIT_LITTLE, encodingOf, uidName } from './uids.ts';
import { hasPath, isUid, paddedText, uidText } from './values.ts';

const PREAMBLE = 128;
const PREFIX = 'DICM';
/** Preamble, prefix, and the element that says how long the file meta information is. */
const HEAD = PREAMBLE + PREFIX.length + 12;
/** File meta information has a few hundred bytes. */
const MAX_META = 16 * 1024;
const META_GROUP = 0x0002;

/** One line per DICOM file. */
export const dicomFileStream = flowStream(
  'dicom_file',
  'One line per DICOM file carried by another protocol: HTTP and DICOMweb, FTP, SMB, TFTP, mail.',
  {
    source: f.string('Protocol that carried it, as in files.'),
    fuid: f.string('The file in files.'),
    preamble: f.enum(
      'What the 128 bytes before the prefix hold: empty (zeros), tiff, executable (the file is a program as well) or other.',
    ),
    transfer_syntax: f.string('Encoding of the data set, by name or else UID.', 'text'),
    sop_class: f.string('SOP class of the object, by name or else UID.', 'text'),
    sop_class_uid: f.string('SOP class UID of the object.', 'text'),
    source_ae: f.string('Application entity title that wrote or sent the file.', 'text'),
    implementation_class_uid: f.string('Software that wrote the file: implementation class UID.', 'text'),
    implementation_version: f.string('Software that wrote the file: implementation version name.', 'text'),
    phi_kinds: f.stringSet(
      'Kinds of patient identifiers in it; private for private elements, which may hold anything.',
    ),
    private_elements: f.count('Private (odd group) elements read.'),
    modality: f.string('Modality of the object.', 'text'),
    manufacturer: f.string('Manufacturer of the equipment that made it.', 'text'),
    model: f.string('Model name of that equipment.', 'text'),
    station_name: f.string('Station name of that equipment.', 'text'),
    station_ae: f.string('Application entity title of that equipment.', 'text'),
    device_serial: f.string('Serial number of that equipment.', 'text'),
    software_versions: f.string('Software versions of that equipment.', 'text'),
  },
);

/** What the preamble holds. */
function preambleOf(bytes: Uint8Array): string {
  const first = u32le(bytes, 0);
  if (latin1(bytes, 0, 2) === 'MZ' || latin1(bytes, 0, 2) === '#!') return 'executable';
  // ELF; Mach-O of both word sizes and byte orders, and for several processors.
  if ([0x464c457f, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xbebafeca].includes(first))
    return 'executable';
  // TIFF and BigTIFF of both byte orders.
  if ([0x002a4949, 0x2a004d4d, 0x002b4949, 0x2b004d4d].includes(first)) return 'tiff';
  return bytes.subarray(0, PREAMBLE).every(byte => byte === 0) ? 'empty' : 'other';
}

class FileReader implements PayloadReader {
  readonly #flow: FlowContext;
  readonly #carrier: Carrier;
  readonly #record: RecordOf<typeof dicomFileStream>;
  #head: Assembly | undefined = newAssembly(HEAD);
  #meta: Assembly | undefined;
  #content: DatasetContent | undefined;
  #done = false;

  constructor(flow: FlowContext, carrier: Carrier) {
    this.#flow = flow;
    this.#carrier = carrier;
    this.#record = { ts: flow.now, frame: flow.frame };
  }

  get wanted(): number {
    return this.#done ? 0 : Number.POSITIVE_INFINITY;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    if (this.#head !== undefined) {
      at += append(this.#head, bytes, at, to);
      if (isFull(this.#head)) this.#beginMeta(this.#head.bytes);
    }
    if (this.#meta !== undefined) {
      at += append(this.#meta, bytes, at, to);
      if (isFull(this.#meta)) this.#beginDataset(this.#meta);
    }
    if (this.#content === undefined || at >= to) return;
    this.#content.feed(bytes, at, to);
    if (this.#content.skip === Number.POSITIVE_INFINITY) this.#finish(false);
  }

  miss(length: number): void {
    if (this.#content === undefined) this.#finish(false);
    else {
      this.#content.miss(length);
      if (this.#content.skip === Number.POSITIVE_INFINITY) this.#finish(false);
    }
  }

  end(complete: boolean): void {
    this.#finish(complete);
  }

  /** The head is there; the length of the file meta information is not counted in itself. */
  #beginMeta(head: Uint8Array): void {
    this.#record.preamble = preambleOf(head);
    this.#head = undefined;
    const at = HEAD - 12;
    const isLength = u16le(head, at) === META_GROUP && u16le(head, at + 2) === 0;
    const length = u32le(head, at + 8);
    if (isLength && length > 0 && length <= MAX_META) this.#meta = newAssembly(length);
    else {
      this.#flow.weird('dicom_malformed_file');
      this.#finish(false);
    }
  }

  #beginDataset(meta: Assembly): void {
    this.#meta = undefined;
    const record = this.#record;
    let syntax: string | undefined;
    const reader = new DatasetReader(EXPLICIT_LITTLE, (group, element, _depth, bytes, from, to) => {
      if (group !== META_GROUP) return;
      if (element === 0x0002) record.sop_class_uid = uidText(bytes, from, to);
      else if (element === 0x0003) this.#checkUid(uidText(bytes, from, to));
      else if (element === 0x0010) syntax = uidText(bytes, from, to);
      else if (element === 0x0012) record.implementation_class_uid = uidText(bytes, from, to);
      else if (element === 0x0013) record.implementation_version = paddedText(bytes, from, to);
      else if (element === 0x0016) record.source_ae = paddedText(bytes, from, to);
    });
    reader.feed(meta.bytes, 0, meta.length);
    if (reader.finish() !== 'complete') this.#flow.weird('dicom_malformed_file');
    if (syntax !== undefined) record.transfer_syntax = uidName(syntax);
    const coding = codingOf(syntax);
    if (coding === undefined) this.#finish(false);
    else this.#content = new DatasetContent(coding, 'object', { bytes: 0 });
  }

  #checkUid(uid: string | undefined): void {
    if (uid === undefined || isUid(uid)) return;
    this.#flow.weird('dicom_invalid_uid');
    if (hasPath(uid)) this.#flow.weird('dicom_path_traversal');
  }

  #finish(isWhole: boolean): void {
    if (this.#done) return;
    this.#done = true;
    this.#head = undefined;
    this.#meta = undefined;
    const facts = this.#content?.finish();
    const record = this.#record;
    if (facts?.invalidUid) this.#flow.weird('dicom_invalid_uid');
    if (facts?.pathInUid) this.#flow.weird('dicom_path_traversal');
    if (facts?.end === 'too_deep') this.#flow.weird('dicom_dataset_depth');
    if (facts?.end === 'limit') this.#flow.weird('dicom_dataset_limit');
    if (facts?.end === 'malformed' || (facts?.end === 'cut' && isWhole))
      this.#flow.weird('dicom_malformed_dataset');
    record.sop_class_uid ??= facts?.sopClass;
    if (record.sop_class_uid !== undefined) record.sop_class = uidName(record.sop_class_uid);
    if (facts?.end !== undefined) {
      const kinds = [
        ...facts.items.map(item => item.kind),
        ...(facts.privateElements > 0 ? ['private'] : []),
      ];
      Object.assign(record, facts.equipment);
      record.phi_kinds = kinds.length > 0 ? kinds.sort() : undefined;
      record.private_elements = facts.privateElements;
      // Whoever passes files on need not have made them.
      reportEquipment(this.#flow, this.#carrier.side, facts.equipment, true);
      if (facts.items.length > 0)
        this.#flow.phi({ protocol: 'dicom', carrier: record.sop_class ?? 'DICOM file', items: facts.items });
    }
    const found: DicomFileFacts = { kind: 'dicom-file', phiKinds: record.phi_kinds ?? [] };
    this.#carrier.collect?.(found);
    this.#flow.emit(dicomFileStream, record);
  }
}

function codingOf(syntax: string | undefined): Coding | undefined {
  if (syntax === undefined) return 'unknown';
  return syntax === DEFLATED ? 'deflated' : encodingOf(syntax);
}

/** DICOM files in any carrier. */
export const dicomPayload: Payload = {
  name: 'dicom',
  streams: [dicomFileStream],
  probe(head, _carrier, whole): Verdict {
    if (head.length < HEAD) return whole ? 'no' : 'unsure';
    return startsWith(head, PREAMBLE, head.length, PREFIX) ? 'match' : 'no';
  },
  open: (flow, carrier) => new FileReader(flow, carrier),
};
