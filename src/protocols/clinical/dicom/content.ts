/**
 * One data set as its bytes come by, whatever its encoding: what it says is collected by `facts.ts`. Used for data sets of
 * DIMSE messages and of Part 10 files.
 *
 * A deflated data set (PS3.5 annex A.5) is inflated as far as `MAX_DEFLATED` bytes of it reach. Where the transfer syntax
 * was not seen, the encoding is told by the first element.
 * Limits: those of `dataset.ts` and `facts.ts`, `MAX_DEFLATED`; `MAX_INFLATED_OF_FLOW`.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { u16be, u16le, u32le } from '../../../bytes/read.ts';
import { latin1 } from '../../../bytes/text.ts';
import { type Assembly, append, isFull, newAssembly } from '../assembly.ts';
import { DatasetReader, type ReadEnd } from './dataset.ts';
import { type CollectedFacts, DatasetCollector, type Purpose } from './facts.ts';
import { type Encoding, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from './uids.ts';

/** Coded bytes of a deflated data set that are kept; its identifiers stand at its beginning. */
const MAX_DEFLATED = 16 * 1024;
/** Deflate yields at most 1032 times its input, so a beginning never yields more. */
const MAX_INFLATED = 1032 * MAX_DEFLATED;
/** Inflated bytes of one flow; then its deflated data sets are not read. */
const MAX_INFLATED_OF_FLOW = 256 * 1024 * 1024;
/** Bytes that tell an encoding. */
const SAMPLE = 8;

/** How a data set is written: as a transfer syntax says, deflated, or to be found out. */
export type Coding = Encoding | 'deflated' | 'unknown';

/** What a flow has inflated so far. */
export interface Inflation {
  bytes: number;
}

/** What was learnt from a data set, and how its reading ended. */
export interface DatasetFacts extends CollectedFacts {
  readonly inflationLimit: boolean;
  /** Undefined when nothing could be read: empty, or of an encoding that is not told. */
  readonly end: ReadEnd | undefined;
}

export class DatasetContent {
  readonly #collector: DatasetCollector;
  readonly #inflation: Inflation;
  #reader: DatasetReader | undefined;
  /** Beginning of a data set that is deflated or whose encoding is not known yet. */
  #beginning: Assembly | undefined;
  #deflated = false;
  #inflationLimit = false;
  #ended = false;

  constructor(coding: Coding, purpose: Purpose, inflation: Inflation) {
    this.#collector = new DatasetCollector(purpose);
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
    return { ...this.#collector.facts(), inflationLimit: this.#inflationLimit, end: this.#reader?.finish() };
  }

  #newReader(encoding: Encoding): DatasetReader {
    return new DatasetReader(encoding, (group, element, depth, bytes, from, to) =>
      this.#collector.visit(group, element, depth, bytes, from, to),
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
