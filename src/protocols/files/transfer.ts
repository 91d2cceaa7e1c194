/**
 * Files carried by other protocols (Zeek's file analysis framework): what was transferred, of which type, how much of it
 * was seen. A protocol that carries files keeps one `FlowFiles` per flow, names `fileStreams` among its streams, and drives
 * an `OpenFile` per body:
 *
 *     const files = new FlowFiles(flow, 'FTP_DATA');
 *     const file = files.open(RESP, { filename, total });   // with its first byte: that is when it begins
 *     file.feed(bytes, from, to);                           // content, in order
 *     file.pass(length);                                    // content that was skipped
 *     file.miss(length);                                    // content that is not in the capture
 *     file.end();                                           // gives out the record; `file.mimeType` is final now
 *
 * `file.wanted` says how many bytes from here on it must see: the type takes the first bytes (`HEAD`), a digest all of them.
 * When it is 0 the rest may be skipped, so that a long download costs nothing; feeding it all the same does no harm. A SHA-256 is made of executables,
 * archives and firmware images that were seen whole, up to `MAX_HASHED`; beyond it the weird `file_hash_limit`.
 *
 * Types are told by content alone (`magic.ts`, `text-type.ts`), never by what a header claims. Medical documents among
 * files are recognised and read (`clinical/payloads.ts`); carriers name `fileStreams` among their streams, since these have
 * records of their own.
 *
 * Not done: files that span flows (byte ranges over several connections), members of archives, extraction, MD5, SHA-1.
 */
import { createHash, type Hash } from 'node:crypto';
import { latin1 } from '../../bytes/text.ts';
import { secondsBetween } from '../../model/moment.ts';
import { type Direction, type FlowContext, ORIG } from '../../model/protocol.ts';
import { f, flowStream, type Moment, type StreamSchema } from '../../model/schema.ts';
import type { PayloadSearch } from '../clinical/payload.ts';
import { payloadStreams, searchPayload } from '../clinical/payloads.ts';
import { magicType } from './magic.ts';
import { textType } from './text-type.ts';

/** First bytes that decide the type; Zeek's `default_file_bof_buffer_size`. */
const HEAD = 4096;
/** First bytes among which most binary types are recognised at once. */
const GLANCE = 64;
/** Larger files are not hashed. */
const MAX_HASHED = 64 * 1024 * 1024;
/** ISO 9660 section 7.1: the first volume descriptor stands behind sixteen sectors, its identifier at its second byte. */
const ISO_AT = 32_769;
const ISO_ID = [0x43, 0x44, 0x30, 0x30, 0x31];

/** Zeek's `files.log`. */
export const filesStream = flowStream('files', 'One line per file carried by another protocol.', {
  fuid: f.string('Identifier of the file.'),
  source: f.string('Protocol that carried it, as Zeek names it: HTTP, FTP_DATA, SMTP, SMB, TFTP …'),
  depth: f.count('Depth of the part within its message, for mail.'),
  analyzers: f.stringSet('What was done with it: SHA256 when it was hashed.'),
  mime_type: f.string('Type by content; absent when the content shows none.'),
  filename: f.string('Name the protocol gave it.', 'text'),
  duration: f.interval('Seconds from its first to its last byte.'),
  local_orig: f.bool('Its sender is in an internal range.'),
  is_orig: f.bool('The originator of the flow sent it.'),
  seen_bytes: f.count('Bytes of it that came by.'),
  total_bytes: f.count('Bytes it should have, when the protocol says so.'),
  missing_bytes: f.count('Bytes of it that are not in the capture.'),
  overflow_bytes: f.count('Bytes that could not be put in order; always 0.'),
  timedout: f.bool('Never: files end with their flow.'),
  parent_fuid: f.string('File that contains it.'),
  md5: f.string('Never set.'),
  sha1: f.string('Never set.'),
  sha256: f.string('SHA-256 of executables, archives and firmware images seen whole.'),
});

/** Streams of every protocol that carries files: `files`, and those of documents within. */
export const fileStreams: readonly StreamSchema[] = [filesStream, ...payloadStreams];

/** What is known of a file when it begins. */
export interface FileStart {
  readonly filename?: string | undefined;
  /** Bytes it should have. */
  readonly total?: number | undefined;
  readonly depth?: number;
  /** A type that the content cannot show, as the protocol names it. */
  readonly declared?: string | undefined;
  /** Content-Type as the carrier gives it. */
  readonly contentType?: string | undefined;
  /** Takes what was found in a medical document, as `Carrier.collect`. */
  readonly collect?: ((found: unknown) => void) | undefined;
}

/** The files of one flow. */
export class FlowFiles {
  readonly #flow: FlowContext;
  readonly #source: string;
  #count = 0;

