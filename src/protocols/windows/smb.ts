/**
 * SMB, all versions, in its session service (RFC 1002 section 4.3) on port 139 or directly over TCP on port 445
 * (MS-SMB2 section 2.1): four bytes of type and length, then a message. The versions are decoded in `smb1.ts` and
 * `smb2.ts`; here are frames, recognition, and what must not be collected: of a long message only the beginning is kept,
 * and contents of files are passed over. After a gap, reading goes on at the next segment that begins a frame.
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
  type Verdict,
} from '../../model/protocol.ts';
import { dceRpcStream } from './dce-rpc-calls.ts';
import { ntlmStream } from './gssapi.ts';
import { kerberosStream } from './kerberos-log.ts';
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
}

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
  return { flow, session, smb1: new Smb1(session), smb2: new Smb2(session) };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at + FRAME_HEADER <= to) {
    const type = bytes[at]!;
    const body = at + FRAME_HEADER;
    const length = type === SESSION_MESSAGE ? u24be(bytes, at + 1) : u16be(bytes, at + 2);
    if (!isFrame(type, length, bytes, body, to)) {
      state.flow.weird('smb_unknown_frame');
      return to - from;
    }
    const available = Math.min(to - body, length);
    if (
      available < Math.min(length, MAX_DECODED) &&
      !isFileData(state, bytes, body, body + available, length)
    ) {
      break;
    }
    if (type === SESSION_MESSAGE) takeMessage(state, direction, bytes, body, body + available, length);
    else if (type === SESSION_REQUEST) takeNames(state, bytes, body, body + available);
    at = body + length;
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

/** Whether what came of a long message is the beginning of file contents, which need not be waited for. */
function isFileData(state: State, bytes: Uint8Array, from: number, to: number, length: number): boolean {
  if (length <= DATA_HEADER * 4 || to - from < DATA_HEADER || bytes[from] !== 0xfe) return false;
  const file = state.smb2.dataOf(bytes, from, to);
  return file !== undefined && file.pipe === undefined;
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
  streams: [smbMappingStream, smbFilesStream, smbSessionStream, dceRpcStream, ntlmStream, kerberosStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap: state => state.session.lost(),
  close: state => state.session.close(),
});
