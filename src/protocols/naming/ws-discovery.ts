/**
 * WS-Discovery (OASIS Web Services Dynamic Discovery 1.1 and its draft of April 2005): who offers which service. Cameras
 * (ONVIF), printers (WSD) and medical devices (ISO/IEEE 11073-20702, types such as `MedicalDevice`) announce themselves
 * and search this way. One `ws_discovery` record per message, of answers one per match; a message sent again (section 3.1.3
 * of SOAP-over-UDP asks for that) is left out by its identifier. Patients and operators that scopes of medical devices name
 * are tokens.
 *
 * The messages are SOAP in datagrams. Their few elements are picked out of the text by name, whatever the prefix; the XML is
 * not validated. Recognised by the namespace of the protocol. Limits: `MAX_TEXT` bytes of a message, `MAX_LIST`
 * values of a list, `MAX_MATCHES` matches of an answer, `MAX_REMEMBERED` identifiers per flow.
 */
import { utf8 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';
import { readSdcScopes, type SdcScopes, unescaped } from '../sdc-scopes.ts';

const MAX_TEXT = 16_384;
const MAX_LIST = 32;
const MAX_MATCHES = 16;
const MAX_REMEMBERED = 256;
const PROBE_BYTES = 2048;

const NAMESPACE =
  /schemas\.xmlsoap\.org\/ws\/2005\/04\/discovery|docs\.oasis-open\.org\/ws-dd\/ns\/discovery/;
/** Of ISO/IEEE 11073: MDPWS (20702), SDC (20701), BICEPS (10207). */
const SDC = /standards\.ieee\.org\/downloads\/11073\/11073-/;
/** Said by who offers a service. */
const ANSWERS = new Set(['Hello', 'ProbeMatches', 'ResolveMatches']);
const ACTIONS = new Set(['Hello', 'Bye', 'Probe', 'ProbeMatches', 'Resolve', 'ResolveMatches']);

export const wsDiscoveryStream = flowStream('ws_discovery', 'One line per message of WS-Discovery.', {
  action: f.string('Hello, Bye, Probe, ProbeMatches, Resolve or ResolveMatches.'),
  is_orig: f.bool('The originator sent it.'),
  endpoint: f.string('Identifier of the device, mostly a UUID.', 'text'),
  types: f.strings('Types of the device or those looked for, at most 32.', 'text'),
  scopes: f.strings('Where and what the device says it is, at most 32.', 'text'),
  xaddrs: f.strings('Addresses of its services, at most 32.', 'text'),
  schemes: f.stringSet('Schemes of these addresses: http, https …', 'text'),
  version: f.enum('2009/01 for WS-Discovery 1.1, 2005/04 for its draft.'),
  sdc: f.bool('It is about medical devices of ISO/IEEE 11073 SDC.'),
  locations: f.strings('Locations in the scopes of a medical device, the largest part first.', 'text'),
  device_types: f.strings(
    'Types in the scopes of a medical device; MDC begins a name or code of ISO/IEEE 11073-10101.',
    'text',
  ),
  patient: f.token('Patient whom the scopes of a medical device name, as a token.', 'phi'),
});

interface State {
  readonly flow: FlowContext;
  readonly seen: Set<string>;
}

// Nothing but text until the next tag, so that no search runs over the same characters twice.
const element = (name: string): RegExp => new RegExp(`<(?:[\\w.-]{1,64}:)?${name}(?:\\s[^<>]*)?>([^<]*)<`);
const ACTION = element('Action');
const MESSAGE_ID = element('MessageID');
const TYPES = element('Types');
const SCOPES = element('Scopes');
const XADDRS = element('XAddrs');
const ENDPOINT =
  /<(?:[\w.-]{1,64}:)?EndpointReference(?:\s[^<>]*)?>\s*<(?:[\w.-]{1,64}:)?Address(?:\s[^<>]*)?>([^<]*)</;

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const first = bytes[0];
  // A tag, behind a byte order mark or blanks perhaps.
  if (first !== 0x3c && first !== 0xef && first !== 0x20 && first !== 0x0d && first !== 0x0a) return 'no';
  return NAMESPACE.test(utf8(bytes)) ? 'match' : 'no';
}

