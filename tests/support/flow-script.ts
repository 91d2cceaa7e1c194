/**
 * Scripted packets through the real layers and the real flow engine. A script says who sends what; sequence and
 * acknowledgement numbers follow from it unless they are given:
 *
 *     new Script().orig('S').resp('SA').orig('A').orig('PA', { data: 'hello' }).wait(5).resp('R').run().conns
 */
import { FlowEngine } from '../../src/flows/flow-engine.ts';
import { decodeFrame } from '../../src/layers/link.ts';
import type { FlowListener, FlowView, StreamConsumer } from '../../src/model/flow.ts';
import { KIND, Packet } from '../../src/model/packet.ts';
import type { RecordOf, StreamSchema } from '../../src/model/schema.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import type { conn } from '../../src/model/streams.ts';
import { TunnelTable } from '../../src/model/tunnels.ts';
import { LINK } from './captures.ts';
import { type Bytes, ethernet, HOST_A, HOST_B, ipv4, MAC_A, MAC_B, tcp, toBytes } from './frames.ts';

export type Conn = RecordOf<typeof conn>;

/** What a stream consumer was told, in order. */
export type Told =
  | { readonly data: string; readonly from: 0 | 1; readonly frame: number }
  | { readonly gap: number; readonly from: 0 | 1 }
  | { readonly end: true };

export interface Outcome {
  readonly conns: Conn[];
  /** Per flow that carried payload, in the order they began to. */
  readonly told: Told[][];
  readonly views: FlowView[];
  readonly engine: FlowEngine;
}

export interface RunOptions {
  readonly maxFlows?: number;
  readonly site?: string;
  readonly memory?: StreamMemory;
  /** Who takes the bytes of a flow; default: a consumer that records everything. */
  readonly consume?: (flow: FlowView, told: Told[]) => StreamConsumer | null;
}

/** A consumer that writes down what it is told. `data` is latin-1 text. */
export function recorder(flow: FlowView, told: Told[]): StreamConsumer {
  return {
    data(direction, bytes, from, to) {
      told.push({
        data: Buffer.from(bytes.subarray(from, to)).toString('latin1'),
        from: direction,
        frame: flow.frame,
      });
      return true;
    },
    gap(direction, length) {
      told.push({ gap: length, from: direction });
      return true;
    },
    end() {
      told.push({ end: true });
    },
  };
}

/** A frame at a time of capture. */
export interface Timed {
  readonly frame: Uint8Array;
  readonly sec: number;
  readonly nsec: number;
  /** Length on the wire, when the capture cut it. */
  readonly original?: number;
}

/** Feeds the engine packet by packet; `finish` ends the input. */
export class EngineRun {
  readonly conns: Conn[] = [];
  readonly told: Told[][] = [];
  readonly views: FlowView[] = [];
  readonly engine: FlowEngine;
  readonly #packet = new Packet();
  #number = 0;

  constructor(options: RunOptions = {}) {
    const consume = options.consume ?? recorder;
    const listener: FlowListener = {
      isAnnounced: () => false,
      start: flow => {
        const told: Told[] = [];
        this.told.push(told);
        this.views.push(flow);
        return consume(flow, told);
      },
      emit: <S extends StreamSchema>(_: S, record: RecordOf<S>) => {
        this.conns.push(record as Conn);
      },
      momentary: () => {},
      isInternal: address => address.startsWith('10.'),
      captureName: index => `capture-${index}`,
    };
    this.engine = new FlowEngine(listener, {
      maxFlows: options.maxFlows ?? 1 << 16,
      site: options.site ?? '',
      memory: options.memory ?? new StreamMemory(1 << 26),
      tunnels: new TunnelTable(),
    });
  }

