/**
 * The `ldap` and `ldap_search` streams, and the exchanges of one flow: a request and its answers are one record, as in
 * Zeek's base/protocols/ldap. Simple binds, and PLAIN in SASL, become `credentials` too; NTLM and Kerberos inside SASL
 * are read in `gssapi.ts`. A name to bind with that may be a person's is a token.
 *
 * Limits: `MAX_WAITING` requests wait for their answer; the oldest is recorded without one then.
 */
import { utf8 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import type { FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { accountName } from '../account-names.ts';
import { Logins } from '../gssapi/gssapi.ts';
import { ntlmType } from '../gssapi/ntlm-messages.ts';
import {
  type LdapBind,
  type LdapEnvelope,
  type LdapResult,
  readBind,
  readExtension,
  readObject,
  readResult,
  readSearch,
} from './ldap-messages.ts';
import {
  derefName,
  extensionName,
  OP,
  operationOf,
  resultName,
  SASL_IN_PROGRESS,
  START_TLS,
  SUCCESS,
  scopeName,
} from './ldap-names.ts';

const MAX_WAITING = 256;

/** Zeek's `ldap.log`. */
export const ldapStream = flowStream('ldap', 'One line per LDAP operation other than a search.', {
  message_id: f.int('Number of the request.'),
  version: f.int('Version of the protocol, in a bind.'),
  opcode: f.string('bind simple, bind SASL, unbind, modify, add, delete, compare, abandon or extended.'),
  result: f.string('Result, e.g. success or invalid credentials.'),
  diagnostic_message: f.string('What the server says about the result.', 'text'),
  object: f.string('Entry, or name of an extension; `<user>` when it may be a person’s.', 'text'),
  argument: f.string('Mechanism of a SASL bind; REDACTED for a password.', 'text'),
  user: f.token('Name of a bind, when it is not shown.', 'secret'),
});

/** Zeek's `ldap_search.log`. */
export const ldapSearchStream = flowStream('ldap_search', 'One line per LDAP search.', {
  message_id: f.int('Number of the request.'),
  scope: f.string('base, single or tree.'),
  deref_aliases: f.string('When aliases are followed: never, searching, finding or always.'),
  base_object: f.string('Entry at which the search begins.', 'text'),
  result_count: f.count('Entries the server returned.'),
  result: f.string('Result, e.g. success or size limit exceeded.'),
  diagnostic_message: f.string('What the server says about the result.', 'text'),
  filter: f.string('Which entries are looked for.', 'text'),
  attributes: f.strings('Attributes asked for.', 'text'),
});

type Row = RecordOf<typeof ldapStream>;
type SearchRow = RecordOf<typeof ldapSearchStream>;

interface Login {
  readonly user: string;
  readonly secret: Uint8Array;
}

interface Waiting {
  readonly row: Row;
  readonly login: Login | undefined;
  readonly startsTls: boolean;
}

/** Operations that end with their request (sections 4.3 and 4.11). */
const UNANSWERED: ReadonlySet<number> = new Set([OP.unbindRequest, OP.abandonRequest]);
/** Operations that may lead on to other services: logins and StartTLS. */
const LEADING: ReadonlySet<number> = new Set([
  OP.bindRequest,
  OP.bindResponse,
  OP.extendedRequest,
  OP.extendedResponse,
]);
const REQUESTS: ReadonlySet<number> = new Set([
  OP.modifyRequest,
  OP.addRequest,
  OP.deleteRequest,
  OP.modifyDnRequest,
  OP.compareRequest,
]);

export class LdapExchanges {
  /** The server accepted StartTLS: what follows is TLS. */
  tls = false;
  /** A SASL bind succeeded: messages may come with a length and a token before them. */
  layered = false;
  readonly #flow: FlowContext;
  readonly #logins: Logins;
  readonly #waiting = new Map<number, Waiting>();
  readonly #searches = new Map<number, SearchRow>();

  constructor(flow: FlowContext) {
    this.#flow = flow;
    this.#logins = new Logins(flow);
  }

  take({ id, tag, operation }: LdapEnvelope): void {
    if (!this.#flow.recorded && !LEADING.has(tag)) return;
    switch (tag) {
      case OP.bindRequest:
        this.#bind(id, readBind(operation));
        break;
      case OP.bindResponse:
        this.#bound(id, readResult(operation, tag));
        break;
      case OP.searchRequest:
        this.#search(id, operation);
        break;
      case OP.searchResultEntry: {
        const row = this.#searchOf(id);
        row.result_count = (row.result_count ?? 0) + 1;
        break;
      }
      case OP.searchResultDone:
        this.#searched(id, readResult(operation, tag));
        break;
      case OP.extendedRequest: {
        const oid = readExtension(operation);
        const object = oid === '' ? undefined : extensionName(oid);
        this.#wait(id, { ...this.#newRow(id, tag), object }, undefined, oid === START_TLS);
        break;
      }
      case OP.searchResultReference:
      case OP.intermediateResponse:
        break;
      default:
        this.#other(id, tag, operation);
    }
  }

  /** Emits what got no answer. */
  close(): void {
    for (const { row } of this.#waiting.values()) this.#flow.emit(ldapStream, row);
    for (const row of this.#searches.values()) this.#flow.emit(ldapSearchStream, row);
    this.#waiting.clear();
    this.#searches.clear();
    this.#logins.close();
  }

  #other(id: number, tag: number, operation: LdapEnvelope['operation']): void {
    if (UNANSWERED.has(tag)) this.#flow.emit(ldapStream, this.#newRow(id, tag));
    else if (REQUESTS.has(tag)) {
      const object = readObject(operation, tag);
      this.#wait(id, { ...this.#newRow(id, tag), object: object === '' ? undefined : object });
    } else this.#answered(id, tag, readResult(operation, tag));
  }

  #newRow(id: number, tag: number): Row {
    const { now: ts, frame } = this.#flow;
    return { ts, frame, message_id: id, opcode: operationOf(tag) };
  }

  #wait(id: number, row: Row, login?: Login, startsTls = false): void {
    if (this.#waiting.size >= MAX_WAITING) {
      const [oldest, { row: given }] = this.#waiting.entries().next().value!;
      this.#waiting.delete(oldest);
      this.#flow.weird('ldap_too_many_requests');
      this.#flow.emit(ldapStream, given);
    }
    this.#waiting.set(id, { row, login, startsTls });
  }

  #bind(id: number, { version, name, method, mechanism, secret }: LdapBind): void {
    const row = { ...this.#newRow(id, OP.bindRequest), version, opcode: `bind ${method}` } as Row;
    const bare = bareAccount(name);
    const account = accountName(this.#flow, bare);
    row.object = account === undefined || account.user === undefined ? name || undefined : account.shown;
    row.user = account?.user;
    let login: Login | undefined;
    if (method === 'simple') {
      if (secret.length > 0) row.argument = 'REDACTED';
      login = { user: bare, secret: secret.slice() };
    } else if (mechanism === 'PLAIN') {
      row.argument = mechanism;
      login = plainLogin(secret);
    } else {
      row.argument = mechanism === '' ? undefined : mechanism;
      this.#logins.take(secret, 0, secret.length);
    }
    this.#wait(id, row, login);
  }

  #bound(id: number, result: LdapResult): void {
    const { login, row } = this.#waiting.get(id) ?? {};
    for (const token of [result.token, result.matched]) {
      if (token === undefined || token.length === 0) continue;
      // Microsoft puts NTLM challenges where the matched name belongs.
      if (token !== result.matched || ntlmType(token, 0, token.length) !== 0) {
        this.#logins.take(token, 0, token.length);
      }
    }
    const { code } = result;
    if (row?.opcode === 'bind SASL' && code === SUCCESS) this.layered = true;
    if (code !== undefined && code !== SASL_IN_PROGRESS && row?.opcode !== 'bind SICILY_NEGOTIATE') {
      this.#logins.finish(code === SUCCESS);
      if (login !== undefined) {
        const { user, secret } = login;
        const success = code === SUCCESS;
        this.#flow.credentials({ protocol: 'ldap', user, secret, secretKind: 'password', success });
      }
    }
    this.#answered(id, OP.bindResponse, result);
  }

  #answered(id: number, tag: number, { code, message }: LdapResult): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const row = waiting?.row ?? this.#newRow(id, tag);
    if (code !== undefined) row.result = resultName(code);
    if (message !== '') row.diagnostic_message = message;
    if (waiting?.startsTls === true && code === SUCCESS) this.tls = true;
    this.#flow.emit(ldapStream, row);
  }

  #search(id: number, operation: LdapEnvelope['operation']): void {
    const { base, scope, deref, filter, attributes } = readSearch(operation);
    const row = this.#searchOf(id);
    row.scope = scope === undefined ? undefined : scopeName(scope);
    row.deref_aliases = deref === undefined ? undefined : derefName(deref);
    row.base_object = base === '' ? undefined : base;
    row.filter = filter;
    row.attributes = attributes.length === 0 ? undefined : attributes;
  }

  #searched(id: number, { code, message }: LdapResult): void {
    const row = this.#searchOf(id);
    this.#searches.delete(id);
    if (code !== undefined) row.result = resultName(code);
    if (message !== '') row.diagnostic_message = message;
    this.#flow.emit(ldapSearchStream, row);
  }

  /** The search of this number, begun when it is not known. */
  #searchOf(id: number): SearchRow {
    const known = this.#searches.get(id);
    if (known !== undefined) return known;
    if (this.#searches.size >= MAX_WAITING) {
      const [oldest, row] = this.#searches.entries().next().value!;
      this.#searches.delete(oldest);
      this.#flow.weird('ldap_too_many_requests');
      this.#flow.emit(ldapSearchStream, row);
    }
    const { now: ts, frame } = this.#flow;
    const row: SearchRow = { ts, frame, message_id: id, result_count: 0 };
    this.#searches.set(id, row);
    return row;
  }
}

/** RFC 4616 section 2: authorization identity, account and password with zeros between. */
function plainLogin(token: Uint8Array): Login | undefined {
  const first = token.indexOf(0);
  const second = first < 0 ? -1 : token.indexOf(0, first + 1);
  if (second < 0) return undefined;
  return { user: utf8(token, first + 1, second), secret: token.slice(second + 1) };
}

/**
 * The account in a name to bind with: the first value of `cn=admin,dc=example`, what stands behind `CLINIC\` or before
 * `@clinic.example` when that is a known account; otherwise the name as it is.
 */
function bareAccount(name: string): string {
  const value = /^\s*(?:cn|uid)\s*=\s*([^,+]{1,256})/i.exec(name)?.[1]?.trim();
  if (value !== undefined) return value;
  const bare = name.slice(name.lastIndexOf('\\') + 1).split('@', 1)[0]!;
  return knownAccount(bare) === undefined ? name : bare;
}