function feed({ flow, seen }: State, side: Direction, bytes: Uint8Array, from: number, to: number): number {
  if (to - from > MAX_TEXT) flow.weird('WS_Discovery_message_limit');
  const text = utf8(bytes, from, Math.min(to, from + MAX_TEXT));
  const action = textOf(ACTION, text)?.split('/').pop();
  if (action === undefined || !ACTIONS.has(action)) {
    flow.weird('WS_Discovery_invalid_message');
    return to - from;
  }
  const id = textOf(MESSAGE_ID, text);
  if (id !== undefined) {
    if (seen.has(id)) return to - from;
    if (seen.size >= MAX_REMEMBERED) seen.clear();
    seen.add(id);
  }
  const about = {
    action,
    is_orig: side === ORIG,
    version: text.includes('/2005/04/discovery') ? '2005/04' : '2009/01',
    sdc: SDC.test(text),
  };
  for (const part of matches(text)) report(flow, side, about, part);
  return to - from;
}

/** The parts of an answer with one match each; of other messages all of it. */
function matches(text: string): string[] {
  const starts = [...text.matchAll(MATCH)].slice(0, MAX_MATCHES + 1).map(({ index }) => index);
  if (starts.length < 2) return [text];
  return starts.slice(0, MAX_MATCHES).map((start, i) => text.slice(start, starts[i + 1] ?? text.length));
}

const MATCH = /<(?:[\w.-]{1,64}:)?(?:ProbeMatch|ResolveMatch)[\s>]/g;

type Line = RecordOf<typeof wsDiscoveryStream>;

function report(flow: FlowContext, side: Direction, about: Line & { sdc: boolean }, text: string): void {
  const scopes = listOf(SCOPES, text);
  const read = readSdcScopes(scopes ?? []);
  const xaddrs = listOf(XADDRS, text);
  const sdc = about.sdc || (scopes?.some(scope => scope.startsWith('sdc.')) ?? false);
  const [patient] = read.patients;
  const said: Line = {
    ...about,
    endpoint: textOf(ENDPOINT, text),
    types: listOf(TYPES, text),
    scopes: scopes === undefined ? undefined : read.shown,
    xaddrs,
    schemes: xaddrs === undefined ? undefined : schemesOf(xaddrs),
    sdc: sdc ? true : undefined,
    locations: read.locations.length > 0 ? read.locations : undefined,
    device_types: read.types.length > 0 ? read.types : undefined,
    patient: patient === undefined ? undefined : flow.token('mrn', patient),
  };
  if (ANSWERS.has(about.action ?? '')) announce(flow, side, said, read);
  if (patient !== undefined)
    flow.phi({
      protocol: 'ws_discovery',
      carrier: about.action ?? '',
      items: [{ kind: 'mrn', values: read.patients }],
    });
  flow.emit(wsDiscoveryStream, said);
}

function schemesOf(xaddrs: readonly string[]): string[] {
  const schemes = xaddrs.map(
    address => /^([a-z][a-z0-9+.-]{0,31}):/i.exec(address)?.[1]?.toLowerCase() ?? '',
  );
  return [...new Set(schemes.filter(scheme => scheme !== ''))].sort();
}

/**
 * What a device says of itself: types, and of its scopes those that ONVIF (Core Specification, section 7.3.2.2) and SDC
 * (ISO/IEEE 11073-20701) define. A discovery proxy speaks for others; it says so by its type.
 */
function announce(flow: FlowContext, side: Direction, said: Line, read: SdcScopes): void {
  const { endpoint, types = [], scopes = [] } = said;
  const behind = types.some(type => /(?:^|:)DiscoveryProxy$/.test(type));
  flow.identity({ side, attribute: 'system_id', value: endpoint, confidence: 0.9, behind });
  for (const value of types) flow.identity({ side, attribute: 'service', value, behind });
  for (const scope of scopes) {
    const onvif = /^onvif:\/\/www\.onvif\.org\/(name|hardware|location)\/(.{1,200})$/i.exec(scope);
    if (onvif === null) continue;
    const attribute = ONVIF[onvif[1]!.toLowerCase()]!;
    flow.identity({ side, attribute, value: unescaped(onvif[2]!), confidence: 0.9, behind });
  }
  for (const value of read.types) flow.identity({ side, attribute: 'type', value, confidence: 0.9, behind });
  for (const value of read.locations)
    flow.identity({ side, attribute: 'location', value, confidence: 0.9, behind });
}

const ONVIF: Readonly<Record<string, IdentityAttribute>> = {
  name: 'name',
  hardware: 'model',
  location: 'location',
};

function textOf(pattern: RegExp, text: string): string | undefined {
  const value = pattern.exec(text)?.[1]?.trim();
  return value === '' ? undefined : value;
}

function listOf(pattern: RegExp, text: string): string[] | undefined {
  return textOf(pattern, text)?.split(/\s+/, MAX_LIST);
}

export const wsDiscovery = defineProtocol<State>({
  name: 'ws_discovery',
  transports: ['udp'],
  ports: [3702],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [wsDiscoveryStream],
  probe,
  open: flow => ({ flow, seen: new Set() }),
  feed,
});
