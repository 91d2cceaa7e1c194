/**
 * SSH (RFC 4251 to 4253, and the beginning of SSH 1): one `ssh` record per flow as Zeek's base/protocols/ssh, with
 * HASSH. Recognised by the identification line of either side.
 *
 * What is encrypted is not read; whether the login succeeded is inferred from sizes (`ssh-login.ts`), for SSH 2 without
 * compression. A hole in the bytes ends the decoding. Of SSH 1 only the versions are kept.
 * Limits: `MAX_LINE`, `MAX_LINES`, `MAX_PACKET`.
 */
import { startsWith } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  RESP,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment, type RecordOf } from '../../model/schema.ts';
import { type LineReader, lineReader, readLine } from '../lines.ts';
import {
  type Chosen,
  choose,
  hasshOf,
  hasshServerOf,
  hostKeyFingerprint,
  KEXINIT,
  MAX_PACKET,
  NEWKEYS,
  type Offer,
  readOffer,
  readPacket,
} from './ssh-kex.ts';
import { LoginWatch } from './ssh-login.ts';

const MARK = 'SSH-';
/** RFC 4253 section 4.2 allows 255 bytes for an identification line. */
const MAX_LINE = 255;
/** Lines a server may send before it. */
const MAX_LINES = 64;
const PROBE_BYTES = 1024;

/** Zeek's `ssh.log`, and HASSH. */
export const sshStream = flowStream('ssh', 'One line per SSH connection.', {
  version: f.count('Major version both sides speak: 1 or 2.'),
  auth_success: f.bool(
    'Whether the login succeeded, inferred from sizes; absent when that could not be seen.',
  ),
  auth_attempts: f.count('Requests to log in that the server answered, inferred from sizes.'),
  direction: f.enum('OUTBOUND from the site or INBOUND to it; absent within it and outside of it.'),
  client: f.string('Identification line of the client.', 'text'),
  server: f.string('Identification line of the server.', 'text'),
  cipher_alg: f.string('Encryption algorithm.', 'text'),
  mac_alg: f.string('Message authentication algorithm.', 'text'),
  compression_alg: f.string('Compression algorithm.', 'text'),
  kex_alg: f.string('Key exchange algorithm.', 'text'),
  host_key_alg: f.string('Algorithm of the server’s key.', 'text'),
  host_key_fingerprint: f.string('SHA-256 of the server’s key, as OpenSSH shows it.'),
  hassh: f.string('HASSH: MD5 of the algorithms the client offers.'),
  hasshServer: f.string('HASSHServer: MD5 of the algorithms the server offers.'),
});

const PHASE = { line: 0, packets: 1, encrypted: 2 } as const;

interface Side {
  readonly lines: LineReader;
  skippedLines: number;
  phase: (typeof PHASE)[keyof typeof PHASE];
  identification: string | undefined;
  offer: Offer | undefined;
}

interface State {
  readonly flow: FlowContext;
  readonly sides: readonly [Side, Side];
  readonly login: LoginWatch;
  begin: { readonly ts: Moment; readonly frame: number } | undefined;
  chosen: Chosen | undefined;
  fingerprint: string | undefined;
  /** The record is out, or will never be. */
  ended: boolean;
}

/** The line says it all: it need not be known that nothing came before. */
function probe({ orig, resp }: Opening): Verdict {
  const sides = [probeSide(orig), probeSide(resp)];
  if (sides.includes('match')) return 'match';
  return sides.includes('no') ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array): Verdict {
  const seen = Math.min(bytes.length, MARK.length);
  if (!startsWith(bytes, 0, seen, MARK.slice(0, seen))) return 'no';
  if (bytes.length < MARK.length + 2) return 'unsure';
  // SSH-1.5, SSH-1.99, SSH-2.0
  const [major, point] = [bytes[MARK.length], bytes[MARK.length + 1]];
  return (major === 0x31 || major === 0x32) && point === 0x2e ? 'match' : 'no';
}

function open(flow: FlowContext): State {
  return {
    flow,
    sides: [newSide(), newSide()],
    login: new LoginWatch(),
    begin: undefined,
    chosen: undefined,
    fingerprint: undefined,
    ended: false,
  };
}

