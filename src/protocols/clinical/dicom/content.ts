/**
 * One data set as its bytes come by, whatever its encoding, and what it says about patients and about equipment: kinds of
 * identifiers with their values (for tokens, never for records), keys of a query by name, the equipment, UIDs that are
 * none. Used for data sets of DIMSE messages and of Part 10 files.
 *
 * Identifiers count anywhere in the data set, equipment at its top level only. Private (odd group) elements are counted
 * and not read: they may hold anything. A deflated data set (PS3.5 annex A.5) is inflated as far as `MAX_DEFLATED` bytes of
 * it reach. Where the transfer syntax was not seen, the encoding is told by the first element.
 * Limits: those of `dataset.ts`, `MAX_VALUES`, `MAX_KEYS`, `MAX_DEFLATED`; `Inflation` bounds what a flow may inflate.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { u16be, u16le, u32le } from '../../../bytes/read.ts';
import { latin1 } from '../../../bytes/text.ts';
import { NAME_KINDS, type PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import { type Assembly, append, isFull, newAssembly } from '../assembly.ts';
import { decoderLabel } from './charset.ts';
import { DatasetReader, type ReadEnd } from './dataset.ts';
import { hasWildcard, identifierValues, MAX_VALUES, restricts } from './identifiers.ts';
import {
  EQUIPMENT_TAGS,
  type Equipment,
  KIND_ORDER,
  keywordOf,
  NO_MATCH_KEYS,
  OBJECT_UIDS,
  PATIENT_TAGS,
  QUERY_LEVEL,
  SOP_CLASS,
  SPECIFIC_CHARACTER_SET,
  tag,
} from './tags.ts';
import { type Encoding, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from './uids.ts';
import { hasPath, isUid, paddedText, uidText } from './values.ts';

/** Coded bytes of a deflated data set that are kept; its identifiers stand at its beginning. */
const MAX_DEFLATED = 16 * 1024;
/** Deflate yields at most 1032 times its input, so a beginning never yields more. */
const MAX_INFLATED = 1032 * MAX_DEFLATED;
/** Inflated bytes of one flow; then its deflated data sets are not read. */
const MAX_INFLATED_OF_FLOW = 256 * 1024 * 1024;
/** Bytes that tell an encoding. */
const SAMPLE = 8;
/** Names of keys listed of one query. */
const MAX_KEYS = 128;

/** What is looked for besides identifiers: keys of a query, the equipment of an object, or neither. */
export type Purpose = 'query' | 'object' | 'other';

/** How a data set is written: as a transfer syntax says, deflated, or to be found out. */
export type Coding = Encoding | 'deflated' | 'unknown';

/** What a flow has inflated so far. */
export interface Inflation {
  bytes: number;
}

/** What was learnt from a data set. */
export interface DatasetFacts {
  /** Identifiers by kind. */
  readonly items: readonly PhiItem[];
  readonly privateElements: number;
  /** Only of the identifier of a query or retrieval: names of all keys, of those that hold wildcards, of empty ones. */
  readonly keys: readonly string[] | undefined;
  readonly wildcardKeys: readonly string[] | undefined;
  readonly emptyKeys: readonly string[] | undefined;
  /** How many keys restrict the query: neither empty nor only wildcards. */
  readonly matchKeys: number | undefined;
  readonly queryLevel: string | undefined;
  /** Only of an object. */
  readonly equipment: Equipment;
  readonly sopClass: string | undefined;
  readonly invalidUid: boolean;
  readonly pathInUid: boolean;
  readonly inflationLimit: boolean;
  /** Undefined when nothing could be read: empty, or of an encoding that is not told. */
  readonly end: ReadEnd | undefined;
}

export class DatasetContent {
  readonly #purpose: Purpose;
  readonly #inflation: Inflation;
  #reader: DatasetReader | undefined;
  /** Beginning of a data set that is deflated or whose encoding is not known yet. */
  #beginning: Assembly | undefined;
  #deflated = false;
  #inflationLimit = false;
  #ended = false;

