/**
 * The flow as the reader of a carried document sees it: the carrier's own, but its records say what carried them. `source`
 * and `fuid` are filled into streams that have them, `phi` records name the carrier's protocol and the format within it.
 */
import type { FlowContext, PhiSeen } from '../../model/protocol.ts';
import type { Carrier } from './payload.ts';

/** @param payload name of the format */
export function carriedFlow(flow: FlowContext, carrier: Carrier, payload: string): FlowContext {
  return {
    get uid() {
      return flow.uid;
    },
    get protocol() {
      return payload;
    },
    get transport() {
      return flow.transport;
    },
    get origHost() {
      return flow.origHost;
    },
    get origPort() {
      return flow.origPort;
    },
    get respHost() {
      return flow.respHost;
    },
    get respPort() {
      return flow.respPort;
    },
    get now() {
      return flow.now;
    },
    get frame() {
      return flow.frame;
    },
    get expected() {
      return undefined;
    },
    recorded: flow.recorded,
    isInternal: address => flow.isInternal(address),
    emit(stream, record) {
      const full = record as Record<string, unknown>;
      if ('source' in stream.fields) full['source'] = carrier.source;
      if ('fuid' in stream.fields) full['fuid'] = carrier.fuid;
      flow.emit(stream, record);
    },
    weird: (name, detail) => flow.weird(name, detail),
    token: (kind, value) => flow.token(kind, value),
    credentials: login => flow.credentials(login),
    phi: (seen: PhiSeen) => flow.phi({ ...seen, protocol: protocolOf(carrier.source), payload }),
    // Files, mail and messages of brokers come from whoever made them, not from who passes them on.
    identity: seen =>
      flow.identity({ source: payload, ...seen, behind: seen.behind === true || !isDirect(carrier) }),
    software: seen => flow.software(seen),
    addService: name => flow.addService(name),
    expect: announced => flow.expect(announced),
    joint: (kind, key) => flow.joint(kind, key),
  };
}

/** What one side of HTTP says is its own. */
function isDirect({ source }: Carrier): boolean {
  return source === 'HTTP';
}

/** The carrier's name as in `service`: `ftp-data` for FTP_DATA. */
function protocolOf(source: string): string {
  return source.toLowerCase().replaceAll('_', '-');
}
