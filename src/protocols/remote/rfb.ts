/**
 * RFB, the protocol of VNC (RFC 6143 section 7.1 to 7.3): one `rfb` record per connection as Zeek's base/protocols/rfb,
 * from the versions to the name of the desktop. Recognised by the version of either side.
 *
 * Logins are challenges, so that no secret is seen, but for the security type VeNCrypt Plain, which sends user and
 * password. Where TLS begins (VeNCrypt, type 18) the flow is handed over. Not decoded: screens and keys; other security types
 * than `SECURITY_TYPES` from their beginning on. Limits: `MAX_NAME`, `MAX_LOGIN`.
 */
import { startsWith, u16be, u32be } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';

/** Longest name of a desktop that is kept. */
const MAX_NAME = 1024;
/** Longest user or password. */
const MAX_LOGIN = 1024;
const VERSION_LENGTH = 12;
const CHALLENGE_LENGTH = 16;
/** Of the ServerInit message, before the name. */
const INIT_LENGTH = 24;
const PROBE_BYTES = 64;

/** Zeek's `rfb.log`. */
export const rfbStream = flowStream('rfb', 'One line per VNC connection.', {
  client_major_version: f.string('Major version of the client, as sent.'),
  client_minor_version: f.string('Minor version of the client, as sent.'),
  server_major_version: f.string('Major version of the server, as sent.'),
  server_minor_version: f.string('Minor version of the server, as sent.'),
  authentication_method: f.string('Security type the client chose.'),
  auth: f.bool('The server accepted the login; absent when that could not be seen.'),
  share_flag: f.bool('The client lets others stay connected.'),
  desktop_name: f.string('Name of the desktop.', 'text'),
  width: f.count('Width of the screen in pixels.'),
  height: f.count('Height of the screen in pixels.'),
});

const NONE = 1;
const VNC = 2;
const TLS = 18;
const VENCRYPT = 19;
/** Zeek's names; others are `unknown-N`. */
const SECURITY_TYPES: Readonly<Record<number, string>> = {
  0: 'Invalid',
  1: 'None',
  2: 'VNC',
  5: 'RA2',
  6: 'RA2ne',
  16: 'Tight',
  17: 'Ultra',
  18: 'TLS',
  19: 'VeNCrypt',
  20: 'GTK-VNC SASL',
  21: 'MD5 hash authentication',
  22: 'Colin Dean xvp',
  30: 'Apple Remote Desktop',
};
/** Of VeNCrypt: user and password in clear. Those above it begin with TLS. */
const VENCRYPT_PLAIN = 256;

/** What a direction sends next. */
type Step =
  | 'version'
  | 'type'
  | 'types'
  | 'choice'
  | 'challenge'
  | 'response'
  | 'result'
  | 'vencrypt version'
  | 'vencrypt ack'
  | 'vencrypt types'
  | 'vencrypt choice'
  | 'vencrypt start'
  | 'plain login'
  | 'share'
  | 'init'
  | 'end';

interface State {
  readonly flow: FlowContext;
  /** When the client showed its version, as Zeek has it; without a client, when the flow began. */
  begin: { readonly ts: Moment; readonly frame: number };
  readonly steps: [Step, Step];
  readonly versions: [string | undefined, string | undefined];
  method: number | undefined;
  subtype: number | undefined;
  login: { readonly user: string; readonly secret: string } | undefined;
  auth: boolean | undefined;
  share: boolean | undefined;
  desktop: { readonly name: string; readonly width: number; readonly height: number } | undefined;
  /** TLS begins. */
  sealed: boolean;
  ended: boolean;
}

function probe({ orig, resp, fromStart }: Opening): Verdict {
  if (!fromStart) return 'no';
  const sides = [probeSide(orig), probeSide(resp)];
  if (sides.includes('no')) return 'no';
  return sides.includes('match') ? 'match' : 'unsure';
}

function probeSide(bytes: Uint8Array): Verdict {
  const mark = 'RFB 00';
  if (!startsWith(bytes, 0, Math.min(bytes.length, mark.length), mark.slice(0, bytes.length))) return 'no';
  if (bytes.length < VERSION_LENGTH) return 'unsure';
  return readVersion(bytes, 0) === undefined ? 'no' : 'match';
}

