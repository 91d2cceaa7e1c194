/**
 * The `kerberos` stream, and the exchanges of one flow: a request and what the key distribution centre said to it are
 * one record, as in Zeek's base/protocols/krb. Zeek writes one record per connection; here it is one per exchange.
 *
 * Limit: one request waits; the next one completes it, unless it is the same sent again.
 */
import type { FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { type AccountName, accountName } from '../account-names.ts';
import {
  decodeApRequest,
  decodeError,
  decodeReply,
  decodeRequest,
  type KerberosRequest,
  kerberosMessage,
  MESSAGE,
} from './kerberos-messages.ts';

/** Zeek's `kerberos.log` without its certificates. */
export const kerberosStream = flowStream('kerberos', 'One line per Kerberos exchange.', {
  request_type: f.string('AS (a login), TGS (a ticket for a service) or AP (a ticket shown to a service).'),
  client: f.string('Account and realm; `<user>` instead of the account when it may be a person’s.', 'text'),
  user: f.token('The account, when it is not shown.', 'secret'),
  service: f.string('Service the ticket is for, e.g. krbtgt/EXAMPLE or cifs/host.', 'text'),
  success: f.bool('A ticket was issued; absent when no answer was seen.'),
  error_msg: f.string('Error of the key distribution centre.', 'text'),
  from: f.time('When the ticket shall become valid.'),
  till: f.time('When the ticket shall end.'),
  cipher: f.string('Encryption of the ticket.'),
  forwardable: f.bool('A forwardable ticket was requested.'),
  renewable: f.bool('A renewable ticket was requested.'),
  ciphers: f.strings('Encryptions the client asked for, in its order.'),
  preauth: f.bool('The client proved that it knows its key before it got a ticket.'),
});

type Row = RecordOf<typeof kerberosStream>;

interface Waiting {
  readonly request: KerberosRequest;
  readonly row: Row;
}

/** Collects the exchanges of one flow. Messages of either direction are given to `take`. */
export class KerberosExchanges {
  readonly #flow: FlowContext;
  #waiting: Waiting | undefined;

  constructor(flow: FlowContext) {
    this.#flow = flow;
  }

  /** One whole message. */
  take(bytes: Uint8Array, from: number, to: number): void {
    switch (kerberosMessage(bytes[from]!)) {
      case MESSAGE.asRequest:
      case MESSAGE.tgsRequest:
        this.#request(decodeRequest(bytes, from, to));
        break;
      case MESSAGE.asReply:
      case MESSAGE.tgsReply: {
        const { kind, client, realm, ticket } = decodeReply(bytes, from, to);
        const row = this.#answered(kind);
        this.#name(row, client, realm);
        row.service = ticket.service ?? row.service;
        row.cipher = ticket.cipher;
        row.success = true;
        this.#flow.emit(kerberosStream, row);
        break;
      }
      case MESSAGE.apRequest: {
        const { service, cipher } = decodeApRequest(bytes, from, to);
        this.#flow.emit(kerberosStream, { request_type: 'AP', service, cipher });
        break;
      }
      case MESSAGE.error: {
        const { text, client, realm, service } = decodeError(bytes, from, to);
        const row = this.#answered(undefined);
        this.#name(row, client, realm);
        row.service = service ?? row.service;
        row.error_msg = text;
        row.success = false;
        this.#flow.emit(kerberosStream, row);
        break;
      }
    }
  }

  /** Emits the request that got no answer. */
  close(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#flow.emit(kerberosStream, waiting.row);
  }

  #request(request: KerberosRequest): void {
    const before = this.#waiting?.request;
    // The nonce is new in every request that is not a repetition.
    if (before !== undefined && before.nonce === request.nonce && before.preauth === request.preauth) return;
    this.close();
    const { now, frame } = this.#flow;
    const row: Row = {
      ts: now,
      frame,
      request_type: request.kind,
      service: request.service,
      from: request.from,
      till: request.till,
      forwardable: request.forwardable,
      renewable: request.renewable,
      ciphers: request.ciphers,
      preauth: request.kind === 'AS' ? request.preauth : undefined,
    };
    if (request.kind === 'AS' || request.client !== undefined) {
      this.#name(row, request.client, request.realm);
    }
    this.#waiting = { request, row };
  }

  /** The record an answer completes; a new one when its request was not seen. */
  #answered(kind: 'AS' | 'TGS' | undefined): Row {
    const waiting = this.#waiting;
    if (waiting === undefined || (kind !== undefined && kind !== waiting.request.kind)) {
      this.close();
      return { request_type: kind };
    }
    this.#waiting = undefined;
    return waiting.row;
  }

  #name(row: Row, client: string | undefined, realm: string | undefined): void {
    if (row.client !== undefined || (client === undefined && realm === undefined)) return;
    const name: AccountName | undefined = accountName(this.#flow, client ?? '');
    row.client = `${name?.shown ?? ''}/${realm ?? ''}`;
    row.user = name?.user;
  }
}
