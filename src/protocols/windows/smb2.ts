/**
 * SMB 2 and 3 (MS-SMB2): negotiation, sessions, shares, files and pipes. Compounds are walked, asynchronous answers and
 * related requests are followed. Encrypted messages (section 2.2.41) are only noticed, compressed ones (section 2.2.42)
 * only checked for the offsets of CVE-2020-0796.
 *
 * A message may be given without its end; what is there is decoded. Limits: `MAX_COMPOUND`, `MAX_DIALECTS`,
 * `MAX_NEGOTIATE_CONTEXTS`, and those of `smb-session.ts`.
 */
import { u16le, u32le } from '../../bytes/read.ts';
import { hex, utf16le } from '../../bytes/text.ts';
import type { Direction } from '../../model/protocol.ts';
import { remember } from './bounded-map.ts';
import { readUuid } from './dce-rpc-pdu.ts';
import { readFileTime, readU64 } from './filetime.ts';
import { dataWithin, type FileData } from './smb-bodies.ts';
import { type FileTimes, MAX_REQUESTS, type OpenFile, type SmbSession, type Tree } from './smb-session.ts';

export const SMB2_HEADER = 64;
const MAX_COMPOUND = 64;
const MAX_DIALECTS = 16;
const MAX_NEGOTIATE_CONTEXTS = 16;

/** Commands (section 2.2.1). */
export const SMB2 = {
  negotiate: 0,
  sessionSetup: 1,
  treeConnect: 3,
  treeDisconnect: 4,
  create: 5,
  close: 6,
  read: 8,
  write: 9,
  ioctl: 11,
  setInfo: 17,
} as const;

const RESPONSE = 0x1;
const RELATED = 0x4;
const SIGNED = 0x8;
const STATUS_PENDING = 0x0000_0103;
const STATUS_BUFFER_OVERFLOW = 0x8000_0005;
const STATUS_MORE_PROCESSING = 0xc000_0016;
const DELETE_ON_CLOSE = 0x0000_1000;
const FSCTL_PIPE_TRANSCEIVE = 0x0011_c017;
/** File information classes (MS-FSCC section 2.4). */
const RENAME = 10;
const DISPOSITION = 13;
const DISPOSITION_EX = 64;
const RENAME_EX = 65;
const GUEST_OR_NULL = 0x3;
const ENCRYPTION_CAPABILITIES = 2;

const DIALECTS: Readonly<Record<number, string>> = {
  514: '2.0.2',
  528: '2.1',
  767: '2.???',
  768: '3.0',
  770: '3.0.2',
  785: '3.1.1',
};
const CIPHERS = ['', 'AES-128-CCM', 'AES-128-GCM', 'AES-256-CCM', 'AES-256-GCM'];
const SHARE_TYPES = ['', 'DISK', 'PIPE', 'PRINT'];

export const dialectName = (dialect: number): string => DIALECTS[dialect] ?? `0x${dialect.toString(16)}`;

/** What a request leaves for its answer. */
interface Request {
  readonly command: number;
  readonly tree: Tree | undefined;
  readonly treeId: number;
  readonly file: OpenFile | undefined;
  /** Place in the file of what is read. */
  readonly offset?: number;
  /** What the request does to its file, once the server did it. */
  readonly done?: (() => void) | undefined;
}

/** One message: header at `at`, bytes up to `end`. */
interface Message {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  readonly id: number;
  readonly treeId: number;
  /** It is part of a compound, whose file contents come with it. */
  readonly compound: boolean;
}

export class Smb2 {
  readonly #session: SmbSession;
  readonly #requests = new Map<number, Request>();
  /** The last request of the compound under way. */
  #last: Request | undefined;

  constructor(session: SmbSession) {
    this.#session = session;
  }

  /** A message or compound in `[from, to)`, beginning with its header. */
  take(direction: Direction, bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    this.#last = undefined;
    for (let i = 0; at + SMB2_HEADER <= to; i++) {
      if (i >= MAX_COMPOUND) {
        this.#session.flow.weird('smb2_compound_limit');
        return;
      }
      const next = u32le(bytes, at + 20);
      const end = next === 0 ? to : Math.min(at + next, to);
      this.#message(direction, bytes, at, end, at !== from || next !== 0);
      if (next < SMB2_HEADER) return;
      at += next;
    }
  }

