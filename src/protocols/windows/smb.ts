/**
 * SMB, all versions, in its session service (RFC 1002 section 4.3) on port 139 or directly over TCP on port 445
 * (MS-SMB2 section 2.1): four bytes of type and length, then a message. The versions are decoded in `smb1.ts` and
 * `smb2.ts`; here are frames, recognition, and what must not be collected: of a long message only the beginning is kept,
 * and contents of files go to `smb-bodies.ts` as they come, or by unseen once nothing of them is wanted. After a gap,
 * reading goes on at the next segment that begins a frame.
 *
 * Limit: `MAX_DECODED` bytes of one message are looked at; a frame holds at most 16 MiB by its format.
 */
import { startsWith, u16be, u24be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { fileStreams } from '../files/transfer.ts';
import { ntlmStream } from '../gssapi/gssapi.ts';
import { kerberosStream } from '../gssapi/kerberos-log.ts';
import { dceRpcStream } from './dce-rpc-calls.ts';
import type { Body, FileData } from './smb-bodies.ts';
import { SmbSession } from './smb-session.ts';
import { smbFilesStream, smbMappingStream, smbSessionStream } from './smb-streams.ts';
import { Smb1 } from './smb1.ts';
import { overflowsCompression, SMB2_HEADER, Smb2 } from './smb2.ts';

const FRAME_HEADER = 4;
const MAX_DECODED = 131_072;
/** Header and fixed part of a READ answer or WRITE request. */
const DATA_HEADER = SMB2_HEADER + 48;

const SESSION_MESSAGE = 0x00;
const SESSION_REQUEST = 0x81;
const POSITIVE_RESPONSE = 0x82;
const NEGATIVE_RESPONSE = 0x83;
const RETARGET_RESPONSE = 0x84;
const KEEP_ALIVE = 0x85;
/** A name of 16 bytes is written in 32 letters, with its length before and a zero behind it. */
const NETBIOS_NAME = 34;

interface State {
  readonly flow: FlowContext;
  readonly session: SmbSession;
  readonly smb1: Smb1;
  readonly smb2: Smb2;
  readonly contents: readonly [Contents, Contents];
}

/** File contents under way in one direction. */
interface Contents {
  body: Body | undefined;
  /** Bytes of it to come, and bytes of the frame behind them. */
  left: number;
  tail: number;
  /** Bytes of it that the stream layer passes over. */
  skipping: number;
}

const noContents = (): Contents => ({ body: undefined, left: 0, tail: 0, skipping: 0 });

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const { length } = bytes;
  if (length === 0) return 'unsure';
  if (bytes[0] === SESSION_REQUEST) return probeSessionRequest(bytes);
  if (bytes[0] !== SESSION_MESSAGE) return 'no';
  if (length > 4 && (bytes[4]! < 0xfc || !'SMB'.startsWith(latin1(bytes, 5, Math.min(length, 8)))))
    return 'no';
  if (length >= 4 && u24be(bytes, 1) < 32) return 'no';
  return length >= 8 ? 'match' : 'unsure';
}

function probeSessionRequest(bytes: Uint8Array): Verdict {
  if (bytes.length >= 4 && u24be(bytes, 1) !== NETBIOS_NAME * 2) return 'no';
  for (let i = 4; i < Math.min(bytes.length, 4 + NETBIOS_NAME - 1); i++) {
    const letter = bytes[i]! >= 0x41 && bytes[i]! <= 0x50;
    if (i === 4 ? bytes[i] !== 32 : !letter) return 'no';
  }
  return bytes.length >= 4 + NETBIOS_NAME ? 'match' : 'unsure';
}

function open(flow: FlowContext): State {
  const session = new SmbSession(flow);
  const contents: State['contents'] = [noContents(), noContents()];
  return { flow, session, smb1: new Smb1(session), smb2: new Smb2(session), contents };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const contents = state.contents[direction];
  let at = from + feedContents(contents, bytes, from, to);
  while (at + FRAME_HEADER <= to) {
    const type = bytes[at]!;
    const body = at + FRAME_HEADER;
    const length = type === SESSION_MESSAGE ? u24be(bytes, at + 1) : u16be(bytes, at + 2);
    if (!isFrame(type, length, bytes, body, to)) {
      state.flow.weird('smb_unknown_frame');
      return to - from;
    }
    const available = Math.min(to - body, length);
    const data = readFileData(state, bytes, body, body + available, length);
    if (data === undefined && available < Math.min(length, MAX_DECODED)) break;
    if (type === SESSION_MESSAGE) takeMessage(state, direction, bytes, body, body + available, length);
    else if (type === SESSION_REQUEST) takeNames(state, bytes, body, body + available);
    at = body + length;
    if (data === undefined) continue;
    contents.body = state.session.bodies.begin(direction, data);
    contents.left = data.length;
    contents.tail = length - data.from - data.length;
    at = body + data.from;
    if (at < to) at += feedContents(contents, bytes, at, to);
  }
  return at - from;
}

