/**
 * HTTP requests paired with their responses, and what becomes a record of them (RFC 9112 section 9.3: responses
 * come in the order of the requests). Informational responses belong to the request whose final response follows.
 * A record is given out when request and response are complete, or at the end of the flow.
 *
 * Limits: `MAX_PENDING`, `MAX_LOGINS`, `MAX_PROXIED`.
 */
import { latin1 } from '../../bytes/text.ts';
import { type FlowContext, ORIG, RESP } from '../../model/protocol.ts';
import type { RecordOf } from '../../model/schema.ts';
import type { HttpContent, HttpExchange } from '../clinical/payload.ts';
import { reportExchange } from '../clinical/payloads.ts';
import type { BodySummary } from './http-body.ts';
import { type FormLogin, readForm, readJsonLogin, readQueryLogin } from './http-form.ts';
import {
  type Authorization,
  type HeaderField,
  KNOWN_METHODS,
  PROXY_FIELDS,
  type RequestLine,
  readAuthorization,
  type StatusLine,
} from './http-head.ts';
import { httpStream, websocketStream } from './http-schema.ts';
import { ippStream, notePrinter, readIppRequest, readIppStatus } from './ipp.ts';
import { reportOcsp } from './ocsp.ts';
import { bytesToText, type CleanUri, cleanUri } from './uri.ts';

/** Requests that may wait for their response; Zeek's `max_pending_requests`. */
const MAX_PENDING = 100;
/** Distinct credentials remembered per flow. */
const MAX_LOGINS = 64;
/** Entries of one list of WebSocket names. */
const MAX_LIST = 32;
/** Proxy headers kept of one request. */
const MAX_PROXIED = 16;

/** RomPager numbers its cookies from C0 to C9 and takes another number for a place in memory. */
const MISFORTUNE_COOKIE = /(?:^|[;\s])C\d{2,12}=/;

/** A request and its response; either may be missing. */
interface Transaction {
  readonly record: RecordOf<typeof httpStream>;
  readonly websocket: RecordOf<typeof websocketStream>;
  /** The response switches to WebSocket. */
  upgraded: boolean;
  login: FormLogin | undefined;
  ipp: RecordOf<typeof ippStream> | undefined;
  authorizations: Map<string, Authorization> | undefined;
  /** What formats of documents are told of the request: its target as sent, and some of its header. */
  target: string;
  accept: string;
  prefer: string;
  authorization: 'basic' | 'bearer' | undefined;
  form: string;
  readonly bodies: [BodySummary | undefined, BodySummary | undefined];
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
  /** Status of the last response that was not informational. */
  finalStatus: number | undefined;
}

/**
 * @param logins credentials already reported, shared by all exchanges of a flow
 * @param depth requests before this exchange
 */
