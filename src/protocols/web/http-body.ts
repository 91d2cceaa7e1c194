/**
 * The body of one HTTP message as it arrives: its length, the file in it or in each of its parts, and the first bytes of
 * the few kinds of body that are read themselves (forms with a login, printer operations).
 *
 * gzip and deflate are undone within the limits of `content-coding.ts`, so that lengths and types are those of the content,
 * as in Zeek; a longer body has its type told by its first bytes, its length as sent, and the weird `HTTP_inflate_limit`.
 *
 * Limits: `MAX_READ`, `MAX_FILES`, those of `../multipart.ts` and `content-coding.ts`.
 */

import { latin1 } from '../../bytes/text.ts';
import { type Direction, type FlowContext, RESP } from '../../model/protocol.ts';
import type { FlowFiles, OpenFile } from '../files/transfer.ts';
import { MultipartReader, readBoundary } from '../multipart.ts';
import { decodeContent, isDecodable, MAX_CODED } from './content-coding.ts';
import { bytesToText } from './uri.ts';

/** Bytes kept of bodies that are read. */
const MAX_READ = 8192;
/** Files listed with one message; Zeek's `max_files_orig` and `max_files_resp`. */
const MAX_FILES = 15;
/** First bytes of an over-long coded body that are decoded for its type. */
const GLANCE = 65_536;

/** What the header says of the body. */
export interface BodyHeader {
  readonly contentType: string;
  readonly coding: string;
  readonly disposition: string;
  /** Bytes it should have, when the header says so. */
  readonly total: number | undefined;
}

/** What came of a body, for the record of its message. */
export interface BodySummary {
  readonly length: number;
  readonly fuids: readonly string[];
  readonly filenames: readonly string[];
  readonly mimeTypes: readonly string[];
  /** First bytes of a form or printer operation. */
  readonly read: Uint8Array | undefined;
  readonly contentType: string;
  /** What was found in medical documents. */
  readonly found: readonly unknown[];
}

export class Body {
  readonly #flow: FlowContext;
  readonly #files: FlowFiles;
  readonly #side: Direction;
  readonly #header: BodyHeader;
  readonly #known: OpenFile[] = [];
  readonly #found: unknown[] = [];
  readonly #parts: MultipartReader | undefined;
  readonly #coded: Collected | undefined;
  readonly #read: Collected | undefined;
  #file: OpenFile | undefined;
  #length = 0;
  #overlong = false;

