/**
 * HTTP/1.x (RFC 9110, RFC 9112): one `http` record per request and its response, as Zeek's base/protocols/http, and a
 * `tunnel` record for a CONNECT that was accepted.
 *
 * Here is the framing: where messages begin, and how long their bodies are; `http-body.ts` looks at as much of a body as
 * its type needs, and the rest is skipped. After a gap outside a body, and after a line that is no start line, the decoder
 * looks for the next start line. What follows an upgrade or a CONNECT that was accepted is handed over.
 *
 * Not decoded: HTTP/0.9, the frames of WebSocket.
 * Limits: `MAX_LINE`, `MAX_FIELDS`, `MAX_HEAD`, `MAX_SEARCH`; those of pairing are in `http-transactions.ts`, those of
 * bodies in `http-body.ts`.
 */
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  ORIG,
  RESP,
} from '../../model/protocol.ts';
import { tunnel } from '../../model/streams.ts';
import { FlowFiles, fileStreams } from '../files/transfer.ts';
import { readLine, resetLine } from '../lines.ts';
import { Body } from './http-body.ts';
import { isSpace, KNOWN_METHODS, readField, readRequestLine, readStatusLine, textOf } from './http-head.ts';
import { asksForMore, PROBE_BYTES, probeHttp } from './http-probe.ts';
import { httpStream, websocketStream } from './http-schema.ts';
import { beginMessage, MAX_LINE, newSide, PHASE, type Side } from './http-side.ts';
import {
  acceptsWebSocket,
  type Exchange,
  emitAll,
  endRequest,
  endResponse,
  loseResponse,
  newExchange,
  requestField,
  responseField,
  startRequest,
  startResponse,
} from './http-transactions.ts';
import { ippStream } from './ipp.ts';
import { ocspStream } from './ocsp.ts';

/** Header lines, and bytes in them, that are read of one message; more are passed over. */
const MAX_FIELDS = 256;
const MAX_HEAD = 65_536;
/** Bytes searched for a start line before a direction is given up. */
const MAX_SEARCH = 65_536;

interface State {
  readonly flow: FlowContext;
  readonly exchange: Exchange;
  readonly sides: readonly [Side, Side];
  readonly files: FlowFiles;
  /** All records are out; what follows is not HTTP/1.x, and another protocol may know it. */
  ended: 'no' | 'done' | 'handover';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const side = state.sides[direction];
  let at = from;
  while (at < to) {
    if (state.ended !== 'no') return at > from ? at - from : state.ended === 'done' ? DONE : HANDOVER;
    if (side.phase === PHASE.held) return at - from;
    if (side.phase === PHASE.deaf) return to - from;
    if (side.phase === PHASE.untilClose) {
      side.body?.feed(bytes, at, to);
      return to - from;
    }
    if (side.phase === PHASE.body || side.phase === PHASE.chunk) {
      at = takeBody(state, side, bytes, at, to);
      continue;
    }
    const next = readLine(side.reader, bytes, at, to);
    if (side.phase === PHASE.search) spendSearch(state, side, next - at);
    if (!side.reader.found) return next - from;
    takeLine(state, side, bytes);
    at = next;
  }
  return at - from;
}

/** Takes what there is of a body or chunk; beyond `to` when nobody needs the rest: it comes by unseen. */
function takeBody(state: State, side: Side, bytes: Uint8Array, at: number, to: number): number {
  const there = Math.min(side.left, to - at);
  side.body?.feed(bytes, at, at + there);
  side.left -= there;
  if (side.left === 0) endPart(state, side);
  else if (side.body?.wanted === 0) side.skipping = side.left;
  return at + there + side.skipping;
}

/** What was to be skipped has come by. */
function passed(state: State, direction: Direction, missing: number): void {
  const side = state.sides[direction];
  side.body?.pass(side.skipping - missing);
  side.body?.miss(missing);
  side.skipping = 0;
  side.left = 0;
  endPart(state, side);
}

/** A body or chunk is complete. */
function endPart(state: State, side: Side): void {
  if (side.phase === PHASE.chunk) side.phase = PHASE.chunkEnd;
  else endMessage(state, side);
}

/** Handles the line just read. */
function takeLine(state: State, side: Side, bytes: Uint8Array): void {
  const { from, to, cut } = side.reader;
  if (cut && side.phase !== PHASE.search) state.flow.weird('HTTP_line_limit');
  switch (side.phase) {
    case PHASE.start:
    case PHASE.search:
      takeStartLine(state, side, bytes, from, to, cut);
      return;
    case PHASE.header:
      if (to > from) takeHeaderLine(state, side, bytes, from, to);
      else endHeader(state, side);
      return;
    case PHASE.chunkSize:
      takeChunkSize(state, side, textOf(bytes, from, Math.min(to, from + 64)));
      return;
    case PHASE.chunkEnd:
      if (to > from) state.flow.weird('HTTP_bad_chunk_end');
      side.phase = PHASE.chunkSize;
      return;
    case PHASE.trailer:
      if (to === from) endMessage(state, side);
      return;
  }
}

