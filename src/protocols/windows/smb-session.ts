/**
 * What one SMB connection knows: shares, open files, pipes with their remote calls, and how it is protected. Both
 * versions of the protocol write into it; it makes the records.
 *
 * A file that is opened again and again unchanged is one record, as in Zeek. Named pipes are recorded too when they are
 * opened, which Zeek leaves out.
 *
 * Limits: `MAX_TREES`, `MAX_FILES`, `MAX_REQUESTS`, `MAX_RECENT`, `MAX_PIPES`,
 * `MAX_PIPE_BYTES`.
 */
import type { Direction, FlowContext } from '../../model/protocol.ts';
import type { Moment, RecordOf } from '../../model/schema.ts';
import { Logins } from '../gssapi/gssapi.ts';
import { remember } from './bounded-map.ts';
import { RpcConversation } from './dce-rpc-calls.ts';
import { type Body, SmbBodies } from './smb-bodies.ts';
import { smbFilesStream, smbMappingStream, smbSessionStream } from './smb-streams.ts';

const MAX_TREES = 256;
const MAX_FILES = 4096;
/** Requests that wait for their answer: twice the credits that servers grant. */
export const MAX_REQUESTS = 16_384;
const MAX_RECENT = 4096;
/** Pipes whose calls are followed at a time, and bytes of an unfinished packet kept per pipe and direction. */
const MAX_PIPES = 64;
const MAX_PIPE_BYTES = 16_384;

/** A share that is connected, or about to be. */
export interface Tree {
  readonly path: string;
  readonly ts: Moment;
  readonly frame: number;
  shareType: string | undefined;
}

/** When a file was touched, as far as the server says. */
export interface FileTimes {
  readonly modified: Moment | undefined;
  readonly accessed: Moment | undefined;
  readonly created: Moment | undefined;
  readonly changed: Moment | undefined;
}

/** A file, pipe or printer that is open, or about to be. */
export interface OpenFile {
  name: string;
  readonly tree: Tree | undefined;
  readonly ts: Moment;
  readonly frame: number;
  readonly deleteOnClose: boolean;
  size: number;
  times: FileTimes | undefined;
  pipe: Pipe | undefined;
  /** How requests name it while it is open. */
  id: string | undefined;
  /** Contents under way, per direction, and their identifier in `files`. */
  bodies: [Body | undefined, Body | undefined];
  fuid: string | undefined;
}

export type SessionFacts = RecordOf<typeof smbSessionStream>;

export class SmbSession {
  readonly flow: FlowContext;
  readonly logins: Logins;
  readonly bodies: SmbBodies;
  /** About the connection; set as it is learnt. */
  readonly facts: SessionFacts;
  readonly #trees = new Map<number, Tree>();
  readonly #files = new Map<string, OpenFile>();
  readonly #recent = new Map<string, true>();
  #pipes = 0;

  constructor(flow: FlowContext) {
    this.flow = flow;
    this.logins = new Logins(flow);
    this.bodies = new SmbBodies(flow);
    this.facts = { ts: flow.now, frame: flow.frame };
  }

  /** A share as the client asks for it. */
  newTree(path: string): Tree {
    return { path, ts: this.flow.now, frame: this.flow.frame, shareType: undefined };
  }

  /** The server connected a share. */
  connect(id: number, tree: Tree, shareType: string, service?: string, fileSystem?: string): void {
    tree.shareType = shareType;
    this.#remember(this.#trees, id, tree, MAX_TREES);
    this.flow.emit(smbMappingStream, {
      ts: tree.ts,
      frame: tree.frame,
      path: tree.path,
      service,
      native_file_system: fileSystem === '' ? undefined : fileSystem,
      share_type: shareType,
    });
  }

  tree(id: number): Tree | undefined {
    return this.#trees.get(id);
  }

  disconnect(id: number): void {
    this.#trees.delete(id);
  }

  /** A file as the client asks for it. */
  newFile(name: string, tree: Tree | undefined, deleteOnClose = false): OpenFile {
    const { now: ts, frame } = this.flow;
    return {
      name,
      tree,
      ts,
      frame,
      deleteOnClose,
      size: 0,
      times: undefined,
      pipe: undefined,
      id: undefined,
      bodies: [undefined, undefined],
      fuid: undefined,
    };
  }

  /** The server opened a file. */
  opened(id: string, file: OpenFile): void {
    file.id = id;
    this.#remember(this.#files, id, file, MAX_FILES);
    const type = file.tree?.shareType;
    if (type === 'PIPE') this.#openPipe(file);
    this.record(file, type === 'PIPE' ? 'PIPE_OPEN' : type === 'PRINT' ? 'PRINT_OPEN' : 'FILE_OPEN');
  }

