/**
 * Simple Service Discovery Protocol (UPnP Device Architecture 2.0 section 1): searches, announcements and answers, which are
 * HTTP heads in datagrams. One `ssdp` record per message; a message that says the same as an earlier one of its flow is
 * left out, for devices repeat themselves every few minutes.
 *
 * Recognised on any port by its methods, answers by a `USN` header. Descriptions that `location` points to are HTTP.
 * Limits: `MAX_HEAD` bytes and `MAX_HEADERS` lines of a message, `MAX_REMEMBERED` messages per flow.
 */
import { startsWith } from '../../bytes/read.ts';
import { utf8 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';

const MAX_HEAD = 2048;
const MAX_HEADERS = 32;
const MAX_REMEMBERED = 256;

const METHODS = ['M-SEARCH', 'NOTIFY'];
const ANSWER = 'HTTP/1.';

export const ssdpStream = flowStream(
  'ssdp',
  'One line per search, announcement or answer of UPnP discovery.',
  {
    method: f.enum('M-SEARCH, NOTIFY, or RESPONSE for the answer to a search.'),
    st: f.string('Type of device or service that is looked for or announced.', 'text'),
    nts: f.string('What an announcement says: ssdp:alive, ssdp:byebye or ssdp:update.', 'text'),
    usn: f.string('Unique name of the device and service.', 'text'),
    location: f.string('Address of its description.', 'text'),
    server: f.string('Operating system and programs of the sender.', 'text'),
    max_age: f.interval('Seconds the announcement holds.'),
  },
);

type SsdpRecord = RecordOf<typeof ssdpStream>;

interface State {
  readonly flow: FlowContext;
  readonly seen: Set<string>;
}

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const method = methodOf(bytes, 0, bytes.length);
  if (method === undefined) return 'no';
  return method !== 'RESPONSE' || readHeaders(bytes, 0, bytes.length).has('usn') ? 'match' : 'no';
}

function methodOf(bytes: Uint8Array, at: number, end: number): string | undefined {
  const method = METHODS.find(name => startsWith(bytes, at, end, `${name} * HTTP/1.`));
  return method ?? (startsWith(bytes, at, end, ANSWER) ? 'RESPONSE' : undefined);
}

/** Headers by name in lower case; of several of one name the first. */
function readHeaders(bytes: Uint8Array, from: number, to: number): Map<string, string> {
  const lines = utf8(bytes, from, Math.min(to, from + MAX_HEAD)).split('\n', MAX_HEADERS + 1);
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (value !== '' && !headers.has(name)) headers.set(name, value);
  }
  return headers;
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const { flow, seen } = state;
  const method = methodOf(bytes, from, to);
  if (method === undefined) {
    flow.weird('SSDP_invalid_message');
    return to - from;
  }
  if (to - from > MAX_HEAD) flow.weird('SSDP_message_limit');
  const headers = readHeaders(bytes, from, to);
  const maxAge = /max-age\s*=\s*(\d{1,9})/i.exec(headers.get('cache-control') ?? '')?.[1];
  const server = headers.get('server') ?? headers.get('user-agent');
  const record: SsdpRecord = {
    method,
    st: headers.get('st') ?? headers.get('nt'),
    nts: headers.get('nts'),
    usn: headers.get('usn'),
    location: headers.get('location') ?? headers.get('al'),
    server,
    max_age: maxAge === undefined ? undefined : Number(maxAge),
  };
  if (isRepeated(seen, `${direction} ${JSON.stringify(record)}`)) return to - from;
  flow.emit(ssdpStream, record);
  if (server !== undefined) {
    const type = method === 'M-SEARCH' ? 'UPNP::CONTROL_POINT' : 'UPNP::DEVICE';
    flow.software({ side: direction, type, text: server });
  }
  if (method !== 'M-SEARCH' && record.nts !== 'ssdp:byebye') announce(flow, direction, record);
  return to - from;
}

/** What an announcement, or the answer to a search, says of its sender (UPnP Device Architecture 1.1, section 1.1.4). */
function announce(flow: FlowContext, side: Direction, { st, usn }: SsdpRecord): void {
  const uuid = /^uuid:[0-9a-f-]{1,64}/i.exec(usn ?? '')?.[0];
  flow.identity({ side, attribute: 'system_id', value: uuid, confidence: 0.9 });
  if (st?.startsWith('urn:')) flow.identity({ side, attribute: 'service', value: st });
}

/** Remembers what was said; everything is forgotten when it becomes too much. */
function isRepeated(seen: Set<string>, text: string): boolean {
  if (seen.has(text)) return true;
  if (seen.size >= MAX_REMEMBERED) seen.clear();
  seen.add(text);
  return false;
}

export const ssdp = defineProtocol<State>({
  name: 'ssdp',
  transports: ['udp'],
  ports: [1900],
  probeBytes: MAX_HEAD,
  maxPending: 1,
  streams: [ssdpStream],
  probe,
  open: flow => ({ flow, seen: new Set() }),
  feed,
});
