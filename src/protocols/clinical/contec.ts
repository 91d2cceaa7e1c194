/**
 * The stream of Contec CMS8000 bedside monitors (also sold under other names, such as Epsimed MN-120) to their central
 * station: one `contec` record per patient and direction, with what kinds of blocks came and how many. A block is
 *
 *      0  length of the rest (u16, little endian)    2  05    3  type    4  data
 *
 * Types: 3E patient, 45 bed, 46 measurements of one lead, 47 synchronisation, 43 unknown (both empty), 49 error. There is no
 * public specification: layout and types are those that published decoders of the stream agree on. Recognised by content on
 * any port (monitors use 515 to 520, which is why it must not be taken for LPD): `PROBE_BLOCKS` blocks in a row with the
 * lengths and zeros of their types.
 *
 * Identifiers of the patient block become tokens; the measurements are not read, nor is the text of an error.
 * Limits: `MAX_BLOCK`; `KEEP` bytes of a block are looked at.
 */

import { u16le } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import type { PhiKind } from '../../model/identifiers.ts';
import { secondsBetween } from '../../model/moment.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  otherSide,
  type PhiItem,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment, type Token } from '../../model/schema.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';

/** Longest block that is believed; the longest known, of ECG, has about 1000 bytes. */
const MAX_BLOCK = 4096;
/** Covers the patient block up to the name of the doctor. */
const KEEP = 256;
const HEAD = 4;
const MARK = 0x05;

const PATIENT = 0x3e;
const START = 0x43;
const BED = 0x45;
const MEASUREMENTS = 0x46;
const SYNC = 0x47;
const ERROR = 0x49;

const LEADS: Readonly<Record<number, string>> = { 20: 'ecg', 21: 'spo2', 22: 'nibp', 23: 'temperature' };

const PROBE_BYTES = 2048;
const PROBE_BLOCKS = 3;
/** Measurements fill what a probe is shown with two blocks. */
const PROBE_BLOCKS_IN_ALL = 2;

export const contecStream = flowStream(
  'contec',
  'One line per patient and direction of the stream of a Contec CMS monitor to its central station.',
  {
    is_orig: f.bool('The originator sent the blocks.'),
    department: f.string('Department that the monitor is set to.', 'text'),
    bed: f.count('Bed number that the monitor is set to.'),
    patient: f.token('Number of the patient, else the name, as a token.', 'phi'),
    leads: f.stringSet('What was measured: ecg (with respiration), spo2, nibp, temperature, other.'),
    duration: f.interval('From the first to the last block.'),
    blocks: f.count('Blocks.'),
    patient_blocks: f.count('Blocks about the patient (3E).'),
    bed_blocks: f.count('Blocks with the bed number (45).'),
    measurement_blocks: f.count('Blocks of measurements (46).'),
    sync_blocks: f.count('Empty blocks that keep the connection (47).'),
    error_blocks: f.count('Error messages (49).'),
    other_blocks: f.count('Blocks of other types.'),
  },
);

interface Line {
  readonly ts: Moment;
  readonly frame: number;
  last: Moment;
  department: string | undefined;
  bed: number | undefined;
  patient: Token | undefined;
  readonly leads: Set<string>;
  blocks: number;
  readonly byType: Map<number, number>;
}

interface Side {
  line: Line | undefined;
  readonly pdus: Pdus;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Side, Side];
}

