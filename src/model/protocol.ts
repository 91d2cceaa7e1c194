/**
 * The contract of an application protocol: one exported value per protocol, one line in `protocols/registry.ts`.
 *
 * Recognition is by content on any port: `probe` sees the first bytes of both directions and says `match`, `no` or
 * `unsure` (ask again with more). A port in `ports` only raises confidence (`portHint`). A stream may come byte by byte, so
 * `no` to its first bytes means `no` to whatever follows them: who declines a first byte is not asked about the flow.
 *
 * Decoding is fed and bounded. For TCP, `feed` gets the next in-order bytes of one direction and returns how many it
 * consumed:
 *
 *     consumed <  given   the rest comes again, with more behind it (kept by the stream layer up to `maxPending`)
 *     consumed == given   all taken
 *     consumed >  given   all taken, and the next (consumed - given) bytes are skipped unseen, even across a gap
 *     DONE (-1)           the decoder wants nothing more of this flow
 *     HANDOVER (-2)       none taken: from these bytes on both directions speak another protocol, which is probed anew
 *
 * A decoder hands over where its conversation ends and another begins on the same flow (STARTTLS, CONNECT, SOCKS). It
 * consumes what is its own, leaves the rest, and answers HANDOVER when it is called again, by either direction. It is
 * closed then.
 *
 * When `maxPending` unconsumed bytes stand and the decoder still takes nothing, the stream layer reports the weird
 * `<name>_pending_limit` and ends the decoder: a decoder that must resynchronise consumes instead of waiting.
 * A hole in the bytes is announced by `gap`; pending bytes before it are gone. For UDP each `feed` is one datagram
 * and the result is ignored, except DONE.
 *
 * Decoders never throw on input. A decoder that throws is isolated to its flow and counted (exit 4); in tests that
 * is fatal. The bytes given are borrowed: copy what must outlive the call. No decoder may be quadratic.
 */
import type { IdentityAttribute } from './device.ts';
import type { PhiKind, SecretKind, TokenKind } from './identifiers.ts';
import type { Field, Moment, RecordOf, StreamSchema, Token } from './schema.ts';

/** Bytes sent by the originator. */
export const ORIG = 0;
/** Bytes sent by the responder. */
export const RESP = 1;
export type Direction = typeof ORIG | typeof RESP;

/** The side that is not this one. */
export function otherSide(side: Direction): Direction {
  return side === ORIG ? RESP : ORIG;
}

/** Returned by `feed`: nothing more of this flow is wanted. */
export const DONE = -1;
/** Returned by `feed`: these bytes and all that follow, of both directions, are another protocol's. */
export const HANDOVER = -2;

export type Verdict = 'match' | 'unsure' | 'no';

/** The first bytes of a flow. Either side may still be empty. */
export interface Opening {
  readonly transport: 'tcp' | 'udp';
  readonly orig: Uint8Array;
  readonly resp: Uint8Array;
  readonly origPort: number;
  readonly respPort: number;
  /** The responder's port is one of the protocol's `ports`. */
  readonly portHint: boolean;
  /** False when the flow was picked up in its middle: the bytes need not be the beginning of anything. */
  readonly fromStart: boolean;
  /** UDP: the datagram of the same direction before this one, for what a single datagram does not show. */
  readonly before?: Uint8Array | undefined;
}

