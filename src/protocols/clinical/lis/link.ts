/**
 * The low-level protocol of ASTM E1381 (LIS01-A2) on a line that became a TCP stream (a terminal server, or an analyzer with
 * a network card), one direction of it:
 *
 *     ENQ                        the sender asks for the line; the other side answers ACK, or NAK when it is busy
 *     STX n text ETX c c CR LF   a frame: number 1 to 7 and 0 in turns, text, checksum of n to ETX in hexadecimal
 *     STX n text ETB c c CR LF   the same, and the record goes on in the next frame
 *     EOT                        the line is free
 *
 * A frame counts when its checksum is right; one with the number of the last is a repetition. Records are put together from
 * frames and end with CR, or with the frame that ends with ETX. Records without frames are read as well: senders on TCP
 * leave out what TCP does for them. After missing bytes a direction starts again at the next ENQ, STX or header.
 *
 * Limits: `MAX_TEXT` bytes of a frame (64,000 in LIS01-A2, 240 before), `MAX_RECORD` bytes of a record.
 */
import type { FlowContext } from '../../../model/protocol.ts';
import { type Direction, ORIG } from '../../../model/protocol.ts';
import type { Moment } from '../../../model/schema.ts';
import { type Assembly, append, clear, isFull, newAssembly } from '../assembly.ts';
import {
  emitMessage,
  type Framing,
  type LisMessage,
  openMessage,
  probeHeader,
  readRecord,
} from './message.ts';

/** Frame number and text. */
const MAX_TEXT = 64_001;
const MAX_RECORD = 65_536;

export const STX = 0x02;
export const ETX = 0x03;
export const EOT = 0x04;
export const ENQ = 0x05;
export const ACK = 0x06;
export const NAK = 0x15;
export const ETB = 0x17;
const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
/** Some put whole messages between the marks of MLLP. */
const VT = 0x0b;
const FS = 0x1c;

/** Value of a hexadecimal digit, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte & 0xdf;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}

function newFraming(): Framing {
  return { framed: false, frames: 0, retransmissions: 0, checksumErrors: 0, naks: 0 };
}

/** What one direction sends. */
export class Link {
  readonly #flow: FlowContext;
  readonly #direction: Direction;
  /** `idle` between frames, `frame` in one, `checksum` behind ETX or ETB, `record` in a record without frames. */
  #phase: 'idle' | 'frame' | 'checksum' | 'record' = 'idle';
  readonly #frame: Assembly = newAssembly(MAX_TEXT);
  #frameCut = false;
  #endsRecord = false;
  #checksum = 0;
  #digits: number[] = [];
  readonly #line: Assembly = newAssembly(MAX_RECORD);
  /** Number of the last frame that counted; undefined when none is known. */
  #last: number | undefined;
  /** A frame counted since the sender asked for the line. */
  #any = false;
  #message: LisMessage | undefined;
  #framing = newFraming();
  /** No message began yet, or since bytes were missing: what cannot be read is no anomaly. */
  #unsettled = true;
  #lineTs: Moment;
  #lineFrame: number;
  /** What the other direction answered; set by the decoder. */
  refused: (() => void) | undefined;

  constructor(flow: FlowContext, direction: Direction) {
    this.#flow = flow;
    this.#direction = direction;
    this.#lineTs = flow.now;
    this.#lineFrame = flow.frame;
  }

