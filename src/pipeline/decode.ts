/**
 * The first phase: captures → frames → packets → flows → records, one pass, bounded memory. Puts the stages together;
 * knows nothing of devices, rules or reports.
 */

import { type Input, listInputs, type OpenCapture, openCapture } from '../capture/open.ts';
import { END, FRAME, type FrameReader } from '../capture/reader.ts';
import { InputError } from '../errors.ts';
import { FlowEngine } from '../flows/flow-engine.ts';
import { decodeFrame, LINK_TYPE_NAMES } from '../layers/link.ts';
import type { CaptureInfo, Coverage } from '../model/analysis.ts';
import type { FlowListener, FlowView, StreamConsumer } from '../model/flow.ts';
import { KIND, Packet, PROBLEM, PROBLEM_NAMES } from '../model/packet.ts';
import type { Moment, RecordOf, StreamSchema } from '../model/schema.ts';
import { StreamMemory } from '../model/stream-memory.ts';
import { Session } from '../protocols/session.ts';
import { ArpLog } from './arp-log.ts';
import { RecordingContext, type RecordSink } from './flow-context.ts';
import { LIMITS } from './limits.ts';
import { RecordStore } from './record-store.ts';
import { PROTOCOLS } from './streams.ts';
import { TokenTable } from './tokens.ts';

export interface DecodeOptions {
  readonly inputs: readonly string[];
  /** Streams to keep; undefined keeps all. Flows are always decoded the same. */
  readonly streams: ReadonlySet<string> | undefined;
  /** Compute the SHA-256 of every input. */
  readonly hashed: boolean;
  readonly reveal: boolean;
  readonly site: string;
  readonly isInternal: (address: string) => boolean;
  /** Live flows; default `LIMITS.flows`. */
  readonly maxFlows?: number | undefined;
  /** Bytes of records in memory; default `LIMITS.recordMemory`. */
  readonly recordMemory?: number | undefined;
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Decoded {
  readonly store: RecordStore;
  readonly tokens: TokenTable;
  readonly captures: readonly CaptureInfo[];
  readonly coverage: Coverage;
  /** Inputs that could not be read, or not to their end. */
  readonly problems: readonly InputError[];
  readonly interrupted: boolean;
}

/** Streams whose records need no decoder beyond recognition. */
const WITHOUT_DECODERS = new Set(['conn', 'arp']);

/** Decodes all inputs, in order, as one analysis. Rejects only on defects and on a full disk. */
export async function decode(options: DecodeOptions): Promise<Decoded> {
  const run = new Run(options);
  const { inputs, problems } = await listInputs(options.inputs);
  for (const problem of problems) run.unread(problem.file, problem);
  const sizes = inputs.map(input => input.size);
  const total = sizes.every(size => size !== undefined)
    ? sizes.reduce((sum, size) => sum + (size ?? 0), 0)
    : undefined;
  for (const input of inputs) {
    if (options.signal?.aborted) break;
    await run.read(input, total);
  }
  return run.finish();
}

class Run implements FlowListener, RecordSink {
  readonly problems: InputError[] = [];
  readonly #options: DecodeOptions;
  readonly #store: RecordStore;
  readonly #tokens: TokenTable;
  readonly #engine: FlowEngine;
  readonly #arp: ArpLog;
  readonly #memory = new StreamMemory(LIMITS.streamMemory);
  readonly #packet = new Packet();
  readonly #captures: CaptureInfo[] = [];
  readonly #names: string[] = [];
  readonly #failures = new Map<string, number>();
  readonly #undecoded = new Map<string, number>();
  readonly #etherTypes = new Map<number, number>();
  readonly #linkTypes = new Map<number, number>();
  readonly #problemCounts = new Float64Array(PROBLEM_NAMES.length);
  readonly #recogniseOnly: boolean;
  #frames = 0;
  #bytes = 0;
  #decoded = 0;
  #snapped = 0;
  #fragments = 0;
  #bytesBefore = 0;