/** `003.008` of `RFB 003.008\n`. */
function readVersion(bytes: Uint8Array, at: number): string | undefined {
  return /^RFB (\d{3}\.\d{3})\n$/.exec(latin1(bytes, at, at + VERSION_LENGTH))?.[1];
}

function open(flow: FlowContext): State {
  return {
    flow,
    begin: { ts: flow.now, frame: flow.frame },
    steps: ['version', 'version'],
    versions: [undefined, undefined],
    method: undefined,
    subtype: undefined,
    login: undefined,
    auth: undefined,
    share: undefined,
    desktop: undefined,
    sealed: false,
    ended: false,
  };
}

/** Minor version in use; RFC 6143 section 7.1.1. */
function minorOf({ versions }: State): number {
  const minors = versions.filter(version => version !== undefined).map(version => Number(version.slice(4)));
  const minor = Math.min(...minors);
  return minor >= 8 ? 8 : minor >= 7 ? 7 : 3;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  let at = from;
  while (at < to && !state.ended && !state.sealed) {
    const step = state.steps[direction];
    // Everything behind is screens and keys.
    if (step === 'end') return to - from;
    const taken =
      direction === ORIG ? takeClient(state, step, bytes, at, to) : takeServer(state, step, bytes, at, to);
    if (taken === 0) break;
    at += taken;
  }
  return state.ended ? DONE : at - from;
}

/** Takes what the client sends in this step; the result is its length, 0 when it is not whole. */
function takeClient(state: State, step: Step, bytes: Uint8Array, at: number, to: number): number {
  const length = to - at;
  const next = (then: Step, taken: number): number => {
    state.steps[ORIG] = then;
    return taken;
  };
  switch (step) {
    case 'version':
      if (length < VERSION_LENGTH) return 0;
      if (!takeVersion(state, ORIG, bytes, at)) return fail(state);
      state.begin = { ts: state.flow.now, frame: state.flow.frame };
      // In 3.3 the server says the type, which must have come before.
      if (minorOf(state) === 3) return next(state.method === VNC ? 'response' : 'share', VERSION_LENGTH);
      return next('choice', VERSION_LENGTH);
    case 'choice':
      choose(state, bytes[at]!);
      return 1;
    case 'response':
      return length < CHALLENGE_LENGTH ? 0 : next('share', CHALLENGE_LENGTH);
    case 'vencrypt version':
      return length < 2 ? 0 : next('vencrypt choice', 2);
    case 'vencrypt choice':
      if (length < 4) return 0;
      state.subtype = u32be(bytes, at);
      state.steps[1] = state.subtype === VENCRYPT_PLAIN ? 'result' : 'vencrypt start';
      return next(state.subtype === VENCRYPT_PLAIN ? 'plain login' : 'end', 4);
    case 'plain login':
      return takePlainLogin(state, bytes, at, to);
    case 'share':
      state.share = bytes[at] !== 0;
      return next('end', 1);
    default:
      return fail(state);
  }
}

/** The client chose a security type: what both send next. */
function choose(state: State, method: number): void {
  state.method = method;
  const { steps } = state;
  if (method === NONE) {
    steps[0] = 'share';
    steps[1] = minorOf(state) === 8 ? 'result' : 'init';
  } else if (method === VNC) {
    steps[0] = 'response';
    steps[1] = 'challenge';
  } else if (method === VENCRYPT) {
    steps[0] = 'vencrypt version';
    steps[1] = 'vencrypt version';
  } else if (method === TLS) state.sealed = true;
  else close(state);
}

function takePlainLogin(state: State, bytes: Uint8Array, at: number, to: number): number {
  if (to - at < 8) return 0;
  const [userLength, secretLength] = [u32be(bytes, at), u32be(bytes, at + 4)];
  if (userLength > MAX_LOGIN || secretLength > MAX_LOGIN) return fail(state);
  const end = at + 8 + userLength + secretLength;
  if (end > to) return 0;
  state.login = {
    user: utf8(bytes, at + 8, at + 8 + userLength),
    secret: utf8(bytes, at + 8 + userLength, end),
  };
  state.steps[0] = 'share';
  return end - at;
}

