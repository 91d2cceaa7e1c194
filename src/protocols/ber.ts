/**
 * ASN.1 values in the Basic Encoding Rules (ITU-T X.690 section 8), of which DER is a part: tag, length, contents, over
 * borrowed bytes. SNMP, LDAP, Kerberos, SPNEGO and certificates speak it.
 *
 * A reader walks the elements of one constructed value; `inside` gives the reader of what an element holds. Nothing
 * throws: what does not fit ends the walk and sets `malformed` for the whole tree of readers, and what was read before
 * stays good. Not decoded: REAL, the restrictions that DER puts on BER, strings sent in pieces (constructed strings).
 *
 * Limits: `MAX_DEPTH` nested values, `MAX_OID_ARCS` numbers of an object identifier.
 */
import { utf8 } from '../bytes/text.ts';
import type { Moment } from '../model/schema.ts';

/** Values inside values; a certificate nests about ten deep, an LDAP filter a few more. */
export const MAX_DEPTH = 64;
const MAX_OID_ARCS = 128;
/** Lengths are written in at most four bytes: nothing longer can be in a capture. */
const MAX_LENGTH_BYTES = 4;

/** Identifier octets of universal types (X.690 section 8.1.2). */
export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const ENUMERATED = 0x0a;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** Identifier octet of `[number]` in the context class, holding other values or not. */
export const context = (number: number): number => 0xa0 | number;
export const contextPrimitive = (number: number): number => 0x80 | number;
/** Identifier octet of `[APPLICATION number]`, holding other values. */
export const application = (number: number): number => 0x60 | number;

/** What a tree of readers has in common. */
interface Tree {
  malformed: boolean;
}

export class BerReader {
  readonly bytes: Uint8Array;
  readonly #end: number;
  readonly #depth: number;
  readonly #tree: Tree;
  #next: number;
  /** First identifier octet of the current element; its number stands in `number` when it is 31 or more. */
  tag = 0;
  number = 0;
  /** Contents of the current element: `[from, to)` of `bytes`. */
  from = 0;
  to = 0;

  constructor(bytes: Uint8Array, from: number, to: number, depth = 0, tree: Tree = { malformed: false }) {
    this.bytes = bytes;
    this.#next = from;
    this.#end = to;
    this.#depth = depth;
    this.#tree = tree;
  }

  /** Something in this value, or in a value around or inside it, was no BER. */
  get malformed(): boolean {
    return this.#tree.malformed;
  }

  /** Where the next element begins. */
  get at(): number {
    return this.#next;
  }