function probe({ orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  let at = 0;
  let blocks = 0;
  while (at < bytes.length) {
    const size = sizeOf(bytes, at, bytes.length);
    if (size === NO_PDU || !isBlock(bytes, at, size)) return 'no';
    if (size === NEED_MORE || at + size > bytes.length) break;
    if (++blocks === PROBE_BLOCKS) return 'match';
    at += size;
  }
  return bytes.length >= PROBE_BYTES && blocks >= PROBE_BLOCKS_IN_ALL ? 'match' : 'unsure';
}

/** Size of the block at `at` with its head; what cannot be the head of one is known as early as possible. */
function sizeOf(bytes: Uint8Array, at: number, end: number): number {
  const left = end - at;
  if (left > 1 && (u16le(bytes, at) < 2 || u16le(bytes, at) > MAX_BLOCK)) return NO_PDU;
  if (left > 2 && bytes[at + 2] !== MARK) return NO_PDU;
  return left < HEAD ? NEED_MORE : 2 + u16le(bytes, at);
}

/** Whether what is there of a block fits its type; `size` is 0 while it is not known. */
function isBlock(bytes: Uint8Array, at: number, size: number): boolean {
  if (size === 0) return true;
  const data = at + HEAD;
  const zero = (...offsets: number[]): boolean =>
    offsets.every(offset => data + offset >= bytes.length || bytes[data + offset] === 0);
  switch (bytes[at + 3]) {
    case PATIENT:
      return size - HEAD > DOCTOR.at && zero(0x20, 0x21);
    case START:
    case SYNC:
      return size === HEAD;
    case BED:
      return size === HEAD + 4 && zero(0, 1) && (data + 3 >= bytes.length || bytes[data + 3] === 0xff);
    case MEASUREMENTS:
      return size >= HEAD + 4 && zero(0, 1, 3);
    case ERROR:
      return size > HEAD;
    default:
      return false;
  }
}

function pdusOf(flow: FlowContext, take: Pdus['take']): Pdus {
  return { keep: KEEP, sizeOf, take, lost: passSegment(() => flow.weird('contec_invalid_block')) };
}

function open(flow: FlowContext): State {
  const side = (direction: Direction): Side => ({
    line: undefined,
    pdus: pdusOf(flow, (bytes, at, end, size) => {
      take(state, direction, bytes, at, end, size);
      return true;
    }),
  });
  const state: State = { flow, sides: [side(0), side(1)] };
  return state;
}

function take(
  state: State,
  direction: Direction,
  bytes: Uint8Array,
  at: number,
  end: number,
  size: number,
): void {
  const { flow } = state;
  const type = bytes[at + 3]!;
  const data = at + HEAD;
  if (!isBlock(bytes.subarray(0, end), at, size) && KNOWN.has(type)) flow.weird('contec_unexpected_block');
  const patient = type === PATIENT ? patientOf(flow, bytes, data, end) : undefined;
  const side = state.sides[direction];
  if (patient?.token !== undefined && side.line?.patient !== undefined) {
    if (side.line.patient.digest !== patient.token.digest) finish(state, direction);
  }
  const known = side.line?.patient;
  side.line ??= newLine(flow);
  const { line } = side;
  line.last = flow.now;
  line.blocks++;
  line.byType.set(KNOWN.has(type) ? type : 0, (line.byType.get(KNOWN.has(type) ? type : 0) ?? 0) + 1);
  if (type === BED && end - data > 2) line.bed ??= bytes[data + 2]!;
  if (type === MEASUREMENTS && end - data > 2) line.leads.add(LEADS[bytes[data + 2]!] ?? 'other');
  if (patient === undefined) return;
  line.department ??= patient.department;
  line.bed ??= patient.bed;
  line.patient = patient.token ?? line.patient;
  identify(flow, direction, patient);
  // The block is sent again and again; it is told once per patient.
  if (patient.token !== undefined && known?.digest !== patient.token.digest)
    flow.phi({ protocol: 'contec', carrier: 'patient block', items: patient.items });
}

/** The same protocol is spoken by the model under other labels, so the vendor is a hint. */
function identify(flow: FlowContext, side: Direction, { department, bed }: Patient): void {
  flow.identity({ side, attribute: 'type', value: 'patient-monitor' });
  flow.identity({ side, attribute: 'vendor', value: 'Contec', confidence: 0.3 });
  const receiver = otherSide(side);
  flow.identity({ side: receiver, attribute: 'type', value: 'central-station', confidence: 0.5 });
  const place = [department, bed ? `bed ${bed}` : undefined].filter(part => part !== undefined);
  flow.identity({ side, attribute: 'location', value: place.join(', ') });
}

const KNOWN = new Set([PATIENT, BED, MEASUREMENTS, SYNC, ERROR]);

/** A field of the patient block: offset in its data and length. */
interface Place {
  readonly at: number;
  readonly length: number;
}
const DEPARTMENT: Place = { at: 0, length: 0x20 };
const PATIENT_BED = 0x22;
const NAME: Place = { at: 0x23, length: 0x20 };
const NUMBER: Place = { at: 0x43, length: 0x20 };
const BIRTH: Place = { at: 0x7c, length: 11 };
const DOCTOR: Place = { at: 0x8d, length: 0x20 };

interface Patient {
  readonly department: string | undefined;
  readonly bed: number | undefined;
  readonly token: Token | undefined;
  readonly items: readonly PhiItem[];
}

function patientOf(flow: FlowContext, bytes: Uint8Array, data: number, end: number): Patient {
  const field = ({ at, length }: Place): Uint8Array =>
    trimmed(bytes, Math.min(data + at, end), Math.min(data + at + length, end));
  const number = field(NUMBER);
  const name = field(NAME);
  const birth = dateOf(
    bytes.subarray(Math.min(data + BIRTH.at, end), Math.min(data + BIRTH.at + BIRTH.length, end)),
  );
  const doctor = field(DOCTOR);
  const found: { kind: PhiKind; value: Uint8Array }[] = [
    { kind: 'mrn', value: number },
    { kind: 'patient_name', value: name },
    { kind: 'birth_date', value: birth },
    { kind: 'physician_name', value: doctor },
  ];
  const items = found.flatMap(({ kind, value }) => (value.length > 0 ? [{ kind, values: [value] }] : []));
  const first = found[number.length > 0 ? 0 : 1]!;
  const department = latin1(field(DEPARTMENT));
  return {
    department: department === '' ? undefined : department,
    bed: data + PATIENT_BED < end ? bytes[data + PATIENT_BED] : undefined,
    token: first.value.length > 0 ? flow.token(first.kind, first.value) : undefined,
    items,
  };
}

/** A text that ends at its first NUL, without blanks around it; a copy. */
function trimmed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  let start = from;
  while (start < to && bytes[start] === 0x20) start++;
  let end = start;
  while (end < to && bytes[end] !== 0) end++;
  while (end > start && bytes[end - 1] === 0x20) end--;
  return bytes.slice(start, end);
}

