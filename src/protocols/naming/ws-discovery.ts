/**
 * WS-Discovery (OASIS Web Services Dynamic Discovery 1.1 and its draft of April 2005): who offers which service. Cameras
 * (ONVIF), printers (WSD) and medical devices (ISO/IEEE 11073-20702, types such as `MedicalDevice`) announce themselves
 * and search this way. One `ws_discovery` record per message; a message sent again (section 3.1.3 of SOAP-over-UDP asks for
 * that) is left out by its identifier.
 *
 * The messages are SOAP in datagrams. Their few elements are picked out of the text by name, whatever the prefix; the XML is
 * not validated. Recognised by the namespace of the protocol. Limits: `MAX_TEXT` bytes of a message, `MAX_LIST`
 * values of a list, `MAX_REMEMBERED` identifiers per flow.
 */
import { utf8 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream, type RecordOf } from '../../model/schema.ts';

const MAX_TEXT = 16_384;
const MAX_LIST = 32;
const MAX_REMEMBERED = 256;
const PROBE_BYTES = 2048;

const NAMESPACE =
  /schemas\.xmlsoap\.org\/ws\/2005\/04\/discovery|docs\.oasis-open\.org\/ws-dd\/ns\/discovery/;
/** Said by who offers a service. */
const ANSWERS = new Set(['Hello', 'ProbeMatches', 'ResolveMatches']);
const ACTIONS = new Set(['Hello', 'Bye', 'Probe', 'ProbeMatches', 'Resolve', 'ResolveMatches']);

export const wsDiscoveryStream = flowStream('ws_discovery', 'One line per message of WS-Discovery.', {
  action: f.string('Hello, Bye, Probe, ProbeMatches, Resolve or ResolveMatches.'),
  endpoint: f.string('Identifier of the device, mostly a UUID.', 'text'),
  types: f.strings('Types of the device or those looked for, at most 32.', 'text'),
  scopes: f.strings('Where and what the device says it is, at most 32.', 'text'),
  xaddrs: f.strings('Addresses of its services, at most 32.', 'text'),
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
  const said: RecordOf<typeof wsDiscoveryStream> = {
    action,
    endpoint: textOf(ENDPOINT, text),
    types: listOf(TYPES, text),
    scopes: listOf(SCOPES, text),
    xaddrs: listOf(XADDRS, text),
  };
  if (ANSWERS.has(action)) announce(flow, side, said);
  flow.emit(wsDiscoveryStream, said);
  return to - from;
}

/**
 * What a device says of itself: types, and of its scopes those that ONVIF (Core Specification, section 7.3.2.2) and SDC
 * (ISO/IEEE 11073-20701) define. A discovery proxy speaks for others; it says so by its type.
 */
function announce(flow: FlowContext, side: Direction, said: RecordOf<typeof wsDiscoveryStream>): void {
  const { endpoint, types = [], scopes = [] } = said;
  const behind = types.some(type => /(?:^|:)DiscoveryProxy$/.test(type));
  flow.identity({ side, attribute: 'system_id', value: endpoint, confidence: 0.9, behind });
  for (const value of types) flow.identity({ side, attribute: 'service', value, behind });
  for (const scope of scopes) {
    const onvif = /^onvif:\/\/www\.onvif\.org\/(name|hardware|location)\/(.{1,200})$/i.exec(scope);
    if (onvif !== null) {
      const attribute = ONVIF[onvif[1]!.toLowerCase()]!;
      flow.identity({ side, attribute, value: unescaped(onvif[2]!), confidence: 0.9, behind });
    } else if (scope.startsWith('sdc.cdc.type:')) {
      flow.identity({ side, attribute: 'type', value: scope, confidence: 0.9, behind });
    } else if (scope.startsWith('sdc.ctxt.loc:')) {
      flow.identity({ side, attribute: 'location', value: unescaped(scope), confidence: 0.9, behind });
    }
  }
}

const ONVIF: Readonly<Record<string, IdentityAttribute>> = {
  name: 'name',
  hardware: 'model',
  location: 'location',
};

/** A URI's text without percent signs, as far as they are valid. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

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
