/**
 * Messages of HL7 version 2 in the bytes of one direction: MLLP frames (0B … 1C 0D, HL7 transport specification MLLP
 * release 1) and messages without frames, as some senders write them, several of either, in pieces of any size; batches
 * (FHS, BHS). Each message that is over is emitted. What a message says is in `message.ts`.
 *
 * It serves streams (`decoder.ts`) and whatever else carries messages (a body of HTTP or mail, a payload of MQTT or syslog):
 *
 *     const reader = new Hl7Reader(flow, { direction, carried: true });
 *     reader.feed(bytes, from, to);     // as often as there is more; takes everything
 *     reader.miss();                    // bytes are missing here
 *     reader.end(complete);             // the payload is over; whether all of it was seen
 *
 * Segments end with CR; with LF where the header ended with a bare LF. Bytes are looked at once and in place: only a
 * segment that comes in pieces is put together, and only when it is read. After missing bytes it starts again at the next 0B
 * or header. Limits: the constants below.
 */
import type { Direction, FlowContext } from '../../../model/protocol.ts';
import { ORIG } from '../../../model/protocol.ts';
import type { Moment } from '../../../model/schema.ts';
import { type Assembly, append, clear, newAssembly } from '../assembly.ts';
import { Fields } from '../delimited.ts';
import type { Answers } from './answers.ts';
import { HEADERS, mayBegin, probeHeader, START_BLOCK } from './header.ts';
import { emitMessage, isRead, type Message, openMessage, readSegment } from './message.ts';
import { NAME_BYTES, segmentName } from './segment.ts';

/** Beyond this a message is reported as it is and its rest passed over: documents inside may be large. */
const MAX_MESSAGE = 16 * 1024 * 1024;
/** Bytes kept of one segment that comes in pieces. */
const MAX_SEGMENT = 64 * 1024;
/** Bytes of a header that say whether it is one. */
const MAX_HELD = 16;

const END_BLOCK = 0x1c;
const CR = 0x0d;
const LF = 0x0a;
const LETTER_Z = 0x5a;
const NOTHING = new Uint8Array(0);

export interface ReaderOptions {
  readonly direction: Direction;
  /** Another protocol carries the messages: what stands around them is no anomaly. */
  readonly carried?: boolean | undefined;
  /** Pairs acknowledgements with the messages of the other direction. */
  readonly answers?: Answers | undefined;
}

/** Reads the messages of one direction. */
export class Hl7Reader {
  readonly #flow: FlowContext;
  readonly #direction: Direction;
  readonly #carried: boolean;
  readonly #answers: Answers | undefined;
  /**
   * `outside` between messages; `inside` a frame or an unframed message; `ended` right after an end block; `skip` in a
   * frame nothing more is wanted of.
   */
  #phase: 'outside' | 'inside' | 'ended' | 'skip' = 'outside';
  /** Bytes between messages are no anomaly: none has been seen yet, or bytes are missing. */
  #unsettled = true;
  #framed = false;
  #batch = false;
  #message: Message | undefined;
  /** Whether LF ends segments; undefined until the end of the header has shown it. */
  #lineFeeds: boolean | undefined;
  /** What came of a segment that is not whole yet: all of its name, more of it only when it is read. */
  readonly #segment: Assembly = newAssembly(MAX_SEGMENT);
  #segmentLength = 0;
  /** Its name when it is one of those that matter; empty for others and while it is not complete. */
  #name = '';
  #kept = true;
  #segmentTs: Moment;
  #segmentFrame: number;
  readonly #fields = new Fields();
  /** The first bytes of what may be a header. */
  #held: Uint8Array = NOTHING;

  constructor(flow: FlowContext, { direction, carried = false, answers }: ReaderOptions) {
    this.#flow = flow;
    this.#direction = direction;
    this.#carried = carried;
    this.#answers = answers;
    this.#segmentTs = flow.now;
    this.#segmentFrame = flow.frame;
  }

  /** Takes the next bytes, all of them. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    if (this.#held.length > 0 && at < to) {
      const held = this.#held;
      const more = Math.min(to - at, MAX_HELD);
      const joined = new Uint8Array(held.length + more);
      joined.set(held);
      joined.set(bytes.subarray(at, at + more), held.length);
      this.#held = NOTHING;
      const taken = this.#take(joined, 0, joined.length);
      if (taken < held.length) {
        // Still no telling, and no more bytes than these.
        this.#held = joined.slice(taken);
        at += more;
      } else at += taken - held.length;
    }
    if (at >= to) return;
    const taken = this.#take(bytes, at, to);
    if (taken < to) this.#held = bytes.slice(taken, to);
  }

  /** Bytes are missing here. */
  miss(): void {
    this.#held = NOTHING;
    if (this.#phase === 'inside') {
      this.#endPieces(false);
      this.#endMessage();
    }
    this.#phase = 'outside';
    this.#unsettled = true;
  }

