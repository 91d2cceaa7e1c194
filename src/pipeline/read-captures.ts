/**
 * Reads all captures of a run as one, in time order, and hands over one frame after the other. What could not be read
 * is a problem of its capture, never the end of the run. Knows nothing of what is done with a frame.
 */
import type { MeteredSource } from '../capture/byte-source.ts';
import { FrameWindow } from '../capture/frame-window.ts';
import { type Input, listInputs } from '../capture/inputs.ts';
import { type Lane, MAX_OPEN, Mark, nextTurn } from '../capture/merge.ts';
import { type OpenCapture, type OpenInput, type Opening, openInput } from '../capture/open.ts';
import { InputError } from '../errors.ts';
import type { CaptureInfo } from '../model/analysis.ts';
import { compareMoments } from '../model/moment.ts';
import { Packet } from '../model/packet.ts';
import type { Moment } from '../model/schema.ts';
import { CaptureFacts, describeCapture, unreadable } from './capture-facts.ts';
import { joinParts } from './capture-parts.ts';
import { type ClockOffsets, offsetsFor } from './clock-offsets.ts';
import { FileDigests } from './file-digests.ts';
import { markSameFiles } from './same-file.ts';

/** Takes frames, one at a time. `packet.frame` is valid until the call returns; the rest of the packet is free to use. */
export interface FrameSink {
  take(packet: Packet): void;
  /** How many frames of a capture, by its index, were copies of others. */
  duplicatesOf(capture: number): number;
  /** Whether anything could be made of a frame of a capture. */
  hasDecoded(capture: number): boolean;
}

export interface ReadingOptions {
  /** Compute the SHA-256 of every input. */
  readonly hashed: boolean;
  /** Seconds to add to the times of an input, by the name it was given. */
  readonly clockOffsets?: ClockOffsets | undefined;
  /** Files whose interfaces (by index) are read side by side and merged: an earlier reading found them to overlap. */
  readonly apart?: ReadonlyMap<string, readonly number[]> | undefined;
  /** Frames before this moment, and from this moment on, are counted and not handed over. */
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
  /** How many times as large as its compressed form an input may be. */
  readonly maxRatio?: number | undefined;
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes read of a capture whose first frame is looked for. */
const PROBE_CHUNK = 64 << 10;
/** Interfaces of a compressed file that are read side by side: it is decompressed once for each. */
const MAX_UNPACKED = 8;
const EARLIEST: Moment = { sec: Number.NEGATIVE_INFINITY, nsec: 0 };
const LATEST: Moment = { sec: Number.POSITIVE_INFINITY, nsec: 0 };

/** An input whose time has not come. */
interface Waiting {
  readonly input: Input;
  readonly position: number;
  /** Time of its first frame. */
  readonly first: Moment;
}

/** An input being read. */
interface Reading extends Lane {
  readonly input: Input;
  readonly opened: OpenInput;
  capture: OpenCapture;
  window: FrameWindow;
  facts: CaptureFacts;
  index: number;
}

/** The reading of one run. */
export class CaptureReading {
  /** Accounts of the inputs, in the order in which they were read. */
  captures: CaptureInfo[] = [];
  /** Inputs that could not be read, or not to their end. */
  readonly problems: InputError[] = [];
  /** Frames that no reader could use, by reason. */
  readonly skipped = new Map<string, number>();
  /** Files whose interfaces or sections overlap in time and can be read side by side, with the interfaces that have frames. */
  readonly overlapping = new Map<string, readonly number[]>();
  /** Limits that were hit, with how often. */
  readonly limits = new Map<string, number>();
  readonly #options: ReadingOptions;
  readonly #sink: FrameSink;
  readonly #packet = new Packet();
  readonly #names: string[] = [];
  readonly #digests: FileDigests;
  readonly #until = new Mark();
  /** Files of which one interface was read to its end: what the file says of itself is told once. */
  readonly #parts = new Set<string>();
  #offsets: (name: string) => CaptureFacts['offset'] = () => undefined;
  #waiting: Waiting[] = [];
  #lanes: Reading[] = [];
  #bytesBefore = 0;
  #total: number | undefined;

  constructor(options: ReadingOptions, sink: FrameSink) {
    this.#options = options;
    this.#sink = sink;
    this.#digests = new FileDigests(options.hashed);
  }

