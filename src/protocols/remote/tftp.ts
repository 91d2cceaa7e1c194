/**
 * TFTP (RFC 1350, RFC 2347): one `tftp` record per transfer, with the fields of Zeek's TFTP package, and the file in `files`.
 * Requests are recognised by their opcode, file name and mode; the transfer, which the server begins from another port, is
 * announced by the request.
 *
 * Blocks that come again are counted once; one that is lost is missing from the file. The record is the request's, unless
 * its flow is over before the transfer: then it is the transfer's. Limits: `MAX_NAME`.
 */
import { indexOf, u16be } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { FlowFiles, fileStreams, type OpenFile } from '../files/transfer.ts';

/** Longest file name; RFC 1350 has no limit, a request is one datagram of 512 bytes. */
const MAX_NAME = 512;
const DEFAULT_BLOCK = 512;
/** RFC 2348. */
const MAX_BLOCK = 65_464;

const READ = 1;
const WRITE = 2;
const DATA = 3;
const ACK = 4;
const ERROR = 5;
const OPTIONS = 6;

export const tftpStream = flowStream('tftp', 'One line per TFTP transfer.', {
  wrq: f.bool('The client writes; else it reads.'),
  fname: f.string('Name of the file.', 'text'),
  mode: f.string('netascii, octet or mail.'),
  uid_data: f.string('Flow of the transfer, when it is another than that of the request.'),
  size: f.count('Bytes transferred, each block counted once.'),
  block_sent: f.count('Number of the last block sent, beyond 65535 when they wrap.'),
  block_acked: f.count('Number of the last block acknowledged.'),
  error_code: f.count('Code of the error that ended it.'),
  error_msg: f.string('Text of that error.', 'text'),
  fuid: f.string('The file in `files`.'),
});

/** What request and transfer know of each other. */
interface Transfer {
  readonly begin: { readonly ts: Moment; readonly frame: number };
  readonly writes: boolean;
  readonly name: string;
  readonly mode: string;
  readonly requestUid: string;
  blockSize: number;
  total: number | undefined;
  dataUid: string | undefined;
  file: OpenFile | undefined;
  size: number;
  sent: number;
  acked: number;
  error: { readonly code: number; readonly message: string } | undefined;
  /** The flow of the request is over and has left the record to that of the transfer. */
  orphaned: boolean;
  /** The flow of the transfer is over. */
  ended: boolean;
}

interface State {
  readonly flow: FlowContext;
  transfer: Transfer | undefined;
}

interface Request {
  readonly writes: boolean;
  readonly name: string;
  readonly mode: string;
  readonly options: ReadonlyMap<string, number>;
}

function probe({ transport, orig, portHint }: Opening): Verdict {
  if (transport !== 'udp' || orig.length < 6) return 'no';
  if (orig[0] !== 0 || (orig[1] !== READ && orig[1] !== WRITE)) return 'no';
  const request = readRequest(orig, 0, orig.length);
  return request !== undefined && (portHint || /^[\x20-\x7e]+$/.test(request.name)) ? 'match' : 'no';
}

/** RFC 1350 section 5, options of RFC 2347. */
function readRequest(bytes: Uint8Array, from: number, to: number): Request | undefined {
  if (to - from < 6 || bytes[to - 1] !== 0) return undefined;
  const nameEnd = indexOf(bytes, 0, from + 2, to);
  const modeEnd = indexOf(bytes, 0, nameEnd + 1, to);
  if (nameEnd <= from + 2 || nameEnd - from > MAX_NAME || modeEnd < 0) return undefined;
  const mode = latin1(bytes, nameEnd + 1, Math.min(modeEnd, nameEnd + 16)).toLowerCase();
  if (mode !== 'octet' && mode !== 'netascii' && mode !== 'mail') return undefined;
  return {
    writes: u16be(bytes, from) === WRITE,
    name: utf8(bytes, from + 2, nameEnd),
    mode,
    options: readOptions(bytes, modeEnd + 1, to),
  };
}

/** Names in lower case and numbers, NUL after each. */
function readOptions(bytes: Uint8Array, from: number, to: number): Map<string, number> {
  const words = latin1(bytes, from, Math.min(to, from + MAX_NAME)).split('\0');
  const options = new Map<string, number>();
  for (let i = 0; i + 1 < words.length; i += 2) {
    if (/^\d{1,15}$/.test(words[i + 1]!)) options.set(words[i]!.toLowerCase(), Number(words[i + 1]));
  }
  return options;
}

function open(flow: FlowContext): State {
  const transfer = isTransfer(flow.expected) ? flow.expected : undefined;
  if (transfer !== undefined) transfer.dataUid ??= flow.uid;
  return { flow, transfer };
}

