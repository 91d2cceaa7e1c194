/**
 * ONC RPC (RFC 5531) over UDP and over TCP with record marking (section 11): portmap and rpcbind, mount, NFS 2 to 4, and
 * others by name. One `rpc` record per call with its reply. Calls of NFS that name no file and are made again and again
 * (READ, WRITE, GETATTR …) are one record per file, user and result. Files are named by the names that led to their
 * handles on the same flow. A port that the portmapper gives out is announced.
 *
 * Recognised on any port by a call, whose head is unmistakable; by a reply on the ports of portmap and NFS alone. Of a
 * record `KEPT` bytes of its first fragment are read, the rest is passed over unseen. After a gap, reading goes on at the
 * next segment that begins a record.
 *
 * Not decoded: contents of files, lists in replies, encrypted calls (RPCSEC_GSS with privacy, RPC over TLS).
 * Limits: `MAX_CALLS` without a reply, `MAX_HANDLES` named files, `MAX_REPEATED` records that still gather.
 */
import { u32be } from '../../bytes/read.ts';
import { secondsBetween } from '../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus, passSegment } from '../pdus.ts';
import { readResult, readSubject, type Subject } from './nfs-calls.ts';
import { ROOT } from './nfs-compound.ts';
import { CALL_HEAD, isCall, isReply, readCall, readReply } from './rpc-message.ts';
import { NFS, PORTMAP, procedureName, programName } from './rpc-names.ts';

const MARK = 4;
const LAST_FRAGMENT = 0x8000_0000;
/** Longer fragments are none: servers take 1 MiB of data and a little around it. */
const MAX_FRAGMENT = 16 * 1024 * 1024;
const KEPT = 4096;
const MAX_CALLS = 1024;
const MAX_HANDLES = 1024;
const MAX_REPEATED = 128;
const MAX_PATH = 1024;

/** Not a stream of Zeek's. */
export const rpcStream = flowStream('rpc', 'One line per call of ONC RPC: portmap, mount, NFS and others.', {
  program: f.string('Program called: portmap, mount, nfs, nlm, status … or its number.'),
  version: f.count('Version of the program.'),
  procedure: f.string('Procedure called, e.g. getport, mnt, lookup, read, compound; or its number.'),
  operations: f.strings('Operations of a compound of NFS 4, in order.'),
  status: f.enum(
    'success, program_unavailable, version_mismatch, procedure_unavailable, garbage_arguments, system_error, denied or rpc_mismatch; absent without a reply.',
  ),
  result: f.string('What mount or NFS say of it: ok, perm, noent, acces … or a number.'),
  auth: f.string('How the caller identifies itself: none, sys, gss … or a number.'),
  machine: f.string('Name of the caller’s computer, as it says.', 'text'),
  user_id: f.count('User number, as the caller says.'),
  group_id: f.count('Group number, as the caller says.'),
  path: f.string('File or directory, as far as its names were seen on this flow.', 'text'),
  target: f.string('New name of a file that is renamed or linked.', 'text'),
  asked: f.string('Portmap: program, version and transport asked for, e.g. nfs/3/tcp.', 'text'),
  port: f.count('Portmap: the port given out; 0 when there is none.'),
  bytes_read: f.count('Bytes of files that were read.'),
  bytes_written: f.count('Bytes of files that were to be written.'),
  calls: f.count('Calls this line stands for.'),
  rtt: f.interval('Seconds from the (first) call to its reply.'),
});

type Row = RecordOf<typeof rpcStream>;

interface Call {
  readonly program: number;
  readonly version: number;
  readonly subject: Subject;
  readonly row: Row;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Pdus, Pdus];
  /** Calls without a reply, by identifier and the side that called. */
  readonly calls: Map<string, Call>;
  /** Paths by handle. */
  readonly paths: Map<string, string>;
  /** Records that gather repeated calls. */
  readonly repeated: Map<string, Row>;
  /** The last fragment of this direction did not end its record. */
  readonly continued: [boolean, boolean];
}

function probe(opening: Opening): Verdict {
  const skip = opening.transport === 'tcp' ? MARK : 0;
  const called = opening.orig.length > 0;
  const bytes = called ? opening.orig : opening.resp;
  if (skip > 0 && bytes.length >= MARK && fragmentSize(bytes, 0) === undefined) return 'no';
  if (called) {
    const call = isCall(bytes, skip, bytes.length);
    if (call !== undefined) return call ? 'match' : 'no';
    return skip > 0 ? 'unsure' : 'no';
  }
  if (!opening.portHint) return 'no';
  return isReply(bytes, skip, bytes.length) ? 'match' : 'no';
}

/** Length of the fragment that a mark announces; undefined when it cannot be one. */
function fragmentSize(bytes: Uint8Array, at: number): number | undefined {
  const size = u32be(bytes, at) % LAST_FRAGMENT;
  return size >= 16 && size <= MAX_FRAGMENT ? size : undefined;
}

function open(flow: FlowContext): State {
  const side = (direction: Direction): Pdus => ({
    keep: KEPT,
    sizeOf: (bytes, at, end) => sizeOf(state.continued[direction], bytes, at, end),
    take: (bytes, at, end) => {
      const continues = state.continued[direction];
      state.continued[direction] = u32be(bytes, at) < LAST_FRAGMENT;
      if (!continues) takeMessage(state, direction, bytes, at + MARK, end);
      return true;
    },
    lost: passSegment(() => flow.weird('rpc_bad_record')),
  });
  const state: State = {
    flow,
    sides: [side(0), side(1)],
    calls: new Map(),
    paths: new Map([[ROOT, '']]),
    repeated: new Map(),
    continued: [false, false],
  };
  return state;
}