  /** @param source Zeek's name of the carrier, e.g. `HTTP` */
  constructor(flow: FlowContext, source: string) {
    this.#flow = flow;
    this.#source = source;
  }

  /** A file begins with the packet under way; `side` sends it. */
  open(side: Direction, start: FileStart = {}): OpenFile {
    return new OpenFile(this.#flow, this.#source, side, start, fileUid(this.#flow.uid, ++this.#count));
  }
}

const DIGITS = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
/** The identifier under way. */
const FUID = Buffer.from('F00000000000000000');

/** Start and factor of the three hashes that make an identifier. */
const LANES: readonly (readonly [start: number, factor: number, digits: number])[] = [
  [0x9e3779b9, 0x01000193, 6],
  [0x85ebca6b, 0x85ebca77, 6],
  [0xc2b2ae35, 0xc2b2ae3d, 5],
];

/**
 * `F` and 17 base-62 digits: the same file of the same flow always has the same. Not a secret and not a signature: the hash
 * only spreads.
 */
function fileUid(uid: string, number: number): string {
  let at = 1;
  for (const [start, factor, digits] of LANES) {
    let hash = Math.imul(start ^ number, factor);
    for (let i = 0; i < uid.length; i++) hash = Math.imul(hash ^ (hash >>> 15) ^ uid.charCodeAt(i), factor);
    let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
    for (let i = 0; i < digits; i++) {
      FUID[at++] = DIGITS[value % 62]!;
      value = Math.floor(value / 62);
    }
  }
  return latin1(FUID);
}

export class OpenFile {
  readonly fuid: string;
  filename: string | undefined;
  /** Final after `end`; before it only types that the first bytes show beyond doubt. */
  mimeType: string | undefined;
  readonly #flow: FlowContext;
  readonly #source: string;
  readonly #side: Direction;
  readonly #start: FileStart;
  readonly #began: Moment;
  readonly #frame: number;
  #last: Moment;
  #head: Uint8Array | undefined;
  #headLength = 0;
  #identified = false;
  #hash: Hash | undefined;
  #hashed = false;
  #searchesIso = false;
  readonly #payload: PayloadSearch;
  #seen = 0;
  #missing = 0;
  #ended = false;

  constructor(flow: FlowContext, source: string, side: Direction, start: FileStart, fuid: string) {
    this.#flow = flow;
    this.#source = source;
    this.#side = side;
    this.#start = start;
    this.fuid = fuid;
    this.filename = start.filename;
    this.#began = flow.now;
    this.#last = this.#began;
    this.#frame = flow.frame;
    const contentType = start.contentType?.split(';', 1)[0]?.trim().toLowerCase();
    this.#payload = searchPayload(flow, { source, side, fuid, contentType, collect: start.collect });
  }