function isTransfer(memo: unknown): memo is Transfer {
  return typeof memo === 'object' && memo !== null && 'requestUid' in memo;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 4) return 0;
  const { transfer } = state;
  const opcode = u16be(bytes, from);
  if (opcode === READ || opcode === WRITE) {
    takeRequest(state, direction, bytes, from, to);
  } else if (transfer !== undefined) {
    if (opcode === DATA) takeData(state, transfer, direction, bytes, from, to);
    else if (opcode === ACK) transfer.acked = unwrapped(u16be(bytes, from + 2), transfer.acked);
    else if (opcode === OPTIONS) agree(transfer, readOptions(bytes, from + 2, to));
    else if (opcode === ERROR)
      transfer.error ??= {
        code: u16be(bytes, from + 2),
        message: latin1(bytes, from + 4, Math.min(to - 1, from + MAX_NAME)),
      };
    else state.flow.weird('tftp_unknown_opcode');
  }
  return 0;
}

function takeRequest(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): void {
  const { flow } = state;
  const request = direction === ORIG ? readRequest(bytes, from, to) : undefined;
  // The same request again is the same transfer.
  if (request === undefined || (state.transfer?.name === request.name && state.transfer.size === 0)) return;
  finish(state);
  const { now: ts, frame } = flow;
  state.transfer = {
    begin: { ts, frame },
    ...request,
    requestUid: flow.uid,
    blockSize: DEFAULT_BLOCK,
    total: undefined,
    dataUid: undefined,
    file: undefined,
    size: 0,
    sent: 0,
    acked: 0,
    error: undefined,
    orphaned: false,
    ended: false,
  };
  // A server that agrees on nothing must use the block size of RFC 1350; then no OACK comes.
  flow.expect({
    transport: 'udp',
    host: flow.origHost,
    port: flow.origPort,
    protocol: 'tftp',
    memo: state.transfer,
  });
}

/** RFC 2348 and RFC 2349. */
function agree(transfer: Transfer, options: ReadonlyMap<string, number>): void {
  transfer.blockSize = Math.min(options.get('blksize') ?? transfer.blockSize, MAX_BLOCK);
  const total = options.get('tsize');
  if (total !== undefined && total > 0) transfer.total = total;
}

function takeData(
  state: State,
  transfer: Transfer,
  direction: Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const block = unwrapped(u16be(bytes, from + 2), transfer.sent);
  if (block <= transfer.sent) return;
  if (transfer.file === undefined) {
    const filename = transfer.name.slice(
      Math.max(transfer.name.lastIndexOf('/'), transfer.name.lastIndexOf('\\')) + 1,
    );
    transfer.file = new FlowFiles(state.flow, 'TFTP').open(direction, { filename, total: transfer.total });
  }
  transfer.file.miss((block - transfer.sent - 1) * transfer.blockSize);
  transfer.file.feed(bytes, from + 4, to);
  transfer.size += to - from - 4;
  transfer.sent = block;
}

/** A block number that grows beyond 16 bits, near the one before. */
function unwrapped(number: number, before: number): number {
  const ahead = (number - before) & 0xffff;
  return ahead < 0x8000 ? before + ahead : before - (0x10000 - ahead);
}

/** The record is due, here or where the transfer goes on. */
function finish({ flow, transfer }: State): void {
  if (transfer === undefined) return;
  const own = transfer.requestUid === flow.uid;
  if (own && transfer.dataUid !== undefined && !transfer.ended) {
    transfer.orphaned = true;
    return;
  }
  if (!own) {
    transfer.ended = true;
    transfer.file?.end(transfer.error === undefined);
    if (!transfer.orphaned) return;
  } else if (transfer.dataUid === undefined) transfer.file?.end(transfer.error === undefined);
  flow.emit(tftpStream, {
    ...transfer.begin,
    wrq: transfer.writes,
    fname: transfer.name,
    mode: transfer.mode,
    uid_data: transfer.dataUid,
    size: transfer.size,
    block_sent: transfer.sent,
    block_acked: Math.max(transfer.acked, 0),
    error_code: transfer.error?.code,
    error_msg: transfer.error?.message,
    fuid: transfer.file?.fuid,
  });
}

export const tftp = defineProtocol<State>({
  name: 'tftp',
  transports: ['udp'],
  ports: [69],
  probeBytes: MAX_NAME,
  maxPending: 1,
  streams: [tftpStream, ...fileStreams],
  leadsOn: true,
  probe,
  open,
  feed,
  close: finish,
});
