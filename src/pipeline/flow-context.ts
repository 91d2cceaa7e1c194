/**
 * What a decoder may do to its flow: emit records with the flow's fields filled in, report anomalies once, and turn
 * values that must not be shown into tokens. One per flow that carries payload.
 */

import { utf8 } from '../bytes/text.ts';
import { knownAccount } from '../model/accounts.ts';
import type { FlowView } from '../model/flow.ts';
import { type FlowCodes, type FlowStamp, newFlowCodes, newFlowStamp } from '../model/flow-stamp.ts';
import { PATIENT_KINDS, type TokenKind } from '../model/identifiers.ts';
import {
  type Expectation,
  type FlowContext,
  type IdentitySeen,
  type JointKind,
  type JointStream,
  type Login,
  ORIG,
  type PhiSeen,
  type RecordInput,
  type SoftwareSeen,
} from '../model/protocol.ts';
import type { Moment, RecordOf, StreamSchema, Token } from '../model/schema.ts';
import { credentials, phi, weird } from '../model/streams.ts';
import type { Expectations } from './expectations.ts';
import type { IdentityLog } from './identity-log.ts';
import type { JointRecords } from './joint-records.ts';
import { LIMITS } from './limits.ts';
import type { SoftwareLog } from './software-log.ts';
import type { TokenTable } from './tokens.ts';

/** Where records go. */
export interface RecordSink {
  /** @param stamp what the record has of its flow, when it does not hold that itself */
  emit<S extends StreamSchema>(stream: S, record: RecordOf<S>, shard: number, stamp?: FlowStamp): void;
  captureName(index: number): string;
}

/** What the flows of a run share. */
export interface SharedByFlows {
  readonly sink: RecordSink;
  readonly tokens: TokenTable;
  readonly expectations: Expectations;
  readonly software: SoftwareLog;
  readonly identities: IdentityLog;
  readonly isInternal: (address: string) => boolean;
  readonly joint: JointRecords;
  /** Whether anything that decoders emit is kept. */
  readonly recorded: boolean;
}

/** Of the record under way. */
const STAMP = newFlowStamp();

export class RecordingContext implements FlowContext {
  readonly #flow: FlowView;
  readonly #shared: SharedByFlows;
  readonly expected: unknown;
  protocol = '';
  #weirds: Set<string> | undefined;
  #codes: FlowCodes | undefined;

  /** @param expected the memo of the flow that announced this one */
  constructor(flow: FlowView, shared: SharedByFlows, expected?: unknown) {
    this.#flow = flow;
    this.#shared = shared;
    this.expected = expected;
  }

  get uid(): string {
    return this.#flow.uid;
  }
  get transport(): 'tcp' | 'udp' {
    return this.#flow.transport;
  }
  get origHost(): string {
    return this.#flow.origHost;
  }
  get origPort(): number {
    return this.#flow.origPort;
  }
  get respHost(): string {
    return this.#flow.respHost;
  }
  get respPort(): number {
    return this.#flow.respPort;
  }
  get now(): Moment {
    return this.#flow.now;
  }
  get frame(): number {
    return this.#flow.frame;
  }

  get recorded(): boolean {
    return this.#shared.recorded;
  }

  isInternal(address: string): boolean {
    return this.#shared.isInternal(address);
  }

  emit<S extends StreamSchema>(stream: S, record: RecordInput<S>): void {
    if (this.recorded) this.write(stream, record);
  }

  /** The same for what no decoder says, and is therefore wanted whether or not their records are. */
  write<S extends StreamSchema>(stream: S, record: RecordInput<S>): void {
    const flow = this.#flow;
    const { sink, identities } = this.#shared;
    const { now } = flow;
    STAMP.sec = now.sec;
    STAMP.nsec = now.nsec;
    STAMP.frame = flow.frame;
    STAMP.uid = flow.uid;
    STAMP.origHost = flow.origHost;
    STAMP.origPort = flow.origPort;
    STAMP.respHost = flow.respHost;
    STAMP.respPort = flow.respPort;
    STAMP.capture = sink.captureName(flow.capture);
    this.#codes ??= newFlowCodes();
    STAMP.codes = this.#codes;
    sink.emit(stream, record, flow.shard, STAMP);
    identities.observe(flow, stream, record);
  }

  weird(name: string, detail?: string): void {
    if (!this.recorded) return;
    this.#weirds ??= new Set();
    if (this.#weirds.has(name) || this.#weirds.size >= LIMITS.weirdsPerFlow) return;
    this.#weirds.add(name);
    this.emit(weird, { name, addl: detail, source: this.#flow.transport });
  }

  token(kind: TokenKind, value: Uint8Array | string): Token {
    // Nobody will see it, so that there is nothing to tell apart.
    if (!this.recorded) return { kind, digest: '' };
    return this.#shared.tokens.token(kind, value);
  }

  credentials(login: Login): void {
    if (!this.recorded) return;
    const user = login.user === undefined || login.user.length === 0 ? undefined : login.user;
    const account =
      user === undefined ? undefined : knownAccount(typeof user === 'string' ? user : utf8(user));
    const secret = login.secret;
    this.emit(credentials, {
      ts: login.ts,
      frame: login.frame,
      protocol: login.protocol,
      account,
      user: user === undefined || account !== undefined ? undefined : this.token('user', user),
      secret_kind: login.secretKind,
      secret: secret === undefined || secret.length === 0 ? undefined : this.token(login.secretKind, secret),
      empty_secret: secret === undefined ? undefined : secret.length === 0,
      default_credential: account !== undefined,
      success: login.success,
    });
  }

  software(seen: SoftwareSeen): void {
    const { side, text } = seen;
    if (!this.recorded || !this.#shared.software.note(this.#flow, seen)) return;
    if (this.isInternal(side === ORIG ? this.origHost : this.respHost))
      this.identity({ side, attribute: 'software', value: text });
  }

  identity(seen: IdentitySeen): void {
    if (this.recorded) this.#shared.identities.note(this.#flow, seen, this.protocol);
  }

  addService(name: string): void {
    this.#flow.addService(name);
  }

  expect(flow: Expectation): void {
    this.#shared.expectations.add(this.#flow, flow);
  }

  joint<S extends JointStream>(kind: JointKind<S>, key: string): RecordOf<S> {
    return this.#shared.joint.find(this.#flow, kind, key);
  }

  phi(seen: PhiSeen): void {
    if (!this.recorded) return;
    const values: Token[] = [];
    let count = 0;
    const first = new Map<string, Token>();
    for (const item of seen.items) {
      for (const value of item.values) {
        if (value.length === 0) continue;
        count++;
        const token = this.token(item.kind, value);
        if (!first.has(item.kind)) first.set(item.kind, token);
        if (values.length < LIMITS.phiTokensPerRecord) values.push(token);
      }
    }
    if (count === 0) return;
    const patient = PATIENT_KINDS.map(kind => first.get(kind)).find(token => token !== undefined);
    this.emit(phi, {
      protocol: seen.protocol,
      payload: seen.payload,
      carrier: seen.carrier,
      kinds: [...first.keys()].sort(),
      count,
      patient,
      values,
    });
  }
}