  /**
   * Reads files, directories, or `-` for standard input. Rejects on defects only.
   * @throws UserError when a clock offset names no input
   */
  async readAll(names: readonly string[]): Promise<void> {
    const { inputs: listed, problems } = await listInputs(names);
    const inputs = listed.flatMap(input => this.#apart(input));
    this.#offsets = offsetsFor(this.#options.clockOffsets, names, inputs);
    for (const problem of problems) this.#unread(problem.file, problem);
    const sizes = inputs.map(input => input.size);
    this.#total = sizes.every(size => size !== undefined)
      ? sizes.reduce((sum, size) => sum + (size ?? 0), 0)
      : undefined;
    this.#waiting = await this.#inCaptureOrder(inputs);
    try {
      await this.#merge();
    } finally {
      for (const lane of this.#lanes) await lane.opened.close();
    }
    const parts = await this.#digests.fill(this.captures, this.#options.signal);
    this.captures = markSameFiles(joinParts(parts));
  }

  /** The interfaces of a file as inputs of their own, when they are to be merged. */
  #apart(input: Input): readonly Input[] {
    return this.#options.apart?.get(input.name)?.map(only => ({ ...input, only })) ?? [input];
  }

  #opening(): Opening {
    const { hashed, maxRatio, signal } = this.#options;
    return { hashed, maxRatio, signal };
  }

  /** Name of the capture that frames call by this index. */
  captureName(index: number): string {
    return this.#names[index] ?? '';
  }

