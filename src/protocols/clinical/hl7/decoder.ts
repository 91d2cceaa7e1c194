/**
 * HL7 version 2 over TCP: MLLP frames (0B … 1C 0D, HL7 transport specification MLLP release 1) and messages without
 * frames, as some senders write them; several of either per stream and per packet, both directions, batches (FHS, BHS).
 * What a message says is in `message.ts`.
 *
 * Recognised on any port by a header segment that defines its separators. Segments end with CR; with LF where the
 * header ended with a bare LF. Bytes are looked at once; only segments that are read are kept, everything else (OBX
 * above all) is passed over. After a gap a direction starts again at the next 0B or header.
 *
 * Not decoded: contents of OBX and other segments, continuation (DSC), HL7 over TLS. Limits: the constants below.
 */
import { latin1 } from '../../../bytes/text.ts';
import { secondsBetween } from '../../../model/moment.ts';
import { type Direction, defineProtocol, type FlowContext, ORIG, RESP } from '../../../model/protocol.ts';
import type { Moment } from '../../../model/schema.ts';
import { type Assembly, append, clear, newAssembly } from '../assembly.ts';
import { HEADERS, PROBE_BYTES, probe, probeHeader, START_BLOCK } from './header.ts';
import { emitMessage, isRead, type Message, openMessage, readSegment } from './message.ts';
import { hl7Stream } from './schema.ts';
import { NAME_BYTES, segmentName } from './segment.ts';

/** Beyond this a message is reported as it is and its rest passed over. */
const MAX_MESSAGE = 1024 * 1024;
/** Bytes kept of one segment. */
const MAX_SEGMENT = 64 * 1024;
/** Messages of one direction whose acknowledgement is waited for. */
const MAX_AWAITING = 256;

const END_BLOCK = 0x1c;
const CR = 0x0d;
const LF = 0x0a;

/** Reading state of one direction. */
interface Side {
  readonly direction: Direction;
  /**
   * `outside` between messages; `inside` a frame or an unframed message; `ended` right after an end block; `skip` in a
   * frame nothing more is wanted of.
   */
  phase: 'outside' | 'inside' | 'ended' | 'skip';
  /** Bytes between messages are no anomaly: none has been seen yet, or bytes are missing. */
  unsettled: boolean;
  framed: boolean;
  batch: boolean;
  message: Message | undefined;
  /** Whether LF ends segments; undefined until the end of the header has shown it. */
  lineFeeds: boolean | undefined;
  /** The current segment: all of its name, more of it only when it is read. */
  readonly segment: Assembly;
  segmentLength: number;
  /** Its name when it is one of those that matter; empty for others and while it is not complete. */
  name: string;
  kept: boolean;
  segmentTs: Moment;
  segmentFrame: number;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Side, Side];
  /** When messages were complete, by control identifier, per direction of the message. */
  readonly awaiting: readonly [Map<string, Moment>, Map<string, Moment>];
}

function newSide(direction: Direction, now: Moment): Side {
  return {
    direction,
    phase: 'outside',
    unsettled: true,
    framed: false,
    batch: false,
    message: undefined,
    lineFeeds: undefined,
    segment: newAssembly(MAX_SEGMENT),
    segmentLength: 0,
    name: '',
    kept: true,
    segmentTs: now,
    segmentFrame: 0,
  };
}

function open(flow: FlowContext): State {
  return {
    flow,
    sides: [newSide(ORIG, flow.now), newSide(RESP, flow.now)],
    awaiting: [new Map(), new Map()],
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const side = state.sides[direction];
  let at = from;
  while (at < to) {
    if (side.phase === 'inside') {
      at = inside(state, side, bytes, at, to);
    } else if (side.phase === 'skip') {
      at = skip(state, side, bytes, at, to);
    } else if (side.phase === 'ended') {
      side.phase = 'outside';
      if (bytes[at] === CR) at++;
      else state.flow.weird('hl7_incomplete_end_block');
    } else {
      const next = outside(state, side, bytes, at, to);
      if (next === at && side.phase === 'outside') break;
      at = next;
    }
  }
  return at - from;
}

/** Looks for the next message; stops where more bytes are needed to tell. */
function outside(state: State, side: Side, bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === START_BLOCK) {
      enter(side, true);
      return at + 1;
    }
    if (byte === CR || byte === LF) continue;
    const verdict = probeHeader(bytes, at, to);
    if (verdict === 'match') {
      enter(side, false);
      return at;
    }
    if (verdict === 'unsure') return at;
    if (!side.unsettled) state.flow.weird('hl7_garbage_between_frames');
  }
  return to;
}