/** As `takeClient`, for the server. */
function takeServer(state: State, step: Step, bytes: Uint8Array, at: number, to: number): number {
  const length = to - at;
  const next = (then: Step, taken: number): number => {
    if (length < taken) return 0;
    state.steps[1] = then;
    return taken;
  };
  switch (step) {
    case 'version':
      if (length < VERSION_LENGTH) return 0;
      return takeVersion(state, 1, bytes, at) ? next('types', VERSION_LENGTH) : fail(state);
    case 'types':
      // In 3.3 the type is the server's, as a number of four bytes, which begins with a zero.
      if (minorOf(state) === 3) {
        state.steps[1] = 'type';
        return takeServer(state, 'type', bytes, at, to);
      }
      return length < 1 + bytes[at]! ? 0 : takeTypes(state, bytes, at);
    case 'type':
      if (length < 4) return 0;
      state.method = u32be(bytes, at);
      if (state.method === VNC) {
        if (state.steps[0] === 'share') state.steps[0] = 'response';
        return next('challenge', 4);
      }
      return state.method === NONE ? next('init', 4) : fail(state);
    case 'challenge':
      return next('result', CHALLENGE_LENGTH);
    case 'result':
      if (length < 4) return 0;
      return takeResult(state, u32be(bytes, at));
    case 'vencrypt version':
      return next('vencrypt ack', 2);
    case 'vencrypt ack':
      return next('vencrypt types', 1);
    case 'vencrypt types':
      return next('vencrypt start', 1 + 4 * bytes[at]!);
    case 'vencrypt start':
      state.sealed = bytes[at] === 1;
      return state.sealed ? 1 : fail(state);
    case 'init':
      return takeInit(state, bytes, at, to);
    default:
      return fail(state);
  }
}

function takeVersion(state: State, direction: Direction, bytes: Uint8Array, at: number): boolean {
  state.versions[direction] = readVersion(bytes, at);
  return state.versions[direction] !== undefined;
}

/** Types the server offers; without any it refuses. When only one is offered it is known even if the client is not seen. */
function takeTypes(state: State, bytes: Uint8Array, at: number): number {
  const count = bytes[at]!;
  if (count === 0) {
    state.auth = false;
    close(state);
  } else if (state.versions[ORIG] === undefined && count === 1) choose(state, bytes[at + 1]!);
  return 1 + count;
}

function takeResult(state: State, result: number): number {
  state.auth = result === 0;
  reportLogin(state);
  if (state.auth) state.steps[1] = 'init';
  else close(state);
  return 4;
}

function takeInit(state: State, bytes: Uint8Array, at: number, to: number): number {
  if (to - at < INIT_LENGTH) return 0;
  const nameLength = u32be(bytes, at + 20);
  const kept = Math.min(nameLength, MAX_NAME);
  if (to - at < INIT_LENGTH + kept) return 0;
  if (nameLength > MAX_NAME) state.flow.weird('rfb_name_limit');
  state.desktop = {
    name: utf8(bytes, at + INIT_LENGTH, at + INIT_LENGTH + kept),
    width: u16be(bytes, at),
    height: u16be(bytes, at + 2),
  };
  // Without a login the server has accepted by going on.
  state.auth ??= true;
  close(state);
  return INIT_LENGTH + kept;
}

function reportLogin(state: State): void {
  const { login, auth } = state;
  state.login = undefined;
  if (login !== undefined)
    state.flow.credentials({ protocol: 'rfb', ...login, secretKind: 'password', success: auth });
}

function fail(state: State): number {
  state.flow.weird('rfb_malformed');
  close(state);
  return 0;
}

function close(state: State): void {
  if (state.ended) return;
  state.ended = true;
  reportLogin(state);
  const [client, server] = state.versions;
  const { method, desktop } = state;
  state.flow.emit(rfbStream, {
    ...state.begin,
    client_major_version: client?.slice(0, 3),
    client_minor_version: client?.slice(4),
    server_major_version: server?.slice(0, 3),
    server_minor_version: server?.slice(4),
    authentication_method: method === undefined ? undefined : (SECURITY_TYPES[method] ?? `unknown-${method}`),
    auth: state.auth,
    share_flag: state.share,
    desktop_name: desktop?.name,
    width: desktop?.width,
    height: desktop?.height,
  });
}

export const rfb = defineProtocol<State>({
  name: 'rfb',
  transports: ['tcp'],
  ports: [5900, 5901, 5902, 5903, 5904, 5905],
  probeBytes: PROBE_BYTES,
  maxPending: 4096,
  streams: [rfbStream],
  leadsOn: true,
  probe,
  open,
  feed,
  close,
});
