/**
 * A mail message as it arrives (RFC 5322, RFC 2045 to 2049): the fields of its head, its parts, also parts of parts and
 * messages inside of messages, and the file in each, with its transfer coding undone.
 *
 * Limits: `MAX_DEPTH`, `MAX_ENTITIES`, `MAX_LINE`, those of `message-head.ts` and `multipart.ts`.
 */
import { indexOf } from '../../bytes/read.ts';
import { type Direction, type FlowContext, ORIG } from '../../model/protocol.ts';
import type { FlowFiles, OpenFile } from '../files/transfer.ts';
import { MultipartReader, readBoundary } from '../multipart.ts';
import { MessageHead } from './message-head.ts';
import { type TransferDecoder, transferDecoder } from './transfer-coding.ts';

/** Parts inside of parts. */
const MAX_DEPTH = 8;
/** Parts of one message in all. */
const MAX_ENTITIES = 200;
/** Longest line of a head. */
const MAX_LINE = 12_288;

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = new Uint8Array(0);

/** What the parts of one message share. */
interface Shared {
  readonly flow: FlowContext;
  readonly files: FlowFiles;
  readonly side: Direction;
  readonly fuids: string[];
  entities: number;
}

/** Takes a field of the message's own head: its name in capitals and its value. */
type FieldTaker = (name: string, value: string) => void;

/** One message, given in pieces of any size. */
export class MimeMessage {
  readonly #shared: Shared;
  readonly #top: Entity;

  constructor(flow: FlowContext, files: FlowFiles, takeField: FieldTaker, side: Direction = ORIG) {
    this.#shared = { flow, files, side, fuids: [], entities: 0 };
    this.#top = new Entity(this.#shared, 0, takeField);
  }

  /** Files of its parts. */
  get fuids(): readonly string[] {
    return this.#shared.fuids;
  }

  /** Bytes from here on that must be fed; at 0 the rest may be skipped. */
  get wanted(): number {
    return this.#top.wanted;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    this.#top.feed(bytes, from, to);
  }

  /** Bytes that came by unseen. */
  pass(length: number): void {
    this.#top.pass(length);
  }

  /** Bytes that are not in the capture. */
  miss(length: number): void {
    this.#top.miss(length);
  }

  end(): void {
    this.#top.end();
  }
}

/** A message or a part of one. */
class Entity {
  readonly #shared: Shared;
  readonly #depth: number;
  /** Which part of the message it is, from 1; Zeek's depth of a file. */
  readonly #number: number;
  readonly #fields = new Map<string, string>();
  #head: MessageHead | undefined;
  /** Beginning of a line of the head. */
  #line: Uint8Array = EMPTY;
  #lineLength = 0;
  #parts: MultipartReader | undefined;
  #inner: Entity | undefined;
  #decoder: TransferDecoder | undefined;
  #file: OpenFile | undefined;

