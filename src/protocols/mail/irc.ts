/**
 * IRC (RFC 1459, RFC 2812): one `irc` record per NICK, USER and JOIN of the client and per file offered over DCC, as
 * Zeek's base/protocols/irc; PASS, OPER and NickServ become `credentials` records. Recognised by commands and replies
 * that only IRC has.
 *
 * After STARTTLS the flow is handed over. What people say is not kept, nor are keys of channels.
 * Limits: `MAX_LINE`, `MAX_CHANNELS`, `MAX_OFFERS`.
 */
import { latin1, utf8 } from '../../bytes/text.ts';
import { knownAccount } from '../../model/accounts.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import type { AnnouncedFile } from '../files/announced.ts';
import { type LineReader, lineReader, readLine, resetLine } from '../lines.ts';
import { type IrcLine, readDccOffer, readIrcLine } from './irc-lines.ts';

/** RFC 1459 allows 512 bytes, IRCv3 8191 more for tags. */
const MAX_LINE = 4096;
/** Channels of one JOIN that get records. */
const MAX_CHANNELS = 64;
/** Files offered on one connection that get records. */
const MAX_OFFERS = 64;
const PROBE_BYTES = 512;

/** Zeek's `irc.log`. */
export const ircStream = flowStream(
  'irc',
  'One line per nick, user and channel of an IRC client, and per file offered.',
  {
    nick: f.string('Nick at that time.', 'text'),
    user: f.string('User name.', 'text'),
    command: f.string('NICK, USER, JOIN or DCC.'),
    value: f.string('What the command names: the new nick, the user, the channel.', 'text'),
    addl: f.string('What else it says: host, server and real name behind USER.', 'text'),
    dcc_file_name: f.string('Name of the file offered.', 'text'),
    dcc_file_size: f.count('Size of the file offered.'),
    dcc_mime_type: f.string('Type of the file by content; absent when it was not fetched here.'),
    fuid: f.string('The file in `files`.'),
  },
);

interface Offer {
  readonly record: RecordOf<typeof ircStream>;
  readonly announced: AnnouncedFile;
}

interface State {
  readonly flow: FlowContext;
  readonly lines: readonly [LineReader, LineReader];
  nick: string | undefined;
  user: string | undefined;
  /** Kept from one record to the next, as Zeek does. */
  addl: string | undefined;
  password: string | undefined;
  oper: { readonly user: string; readonly secret: string } | undefined;
  /** Files offered, whose records wait for what comes of them. */
  readonly offers: Offer[];
  sealed: boolean;
}

/** NICK, CAP, or USER with its four parameters; behind PASS or USER, which others have too, one of them must follow. */
const ORIG_LINE =
  /^\s*(?:(?:PASS|USER) [^\r\n]{1,256}\r?\n\s*)?(?:NICK +:?[^\s]{1,64} *\r?\n|CAP +(?:LS|REQ|END)|USER +\S+ +\S+ +\S+ +\S)/i;
const RESP_LINE = /^(?::\S{1,128} (?:NOTICE|PING|0\d\d|CAP|4\d\d) |NOTICE (?:AUTH|\*) )/;
const MESSAGE = /^(?:PRIVMSG|NOTICE|JOIN) +[^\s:]{1,64}/i;

function probe({ orig, resp, portHint }: Opening): Verdict {
  const line = latin1(orig, 0, Math.min(orig.length, PROBE_BYTES));
  const reply = latin1(resp, 0, Math.min(resp.length, 256));
  if (ORIG_LINE.test(line) || RESP_LINE.test(reply)) return 'match';
  if (portHint && MESSAGE.test(line)) return 'match';
  const possible =
    /^\s*(?:N(?:I(?:C(?:K(?: .*)?)?)?)?|U(?:S(?:E(?:R(?: .*)?)?)?)?|C(?:A(?:P(?: .*)?)?)?|P(?:A(?:S(?:S(?: .*)?)?)?)?)?$/is;
  if (line.length > 0 && !possible.test(line)) return 'no';
  return reply === '' || /^(?::|N(?:O(?:T(?:I(?:C(?:E.*)?)?)?)?)?$)/s.test(reply) ? 'unsure' : 'no';
}

