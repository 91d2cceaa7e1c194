/**
 * Streams of HTTP/2 (RFC 9113 section 8): header fields and bodies of each become an exchange, as in HTTP/1.x.
 * Limit: `MAX_STREAMS` open at once.
 */
import { type Direction, type FlowContext, ORIG, RESP } from '../../model/protocol.ts';
import type { FlowFiles } from '../files/transfer.ts';
import type { HpackField } from './hpack.ts';
import { Body } from './http-body.ts';
import {
  type Exchange,
  emitAll,
  endRequest,
  endResponse,
  newExchange,
  requestField,
  responseField,
  startRequest,
  startResponse,
} from './http-transactions.ts';

/** Streams open at once; the oldest is given out when there are more. */
const MAX_STREAMS = 256;

/** One request and its response. */
export interface Stream {
  readonly exchange: Exchange;
  readonly bodies: [Body | undefined, Body | undefined];
  readonly begun: [boolean, boolean];
  readonly ended: [boolean, boolean];
}

/** The streams of a connection. */
export interface Streams {
  readonly flow: FlowContext;
  readonly files: FlowFiles;
  readonly streams: Map<number, Stream>;
  readonly logins: Set<string>;
  /** Streams begun so far. */
  depth: number;
}

/** The stream of an identifier, begun when it is not there. */
export function streamOf(state: Streams, id: number): Stream {
  const known = state.streams.get(id);
  if (known !== undefined) return known;
  if (state.streams.size >= MAX_STREAMS) {
    state.flow.weird('HTTP2_stream_limit');
    for (const [oldest, stream] of state.streams) {
      abandon(state, oldest, stream);
      break;
    }
  }
  const stream: Stream = {
    exchange: newExchange(state.flow, state.logins, state.depth++),
    bodies: [undefined, undefined],
    begun: [false, false],
    ended: [false, false],
  };
  state.streams.set(id, stream);
  return stream;
}

const fieldOf = (fields: readonly HpackField[], name: string): string =>
  fields.find(field => field.name === name)?.value ?? '';

/** Header fields of a request. */
export function beginRequest(state: Streams, stream: Stream, fields: readonly HpackField[]): void {
  stream.begun[ORIG] = true;
  const { exchange } = stream;
  // RFC 9113 section 8.3.1; an extended CONNECT has its target in :path too.
  const target = fieldOf(fields, ':path') || fieldOf(fields, ':authority');
  startRequest(exchange, { method: fieldOf(fields, ':method'), target, version: '2' });
  const authority = fieldOf(fields, ':authority');
  if (authority !== '') requestField(exchange, { name: 'host', value: authority });
  for (const field of fields) if (!field.name.startsWith(':')) requestField(exchange, field);
  stream.bodies[ORIG] = newBody(state, ORIG, fields);
}

/** Header fields of a response; interim ones begin none. */
export function beginResponse(state: Streams, stream: Stream, fields: readonly HpackField[]): void {
  const { exchange } = stream;
  const code = Number(/^\d{3}$/.exec(fieldOf(fields, ':status'))?.[0] ?? 0);
  if (code === 0) return;
  stream.begun[RESP] = code >= 200;
  startResponse(exchange, { version: '2', code, reason: '<empty>' });
  for (const field of fields) if (!field.name.startsWith(':')) responseField(exchange, field);
  if (code >= 200) stream.bodies[RESP] = newBody(state, RESP, fields);
}

function newBody(state: Streams, direction: Direction, fields: readonly HpackField[]): Body {
  const coding = fieldOf(fields, 'content-encoding');
  const length = fieldOf(fields, 'content-length');
  return new Body(state.flow, state.files, direction, {
    contentType: fieldOf(fields, 'content-type'),
    coding,
    disposition: fieldOf(fields, 'content-disposition'),
    total: coding === '' && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
  });
}

/**
 * A request or response is over; with both the stream is.
 * @param whole its body was there to its end
 * @param id of the stream, where it is known
 */
export function endMessage(
  state: Streams,
  stream: Stream,
  direction: Direction,
  whole: boolean,
  id?: number,
): void {
  if (stream.ended[direction]) return;
  stream.ended[direction] = true;
  const summary = stream.bodies[direction]?.end(whole);
  if (direction === ORIG) endRequest(stream.exchange, summary);
  else endResponse(stream.exchange, summary);
  if (!stream.ended[ORIG] || !stream.ended[RESP]) return;
  const key = id ?? [...state.streams].find(([, candidate]) => candidate === stream)?.[0];
  if (key !== undefined) state.streams.delete(key);
}

/** Gives a stream out as far as it came. */
export function abandon(state: Streams, id: number, stream: Stream): void {
  for (const direction of [ORIG, RESP] as const) endMessage(state, stream, direction, false, id);
  emitAll(stream.exchange);
  state.streams.delete(id);
}
