/**
 * Which protocols to ask about the first bytes of a flow, and in which order: those of its transport, those first whose
 * ports the responder's is. No protocol claims another's opening, so the order decides only how soon the right one is
 * asked. The lists are made once per port and kept.
 */
import type { Protocol } from '../model/protocol.ts';

type Transport = 'tcp' | 'udp';

/** Ports that no protocol names share one list. */
const ANY_PORT = -1;

class Candidates {
  readonly #protocols: readonly Protocol[];
  readonly #named: ReadonlySet<number>;
  readonly #lists: Readonly<Record<Transport, Map<number, readonly Protocol[]>>> = {
    tcp: new Map(),
    udp: new Map(),
  };

  constructor(protocols: readonly Protocol[]) {
    this.#protocols = protocols;
    this.#named = new Set(protocols.flatMap(protocol => protocol.ports));
  }

  of(transport: Transport, port: number): readonly Protocol[] {
    const key = this.#named.has(port) ? port : ANY_PORT;
    const lists = this.#lists[transport];
    let list = lists.get(key);
    if (list === undefined) {
      const spoken = this.#protocols.filter(protocol => protocol.transports.includes(transport));
      const hinted = spoken.filter(protocol => protocol.ports.includes(key));
      list = [...hinted, ...spoken.filter(protocol => !hinted.includes(protocol))];
      lists.set(key, list);
    }
    return list;
  }
}

const known = new WeakMap<readonly Protocol[], Candidates>();

/** The protocols to ask about a flow over `transport` to `port`, the likely ones first. */
export function candidatesOf(
  protocols: readonly Protocol[],
  transport: Transport,
  port: number,
): readonly Protocol[] {
  let candidates = known.get(protocols);
  if (candidates === undefined) {
    candidates = new Candidates(protocols);
    known.set(protocols, candidates);
  }
  return candidates.of(transport, port);
}
