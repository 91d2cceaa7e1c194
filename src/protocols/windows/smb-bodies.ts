/**
 * Contents of files that SMB reads and writes: each handle and direction makes one file of `files/transfer.ts`, put in
 * order by the offsets that the requests name. Clients ask for several blocks at a time and servers answer them in any
 * order: blocks ahead wait, with their bytes only while those are wanted. Blocks read again are counted once.
 *
 * What never comes, in a file of which only parts are read, counts as missing, as in Zeek. Contents of files that were
 * opened before the capture began make no file.
 *
 * Limits per flow: `MAX_BODIES` files at a time, `MAX_HELD_BYTES` that wait; per file `MAX_HELD` blocks that wait.
 */
import type { Direction, FlowContext } from '../../model/protocol.ts';
import { FlowFiles, type OpenFile as Transfer } from '../files/transfer.ts';
import type { OpenFile } from './smb-session.ts';

const MAX_BODIES = 64;
const MAX_HELD_BYTES = 1_048_576;
const MAX_HELD = 64;
/** Larger offsets belong to no real file. */
const MAX_OFFSET = 2 ** 48;

/** File contents that a message carries, `length` bytes at `from` behind its beginning. */
export interface FileData {
  readonly file: OpenFile;
  /** Place within the file. */
  readonly offset: number;
  readonly from: number;
  readonly length: number;
}

/** The data of a message of `size` bytes, as far as it lies within the message and its place makes sense. */
export function dataWithin(
  file: OpenFile | undefined,
  offset: number | undefined,
  from: number,
  length: number,
  size: number,
): FileData | undefined {
  if (file === undefined || offset === undefined || file.tree?.shareType === 'PIPE') return undefined;
  if (file.pipe !== undefined || offset > MAX_OFFSET || from >= size || length === 0) return undefined;
  return { file, offset, from, length: Math.min(length, size - from) };
}

/** A block that came before what stands in front of it. */
interface Held {
  readonly offset: number;
  /** Bytes of it that came, those missing included. */
  length: number;
  missing: number;
  /** Its contents, when they were wanted and there was room; as long as the block shall become. */
  bytes: Uint8Array | undefined;
}

/** The files of one connection. */
export class SmbBodies {
  readonly #flow: FlowContext;
  readonly #files: FlowFiles;
  readonly #open = new Set<Body>();
  /** Bytes that wait, of all files. */
  readonly #waiting = { bytes: 0 };

  constructor(flow: FlowContext) {
    this.#flow = flow;
    this.#files = new FlowFiles(flow, 'SMB');
  }

  /** A block begins; its contents are given to what is returned. */
  begin(side: Direction, { file, offset, length }: FileData): Body {
    const body = file.bodies[side] ?? this.#newBody(side, file);
    body.begin(offset, length);
    return body;
  }

  /** A block of which `bytes[from, to)` is at hand and the rest came by unseen. */
  take(side: Direction, data: FileData, bytes: Uint8Array, from: number, to: number): void {
    const body = this.begin(side, data);
    const at = Math.min(from + data.from, to);
    const end = Math.min(at + data.length, to);
    body.feed(bytes, at, end);
    body.pass(data.length - (end - at));
  }

  /** A handle was closed. */
  end(file: OpenFile): void {
    for (const body of file.bodies) if (body !== undefined) this.#end(body);
    file.bodies = [undefined, undefined];
  }

  close(): void {
    for (const body of this.#open) this.#end(body);
  }

  #newBody(side: Direction, file: OpenFile): Body {
    if (this.#open.size >= MAX_BODIES) {
      this.#flow.weird('smb_too_many_transfers');
      for (const oldest of this.#open) {
        this.#end(oldest);
        break;
      }
    }
    // What is written has no size before; an empty file that is read was not empty.
    const total = side === 1 && file.size > 0 ? file.size : undefined;
    const transfer = this.#files.open(side, { filename: file.name === '' ? undefined : file.name, total });
    const body = new Body(transfer, this.#waiting);
    this.#open.add(body);
    file.bodies[side] = body;
    file.fuid ??= transfer.fuid;
    return body;
  }

  #end(body: Body): void {
    this.#open.delete(body);
    body.end();
  }
}

