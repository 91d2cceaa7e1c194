/**
 * DNP3 over TCP and UDP (IEEE 1815-2012): one `dnp3` record per request and its reply, as Zeek's `dnp3.log`, with the
 * link addresses. Recognised by the start bytes and the CRC of the first frame, on any port.
 *
 * Objects and their values are not decoded, nor is Secure Authentication beyond its function codes.
 * Limits: one request waits for its reply per direction, as the protocol has it; `MAX_FRAGMENT` bytes.
 */
import { u8, u16be } from '../../bytes/read.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { feedPdus, type Pdus, passSegment } from '../pdus.ts';
import { FragmentReader, frameSize, hasCrc, LINK_HEADER, type LinkFrame, MAX_FRAME } from './dnp3-link.ts';

export const dnp3Stream = flowStream('dnp3', 'DNP3 requests and their replies, as Zeek’s dnp3.log.', {
  fc_request: f.string('Function of the request.'),
  fc_reply: f.string('Function of the reply.'),
  iin: f.count('Internal indications of the reply: 16 bits, the first octet high.'),
  master: f.count('Link address of the master.'),
  outstation: f.count('Link address of the outstation.'),
});

const FUNCTIONS =
  `CONFIRM READ WRITE SELECT OPERATE DIRECT_OPERATE DIRECT_OPERATE_NR IMMED_FREEZE IMMED_FREEZE_NR FREEZE_CLEAR
   FREEZE_CLEAR_NR FREEZE_AT_TIME FREEZE_AT_TIME_NR COLD_RESTART WARM_RESTART INITIALIZE_DATA INITIALIZE_APPL START_APPL
   STOP_APPL SAVE_CONFIG ENABLE_UNSOLICITED DISABLE_UNSOLICITED ASSIGN_CLASS DELAY_MEASURE RECORD_CURRENT_TIME OPEN_FILE
   CLOSE_FILE DELETE_FILE GET_FILE_INFO AUTHENTICATE_FILE ABORT_FILE ACTIVATE_CONFIG AUTHENTICATE_REQ AUTHENTICATE_ERR`.split(
    /\s+/,
  );
const CONFIRM = 0;
const REPLIES: Readonly<Record<number, string>> = {
  129: 'RESPONSE',
  130: 'UNSOLICITED_RESPONSE',
  131: 'AUTHENTICATE_RESP',
};
const FIRST_REPLY = 129;
/** Application control, function and internal indications. */
const REPLY_HEADER = 4;

interface Asked {
  readonly ts: Moment;
  readonly frame: number;
  readonly name: string;
  readonly link: LinkFrame;
}

interface State {
  readonly flow: FlowContext;
  readonly readers: readonly [Pdus, Pdus];
  readonly fragments: readonly [FragmentReader, FragmentReader];
  asked: Asked | undefined;
}

function probe({ orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (bytes.length === 0) return 'unsure';
  if (frameSize(bytes, 0, bytes.length) < 0) return 'no';
  if (bytes.length < LINK_HEADER) return 'unsure';
  return hasCrc(bytes, 0, LINK_HEADER - 2) ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  const reader = (direction: Direction): Pdus => ({
    keep: MAX_FRAME,
    sizeOf: frameSize,
    take(bytes, at, end) {
      takeFrame(state, direction, bytes, at, end);
      return true;
    },
    lost: passSegment(() => flow.weird('dnp3_header_lacks_magic')),
  });
  const state: State = {
    flow,
    readers: [reader(ORIG), reader(1)],
    fragments: [new FragmentReader(), new FragmentReader()],
    asked: undefined,
  };
  return state;
}

function takeFrame(state: State, direction: Direction, bytes: Uint8Array, at: number, end: number): void {
  const fragment = state.fragments[direction];
  const link = fragment.take(bytes, at, end, name => state.flow.weird(name));
  if (link === undefined || fragment.length < 2) return;
  const code = u8(fragment.bytes, 1);
  if (code >= FIRST_REPLY) reply(state, link, code, fragment);
  else if (code !== CONFIRM) request(state, link, code);
}

function request(state: State, link: LinkFrame, code: number): void {
  emitUnanswered(state);
  const { now, frame } = state.flow;
  state.asked = { ts: now, frame, name: FUNCTIONS[code] ?? `unknown-${code}`, link };
}

function reply(state: State, link: LinkFrame, code: number, fragment: FragmentReader): void {
  const { flow } = state;
  // An outstation speaks up by itself: that answers nothing.
  const unsolicited = REPLIES[code] === 'UNSOLICITED_RESPONSE';
  const asked = unsolicited ? undefined : state.asked;
  if (asked !== undefined) state.asked = undefined;
  flow.emit(dnp3Stream, {
    // Zeek’s time is that of the reply; the evidence begins with the request.
    frame: asked?.frame,
    fc_request: asked?.name,
    fc_reply: REPLIES[code] ?? `unknown-${code}`,
    iin: fragment.length < REPLY_HEADER ? undefined : u16be(fragment.bytes, 2),
    ...addresses(link),
  });
}

function emitUnanswered(state: State): void {
  const { asked, flow } = state;
  if (asked === undefined) return;
  state.asked = undefined;
  flow.emit(dnp3Stream, {
    ts: asked.ts,
    frame: asked.frame,
    fc_request: asked.name,
    ...addresses(asked.link),
  });
}

function addresses({ fromMaster, source, destination }: LinkFrame) {
  return fromMaster
    ? { master: source, outstation: destination }
    : { master: destination, outstation: source };
}

export const dnp3 = defineProtocol<State>({
  name: 'dnp3',
  transports: ['tcp', 'udp'],
  ports: [20_000],
  probeBytes: LINK_HEADER + 6,
  maxPending: 4096,
  streams: [dnp3Stream],
  probe,
  open,
  feed: (state, direction, bytes, from, to) => feedPdus(state.readers[direction], bytes, from, to),
  gap: (state, direction) => state.fragments[direction].forget(),
  close: emitUnanswered,
});