  /** Nothing more comes. @param complete all bytes there were have been fed */
  end(complete: boolean): void {
    this.#held = NOTHING;
    if (this.#phase !== 'inside') return;
    // Without frames the end of the bytes is the only end the last segment has.
    this.#endPieces(complete && !this.#framed);
    if (this.#framed && this.#message !== undefined) this.#flow.weird('hl7_missing_end_block');
    this.#endMessage();
    this.#phase = 'outside';
  }

  /** Takes bytes up to where a header may have begun, and says where that is. */
  #take(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.#phase === 'inside') {
        at = this.#inside(bytes, at, to);
      } else if (this.#phase === 'skip') {
        at = this.#skip(bytes, at, to);
      } else if (this.#phase === 'ended') {
        this.#phase = 'outside';
        if (bytes[at] === CR) at++;
        else this.#flow.weird('hl7_incomplete_end_block');
      } else {
        const next = this.#outside(bytes, at, to);
        if (this.#phase === 'outside') return next;
        at = next;
      }
    }
    return at;
  }

  /** Looks for the next message; stops where more bytes are needed to tell. */
  #outside(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === START_BLOCK) {
        this.#enter(true);
        return at + 1;
      }
      if (byte === CR || byte === LF) continue;
      if (mayBegin(byte)) {
        const verdict = probeHeader(bytes, at, to);
        if (verdict === 'match') {
          this.#enter(false);
          return at;
        }
        if (verdict === 'unsure') return at;
      }
      if (!this.#unsettled && !this.#carried) this.#flow.weird('hl7_garbage_between_frames');
    }
    return to;
  }

  #enter(framed: boolean): void {
    this.#phase = 'inside';
    this.#unsettled = false;
    this.#framed = framed;
    this.#batch = false;
    this.#lineFeeds = undefined;
    this.#newSegment();
  }

  #newSegment(): void {
    clear(this.#segment);
    this.#segmentLength = 0;
    this.#name = '';
    this.#kept = true;
  }

  /** Takes what is left of the current segment, and its end if that is there. */
  #inside(bytes: Uint8Array, from: number, to: number): number {
    // Where segments end with CR, an LF right behind it belongs to that end; anywhere else it is content.
    const endsWithLf = this.#lineFeeds !== false;
    const end =
      !endsWithLf && this.#segmentLength === 0 && bytes[from] === LF
        ? from
        : this.#fields.scan(bytes, from, to, this.#message?.separators.field ?? 0, endsWithLf);
    const room = MAX_MESSAGE - (this.#message?.bytes ?? 0) - this.#segmentLength;
    if (end - from > room) {
      this.#keep(bytes, from, from + room);
      if (this.#phase === 'inside') this.#tooLarge();
      return from + room;
    }
    const whole = end < to && this.#segmentLength === 0 && end - from <= MAX_SEGMENT;
    if (end > from && !whole) this.#keep(bytes, from, end);
    // Content can end the frame for us: it may be no message.
    if (this.#phase !== 'inside' || end === to) return end;
    const byte = bytes[end]!;
    const length = whole ? end - from : this.#segmentLength;
    if (byte === CR || byte === LF) this.#lineFeeds ??= length > 0 ? byte === LF : undefined;
    if (whole && length > 0) this.#endWhole(bytes, from, end);
    else this.#endPieces(true);
    if (this.#phase !== 'inside') return end;
    if (byte === CR || byte === LF) {
      if (this.#message !== undefined) this.#message.bytes++;
    } else if (byte === END_BLOCK) {
      if (!this.#framed && !this.#carried) this.#flow.weird('hl7_missing_start_block');
      this.#endMessage();
      this.#phase = 'ended';
    } else {
      if (this.#framed) this.#flow.weird('hl7_start_block_in_frame');
      this.#endMessage();
      this.#enter(true);
    }
    return end + 1;
  }

  /** Keeps a piece of a segment. */
  #keep(bytes: Uint8Array, from: number, to: number): void {
    const segment = this.#segment;
    if (this.#segmentLength === 0) {
      this.#segmentTs = this.#flow.now;
      this.#segmentFrame = this.#flow.frame;
    }
    this.#segmentLength += to - from;
    let at = from;
    if (segment.length < NAME_BYTES) {
      at += append(segment, bytes, at, Math.min(to, at + NAME_BYTES - segment.length));
      if (segment.length < NAME_BYTES) return;
      this.#name = segmentName(segment.bytes, 0);
      if (this.#isNoHeader(this.#name)) {
        this.#noMessage();
        return;
      }
      this.#kept = isRead(this.#name);
    }
    if (this.#kept && at < to) append(segment, bytes, at, to);
  }

  #isNoHeader(name: string): boolean {
    return this.#message === undefined && !this.#batch && !HEADERS.includes(name);
  }

  #tooLarge(): void {
    this.#flow.weird('hl7_message_too_large');
    this.#endPieces(false);
    this.#endMessage();
    this.#pass();
  }

  /** What should have been a header is none. */
  #noMessage(): void {
    this.#flow.weird('hl7_invalid_header');
    this.#pass();
  }

  /** Wants nothing more until a message begins anew. */
  #pass(): void {
    this.#newSegment();
    this.#phase = this.#framed ? 'skip' : 'outside';
    this.#unsettled = true;
  }

  /** A segment came in one piece and is over. */
  #endWhole(bytes: Uint8Array, from: number, to: number): void {
    this.#segmentTs = this.#flow.now;
    this.#segmentFrame = this.#flow.frame;
    const name = to - from < NAME_BYTES ? '' : segmentName(bytes, from);
    if (this.#isNoHeader(name)) this.#noMessage();
    else this.#endSegment(name, bytes, from, to, to - from, true, true);
  }

  /**
   * The segment of which pieces were kept is over.
   * @param isWhole its end was seen; otherwise its last field may be cut and is left out
   */
  #endPieces(isWhole: boolean): void {
    const length = this.#segmentLength;
    if (length === 0) return;
    const { bytes, length: kept } = this.#segment;
    if (this.#segment.length < NAME_BYTES && this.#isNoHeader('')) {
      this.#noMessage();
      return;
    }
    const complete = isWhole && (!this.#kept || kept === length);
    // A large document in an observation is nothing to report.
    if (isWhole && !complete && this.#name !== 'OBX') this.#flow.weird('hl7_segment_too_long');
    const end = complete
      ? kept
      : lastSeparator(bytes, kept, this.#message?.separators.field ?? bytes[NAME_BYTES]!);
    this.#endSegment(this.#name, bytes, 0, end, length, isWhole);
  }

  /**
   * A segment is over: `bytes[from, to)` of it is there, `length` bytes it had.
   * @param isScanned its fields were found
   */
  #endSegment(
    name: string,
    bytes: Uint8Array,
    from: number,
    to: number,
    length: number,
    isWhole: boolean,
    isScanned = false,
  ): void {
    if (name === 'MSH') {
      if (!this.#beginMessage(bytes, from, to) && isWhole) {
        this.#noMessage();
        return;
      }
    } else if (name === 'FHS' || name === 'BHS') {
      this.#endMessage();
      this.#batch = true;
    } else if (name === 'BTS' || name === 'FTS') {
      this.#endMessage();
    } else if (this.#message !== undefined) {
      if (name !== '') {
        if (!isScanned) this.#fields.read(bytes, from, to, this.#message.separators.field);
        readSegment(this.#message, name, this.#fields);
      } else if (bytes[from] === LETTER_Z) this.#message.local++;
    }
    if (this.#message !== undefined) {
      this.#message.segments++;
      this.#message.bytes += length;
    }
    this.#newSegment();
  }

  #beginMessage(bytes: Uint8Array, from: number, to: number): boolean {
    const flow = this.#flow;
    if (this.#message !== undefined && this.#framed && !this.#batch) {
      flow.weird('hl7_multiple_messages_in_frame');
    }
    this.#endMessage();
    const arrival = {
      ts: this.#segmentTs,
      frame: this.#segmentFrame,
      isOrig: this.#direction === ORIG,
      batch: this.#batch,
      framed: this.#framed,
    };
    const message = openMessage(bytes, from, to, arrival, this.#fields);
    this.#message = message;
    // Without frames the end of a message shows only in the next one: it was sent when its header was.
    if (message !== undefined && !this.#framed) this.#answers?.note(this.#direction, message, flow.now);
    return message !== undefined;
  }

  /** The message is over: its record is emitted. */
  #endMessage(): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    if (this.#framed) this.#answers?.note(this.#direction, message, this.#flow.now);
    emitMessage(this.#flow, message, this.#answers?.find(this.#direction, message));
  }

  /** Passes over the rest of a frame. */
  #skip(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      if (bytes[at] === END_BLOCK) {
        this.#phase = 'ended';
        return at + 1;
      }
      if (bytes[at] === START_BLOCK) {
        this.#flow.weird('hl7_start_block_in_frame');
        this.#enter(true);
        return at + 1;
      }
    }
    return to;
  }
}

function lastSeparator(bytes: Uint8Array, length: number, separator: number): number {
  let end = length;
  while (end > 0 && bytes[end - 1] !== separator) end--;
  return end;
}
