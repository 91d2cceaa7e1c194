/**
 * The remote commands of BSD: rlogin (RFC 1282), rsh and rexec. One `r_command` record per connection: who claims to be whom,
 * and what is run; passwords become `credentials` records. All begin with strings that end with NUL, which say nothing of
 * the protocol, so that the responder's port must be its own, and the strings must be well formed.
 *
 * Not decoded: the session, and the second connection for errors. Limits: `MAX_STRING`.
 */
import { indexOf } from '../../bytes/read.ts';
import { latin1, utf8 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Protocol,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import { hideSecrets } from '../secret-text.ts';
import { LoginDialogue } from './login-dialogue.ts';

/** Longest string; longer commands are cut off from the record. */
const MAX_STRING = 4096;
const PROBE_BYTES = 256;
/** Longest user name; RFC 1282 has no limit, systems allow 32. */
const MAX_USER = 64;

export const rCommandStream = flowStream('r_command', 'One line per rlogin, rsh or rexec connection.', {
  protocol: f.enum('rlogin, rsh or rexec.'),
  client_user: f.token('User on the client; absent for rexec.', 'secret'),
  account: f.string('User on the server, only when it is on the list of vendor and default accounts.'),
  user: f.token('User on the server as a token, when it is not on that list.', 'secret'),
  terminal: f.string('Terminal and speed of rlogin.', 'text'),
  command: f.string('Command to be run.', 'text'),
  success: f.bool('The server began its work; absent when that could not be seen.'),
});

type Name = 'rlogin' | 'rsh' | 'rexec';

/** What each string is. rlogin begins with an empty one; the others with a port for errors, or none. */
const STRINGS: Readonly<Record<Name, readonly string[]>> = {
  rlogin: ['empty', 'client', 'user', 'terminal'],
  rsh: ['port', 'client', 'user', 'command'],
  rexec: ['port', 'user', 'secret', 'command'],
};

interface State {
  readonly flow: FlowContext;
  readonly name: Name;
  readonly begin: { readonly ts: Moment; readonly frame: number };
  readonly strings: Record<string, string>;
  count: number;
  success: boolean | undefined;
  dialogue: LoginDialogue | undefined;
}

function probeAs(name: Name): (opening: Opening) => Verdict {
  return ({ orig, resp, portHint, fromStart }) => {
    if (!portHint || !fromStart || (resp.length > 0 && resp[0]! > 1)) return 'no';
    const parts = latin1(orig, 0, Math.min(orig.length, PROBE_BYTES)).split('\0');
    const first = parts[0]!;
    const whole = parts.slice(1, -1);
    if (orig.length === 0) return 'unsure';
    if (name === 'rlogin' ? first !== '' : !/^\d{0,5}$/.test(first)) return 'no';
    // The last of the parts may still grow.
    const bad = [...whole, parts.at(-1)!].slice(0, 2).some(part => !/^[\x21-\x7e]{0,64}$/.test(part));
    if (bad || whole[0] === '' || whole[1] === '') return 'no';
    return whole.length >= 2 ? 'match' : 'unsure';
  };
}

function openAs(name: Name): (flow: FlowContext) => State {
  return flow => ({
    flow,
    name,
    begin: { ts: flow.now, frame: flow.frame },
    strings: {},
    count: 0,
    success: undefined,
    dialogue: undefined,
  });
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (direction !== ORIG) return takeServer(state, bytes, from, to);
  let at = from;
  const names = STRINGS[state.name];
  while (at < to && state.count < names.length) {
    const end = indexOf(bytes, 0, at, Math.min(to, at + MAX_STRING));
    if (end < 0) {
      if (to - at < MAX_STRING) return at - from;
      state.flow.weird(`${state.name}_string_limit`);
      return DONE;
    }
    state.strings[names[state.count]!] = utf8(bytes, at, end);
    state.count++;
    at = end + 1;
  }
  if (state.name !== 'rlogin') return to - from;
  for (; at < to && state.dialogue?.done !== true; at++) state.dialogue?.type(bytes[at]!);
  return to - from;
}

/** The first byte says whether the server accepts: 0, or 1 and a text. */
function takeServer(state: State, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  if (state.success === undefined && state.count > 0) {
    state.success = bytes[at] === 0;
    at++;
    if (state.name === 'rlogin')
      state.dialogue = new LoginDialogue(state.flow, 'rlogin', state.strings['user']);
  }
  for (; at < to && state.dialogue?.done === false; at++) state.dialogue.write(bytes[at]!);
  return to - from;
}

function close(state: State): void {
  const { flow, name, strings, success } = state;
  state.dialogue?.close();
  const { client, user, secret } = strings;
  const account = user === undefined ? undefined : knownAccount(user);
  if (secret !== undefined)
    flow.credentials({ protocol: name, user, secret, secretKind: 'password', success });
  flow.emit(rCommandStream, {
    ...state.begin,
    protocol: name,
    client_user: client ? flow.token('user', client.slice(0, MAX_USER)) : undefined,
    account,
    user: user && account === undefined ? flow.token('user', user) : undefined,
    terminal: strings['terminal'],
    command: strings['command'] === undefined ? undefined : hideSecrets(strings['command']),
    success,
  });
}

function defineAs(name: Name, port: number): Protocol {
  return defineProtocol<State>({
    name,
    transports: ['tcp'],
    ports: [port],
    probeBytes: PROBE_BYTES,
    maxPending: MAX_STRING + 1,
    streams: [rCommandStream],
    probe: probeAs(name),
    open: openAs(name),
    feed,
    close,
  });
}

export const rexec = defineAs('rexec', 512);
export const rlogin = defineAs('rlogin', 513);
export const rsh = defineAs('rsh', 514);