  /** Nothing of it was seen: it leaves no record. */
  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  /** Bytes from here on that must be fed; at 0 the rest may be skipped. */
  get wanted(): number {
    if (!this.#flow.recorded) return 0;
    if (this.#hash !== undefined) return Number.POSITIVE_INFINITY;
    const own = this.#identified
      ? this.#searchesIso
        ? ISO_AT + ISO_ID.length - this.#seen
        : 0
      : HEAD - this.#headLength;
    return Math.max(own, this.#payload.wanted);
  }

  /** Content in order. The bytes are borrowed. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    if (to <= from) return;
    if (!this.#flow.recorded) {
      this.#seen += to - from;
      return;
    }
    let at = from;
    const { found } = this.#payload;
    if (!this.#identified) at += this.#takeHead(bytes, from, to);
    // Found just now, it has seen what was taken.
    this.#payload.feed(bytes, found ? from : at, to);
    if (this.#searchesIso) this.#searchIso(bytes, from, to);
    this.#seen += to - from;
    if (at < to) this.#hash?.update(bytes.subarray(at, to));
    if (this.#seen > MAX_HASHED) this.#giveUpHash();
    this.#last = this.#flow.now;
  }

  /** Content that came by unseen. */
  pass(length: number): void {
    if (length <= 0) return;
    this.#identify();
    this.#noMoreWanted();
    this.#payload.miss(length);
    this.#seen += length;
    this.#last = this.#flow.now;
  }

  /** Content that is not in the capture. */
  miss(length: number): void {
    if (length <= 0) return;
    if (this.#headLength > 0) this.#identify();
    else this.#identified = true;
    this.#noMoreWanted();
    this.#payload.miss(length);
    this.#missing += length;
  }

  /** The file is over; `complete` when it had all it should have. Gives out its record, unless nothing of it was seen. */
  end(complete = true): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#identify();
    this.mimeType = this.#start.declared ?? this.mimeType;
    const whole = this.#start.total === undefined || this.#start.total === this.#seen;
    this.#payload.end(whole && complete);
    if (this.#seen === 0) return;
    const digest = whole && complete ? this.#hash?.digest('hex') : undefined;
    const side = this.#side;
    this.#flow.emit(filesStream, {
      ts: this.#began,
      frame: this.#frame,
      fuid: this.fuid,
      source: this.#source,
      depth: this.#start.depth ?? 0,
      analyzers: this.#hashed ? ['SHA256'] : [],
      mime_type: this.mimeType,
      filename: this.filename,
      duration: secondsBetween(this.#began, this.#last),
      local_orig: this.#flow.isInternal(side === ORIG ? this.#flow.origHost : this.#flow.respHost),
      is_orig: side === ORIG,
      seen_bytes: this.#seen,
      total_bytes: this.#start.total,
      missing_bytes: this.#missing,
      overflow_bytes: 0,
      timedout: false,
      sha256: digest,
    });
  }

  /** Collects the first bytes; returns how many of these were taken. */
  #takeHead(bytes: Uint8Array, from: number, to: number): number {
    const taken = Math.min(to - from, HEAD - this.#headLength);
    if (this.#headLength === 0) {
      const part = bytes.subarray(from, from + taken);
      this.#payload.look(part, taken === HEAD);
      // Most pictures and archives are known by their first packet: nothing need be kept of them.
      if (taken === HEAD || (taken >= GLANCE && !this.#payload.searching && isSettled(magicType(part)))) {
        this.#head = part;
        this.#headLength = taken;
        this.#identify();
        return taken;
      }
    }
    let head = this.#head ?? new Uint8Array(0);
    if (this.#headLength + taken > head.length) {
      const larger = new Uint8Array(Math.min(HEAD, (this.#headLength + taken) * 2));
      larger.set(head.subarray(0, this.#headLength));
      head = larger;
      this.#head = larger;
    }
    head.set(bytes.subarray(from, from + taken), this.#headLength);
    this.#headLength += taken;
    this.#payload.look(head.subarray(0, this.#headLength), this.#headLength === HEAD);
    if (this.#headLength === HEAD) this.#identify();
    return taken;
  }

  /** Decides the type by the first bytes, and whether all of it is wanted. */
  #identify(): void {
    if (this.#identified) return;
    this.#identified = true;
    const head = this.#head?.subarray(0, this.#headLength) ?? new Uint8Array(0);
    this.#head = undefined;
    this.#payload.look(head, true);
    this.mimeType = magicType(head) ?? textType(head);
    this.#searchesIso = this.mimeType === undefined && head.length >= GLANCE && head[0] === 0;
    if (this.mimeType === undefined || !HASHED.has(this.mimeType)) return;
    this.#hashed = true;
    this.#hash = createHash('sha256').update(head);
    if ((this.#start.total ?? 0) > MAX_HASHED) this.#giveUpHash();
  }

  /** What is not seen whole cannot be hashed. */
  #noMoreWanted(): void {
    this.#hash = undefined;
    this.#hashed = false;
    this.#searchesIso = false;
  }

  #giveUpHash(): void {
    if (this.#hash === undefined) return;
    this.#noMoreWanted();
    this.#flow.weird('file_hash_limit');
  }

  /** Compares what there is of the identifier behind the empty sectors of a disk image. */
  #searchIso(bytes: Uint8Array, from: number, to: number): void {
    for (const [i, byte] of ISO_ID.entries()) {
      const at = from + ISO_AT + i - this.#seen;
      if (at >= to) return;
      if (at >= from && bytes[at] !== byte) {
        this.#searchesIso = false;
        return;
      }
    }
    this.#searchesIso = false;
    this.mimeType = 'application/x-iso9660-image';
  }
}

/** Types that no later byte can change. */
function isSettled(type: string | undefined): boolean {
  return type !== undefined && type !== 'application/zip' && type !== 'application/msword';
}

/** Types whose content is hashed. */
const HASHED: ReadonlySet<string> = new Set(
  [
    ...[
      'x-dosexec',
      'x-executable',
      'x-sharedlib',
      'x-object',
      'x-mach-o-executable',
      'x-dex',
      'x-java-applet',
    ],
    ...['zip', 'x-gzip', 'x-bzip2', 'x-xz', 'x-7z-compressed', 'x-rar', 'x-lz4', 'x-zstd', 'x-tar', 'x-cpio'],
    ...['vnd.ms-cab-compressed', 'x-debian-package', 'x-archive', 'x-rpm', 'x-msi', 'x-compress'],
    ...['java-archive', 'vnd.android.package-archive'],
    ...['x-uimage', 'x-fit-image', 'x-squashfs', 'x-trx', 'x-ubi', 'x-ubifs', 'x-jffs2', 'x-cramfs', 'x-dfu'],
    ...['x-android-boot', 'x-intel-hex', 'x-s-record'],
  ].map(name => `application/${name}`),
);