/** What a decoder may know of its flow, and where it puts what it found. */
export interface FlowContext {
  /** Name of the protocol whose decoder runs; set when it is opened. */
  protocol: string;
  readonly uid: string;
  readonly transport: 'tcp' | 'udp';
  readonly origHost: string;
  readonly origPort: number;
  readonly respHost: string;
  readonly respPort: number;
  /** Time of the packet whose bytes are being delivered. */
  readonly now: Moment;
  /**
   * Whether records of this flow are kept. When not, what is emitted goes nowhere, and a decoder that leads on may leave
   * out all that only makes records: services, announcements and hand-overs must be the same.
   */
  readonly recorded: boolean;
  /** Whether an address belongs to the site. */
  isInternal(address: string): boolean;
  /** Frame number of that packet; pass it to `emit` later when a record is completed by a later packet. */
  readonly frame: number;
  /**
   * Adds a record. `ts` and `frame` default to the current packet's; flow fields are filled into the object given,
   * which is not the decoder's any more.
   */
  emit<S extends StreamSchema>(stream: S, record: RecordInput<S>): void;
  /** A named protocol anomaly (Zeek's name where it has one). Counted once per name and flow. */
  weird(name: string, detail?: string): void;
  /**
   * Turns a value that must not be shown into a token, and remembers it so that writers mask it elsewhere.
   * @param kind what it identifies, e.g. `mrn`, `patient_name`, `ssn`, `password`, `user` (`model/identifiers.ts`)
   */
  token(kind: TokenKind, value: Uint8Array | string): Token;
  /**
   * A clear-text login: decides whether the user is a known vendor or default account (shown) or a person (token),
   * and emits a `credentials` record.
   */
  credentials(login: Login): void;
  /** Patient identifiers that could be read: emits a `phi` record (kinds, counts, tokens). */
  phi(seen: PhiSeen): void;
  /** Program and version that a side names: emits a `software` record, once per host, kind and version. */
  software(seen: SoftwareSeen): void;
  /**
   * What a side says of itself, or a gateway of a device behind it: emits a `device` record, once per host, attribute
   * and value. For what identifies equipment and nothing else; values of persons are `token` and `phi`.
   */
  identity(seen: IdentitySeen): void;
  /** Adds a name to `service` of the flow's `conn` record: a protocol inside this one (`gssapi`, `dce_rpc` …). */
  addService(name: string): void;
  /** Announces another flow of the same two hosts, which `protocol` decodes without being probed. */
  expect(flow: Expectation): void;
  /** What the flow that announced this one had to tell. */
  readonly expected: unknown;
  /**
   * The record that messages of several flows make together under `key`: begun when there is none, completed in place.
   * It is given out when its conversation is over; nothing is emitted by the decoder.
   */
  joint<S extends JointStream>(kind: JointKind<S>, key: string): RecordOf<S>;
}

/** A stream whose records belong to several flows. */
export type JointStream = StreamSchema<{
  readonly ts: Field<'time'>;
  readonly uids: Field<'set[string]'>;
  readonly frame: Field<'count'>;
  readonly capture: Field<'string'>;
}>;

/** A kind of record that several flows make together, and when one is over. Times are seconds of capture time. */
export interface JointKind<S extends JointStream = JointStream> {
  readonly stream: S;
  /** Silence that ends it, once it is older than `shortest`. */
  readonly silence: number;
  readonly shortest: number;
  /** No record covers a longer time. */
  readonly longest: number;
  readonly maxFlows: number;
  /** It has as much as a record may hold: the next message begins another. */
  isFull(record: RecordOf<S>): boolean;
}

/** A flow that another one announced: FTP's data channel, TFTP's transfer. */
export interface Expectation {
  readonly transport: 'tcp' | 'udp';
  /** One end of it, as address and port: usually its responder, else its originator. */
  readonly host: string;
  readonly port: number;
  /** Name of the registered protocol that decodes it. */
  readonly protocol: string;
  /** Handed to its decoder as `FlowContext.expected`. */
  readonly memo: unknown;
}

/** A program as it names itself. */
export interface SoftwareSeen {
  /** The side that runs it. */
  readonly side: Direction;
  /** Zeek's kind, e.g. `HTTP::BROWSER`, `SSH::SERVER`. */
  readonly type: string;
  /** Name and version as sent, e.g. `nginx/1.22.1`. */
  readonly text: string;
}

