/**
 * One session with scripted protocols: what is sent, what the decoder was given, and what the session said. Bytes are
 * lent between junk and spoilt afterwards, as the reader's buffer is.
 */
import type { FlowView, PacketMark } from '../../src/model/flow.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  ORIG,
  type Protocol,
} from '../../src/model/protocol.ts';
import { StreamMemory } from '../../src/model/stream-memory.ts';
import { Session } from '../../src/protocols/session.ts';
import { toBytes } from './frames.ts';

export interface Rig {
  readonly session: Session;
  readonly weirds: string[];
  readonly services: string[];
  readonly failures: [string, unknown][];
  readonly memory: StreamMemory;
  /** Sends text; the packet's frame number is counted. Returns whether the session wants more. */
  send(direction: Direction, text: string): boolean;
}

export function rig(
  protocols: readonly Protocol[],
  options: {
    udp?: boolean;
    recogniseOnly?: boolean;
    respPort?: number;
    memory?: number;
    expected?: Protocol;
  } = {},
): Rig {
  let mark: PacketMark = { now: { sec: 0, nsec: 0 }, frame: 0, capture: 0 };
  const services: string[] = [];
  const weirds: string[] = [];
  const failures: [string, unknown][] = [];
  const flow: FlowView = {
    transport: options.udp ? 'udp' : 'tcp',
    uid: 'Cx',
    origHost: '10.0.0.1',
    origPort: 40_000,
    respHost: '10.0.0.2',
    respPort: options.respPort ?? 9_999,
    get now() {
      return mark.now;
    },
    get frame() {
      return mark.frame;
    },
    get capture() {
      return mark.capture;
    },
    shard: 0,
    fromStart: true,
    service: '',
    directionKnown: true,
    orient: () => false,
    macOf: () => undefined,
    recall: earlier => {
      mark = earlier;
    },
    addService: name => services.push(name),
  };
  const context = {
    transport: flow.transport,
    weird: (name: string) => weirds.push(name),
    get frame() {
      return mark.frame;
    },
    get now() {
      return mark.now;
    },
  } as unknown as FlowContext;
  const memory = new StreamMemory(options.memory ?? 1 << 20);
  const session = new Session(flow, context, {
    protocols,
    expected: options.expected,
    recogniseOnly: options.recogniseOnly ?? false,
    memory,
    onFailure: (protocol, error) => failures.push([protocol, error]),
  });
  return {
    session,
    weirds,
    services,
    failures,
    memory,
    send(direction, text) {
      const frame = mark.frame + 1;
      mark = { now: { sec: frame, nsec: 0 }, frame, capture: 0 };
      const lent = toBytes(`<<<${text}>>>`);
      const more = session.data(direction, lent, 3, 3 + text.length);
      lent.fill(0x3f);
      return more;
    },
  };
}

/** A protocol that takes down what happens to it. */
export function scripted(
  log: string[],
  parts: Partial<Omit<Protocol<FlowContext>, 'feed'>> & {
    feed?: (text: string, direction: Direction, flow: FlowContext) => number;
  } = {},
): Protocol {
  const { feed, ...rest } = parts;
  return defineProtocol<FlowContext>({
    name: 'scripted',
    transports: ['tcp', 'udp'],
    ports: [],
    probeBytes: 64,
    maxPending: 100,
    streams: [],
    probe: () => 'match',
    open: flow => {
      log.push('open');
      return flow;
    },
    feed(flow, direction, bytes, from, to) {
      const text = Buffer.from(bytes.subarray(from, to)).toString('latin1');
      log.push(`${direction === ORIG ? '>' : '<'}${text}`);
      return feed === undefined ? to - from : feed(text, direction, flow);
    },
    gap: (_, direction, length) => log.push(`gap ${direction} ${length}`),
    close: (_, owed) => log.push(`close ${owed?.join()}`),
    ...rest,
  });
}
