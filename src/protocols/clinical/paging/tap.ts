/**
 * TAP (Telocator Alphanumeric Protocol 1.8, also IXO): pages from nurse calls and alarm servers to a pager terminal, from old
 * on a serial line, now inside TCP. One `paging` record per page.
 *
 *      ID=            asks who is there          1B "PG1" password 0D     logs in           06, 15 or 1B 04, 0D   answer
 *      02 pager 0D text 0D … 03 sum 0D           the sum is that of all bytes up to 03, as three digits from "0" to "?"
 *
 * A page in several blocks ends each but the last with 17 or 1F. The text is never shown; a password is a login in clear.
 * Recognised on any port by the login. Limits: `MAX_BLOCK`, `MAX_TEXT` bytes of a page, `MAX_WAITING` pages without answer.
 */
import { latin1 } from '../../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../../model/protocol.ts';
import type { Moment } from '../../../model/schema.ts';
import { pagingStream } from './schema.ts';

/** Blocks have at most 256 bytes by the protocol. */
const MAX_BLOCK = 512;
const MAX_TEXT = 2048;
const MAX_WAITING = 16;
const PROBE_BYTES = 64;

const STX = 0x02;
const ETX = 0x03;
const ETB = 0x17;
const US = 0x1f;
const CR = 0x0d;
const ACK = 0x06;
const NAK = 0x15;
const RS = 0x1e;

/** Carriage returns that wake the terminal, then the login; a password has at most six characters. */
const LOGIN = /^[\r\n]{0,8}\x1bPG[0-9][ -~]{0,6}\r/;
const BEGINNING = /^[\r\n]{0,8}(?:\x1b(?:P(?:G(?:[0-9][ -~]{0,6})?)?)?)?$/;

interface Page {
  readonly ts: Moment;
  readonly frame: number;
  readonly pager: string;
  readonly text: string;
}

interface State {
  readonly flow: FlowContext;
  /** What came since the last end of a line or block of the client. */
  readonly line: number[];
  inBlock: boolean;
  /** Text of the blocks of a page that goes on. */
  begun: string;
  readonly waiting: Page[];
}

function probe({ orig }: Opening): Verdict {
  const text = latin1(orig.subarray(0, PROBE_BYTES));
  if (LOGIN.test(text)) return 'match';
  return BEGINNING.test(text) ? 'unsure' : 'no';
}

function client(state: State, bytes: Uint8Array, from: number, to: number): void {
  const { line } = state;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte === STX) {
      line.length = 0;
      state.inBlock = true;
    }
    line.push(byte);
    if (line.length > MAX_BLOCK) {
      state.flow.weird('tap_block_limit');
      line.length = 0;
      state.inBlock = false;
    }
    if (byte !== CR) continue;
    // Within a block fields end like lines; its own end stands behind the sum.
    const last = line.at(-5);
    if (state.inBlock && last !== ETX && last !== ETB && last !== US) continue;
    if (state.inBlock) block(state, line);
    else login(state, latin1(Uint8Array.from(line)));
    line.length = 0;
    state.inBlock = false;
  }
}

function login({ flow }: State, line: string): void {
  const secret = /\x1bPG[0-9]([ -~]{1,6})\r$/.exec(line)?.[1];
  if (secret !== undefined) flow.credentials({ protocol: 'tap', secret, secretKind: 'password' });
}

function block(state: State, line: readonly number[]): void {
  const { flow } = state;
  const end = line.length - 5;
  let sum = 0;
  for (let i = 0; i <= end; i++) sum += line[i]! & 0x7f;
  const digits = [(sum >> 8) & 0x0f, (sum >> 4) & 0x0f, sum & 0x0f];
  if (!digits.every((digit, i) => line[end + 1 + i] === 0x30 + digit)) return flow.weird('tap_bad_checksum');
  state.begun = (state.begun + latin1(Uint8Array.from(line.slice(1, end)))).slice(0, MAX_TEXT);
  if (line[end] !== ETX) return;
  const [pager = '', ...fields] = state.begun.split('\r');
  state.begun = '';
  if (state.waiting.length === MAX_WAITING) answer(state, undefined);
  state.waiting.push({ ts: flow.now, frame: flow.frame, pager, text: fields.join('\n').trim() });
}

/** The answer to the oldest page without one. */
function answer({ flow, waiting }: State, accepted: boolean | undefined): void {
  const page = waiting.shift();
  if (page === undefined) return;
  const { ts, frame, pager, text } = page;
  flow.emit(pagingStream, {
    ts,
    frame,
    is_orig: true,
    protocol: 'tap',
    operation: 'page',
    recipient: pager === '' ? undefined : flow.token('user', pager),
    text: text === '' ? undefined : flow.token('subject', text),
    text_length: text.length,
    accepted,
  });
}

function server(state: State, bytes: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte === ACK) answer(state, true);
    else if (byte === NAK || byte === RS) answer(state, false);
  }
}

function close(state: State): void {
  while (state.waiting.length > 0) answer(state, undefined);
}

export const tap = defineProtocol<State>({
  name: 'tap',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [pagingStream],
  probe,
  open: flow => ({ flow, line: [], inBlock: false, begun: '', waiting: [] }),
  feed(state, direction: Direction, bytes, from, to) {
    if (direction === ORIG) client(state, bytes, from, to);
    else server(state, bytes, from, to);
    return to - from;
  },
  gap(state, direction) {
    if (direction !== ORIG) return;
    state.line.length = 0;
    state.inBlock = false;
    state.begun = '';
  },
  close,
});
