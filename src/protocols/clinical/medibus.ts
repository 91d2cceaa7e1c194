/**
 * Dräger MEDIBUS and MEDIBUS.X (Dräger RS 232 MEDIBUS Protocol Definition 6.00): ventilators, anaesthesia machines and
 * incubators at a serial line that reaches the network through terminal servers. One `medibus` record per direction of a flow.
 *
 *      command    1B  code  arguments  sum  0D        the sum is that of all bytes before it, as two ASCII digits
 *      reply      01  code  data       sum  0D
 *
 * Bytes from 80 on are real-time curves that may come between any two bytes; XON and XOFF likewise. Either side may ask; a
 * command may come in the middle of a reply. A device identification (code 52) is a number of four digits, a name in
 * apostrophes and a revision: it is evidence of the identity of what stands behind the terminal server. Measurements,
 * settings and texts are not read.
 *
 * Recognised on any port by two frames with right sums and known codes, of one side or both.
 * Limit: `MAX_FRAME`.
 */
import { latin1 } from '../../bytes/text.ts';
import { secondsBetween } from '../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';

const COMMAND = 0x1b;
const REPLY = 0x01;
const END = 0x0d;
const XON = 0x11;
const XOFF = 0x13;
const REAL_TIME = 0x80;
const MAX_FRAME = 2048;
const PROBE_BYTES = 1024;
const PROBE_FRAMES = 2;
/** Introducer, code and two digits. */
const SHORTEST = 4;

const DEVICE_ID = 0x52;
const NAK = 0x15;
const CODES: ReadonlyMap<number, string> = new Map([
  [NAK, 'nak'],
  [0x23, 'alarms_3'],
  [0x24, 'data_1'],
  [0x25, 'low_limits_1'],
  [0x26, 'high_limits_1'],
  [0x27, 'alarms_1'],
  [0x28, 'date_and_time'],
  [0x29, 'settings'],
  [0x2a, 'texts'],
  [0x2b, 'data_2'],
  [0x2c, 'low_limits_2'],
  [0x2d, 'high_limits_2'],
  [0x2e, 'alarms_2'],
  [0x30, 'no_operation'],
  [0x49, 'time_changed'],
  [0x4a, 'configure_data'],
  [0x51, 'initialise'],
  [DEVICE_ID, 'device_id'],
  [0x53, 'real_time_configuration'],
  [0x54, 'configure_real_time'],
  [0x55, 'stop'],
  [0x56, 'real_time_configuration_changed'],
  [0x6c, 'trend_status'],
  [0x6d, 'trend'],
]);

export const medibusStream = flowStream(
  'medibus',
  'One line per direction of a Dräger MEDIBUS dialogue inside TCP.',
  {
    is_orig: f.bool('The originator sent it.'),
    commands: f.count('Commands whose sum was right.'),
    command_names: f.stringSet('Which: data_1, alarms_1, settings, initialise, device_id …'),
    replies: f.count('Replies whose sum was right.'),
    naks: f.count('Replies that refuse.'),
    bad_sums: f.count('Frames whose sum was wrong.'),
    real_time_bytes: f.count('Bytes of real-time curves.'),
    device_number: f.string('Number of the device type, from its identification.', 'text'),
    device_name: f.string('Name of the device, from its identification.', 'text'),
    device_revision: f.string('Revision of its software and of MEDIBUS, from its identification.', 'text'),
    duration: f.interval('From the first to the last frame.'),
  },
);

/** Number, name, revision. */
const IDENTIFICATION = /^([ -~]{4})'([ -&(-~]{0,32})'([ -~]{0,32})$/;

/** Bytes of a frame from its introducer on. */
class Frame {
  readonly bytes = new Uint8Array(MAX_FRAME);
  length = 0;

  get open(): boolean {
    return this.length > 0;
  }

  /** False when it does not fit. */
  take(byte: number): boolean {
    if (this.length === MAX_FRAME) return false;
    this.bytes[this.length++] = byte;
    return true;
  }
}

function sumIsRight(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < SHORTEST) return false;
  let sum = 0;
  for (let i = from; i < to - 2; i++) sum += bytes[i]!;
  const digits = (sum & 0xff).toString(16).toUpperCase().padStart(2, '0');
  return digits === latin1(bytes, to - 2, to);
}

function probe({ orig, resp }: Opening): Verdict {
  const first = framesIn(orig);
  const second = framesIn(resp);
  if (first < 0 || second < 0) return 'no';
  return first + second >= PROBE_FRAMES ? 'match' : 'unsure';
}

