/**
 * HTTP requests paired with their responses, and what becomes a record of them (RFC 9112 section 9.3: responses
 * come in the order of the requests). Informational responses belong to the request whose final response follows.
 * A record is given out when request and response are complete, or at the end of the flow.
 *
 * Limits: `MAX_PENDING`, `MAX_LOGINS`, `MAX_PROXIED`.
 */
import type { FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import {
  type Authorization,
  type HeaderField,
  KNOWN_METHODS,
  PROXY_FIELDS,
  type RequestLine,
  readAuthorization,
  type StatusLine,
} from './http-head.ts';
import { bytesToText, type CleanUri, cleanUri } from './uri.ts';

/** Requests that may wait for their response; Zeek's `max_pending_requests`. */
const MAX_PENDING = 100;
/** Distinct credentials remembered per flow. */
const MAX_LOGINS = 64;
/** Proxy headers kept of one request. */
const MAX_PROXIED = 16;

/** Zeek's `http.log`, without the fields of its file analysis. */
export const httpStream = flowStream('http', 'One line per HTTP request and its response.', {
  trans_depth: f.count('Number of the request within its flow, from 1.'),
  method: f.string('Request method, e.g. GET.'),
  host: f.string('Value of the Host header.', 'text'),
  uri: f.string('Request target, decoded; identifiers and secrets in it are replaced by their kind.', 'text'),
  referrer: f.string('Value of the Referer header, cleaned like uri.', 'text'),
  version: f.string('HTTP version of the response.'),
  user_agent: f.string('Value of the User-Agent header.', 'text'),
  origin: f.string('Value of the Origin header.', 'text'),
  request_body_len: f.count('Bytes of the request’s body as sent, without chunk framing.'),
  response_body_len: f.count('Bytes of the response’s body as sent, without chunk framing.'),
  status_code: f.count('Status code of the response.'),
  status_msg: f.string('Reason phrase of the response.', 'text'),
  info_code: f.count('Last informational (1xx) status code.'),
  info_msg: f.string('Last informational reason phrase.', 'text'),
  tags: f.stringSet('Indicators of attack; decoding sets none.'),
  proxied: f.stringSet('Headers that show a proxy, as NAME -> value.', 'text'),
});

/** A request and its response; either may be missing. */
interface Transaction {
  readonly record: RecordOf<typeof httpStream>;
  readonly authorizations: Map<string, Authorization>;
  requestDone: boolean;
  responseDone: boolean;
  emitted: boolean;
}

/** All transactions of one flow. */
export interface Exchange {
  readonly flow: FlowContext;
  /** Requests without a final response, oldest first. */
  waiting: Transaction[];
  /** The request being read, until it is complete. */
  requesting: Transaction | undefined;
  /** The transaction whose response is being read, or whose final response is still to come after a 1xx. */
  answering: Transaction | undefined;
  /** Credentials already reported. */
  readonly logins: Set<string>;
  depth: number;
  /** A response came that no request was seen for. */
  unasked: boolean;
}

export function newExchange(flow: FlowContext): Exchange {
  return {
    flow,
    waiting: [],
    requesting: undefined,
    answering: undefined,
    logins: new Set(),
    depth: 0,
    unasked: false,
  };
}

function newTransaction(x: Exchange): Transaction {
  x.depth++;
  return {
    record: {
      ts: x.flow.now,
      frame: x.flow.frame,
      trans_depth: x.depth,
      request_body_len: 0,
      response_body_len: 0,
      tags: [],
    },
    authorizations: new Map(),
    requestDone: false,
    responseDone: false,
    emitted: false,
  };
}

/** A request line was read. */
export function startRequest(x: Exchange, line: RequestLine): void {
  if (x.unasked) x.flow.weird('HTTP_response_before_request');
  x.unasked = false;
  if (x.waiting.length >= MAX_PENDING) {
    x.flow.weird('HTTP_excessive_pipelining');
    for (const transaction of x.waiting) emit(x, transaction);
    x.waiting = [];
  }
  if (!KNOWN_METHODS.has(line.method.toUpperCase())) x.flow.weird('unknown_HTTP_method');
  const transaction = newTransaction(x);
  const uri = cleanUri(line.target, true);
  transaction.record.method = line.method;
  transaction.record.uri = uri.text;
  rememberSecrets(x, uri);
  if (uri.phi.length > 0) x.flow.phi({ protocol: 'http', carrier: line.method, items: uri.phi });
  x.waiting.push(transaction);
  x.requesting = transaction;
}

/** A header field of the request being read. */
export function requestField(x: Exchange, { name, value }: HeaderField): void {
  const transaction = x.requesting;
  if (transaction === undefined) return;
  const { record } = transaction;
  if (name === 'host') record.host = bytesToText(value);
  else if (name === 'user-agent') record.user_agent = bytesToText(value);
  else if (name === 'origin') record.origin = bytesToText(value);
  else if (name === 'referer') {
    const referrer = cleanUri(value, false);
    record.referrer = referrer.text;
    rememberSecrets(x, referrer);
    // Tokens only: the same patient was reported with the request that this URI belongs to.
    for (const item of referrer.phi) for (const text of item.values) x.flow.token(item.kind, text);
  } else if (name.endsWith('authorization')) {
    const authorization = readAuthorization(value);
    if (authorization !== undefined) transaction.authorizations.set(value, authorization);
  } else if (PROXY_FIELDS.has(name)) {
    const text = `${name.toUpperCase()} -> ${bytesToText(value)}`;
    const proxied = record.proxied ?? [];
    if (proxied.length < MAX_PROXIED && !proxied.includes(text)) record.proxied = [...proxied, text];
  }
}

function rememberSecrets(x: Exchange, uri: CleanUri): void {
  for (const item of uri.secrets) for (const value of item.values) x.flow.token(item.kind, value);
}

/** The request being read is complete, with so many bytes of body. */
export function endRequest(x: Exchange, body: number): void {
  const transaction = x.requesting;
  if (transaction === undefined) return;
  x.requesting = undefined;
  transaction.record.request_body_len = body;
  transaction.requestDone = true;
  if (transaction.responseDone) emit(x, transaction);
}

/** A status line was read; returns the method of the request it answers, in upper case. */
export function startResponse(x: Exchange, line: StatusLine): string {
  let transaction = x.answering ?? x.waiting.shift();
  if (transaction === undefined) {
    transaction = newTransaction(x);
    transaction.requestDone = true;
    x.unasked = true;
  }
  x.answering = transaction;
  const { record } = transaction;
  record.version = line.version;
  record.status_code = line.code;
  record.status_msg = line.reason;
  if (line.code < 200) {
    record.info_code = line.code;
    record.info_msg = line.reason;
  } else {
    reportLogins(x, transaction, outcome(line.code));
  }
  return record.method?.toUpperCase() ?? '';
}

/** The response being read is complete, with so many bytes of body. */
export function endResponse(x: Exchange, body: number): void {
  const transaction = x.answering;
  if (transaction === undefined || (transaction.record.status_code ?? 0) < 200) return;
  x.answering = undefined;
  transaction.record.response_body_len = body;
  transaction.responseDone = true;
  if (transaction.requestDone) emit(x, transaction);
}

/** The beginning of a response is lost: the oldest request will not be paired any more. */
export function loseResponse(x: Exchange): void {
  const transaction = x.answering ?? x.waiting.shift();
  x.answering = undefined;
  if (transaction === undefined) return;
  transaction.responseDone = true;
  if (transaction.requestDone) emit(x, transaction);
}

/** Gives out everything, complete or not. */
export function emitAll(x: Exchange): void {
  for (const transaction of [x.answering, ...x.waiting, x.requesting]) if (transaction) emit(x, transaction);
  x.answering = undefined;
  x.requesting = undefined;
  x.waiting = [];
}

function emit(x: Exchange, transaction: Transaction): void {
  if (transaction.emitted) return;
  transaction.emitted = true;
  reportLogins(x, transaction, undefined);
  x.flow.emit(httpStream, transaction.record);
}

/** RFC 9110 section 15.5: 401, 403 and 407 refuse; other errors say nothing about the credentials. */
function outcome(code: number): boolean | undefined {
  if (code === 401 || code === 403 || code === 407) return false;
  return code < 400 ? true : undefined;
}

/** Reports the credentials of a transaction that were not reported before. */
function reportLogins(x: Exchange, transaction: Transaction, success: boolean | undefined): void {
  for (const [value, { kind, user, secret }] of transaction.authorizations) {
    if (x.logins.has(value)) continue;
    if (x.logins.size >= MAX_LOGINS) {
      x.flow.weird('HTTP_login_limit');
      break;
    }
    x.logins.add(value);
    x.flow.credentials({ protocol: 'http', user, secret, secretKind: kind, success });
  }
  transaction.authorizations.clear();
}
