/**
 * RTSP 1.0 (RFC 2326), the control of cameras and their streams: one `rtsp` record per request with its response. Basic
 * credentials and those in a URI become `credentials`. Recognised by the version of the first line.
 *
 * Media interleaved on the same flow (section 10.12) is skipped; bodies are skipped. Digest authentication shows no secret.
 * Limits: `MAX_LINE`, `MAX_FIELDS` header lines, `MAX_PENDING` requests that wait.
 */

import { u16be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import type { SecretKind } from '../../model/identifiers.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';
import { Waiting } from '../waiting.ts';
import { readAuthorization } from './http-head.ts';
import { cleanUri } from './uri.ts';

const MAX_LINE = 4096;
const MAX_FIELDS = 128;
const MAX_PENDING = 64;
const MAX_BODY = 1 << 24;
const PROBE_BYTES = 1024;
/** Begins a frame of interleaved media: `$`, channel, length. */
const DOLLAR = 0x24;
const FRAME_HEAD = 4;

export const rtspStream = flowStream('rtsp', 'Requests to cameras and media servers.', {
  method: f.string('Method.'),
  uri: f.string('URI without user and password.', 'text'),
  cseq: f.count('Sequence number that request and response share.'),
  user_agent: f.string('Program of the client.', 'text'),
  server: f.string('Program of the server.', 'text'),
  status_code: f.count('Status of the response; absent when none was seen.'),
  status_msg: f.string('Reason of the response.', 'text'),
  auth: f.string('Authentication scheme: of the request, or which the server asks for.'),
  transport: f.string('Transport that SETUP asked for, without addresses.'),
});

const METHODS =
  'OPTIONS DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RECORD'.split(
    ' ',
  );
const REQUEST = /^([A-Z_]{4,20}) (\S+) RTSP\/1\.0$/;
const STATUS = /^RTSP\/1\.0 (\d{3})(?: (.*))?$/;

interface Head {
  readonly ts: Moment;
  readonly frame: number;
  readonly method: string;
  readonly uri: string;
  readonly status: number;
  readonly reason: string;
  cseq: number | undefined;
  agent: string | undefined;
  auth: string | undefined;
  transport: string | undefined;
  login:
    | { readonly user: Uint8Array | undefined; readonly secret: Uint8Array; readonly kind: SecretKind }
    | undefined;
  body: number;
  fields: number;
}

interface State {
  readonly flow: FlowContext;
  readonly lines: readonly [LineReader, LineReader];
  /** The message under way in each direction. */
  readonly heads: [Head | undefined, Head | undefined];
  readonly pending: Waiting<number, Head>;
}

function probe({ orig, resp }: Opening): Verdict {
  const request = latin1(orig.subarray(0, PROBE_BYTES));
  const line = request.split(/\r?\n/, 1)[0]!;
  if (line.length < request.length) return REQUEST.test(line) ? 'match' : 'no';
  const response = latin1(resp.subarray(0, 9));
  if (response !== '' && !'RTSP/1.0 '.startsWith(response)) return 'no';
  if (request === '') return response === 'RTSP/1.0 ' ? 'match' : 'unsure';
  const word = request.split(' ', 1)[0]!;
  const begun = METHODS.some(method => (word === request ? method.startsWith(word) : method === word));
  return begun && request.length < PROBE_BYTES ? 'unsure' : 'no';
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const line = state.lines[direction];
  let at = from;
  while (at < to) {
    if (state.heads[direction] === undefined && bytes[at] === DOLLAR) {
      if (to - at < FRAME_HEAD) break;
      at += FRAME_HEAD + u16be(bytes, at + 2);
      continue;
    }
    at = readLine(line, bytes, at, to);
    if (!line.found) break;
    if (line.cut) state.flow.weird('rtsp_line_too_long');
    at += takeLine(state, direction, bytes, line.from, line.to);
  }
  return at - from;
}

/** Handles a line; the result is the length of the body behind it. */
function takeLine(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const head = state.heads[direction];
  if (head === undefined) {
    begin(state, direction, latin1(bytes, from, to));
    return 0;
  }
  if (to === from) {
    state.heads[direction] = undefined;
    if (head.method === '') respond(state, head);
    else request(state, head);
    return head.body;
  }
  if (++head.fields > MAX_FIELDS) state.flow.weird('rtsp_field_limit');
  else field(head, latin1(bytes, from, to));
  return 0;
}

function begin(state: State, direction: Direction, line: string): void {
  const { flow } = state;
  const { now, frame } = flow;
  const asked = REQUEST.exec(line);
  const status = STATUS.exec(line);
  if (asked === null && status === null) {
    if (line !== '') flow.weird('rtsp_unexpected_line');
    return;
  }
  const { text, user, secret } = uriOf(asked?.[2] ?? '');
  state.heads[direction] = {
    ts: now,
    frame,
    method: asked?.[1] ?? '',
    uri: text,
    status: Number(status?.[1] ?? 0),
    reason: status?.[2] ?? '',
    cseq: undefined,
    agent: undefined,
    auth: undefined,
    transport: undefined,
    login: secret === undefined ? undefined : { user, secret, kind: 'password' },
    body: 0,
    fields: 0,
  };
}

function uriOf(raw: string): { text: string; user: Uint8Array | undefined; secret: Uint8Array | undefined } {
  const { text, secrets } = cleanUri(raw, true);
  const of = (kind: string): Uint8Array | undefined => {
    const value = secrets.find(item => item.kind === kind)?.values[0];
    return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'utf8')) : value;
  };
  return { text, user: of('user'), secret: of('password') };
}