/** What one side sends of one file. */
export class Body {
  readonly #transfer: Transfer;
  readonly #waiting: { bytes: number };
  readonly #held: Held[] = [];
  /** Everything before this place came, or never will. */
  #next = 0;
  /** Place of the block under way, and how much of it is to come. */
  #at = 0;
  #left = 0;
  /** It lies ahead. */
  #ahead: Held | undefined;
  #ended = false;

  constructor(transfer: Transfer, waiting: { bytes: number }) {
    this.#transfer = transfer;
    this.#waiting = waiting;
  }

  begin(offset: number, length: number): void {
    this.#at = offset;
    this.#left = length;
    this.#ahead = undefined;
    if (this.#ended || offset <= this.#next) return;
    if (this.#held.length >= MAX_HELD) this.#giveUpFirst();
    if (offset <= this.#next) return;
    const bytes = this.#transfer.wanted > 0 && this.#room(length) ? new Uint8Array(length) : undefined;
    this.#ahead = { offset, length: 0, missing: 0, bytes };
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1]!.offset > offset) index--;
    this.#held.splice(index, 0, this.#ahead);
  }

  /** The contents of the block under way must be fed; otherwise they may be passed. */
  get wanted(): boolean {
    if (this.#ended) return false;
    if (this.#ahead !== undefined) return this.#ahead.bytes !== undefined;
    return this.#transfer.wanted > 0 && this.#at + this.#left > this.#next;
  }

  /** More of the block under way. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    const block = this.#ahead;
    if (block === undefined) {
      const known = this.#advance(to - from);
      this.#transfer.feed(bytes, from + known, to);
    } else {
      block.bytes?.set(bytes.subarray(from, to), block.length);
      block.length += to - from;
    }
    this.#drain();
  }

  /** More of it, unseen. */
  pass(length: number): void {
    if (length <= 0) return;
    if (this.#ahead === undefined) this.#transfer.pass(length - this.#advance(length));
    else this.#keepCount(this.#ahead, length);
    this.#drain();
  }

  /** More of it, not in the capture. */
  miss(length: number): void {
    if (length <= 0) return;
    if (this.#ahead === undefined) this.#transfer.miss(length - this.#advance(length));
    else {
      this.#keepCount(this.#ahead, length);
      this.#ahead.missing += length;
    }
    this.#drain();
  }

  /** What follows is counted no more. */
  end(): void {
    this.#ahead = undefined;
    this.#ended = true;
    while (this.#held.length > 0) this.#giveUpFirst();
    this.#transfer.end();
  }

  /** The block in order goes on; returns how many of these bytes were there before. */
  #advance(length: number): number {
    const known = Math.min(Math.max(this.#next - this.#at, 0), length);
    this.#at += length;
    this.#left -= length;
    this.#next = Math.max(this.#next, this.#at);
    return known;
  }

  #room(length: number): boolean {
    if (this.#waiting.bytes + length > MAX_HELD_BYTES) return false;
    this.#waiting.bytes += length;
    return true;
  }

  #keepCount(block: Held, length: number): void {
    block.length += length;
    this.#release(block);
  }

  #release(block: Held): void {
    this.#waiting.bytes -= block.bytes?.length ?? 0;
    block.bytes = undefined;
  }

  /** What stands before the first block that waits will not come. */
  #giveUpFirst(): void {
    const first = this.#held[0]!;
    if (first.offset > this.#next) {
      this.#transfer.miss(first.offset - this.#next);
      this.#next = first.offset;
    }
    this.#drain();
  }

  /** Takes the blocks that are in order now. */
  #drain(): void {
    while (this.#held.length > 0 && this.#held[0]!.offset <= this.#next) {
      const block = this.#held.shift()!;
      const known = Math.min(this.#next - block.offset, block.length);
      if (block.bytes === undefined) {
        const missing = Math.min(block.missing, block.length - known);
        this.#transfer.pass(block.length - known - missing);
        this.#transfer.miss(missing);
      } else this.#transfer.feed(block.bytes, known, block.length);
      this.#next = Math.max(this.#next, block.offset + block.length);
      this.#release(block);
      if (block !== this.#ahead) continue;
      // Still under way: the rest of it is in order.
      this.#at = block.offset + block.length;
      this.#left -= block.length;
      this.#ahead = undefined;
    }
  }
}
