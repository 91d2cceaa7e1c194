/**
 * A flow for decoder tests: `play` drives a protocol through probe, open, feed, gap and close exactly as
 * `src/model/protocol.ts` says, over a scripted exchange, and returns everything the decoder did.
 *
 * The driver is unkind on purpose: bytes are lent in a larger buffer with junk on both sides and are overwritten
 * after every call, records are checked against their schema, and a decoder that takes less than its limit allows
 * is ended as the stream layer would end it. All bytes of one step carry the time and frame of that step, so a
 * split exchange must give the same records.
 */
import { createHash } from 'node:crypto';
import {
  type Direction,
  DONE,
  type Expectation,
  type FlowContext,
  HANDOVER,
  type IdentitySeen,
  type JointKind,
  type JointStream,
  type Login,
  type Opening,
  ORIG,
  type PhiSeen,
  type Protocol,
  RESP,
  type SoftwareSeen,
  type Verdict,
} from '../../src/model/protocol.ts';
import type {
  Field,
  FieldType,
  Moment,
  RecordOf,
  StreamSchema,
  Token,
  Value,
} from '../../src/model/schema.ts';

/** Bytes one side sends (text stands for latin-1 bytes), or a hole in what it sent. */
export type Step =
  | readonly [Direction, Uint8Array | string]
  | { readonly gap: Direction; readonly length: number };

export interface PlayOptions {
  /** Default `tcp`. For `udp` every step is one datagram and nothing is split. */
  readonly transport?: 'tcp' | 'udp';
  readonly origPort?: number;
  /** Default: the first port of the protocol. */
  readonly respPort?: number;
  /** Default true: the bytes are the beginning of the flow. */
  readonly fromStart?: boolean;
  /** Longest segment; default: a step is one segment. */
  readonly segment?: number;
  /** Offsets in the stream of each direction at which a segment ends. */
  readonly cuts?: readonly number[];
  /** What the flow that announced this one has to tell. */
  readonly expected?: unknown;
  /** False skips the probe: the decoder is opened at the first byte. Default true. */
  readonly probe?: boolean;
  /** The decoder gets the bytes that wait as they stand, not a copy that is spoiled afterwards: for measuring time. */
  readonly timed?: boolean;
}

/** One record as emitted, with `ts` and `frame` filled in. */
export interface Emitted {
  readonly stream: string;
  readonly record: Readonly<Record<string, Value>>;
}

/** A login with its bytes as latin-1 text. */
export interface SeenLogin {
  readonly protocol: string;
  readonly user: string | undefined;
  readonly secret: string | undefined;
  readonly secretKind: string;
  readonly success: boolean | undefined;
}

export interface SeenPhi {
  readonly protocol: string;
  readonly carrier: string;
  readonly payload?: string | undefined;
  readonly items: readonly { readonly kind: string; readonly values: readonly string[] }[];
}

/** What came of it. */
export interface Played {
  /** Last answer of the probe. */
  readonly verdict: Verdict;
  readonly records: Emitted[];
  readonly weirds: string[];
  readonly tokens: { readonly kind: string; readonly value: string }[];
  readonly logins: SeenLogin[];
  readonly phi: SeenPhi[];
  readonly software: SoftwareSeen[];
  /** What identifies a device. */
  readonly identities: IdentitySeen[];
  /** Further names of services. */
  readonly services: string[];
  /** Flows that were announced. */
  readonly expectations: Expectation[];
  /** How the decoder ended: `done` by itself, `handover`, `gap`, `pending_limit`, or open until `close`. */
  readonly end: 'never_opened' | 'done' | 'handover' | 'gap' | 'pending_limit' | 'close';
  /** Bytes of each direction that were handed over, or came after the decoder handed over, as latin-1 text. */
  readonly handed: readonly [string, string];
  /** Bytes the decoder was given, each byte counted once per call; shows re-reading and skipping. */
  readonly given: number;
}

const text = (value: Uint8Array | string): string =>
  typeof value === 'string' ? value : Buffer.from(value).toString('latin1');

/** Latin-1 text as bytes. */
export function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'latin1')) : value;
}

/** Bytes written as hexadecimal; white space is ignored. */
export function fromHex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replace(/\s+/g, ''), 'hex'));
}

