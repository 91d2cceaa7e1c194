/**
 * XMPP (RFC 6120; RFC 3920 and XEP-0078 for old clients): one `xmpp` record per connection, or per part of it before and
 * after encryption, says who talked to which domain and how; logins become `credentials` records. Recognised by the
 * stream header of either side.
 *
 * After STARTTLS the flow is handed over. Not decoded: messages, presence and queries, which are counted alone. Limits:
 * `MAX_TAG`, `MAX_MECHANISMS`.
 */
import { latin1 } from '../../bytes/text.ts';
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
import { f, flowStream, type Moment, type Token } from '../../model/schema.ts';
import { SaslDialogue, type SaslLogin } from './sasl.ts';
import { attributeOf, tagName, XmlTags } from './xml-tags.ts';

const PROBE_BYTES = 1024;
/** Longest tag, and longest text, that is read. */
const MAX_TAG = 8192;
const MAX_MECHANISMS = 16;

export const xmppStream = flowStream('xmpp', 'One line per XMPP connection, up to its encryption.', {
  kind: f.enum('client or server: who opened the stream.'),
  domain: f.string('Domain that was asked for.', 'text'),
  from: f.string('Domain that the answering side gave for itself.', 'text'),
  version: f.string('Version in the header of the originator.', 'text'),
  mechanisms: f.stringSet('SASL mechanisms that were offered.', 'text'),
  mechanism: f.string('How the client logged in: a SASL mechanism, or jabber:iq:auth.', 'text'),
  user: f.token('User who logged in, or tried to last.', 'secret'),
  success: f.bool('Whether the server accepted the login; absent when that could not be seen.'),
  tls: f.bool('The connection went on encrypted.'),
  messages: f.count('Messages of both sides.'),
  presences: f.count('Presence of both sides.'),
  queries: f.count('Queries (iq) of both sides.'),
});

interface State {
  readonly flow: FlowContext;
  readonly begin: { readonly ts: Moment; readonly frame: number };
  readonly tags: readonly [XmlTags, XmlTags];
  /** Elements that are open, by direction; the stream itself is the first. */
  readonly depth: [number, number];
  kind: string | undefined;
  domain: string | undefined;
  from: string | undefined;
  version: string | undefined;
  readonly mechanisms: Set<string>;
  mechanism: string | undefined;
  sasl: SaslDialogue | undefined;
  /** Of XEP-0078. */
  user: string | undefined;
  login: SaslLogin | undefined;
  userToken: Token | undefined;
  success: boolean | undefined;
  readonly counts: { message: number; presence: number; iq: number };
  sealed: boolean;
  /** The streams went on compressed. */
  compressed: boolean;
}

function probe({ orig, resp }: Opening): Verdict {
  const sides = [probeSide(orig), probeSide(resp)];
  if (sides.includes('match')) return 'match';
  return sides.includes('no') ? 'no' : 'unsure';
}

/** The header of a stream (RFC 6120 section 4.7), behind an XML declaration or not. */
function probeSide(bytes: Uint8Array): Verdict {
  const text = latin1(bytes, 0, Math.min(bytes.length, PROBE_BYTES)).trimStart();
  const declared = text.startsWith('<?xml') ? text.indexOf('?>') : -2;
  if (declared === -1) return 'unsure';
  const header = declared < 0 ? text : text.slice(declared + 2).trimStart();
  const start = '<stream:stream';
  if (header.length <= start.length)
    return start.startsWith(header) || (declared === -2 && '<?xml'.startsWith(header)) ? 'unsure' : 'no';
  if (!header.startsWith(start)) return 'no';
  return /jabber:(?:client|server)|http:\/\/etherx\.jabber\.org\/streams/.test(header) ? 'match' : 'unsure';
}

function open(flow: FlowContext): State {
  return {
    flow,
    begin: { ts: flow.now, frame: flow.frame },
    tags: [new XmlTags(MAX_TAG), new XmlTags(MAX_TAG)],
    depth: [0, 0],
    kind: undefined,
    domain: undefined,
    from: undefined,
    version: undefined,
    mechanisms: new Set(),
    mechanism: undefined,
    sasl: undefined,
    user: undefined,
    login: undefined,
    userToken: undefined,
    success: undefined,
    counts: { message: 0, presence: 0, iq: 0 },
    sealed: false,
    compressed: false,
  };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (state.sealed) return HANDOVER;
  const tags = state.tags[direction];
  let at = from;
  while (at < to && !state.sealed && !state.compressed) {
    at = tags.next(bytes, at, to);
    if (!tags.found) break;
    if (tags.cut) state.flow.weird('xmpp_tag_limit');
    takeTag(state, direction, tags.tag, tags.text);
  }
  if (!state.compressed) return at - from;
  close(state);
  return DONE;
}