function open(flow: FlowContext): State {
  return {
    flow,
    lines: [lineReader(MAX_LINE), lineReader(MAX_LINE)],
    nick: undefined,
    user: undefined,
    addl: undefined,
    password: undefined,
    oper: undefined,
    offers: [],
    sealed: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  const reader = state.lines[direction];
  let at = from;
  while (at < to && !state.sealed) {
    at = readLine(reader, bytes, at, to);
    if (!reader.found) break;
    if (reader.cut) state.flow.weird('irc_line_size_exceeded');
    const line = readIrcLine(utf8(bytes, reader.from, reader.to));
    if (line === undefined) continue;
    if (direction === ORIG) takeCommand(state, line);
    else takeReply(state, line);
    takeMessage(state, line);
  }
  return at - from;
}

function takeCommand(state: State, { command, words, trailing }: IrcLine): void {
  const first = words[0]?.replace(/^:/, '');
  if (first === undefined) return;
  switch (command) {
    case 'PASS':
      state.password = trailing ?? first;
      break;
    case 'NICK':
      emit(state, 'NICK', first);
      state.nick = first;
      break;
    case 'USER':
      state.addl = describeUser(words);
      protectUser(state, words, trailing);
      emit(state, 'USER', first);
      state.user = first;
      break;
    case 'JOIN':
      join(state, words);
      break;
    case 'OPER':
      if (words[1] !== undefined) state.oper = { user: first, secret: words[1] };
      break;
  }
}

/** Host, server and real name in Zeek's words: it glues the words of a name together. */
function describeUser(words: readonly string[]): string {
  const [, host = '', server = '', name = '', ...rest] = words;
  return `${host} ${server} ${name.replace(/^:/, '')}${rest.map(word => `${word} `).join('')}`;
}

/** User and real name may be a person's: writers mask them. */
function protectUser(state: State, [user]: readonly string[], realName: string | undefined): void {
  if (user !== undefined && knownAccount(user) === undefined) state.flow.token('user', user);
  if (realName === undefined || realName.trim() === '') return;
  state.flow.token('person_name', realName);
  state.flow.token('person_name', realName.replace(/ /g, ''));
}

function join(state: State, [channels, keys]: readonly string[]): void {
  const names = channels!.split(',', MAX_CHANNELS);
  const secrets = keys?.split(',', MAX_CHANNELS) ?? [];
  for (const [index, name] of names.entries()) {
    const secret = secrets[index];
    if (secret !== undefined && secret !== '') state.flow.token('channel_key', secret);
    state.addl = secret === undefined || secret === '' ? '' : ' with channel key';
    emit(state, 'JOIN', name);
  }
}

function emit(state: State, command: string, value: string, more: RecordOf<typeof ircStream> = {}): void {
  const { nick, user, addl } = state;
  state.flow.emit(ircStream, { nick, user, command, value, addl, ...more });
}

function takeReply(state: State, { command }: IrcLine): void {
  switch (command) {
    // RPL_WELCOME, ERR_PASSWDMISMATCH
    case '001':
      reportPassword(state, true);
      break;
    case '464':
      if (state.oper !== undefined) reportOper(state, false);
      else reportPassword(state, false);
      break;
    // RPL_YOUREOPER, ERR_NOOPERHOST
    case '381':
      reportOper(state, true);
      break;
    case '491':
      reportOper(state, false);
      break;
    // RPL_STARTTLS
    case '670':
      state.sealed = true;
      break;
  }
}

/** Files offered, and passwords told to the services of a network. */
function takeMessage(state: State, { command, words, trailing }: IrcLine): void {
  if (command !== 'PRIVMSG' && command !== 'NOTICE' && command !== 'NICKSERV' && command !== 'NS') return;
  if (trailing?.startsWith('\x01')) {
    takeOffer(state, trailing);
    return;
  }
  const text = command.startsWith('N') && command !== 'NOTICE' ? words.join(' ') : trailing;
  if (text === undefined || (command === 'PRIVMSG' && !/^nickserv/i.test(words[0] ?? ''))) return;
  const [, user, secret] = /^IDENTIFY +(?:(\S+) +)?(\S+) *$/i.exec(text) ?? [];
  if (secret === undefined) return;
  state.flow.credentials({ protocol: 'irc', user: user ?? state.nick, secret, secretKind: 'password' });
}

function takeOffer(state: State, text: string): void {
  const offer = readDccOffer(text);
  if (offer === undefined) return;
  const { flow, nick, user, offers } = state;
  if (offers.length >= MAX_OFFERS) {
    flow.weird('irc_dcc_limit');
    return;
  }
  const announced: AnnouncedFile = { filename: offer.file };
  flow.expect({
    transport: 'tcp',
    host: offer.host,
    port: offer.port,
    protocol: 'irc-dcc-data',
    memo: announced,
  });
  const record = {
    ts: flow.now,
    frame: flow.frame,
    nick,
    user,
    command: 'DCC',
    dcc_file_name: offer.file,
    dcc_file_size: offer.size,
  };
  offers.push({ record, announced });
}

function reportPassword(state: State, success: boolean | undefined): void {
  const { password, nick, user } = state;
  state.password = undefined;
  if (password === undefined) return;
  state.flow.credentials({
    protocol: 'irc',
    user: user ?? nick,
    secret: password,
    secretKind: 'password',
    success,
  });
}

function reportOper(state: State, success: boolean | undefined): void {
  const { oper } = state;
  state.oper = undefined;
  if (oper !== undefined) {
    state.flow.credentials({ protocol: 'irc', ...oper, secretKind: 'password', success });
  }
}

function gap(state: State, direction: Direction): void {
  resetLine(state.lines[direction]);
}

function close(state: State): void {
  reportPassword(state, undefined);
  reportOper(state, undefined);
  for (const { record, announced } of state.offers) {
    const { file } = announced;
    state.flow.emit(ircStream, { ...record, dcc_mime_type: file?.mimeType, fuid: file?.fuid });
  }
}

export const irc = defineProtocol<State>({
  name: 'irc',
  transports: ['tcp'],
  ports: [6667, 6666, 6668, 6669, 6660, 6661, 6662, 6663, 6664, 6665],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_LINE + 3,
  streams: [ircStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  close,
});
