/**
 * What a data set says about patients and about equipment: which kinds of identifiers it holds and their values (for
 * tokens, never for records), and the identity of the device that made the object.
 *
 * The tags are those of PS3.6 chapter 6 that name a person or number one (compare PS3.15 annex E), anywhere in the
 * data set; equipment tags count at its top level only. Left out on purpose: sex, descriptions and the institution,
 * which identify no patient and would be masked as words wherever they occur. Private elements are only counted.
 * Empty values and pure wildcards are no identifiers. Limit: `MAX_VALUES` per data set.
 */

import type { PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import { C_FIND, C_GET, C_MOVE, C_STORE } from './command.ts';
import { type WalkEnd, walkDataset } from './dataset.ts';
import type { Encoding } from './uids.ts';
import { isUid, paddedText, uidText } from './values.ts';

/** Identifier values kept of one data set. */
const MAX_VALUES = 256;
const BACKSLASH = 0x5c;
const CARET = 0x5e;
const EQUALS = 0x3d;

function tag(group: number, element: number): number {
  return group * 0x10000 + element;
}

/** Kind of identifier by tag. */
const PATIENT_TAGS: ReadonlyMap<number, PhiKind> = new Map<number, PhiKind>([
  [tag(0x0008, 0x0050), 'accession'],
  [tag(0x0008, 0x0090), 'physician_name'],
  [tag(0x0008, 0x1048), 'physician_name'],
  [tag(0x0008, 0x1050), 'physician_name'],
  [tag(0x0008, 0x1060), 'physician_name'],
  [tag(0x0008, 0x1070), 'operator_name'],
  [tag(0x0010, 0x0010), 'patient_name'],
  [tag(0x0010, 0x0020), 'mrn'],
  [tag(0x0010, 0x0030), 'birth_date'],
  [tag(0x0010, 0x1000), 'mrn'],
  [tag(0x0010, 0x1001), 'alias'],
  [tag(0x0010, 0x1005), 'alias'],
  [tag(0x0010, 0x1040), 'address'],
  [tag(0x0010, 0x1050), 'insurance_id'],
  [tag(0x0010, 0x1060), 'mothers_maiden_name'],
  [tag(0x0010, 0x1090), 'mrn'],
  [tag(0x0010, 0x2154), 'phone'],
  [tag(0x0010, 0x2155), 'phone'],
  [tag(0x0010, 0x2297), 'relative_name'],
  [tag(0x0020, 0x0010), 'study_id'],
  [tag(0x0032, 0x1032), 'physician_name'],
  [tag(0x0038, 0x0010), 'admission_id'],
  [tag(0x0040, 0x0006), 'physician_name'],
]);

/** Kinds in the order they are reported, the most telling about a patient first. */
const KIND_ORDER = [...new Set<PhiKind>(['mrn', 'patient_name', ...PATIENT_TAGS.values()])];
const PERSON_NAMES = new Set<PhiKind>([
  'patient_name',
  'physician_name',
  'operator_name',
  'alias',
  'mothers_maiden_name',
  'relative_name',
]);

/** The equipment a stored object came from. */
export interface Equipment {
  modality?: string | undefined;
  manufacturer?: string | undefined;
  model?: string | undefined;
  station_name?: string | undefined;
  software_versions?: string | undefined;
}

const EQUIPMENT_TAGS: ReadonlyMap<number, keyof Equipment> = new Map([
  [tag(0x0008, 0x0060), 'modality'],
  [tag(0x0008, 0x0070), 'manufacturer'],
  [tag(0x0008, 0x1010), 'station_name'],
  [tag(0x0008, 0x1090), 'model'],
  [tag(0x0018, 0x1020), 'software_versions'],
]);

const QUERY_LEVEL = tag(0x0008, 0x0052);
/** Elements of an identifier that restrict nothing: character set, level, view, AE title, availability, time zone. */
const NO_MATCH_KEYS = new Set([
  tag(0x0008, 0x0005),
  QUERY_LEVEL,
  tag(0x0008, 0x0053),
  tag(0x0008, 0x0054),
  tag(0x0008, 0x0056),
  tag(0x0008, 0x0201),
]);
/** UIDs that end up in file names at the receiver: SOP class, SOP instance, study, series. */
const OBJECT_UIDS = new Set([
  tag(0x0008, 0x0016),
  tag(0x0008, 0x0018),
  tag(0x0020, 0x000d),
  tag(0x0020, 0x000e),
]);

/** What was learnt from a data set. */
export interface DatasetFacts {
  /** Identifiers by kind; values are copies. */
  readonly items: readonly PhiItem[];
  readonly privateElements: number;
  /** Only of the identifier of a query or retrieval. */
  readonly matchKeys: number | undefined;
  readonly queryLevel: string | undefined;
  /** Only of a stored object. */
  readonly equipment: Equipment;
  readonly invalidUid: boolean;
  readonly end: WalkEnd;
}

/** Reads the data set of a request or response of `operation` from `bytes[0, length)`. */
export function readDataset(
  bytes: Uint8Array,
  length: number,
  encoding: Encoding,
  operation: number,
  isResponse: boolean,
): DatasetFacts {
  const isQuery = !isResponse && (operation === C_FIND || operation === C_MOVE || operation === C_GET);
  const isObject = !isResponse && operation === C_STORE;
  const values = new Map<PhiKind, Uint8Array[]>();
  const equipment: Equipment = {};
  let kept = 0;
  let privateElements = 0;
  let matchKeys = 0;
  let queryLevel: string | undefined;
  let invalidUid = false;
  const end = walkDataset(bytes, length, encoding, (group, element, depth, from, to) => {
    // Group lengths say nothing; odd groups are private (PS3.5 section 7.8).
    if (element === 0) return;
    if (group % 2 === 1) {
      privateElements++;
      return;
    }
    const id = tag(group, element);
    if (isQuery) {
      if (id === QUERY_LEVEL && depth === 0) queryLevel = paddedText(bytes, from, to);
      if (!NO_MATCH_KEYS.has(id) && restricts(bytes, from, to)) matchKeys++;
    } else if (isObject && depth === 0) {
      const field = EQUIPMENT_TAGS.get(id);
      if (field !== undefined) equipment[field] = paddedText(bytes, from, to);
      if (OBJECT_UIDS.has(id)) {
        const uid = uidText(bytes, from, to);
        invalidUid ||= uid !== undefined && !isUid(uid);
      }
    }
    const kind = PATIENT_TAGS.get(id);
    if (kind === undefined) return;
    for (const value of identifierValues(bytes, from, to, PERSON_NAMES.has(kind))) {
      if (kept++ >= MAX_VALUES) return;
      const list = values.get(kind);
      if (list) list.push(value);
      else values.set(kind, [value]);
    }
  });
  const items = KIND_ORDER.flatMap(kind => {
    const list = values.get(kind);
    return list ? [{ kind, values: list }] : [];
  });
  return {
    items,
    privateElements,
    matchKeys: isQuery ? matchKeys : undefined,
    queryLevel,
    equipment,
    invalidUid,
    end,
  };
}

/** PS3.4 section C.2.2.2: an empty key or one of wildcards only matches everything. */
function restricts(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isFiller(bytes[i]!)) return true;
  return false;
}