function sizeOf(continued: boolean, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < MARK) return NEED_MORE;
  const size = u32be(bytes, at) % LAST_FRAGMENT;
  if (size > MAX_FRAGMENT) return NO_PDU;
  if (continued) return MARK + size;
  if (size < 16) return NO_PDU;
  // Where none can begin, do not wait for its end.
  if (end - at >= MARK + 8 && u32be(bytes, at + MARK + 4) > 1) return NO_PDU;
  return MARK + size;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.flow.transport === 'tcp') return feedPdus(state.sides[direction], bytes, from, to);
  takeMessage(state, direction, bytes, from, to);
  return to - from;
}

function takeMessage(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  if (end - at >= CALL_HEAD && isCall(bytes, at, end) !== false) takeCall(state, direction, bytes, at, end);
  else if (isReply(bytes, at, end)) takeReply(state, direction, bytes, at, end);
  else state.flow.weird('rpc_bad_message');
}

function takeCall(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const { flow } = state;
  const {
    xid,
    program,
    version,
    procedure: number,
    auth,
    machine,
    uid,
    gid,
    rest,
  } = readCall(bytes, at, end);
  const name = programName(program);
  if (name !== String(program)) flow.addService(name);
  const procedure = procedureName(program, version, number);
  // Only what the port mapper is asked leads on to other flows.
  if (!flow.recorded && program !== PORTMAP) return;
  const subject = readSubject(program, version, procedure, rest);
  const row: Row = {
    ts: flow.now,
    frame: flow.frame,
    program: name,
    version,
    procedure,
    operations: subject.operations,
    auth,
    machine,
    user_id: uid,
    group_id: gid,
    path: pathOf(state, subject),
    target: subject.target,
    asked: subject.asked,
    port: subject.port,
  };
  if (subject.written > 0) row.bytes_written = subject.written;
  const key = `${direction} ${xid}`;
  // A call that is sent again has the same identifier.
  const before = state.calls.get(key);
  if (before?.row.procedure === procedure && before.program === program) return;
  if (before !== undefined) finish(state, key, before);
  else if (state.calls.size >= MAX_CALLS) {
    flow.weird('rpc_too_many_calls');
    for (const [oldest, call] of state.calls) {
      finish(state, oldest, call);
      break;
    }
  }
  state.calls.set(key, { program, version, subject, row });
}

function takeReply(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const { flow } = state;
  const { xid, status, rest } = readReply(bytes, at, end);
  const key = `${1 - direction} ${xid}`;
  const call = state.calls.get(key);
  // Of a call that was not seen there is nothing to tell.
  if (call === undefined) return;
  const { program, version, subject, row } = call;
  row.status = status;
  row.rtt = secondsBetween(row.ts ?? flow.now, flow.now);
  if (status === 'success') {
    readResult(program, version, subject, rest);
    row.result = subject.result;
    row.port = subject.port;
    if (subject.read > 0) row.bytes_read = subject.read;
    nameFound(state, subject, row.path);
    announce(flow, program, subject);
  }
  finish(state, key, call);
}

/** A program at a port is called from the same client next. */
function announce(flow: FlowContext, program: number, { port, transport, asked }: Subject): void {
  if (program !== PORTMAP || transport === undefined || asked === undefined) return;
  if (port === undefined || port === 0 || port > 65_535) return;
  flow.expect({ transport, host: flow.respHost, port, protocol: 'rpc', memo: undefined });
}

/** The path by the names seen: that of the handle, and what is below it. */
function pathOf(state: State, { handle, names }: Subject): string | undefined {
  const base = handle === undefined ? undefined : state.paths.get(handle);
  const parts = base === undefined ? names : [base, ...names];
  if (parts.length === 0) return undefined;
  const path = parts.join('/').slice(0, MAX_PATH);
  return path === '' ? '/' : path;
}

function nameFound({ paths }: State, { found, names }: Subject, path: string | undefined): void {
  if (found === undefined || found === '' || names.length === 0 || path === undefined) return;
  if (paths.size >= MAX_HANDLES && !paths.has(found)) paths.delete(paths.keys().next().value!);
  paths.set(found, path);
}

/** A call is over: it becomes a record, or part of one. */
function finish(state: State, key: string, { program, subject, row }: Call): void {
  state.calls.delete(key);
  row.calls = 1;
  if (program !== NFS || subject.names.length > 0 || subject.target !== undefined) {
    state.flow.emit(rpcStream, row);
    return;
  }
  const parts = [
    row.procedure,
    row.operations,
    subject.handle,
    row.status,
    row.result,
    row.machine,
    row.user_id,
  ];
  const same = parts.join('|');
  const before = state.repeated.get(same);
  if (before === undefined) {
    if (state.repeated.size >= MAX_REPEATED) {
      for (const [oldest, record] of state.repeated) {
        state.repeated.delete(oldest);
        state.flow.emit(rpcStream, record);
        break;
      }
    }
    state.repeated.set(same, row);
    return;
  }
  before.calls = (before.calls ?? 1) + 1;
  if (row.bytes_read !== undefined) before.bytes_read = (before.bytes_read ?? 0) + row.bytes_read;
  if (row.bytes_written !== undefined) before.bytes_written = (before.bytes_written ?? 0) + row.bytes_written;
}

function close(state: State): void {
  for (const [key, call] of state.calls) finish(state, key, call);
  for (const row of state.repeated.values()) state.flow.emit(rpcStream, row);
}

export const rpc = defineProtocol<State>({
  name: 'rpc',
  transports: ['tcp', 'udp'],
  ports: [111, 2049],
  probeBytes: MARK + CALL_HEAD + 8,
  maxPending: MARK + KEPT + 1,
  streams: [rpcStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap(state, direction) {
    state.continued[direction] = false;
  },
  close,
});