  /** Inputs by the time of their first frame. A pipe can be read only once, so it is not asked and comes first. */
  async #inCaptureOrder(inputs: readonly Input[]): Promise<Waiting[]> {
    const waiting: Waiting[] = [];
    for (const [position, input] of inputs.entries()) {
      if (this.#options.signal?.aborted) return [];
      const asked = inputs.length > 1 && input.size !== undefined;
      waiting.push({ input, position, first: asked ? await this.#firstMoment(input) : EARLIEST });
    }
    return waiting.sort((a, b) => compareMoments(a.first, b.first) || a.position - b.position);
  }

  /** Time of the first frame; what has none comes last. */
  async #firstMoment(input: Input): Promise<Moment> {
    let opened: OpenInput | undefined;
    try {
      opened = await openInput(input, { ...this.#opening(), hashed: false, chunk: PROBE_CHUNK });
      const capture = await opened.next();
      if (capture === undefined || capture instanceof InputError) return LATEST;
      const window = new FrameWindow(capture.reader, capture.buffer, this.#offsets(input.name));
      return (await window.more()) ? { sec: window.sec, nsec: window.nsec } : LATEST;
    } catch (error) {
      if (error instanceof InputError) return LATEST;
      throw error;
    } finally {
      await opened?.close();
    }
  }

  async #merge(): Promise<void> {
    const until = this.#until;
    for (;;) {
      if (this.#options.signal?.aborted) await this.#interrupt();
      const lane = nextTurn(this.#lanes, until);
      const waiting = this.#waiting[0];
      if (waiting !== undefined && (lane === undefined || !comesBefore(lane, waiting))) {
        if (this.#lanes.length < MAX_OPEN) {
          this.#waiting.shift();
          await this.#open(waiting);
          continue;
        }
        this.#hit('open_captures');
      } else if (waiting !== undefined) {
        const { first, position } = waiting;
        if (compareMoments(first, until) < 0) until.set(first.sec, first.nsec, position);
      }
      if (lane === undefined) return;
      await this.#read(lane);
    }
  }

  /** Opens nothing more and leaves what could be read on; what was cut is at its end, and its last frames are handed over. */
  async #interrupt(): Promise<void> {
    this.#waiting = [];
    const left = this.#lanes.filter(({ capture }) => !capture.file.cut);
    this.#lanes = this.#lanes.filter(({ capture }) => capture.file.cut);
    for (const lane of left) {
      await this.#finish(lane);
      await this.#close(lane);
    }
  }

  /** Opens an input, and its first capture that can be read. */
  async #open({ input, position }: Waiting): Promise<void> {
    let opened: OpenInput;
    try {
      opened = await openInput(input, this.#opening());
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#unread(input.name, error);
      return;
    }
    const started = await this.#start(input, opened);
    if (started === undefined) await opened.close();
    else this.#lanes.push({ input, opened, position, ...started });
  }

  /** The next capture of an input that has a frame; those without are told of. Undefined when there is none. */
  async #start(input: Input, opened: OpenInput) {
    for (;;) {
      const capture = await opened.next();
      if (capture === undefined) return undefined;
      if (capture instanceof InputError) {
        this.#unread(capture.file, capture);
        continue;
      }
      const index = this.#names.push(capture.name) - 1;
      const facts = new CaptureFacts(this.#offsets(input.name));
      const window = new FrameWindow(capture.reader, capture.buffer, facts.offset);
      if (await window.more()) return { capture, index, facts, window };
      await this.#finish({ input, capture, facts, window, index });
    }
  }

  /** Hands over the frames of a lane until it is another's turn or the lane has ended. */
  async #read(lane: Reading): Promise<void> {
    const packet = this.#packet;
    const { frame } = packet;
    const sink = this.#sink;
    const until = this.#until;
    const { onProgress, signal, since = EARLIEST, until: end = LATEST } = this.#options;
    const { window, facts } = lane;
    const alone = until.sec === Number.POSITIVE_INFINITY;
    frame.capture = lane.index;
    for (;;) {
      while (window.ready && (alone || until.after(lane))) {
        window.take(frame);
        const { sec, nsec } = frame;
        const within =
          (sec > since.sec || (sec === since.sec && nsec >= since.nsec)) &&
          (sec < end.sec || (sec === end.sec && nsec < end.nsec));
        facts.note(frame, within);
        if (within) sink.take(packet);
      }
      if (window.ready) return;
      if (!(await window.more())) break;
      onProgress?.(this.#bytesRead(), this.#total);
      if (signal?.aborted && !lane.capture.file.cut) break;
    }
    await this.#finish(lane);
    const next = signal?.aborted ? undefined : await this.#start(lane.input, lane.opened);
    if (next !== undefined) {
      Object.assign(lane, next);
      return;
    }
    this.#lanes = this.#lanes.filter(other => other !== lane);
    await this.#close(lane);
  }

  #bytesRead(): number {
    return this.#lanes.reduce((sum, { capture }) => sum + capture.file.count, this.#bytesBefore);
  }

  /** Gives the account of a capture that was read. */
  async #finish({ input, capture, facts, window, index }: Omit<Reading, 'opened' | 'position'>) {
    const { reader, buffer, file } = capture;
    if (!capture.member) await this.#drain(file, window);
    const { info, problems, limit } = describeCapture(capture, facts, window, {
      duplicates: this.#sink.duplicatesOf(index),
      // Of an interface that is read by itself, the others may have what can be decoded.
      decoded: input.only !== undefined || this.#sink.hasDecoded(index),
    });
    this.captures.push(info);
    // What is on disk can be read again, an interface at a time; a pipe or a stream of several captures cannot.
    if (window.clock.crossed > 0 && input.size !== undefined && !capture.member) {
      const busy = [...reader.interfaces.keys()].filter(i => reader.interfaces[i]!.frames > 0);
      const most = capture.layers.length === 0 ? MAX_OPEN : MAX_UNPACKED;
      if (busy.length <= most) this.overlapping.set(input.name, busy);
    }
    this.#digests.note(info, input, file);
    const partAgain = input.only !== undefined && this.#parts.has(input.name);
    if (input.only !== undefined) this.#parts.add(input.name);
    const told = new Set(partAgain ? this.problems.map(({ message }) => message) : []);
    this.problems.push(...problems.filter(({ message }) => !told.has(message)));
    if (!partAgain) this.#note(limit, reader.skipped);
    buffer.release();
  }

  #note(limit: string | undefined, skipped: ReadonlyMap<string, number>): void {
    if (limit !== undefined) this.#hit(limit);
    for (const [reason, count] of skipped) this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count);
  }

  /** Reads what damage left unread, so that the digest is that of the whole file. */
  async #drain(file: MeteredSource, window: FrameWindow): Promise<void> {
    if (!this.#options.hashed || window.ioError !== undefined || this.#options.signal?.aborted) return;
    try {
      await file.drain();
    } catch (error) {
      window.ioError = (error as Error).message;
    }
  }

  async #close({ capture, opened, window }: Reading): Promise<void> {
    await this.#drain(capture.file, window);
    this.#bytesBefore += capture.file.count;
    await opened.close();
    this.#options.onProgress?.(this.#bytesRead(), this.#total);
  }

  /** An input of which nothing could be read. */
  #unread(name: string, problem: InputError): void {
    this.problems.push(problem);
    this.captures.push(unreadable(name, problem));
    if (problem.limit !== undefined) this.#hit(problem.limit);
  }

  #hit(limit: string): void {
    this.limits.set(limit, (this.limits.get(limit) ?? 0) + 1);
  }
}

/** Whether the lane's next frame is before the first of an input that waits. */
function comesBefore({ window, position }: Reading, { first, position: other }: Waiting): boolean {
  const difference = compareMoments(window, first);
  return difference === 0 ? position < other : difference < 0;
}