  /** The other side said NAK to what this one sent. */
  nak(): void {
    this.#framing.naks++;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#phase === 'frame') at = this.#inFrame(bytes, at, to);
      else if (this.#phase === 'checksum') this.#inChecksum(bytes[at++]!);
      else if (this.#phase === 'record') at = this.#inRecord(bytes, at, to);
      else at = this.#idle(bytes, at);
    }
  }

  miss(): void {
    this.#endMessage();
    clear(this.#line);
    this.#phase = 'idle';
    this.#last = undefined;
    this.#unsettled = true;
  }

  close(): void {
    if (this.#phase === 'record') this.#endRecord();
    this.#endMessage();
  }

  #idle(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    if (byte === STX) {
      this.#phase = 'frame';
      this.#frameCut = false;
      clear(this.#frame);
    } else if (byte === ENQ) {
      this.#endMessage();
      clear(this.#line);
      this.#last = 0;
      this.#any = false;
    } else if (byte === EOT) {
      this.#endMessage();
      clear(this.#line);
      this.#last = undefined;
    } else if (byte === NAK) {
      this.refused?.();
    } else if (byte >= 0x20) {
      this.#phase = 'record';
      clear(this.#line);
      return at;
    } else if (byte !== ACK && byte !== CR && byte !== LF && byte !== VT && byte !== FS) {
      this.#garbage();
    }
    return at + 1;
  }

  #garbage(): void {
    if (!this.#unsettled) this.#flow.weird('lis_garbage');
  }

  #inFrame(bytes: Uint8Array, from: number, to: number): number {
    let end = from;
    while (end < to && !isFrameControl(bytes[end]!)) end++;
    if (append(this.#frame, bytes, from, end) < end - from) this.#frameCut = true;
    if (end === to) return end;
    const byte = bytes[end]!;
    if (byte === ETX || byte === ETB) {
      this.#phase = 'checksum';
      this.#endsRecord = byte === ETX;
      this.#digits = [];
      let sum = byte;
      for (let i = 0; i < this.#frame.length; i++) sum += this.#frame.bytes[i]!;
      this.#checksum = sum & 0xff;
      return end + 1;
    }
    // A frame, or the end of the line, begins before this frame is over.
    this.#flow.weird('lis_broken_frame');
    this.#phase = 'idle';
    return end;
  }

  #inChecksum(byte: number): void {
    this.#digits.push(hexDigit(byte));
    if (this.#digits.length < 2) return;
    this.#phase = 'idle';
    const [high, low] = this.#digits as [number, number];
    this.#endFrame(high >= 0 && low >= 0 && high * 16 + low === this.#checksum);
  }

  #endFrame(isRight: boolean): void {
    const { bytes, length } = this.#frame;
    const framing = this.#framing;
    if (this.#frameCut) {
      this.#flow.weird('lis_frame_too_long');
      return;
    }
    if (!isRight || length === 0) {
      framing.checksumErrors++;
      this.#flow.weird('lis_checksum_error');
      return;
    }
    const number = bytes[0]! - 0x30;
    if (number < 0 || number > 7) {
      this.#flow.weird('lis_invalid_frame_number');
      return;
    }
    if (number === this.#last && this.#any) {
      framing.retransmissions++;
      return;
    }
    if (this.#last !== undefined && number !== ((this.#last + 1) & 7)) this.#flow.weird('lis_frame_order');
    this.#last = number;
    this.#any = true;
    framing.framed = true;
    framing.frames++;
    this.#records(bytes, 1, length);
    if (this.#endsRecord) this.#endRecord();
  }

  /** Takes text of records; each ends with CR. */
  #records(bytes: Uint8Array, from: number, to: number): void {
    let start = from;
    for (let at = from; at <= to; at++) {
      const isEnd = at < to && (bytes[at] === CR || bytes[at] === LF);
      if (at < to && !isEnd) continue;
      this.#keep(bytes, start, at);
      if (isEnd) this.#endRecord();
      start = at + 1;
    }
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (to <= from) return;
    if (this.#line.length === 0) {
      this.#lineTs = this.#flow.now;
      this.#lineFrame = this.#flow.frame;
    }
    if (append(this.#line, bytes, from, to) < to - from) this.#flow.weird('lis_record_too_long');
  }

  /** A record without frames, up to its CR or to a byte of the protocol. */
  #inRecord(bytes: Uint8Array, from: number, to: number): number {
    let end = from;
    while (end < to && (bytes[end]! >= 0x20 || bytes[end] === TAB)) end++;
    this.#keep(bytes, from, end);
    if (end === to) return end;
    this.#phase = 'idle';
    this.#endRecord();
    return end;
  }

  #endRecord(): void {
    const { bytes, length } = this.#line;
    if (length === 0) return;
    const full = isFull(this.#line);
    clear(this.#line);
    if (probeHeader(bytes, 0, length) === 'match') {
      this.#endMessage();
      this.#unsettled = false;
      const arrival = { ts: this.#lineTs, frame: this.#lineFrame, isOrig: this.#direction === ORIG };
      this.#message = openMessage(bytes, length, arrival);
    } else if (this.#message === undefined) {
      this.#garbage();
    } else if (!full && readRecord(this.#message, bytes, length)) {
      this.#endMessage();
    }
  }

  #endMessage(): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    emitMessage(this.#flow, message, this.#framing);
    this.#framing = newFraming();
  }
}

function isFrameControl(byte: number): boolean {
  return byte === ETX || byte === ETB || byte === STX || byte === ENQ || byte === EOT;
}