  /** Goes to the next element; false at the end and at what is no BER. */
  next(): boolean {
    if (this.#next >= this.#end) return false;
    const header = readHeader(this.bytes, this.#next, this.#end);
    if (header === undefined) return this.#fail();
    this.tag = this.bytes[this.#next]!;
    this.number = header.number;
    this.from = header.from;
    if (header.length !== INDEFINITE) {
      this.to = header.from + header.length;
      if (this.to > this.#end) return this.#fail();
      this.#next = this.to;
      return true;
    }
    const to = endOfContents(this.bytes, header.from, this.#end, this.#depth);
    if (to < 0 || (this.tag & 0x20) === 0) return this.#fail();
    this.to = to;
    this.#next = to + 2;
    return true;
  }

  /** Goes to the next element when it has this identifier octet; otherwise stays where it is. */
  accept(tag: number): boolean {
    return this.#next < this.#end && this.bytes[this.#next] === tag && this.next();
  }

  /** A reader of the values inside the current element. */
  inside(): BerReader {
    const deep = this.#depth + 1 >= MAX_DEPTH;
    if (deep) this.#tree.malformed = true;
    return new BerReader(this.bytes, this.from, deep ? this.from : this.to, this.#depth + 1, this.#tree);
  }

  /** The reader of what the next element holds when it has this tag; one of nothing when it has another. */
  enter(tag: number): BerReader {
    if (this.accept(tag)) return this.inside();
    return new BerReader(this.bytes, this.#next, this.#next, this.#depth + 1, this.#tree);
  }

  /** INTEGER or ENUMERATED; undefined when it is empty or not exact as a number. */
  integer(): number | undefined {
    const length = this.to - this.from;
    if (length < 1 || length > 7) return undefined;
    let value = (this.bytes[this.from]! << 24) >> 24;
    for (let i = this.from + 1; i < this.to; i++) value = value * 256 + this.bytes[i]!;
    return Number.isSafeInteger(value) ? value : undefined;
  }

  /** A whole number without a sign (SNMP's Counter64, Gauge32): undefined when it is not exact as a number. */
  unsigned(): number | undefined {
    let value = 0;
    for (let i = this.from; i < this.to; i++) {
      value = value * 256 + this.bytes[i]!;
      if (!Number.isSafeInteger(value)) return undefined;
    }
    return this.to > this.from ? value : undefined;
  }

  boolean(): boolean {
    return this.to > this.from && this.bytes[this.from] !== 0;
  }

  /** OBJECT IDENTIFIER as `1.3.6.1`; undefined when it is none. */
  oid(): string | undefined {
    if (this.to === this.from || this.bytes[this.to - 1]! >= 0x80) return undefined;
    const arcs: number[] = [];
    let arc = 0;
    for (let i = this.from; i < this.to; i++) {
      const byte = this.bytes[i]!;
      arc = arc * 128 + (byte & 0x7f);
      if (!Number.isSafeInteger(arc)) return undefined;
      if (byte >= 0x80) continue;
      if (arcs.length === 0) {
        const first = Math.min(Math.floor(arc / 40), 2);
        arcs.push(first, arc - first * 40);
      } else arcs.push(arc);
      if (arcs.length > MAX_OID_ARCS) return undefined;
      arc = 0;
    }
    return arcs.join('.');
  }

  /** Contents as UTF-8 text. */
  text(): string {
    return utf8(this.bytes, this.from, this.to);
  }

  /** Contents as they are, borrowed. */
  contents(): Uint8Array {
    return this.bytes.subarray(this.from, this.to);
  }

  /** Bits of a BIT STRING as a number, the first one highest, as if there were 32 (RFC 4120 section 5.2.8). */
  bits(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const at = this.from + 1 + i;
      value = (value << 8) | (at < this.to ? this.bytes[at]! : 0);
    }
    return value >>> 0;
  }

  /** GeneralizedTime in UTC with whole seconds (`20261127051825Z`). */
  generalizedTime(): Moment | undefined {
    if (this.to - this.from > 32) return undefined;
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(this.text());
    if (match === null) return undefined;
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
    const milliseconds = Date.UTC(year!, month! - 1, day, hour, minute, second);
    return { sec: Math.floor(milliseconds / 1000), nsec: 0 };
  }

  #fail(): false {
    this.#tree.malformed = true;
    this.#next = this.#end;
    this.from = this.#end;
    this.to = this.#end;
    return false;
  }
}

const INDEFINITE = -1;

interface Header {
  readonly number: number;
  readonly from: number;
  /** Bytes of contents, or `INDEFINITE`. */
  readonly length: number;
}

/** Identifier and length octets; undefined when they are cut or not to be had in four bytes. */
function readHeader(bytes: Uint8Array, start: number, end: number): Header | undefined {
  let at = start;
  let number = bytes[at++]! & 0x1f;
  if (number === 31) {
    number = 0;
    do {
      if (at >= end || number >= 1 << 21) return undefined;
      number = number * 128 + (bytes[at]! & 0x7f);
    } while (bytes[at++]! >= 0x80);
  }
  if (at >= end) return undefined;
  const first = bytes[at++]!;
  if (first < 0x80) return { number, from: at, length: first };
  if (first === 0x80) return { number, from: at, length: INDEFINITE };
  const count = first & 0x7f;
  if (count > MAX_LENGTH_BYTES || at + count > end) return undefined;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + bytes[at++]!;
  return { number, from: at, length };
}

/**
 * Where the two zero octets stand that end contents of indefinite length (X.690 section 8.1.5), or -1. Contents of
 * indefinite length inside are walked through in the same pass.
 */
function endOfContents(bytes: Uint8Array, start: number, end: number, depth: number): number {
  let open = 1;
  let at = start;
  while (at + 2 <= end) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) {
      if (--open === 0) return at;
      at += 2;
      continue;
    }
    const header = readHeader(bytes, at, end);
    if (header === undefined) return -1;
    if (header.length === INDEFINITE) {
      if (++open + depth > MAX_DEPTH) return -1;
      at = header.from;
    } else at = header.from + header.length;
  }
  return -1;
}

/** More bytes are needed to know how long an element is. */
export const CUT = -1;
/** The bytes do not begin an element whose length is written. */
export const NO_ELEMENT = -2;

/**
 * Length in bytes of the whole element at `at`, contents included, whether they are there or not; `CUT` or
 * `NO_ELEMENT`. For messages in a stream; contents of indefinite length are not measured, nobody sends them there.
 */
export function elementLength(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return CUT;
  const header = readHeader(bytes, at, end);
  if (header !== undefined)
    return header.length === INDEFINITE ? NO_ELEMENT : header.from - at + header.length;
  // Identifier and length take up to nine bytes.
  return end - at < 9 && (at + 1 >= end || lengthMayFollow(bytes[at + 1]!)) ? CUT : NO_ELEMENT;
}

function lengthMayFollow(first: number): boolean {
  return first > 0x80 && first <= 0x80 + MAX_LENGTH_BYTES;
}
