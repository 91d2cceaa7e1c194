/**
 * CoAP over UDP (RFC 7252, observation RFC 7641): one `coap` record per request with its response, and one per response that
 * nobody asked for in this capture. Recognised by a well-formed request or response; on other ports than CoAP's only by a
 * request that names a path or a host.
 *
 * Payloads are measured and not shown; medical documents that fit into one datagram are read (`clinical/payloads.ts`). CoAP over TCP (RFC 8323) and inside DTLS is not decoded.
 * Limits: `MAX_OPTIONS` options, `MAX_PENDING` requests that wait.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { hex, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { payloadStreams, readPayload } from '../clinical/payloads.ts';
import { Waiting } from '../waiting.ts';

const MAX_OPTIONS = 64;
const MAX_PENDING = 256;
const MAX_URI = 2048;
const PAYLOAD_MARKER = 0xff;

export const coapStream = flowStream('coap', 'CoAP requests and their responses.', {
  type: f.enum('CON, NON, ACK or RST: how the request, or a response of its own, was sent.'),
  method: f.string('Method of the request.'),
  uri: f.string('Host, path and query of the request.', 'text'),
  observe: f.bool('The client wants to be told of changes.'),
  response_code: f.string('Response, e.g. 2.05 Content.'),
  content_format: f.string('Media type of the payload of the response, else of the request.'),
  request_len: f.count('Bytes of the payload of the request.'),
  response_len: f.count('Bytes of the payload of the response.'),
});

const TYPES = ['CON', 'NON', 'ACK', 'RST'];
const METHODS = ['', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'];
const RESPONSES: Readonly<Record<string, string>> = {
  '2.01': 'Created',
  '2.02': 'Deleted',
  '2.03': 'Valid',
  '2.04': 'Changed',
  '2.05': 'Content',
  '2.31': 'Continue',
  '4.00': 'Bad Request',
  '4.01': 'Unauthorized',
  '4.02': 'Bad Option',
  '4.03': 'Forbidden',
  '4.04': 'Not Found',
  '4.05': 'Method Not Allowed',
  '4.06': 'Not Acceptable',
  '4.08': 'Request Entity Incomplete',
  '4.09': 'Conflict',
  '4.12': 'Precondition Failed',
  '4.13': 'Request Entity Too Large',
  '4.15': 'Unsupported Content-Format',
  '4.22': 'Unprocessable Entity',
  '4.29': 'Too Many Requests',
  '5.00': 'Internal Server Error',
  '5.01': 'Not Implemented',
  '5.02': 'Bad Gateway',
  '5.03': 'Service Unavailable',
  '5.04': 'Gateway Timeout',
  '5.05': 'Proxying Not Supported',
};
/** `2.05 Content`, by code. */
const RESPONSE_OF_CODE: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, code) => {
  const text = `${code >>> 5}.${String(code & 0x1f).padStart(2, '0')}`;
  return RESPONSES[text] === undefined ? undefined : `${text} ${RESPONSES[text]}`;
});
const FORMATS: Readonly<Record<number, string>> = {
  0: 'text/plain',
  40: 'application/link-format',
  41: 'application/xml',
  42: 'application/octet-stream',
  47: 'application/exi',
  50: 'application/json',
  60: 'application/cbor',
  110: 'application/senml+json',
  112: 'application/senml+cbor',
  11542: 'application/vnd.oma.lwm2m+tlv',
  11543: 'application/vnd.oma.lwm2m+json',
};

/** Option numbers (RFC 7252 section 5.10). */
const URI_HOST = 3;
const OBSERVE = 6;
const URI_PATH = 11;
const CONTENT_FORMAT = 12;
const URI_QUERY = 15;
const BLOCK2 = 23;
const BLOCK1 = 27;

interface Message {
  readonly type: number;
  readonly code: number;
  readonly identifier: number;
  readonly token: string;
  readonly host: string;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly observe: number | undefined;
  readonly format: number | undefined;
  readonly payload: number;
  /** It is a part of a longer payload (RFC 7959). */
  readonly block: boolean;
}

interface Asked {
  readonly ts: Moment;
  readonly frame: number;
  readonly message: Message;
}

interface State {
  readonly flow: FlowContext;
  /** Requests by sender and token. */
  readonly pending: Waiting<string, Asked>;
}