function newSide(): Side {
  return {
    lines: lineReader(MAX_LINE),
    skippedLines: 0,
    phase: PHASE.line,
    identification: undefined,
    offer: undefined,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const side = state.sides[direction];
  let at = from;
  if (side.phase === PHASE.line) {
    at = takeLines(state, direction, bytes, at, to);
    if (state.ended) return DONE;
  }
  while (side.phase === PHASE.packets && at < to) {
    const packet = readPacket(bytes, at, to);
    if (packet === 'more') return at - from;
    if (packet === 'bad') return fail(state, 'ssh_malformed_packet');
    if (packet.number === KEXINIT) takeOffer(state, direction, readOffer(bytes, packet));
    else if (packet.number === NEWKEYS) side.phase = PHASE.encrypted;
    else state.fingerprint ??= hostKeyFingerprint(bytes, packet, state.chosen?.kex);
    at = packet.next;
  }
  if (side.phase !== PHASE.encrypted || at === to) return at - from;
  if (direction === ORIG) state.login.ask();
  else state.login.observe(to - at);
  // Sizes say nothing of compressed packets.
  if (state.login.success !== true && !isCompressed(state)) return to - from;
  close(state);
  return DONE;
}

/** Lines up to the identification. */
function takeLines(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const side = state.sides[direction];
  let at = from;
  while (side.phase === PHASE.line && at < to) {
    at = readLine(side.lines, bytes, at, to);
    if (!side.lines.found) break;
    const line = latin1(bytes, side.lines.from, side.lines.to);
    if (line.startsWith(MARK)) takeIdentification(state, direction, line);
    else if (direction === ORIG || ++side.skippedLines > MAX_LINES) {
      fail(state, 'malformed_ssh_identification');
      break;
    }
  }
  return at;
}

function takeIdentification(state: State, direction: Direction, line: string): void {
  const { flow, sides } = state;
  const side = sides[direction];
  side.identification = line;
  side.phase = PHASE.packets;
  state.begin ??= { ts: flow.now, frame: flow.frame };
  const program = /^SSH-[^-]*-(.+)/.exec(line)?.[1];
  if (program !== undefined) {
    flow.software({
      side: direction,
      type: direction === ORIG ? 'SSH::CLIENT' : 'SSH::SERVER',
      text: program,
    });
  }
  // Packets of SSH 1 are built otherwise.
  if (versionOf(state) === 1) close(state);
}

/** RFC 4253 section 5: 1.99 speaks both. */
function versionOf({ sides: [orig, resp] }: State): number | undefined {
  if (orig.identification === undefined || resp.identification === undefined) return undefined;
  return [orig, resp].every(({ identification }) => /^SSH-(?:2|1\.99)/.test(identification!)) ? 2 : 1;
}

function takeOffer(state: State, direction: Direction, offer: Offer | undefined): void {
  const side = state.sides[direction];
  if (offer === undefined) state.flow.weird('ssh_malformed_kexinit');
  side.offer ??= offer;
  const [client, server] = [state.sides[ORIG].offer, state.sides[RESP].offer];
  if (client !== undefined && server !== undefined) state.chosen ??= choose(client, server);
}

function isCompressed({ chosen }: State): boolean {
  return chosen !== undefined && /^zlib(?:@openssh\.com)?$/.test(chosen.compression);
}

function fail(state: State, weird: string): number {
  state.flow.weird(weird);
  close(state);
  return DONE;
}

function close(state: State): void {
  const { flow, sides, begin, chosen, login } = state;
  if (state.ended) return;
  state.ended = true;
  if (begin === undefined) return;
  const [client, server] = sides;
  const record: RecordOf<typeof sshStream> = {
    ...begin,
    version: versionOf(state),
    auth_success: isCompressed(state) ? undefined : login.success,
    auth_attempts: isCompressed(state) ? 0 : login.attempts,
    direction: directionOf(flow),
    client: client.identification,
    server: server.identification,
    cipher_alg: chosen?.cipher,
    mac_alg: chosen?.mac,
    compression_alg: chosen?.compression,
    kex_alg: chosen?.kex,
    host_key_alg: chosen?.hostKey,
    host_key_fingerprint: state.fingerprint,
    hassh: client.offer && hasshOf(client.offer),
    hasshServer: server.offer && hasshServerOf(server.offer),
  };
  flow.emit(sshStream, record);
}

function directionOf(flow: FlowContext): string | undefined {
  const from = flow.isInternal(flow.origHost);
  if (from === flow.isInternal(flow.respHost)) return undefined;
  return from ? 'OUTBOUND' : 'INBOUND';
}

export const ssh = defineProtocol<State>({
  name: 'ssh',
  transports: ['tcp'],
  ports: [22, 2222],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_PACKET + 8,
  streams: [sshStream],
  probe,
  open,
  feed,
  close,
});