  /** Follows the remote calls in a pipe. */
  #openPipe(file: OpenFile): void {
    if (this.#pipes >= MAX_PIPES) {
      this.flow.weird('smb_too_many_pipes');
      return;
    }
    this.#pipes++;
    file.pipe = new Pipe(this.flow, this.logins, file.name);
  }

  file(id: string): OpenFile | undefined {
    return this.#files.get(id);
  }

  /** The pipe that a transaction names; when its opening was not seen it is followed from here on. */
  pipe(id: string, tree: Tree | undefined): OpenFile {
    const known = this.#files.get(id);
    if (known !== undefined) return known;
    const file = this.newFile('', tree);
    file.id = id;
    this.#remember(this.#files, id, file, MAX_FILES);
    this.#openPipe(file);
    return file;
  }

  /** A file was closed. */
  closeFile(file: OpenFile): void {
    if (file.id !== undefined) this.#files.delete(file.id);
    this.bodies.end(file);
    if (file.deleteOnClose) this.record(file, 'FILE_DELETE');
    if (file.pipe === undefined) return;
    file.pipe.close();
    file.pipe = undefined;
    this.#pipes--;
  }

  /** Records an action, unless the very same was recorded a little earlier. */
  record(file: OpenFile, action: string, previous?: string): void {
    if (!this.flow.recorded) return;
    const path = file.tree?.path;
    const { times } = file;
    const modified = times?.modified;
    if (modified !== undefined) {
      const stamps = [modified, times?.accessed, times?.created, times?.changed];
      const parts = stamps.map(at => (at === undefined ? '' : `${at.sec}.${at.nsec}`));
      const key = [action, path, file.name, file.size, ...parts].join('|');
      if (this.#recent.has(key)) return;
      remember(this.#recent, key, true, MAX_RECENT);
    }
    this.flow.emit(smbFilesStream, {
      ts: file.ts,
      frame: file.frame,
      action: `SMB::${action}`,
      fuid: file.fuid,
      path,
      name: file.name,
      size: file.size,
      prev_name: previous,
      'times.modified': modified,
      'times.accessed': times?.accessed,
      'times.created': times?.created,
      'times.changed': times?.changed,
    });
  }

  /** Bytes are missing: messages in pipes cannot be followed any more where they stood. */
  lost(): void {
    for (const file of this.#files.values()) file.pipe?.lost();
  }

  close(): void {
    for (const file of this.#files.values()) file.pipe?.close();
    this.bodies.close();
    this.logins.close();
    this.flow.emit(smbSessionStream, this.facts);
  }

  #remember<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
    if (remember(map, key, value, limit)) this.flow.weird('smb_too_many_open');
  }
}

/** A named pipe: remote calls cut into the reads and writes of SMB. */
export class Pipe {
  readonly #calls: RpcConversation;
  readonly #flow: FlowContext;
  readonly #waiting: [Uint8Array, Uint8Array] = [NOTHING, NOTHING];
  readonly #skip: [number, number] = [0, 0];
  /** Whether it carries remote calls is seen at its first bytes. */
  #speaks: boolean | undefined;

  constructor(flow: FlowContext, logins: Logins, name: string) {
    this.#flow = flow;
    this.#calls = new RpcConversation(flow, logins, name);
  }

  feed(direction: Direction, bytes: Uint8Array, from: number, to: number): void {
    if (this.#speaks === false || from >= to) return;
    if (this.#speaks === undefined) {
      this.#speaks = bytes[from] === 5;
      if (!this.#speaks) return;
      this.#flow.addService('dce_rpc');
    }
    const skipped = Math.min(this.#skip[direction], to - from);
    this.#skip[direction] -= skipped;
    const start = from + skipped;
    if (start >= to) return;
    const before = this.#waiting[direction];
    const whole = before.length === 0 ? bytes : join(before, bytes.subarray(start, to));
    const at = before.length === 0 ? start : 0;
    const end = before.length === 0 ? to : whole.length;
    const used = this.#calls.feed(direction, whole, at, end);
    this.#waiting[direction] = NOTHING;
    if (used < 0) return;
    if (used > end - at) this.#skip[direction] = used - (end - at);
    else if (end - at - used <= MAX_PIPE_BYTES) this.#waiting[direction] = whole.slice(at + used, end);
  }

  lost(): void {
    this.#waiting.fill(NOTHING);
    this.#skip.fill(0);
  }

  close(): void {
    this.#calls.close();
  }
}

const NOTHING = new Uint8Array(0);

function join(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(before.length + bytes.length);
  joined.set(before);
  joined.set(bytes, before.length);
  return joined;
}