/** NUL, space, `*` and `?`. */
function isFiller(byte: number): boolean {
  return byte === 0 || byte === 0x20 || byte === 0x2a || byte === 0x3f;
}

/** The values of an element that say something, without padding (PS3.5 section 6.4: backslashes separate them). */
function identifierValues(bytes: Uint8Array, from: number, to: number, isName: boolean): Uint8Array[] {
  const values: Uint8Array[] = [];
  let start = from;
  for (let i = from; i <= to && values.length < MAX_VALUES; i++) {
    if (i < to && bytes[i] !== BACKSLASH) continue;
    const value = isName ? personName(bytes, start, i) : trimmed(bytes, start, i);
    if (value.length > 0) values.push(value);
    start = i + 1;
  }
  return values;
}

/** Without padding and, in a query, without the wildcards around what is known. */
function trimmed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  let start = from;
  let end = to;
  while (start < end && isFiller(bytes[start]!)) start++;
  while (end > start && isFiller(bytes[end - 1]!)) end--;
  return bytes.slice(start, end);
}

/**
 * Family, given and middle name of the first component group that is there (PS3.5 section 6.2.1):
 * `FAMILY^GIVEN^MIDDLE` without trailing carets: what an HL7 name is reduced to as well, so that the same person has the same token in both.
 */
function personName(bytes: Uint8Array, from: number, to: number): Uint8Array {
  let start = from;
  while (start < to && bytes[start] === EQUALS) start++;
  let carets = 0;
  let end = start;
  while (end < to && bytes[end] !== EQUALS) {
    if (bytes[end] === CARET && ++carets === 3) break;
    end++;
  }
  while (end > start && (bytes[end - 1] === CARET || isFiller(bytes[end - 1]!))) end--;
  return trimmed(bytes, start, end);
}
