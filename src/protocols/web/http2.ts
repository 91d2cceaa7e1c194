/**
 * HTTP/2 in clear (RFC 9113), by prior knowledge or after an upgrade: one `http` record per stream, with `version` 2. Here
 * are the frames: header blocks are put together, bodies are handed on, everything else is passed over by its length, and
 * so are frames of a body that nobody needs. What a stream says is `http2-streams.ts`.
 *
 * Not decoded: priorities, anything without the beginning of the connection, whose header tables would be missing.
 * Limits: `MAX_BLOCK` bytes of one header block, those of `hpack.ts`.
 */
import { startsWith, u24be, u32be } from '../../bytes/read.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { FlowFiles, fileStreams } from '../files/transfer.ts';
import { HpackDecoder, type HpackField } from './hpack.ts';
import { httpStream } from './http-schema.ts';
import {
  abandon,
  beginRequest,
  beginResponse,
  endMessage,
  type Stream,
  type Streams,
  streamOf,
} from './http2-streams.ts';
import { ippStream } from './ipp.ts';
import { ocspStream } from './ocsp.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEADER = 9;
/** One header block, in bytes. */
const MAX_BLOCK = 65_536;

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PUSH_PROMISE = 5;
const CONTINUATION = 9;

const END_STREAM = 0x01;
const END_HEADERS = 0x04;
const PADDED = 0x08;
const PRIORITY = 0x20;

/** Reading state of one direction. */
interface Side {
  readonly direction: Direction;
  readonly hpack: HpackDecoder;
  prefaced: boolean;
  /** Bytes of body to come in the frame under way, and of padding behind them. */
  left: number;
  padding: number;
  /** Of `left`, what comes by unseen. */
  skipping: number;
  stream: Stream | undefined;
  /** The frame under way ends its stream. */
  last: boolean;
  /** Stream and parts of a header block that goes on in the next frame. */
  blockOf: number;
  blockLast: boolean;
  /** The block is the request that a pushed response answers, which the server sends itself. */
  pushed: boolean;
  block: Uint8Array[];
  blockLength: number;
}

interface State extends Streams {
  readonly sides: readonly [Side, Side];
  done: boolean;
}

function newSide(direction: Direction): Side {
  return {
    direction,
    hpack: new HpackDecoder(),
    prefaced: direction === RESP,
    left: 0,
    padding: 0,
    skipping: 0,
    stream: undefined,
    last: false,
    blockOf: 0,
    blockLast: false,
    pushed: false,
    block: [],
    blockLength: 0,
  };
}

function probe({ orig, resp }: Opening): Verdict {
  if (orig.length > 0) {
    const known = Math.min(orig.length, PREFACE.length);
    if (!startsWith(orig, 0, known, PREFACE.slice(0, known))) return 'no';
    return known === PREFACE.length ? 'match' : 'unsure';
  }
  // A server may greet with its settings before it has heard anything.
  if (resp.length < HEADER) return resp.length === 0 || resp[0] === 0 ? 'unsure' : 'no';
  const settings = resp[3] === SETTINGS && resp[4] === 0 && u32be(resp, 5) === 0 && u24be(resp, 0) % 6 === 0;
  return settings && u24be(resp, 0) <= 192 ? 'unsure' : 'no';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const side = state.sides[direction];
  let at = from;
  if (!side.prefaced) {
    if (to - at < PREFACE.length) return 0;
    side.prefaced = true;
    at += PREFACE.length;
  }
  while (at < to) {
    if (state.done) return DONE;
    if (side.left > 0) {
      at = takeData(side, bytes, at, to);
      if (side.left === 0 && side.skipping === 0) at += endData(state, side);
      if (at > to) return at - from;
      continue;
    }
    const next = takeFrame(state, side, bytes, at, to);
    if (state.done) return DONE;
    if (next < 0) break;
    at = next;
    if (at > to) break;
  }
  return at - from;
}

/** Takes what there is of a body; beyond `to` when nobody needs the rest. */
function takeData(side: Side, bytes: Uint8Array, at: number, to: number): number {
  const body = side.stream?.bodies[side.direction];
  const there = Math.min(side.left, to - at);
  body?.feed(bytes, at, at + there);
  side.left -= there;
  if (side.left > 0 && (body?.wanted ?? 0) === 0) side.skipping = side.left;
  return at + there + side.skipping;
}

function passed(state: State, direction: Direction, missing: number): void {
  const side = state.sides[direction];
  if (side.skipping === 0) return;
  const body = side.stream?.bodies[direction];
  body?.pass(side.skipping - missing);
  body?.miss(missing);
  side.left = side.padding;
  side.padding = 0;
  side.skipping = 0;
  if (side.last) endSide(state, side);
  side.last = false;
  side.stream = undefined;
}

/** The body of a DATA frame is complete; returns the padding behind it. */
function endData(state: State, side: Side): number {
  const { padding } = side;
  side.padding = 0;
  if (side.last) endSide(state, side);
  side.last = false;
  side.stream = undefined;
  return padding;
}

function endSide(state: State, side: Side): void {
  const { stream } = side;
  if (stream !== undefined) endMessage(state, stream, side.direction, true);
}