function enter(side: Side, framed: boolean): void {
  side.phase = 'inside';
  side.unsettled = false;
  side.framed = framed;
  side.batch = false;
  side.lineFeeds = undefined;
  newSegment(side);
}

function newSegment(side: Side): void {
  clear(side.segment);
  side.segmentLength = 0;
  side.name = '';
  side.kept = true;
}

/** Takes what is left of the current segment, and its end if that is there. */
function inside(state: State, side: Side, bytes: Uint8Array, from: number, to: number): number {
  let end = from;
  for (; end < to; end++) {
    const byte = bytes[end]!;
    if (byte > END_BLOCK) continue;
    if (byte === CR || byte === END_BLOCK || byte === START_BLOCK) break;
    // Where segments end with CR, an LF right behind it belongs to that end; anywhere else it is content.
    if (byte === LF && (side.lineFeeds !== false || (side.segmentLength === 0 && end === from))) break;
  }
  if (end > from) takeContent(state, side, bytes, from, end);
  // Content can end the frame for us: it may be no message, or too large.
  if (side.phase !== 'inside' || end === to) return end;
  const byte = bytes[end]!;
  if (byte === CR || byte === LF) {
    side.lineFeeds ??= side.segmentLength > 0 ? byte === LF : undefined;
    endSegment(state, side, true);
    if (side.message !== undefined) side.message.bytes++;
  } else if (byte === END_BLOCK) {
    endSegment(state, side, true);
    endMessage(state, side);
    side.phase = 'ended';
  } else {
    if (side.framed) state.flow.weird('hl7_start_block_in_frame');
    endSegment(state, side, true);
    endMessage(state, side);
    enter(side, true);
  }
  return end + 1;
}

function takeContent(state: State, side: Side, bytes: Uint8Array, from: number, to: number): void {
  const { flow } = state;
  const { segment } = side;
  if (side.segmentLength === 0) {
    side.segmentTs = flow.now;
    side.segmentFrame = flow.frame;
  }
  side.segmentLength += to - from;
  let at = from;
  if (segment.length < NAME_BYTES) {
    at += append(segment, bytes, at, Math.min(to, at + NAME_BYTES - segment.length));
    if (segment.length === NAME_BYTES && !nameRead(state, side)) return;
  }
  if (side.kept && at < to && append(segment, bytes, at, to) < to - at) flow.weird('hl7_segment_too_long');
  const size = (side.message?.bytes ?? 0) + side.segmentLength;
  if (size <= MAX_MESSAGE) return;
  flow.weird('hl7_message_too_large');
  endSegment(state, side, false);
  endMessage(state, side);
  pass(side);
}

/** Decides about a segment by its name; false when this is no message at all. */
function nameRead(state: State, side: Side): boolean {
  side.name = segmentName(side.segment.bytes, 0);
  if (side.message === undefined && !side.batch && !HEADERS.includes(side.name)) {
    noMessage(state, side);
    return false;
  }
  side.kept = isRead(side.name);
  return true;
}

/** What should have been a header is none. */
function noMessage(state: State, side: Side): void {
  state.flow.weird('hl7_invalid_header');
  newSegment(side);
  pass(side);
}

/** Wants nothing more until a message begins anew. */
function pass(side: Side): void {
  side.phase = side.framed ? 'skip' : 'outside';
  side.unsettled = true;
}

/**
 * The current segment is over.
 * @param isWhole its end was seen; otherwise its last field may be cut and is left out
 */