/** One thing that identifies a device. */
export interface IdentitySeen {
  /** The side it is about. */
  readonly side: Direction;
  readonly attribute: IdentityAttribute;
  /** As sent; surrounding blanks are cut, an empty one is ignored. */
  readonly value: string | undefined;
  /**
   * 0 to 1, default `SAID`: text the device gives of itself. 0.9 for an identification that a standard defines and the
   * device's maker fills in; 0.3 for a hint.
   */
  readonly confidence?: number | undefined;
  /** The side speaks for a device behind it (a gateway, a terminal server, an archive): it is not this device. */
  readonly behind?: boolean | undefined;
  /** The address it is about, when that is neither side. */
  readonly host?: string | undefined;
  /** Where it was said, when not by the flow's own protocol: `hl7` in a file. */
  readonly source?: string | undefined;
  /** When and where it was said, if not now. */
  readonly ts?: Moment | undefined;
  readonly frame?: number | undefined;
}

/** Values of a record as a decoder gives them: flow fields and evidence are optional. */
export type RecordInput<S extends StreamSchema> = RecordOf<S>;

export interface Login {
  /** Protocol that carried it, as in `service`. */
  readonly protocol: string;
  /** User name; empty or undefined when the protocol has none. */
  readonly user?: Uint8Array | string | undefined;
  /** The secret, when it could be read. Never stored, only its token and its length class. */
  readonly secret?: Uint8Array | string | undefined;
  readonly secretKind: SecretKind;
  /** Whether the server accepted it, when that could be seen. */
  readonly success?: boolean | undefined;
  /** When the login completed, if not now. */
  readonly ts?: Moment;
  readonly frame?: number;
}

/** One kind of identifier seen in one message or transaction. */
export interface PhiItem {
  /** One of the closed list in `model/identifiers.ts`. */
  readonly kind: PhiKind;
  readonly values: readonly (Uint8Array | string)[];
}

export interface PhiSeen {
  readonly protocol: string;
  /** What carried it: `ORU^R01`, `C-STORE-RQ`, `GET` … */
  readonly carrier: string;
  /** Medical format within the protocol, when that is a carrier: hl7, fhir, cda, dicom. */
  readonly payload?: string | undefined;
  readonly items: readonly PhiItem[];
}

/** One application protocol. `State` is whatever `open` returns; one per flow. */
export interface Protocol<State = unknown> {
  /** Zeek's service name where Zeek has one. */
  readonly name: string;
  readonly transports: readonly ('tcp' | 'udp')[];
  /** Responder ports that make it more likely. */
  readonly ports: readonly number[];
  /** Bytes of one direction after which `unsure` counts as `no`. */
  readonly probeBytes: number;
  /** Unconsumed bytes of one direction that may wait for more. */
  readonly maxPending: number;
  /** Streams it emits besides `weird`, `credentials`, `phi`, `software`, `device`. */
  readonly streams: readonly StreamSchema[];
  /**
   * It may hand over, name further services or announce flows: it is decoded even when only flows are asked for, so
   * that `service` does not depend on which streams are kept. A function tells by the opening.
   */
  readonly leadsOn?: boolean | ((opening: Opening) => boolean);
  /** Of a protocol that leads on: whether nothing that comes can do so any more. Asked when only flows are wanted. */
  settled?(state: State): boolean;
  probe(opening: Opening): Verdict;
  /** Which side the messages seen show to be the server, where `probe` takes them from either. */
  server?(opening: Opening): Direction | undefined;
  open(flow: FlowContext): State;
  feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number;
  /** `length` bytes of one direction are missing. Without this method the decoder is ended at a gap. */
  gap?(state: State, direction: Direction, length: number): void;
  /** All bytes of a skip have come by, with the packet under way; `missing` of them were not in the capture. */
  passed?(state: State, direction: Direction, missing: number): void;
  /**
   * The flow ended; emit what is still held. `owed` is how many bytes of each direction a skip still waited for,
   * `missed` how many of those it passed over were not in the capture, so that a body that was cut short can be
   * measured.
   */
  close?(state: State, owed?: readonly [number, number], missed?: readonly [number, number]): void;
}

/** Keeps the type of the state between the members of a protocol and hides it from the registry. */
export function defineProtocol<State>(protocol: Protocol<State>): Protocol {
  return protocol as Protocol;
}