/** Handles the frame at `at`; returns where the next begins (beyond `to` to skip), or -1 to wait for more bytes. */
function takeFrame(state: State, side: Side, bytes: Uint8Array, at: number, to: number): number {
  if (to - at < HEADER) return -1;
  const length = u24be(bytes, at);
  const type = bytes[at + 3]!;
  const flags = bytes[at + 4]!;
  const id = u32be(bytes, at + 5) & 0x7fff_ffff;
  const content = at + HEADER;
  if (type === DATA) return beginData(state, side, bytes, at, to);
  if (type === HEADERS || type === CONTINUATION || type === PUSH_PROMISE) {
    if (length > MAX_BLOCK) return giveUp(state, 'HTTP2_header_limit');
    if (to - content < length) return -1;
    takeBlock(state, side, { type, flags, id }, bytes.subarray(content, content + length));
  } else if (type === RST_STREAM) {
    const stream = state.streams.get(id);
    if (stream !== undefined) abandon(state, id, stream);
  }
  return content + length;
}

function beginData(state: State, side: Side, bytes: Uint8Array, at: number, to: number): number {
  const length = u24be(bytes, at);
  const flags = bytes[at + 4]!;
  const id = u32be(bytes, at + 5) & 0x7fff_ffff;
  const padded = (flags & PADDED) !== 0 && length > 0;
  if (padded && to - at < HEADER + 1) return -1;
  const padding = padded ? Math.min(bytes[at + HEADER]!, length - 1) : 0;
  side.stream = state.streams.get(id);
  side.last = (flags & END_STREAM) !== 0;
  side.left = length - padding - (padded ? 1 : 0);
  side.padding = padding;
  const content = at + HEADER + (padded ? 1 : 0);
  return side.left > 0 ? content : content + endData(state, side);
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
}

/** A frame with all or a part of a header block. */
function takeBlock(state: State, side: Side, { type, flags, id }: Frame, content: Uint8Array): void {
  let from = 0;
  let to = content.length;
  if (type !== CONTINUATION) {
    if ((flags & PADDED) !== 0) to -= content[from++] ?? 0;
    if (type === HEADERS && (flags & PRIORITY) !== 0) from += 5;
    side.pushed = type === PUSH_PROMISE;
    side.blockOf = id;
    side.blockLast = (flags & END_STREAM) !== 0;
    if (side.pushed) {
      side.blockOf = to - from >= 4 ? u32be(content, from) & 0x7fff_ffff : 0;
      from += 4;
    }
    side.block = [];
    side.blockLength = 0;
  }
  if (from < to) {
    side.block.push(content.slice(from, to));
    side.blockLength += to - from;
  }
  if (side.blockLength > MAX_BLOCK) {
    giveUp(state, 'HTTP2_header_limit');
    return;
  }
  if ((flags & END_HEADERS) === 0) return;
  const fields = side.hpack.decode(side.block.length === 1 ? side.block[0]! : Buffer.concat(side.block));
  side.block = [];
  if (fields === undefined) giveUp(state, 'HTTP2_bad_header_block');
  else if (side.blockOf > 0) takeFields(state, side, fields);
}

function takeFields(state: State, side: Side, fields: readonly HpackField[]): void {
  const stream = streamOf(state, side.blockOf);
  const { direction } = side;
  if (side.pushed) {
    if (!stream.begun[ORIG]) beginRequest(state, stream, fields);
    endMessage(state, stream, ORIG, true, side.blockOf);
    return;
  }
  if (!stream.begun[direction]) {
    if (direction === ORIG) beginRequest(state, stream, fields);
    else beginResponse(state, stream, fields);
  }
  if (side.blockLast) endMessage(state, stream, direction, true, side.blockOf);
}

function giveUp(state: State, weird: string): -1 {
  state.flow.weird(weird);
  finish(state);
  return -1;
}

function finish(state: State): void {
  if (state.done) return;
  state.done = true;
  for (const [id, stream] of [...state.streams]) abandon(state, id, stream);
}

function gap(state: State, direction: Direction, length: number): void {
  const side = state.sides[direction];
  if (state.done) return;
  // Within a body nothing else is lost; any other hole may hold headers, and with them the tables.
  if (length > side.left || side.left === 0) {
    giveUp(state, 'HTTP2_gap');
    return;
  }
  side.stream?.bodies[direction]?.miss(length);
  side.left -= length;
  if (side.left === 0) {
    side.left = endData(state, side);
  }
}

function close(
  state: State,
  owed: readonly [number, number] = [0, 0],
  missed: readonly [number, number] = [0, 0],
): void {
  for (const { direction, skipping, stream } of state.sides) {
    const body = stream?.bodies[direction];
    if (skipping === 0) continue;
    body?.pass(Math.max(0, skipping - owed[direction] - missed[direction]));
    body?.miss(missed[direction]);
  }
  finish(state);
}

export const http2 = defineProtocol<State>({
  name: 'http2',
  transports: ['tcp'],
  ports: [80, 8080, 50_051],
  probeBytes: 64,
  maxPending: MAX_BLOCK + HEADER + 1,
  streams: [httpStream, ...fileStreams, ippStream, ocspStream],
  probe,
  open: flow => ({
    flow,
    files: new FlowFiles(flow, 'HTTP'),
    streams: new Map(),
    sides: [newSide(ORIG), newSide(RESP)],
    logins: new Set(),
    depth: 0,
    done: false,
  }),
  feed,
  passed,
  gap,
  close,
});