  constructor(options: DecodeOptions) {
    this.#options = options;
    this.#store = new RecordStore(options.recordMemory);
    this.#tokens = new TokenTable(options.reveal);
    this.#engine = new FlowEngine(this, {
      maxFlows: options.maxFlows ?? LIMITS.flows,
      site: options.site,
      memory: this.#memory,
    });
    this.#arp = new ArpLog(this);
    const kept = options.streams;
    this.#recogniseOnly = kept !== undefined && [...kept].every(name => WITHOUT_DECODERS.has(name));
  }

  // ── what the flow layer asks for ──────────────────────────────────────────────────────────────────────────────

  start(flow: FlowView): StreamConsumer {
    return new Session(flow, new RecordingContext(flow, this, this.#tokens), {
      protocols: PROTOCOLS,
      recogniseOnly: this.#recogniseOnly,
      memory: this.#memory,
      onFailure: this.#onFailure,
    });
  }

  emit<S extends StreamSchema>(stream: S, record: RecordOf<S>, shard: number): void {
    const kept = this.#options.streams;
    if (kept === undefined || kept.has(stream.name)) this.#store.append(stream, record, shard);
  }

  isInternal(address: string): boolean {
    return this.#options.isInternal(address);
  }

  captureName(index: number): string {
    return this.#names[index] ?? '';
  }

  readonly #onFailure = (protocol: string, error: unknown): void => {
    // In tests a throwing decoder is fatal: it is a defect, whatever the input.
    if (process.env['MEDTAP_STRICT_DECODERS'] === '1') throw error;
    add(this.#failures, protocol, 1);
  };

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────

  async read(input: Input, total: number | undefined): Promise<void> {
    let capture: OpenCapture;
    try {
      capture = await openCapture(input, this.#options.hashed);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.unread(input.name, error);
      return;
    }
    const index = this.#names.push(input.name) - 1;
    const facts = new CaptureFacts();
    try {
      await this.#readFrames(capture, index, facts, total);
      if (this.#options.hashed && facts.ioError === undefined && !this.#options.signal?.aborted) {
        await readOn(() => capture.buffer.drain(), facts);
      }
    } finally {
      await capture.buffer.close();
    }
    this.#bytesBefore += capture.buffer.read;
    this.#captures.push(this.#describe(capture, facts));
    for (const [reason, count] of capture.reader.skipped) add(this.#undecoded, reason, count);
  }

  /** An input of which nothing could be read. */
  unread(name: string, problem: InputError): void {
    this.problems.push(problem);
    this.#captures.push(unreadable(name, problem));
  }

  async #readFrames(
    { reader, buffer }: OpenCapture,
    index: number,
    facts: CaptureFacts,
    total: number | undefined,
  ): Promise<void> {
    const packet = this.#packet;
    const { frame } = packet;
    const { onProgress, signal } = this.#options;
    frame.capture = index;
    for (;;) {
      const result = reader.next(frame);
      if (result === FRAME) {
        facts.note(frame.sec, frame.nsec, frame.linkType);
        this.#take(packet);
      } else if (result === END) {
        return;
      } else {
        if (!(await readOn(() => reader.fill(), facts))) return;
        onProgress?.(this.#bytesBefore + buffer.read, total);
        if (signal?.aborted) return;
      }
    }
  }

  #take(packet: Packet): void {
    const { frame } = packet;
    this.#frames++;
    this.#bytes += frame.length;
    if (frame.captured < frame.length) this.#snapped++;
    decodeFrame(packet);
    if (packet.problem !== PROBLEM.none) this.#noteProblem(packet);
    if (packet.kind === KIND.none) return;
    this.#decoded++;
    if (packet.moreFragments) this.#fragments++;
    if (packet.kind === KIND.arp) this.#arp.observe(packet);
    else this.#engine.process(packet);
  }

  #noteProblem(packet: Packet): void {
    const { problem } = packet;
    if (problem === PROBLEM.fragment) this.#fragments++;
    if (problem === PROBLEM.ethertype) add(this.#etherTypes, packet.problemNumber, 1);
    else if (problem === PROBLEM.linkType) add(this.#linkTypes, packet.problemNumber, 1);
    else this.#problemCounts[problem]! += 1;
  }

  #describe({ name, reader, buffer }: OpenCapture, facts: CaptureFacts): CaptureInfo {
    const { damage } = reader;
    const unseen = this.#unseenFrames(name, reader, facts);
    const message = facts.ioError ?? damage?.message ?? unseen.message;
    const offset = damage?.offset ?? (facts.ioError === undefined ? null : buffer.read);
    if (message !== null && message !== unseen.message) {
      this.problems.push(new InputError(name, message, offset ?? undefined));
    }
    let status: CaptureInfo['status'] = facts.ioError === undefined ? (damage?.kind ?? 'ok') : 'truncated';
    if (status === 'ok' && unseen.frames > 0) status = unseen.all ? 'undecoded' : 'partial';
    return {
      name,
      format: reader.format,
      sha256: buffer.finished ? buffer.digest() : null,
      bytes: buffer.read,
      frames: facts.frames,
      first: facts.first,
      last: facts.last,
      link_types: [...facts.linkTypes.keys()].map(type => LINK_TYPE_NAMES.get(type) ?? `${type}`).sort(),
      status,
      problem: message,
      offset,
    };
  }

  /**
   * Frames that nothing can be made of are problems of their capture, since what they show stays unseen: packets of
   * interfaces that were not described, and link types that are not decoded. The first problem is the capture's.
   */
  #unseenFrames(name: string, reader: FrameReader, facts: CaptureFacts) {
    const problems: string[] = [];
    const undescribed = reader.skipped.get('missing_interface') ?? 0;
    let frames = undescribed;
    if (undescribed > 0)
      problems.push(`packets of interfaces that the file does not describe: ${undescribed}`);
    for (const [type, { frames: count, first }] of facts.linkTypes) {
      if (LINK_TYPE_NAMES.has(type)) continue;
      const share = count === facts.frames ? 'all of its' : `${count} of ${facts.frames}`;
      problems.push(`link type ${type} cannot be decoded: ${share} frames, from frame ${first} on`);
      frames += count;
    }
    for (const problem of problems) this.problems.push(new InputError(name, problem));
    return { frames, all: frames === facts.frames + undescribed, message: problems[0] ?? null };
  }

  finish(): Decoded {
    this.#engine.finish();
    this.#problemCounts.forEach((count, problem) => {
      if (count > 0) add(this.#undecoded, PROBLEM_NAMES[problem]!, count);
    });
    for (const [type, count] of this.#etherTypes) {
      add(
        this.#undecoded,
        `${PROBLEM_NAMES[PROBLEM.ethertype]}:0x${type.toString(16).padStart(4, '0')}`,
        count,
      );
    }
    for (const [type, count] of this.#linkTypes) {
      add(this.#undecoded, `${PROBLEM_NAMES[PROBLEM.linkType]}:${type}`, count);
    }
    const limits = new Map<string, number>();
    if (this.#engine.evicted > 0) limits.set('flows', this.#engine.evicted);
    if (this.#memory.refused > 0) limits.set('stream_memory', this.#memory.refused);
    if (this.#tokens.overflow > 0) limits.set('protected_values', this.#tokens.overflow);
    const store = this.#store;
    const coverage: Coverage = {
      frames: this.#frames,
      bytes: this.#bytes,
      decoded: this.#decoded,
      undecoded: sorted(this.#undecoded),
      snapped: this.#snapped,
      fragments: this.#fragments,
      flows: this.#engine.flows,
      records: sorted(new Map(store.names.map(name => [name, store.count(name)]))),
      missed_bytes: this.#engine.missedBytes,
      limits: sorted(limits),
      decoder_failures: sorted(this.#failures),
    };
    return {
      store,
      tokens: this.#tokens,
      captures: this.#captures,
      coverage,
      problems: this.problems,
      interrupted: this.#options.signal?.aborted ?? false,
    };
  }
}

/** What is remembered of one capture while it is read. */
class CaptureFacts {
  frames = 0;
  ioError: string | undefined;
  /** Frames per link type, and the number of the first. */
  readonly linkTypes = new Map<number, { frames: number; readonly first: number }>();
  #firstSec = Number.POSITIVE_INFINITY;
  #firstNsec = 0;
  #lastSec = Number.NEGATIVE_INFINITY;
  #lastNsec = 0;
  #linkType = -1;
  #counted = { frames: 0, first: 0 };

  note(sec: number, nsec: number, linkType: number): void {
    this.frames++;
    if (linkType !== this.#linkType) {
      this.#linkType = linkType;
      this.#counted = this.linkTypes.get(linkType) ?? { frames: 0, first: this.frames };
      this.linkTypes.set(linkType, this.#counted);
    }
    this.#counted.frames++;
    if (sec < this.#firstSec || (sec === this.#firstSec && nsec < this.#firstNsec)) {
      this.#firstSec = sec;
      this.#firstNsec = nsec;
    }
    if (sec > this.#lastSec || (sec === this.#lastSec && nsec > this.#lastNsec)) {
      this.#lastSec = sec;
      this.#lastNsec = nsec;
    }
  }

  get first(): Moment | null {
    return this.frames === 0 ? null : { sec: this.#firstSec, nsec: this.#firstNsec };
  }

  get last(): Moment | null {
    return this.frames === 0 ? null : { sec: this.#lastSec, nsec: this.#lastNsec };
  }
}

/** Reads on. What the operating system reports instead ends the capture, not the run. */
async function readOn(read: () => Promise<void>, facts: CaptureFacts): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    facts.ioError = (error as Error).message;
    return false;
  }
}

function unreadable(name: string, error: InputError): CaptureInfo {
  return {
    name,
    format: 'unknown',
    sha256: null,
    bytes: 0,
    frames: 0,
    first: null,
    last: null,
    link_types: [],
    status: 'unreadable',
    problem: error.message,
    offset: error.offset ?? null,
  };
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