  constructor(flow: FlowContext, files: FlowFiles, side: Direction, header: BodyHeader) {
    this.#flow = flow;
    this.#files = files;
    this.#side = side;
    this.#header = header;
    if (isDecodable(header.coding)) this.#coded = new Collected(MAX_CODED + 1);
    if (isRead(side, header.contentType)) this.#read = new Collected(MAX_READ);
    const boundary = readBoundary(header.contentType);
    if (boundary !== undefined) {
      this.#parts = new MultipartReader(boundary, {
        begin: lines => this.#beginPart(lines),
        content: (bytes, from, to) => this.#file?.feed(bytes, from, to),
        end: () => this.#endFile(),
      });
    }
  }

  readonly #collect = (found: unknown): void => {
    if (this.#found.length < MAX_FILES) this.#found.push(found);
  };

  /** Bytes from here on that must be fed; at 0 the rest may be skipped. */
  get wanted(): number {
    if (this.#coded !== undefined && !this.#overlong) return Number.POSITIVE_INFINITY;
    if (this.#parts !== undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#file?.wanted ?? MAX_READ, this.#read?.room ?? 0);
  }

  /** Body in order, without transfer coding. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    this.#length += to - from;
    if (this.#coded === undefined) {
      this.#take(bytes, from, to);
      return;
    }
    if (this.#overlong) {
      this.#file?.pass(to - from);
      return;
    }
    if (this.#parts === undefined && this.#file === undefined) this.#openFile(this.#header, undefined);
    this.#coded.add(bytes, from, to);
    if (this.#length > MAX_CODED) this.#giveUpDecoding();
  }

  /** Body that came by unseen. */
  pass(length: number): void {
    this.#length += length;
    this.#file?.pass(length);
  }

  /** Body that is not in the capture. */
  miss(length: number): void {
    // What stands behind a hole cannot be decoded.
    if (this.#coded !== undefined && !this.#overlong) this.#giveUpDecoding();
    this.#parts?.miss();
    if (this.#parts === undefined && this.#file === undefined)
      this.#openFile(this.#header, this.#header.total);
    this.#file?.miss(length);
    this.#length += length;
  }

  /** The body is over; `whole` when it had all it should have. */
  end(whole: boolean): BodySummary {
    if (this.#coded !== undefined && !this.#overlong) this.#decode(this.#coded);
    this.#parts?.end();
    this.#endFile(whole);
    const files = this.#known.slice(0, MAX_FILES);
    return {
      length: this.#length,
      fuids: files.map(file => file.fuid),
      filenames: present(files.map(file => file.filename)),
      mimeTypes: present(files.map(file => file.mimeType)),
      read: this.#read?.bytes,
      contentType: this.#header.contentType,
      found: this.#found,
    };
  }

  #take(bytes: Uint8Array, from: number, to: number): void {
    this.#read?.add(bytes, from, to);
    if (this.#parts !== undefined) {
      this.#parts.feed(bytes, from, to);
      return;
    }
    if (this.#file === undefined) this.#openFile(this.#header, this.#header.total);
    this.#file?.feed(bytes, from, to);
  }

  #decode(coded: Collected): void {
    const content = decodeContent(coded.bytes);
    if (content === undefined) {
      if (coded.bytes.length > 0) this.#flow.weird('HTTP_undecodable_content');
      this.#file?.pass(coded.bytes.length);
      return;
    }
    this.#length = content.length;
    this.#take(content, 0, content.length);
  }

  /** From here on only the length counts. */
  #giveUpDecoding(): void {
    const coded = this.#coded?.bytes ?? new Uint8Array(0);
    this.#overlong = true;
    if (coded.length > MAX_CODED) this.#flow.weird('HTTP_inflate_limit');
    const head = decodeContent(coded.subarray(0, GLANCE))?.subarray(0, 4096) ?? new Uint8Array(0);
    const known = Math.min(head.length, coded.length);
    this.#file?.feed(head, 0, known);
    this.#file?.pass(coded.length - known);
  }

  #beginPart(lines: readonly string[]): void {
    const field = (name: string): string => {
      const line = lines.find(candidate => candidate.toLowerCase().startsWith(`${name}:`));
      return line?.slice(name.length + 1).trim() ?? '';
    };
    const header = { contentType: field('content-type'), disposition: field('content-disposition') };
    this.#openFile(header, undefined);
  }

  #openFile(header: Pick<BodyHeader, 'contentType' | 'disposition'>, total: number | undefined): void {
    const filename = fileName(header.disposition) ?? fileName(header.contentType);
    const declared = /^application\/ocsp-re(?:quest|sponse)/i.exec(header.contentType)?.[0].toLowerCase();
    this.#file = this.#files.open(this.#side, {
      filename,
      total,
      declared,
      contentType: header.contentType,
      collect: this.#collect,
    });
    if (this.#known.length <= MAX_FILES) this.#known.push(this.#file);
  }

  #endFile(whole = true): void {
    this.#file?.end(whole);
    // Nothing of it was seen: it is no file.
    if (this.#file?.isEmpty === true) this.#known.splice(this.#known.indexOf(this.#file), 1);
    this.#file = undefined;
  }
}

/** Whether a body is of a kind that is read: printer operations of both sides, forms and JSON of the client, and OCSP. */
function isRead(side: Direction, contentType: string): boolean {
  if (/^application\/ipp\b/i.test(contentType)) return true;
  if (side === RESP) return /^application\/ocsp-response\b/i.test(contentType);
  return /^application\/(?:x-www-form-urlencoded|json)\b/i.test(contentType);
}

/** `filename` of a Content-Disposition (RFC 6266) or `name` of a Content-Type. */
function fileName(value: string): string | undefined {
  const extended = /filename\*\s*=\s*utf-8'[^']*'([^;\s]{1,1024})/i.exec(value)?.[1];
  if (extended !== undefined) {
    return bytesToText(
      extended.replace(/%([\da-f]{2})/gi, (_, digits: string) => latin1(Buffer.from(digits, 'hex'))),
    );
  }
  const match = /(?:^|[;\s])(?:file)?name\s*=\s*(?:"((?:[^"\\]|\\.){0,1024})"|([^;\s]{1,1024}))/i.exec(
    value.replace(/^form-data;\s*name\s*=\s*(?:"[^"]*"|[^;\s]*)/i, ''),
  );
  const name = match?.[1] ?? match?.[2];
  return name === undefined || name === '' ? undefined : bytesToText(name);
}

function present(values: readonly (string | undefined)[]): string[] {
  return values.filter(value => value !== undefined);
}

/** First bytes of a stream, up to a limit; grows with what arrives. */
class Collected {
  readonly #limit: number;
  #buffer = new Uint8Array(0);
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get room(): number {
    return this.#limit - this.#length;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    const taken = Math.min(to - from, this.room);
    const needed = this.#length + taken;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#limit, needed * 2));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes.subarray(from, from + taken), this.#length);
    this.#length = needed;
  }
}