function takeTag(state: State, direction: Direction, tag: string, text: string): void {
  const name = tagName(tag);
  const empty = tag.endsWith('/');
  if (tag.startsWith('?')) return;
  if (name === 'stream' && !empty) {
    state.depth[direction] = 1;
    takeHeader(state, direction, tag);
    return;
  }
  const closes = name.startsWith('/');
  if (state.depth[direction] === 1 && !closes) takeStanza(state, direction, name, tag);
  if (direction === ORIG) takeClient(state, name, tag, text);
  else if (name === '/mechanism' && state.mechanisms.size < MAX_MECHANISMS) state.mechanisms.add(text.trim());
  if (closes) state.depth[direction] = Math.max(0, state.depth[direction] - 1);
  else if (!empty) state.depth[direction]++;
}

function takeHeader(state: State, direction: Direction, tag: string): void {
  if (direction === ORIG) {
    state.kind ??= attributeOf(tag, 'xmlns') === 'jabber:server' ? 'server' : 'client';
    state.domain ??= attributeOf(tag, 'to');
    state.version ??= attributeOf(tag, 'version');
  } else state.from ??= attributeOf(tag, 'from');
}

/** What stands directly in the stream. */
function takeStanza(state: State, direction: Direction, name: string, tag: string): void {
  if (name === 'message' || name === 'presence' || name === 'iq') state.counts[name]++;
  if (direction === ORIG) return;
  if (name === 'proceed' && attributeOf(tag, 'xmlns')?.endsWith('xmpp-tls') === true) state.sealed = true;
  else if (name === 'compressed') state.compressed = true;
  else if (name === 'success') endLogin(state, true);
  else if (name === 'failure' && attributeOf(tag, 'xmlns')?.endsWith('xmpp-sasl') === true)
    endLogin(state, false);
  else if (name === 'iq' && state.login !== undefined) endLogin(state, attributeOf(tag, 'type') !== 'error');
}

/** RFC 6120 section 6.4, and XEP-0078 section 3. */
function takeClient(state: State, name: string, tag: string, text: string): void {
  switch (name) {
    case 'auth':
      state.mechanism = attributeOf(tag, 'mechanism')?.toUpperCase();
      state.sasl = new SaslDialogue(state.mechanism ?? '', undefined);
      break;
    case '/auth':
      // An empty first answer is none, `=` one without content.
      if (text.trim() !== '') state.sasl?.answer(text.trim() === '=' ? '' : text.trim());
      break;
    case '/response':
      state.sasl?.answer(text.trim());
      break;
    case 'abort':
    case 'abort/':
      state.sasl?.answer('*');
      break;
    case '/username':
      state.user = text.trim();
      break;
    case '/password':
      if (state.user === undefined) break;
      state.mechanism = 'jabber:iq:auth';
      state.login = { user: state.user, secret: text, secretKind: 'password' };
      break;
  }
}

function endLogin(state: State, success: boolean | undefined): void {
  const login = state.login ?? state.sasl?.login;
  const tried = login !== undefined || state.sasl !== undefined;
  state.login = undefined;
  state.sasl = undefined;
  if (tried && success !== undefined) state.success = success;
  if (login === undefined) return;
  if (login.user) state.userToken = state.flow.token('user', login.user);
  state.flow.credentials({ protocol: 'xmpp', ...login, success });
}

/** What was under way is lost; the next tag is taken for one directly in the stream. */
function gap(state: State, direction: Direction): void {
  state.tags[direction].reset();
  state.depth[direction] = 1;
}

function close(state: State): void {
  endLogin(state, undefined);
  state.flow.emit(xmppStream, {
    ...state.begin,
    kind: state.kind,
    domain: state.domain,
    from: state.from,
    version: state.version,
    mechanisms: state.mechanisms.size > 0 ? [...state.mechanisms] : undefined,
    mechanism: state.mechanism,
    user: state.userToken,
    success: state.success,
    tls: state.sealed,
    messages: state.counts.message,
    presences: state.counts.presence,
    queries: state.counts.iq,
  });
}

export const xmpp = defineProtocol<State>({
  name: 'xmpp',
  transports: ['tcp'],
  ports: [5222, 5269],
  probeBytes: PROBE_BYTES,
  maxPending: MAX_TAG,
  streams: [xmppStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap,
  close,
});