function takeStartLine(
  state: State,
  side: Side,
  bytes: Uint8Array,
  from: number,
  to: number,
  cut: boolean,
): void {
  if (from === to) return;
  const { exchange } = state;
  beginMessage(side);
  if (side.direction === ORIG) {
    const request = readRequestLine(bytes, from, to, cut);
    // A line that was cut has lost its version; only a method that everybody knows speaks for it then.
    if (
      request === undefined ||
      (cut && (side.phase === PHASE.search || !KNOWN_METHODS.has(request.method)))
    ) {
      return missStart(state, side, 'bad_HTTP_request');
    }
    startRequest(exchange, request);
    side.leaves = request.method.toUpperCase() === 'CONNECT';
  } else {
    const status = readStatusLine(bytes, from, to);
    if (status === undefined) return missStart(state, side, 'bad_HTTP_reply');
    const { code } = status;
    const method = startResponse(exchange, status);
    side.tunnels = method === 'CONNECT' && code >= 200 && code < 300;
    side.leaves = code === 101 || side.tunnels;
    side.bodyless = method === 'HEAD' || code < 200 || code === 204 || code === 304;
  }
  side.phase = PHASE.header;
}

function missStart(state: State, side: Side, weird: string): void {
  if (side.phase === PHASE.search) return;
  state.flow.weird(weird);
  search(side);
}

function search(side: Side): void {
  side.phase = PHASE.search;
  side.searched = 0;
}

function spendSearch(state: State, side: Side, length: number): void {
  side.searched += length;
  if (side.searched <= MAX_SEARCH) return;
  side.phase = PHASE.deaf;
  if (state.sides[ORIG].phase === PHASE.deaf && state.sides[RESP].phase === PHASE.deaf) leave(state, 'done');
}

/** Nothing more of this flow is HTTP/1.x that can be read. */
function leave(state: State, how: 'done' | 'handover'): void {
  if (state.ended !== 'no') return;
  emitAll(state.exchange);
  state.ended = how;
}

function takeHeaderLine(state: State, side: Side, bytes: Uint8Array, from: number, to: number): void {
  side.fields++;
  side.headBytes += to - from;
  if (side.fields > MAX_FIELDS || side.headBytes > MAX_HEAD) {
    state.flow.weird('HTTP_header_limit');
    return;
  }
  if (isSpace(bytes[from]!)) {
    // RFC 9112 section 5.2: obsolete line folding.
    state.flow.weird('HTTP_obsolete_line_folding');
    if (side.field !== undefined) side.field.value += ` ${textOf(bytes, from, to).trim()}`;
    return;
  }
  endField(state, side);
  side.field = readField(bytes, from, to);
}

/** The field under way is complete, now that the next line does not continue it. */
function endField(state: State, side: Side): void {
  const { field } = side;
  if (field === undefined) return;
  side.field = undefined;
  if (field.name === 'content-length') {
    const length = readContentLength(field.value);
    if (length === undefined) state.flow.weird('HTTP_bad_content_length');
    else if (side.length >= 0 && side.length !== length) state.flow.weird('HTTP_conflicting_framing');
    side.length = length ?? side.length;
  } else if (field.name === 'transfer-encoding') {
    side.codings = field.value.toLowerCase();
  } else if (field.name === 'content-type') {
    side.contentType = field.value;
  } else if (field.name === 'content-encoding') {
    side.contentCoding = field.value;
  } else if (field.name === 'content-disposition') {
    side.disposition = field.value;
  } else if (side.direction === ORIG) {
    requestField(state.exchange, field);
  } else {
    responseField(state.exchange, field);
  }
}

/** RFC 9110 section 8.6: decimal digits; the same number several times is tolerated. */
function readContentLength(value: string): number | undefined {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  const numbers = new Set(value.split(',').map(part => part.trim()));
  const [digits] = numbers;
  if (numbers.size !== 1 || digits === undefined || !/^\d{1,15}$/.test(digits.replace(/^0+(?=\d)/, '')))
    return undefined;
  return Number(digits);
}