  /** @param takeField also told the fields of the head, when it comes with the content */
  constructor(shared: Shared, depth: number, takeField?: FieldTaker) {
    this.#shared = shared;
    this.#depth = depth;
    this.#number = ++shared.entities;
    this.#head = new MessageHead((name, value) => {
      if (name.startsWith('CONTENT-')) this.#fields.set(name, value);
      takeField?.(name, value);
    });
  }

  get wanted(): number {
    if (this.#head !== undefined || this.#parts !== undefined) return Number.POSITIVE_INFINITY;
    if (this.#inner !== undefined) return this.#inner.wanted;
    const encoded = /^\s*(?:base64|quoted-printable)\s*$/i.test(this.#field('CONTENT-TRANSFER-ENCODING'));
    return encoded ? Number.POSITIVE_INFINITY : (this.#file?.wanted ?? 1);
  }

  /** The lines of a head that came apart from the content. */
  takeHead(lines: readonly string[]): void {
    for (const line of lines) {
      const bytes = Buffer.from(line, 'latin1');
      this.#head?.line(bytes, 0, bytes.length);
    }
    this.#endHead();
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (this.#head !== undefined && at < to) at = this.#feedHead(bytes, at, to);
    if (at < to) this.#feedBody(bytes, at, to);
  }

  pass(length: number): void {
    this.#file?.pass(length);
    this.#inner?.pass(length);
  }

  miss(length: number): void {
    if (this.#head !== undefined) this.#endHead();
    this.#parts?.miss();
    this.#inner?.miss(length);
    this.#file?.miss(length);
  }

  end(): void {
    if (this.#head !== undefined) {
      if (this.#lineLength > 0) this.#takeLine(this.#line, 0, this.#lineLength);
      if (this.#head !== undefined) this.#endHead();
    }
    this.#parts?.end();
    this.#inner?.end();
    this.#decoder?.end();
    this.#file?.end();
    if (this.#file?.isEmpty === false) this.#shared.fuids.push(this.#file.fuid);
    this.#file = undefined;
  }

  #field(name: string): string {
    return this.#fields.get(name) ?? '';
  }

  /** Takes a line of the head, or the beginning of one; the result is where it ends. */
  #feedHead(bytes: Uint8Array, at: number, to: number): number {
    const lineFeed = indexOf(bytes, LF, at, to);
    const end = lineFeed < 0 ? to : lineFeed;
    if (lineFeed >= 0 && this.#lineLength === 0) {
      this.#takeLine(bytes, at, end);
      return end + 1;
    }
    this.#keep(bytes, at, end);
    if (lineFeed < 0) return to;
    const length = this.#lineLength;
    this.#lineLength = 0;
    this.#takeLine(this.#line, 0, length);
    return end + 1;
  }

  /** Keeps the beginning of a line; the buffer grows by doubling, so that this stays linear. */
  #keep(bytes: Uint8Array, at: number, end: number): void {
    const taken = Math.min(end - at, MAX_LINE - this.#lineLength);
    if (taken < end - at) this.#shared.flow.weird('mime_line_limit');
    const needed = this.#lineLength + taken;
    if (needed > this.#line.length) {
      const larger = new Uint8Array(Math.max(256, needed * 2));
      larger.set(this.#line.subarray(0, this.#lineLength));
      this.#line = larger;
    }
    this.#line.set(bytes.subarray(at, at + taken), this.#lineLength);
    this.#lineLength = needed;
  }

  #takeLine(bytes: Uint8Array, from: number, to: number): void {
    const content = to > from && bytes[to - 1] === CR ? to - 1 : to;
    this.#head?.line(bytes, from, content);
    if (this.#head?.cut) this.#shared.flow.weird('mime_header_limit');
    if (this.#head?.done) this.#endHead();
  }

  #endHead(): void {
    this.#head?.end();
    this.#head = undefined;
    const type = this.#field('CONTENT-TYPE');
    const boundary = readBoundary(type);
    const nested = boundary !== undefined || /^\s*message\/rfc822\b/i.test(type);
    if (nested && this.#mayNest()) {
      if (boundary === undefined) this.#inner = new Entity(this.#shared, this.#depth + 1);
      else this.#parts = this.#partsOf(boundary);
    }
    this.#decoder = transferDecoder(this.#field('CONTENT-TRANSFER-ENCODING'), (bytes, from, to) =>
      this.#content(bytes, from, to),
    );
  }

  /** Parts beyond the limits are one file. */
  #mayNest(): boolean {
    if (this.#depth < MAX_DEPTH && this.#shared.entities < MAX_ENTITIES) return true;
    this.#shared.flow.weird('mime_nesting_limit');
    return false;
  }

  #partsOf(boundary: string): MultipartReader {
    let part: Entity | undefined;
    return new MultipartReader(boundary, {
      begin: lines => {
        part = this.#mayNest() ? new Entity(this.#shared, this.#depth + 1) : undefined;
        part?.takeHead(lines);
      },
      content: (bytes, from, to) => part?.feed(bytes, from, to),
      end: () => {
        part?.end();
        part = undefined;
      },
    });
  }

  #feedBody(bytes: Uint8Array, from: number, to: number): void {
    // A transfer coding of what has parts is an error (RFC 2045 section 6.4), and ignored.
    if (this.#parts !== undefined) this.#parts.feed(bytes, from, to);
    else this.#decoder?.feed(bytes, from, to);
  }

  #content(bytes: Uint8Array, from: number, to: number): void {
    if (this.#inner !== undefined) {
      this.#inner.feed(bytes, from, to);
      return;
    }
    if (this.#file === undefined) {
      const { files, side } = this.#shared;
      this.#file = files.open(side, {
        filename: this.#fileName(),
        depth: this.#number,
        contentType: this.#field('CONTENT-TYPE'),
      });
    }
    this.#file.feed(bytes, from, to);
  }

  /** RFC 2183 section 2.3, else the name of older programs. */
  #fileName(): string | undefined {
    const named = /(?:^|[;\s])(?:file)?name\*?\s*=\s*(?:"((?:[^"\\]|\\.){0,1024})"|([^;\s]{1,1024}))/i;
    const match = named.exec(this.#field('CONTENT-DISPOSITION')) ?? named.exec(this.#field('CONTENT-TYPE'));
    const name = match?.[1] ?? match?.[2];
    return name === undefined || name === '' ? undefined : name.replace(/\\(.)/g, '$1');
  }
}