/** Right frames at the beginning of the bytes; -1 when something is none. Curves may come behind the first byte. */
function framesIn(bytes: Uint8Array): number {
  const frame: number[] = [];
  let frames = 0;
  for (const [i, byte] of bytes.entries()) {
    if (i > 0 && (byte >= REAL_TIME || byte === XON || byte === XOFF)) continue;
    if (frame.length === 0) {
      if (byte !== COMMAND && byte !== REPLY) return -1;
    } else if (frame.length === 1) {
      if (!CODES.has(byte)) return -1;
    } else if (byte === END) {
      if (!sumIsRight(Uint8Array.from(frame), 0, frame.length)) return -1;
      if (++frames === PROBE_FRAMES) return frames;
      frame.length = 0;
      continue;
    } else if (byte < 0x20 || byte > 0x7e) return -1;
    frame.push(byte);
  }
  return frames;
}

interface Line {
  readonly ts: Moment;
  readonly frame: number;
  last: Moment;
  commands: number;
  readonly names: Set<string>;
  replies: number;
  naks: number;
  bad: number;
  realTime: number;
  id: RegExpExecArray | null;
}

interface Side {
  readonly command: Frame;
  readonly reply: Frame;
  line: Line | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Side, Side];
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): void {
  const side = state.sides[direction];
  const { command, reply } = side;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte >= REAL_TIME) {
      lineOf(state.flow, side).realTime++;
    } else if (byte === COMMAND || byte === REPLY) {
      const frame = byte === COMMAND ? command : reply;
      frame.length = 0;
      frame.take(byte);
    } else if (byte === END) {
      // The end of a command in the middle of a reply is the command's.
      const frame = command.open ? command : reply;
      if (frame.open) finish(state, direction, frame);
      frame.length = 0;
    } else if (byte !== XON && byte !== XOFF) {
      const frame = command.open ? command : reply;
      if (frame.open && !frame.take(byte)) {
        state.flow.weird('medibus_frame_limit');
        frame.length = 0;
      }
    }
  }
}

function finish({ flow, sides }: State, direction: Direction, { bytes, length }: Frame): void {
  const line = lineOf(flow, sides[direction]);
  line.last = flow.now;
  if (!sumIsRight(bytes, 0, length)) {
    line.bad++;
    return;
  }
  const code = bytes[1]!;
  if (bytes[0] === COMMAND) {
    line.commands++;
    line.names.add(CODES.get(code) ?? 'other');
    return;
  }
  line.replies++;
  if (code === NAK) line.naks++;
  if (code !== DEVICE_ID || line.id !== null) return;
  line.id = IDENTIFICATION.exec(latin1(bytes, 2, length - 2));
  if (line.id !== null) identify(flow, direction, line.id);
}

/** The device is behind the terminal server that was called; who called it speaks for itself. */
function identify(flow: FlowContext, side: Direction, [, , name, revision]: RegExpExecArray): void {
  const behind = side === RESP;
  flow.identity({ side, attribute: 'model', value: name, behind });
  flow.identity({ side, attribute: 'software', value: revision, behind });
  if (behind) flow.identity({ side, attribute: 'vendor', value: 'Dräger', behind });
}

function lineOf({ now, frame }: FlowContext, side: Side): Line {
  side.line ??= {
    ts: now,
    frame,
    last: now,
    commands: 0,
    names: new Set(),
    replies: 0,
    naks: 0,
    bad: 0,
    realTime: 0,
    id: null,
  };
  return side.line;
}

function close({ flow, sides }: State): void {
  for (const direction of [0, 1] as const) {
    const { line } = sides[direction];
    if (line === undefined) continue;
    sides[direction].line = undefined;
    const [, number, name, revision] = line.id ?? [];
    flow.emit(medibusStream, {
      ts: line.ts,
      frame: line.frame,
      is_orig: direction === ORIG,
      commands: line.commands,
      command_names: line.names.size > 0 ? [...line.names].sort() : undefined,
      replies: line.replies,
      naks: line.naks,
      bad_sums: line.bad,
      real_time_bytes: line.realTime,
      device_number: number,
      device_name: name,
      device_revision: revision,
      duration: secondsBetween(line.ts, line.last),
    });
  }
}

const newSide = (): Side => ({ command: new Frame(), reply: new Frame(), line: undefined });

export const medibus = defineProtocol<State>({
  name: 'medibus',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [medibusStream],
  probe,
  open: flow => ({ flow, sides: [newSide(), newSide()] }),
  feed(state, direction, bytes, from, to) {
    feed(state, direction, bytes, from, to);
    return to - from;
  },
  gap({ sides }, direction) {
    sides[direction].command.length = 0;
    sides[direction].reply.length = 0;
  },
  close,
});