/** Reads one datagram; undefined when it is no CoAP message. */
function readMessage(bytes: Uint8Array, from: number, to: number): Message | undefined {
  const c = new Cursor(bytes, from, to);
  const first = c.u8();
  const tokenLength = first & 0x0f;
  const code = c.u8();
  const identifier = c.u16be();
  const token = c.view(tokenLength);
  if (first >>> 6 !== 1 || tokenLength > 8 || c.broken || !isCode(code)) return undefined;
  // An empty message is its header and nothing else (section 4.1).
  if (code === 0 && (tokenLength > 0 || c.left > 0)) return undefined;
  const message = {
    type: (first >>> 4) & 3,
    code,
    identifier,
    token: hex(token),
    host: '',
    path: [] as string[],
    query: [] as string[],
    observe: undefined as number | undefined,
    format: undefined as number | undefined,
    payload: 0,
    block: false,
  };
  let option = 0;
  for (let count = 0; c.left > 0; count++) {
    const head = c.u8();
    if (head === PAYLOAD_MARKER) {
      // A marker without a payload is an error (section 3).
      if (c.left === 0) return undefined;
      message.payload = c.left;
      return message;
    }
    option += readExtended(c, head >>> 4);
    const value = c.view(readExtended(c, head & 0x0f));
    if (c.broken || count >= MAX_OPTIONS || option > 65_535) return undefined;
    if (option === URI_HOST) message.host = utf8(value);
    else if (option === URI_PATH) message.path.push(utf8(value));
    else if (option === URI_QUERY) message.query.push(utf8(value));
    else if (option === OBSERVE) message.observe = unsigned(value);
    else if (option === CONTENT_FORMAT) message.format = unsigned(value);
    else if (option === BLOCK1 || option === BLOCK2) message.block = true;
  }
  return message;
}

/** Requests 0.01 to 0.07, empty messages, and responses of classes 2, 4 and 5. */
function isCode(code: number): boolean {
  const group = code >>> 5;
  return group === 0 ? code < METHODS.length : RESPONSE_OF_CODE[code] !== undefined;
}

/** An option's delta or length: 13 and 14 mean that one or two bytes follow (section 3.1). */
function readExtended(c: Cursor, nibble: number): number {
  if (nibble === 13) return 13 + c.u8();
  if (nibble === 14) return 269 + c.u16be();
  if (nibble === 15) c.broken = true;
  return nibble;
}

function unsigned(value: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < Math.min(value.length, 4); i++) sum = sum * 256 + value[i]!;
  return sum;
}

function probe({ orig, resp, portHint }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  const message = readMessage(bytes, 0, bytes.length);
  if (message === undefined) return 'no';
  if (portHint) return 'match';
  const isRequest = message.code > 0 && message.code < METHODS.length && message.type < 2;
  const named = message.host !== '' || (message.path[0] ?? '') !== '';
  return isRequest && named && message.token.length > 0 && isPrintable(uriOf(message)) ? 'match' : 'no';
}

const isPrintable = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

function uriOf({ host, path, query }: Message): string {
  const uri = `${host}/${path.join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  return uri.length > MAX_URI ? uri.slice(0, MAX_URI) : uri;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): void {
  const { flow } = state;
  const message = readMessage(bytes, from, to);
  if (message === undefined) return flow.weird('coap_invalid_message');
  if (message.code === 0) return;
  if (message.payload > 0)
    readPayload(flow, { source: 'COAP', side: direction }, bytes, to - message.payload, to, !message.block);
  if (message.code < METHODS.length) ask(state, direction, message);
  else answer(state, direction, message);
}

function ask({ flow, pending }: State, direction: Direction, message: Message): void {
  const key = `${direction} ${message.token}`;
  // The same message again is a retransmission (section 4.2).
  if (pending.get(key)?.message.identifier === message.identifier) return;
  pending.add(key, { ts: flow.now, frame: flow.frame, message });
}

function answer(state: State, direction: Direction, message: Message): void {
  const key = `${direction === ORIG ? 1 : ORIG} ${message.token}`;
  const asked = state.pending.take(key);
  if (asked !== undefined) return report(state.flow, asked, message);
  const { type, code, format, payload } = message;
  state.flow.emit(coapStream, {
    type: TYPES[type]!,
    response_code: RESPONSE_OF_CODE[code]!,
    content_format: format === undefined ? undefined : formatName(format),
    response_len: payload,
  });
}

function report(flow: FlowContext, asked: Asked, response: Message | undefined): void {
  const { ts, frame, message } = asked;
  const format = response?.format ?? message.format;
  flow.emit(coapStream, {
    ts,
    frame,
    type: TYPES[message.type]!,
    method: METHODS[message.code]!,
    uri: uriOf(message),
    observe: message.observe === undefined ? undefined : message.observe === 0,
    response_code: response && RESPONSE_OF_CODE[response.code],
    content_format: format === undefined ? undefined : formatName(format),
    request_len: message.payload,
    response_len: response?.payload,
  });
}

function formatName(format: number): string {
  return FORMATS[format] ?? `${format}`;
}

function close(state: State): void {
  state.pending.giveUpAll();
}

export const coap = defineProtocol<State>({
  name: 'coap',
  transports: ['udp'],
  ports: [5683],
  probeBytes: 1500,
  maxPending: 2048,
  streams: [coapStream, ...payloadStreams],
  probe,
  open: flow => ({
    flow,
    pending: new Waiting(
      MAX_PENDING,
      asked => report(flow, asked, undefined),
      () => flow.weird('coap_pending_limit'),
    ),
  }),
  feed(state, direction, bytes, from, to) {
    feed(state, direction, bytes, from, to);
    return to - from;
  },
  close,
});