  process({ frame: bytes, sec, nsec, original }: Timed, linkType: number = LINK.ethernet): void {
    const { frame } = this.#packet;
    Object.assign(frame, {
      bytes,
      at: 0,
      captured: bytes.length,
      length: original ?? bytes.length,
      sec,
      nsec,
      linkType,
    });
    frame.number = ++this.#number;
    decodeFrame(this.#packet);
    if (this.#packet.kind === KIND.none) throw new Error(`frame ${this.#number} was not decoded`);
    this.engine.process(this.#packet);
  }

  finish(): Outcome {
    this.engine.finish();
    return this;
  }
}

export interface Segment {
  readonly data?: Bytes;
  /** Sequence number relative to the side's first; default: after what it sent so far. */
  readonly at?: number;
  /** Relative acknowledgement; default: everything the other side sent so far. */
  readonly ack?: number;
  readonly window?: number;
  /** Bytes of the frame that were captured. */
  readonly captured?: number;
}

export interface ScriptOptions {
  readonly origPort?: number;
  readonly respPort?: number;
  /** First sequence numbers. */
  readonly origSeq?: number;
  readonly respSeq?: number;
  readonly sec?: number;
}

/** One TCP conversation between two hosts. */
export class Script {
  readonly packets: Timed[] = [];
  readonly #ports: readonly [number, number];
  readonly #first: readonly [number, number];
  /** Next sequence number of each side, relative to its first. */
  readonly #next: [number, number] = [0, 0];
  #nanos: bigint;

  constructor(options: ScriptOptions = {}) {
    this.#ports = [options.origPort ?? 40_000, options.respPort ?? 9_999];
    this.#first = [options.origSeq ?? 1000, options.respSeq ?? 5000];
    this.#nanos = BigInt(options.sec ?? 1_700_000_000) * 1_000_000_000n;
  }

  orig(flags: string, segment: Segment = {}): this {
    return this.#send(0, flags, segment);
  }

  resp(flags: string, segment: Segment = {}): this {
    return this.#send(1, flags, segment);
  }

  /** The handshake. */
  open(): this {
    return this.orig('S').resp('SA').orig('A');
  }

  /** Both sides finish in order. */
  close(): this {
    return this.orig('FA').resp('FA').orig('A');
  }

  wait(seconds: number): this {
    this.#nanos += BigInt(Math.round(seconds * 1e9));
    return this;
  }

  /** Leaves the last packet out of the capture; numbers go on as if it had been sent. */
  lost(): this {
    this.packets.pop();
    return this;
  }

  /** Plays the packets alone. */
  run(options: RunOptions = {}): Outcome {
    return play(this.packets, options);
  }

  #send(side: 0 | 1, flags: string, { data = [], at, ack, window, captured }: Segment): this {
    const body = toBytes(data);
    const seq = at ?? this.#next[side];
    const span = body.length + (flags.includes('S') ? 1 : 0) + (flags.includes('F') ? 1 : 0);
    if (at === undefined && !flags.includes('R')) this.#next[side] += span;
    const peer = side === 0 ? 1 : 0;
    const segment = tcp(
      {
        src: this.#ports[side],
        dst: this.#ports[peer],
        seq: (this.#first[side] + seq) >>> 0,
        ack: flags.includes('A') ? (this.#first[peer] + (ack ?? this.#next[peer])) >>> 0 : 0,
        flags,
        ...(window === undefined ? {} : { window }),
      },
      body,
    );
    const [src, dst] = side === 0 ? [HOST_A, HOST_B] : [HOST_B, HOST_A];
    const [from, to] = side === 0 ? [MAC_A, MAC_B] : [MAC_B, MAC_A];
    const whole = ethernet({ src: from, dst: to }, ipv4({ src, dst }, segment));
    this.packets.push({
      frame: whole.subarray(0, captured ?? whole.length),
      original: whole.length,
      sec: Number(this.#nanos / 1_000_000_000n),
      nsec: Number(this.#nanos % 1_000_000_000n),
    });
    this.#nanos += 1_000_000n; // a millisecond between packets
    return this;
  }
}

/** Plays frames through one engine and ends the input. */
export function play(packets: readonly Timed[], options: RunOptions = {}): Outcome {
  const run = new EngineRun(options);
  for (const packet of packets) run.process(packet);
  return run.finish();
}

/** Bytes one side delivered, as text; gaps as `[n]`. */
export function deliveredText(told: readonly Told[], from: 0 | 1): string {
  return told
    .filter(item => 'from' in item && item.from === from)
    .map(item => ('data' in item ? item.data : 'gap' in item ? `[${item.gap}]` : ''))
    .join('');
}