/** Records of one stream, in the order they were emitted. */
export function recordsOf(played: Played, stream: string): Readonly<Record<string, Value>>[] {
  return played.records.filter(emitted => emitted.stream === stream).map(emitted => emitted.record);
}

/** Everything that left the decoder in clear, as one text: canary values must not be in it. */
export function shownText(played: Played): string {
  return JSON.stringify([played.records, played.weirds, played.identities]);
}

/** Plays an exchange into a protocol and closes it. Throws what the decoder throws. */
export function play(protocol: Protocol, exchange: readonly Step[], options: PlayOptions = {}): Played {
  const transport = options.transport ?? 'tcp';
  const clock = { now: { sec: 1_700_000_000, nsec: 0 } as Moment, frame: 0 };
  const out: Omit<Played, 'verdict' | 'end' | 'given' | 'handed'> = {
    records: [],
    weirds: [],
    tokens: [],
    logins: [],
    phi: [],
    software: [],
    identities: [],
    services: [],
    expectations: [],
  };
  const respPort = options.respPort ?? protocol.ports[0] ?? 9;
  const flow = fakeContext(out, clock, transport, options, respPort);
  flow.protocol = protocol.name;
  const driver = new Driver(protocol, flow, options, respPort, clock, out);
  const sent: [number, number] = [0, 0];
  for (const [index, step] of exchange.entries()) {
    const tick = { now: { sec: 1_700_000_000 + index, nsec: 0 }, frame: index + 1 };
    if ('gap' in step) {
      Object.assign(clock, tick);
      driver.gap(step.gap, step.length);
      sent[step.gap] += step.length;
      continue;
    }
    const [direction, content] = step;
    const bytes = bytesOf(content);
    for (const part of segments(bytes, sent[direction], transport === 'udp' ? {} : options)) {
      Object.assign(clock, tick);
      driver.data(direction, part, tick);
    }
    sent[direction] += bytes.length;
  }
  driver.close();
  flow.giveOutJoint();
  const handed = [text(driver.handed[ORIG].view()), text(driver.handed[RESP].view())] as const;
  return { ...out, verdict: driver.verdict, end: driver.end, given: driver.given, handed };
}

function* segments(bytes: Uint8Array, offset: number, options: PlayOptions): Generator<Uint8Array> {
  const ends = (options.cuts ?? [])
    .map(cut => cut - offset)
    .filter(cut => cut > 0 && cut < bytes.length)
    .sort((a, b) => a - b);
  const longest = options.segment ?? Number.POSITIVE_INFINITY;
  let at = 0;
  for (const end of [...ends, bytes.length]) {
    while (at < end) {
      const next = Math.min(end, at + longest);
      yield bytes.subarray(at, next);
      at = next;
    }
  }
  if (bytes.length === 0) yield bytes;
}

interface Clock {
  now: Moment;
  frame: number;
}

class Driver {
  verdict: Verdict = 'unsure';
  end: Played['end'] = 'never_opened';
  given = 0;
  readonly handed: [PendingBytes, PendingBytes] = [new PendingBytes(), new PendingBytes()];
  readonly #protocol: Protocol;
  readonly #flow: FlowContext;
  readonly #options: PlayOptions;
  readonly #respPort: number;
  readonly #clock: Clock;
  readonly #out: Pick<Played, 'weirds'>;
  readonly #opening: [PendingBytes, PendingBytes] = [new PendingBytes(), new PendingBytes()];
  readonly #pending: [PendingBytes, PendingBytes] = [new PendingBytes(), new PendingBytes()];
  readonly #skip: [number, number] = [0, 0];
  readonly #missed: [number, number] = [0, 0];
  #early: { direction: Direction; bytes: Uint8Array; tick: Clock }[] = [];
  #state: unknown;
  #phase: 'probing' | 'open' | 'ended' = 'probing';

  constructor(
    protocol: Protocol,
    flow: FlowContext,
    options: PlayOptions,
    respPort: number,
    clock: Clock,
    out: Pick<Played, 'weirds'>,
  ) {
    this.#protocol = protocol;
    this.#flow = flow;
    this.#options = options;
    this.#respPort = respPort;
    this.#clock = clock;
    this.#out = out;
  }