  /** The file contents in a READ answer or WRITE request of `size` bytes at `at`; undefined for other messages. */
  dataOf(bytes: Uint8Array, at: number, end: number, size: number): FileData | undefined {
    if (at + SMB2_HEADER + 16 > end || u32le(bytes, at + 20) !== 0) return undefined;
    const command = u16le(bytes, at + 12);
    const response = (u32le(bytes, at + 16) & RESPONSE) !== 0;
    if (command === SMB2.write && !response && at + SMB2_HEADER + 32 <= end) {
      return writtenData(bytes, at, size, this.#session.file(fileId(bytes, at + SMB2_HEADER + 16)));
    }
    if (command !== SMB2.read || !response || !hasData(u32le(bytes, at + 8))) return undefined;
    return readData(bytes, at, size, this.#requests.get(readU64(bytes, at + 24)));
  }

  #message(direction: Direction, bytes: Uint8Array, at: number, end: number, compound: boolean): void {
    const command = u16le(bytes, at + 12);
    const flags = u32le(bytes, at + 16);
    if ((flags & SIGNED) !== 0) this.#session.facts.signed = true;
    const message = { bytes, at, end, id: readU64(bytes, at + 24), treeId: u32le(bytes, at + 36), compound };
    if ((flags & RESPONSE) === 0) this.#request(message, command, (flags & RELATED) !== 0, direction);
    else this.#response(message, command, u32le(bytes, at + 8), direction);
  }

  #request(message: Message, command: number, related: boolean, direction: Direction): void {
    const before = related ? this.#last : undefined;
    const treeId = before?.treeId ?? message.treeId;
    const request = this.#readRequest(message, command, treeId, before, direction);
    this.#last = request;
    if (remember(this.#requests, message.id, request, MAX_REQUESTS)) {
      this.#session.flow.weird('smb_too_many_requests');
    }
  }

  #readRequest(
    { bytes, at, end, compound }: Message,
    command: number,
    treeId: number,
    before: Request | undefined,
    direction: Direction,
  ): Request {
    const session = this.#session;
    const body = at + SMB2_HEADER;
    const has = (length: number): boolean => body + length <= end;
    const tree = session.tree(treeId);
    const fileAt = (offset: number): OpenFile | undefined => {
      const id = fileId(bytes, body + offset);
      // All ones: the file of the request before in this compound (section 3.3.5.2.7.2).
      return id === PREVIOUS ? before?.file : session.file(id);
    };
    const made = (file?: OpenFile, done?: () => void): Request => ({ command, tree, treeId, file, done });
    switch (command) {
      case SMB2.negotiate:
        if (has(36)) this.#negotiateRequest(bytes, body, end);
        return made();
      case SMB2.sessionSetup:
        if (has(16)) this.#token(bytes, at, end, body + 12);
        return made();
      case SMB2.treeConnect:
        if (!has(8)) return made();
        return { ...made(), tree: session.newTree(text(bytes, at, end, body + 4, body + 6)) };
      case SMB2.treeDisconnect:
        session.disconnect(treeId);
        return made();
      case SMB2.create: {
        if (!has(48)) return made();
        const name = text(bytes, at, end, body + 44, body + 46);
        const onClose = (u32le(bytes, body + 40) & DELETE_ON_CLOSE) !== 0;
        return made(session.newFile(name === '' ? '<share_root>' : name, tree, onClose));
      }
      case SMB2.close: {
        if (!has(24)) return made();
        const file = fileAt(8);
        return made(file, file && (() => session.closeFile(file)));
      }
      case SMB2.read:
        return has(32) ? { ...made(fileAt(16)), offset: readU64(bytes, body + 8) } : made();
      case SMB2.write: {
        if (!has(32)) return made();
        const file = fileAt(16);
        const data = at + u16le(bytes, body + 2);
        file?.pipe?.feed(direction, bytes, data, Math.min(data + u32le(bytes, body + 4), end));
        if (compound) this.#takeData(direction, bytes, at, end, writtenData(bytes, at, end - at, file));
        return made(file);
      }
      case SMB2.ioctl: {
        if (!has(32)) return made();
        if (u32le(bytes, body + 4) !== FSCTL_PIPE_TRANSCEIVE) return made();
        const file = fileAt(8) ?? session.pipe(fileId(bytes, body + 8), tree);
        const data = at + u32le(bytes, body + 24);
        file.pipe?.feed(direction, bytes, data, Math.min(data + u32le(bytes, body + 28), end));
        return made(file);
      }
      case SMB2.setInfo: {
        if (!has(32)) return made();
        const file = fileAt(16);
        if (file === undefined || bytes[body + 2] !== 1) return made(file);
        return made(file, this.#setInfo(bytes, at, end, file));
      }
      default:
        return made();
    }
  }

  #response(message: Message, command: number, status: number, direction: Direction): void {
    // An asynchronous answer comes twice; the first says only that it will.
    if (status === STATUS_PENDING) return;
    const request = this.#requests.get(message.id);
    this.#requests.delete(message.id);
    if (command === SMB2.sessionSetup) {
      this.#sessionSetupResponse(message, status);
      return;
    }
    if (!hasData(status)) return;
    const session = this.#session;
    const { bytes, at, end, treeId, compound } = message;
    const body = at + SMB2_HEADER;
    const has = (length: number): boolean => body + length <= end;
    switch (command) {
      case SMB2.negotiate:
        if (has(64)) this.#negotiateResponse(bytes, at, end);
        break;
      case SMB2.treeConnect:
        if (has(16) && request?.tree !== undefined) {
          const type = SHARE_TYPES[bytes[body + 2]!] ?? '';
          session.connect(treeId, request.tree, type === '' ? 'unknown' : type);
        }
        break;
      case SMB2.create:
        if (has(80) && request?.file !== undefined) {
          const { file } = request;
          file.size = readU64(bytes, body + 48);
          file.times = readTimes(bytes, body + 8);
          session.opened(fileId(bytes, body + 64), file);
        }
        break;
      case SMB2.read:
        if (has(16)) {
          const data = at + bytes[body + 2]!;
          const to = Math.min(data + u32le(bytes, body + 4), end);
          request?.file?.pipe?.feed(direction, bytes, data, to);
          if (compound) this.#takeData(direction, bytes, at, end, readData(bytes, at, end - at, request));
        }
        break;
      case SMB2.close:
      case SMB2.setInfo:
        request?.done?.();
        break;
      case SMB2.ioctl:
        if (has(40) && u32le(bytes, body + 4) === FSCTL_PIPE_TRANSCEIVE) {
          const data = at + u32le(bytes, body + 32);
          const to = Math.min(data + u32le(bytes, body + 36), end);
          request?.file?.pipe?.feed(direction, bytes, data, to);
        }
        break;
    }
  }

