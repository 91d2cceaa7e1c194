/**
 * Datex-Ohmeda S/5 computer interface (GE Healthcare; S/5 monitors, CARESCAPE monitors in that mode, anaesthesia machines):
 * a serial protocol that reaches the network through terminal servers. One `datex_s5` record per direction of a flow, with what
 * kinds of records went by and how many.
 *
 *      7E   record, 7D before an escaped byte (7D, 7E; bit 5 is set again)   8-bit sum of the record   7E
 *      record: 0 length  2 number  3 interface level  4 plug id  6 time  14 main type  16 eight of offset, subrecord type
 *
 * Numbers are little endian. A client's records ask for values or waves (first subrecord type 0); everything else comes from
 * the monitor. Measurements are not read, and there is nothing in the protocol that asks who the client is.
 *
 * Recognised on any port by whole frames whose sum, length, main type and subrecord list agree: a request, two of
 * them, or one in a window that is full.
 * Limits: `MAX_FRAME`, of which the header of `HEADER` bytes is kept.
 */
import { u16le } from '../../bytes/read.ts';
import { secondsBetween } from '../../model/moment.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';

const FLAG = 0x7e;
const ESCAPE = 0x7d;
const BIT5 = 0x20;
const HEADER = 40;
const MAX_FRAME = 4096;
/** Bytes behind a record that some clients send. */
const MAX_FILLER = 4;
const SUBRECORDS = 8;
const END_OF_LIST = 0xff;
const PROBE_BYTES = 2048;

const PHYSIOLOGICAL = 0;
const WAVES = 1;
const MAIN_TYPES: Readonly<Record<number, string>> = {
  [PHYSIOLOGICAL]: 'physiological',
  [WAVES]: 'waves',
  4: 'alarms',
  5: 'network',
  8: 'anaesthesia_record',
};
const LAST_MAIN_TYPE = 19;

export const datexS5Stream = flowStream(
  'datex_s5',
  'One line per direction of a Datex-Ohmeda S/5 dialogue inside TCP.',
  {
    is_orig: f.bool('The originator sent the records.'),
    types: f.stringSet(
      'Kinds of records: physiological, waves, alarms, network, anaesthesia_record or a number.',
    ),
    interface_level: f.count('Highest level of the interface.'),
    plug_id: f.count('Number of the monitor, from the last record that was no request.'),
    duration: f.interval('From the first to the last record.'),
    records: f.count('Records whose sum was right.'),
    requests: f.count('Those that ask for values or waves.'),
    bad_sums: f.count('Frames whose sum was wrong.'),
  },
);

/** A frame under way: the header unescaped, length and sum of everything. */
class Frame {
  readonly header = new Uint8Array(HEADER);
  length = 0;
  sum = 0;
  last = 0;
  #escaped = false;

  reset(): void {
    this.length = 0;
    this.sum = 0;
    this.last = 0;
    this.#escaped = false;
  }

  /** Takes a byte that is no flag. */
  take(byte: number): void {
    if (byte === ESCAPE) {
      this.#escaped = true;
      return;
    }
    const value = this.#escaped ? byte | BIT5 : byte;
    this.#escaped = false;
    // The last byte is the sum, hence each is added when the next has come.
    this.sum = (this.sum + this.last) & 0xff;
    this.last = value;
    if (this.length < HEADER) this.header[this.length] = value;
    this.length++;
  }

  get sumIsRight(): boolean {
    return this.sum === this.last;
  }

  /** Whether length, main type and subrecord list are those of a record. */
  get isRecord(): boolean {
    const { header } = this;
    const record = this.length - 1;
    const length = u16le(header, 0);
    if (record < HEADER || length < HEADER || length > record || record - length > MAX_FILLER) return false;
    if (this.mainType > LAST_MAIN_TYPE) return false;
    for (let i = 0; i < SUBRECORDS; i++) {
      const at = 16 + 3 * i;
      if (header[at + 2] === END_OF_LIST) return i > 0;
      if (u16le(header, at) > record - HEADER) return false;
    }
    return true;
  }

  get mainType(): number {
    return u16le(this.header, 14);
  }