export function newExchange(flow: FlowContext, logins = new Set<string>(), depth = 0): Exchange {
  return {
    flow,
    waiting: [],
    requesting: undefined,
    answering: undefined,
    logins,
    depth,
    unasked: false,
    finalStatus: undefined,
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
    websocket: {},
    upgraded: false,
    login: undefined,
    ipp: undefined,
    authorizations: undefined,
    target: '',
    accept: '',
    prefer: '',
    authorization: undefined,
    form: '',
    bodies: [undefined, undefined],
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
  transaction.target = line.target;
  rememberSecrets(x, uri);
  if (uri.phi.length > 0) x.flow.phi({ protocol: 'http', carrier: line.method, items: uri.phi });
  if (uri.secrets.some(({ kind }) => kind === 'password')) transaction.login = readQueryLogin(line.target);
  x.waiting.push(transaction);
  x.requesting = transaction;
}

/** A header field of the request being read. */
export function requestField(x: Exchange, { name, value }: HeaderField): void {
  const transaction = x.requesting;
  if (transaction === undefined) return;
  const { record } = transaction;
  if (name === 'host') record.host = bytesToText(value);
  else if (name === 'user-agent') {
    record.user_agent = bytesToText(value);
    x.flow.software({ side: ORIG, type: 'HTTP::BROWSER', text: record.user_agent });
  } else if (name === 'cookie') {
    if (MISFORTUNE_COOKIE.test(value)) record.tags = ['misfortune_cookie'];
  } else if (name === 'soapaction') record.soap_action = bytesToText(value.replace(/^"(.*)"$/, '$1'));
  else if (name === 'sec-websocket-protocol') {
    const offered = [...(transaction.websocket.client_protocols ?? []), ...readList(x, value)];
    transaction.websocket.client_protocols = offered.slice(0, MAX_LIST);
  } else if (name === 'sec-websocket-extensions')
    transaction.websocket.client_extensions = readList(x, value);
  else if (name === 'origin') record.origin = bytesToText(value);
  else if (name === 'referer') {
    const referrer = cleanUri(value, false);
    record.referrer = referrer.text;
    rememberSecrets(x, referrer);
    // Tokens only: the same patient was reported with the request that this URI belongs to.
    for (const item of referrer.phi) for (const text of item.values) x.flow.token(item.kind, text);
  } else if (name.endsWith('authorization')) {
    const authorization = readAuthorization(value);
    if (authorization !== undefined) {
      transaction.authorizations ??= new Map();
      transaction.authorizations.set(value, authorization);
      transaction.authorization ??= authorization.kind;
    }
  } else if (name === 'accept') transaction.accept = value;
  else if (name === 'prefer') {
    transaction.prefer = bytesToText(value);
  } else if (PROXY_FIELDS.has(name)) {
    const text = `${name.toUpperCase()} -> ${bytesToText(value)}`;
    const proxied = record.proxied ?? [];
    if (proxied.length < MAX_PROXIED && !proxied.includes(text)) record.proxied = [...proxied, text];
  }
}

/** A header field of the response being read. */
export function responseField(x: Exchange, { name, value }: HeaderField): void {
  const transaction = x.answering;
  if (transaction === undefined) return;
  if (name === 'server') x.flow.software({ side: RESP, type: 'HTTP::SERVER', text: bytesToText(value) });
  else if (name === 'x-powered-by')
    x.flow.software({ side: RESP, type: 'HTTP::APPSERVER', text: bytesToText(value) });
  else if (name === 'upgrade')
    transaction.upgraded = transaction.record.status_code === 101 && /^websocket$/i.test(value);
  else if (name === 'sec-websocket-protocol') transaction.websocket.subprotocol = readList(x, value)[0];
  else if (name === 'sec-websocket-extensions') transaction.websocket.server_extensions = readList(x, value);
}

/** A comma-separated list of WebSocket names. Programs put bearer tokens among the subprotocols. */
function readList(x: Exchange, value: string): string[] {
  return value
    .split(',')
    .slice(0, MAX_LIST)
    .map(part => bytesToText(part.trim()))
    .map(name => {
      const secret = /^(?:.*(?:bearer|token|auth|key|jwt)[\w-]*[.=: ])?(\S{24,})$/i.exec(name)?.[1];
      if (secret === undefined || /^permessage|^[a-z][a-z.-]*$/.test(name)) return name;
      x.flow.token('bearer', secret);
      return `${name.slice(0, name.length - secret.length)}<bearer>`;
    });
}

/** Whether the response just read switched to WebSocket; gives out the `websocket` record then. */
export function acceptsWebSocket(x: Exchange): boolean {
  const transaction = x.answering;
  if (transaction?.upgraded !== true) return false;
  const { host, uri, user_agent } = transaction.record;
  x.flow.addService('websocket');
  x.flow.emit(websocketStream, { ...transaction.websocket, host, uri, user_agent });
  return true;
}

function rememberSecrets(x: Exchange, uri: CleanUri): void {
  for (const item of uri.secrets) for (const value of item.values) x.flow.token(item.kind, value);
}

/** The request being read is complete; `body` is what came of its body. */
export function endRequest(x: Exchange, body: BodySummary | undefined): void {
  const transaction = x.requesting;
  if (transaction === undefined) return;
  x.requesting = undefined;
  if (body !== undefined) {
    const { record } = transaction;
    transaction.bodies[ORIG] = body;
    record.request_body_len = body.length;
    record.orig_fuids = listed(body.fuids);
    record.orig_filenames = listed(body.filenames);
    record.orig_mime_types = listed(body.mimeTypes);
    readRequest(x, transaction, body);
  }
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

const listed = (values: readonly string[]): readonly string[] | undefined =>
  values.length === 0 ? undefined : values;

/** What a request asks of a printer, or a form: identifiers and secrets in it, and the login that it may be. */
function readRequest(x: Exchange, transaction: Transaction, body: BodySummary): void {
  if (body.read === undefined) return;
  if (isIpp(body)) {
    transaction.ipp = readIppRequest(x.flow, body.read);
    return;
  }
  if (/^application\/json\b/i.test(body.contentType)) {
    transaction.login ??= readJsonLogin(body.read);
    return;
  }
  if (/_search(?:$|\?)/.test(transaction.target)) transaction.form = latin1(body.read);
  const form = readForm(body.read, transaction.target);
  rememberSecrets(x, form.clean);
  if (form.clean.phi.length > 0)
    x.flow.phi({ protocol: 'http', carrier: transaction.record.method ?? 'POST', items: form.clean.phi });
  transaction.login ??= form.login;
}

const isIpp = (body: BodySummary): boolean => /^application\/ipp\b/i.test(body.contentType);

/** The response being read is complete; `body` is what came of its body. */
export function endResponse(x: Exchange, body: BodySummary | undefined): void {
  const transaction = x.answering;
  if (transaction === undefined || (transaction.record.status_code ?? 0) < 200) return;
  x.answering = undefined;
  x.finalStatus = transaction.record.status_code;
  if (body !== undefined) {
    const { record } = transaction;
    transaction.bodies[RESP] = body;
    record.response_body_len = body.length;
    record.resp_fuids = listed(body.fuids);
    record.resp_filenames = listed(body.filenames);
    record.resp_mime_types = listed(body.mimeTypes);
    if (/^application\/ocsp-response\b/i.test(body.contentType) && body.read !== undefined)
      reportOcsp(x.flow, body.read, body.fuids[0] ?? '');
    if (transaction.ipp !== undefined && body.read !== undefined && isIpp(body)) {
      transaction.ipp.status = readIppStatus(body.read);
      notePrinter(x.flow, body.read);
    }
  }
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
  const { ts, frame } = transaction.record;
  if (transaction.ipp !== undefined) {
    x.flow.addService('ipp');
    x.flow.emit(ippStream, { ts, frame, ...transaction.ipp });
  }
  reportExchange(x.flow, exchangeOf(transaction));
  x.flow.emit(httpStream, transaction.record);
}

const NOTHING: HttpContent = { contentType: '', found: [] };

function exchangeOf(transaction: Transaction): HttpExchange {
  const { record, target, form, accept, prefer, authorization, bodies } = transaction;
  return {
    ts: record.ts,
    frame: record.frame,
    depth: record.trans_depth,
    method: record.method ?? '',
    target,
    form,
    accept,
    prefer,
    authorization,
    status: record.status_code,
    request: bodies[ORIG] ?? NOTHING,
    response: bodies[RESP] ?? NOTHING,
  };
}

/** RFC 9110 section 15.5: 401, 403 and 407 refuse; other errors say nothing about the credentials. */
function outcome(code: number): boolean | undefined {
  if (code === 401 || code === 403 || code === 407) return false;
  return code < 400 ? true : undefined;
}

/** Reports the credentials of a transaction that were not reported before. */
function reportLogins(x: Exchange, transaction: Transaction, success: boolean | undefined): void {
  for (const [value, { kind, user, secret }] of transaction.authorizations ?? []) {
    if (x.logins.has(value)) continue;
    if (x.logins.size >= MAX_LOGINS) {
      x.flow.weird('HTTP_login_limit');
      break;
    }
    x.logins.add(value);
    x.flow.credentials({ protocol: 'http', user, secret, secretKind: kind, success });
  }
  transaction.authorizations = undefined;
  const { login } = transaction;
  transaction.login = undefined;
  // Many programs answer a refused form with 200 and a page that says so: only a refusal by status is one.
  if (login !== undefined)
    x.flow.credentials({ protocol: 'http', ...login, success: success === false ? false : undefined });
}