  #takeData(direction: Direction, bytes: Uint8Array, at: number, end: number, data?: FileData): void {
    if (data !== undefined) this.#session.bodies.take(direction, data, bytes, at, end);
  }

  #negotiateRequest(bytes: Uint8Array, body: number, end: number): void {
    const count = Math.min(u16le(bytes, body + 2), MAX_DIALECTS);
    const names: string[] = [];
    for (let i = 0; i < count && body + 38 + i * 2 <= end; i++) {
      names.push(dialectName(u16le(bytes, body + 36 + i * 2)));
    }
    this.#session.facts.dialects_offered = names;
  }

  #negotiateResponse(bytes: Uint8Array, at: number, end: number): void {
    const { facts } = this.#session;
    const body = at + SMB2_HEADER;
    const mode = u16le(bytes, body + 2);
    const dialect = u16le(bytes, body + 4);
    facts.dialect = dialectName(dialect);
    facts.signing_enabled = (mode & 1) !== 0;
    facts.signing_required = (mode & 2) !== 0;
    facts.server_guid = readUuid(bytes, body + 8, true);
    // Dialects 3.0 and 3.0.2 say that they can encrypt; 3.1.1 names the cipher.
    if ((dialect === 768 || dialect === 770) && (u32le(bytes, body + 24) & 0x40) !== 0) {
      facts.encryption = CIPHERS[1];
    }
    this.#token(bytes, at, end, body + 56);
    if (dialect === 785)
      this.#negotiateContexts(bytes, at + u32le(bytes, body + 60), end, u16le(bytes, body + 6));
  }

  #negotiateContexts(bytes: Uint8Array, from: number, end: number, count: number): void {
    let at = from;
    for (let i = 0; i < Math.min(count, MAX_NEGOTIATE_CONTEXTS) && at + 8 <= end; i++) {
      const length = u16le(bytes, at + 2);
      if (u16le(bytes, at) === ENCRYPTION_CAPABILITIES && length >= 4 && at + 12 <= end) {
        const cipher = CIPHERS[u16le(bytes, at + 10)];
        if (cipher !== undefined && cipher !== '') this.#session.facts.encryption = cipher;
      }
      at += 8 + ((length + 7) & ~7);
    }
  }

  #sessionSetupResponse({ bytes, at, end }: Message, status: number): void {
    const body = at + SMB2_HEADER;
    const { logins, facts } = this.#session;
    if (body + 8 <= end && (status === 0 || status === STATUS_MORE_PROCESSING)) {
      this.#token(bytes, at, end, body + 4);
      if (status === 0 && (u16le(bytes, body + 2) & GUEST_OR_NULL) !== 0) facts.guest = true;
    }
    if (status !== STATUS_MORE_PROCESSING) logins.finish(status === 0);
  }

  /** The security token to which an offset and a length at `field` point. */
  #token(bytes: Uint8Array, at: number, end: number, field: number): void {
    const from = at + u16le(bytes, field);
    const to = from + u16le(bytes, field + 2);
    if (to <= end && to > from) this.#session.logins.take(bytes, from, to);
  }

  /** Renaming and deleting (section 2.2.39, MS-FSCC sections 2.4.11 and 2.4.41). */
  #setInfo(bytes: Uint8Array, at: number, end: number, file: OpenFile): (() => void) | undefined {
    const body = at + SMB2_HEADER;
    const kind = bytes[body + 3]!;
    const data = at + u16le(bytes, body + 8);
    if (kind === DISPOSITION || kind === DISPOSITION_EX) {
      const remove = data < end && (bytes[data]! & 1) !== 0;
      return remove ? () => this.#session.record(file, 'FILE_DELETE') : undefined;
    }
    if ((kind !== RENAME && kind !== RENAME_EX) || data + 20 > end) return undefined;
    const to = data + 20 + u32le(bytes, data + 16);
    if (to > end) return undefined;
    const name = utf16le(bytes, data + 20, to);
    return () => {
      const previous = file.name;
      file.name = name;
      this.#session.record(file, 'FILE_RENAME', previous);
    };
  }
}