  /** Asks for values or waves, and for nothing else. */
  get isRequest(): boolean {
    return this.mainType <= WAVES && this.header[18] === 0 && this.header[21] === END_OF_LIST;
  }
}

function probe({ orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length === 0) return 'unsure';
  if (bytes[0] !== FLAG) return 'no';
  const frame = new Frame();
  let records = 0;
  for (let i = 1; i < bytes.length; i++) {
    if (bytes[i] !== FLAG) {
      frame.take(bytes[i]!);
      if (frame.length === 2 && (u16le(frame.header, 0) < HEADER || u16le(frame.header, 0) > MAX_FRAME))
        return 'no';
      continue;
    }
    if (frame.length === 0) continue;
    if (!frame.sumIsRight || !frame.isRecord) return 'no';
    if (++records === 2 || frame.isRequest) return 'match';
    frame.reset();
  }
  // Records of physiological values are so long that two do not fit.
  return records > 0 && bytes.length >= PROBE_BYTES ? 'match' : 'unsure';
}

interface Line {
  readonly ts: Moment;
  readonly frame: number;
  last: Moment;
  readonly types: Set<number>;
  level: number;
  plug: number | undefined;
  records: number;
  requests: number;
  bad: number;
}

interface Side {
  readonly frame: Frame;
  /** Inside of a frame that began before what is seen, or that is too long. */
  lost: boolean;
  line: Line | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Side, Side];
}

function feed(
  { flow, sides }: State,
  direction: Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const side = sides[direction];
  const { frame } = side;
  for (let i = from; i < to; i++) {
    if (bytes[i] === FLAG) {
      if (frame.length > 0 && !side.lost) finish(flow, side, direction);
      side.lost = false;
      frame.reset();
    } else if (!side.lost) {
      frame.take(bytes[i]!);
      if (frame.length <= MAX_FRAME) continue;
      flow.weird('datex_s5_frame_limit');
      side.lost = true;
    }
  }
}

function finish(flow: FlowContext, side: Side, direction: Direction): void {
  const { frame } = side;
  const { now } = flow;
  side.line ??= {
    ts: now,
    frame: flow.frame,
    last: now,
    types: new Set(),
    level: 0,
    plug: undefined,
    records: 0,
    requests: 0,
    bad: 0,
  };
  const { line } = side;
  line.last = now;
  if (!frame.sumIsRight) {
    line.bad++;
    return;
  }
  line.records++;
  if (!frame.isRecord) return flow.weird('datex_s5_unknown_record');
  line.types.add(frame.mainType);
  line.level = Math.max(line.level, frame.header[3]!);
  if (frame.isRequest) line.requests++;
  else line.plug = u16le(frame.header, 4);
  if (!frame.isRequest && line.records === 1)
    flow.identity({
      side: direction,
      attribute: 'type',
      value: 'patient-monitor',
      confidence: 0.3,
      behind: true,
    });
}

function close({ flow, sides }: State): void {
  for (const direction of [0, 1] as const) {
    const { line } = sides[direction];
    if (line === undefined) continue;
    sides[direction].line = undefined;
    flow.emit(datexS5Stream, {
      ts: line.ts,
      frame: line.frame,
      is_orig: direction === ORIG,
      types: [...line.types].sort((a, b) => a - b).map(type => MAIN_TYPES[type] ?? `type ${type}`),
      interface_level: line.level,
      plug_id: line.plug,
      duration: secondsBetween(line.ts, line.last),
      records: line.records,
      requests: line.requests,
      bad_sums: line.bad,
    });
  }
}

const newSide = (): Side => ({ frame: new Frame(), lost: true, line: undefined });

export const datexS5 = defineProtocol<State>({
  name: 'datex_s5',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [datexS5Stream],
  probe,
  open: flow => ({ flow, sides: [newSide(), newSide()] }),
  feed(state, direction, bytes, from, to) {
    feed(state, direction, bytes, from, to);
    return to - from;
  },
  gap({ sides }, direction) {
    sides[direction].lost = true;
    sides[direction].frame.reset();
  },
  close,
});
