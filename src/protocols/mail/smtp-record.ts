/**
 * One message on its way, as the `smtp` record tells it: Zeek's fields, its envelope and the fields of its head.
 */
import type { FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { protectPersons } from '../persons.ts';
import { receivedFrom, splitAddresses } from './addresses.ts';

/** Recipients and hosts kept of one message. */
const MAX_RECIPIENTS = 256;
const MAX_PATH = 64;

/** Zeek's `smtp.log`. */
export const smtpStream = flowStream('smtp', 'One line per mail message or attempt at one.', {
  trans_depth: f.count('Which message of the connection it is, from 1.'),
  helo: f.string('How the client calls itself.', 'text'),
  mailfrom: f.string('Sender in the envelope.', 'text'),
  rcptto: f.stringSet('Recipients in the envelope.', 'text'),
  date: f.string('Date header.', 'text'),
  from: f.string('From header.', 'text'),
  to: f.stringSet('Addresses in the To header.', 'text'),
  cc: f.stringSet('Addresses in the Cc header.', 'text'),
  reply_to: f.string('Reply-To header.', 'text'),
  msg_id: f.string('Message-ID header.', 'text'),
  in_reply_to: f.string('In-Reply-To header.', 'text'),
  subject: f.token('Subject header, as a token: it often names a patient.', 'phi'),
  x_originating_ip: f.addr('Address in the X-Originating-IP header.'),
  first_received: f.string('Last Received header, which the first host wrote.', 'text'),
  second_received: f.string('Received header before it.', 'text'),
  last_reply: f.string('Last reply of the server.', 'text'),
  path: f.strings('Hosts on the way, from the last back to the first.'),
  user_agent: f.string('Program of the sender.', 'text'),
  tls: f.bool('The connection went on encrypted.'),
  fuids: f.strings('Files of the message in `files`.'),
});

type Mutable = RecordOf<typeof smtpStream>;

export class MailMessage {
  /** The client did something that deserves a record. */
  active = false;
  readonly #flow: FlowContext;
  readonly #record: Mutable;
  readonly #recipients = new Set<string>();
  readonly #path: string[];

  constructor(flow: FlowContext, depth: number, helo: string | undefined) {
    this.#flow = flow;
    this.#path = [flow.respHost, flow.origHost];
    this.#record = { ts: flow.now, frame: flow.frame, trans_depth: depth, helo, tls: false };
  }

  set helo(value: string) {
    this.#record.helo = value;
  }
  set sender(value: string) {
    this.#record.mailfrom = value;
    protectPersons(this.#flow, value);
  }
  set lastReply(value: string) {
    this.#record.last_reply = value;
  }
  set tls(value: boolean) {
    this.#record.tls = value;
  }

  set fuids(value: readonly string[]) {
    this.#record.fuids = value;
  }

  addRecipient(address: string): void {
    protectPersons(this.#flow, address);
    if (this.#recipients.size < MAX_RECIPIENTS) this.#recipients.add(address);
    else this.#flow.weird('smtp_recipient_limit');
  }

  /** One field of the head; later ones of the same name win. */
  takeField(name: string, value: string): void {
    const record = this.#record;
    switch (name) {
      case 'DATE':
        record.date = value;
        break;
      case 'FROM':
        record.from = value;
        protectPersons(this.#flow, value);
        break;
      case 'TO':
        record.to = this.#addresses(record.to, value);
        break;
      case 'CC':
        record.cc = this.#addresses(record.cc, value);
        break;
      case 'REPLY-TO':
        record.reply_to = value;
        protectPersons(this.#flow, value);
        break;
      case 'MESSAGE-ID':
        record.msg_id = value;
        break;
      case 'IN-REPLY-TO':
        record.in_reply_to = value;
        break;
      case 'SUBJECT':
        record.subject = value === '' ? undefined : this.#flow.token('subject', value);
        break;
      case 'X-ORIGINATING-IP':
        record.x_originating_ip = receivedFrom(value);
        break;
      case 'RECEIVED':
        this.#takeReceived(value);
        break;
      case 'X-MAILER':
      case 'USER-AGENT':
      case 'X-USER-AGENT':
        record.user_agent = value;
        break;
    }
  }

  emit(): void {
    const record = this.#record;
    record.rcptto = this.#recipients.size > 0 ? [...this.#recipients] : undefined;
    record.path = this.#path;
    this.#flow.emit(smtpStream, record);
  }

  #addresses(before: readonly string[] | undefined, value: string): readonly string[] {
    const { list, cut } = splitAddresses(value);
    if (cut) this.#flow.weird('smtp_address_limit');
    for (const address of list) protectPersons(this.#flow, address);
    return before === undefined ? list : [...new Set([...before, ...list])].slice(0, 2 * MAX_RECIPIENTS);
  }

  #takeReceived(value: string): void {
    this.#record.second_received = this.#record.first_received;
    this.#record.first_received = value;
    const host = receivedFrom(value);
    if (host !== undefined && host !== this.#path.at(-1) && this.#path.length < MAX_PATH)
      this.#path.push(host);
  }
}
