/**
 * Telnet (RFC 854): the login dialogue becomes `credentials` records; nothing of the session is kept. Recognised by
 * option negotiation, or by a server that begins with a login prompt.
 *
 * Telnet has no login of its own, so it is read off the text (`login-dialogue.ts`). Encrypted and NTLM authentication
 * (RFC 2941) is not seen.
 */
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { LoginDialogue } from './login-dialogue.ts';

const PROBE_BYTES = 1024;
/** Text behind a single option that speaks for Telnet on any port. */
const MIN_TEXT = 4;

// RFC 854, "TELNET COMMAND STRUCTURE".
const SE = 240;
const SB = 250;
const WILL = 251;
const DONT = 254;
const IAC = 255;
/** Highest option in common use (RFC 2066 and IANA's registry), and the extended options list (RFC 861). */
const LAST_OPTION = 49;
const EXTENDED_OPTIONS = 255;

const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;

/** Where in the command structure a direction is. */
const WHERE = { text: 0, command: 1, option: 2, sub: 3, subCommand: 4 } as const;
type Where = (typeof WHERE)[keyof typeof WHERE];

interface State {
  readonly dialogue: LoginDialogue;
  /** By direction. */
  readonly where: [Where, Where];
}

function probe(opening: Opening): Verdict {
  const orig = probeSide(opening.orig, opening.portHint);
  const resp = probeSide(opening.resp, opening.portHint);
  if (orig === 'match' || resp === 'match') return 'match';
  if (opening.orig.length === 0 && opening.fromStart && isLoginPrompt(opening.resp)) return 'match';
  if (orig === 'no' && resp === 'no') return 'no';
  // A greeting may come in pieces before its prompt.
  const text = isText(opening.orig) && isText(opening.resp);
  return orig === 'unsure' && resp === 'unsure'
    ? 'unsure'
    : opening.orig.length === 0 && text
      ? 'unsure'
      : 'no';
}

/** Option negotiation at the very beginning; one is enough on Telnet's port, elsewhere it takes two or text behind. */
function probeSide(bytes: Uint8Array, portHint: boolean): Verdict {
  if (bytes.length === 0) return 'unsure';
  let commands = 0;
  let at = 0;
  while (at < bytes.length && bytes[at] === IAC) {
    if (commands > 0 && (portHint || commands > 1)) return 'match';
    if (at + 2 >= bytes.length) return 'unsure';
    const command = bytes[at + 1]!;
    if (command < SB || command > DONT || !isOption(bytes[at + 2]!)) return 'no';
    commands++;
    at += 3;
    if (command !== SB) continue;
    at = endOfSub(bytes, at);
    if (at < 0) return commands > 1 || portHint ? 'match' : 'unsure';
    // A subnegotiation from its beginning to its end says as much as two commands.
    commands++;
  }
  if (commands === 0) return 'no';
  const behind = bytes.subarray(at);
  if (commands > 1 || portHint) return 'match';
  if (!isText(behind) || !behind.subarray(0, MIN_TEXT).every(isPlain)) return 'no';
  return behind.length >= MIN_TEXT ? 'match' : 'unsure';
}

/** Printable ASCII, or an end of line: what a greeting begins with. */
function isPlain(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === CR || byte === LF;
}

/** Position behind the subnegotiation that began before `at`, or -1 when it has not ended. */
function endOfSub(bytes: Uint8Array, at: number): number {
  for (let i = at; i + 1 < bytes.length; i++) if (bytes[i] === IAC && bytes[i + 1] === SE) return i + 2;
  return -1;
}

function isOption(option: number): boolean {
  return option <= LAST_OPTION || option === EXTENDED_OPTIONS;
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte >= 0x20 || (byte >= 7 && byte <= CR) || byte === ESC || byte === 0);
}

function isLoginPrompt(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 && isText(bytes) && /(?:login|user ?name|password):\s*$/i.test(latin1(bytes).slice(-80))
  );
}

function open(flow: FlowContext): State {
  return { dialogue: new LoginDialogue(flow, 'telnet'), where: [WHERE.text, WHERE.text] };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const { dialogue } = state;
  let where = state.where[direction];
  for (let i = from; i < to && !dialogue.done; i++) {
    const byte = bytes[i]!;
    if (where === WHERE.text) {
      if (byte === IAC) {
        where = WHERE.command;
        continue;
      }
    } else {
      // A doubled IAC is the byte 255 itself.
      const doubled = where === WHERE.command && byte === IAC;
      where = doubled ? WHERE.text : afterCommand(where, byte);
      if (!doubled) continue;
    }
    if (direction === ORIG) dialogue.type(byte);
    else dialogue.write(byte);
  }
  state.where[direction] = where;
  return dialogue.done ? DONE : to - from;
}

/** Steps through a command; RFC 854 and, for subnegotiations, RFC 855. */
function afterCommand(where: Where, byte: number): Where {
  switch (where) {
    case WHERE.command:
      return byte === SB ? WHERE.sub : byte >= WILL && byte <= DONT ? WHERE.option : WHERE.text;
    case WHERE.sub:
      return byte === IAC ? WHERE.subCommand : WHERE.sub;
    case WHERE.subCommand:
      return byte === SE ? WHERE.text : WHERE.sub;
    default:
      return WHERE.text;
  }
}

function gap({ dialogue, where }: State, direction: Direction): void {
  where[direction] = WHERE.text;
  if (direction === ORIG) dialogue.loseTyped();
  else dialogue.loseText();
}

function close({ dialogue }: State): void {
  dialogue.close();
}

export const telnet = defineProtocol<State>({
  name: 'telnet',
  transports: ['tcp'],
  ports: [23, 2323],
  probeBytes: PROBE_BYTES,
  maxPending: PROBE_BYTES,
  streams: [],
  probe,
  open,
  feed,
  gap,
  close,
});