function endSegment(state: State, side: Side, isWhole: boolean): void {
  if (side.segmentLength === 0) return;
  const { segment, name } = side;
  const { bytes } = segment;
  const whole = isWhole && (!side.kept || segment.length === side.segmentLength);
  const length = whole
    ? segment.length
    : lastSeparator(segment, side.message?.separators.field ?? bytes[NAME_BYTES]!);
  if (name === 'MSH') {
    if (side.message !== undefined && side.framed && !side.batch) {
      state.flow.weird('hl7_multiple_messages_in_frame');
    }
    endMessage(state, side);
    const { segmentTs: ts, segmentFrame: frame, batch, framed } = side;
    const isOrig = side.direction === ORIG;
    side.message = openMessage(bytes, length, { ts, frame, isOrig, batch, framed });
    if (side.message === undefined && isWhole) {
      noMessage(state, side);
      return;
    }
    if (side.message !== undefined && !framed) awaitAnswer(state, side, side.message);
  } else if (name === 'FHS' || name === 'BHS') {
    endMessage(state, side);
    side.batch = true;
  } else if (name === 'BTS' || name === 'FTS') {
    endMessage(state, side);
  } else if (side.message === undefined) {
    if (!side.batch) {
      noMessage(state, side);
      return;
    }
  } else if (side.kept) {
    readSegment(side.message, name, bytes, length);
  }
  if (side.message !== undefined) {
    side.message.segments++;
    side.message.bytes += side.segmentLength;
  }
  newSegment(side);
}

function lastSeparator(segment: Assembly, separator: number): number {
  let length = segment.length;
  while (length > 0 && segment.bytes[length - 1] !== separator) length--;
  return length;
}

/** The message is over: its record is emitted. */
function endMessage(state: State, side: Side): void {
  const { message } = side;
  if (message === undefined) return;
  side.message = undefined;
  if (side.framed) awaitAnswer(state, side, message);
  emitMessage(state.flow, message, answerDelay(state, side, message));
}

/** Notes when a message was sent: without frames when its header was, since its end shows only in the next one. */
function awaitAnswer(state: State, side: Side, message: Message): void {
  if (message.controlId === undefined || message.acknowledges !== undefined) return;
  const own = state.awaiting[side.direction];
  const key = latin1(message.controlId);
  own.delete(key);
  own.set(key, state.flow.now);
  // A Map keeps insertion order: the first key is the oldest.
  const oldest = own.keys().next().value;
  if (own.size > MAX_AWAITING && oldest !== undefined) own.delete(oldest);
}

/** Seconds from the message this one acknowledges to its own beginning. */
function answerDelay(state: State, side: Side, message: Message): number | undefined {
  if (message.acknowledges === undefined) return undefined;
  const asked = state.awaiting[side.direction === ORIG ? RESP : ORIG].get(latin1(message.acknowledges));
  const { ts } = message.record;
  return asked && ts && secondsBetween(asked, ts);
}

/** Passes over the rest of a frame. */
function skip(state: State, side: Side, bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] === END_BLOCK) {
      side.phase = 'ended';
      return at + 1;
    }
    if (bytes[at] === START_BLOCK) {
      state.flow.weird('hl7_start_block_in_frame');
      enter(side, true);
      return at + 1;
    }
  }
  return to;
}

function gap(state: State, direction: Direction): void {
  const side = state.sides[direction];
  if (side.phase === 'inside') {
    endSegment(state, side, false);
    endMessage(state, side);
  }
  side.phase = 'outside';
  side.unsettled = true;
}

function close(state: State): void {
  for (const side of state.sides) {
    if (side.phase !== 'inside') continue;
    // Without frames the end of the stream is the only end the last segment has.
    endSegment(state, side, !side.framed);
    if (side.framed && side.message !== undefined) state.flow.weird('hl7_missing_end_block');
    endMessage(state, side);
  }
}

/** HL7 version 2, with and without MLLP. */
export const hl7 = defineProtocol<State>({
  name: 'hl7',
  transports: ['tcp'],
  // IANA hl7; 6661 is the first port interface engines offer. Sites use many others.
  ports: [2575, 6661],
  probeBytes: PROBE_BYTES,
  maxPending: 64,
  streams: [hl7Stream],
  probe,
  open,
  feed,
  gap,
  close,
});