/** Whether a frame can stand here, as far as it has come. */
function isFrame(type: number, length: number, bytes: Uint8Array, body: number, to: number): boolean {
  if (type === SESSION_MESSAGE) {
    if (length === 0) return true;
    return (
      body >= to ||
      (bytes[body]! >= 0xfc && 'SMB'.startsWith(latin1(bytes, body + 1, Math.min(to, body + 4))))
    );
  }
  if (type === SESSION_REQUEST) return length <= 4 * NETBIOS_NAME;
  return (
    (type === POSITIVE_RESPONSE ||
      type === KEEP_ALIVE ||
      type === NEGATIVE_RESPONSE ||
      type === RETARGET_RESPONSE) &&
    length <= 6
  );
}

/** The file contents that a message carries. They need not be waited for: of a long message its beginning is enough. */
function readFileData(
  { smb1, smb2 }: State,
  bytes: Uint8Array,
  from: number,
  to: number,
  length: number,
): FileData | undefined {
  if (to - from < Math.min(length, DATA_HEADER)) return undefined;
  if (bytes[from] === 0xfe) return smb2.dataOf(bytes, from, to, length);
  return bytes[from] === 0xff ? smb1.dataOf(bytes, from, to, length) : undefined;
}

/** Takes contents under way; returns how many bytes they take, those to be passed over included. */
function feedContents(contents: Contents, bytes: Uint8Array, from: number, to: number): number {
  const { body, left, tail } = contents;
  if (body === undefined) return 0;
  const here = Math.min(left, to - from);
  const wanted = body.wanted;
  if (wanted) body.feed(bytes, from, from + here);
  else body.pass(here);
  contents.left -= here;
  if (contents.left > 0 && body.wanted) return here;
  contents.skipping = contents.left;
  endContents(contents);
  return left + tail;
}

function endContents(contents: Contents): void {
  contents.left = 0;
  contents.tail = 0;
  if (contents.skipping === 0) contents.body = undefined;
}

/** What was passed over has come by. */
function passed({ contents }: State, direction: Direction, missing: number): void {
  const side = contents[direction];
  const { body, skipping } = side;
  if (skipping === 0) return;
  const lost = Math.min(missing, skipping);
  body?.pass(skipping - lost);
  body?.miss(lost);
  side.skipping = 0;
  side.body = undefined;
}

function gap(state: State, direction: Direction, length: number): void {
  const side = state.contents[direction];
  const { body, left, tail } = side;
  if (body === undefined || length > left + tail) state.session.lost();
  if (body === undefined) return;
  const lost = Math.min(left, length);
  body.miss(lost);
  side.left -= lost;
  side.tail = Math.max(0, tail - (length - lost));
  if (side.left + side.tail === 0) side.body = undefined;
}

function close(
  { contents, session }: State,
  owed: readonly [number, number] = [0, 0],
  missed: readonly [number, number] = [0, 0],
): void {
  for (const direction of [ORIG, RESP] as const) {
    const { body, skipping } = contents[direction];
    if (skipping === 0) continue;
    const lost = Math.min(missed[direction], skipping);
    body?.pass(skipping - lost - owed[direction]);
    body?.miss(lost);
  }
  session.close();
}

function takeMessage(
  { flow, session, smb1, smb2 }: State,
  direction: Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
  length: number,
): void {
  if (to - from < 4 || !startsWith(bytes, from + 1, to, 'SMB')) return;
  switch (bytes[from]) {
    case 0xff:
      smb1.take(direction, bytes, from, to);
      break;
    case 0xfe:
      smb2.take(direction, bytes, from, to);
      break;
    case 0xfd:
      session.facts.encrypted = true;
      break;
    case 0xfc:
      if (overflowsCompression(bytes, from, to, length)) flow.weird('smb_compression_overflow');
      break;
  }
}

/** Whom the client calls, and what it calls itself (RFC 1002 section 4.3.2). */
function takeNames({ session }: State, bytes: Uint8Array, from: number, to: number): void {
  if (to - from < NETBIOS_NAME * 2) return;
  session.facts.server_name = netbiosName(bytes, from + 1);
  session.facts.client_name = netbiosName(bytes, from + NETBIOS_NAME + 1);
}

/** RFC 1001 section 14.1: half a byte per letter, filled with blanks; the last byte says what kind of name it is. */
function netbiosName(bytes: Uint8Array, at: number): string {
  let name = '';
  for (let i = 0; i < 15; i++) {
    const high = bytes[at + i * 2]! - 0x41;
    const low = bytes[at + i * 2 + 1]! - 0x41;
    name += String.fromCharCode(((high & 15) << 4) | (low & 15));
  }
  return name.trimEnd();
}

/** Zeek's `smb`. */
export const smb = defineProtocol<State>({
  name: 'smb',
  transports: ['tcp'],
  ports: [139, 445],
  probeBytes: FRAME_HEADER + NETBIOS_NAME,
  maxPending: MAX_DECODED + FRAME_HEADER + 1,
  streams: [
    smbMappingStream,
    smbFilesStream,
    ...fileStreams,
    smbSessionStream,
    dceRpcStream,
    ntlmStream,
    kerberosStream,
  ],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  passed,
  close,
});
