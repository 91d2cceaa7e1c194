/**
 * TLS handshake messages out of records (RFC 8446 section 5.1, RFC 5246 section 6.2.1): a message may span records,
 * a record may hold several. Only messages whose content is wanted are put together, and only as much of them as
 * is wanted; the rest of a handshake is counted past.
 *
 * Limits: `MAX_MESSAGE`; memory grows with what arrived, not with what a header claims.
 */
import { u24be } from '../../bytes/read.ts';

export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const CERTIFICATE = 11;
export const SERVER_KEY_EXCHANGE = 12;
export const CLIENT_KEY_EXCHANGE = 16;
export const CERTIFICATE_STATUS = 22;

const HEADER = 4;
/** Longest message that is put together; longer ones are passed over. */
export const MAX_MESSAGE = 65_536;
/** Type and number of a named curve, or the size of a prime, are in the first bytes. */
const KEY_EXCHANGE_PREFIX = 16;

/** Handshake layer of one direction. */
export interface Fragments {
  readonly header: Uint8Array;
  headerLength: number;
  type: number;
  /** Content under way; null when none is being put together. */
  content: Uint8Array | null;
  /** Bytes of content wanted, and had. */
  wanted: number;
  had: number;
  /** Bytes of the message behind its wanted content, to be passed over. */
  skip: number;
}

/** Takes one message: its type, and its wanted content (empty for types that are only noted). */
export type MessageTaker = (type: number, bytes: Uint8Array, from: number, to: number) => void;

export function newFragments(): Fragments {
  const header = new Uint8Array(HEADER);
  return { header, headerLength: 0, type: 0, content: null, wanted: 0, had: 0, skip: 0 };
}

/**
 * Takes the content of one handshake record and hands on every message that is complete with it. Returns false
 * when a message was longer than `MAX_MESSAGE` and is passed over.
 */
export function takeRecord(
  fragments: Fragments,
  bytes: Uint8Array,
  start: number,
  end: number,
  take: MessageTaker,
): boolean {
  let fits = true;
  let at = start;
  while (at < end) {
    if (fragments.content !== null) {
      const part = Math.min(fragments.wanted - fragments.had, end - at);
      append(fragments, bytes, at, at + part);
      at += part;
      if (fragments.had < fragments.wanted) break;
      const content = fragments.content;
      fragments.content = null;
      take(fragments.type, content, 0, fragments.had);
    } else if (fragments.skip > 0) {
      const skipped = Math.min(fragments.skip, end - at);
      fragments.skip -= skipped;
      at += skipped;
    } else {
      fragments.header[fragments.headerLength++] = bytes[at++]!;
      if (fragments.headerLength === HEADER) fits = begin(fragments) && fits;
      // A message without wanted content is complete with its header.
      if (fragments.content !== null && fragments.wanted === 0) {
        fragments.content = null;
        take(fragments.type, bytes, at, at);
      } else if (fragments.content !== null && fragments.wanted <= end - at) {
        fragments.content = null;
        take(fragments.type, bytes, at, at + fragments.wanted);
        at += fragments.wanted;
      }
    }
  }
  return fits;
}

const EMPTY = new Uint8Array(0);

/** The header is complete: decides how much of the message is wanted. False when it is longer than the limit. */
function begin(fragments: Fragments): boolean {
  const { header } = fragments;
  fragments.headerLength = 0;
  fragments.type = header[0]!;
  const length = u24be(header, 1);
  const wanted = Math.min(length, wantedOf(fragments.type));
  const fits = wanted <= MAX_MESSAGE;
  fragments.wanted = fits ? wanted : 0;
  fragments.skip = length - fragments.wanted;
  fragments.had = 0;
  fragments.content = fits ? EMPTY : null;
  return fits;
}

const WHOLE: ReadonlySet<number> = new Set([CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CERTIFICATE_STATUS]);

/** Bytes of content that are wanted of a message of this type. */
export function wantedOf(type: number): number {
  if (WHOLE.has(type)) return Number.POSITIVE_INFINITY;
  return type === SERVER_KEY_EXCHANGE ? KEY_EXCHANGE_PREFIX : 0;
}

/** Copies into the content, which doubles as bytes arrive. */
function append(fragments: Fragments, bytes: Uint8Array, from: number, to: number): void {
  const needed = fragments.had + to - from;
  let content = fragments.content ?? EMPTY;
  if (needed > content.length) {
    const larger = new Uint8Array(Math.min(fragments.wanted, Math.max(512, needed * 2)));
    larger.set(content.subarray(0, fragments.had));
    content = larger;
    fragments.content = larger;
  }
  content.set(bytes.subarray(from, to), fragments.had);
  fragments.had = needed;
}