/** Year, month and day in texts of 5, 3 and 3 bytes, written as HL7 and DICOM write a date; empty when there is none. */
function dateOf(bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, 5), bytes.subarray(5, 8), bytes.subarray(8, 11)].map(part =>
    latin1(trimmed(part, 0, part.length)),
  );
  if (!parts.every(part => /^\d{1,4}$/.test(part) && Number(part) > 0)) return new Uint8Array(0);
  const [year = '', month = '', day = ''] = parts;
  return Buffer.from(`${year.padStart(4, '0')}${month.padStart(2, '0')}${day.padStart(2, '0')}`, 'latin1');
}

function newLine({ now, frame }: FlowContext): Line {
  return {
    ts: now,
    frame,
    last: now,
    department: undefined,
    bed: undefined,
    patient: undefined,
    leads: new Set(),
    blocks: 0,
    byType: new Map(),
  };
}

function finish({ flow, sides }: State, direction: Direction): void {
  const { line } = sides[direction];
  if (line === undefined) return;
  sides[direction].line = undefined;
  const count = (type: number): number => line.byType.get(type) ?? 0;
  flow.emit(contecStream, {
    ts: line.ts,
    frame: line.frame,
    is_orig: direction === ORIG,
    department: line.department,
    bed: line.bed,
    patient: line.patient,
    leads: line.leads.size > 0 ? [...line.leads].sort() : undefined,
    duration: secondsBetween(line.ts, line.last),
    blocks: line.blocks,
    patient_blocks: count(PATIENT),
    bed_blocks: count(BED),
    measurement_blocks: count(MEASUREMENTS),
    sync_blocks: count(SYNC),
    error_blocks: count(ERROR),
    other_blocks: count(0),
  });
}

function close(state: State): void {
  finish(state, 0);
  finish(state, 1);
}

export const contec = defineProtocol<State>({
  name: 'contec',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: KEEP * 2,
  streams: [contecStream],
  probe,
  open,
  feed(state, direction, bytes, from, to) {
    const consumed = feedPdus(state.sides[direction].pdus, bytes, from, to);
    if (consumed === DONE) finish(state, direction);
    return consumed;
  },
  // Bytes that waited are gone; the next segment is tried as the beginning of a block.
  gap: () => undefined,
  close,
});