function field(head: Head, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  const value = line.slice(colon + 1).trim();
  switch (name) {
    case 'cseq':
      if (/^\d{1,9}$/.test(value)) head.cseq = Number(value);
      break;
    case 'user-agent':
    case 'server':
      head.agent = value;
      break;
    case 'content-length':
      if (/^\d{1,8}$/.test(value)) head.body = Math.min(Number(value), MAX_BODY);
      break;
    case 'transport':
      head.transport = value.split(';').slice(0, 2).join(';');
      break;
    case 'www-authenticate':
    case 'authorization': {
      head.auth = value.split(' ', 1)[0]!;
      const shown = name === 'authorization' ? readAuthorization(value) : undefined;
      if (shown !== undefined) head.login = { user: shown.user, secret: shown.secret, kind: shown.kind };
      break;
    }
  }
}

function request({ flow, pending }: State, head: Head): void {
  if (head.agent !== undefined) flow.software({ side: ORIG, type: 'RTSP::CLIENT', text: head.agent });
  pending.add(head.cseq ?? -1, head);
}

function respond({ flow, pending }: State, response: Head): void {
  if (response.agent !== undefined) flow.software({ side: RESP, type: 'RTSP::SERVER', text: response.agent });
  emit(flow, pending.take(response.cseq ?? -1), response);
}

function emit(flow: FlowContext, asked: Head | undefined, response: Head | undefined): void {
  const { ts, frame } = asked ?? response!;
  flow.emit(rtspStream, {
    ts,
    frame,
    method: asked?.method,
    uri: asked?.uri,
    cseq: asked?.cseq ?? response?.cseq,
    user_agent: asked?.agent,
    server: response?.agent,
    status_code: response?.status,
    status_msg: response?.reason,
    auth: asked?.auth ?? response?.auth,
    transport: asked?.transport,
  });
  if (asked?.login === undefined) return;
  const { user, secret, kind } = asked.login;
  const success = response === undefined ? undefined : response.status !== 401 && response.status !== 403;
  flow.credentials({ protocol: 'rtsp', user, secret, secretKind: kind, success, ts, frame });
}

function close(state: State): void {
  state.pending.giveUpAll();
}

export const rtsp = defineProtocol<State>({
  name: 'rtsp',
  transports: ['tcp'],
  ports: [554, 8554],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE * 2,
  streams: [rtspStream],
  probe,
  open: flow => ({
    flow,
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    heads: [undefined, undefined],
    pending: new Waiting(
      MAX_PENDING,
      head => emit(flow, head, undefined),
      () => flow.weird('rtsp_pending_limit'),
    ),
  }),
  feed,
  gap(state, direction) {
    resetLine(state.lines[direction]);
    state.heads[direction] = undefined;
  },
  close,
});