  readonly #values = new Map<PhiKind, string[]>();
  #kept = 0;
  #privateElements = 0;
  #decoder: string | undefined;
  readonly #equipment: Equipment = {};
  #sopClass: string | undefined;
  #invalidUid = false;
  #pathInUid = false;
  #matchKeys = 0;
  #queryLevel: string | undefined;
  readonly #keys = new Set<string>();
  readonly #wildcardKeys = new Set<string>();
  readonly #emptyKeys = new Set<string>();

  constructor(coding: Coding, purpose: Purpose, inflation: Inflation) {
    this.#purpose = purpose;
    this.#inflation = inflation;
    if (coding === 'deflated') {
      this.#deflated = true;
      this.#beginning = newAssembly(MAX_DEFLATED);
    } else if (coding === 'unknown') this.#beginning = newAssembly(SAMPLE);
    else this.#reader = this.#newReader(coding);
  }

  /** Bytes to pass over before the next one that is looked at; infinite when no more is wanted. */
  get skip(): number {
    if (this.#ended) return Number.POSITIVE_INFINITY;
    return this.#reader?.skip ?? 0;
  }

  /** Takes bytes of the data set, which are lent. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    if (this.#beginning !== undefined) {
      at += append(this.#beginning, bytes, at, to);
      if (isFull(this.#beginning)) this.#begun();
    }
    if (at < to) this.#reader?.feed(bytes, at, to);
    if (this.#reader?.end !== undefined) this.#ended = true;
  }

  /** `length` bytes came by unseen; at most `skip`. */
  pass(length: number): void {
    if (!this.#ended) this.#reader?.pass(length);
  }

  /** `length` bytes are not in the capture: where they were to be skipped, nothing is lost. */
  miss(length: number): void {
    if (this.skip >= length) this.pass(length);
    else this.finish();
  }

  /** The data set is over, or no more of it is to be had; what it said. */
  finish(): DatasetFacts {
    if (!this.#ended && this.#beginning !== undefined) this.#begun();
    this.#ended = true;
    const isQuery = this.#purpose === 'query';
    return {
      items: KIND_ORDER.flatMap(kind => {
        const values = this.#values.get(kind);
        return values === undefined ? [] : [{ kind, values }];
      }),
      privateElements: this.#privateElements,
      keys: isQuery ? [...this.#keys].sort() : undefined,
      wildcardKeys: isQuery ? [...this.#wildcardKeys].sort() : undefined,
      emptyKeys: isQuery ? [...this.#emptyKeys].sort() : undefined,
      matchKeys: isQuery ? this.#matchKeys : undefined,
      queryLevel: this.#queryLevel,
      equipment: this.#equipment,
      sopClass: this.#sopClass,
      invalidUid: this.#invalidUid,
      pathInUid: this.#pathInUid,
      inflationLimit: this.#inflationLimit,
      end: this.#reader?.finish(),
    };
  }

  #newReader(encoding: Encoding): DatasetReader {
    return new DatasetReader(encoding, (group, element, depth, bytes, from, to) =>
      this.#visit(group, element, depth, bytes, from, to),
    );
  }

  /** The beginning is there as far as it is wanted. */
  #begun(): void {
    const { bytes, length } = this.#beginning!;
    this.#beginning = undefined;
    if (!this.#deflated) {
      const encoding = guessEncoding(bytes, length);
      this.#ended = encoding === undefined;
      this.#reader = encoding && this.#newReader(encoding);
      this.#reader?.feed(bytes, 0, length);
      return;
    }
    this.#ended = true;
    if (this.#inflation.bytes > MAX_INFLATED_OF_FLOW) {
      this.#inflationLimit = true;
      return;
    }
    const plain = inflateBeginning(bytes.subarray(0, length));
    this.#inflation.bytes += plain?.length ?? MAX_INFLATED;
    // Deflated data sets are explicit VR little endian inside (PS3.5 annex A.5).
    this.#reader = plain && this.#newReader(EXPLICIT_LITTLE);
    if (plain) this.#reader?.feed(plain, 0, plain.length);
  }

  #visit(group: number, element: number, depth: number, bytes: Uint8Array, from: number, to: number): void {
    // Group lengths say nothing; odd groups are private (PS3.5 section 7.8).
    if (element === 0) return;
    if (group % 2 === 1) {
      this.#privateElements++;
      return;
    }
    const id = tag(group, element);
    if (id === SPECIFIC_CHARACTER_SET && depth === 0) this.#decoder = decoderLabel(latin1(bytes, from, to));
    if (this.#purpose === 'query') this.#visitKey(id, group, element, depth, bytes, from, to);
    else if (this.#purpose === 'object' && depth === 0) this.#visitObject(id, bytes, from, to);
    const kind = PATIENT_TAGS.get(id);
    if (kind === undefined || this.#kept >= MAX_VALUES) return;
    for (const value of identifierValues(bytes, from, to, NAME_KINDS.has(kind), this.#decoder)) {
      if (this.#kept++ >= MAX_VALUES) return;
      const list = this.#values.get(kind);
      if (list) list.push(value);
      else this.#values.set(kind, [value]);
    }
  }

  #visitKey(
    id: number,
    group: number,
    element: number,
    depth: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    if (id === QUERY_LEVEL && depth === 0) this.#queryLevel = paddedText(bytes, from, to);
    if (NO_MATCH_KEYS.has(id)) return;
    const isRestricting = restricts(bytes, from, to);
    if (isRestricting) this.#matchKeys++;
    if (this.#keys.size >= MAX_KEYS) return;
    const keyword = keywordOf(group, element);
    this.#keys.add(keyword);
    if (hasWildcard(bytes, from, to)) this.#wildcardKeys.add(keyword);
    else if (!isRestricting) this.#emptyKeys.add(keyword);
  }

  #visitObject(id: number, bytes: Uint8Array, from: number, to: number): void {
    const field = EQUIPMENT_TAGS.get(id);
    if (field !== undefined) this.#equipment[field] = paddedText(bytes, from, to);
    if (!OBJECT_UIDS.has(id)) return;
    const uid = uidText(bytes, from, to);
    if (id === SOP_CLASS) this.#sopClass = uid;
    this.#invalidUid ||= uid !== undefined && !isUid(uid);
    this.#pathInUid ||= uid !== undefined && hasPath(uid);
  }
}

/** What comes of the beginning of a deflated data set; undefined when it is none. */
function inflateBeginning(coded: Uint8Array): Uint8Array | undefined {
  try {
    return inflateRawSync(coded, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_INFLATED });
  } catch {
    // Damaged, or not deflated at all: zlib has no other way to say so.
    return undefined;
  }
}

/**
 * Encoding by the first element: a data set begins in a low even group; explicit VR shows two capital letters behind the
 * tag, implicit VR a length there that is not large.
 */
function guessEncoding(bytes: Uint8Array, length: number): Encoding | undefined {
  if (length < SAMPLE) return undefined;
  const hasVr = /^[A-Z]{2}$/.test(latin1(bytes, 4, 6));
  if (isLowGroup(u16le(bytes, 0))) {
    if (hasVr) return EXPLICIT_LITTLE;
    return u32le(bytes, 4) <= MAX_FIRST_LENGTH ? IMPLICIT_LITTLE : undefined;
  }
  return isLowGroup(u16be(bytes, 0)) && hasVr ? EXPLICIT_BIG : undefined;
}

/** No first element of a data set is longer: they are codes, UIDs, dates and names. */
const MAX_FIRST_LENGTH = 0x400;

function isLowGroup(group: number): boolean {
  return group % 2 === 0 && group >= 0x0008 && group <= 0x0040;
}