/** RFC 9112 section 6.3: how long the body is. */
function endHeader(state: State, side: Side): void {
  endField(state, side);
  if (side.leaves && side.direction === RESP) {
    endResponse(state.exchange, undefined);
    if (side.tunnels) state.flow.emit(tunnel, { tunnel_type: 'Tunnel::HTTP', action: 'Tunnel::DISCOVER' });
    leave(state, acceptsWebSocket(state.exchange) ? 'done' : 'handover');
    return;
  }
  const chunked = /(?:^|,)[ \t]*chunked[ \t]*$/.test(side.codings);
  if (side.codings !== '' && side.length >= 0) state.flow.weird('HTTP_conflicting_framing');
  if (side.bodyless) {
    endMessage(state, side);
  } else if (chunked) {
    side.phase = PHASE.chunkSize;
    side.body = newBody(state, side, undefined);
  } else if (side.length > 0) {
    side.phase = PHASE.body;
    side.left = side.length;
    side.body = newBody(state, side, side.contentCoding === '' ? side.length : undefined);
  } else if (side.length < 0 && side.direction === RESP) {
    side.phase = PHASE.untilClose;
    side.body = newBody(state, side, undefined);
  } else {
    endMessage(state, side);
  }
}

function newBody(state: State, side: Side, total: number | undefined): Body {
  return new Body(state.flow, state.files, side.direction, {
    contentType: side.contentType,
    coding: side.contentCoding,
    disposition: side.disposition,
    total,
  });
}

/** RFC 9112 section 7.1: hexadecimal size, then extensions. */
function takeChunkSize(state: State, side: Side, line: string): void {
  const digits = /^[ \t]*([0-9a-f]+)[ \t]*(?:;|$)/i.exec(line)?.[1]?.replace(/^0+(?=.)/, '') ?? '';
  // Twelve digits are 256 TiB, and exact as a number.
  if (digits === '' || digits.length > 12) {
    state.flow.weird('HTTP_bad_chunk_size');
    side.phase = PHASE.trailer;
    return;
  }
  side.left = Number.parseInt(digits, 16);
  side.phase = side.left === 0 ? PHASE.trailer : PHASE.chunk;
}

function endMessage(state: State, side: Side, whole = true): void {
  const summary = side.body?.end(whole);
  side.body = undefined;
  side.phase = side.leaves && side.direction === ORIG ? PHASE.held : PHASE.start;
  if (side.direction === ORIG) {
    endRequest(state.exchange, summary);
    return;
  }
  endResponse(state.exchange, summary);
  // The CONNECT was refused: what was held back is HTTP.
  const client = state.sides[ORIG];
  if (client.phase === PHASE.held && (state.exchange.finalStatus ?? 0) >= 300) client.phase = PHASE.start;
}

function gap(state: State, direction: Direction, length: number): void {
  const side = state.sides[direction];
  resetLine(side.reader);
  if (side.phase === PHASE.untilClose) {
    side.body?.miss(length);
    return;
  }
  if (side.phase === PHASE.search || side.phase === PHASE.deaf) return;
  if (side.phase === PHASE.body || side.phase === PHASE.chunk) {
    const missing = Math.min(length, side.left);
    side.body?.miss(missing);
    side.left -= missing;
    if (missing === length) {
      if (side.left === 0) endPart(state, side);
      return;
    }
  }
  state.flow.weird('HTTP_content_gap');
  endField(state, side);
  if (side.phase === PHASE.start || side.phase === PHASE.held) {
    if (direction === RESP) loseResponse(state.exchange);
  } else {
    endMessage(state, side, side.phase === PHASE.body && side.left === 0);
  }
  search(side);
}

function close(
  state: State,
  owed: readonly [number, number] = [0, 0],
  missed: readonly [number, number] = [0, 0],
): void {
  if (state.ended !== 'no') return;
  for (const side of state.sides) {
    const { direction, phase } = side;
    if (phase === PHASE.start || phase === PHASE.search || phase === PHASE.deaf || phase === PHASE.held)
      continue;
    endField(state, side);
    if (side.skipping > 0) {
      side.body?.pass(Math.max(0, side.skipping - owed[direction] - missed[direction]));
      side.body?.miss(missed[direction]);
    }
    endMessage(state, side, phase === PHASE.untilClose);
  }
  leave(state, 'done');
}

export const http = defineProtocol<State>({
  name: 'http',
  transports: ['tcp'],
  ports: [80, 81, 631, 1080, 3128, 8000, 8042, 8080, 8888],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE + 3,
  streams: [httpStream, ...fileStreams, websocketStream, ippStream, ocspStream, tunnel],
  leadsOn: asksForMore,
  probe: probeHttp,
  open: flow => ({
    flow,
    exchange: newExchange(flow),
    sides: [newSide(ORIG), newSide(RESP)],
    files: new FlowFiles(flow, 'HTTP'),
    ended: 'no',
  }),
  feed,
  passed,
  gap,
  close,
});