const hasData = (status: number): boolean => status === 0 || status === STATUS_BUFFER_OVERFLOW;

/** Contents in a WRITE request (section 2.2.21). */
function writtenData(
  bytes: Uint8Array,
  at: number,
  size: number,
  file: OpenFile | undefined,
): FileData | undefined {
  const body = at + SMB2_HEADER;
  return dataWithin(file, readU64(bytes, body + 8), u16le(bytes, body + 2), u32le(bytes, body + 4), size);
}

/** Contents in a READ answer (section 2.2.20). */
function readData(
  bytes: Uint8Array,
  at: number,
  size: number,
  request: Request | undefined,
): FileData | undefined {
  const body = at + SMB2_HEADER;
  return dataWithin(request?.file, request?.offset, bytes[body + 2]!, u32le(bytes, body + 4), size);
}

/** SMBGhost: offset and size of a compressed message must lie within 32 bits and the message (CVE-2020-0796). */
export function overflowsCompression(bytes: Uint8Array, at: number, end: number, length: number): boolean {
  if (at + 16 > end) return false;
  const original = u32le(bytes, at + 4);
  const chained = (u16le(bytes, at + 10) & 1) !== 0;
  const offset = u32le(bytes, at + 12);
  return !chained && (offset > length || original + offset > 0xffff_ffff);
}

const PREVIOUS = 'f'.repeat(32);
const fileId = (bytes: Uint8Array, at: number): string => hex(bytes, at, at + 16);

/** UTF-16 text to which an offset from the header and a length point. */
function text(bytes: Uint8Array, at: number, end: number, offsetAt: number, lengthAt: number): string {
  const from = at + u16le(bytes, offsetAt);
  const to = from + u16le(bytes, lengthAt);
  return to <= end ? utf16le(bytes, from, to) : '';
}

/** Creation, access, write and change time, as they stand in answers (section 2.2.14). */
export function readTimes(bytes: Uint8Array, at: number): FileTimes {
  return {
    created: readFileTime(bytes, at),
    accessed: readFileTime(bytes, at + 8),
    modified: readFileTime(bytes, at + 16),
    changed: readFileTime(bytes, at + 24),
  };
}