  data(direction: Direction, bytes: Uint8Array, tick: Clock): void {
    if (this.#handedOver()) this.handed[direction].append(bytes);
    if (this.#phase === 'ended') return;
    if (this.#phase === 'open') {
      this.#deliver(direction, bytes);
      return;
    }
    this.#early.push({ direction, bytes, tick });
    if (this.#flow.transport === 'tcp') this.#opening[direction].append(bytes);
    else this.#opening[direction].replace(bytes);
    this.verdict = this.#options.probe === false ? 'match' : this.#protocol.probe(this.#openingView());
    const seen = Math.max(this.#opening[ORIG].length, this.#opening[RESP].length);
    if (this.verdict === 'no' || (this.verdict === 'unsure' && seen >= this.#protocol.probeBytes)) {
      this.verdict = 'no';
      this.#phase = 'ended';
    } else if (this.verdict === 'match') {
      this.#phase = 'open';
      this.end = 'close';
      this.#state = this.#protocol.open(this.#flow);
      for (const early of this.#early) {
        Object.assign(this.#clock, early.tick);
        if (this.#phase === 'open') this.#deliver(early.direction, early.bytes);
        else if (this.#handedOver()) this.handed[early.direction].append(early.bytes);
      }
      this.#early = [];
    }
  }

  gap(direction: Direction, length: number): void {
    if (this.#phase === 'probing') this.#phase = 'ended';
    if (this.#phase === 'ended') return;
    const skipped = Math.min(this.#skip[direction], length);
    this.#skip[direction] -= skipped;
    this.#missed[direction] += skipped;
    this.#passed(direction, skipped);
    if (skipped === length) return;
    this.#pending[direction].drop(this.#pending[direction].length);
    if (this.#protocol.gap) {
      this.#protocol.gap(this.#state, direction, length - skipped);
      return;
    }
    this.#protocol.close?.(this.#state, this.#skip, this.#missed);
    this.#finish('gap');
  }

  close(): void {
    if (this.#phase === 'open') this.#protocol.close?.(this.#state, this.#skip, this.#missed);
  }

  #passed(direction: Direction, skipped: number): void {
    if (skipped === 0 || this.#skip[direction] > 0) return;
    const missing = this.#missed[direction];
    this.#missed[direction] = 0;
    this.#protocol.passed?.(this.#state, direction, missing);
  }

  #openingView(): Opening {
    return {
      transport: this.#flow.transport,
      orig: this.#opening[ORIG].view().slice(0, this.#protocol.probeBytes),
      resp: this.#opening[RESP].view().slice(0, this.#protocol.probeBytes),
      origPort: this.#flow.origPort,
      respPort: this.#respPort,
      portHint: this.#protocol.ports.includes(this.#respPort),
      fromStart: this.#options.fromStart ?? true,
      before: this.#before(),
    };
  }

  /** UDP: the datagram of the same direction before the last one. */
  #before(): Uint8Array | undefined {
    const last = this.#early.at(-1);
    if (this.#flow.transport === 'tcp' || last === undefined) return undefined;
    return this.#early.slice(0, -1).findLast(early => early.direction === last.direction)?.bytes;
  }

  #finish(end: Played['end']): void {
    this.#phase = 'ended';
    this.end = end;
  }

  #handedOver(): boolean {
    return this.end === 'handover';
  }

  #handOver(): void {
    this.#protocol.close?.(this.#state, this.#skip, this.#missed);
    for (const side of [ORIG, RESP] as const) this.handed[side].append(this.#pending[side].view());
    this.#finish('handover');
  }

  #deliver(direction: Direction, bytes: Uint8Array): void {
    if (this.#flow.transport === 'udp') {
      const answer = this.#feed(direction, bytes);
      if (answer === HANDOVER) {
        this.#pending[direction].append(bytes);
        this.#handOver();
      } else if (answer === DONE) this.#finish('done');
      return;
    }
    const skipped = Math.min(this.#skip[direction], bytes.length);
    this.#skip[direction] -= skipped;
    this.#passed(direction, skipped);
    if (skipped === bytes.length) return;
    const pending = this.#pending[direction];
    pending.append(bytes.subarray(skipped));
    const length = pending.length;
    const consumed = this.#feed(direction, pending.view());
    if (consumed === DONE) {
      this.#finish('done');
    } else if (consumed === HANDOVER) {
      this.#handOver();
    } else if (consumed >= length) {
      pending.drop(length);
      this.#skip[direction] = consumed - length;
    } else {
      if (consumed < 0 || !Number.isInteger(consumed)) throw new Error(`feed returned ${consumed}`);
      pending.drop(consumed);
      if (pending.length >= this.#protocol.maxPending) {
        this.#out.weirds.push(`${this.#protocol.name}_pending_limit`);
        this.#protocol.close?.(this.#state, this.#skip, this.#missed);
        this.#finish('pending_limit');
      }
    }
  }

  /** Lends the bytes between junk and spoils them afterwards. */
  #feed(direction: Direction, bytes: Uint8Array): number {
    this.given += bytes.length;
    if (this.#options.timed === true)
      return this.#protocol.feed(this.#state, direction, bytes, 0, bytes.length);
    const lent = new Uint8Array(bytes.length + 12).fill(0x0a);
    lent.set(bytes, 5);
    const consumed = this.#protocol.feed(this.#state, direction, lent, 5, 5 + bytes.length);
    lent.fill(0xee);
    return consumed;
  }
}

/** Bytes waiting for more, appended in amortised linear time. */
class PendingBytes {
  #buffer = new Uint8Array(256);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  append(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#buffer.length) {
      const larger = new Uint8Array((this.length + bytes.length) * 2);
      larger.set(this.view());
      this.#to = this.length;
      this.#from = 0;
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  replace(bytes: Uint8Array): void {
    this.drop(this.length);
    this.append(bytes);
  }

  drop(count: number): void {
    this.#from += count;
    if (this.#from === this.#to) this.#from = this.#to = 0;
  }

  view(): Uint8Array {
    return this.#buffer.subarray(this.#from, this.#to);
  }
}

function fakeContext(
  out: Omit<Played, 'verdict' | 'end' | 'given' | 'handed'>,
  clock: Clock,
  transport: 'tcp' | 'udp',
  options: PlayOptions,
  respPort: number,
): FlowContext & { giveOutJoint(): void } {
  const joint = new Map<string, { stream: StreamSchema; record: RecordOf<JointStream> }>();
  const tokenOf = (kind: string, value: Uint8Array | string): Token => {
    out.tokens.push({ kind, value: text(value) });
    return {
      kind,
      digest: createHash('sha256')
        .update(`${kind}\0${text(value)}`)
        .digest('hex')
        .slice(0, 16),
    };
  };
  return {
    protocol: '',
    uid: 'Cfake',
    transport,
    origHost: '10.0.0.1',
    origPort: options.origPort ?? 40_000,
    respHost: '10.0.0.2',
    respPort,
    expected: options.expected,
    recorded: true,
    isInternal: address => address.startsWith('10.'),
    get now() {
      return clock.now;
    },
    get frame() {
      return clock.frame;
    },
    emit(stream, record) {
      const full = { ts: clock.now, frame: clock.frame, ...(record as Record<string, Value | undefined>) };
      out.records.push({ stream: stream.name, record: checked(stream, full) });
    },
    weird(name) {
      if (!out.weirds.includes(name)) out.weirds.push(name);
    },
    token: tokenOf,
    credentials(login: Login) {
      out.logins.push({
        protocol: login.protocol,
        user: login.user === undefined ? undefined : text(login.user),
        secret: login.secret === undefined ? undefined : text(login.secret),
        secretKind: login.secretKind,
        success: login.success,
      });
    },
    phi(seen: PhiSeen) {
      const items = seen.items.map(item => ({ kind: item.kind, values: item.values.map(text) }));
      out.phi.push({ ...seen, items });
    },
    software: seen => out.software.push(seen),
    identity: seen => out.identities.push(seen),
    addService(name) {
      if (!out.services.includes(name)) out.services.push(name);
    },
    expect: expectation => out.expectations.push(expectation),
    joint<S extends JointStream>({ stream, isFull }: JointKind<S>, key: string): RecordOf<S> {
      const name = `${stream.name} ${key}`;
      let known = joint.get(name)?.record;
      if (known !== undefined && isFull(known as RecordOf<S>)) {
        out.records.push({ stream: stream.name, record: checked(stream, known) });
        known = undefined;
      }
      const record = known ?? { ts: clock.now, uids: ['Cfake'], frame: clock.frame };
      joint.set(name, { stream, record });
      return record as RecordOf<S>;
    },
    giveOutJoint() {
      for (const { stream, record } of joint.values()) {
        out.records.push({ stream: stream.name, record: checked(stream, record) });
      }
    },
  };
}

/** The record without absent fields; throws when a field or value does not fit the schema. */
function checked(stream: StreamSchema, record: Record<string, Value | undefined>): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue;
    const field: Field | undefined = stream.fields[name];
    if (!field) throw new Error(`${stream.name} has no field ${name}`);
    if (!fits(field.type, value))
      throw new Error(`${stream.name}.${name} cannot hold ${JSON.stringify(value)}`);
    result[name] = value;
  }
  return result;
}

function fits(type: FieldType, value: Value): boolean {
  switch (type) {
    case 'time':
      return typeof value === 'object' && 'sec' in value;
    case 'interval':
    case 'double':
      return typeof value === 'number' && Number.isFinite(value);
    case 'count':
    case 'port':
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case 'int':
      return Number.isSafeInteger(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'addr':
    case 'enum':
    case 'string':
      return typeof value === 'string';
    case 'token':
      return typeof value === 'object' && 'digest' in value;
    case 'set[string]':
    case 'vector[string]':
      return Array.isArray(value) && value.every(item => typeof item === 'string');
    case 'vector[interval]':
      return Array.isArray(value) && value.every(item => typeof item === 'number' && Number.isFinite(item));
    case 'set[token]':
      return Array.isArray(value) && value.every(item => typeof item === 'object' && 'digest' in item);
  }
}

/** What must not change when the same bytes arrive in other segments. */
export function outcome(played: Played): Omit<Played, 'given' | 'end'> {
  const { given, end, ...rest } = played;
  return rest;
}

/** Plays the exchange once per offset with a segment ending there, and once in one-byte segments. */
export function* everySplit(
  protocol: Protocol,
  exchange: readonly Step[],
  options: PlayOptions = {},
): Generator<{ readonly cut: number; readonly played: Played }> {
  const sent: [number, number] = [0, 0];
  for (const step of exchange) if (!('gap' in step)) sent[step[0]] += bytesOf(step[1]).length;
  for (let cut = 1; cut < Math.max(...sent); cut++) {
    yield { cut, played: play(protocol, exchange, { ...options, cuts: [cut] }) };
  }
  yield { cut: 0, played: play(protocol, exchange, { ...options, segment: 1 }) };
}

/** The exchange cut short after every count of bytes. */
export function* everyTruncation(exchange: readonly Step[]): Generator<Step[]> {
  for (const [index, step] of exchange.entries()) {
    if ('gap' in step) continue;
    const bytes = bytesOf(step[1]);
    for (let length = 0; length < bytes.length; length++) {
      yield [...exchange.slice(0, index), [step[0], bytes.subarray(0, length)]];
    }
  }
}

/** The exchange with one bit of one step inverted; `bit` is taken modulo the bits there are. */
export function flipBit(exchange: readonly Step[], bit: number): Step[] {
  const total = exchange.reduce((sum, step) => sum + ('gap' in step ? 0 : bytesOf(step[1]).length * 8), 0);
  let left = bit % Math.max(total, 1);
  return exchange.map(step => {
    if ('gap' in step) return step;
    const bytes = bytesOf(step[1]).slice();
    const here = left >= 0 && left < bytes.length * 8;
    if (here) bytes[left >> 3] = bytes[left >> 3]! ^ (1 << (left & 7));
    left -= bytes.length * 8;
    return [step[0], bytes] as const;
  });
}

/**
 * Milliseconds of processor time the fastest of several runs takes; for tests that work grows in proportion to
 * input. `expectLinear` in `decoder-laws.ts` does the whole comparison.
 */
export function cost(run: () => void, repeats = 5): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
