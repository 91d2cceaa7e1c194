/**
 * Which protocols to ask about the first bytes of a flow, and in which order: those of its transport, those first whose
 * ports the responder's is. No protocol claims another's opening, so the order decides only how soon the right one is
 * asked.
 *
 * Of a TCP flow only those are asked that do not decline its first byte alone. A stream may be cut anywhere, so a probe
 * that says `no` to the first byte says `no` to whatever follows it (a property test sees to it). Who declines is found
 * out by asking everybody once per first byte, port and side, and kept. Datagrams are never cut: a probe may decline a
 * short one and take a longer one, so everybody is asked about them.
 *
 * Limit: `MAX_LISTS` lists are kept; what would be more is found out again each time.
 */
import type { Protocol } from '../model/protocol.ts';

type Transport = 'tcp' | 'udp';

/** Ports that no protocol names share one list. */
const ANY_PORT = -1;

/** Enough for each first byte of either side at every port that a protocol names, as far as they really occur. */
const MAX_LISTS = 16_384;

const EMPTY = new Uint8Array(0);
/** Every byte, as an opening of its own. */
const SINGLE = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

/** The protocols to ask at one port. */
interface AtPort {
  readonly udp: readonly Protocol[];
  readonly tcp: readonly Protocol[];
  /** Those of `tcp` that remain, by `keyOf` the first bytes. */
  readonly byFirst: Map<number, readonly Protocol[]>;
}

export class Candidates {
  readonly #protocols: readonly Protocol[];
  readonly #named: ReadonlySet<number>;
  readonly #ports = new Map<number, AtPort>();
  #lists = 0;

  constructor(protocols: readonly Protocol[]) {
    this.#protocols = protocols;
    this.#named = new Set(protocols.flatMap(protocol => protocol.ports));
  }

  /** Whether any protocol names the port: where none does, none is hinted. */
  names(port: number): boolean {
    return this.#named.has(port);
  }

  /** The protocols to ask about datagrams to `port`, the likely ones first. */
  ofDatagrams(port: number): readonly Protocol[] {
    return this.#at(port).udp;
  }

  /**
   * The protocols to ask about a stream to `port`, the likely ones first, when `orig` and `resp` are what each side sent
   * so far; not both are empty.
   */
  ofStream(port: number, orig: Uint8Array, resp: Uint8Array, fromStart: boolean): readonly Protocol[] {
    const at = this.#at(port);
    const key = keyOf(orig, resp, fromStart);
    const known = at.byFirst.get(key);
    if (known !== undefined) return known;
    const first = orig.length === 0 ? EMPTY : SINGLE[orig[0]!]!;
    const second = resp.length === 0 ? EMPTY : SINGLE[resp[0]!]!;
    const asks = (protocol: Protocol, one: Uint8Array, other: Uint8Array): boolean =>
      protocol.probe({
        transport: 'tcp',
        orig: one,
        resp: other,
        origPort: 0,
        respPort: port,
        portHint: protocol.ports.includes(port),
        fromStart,
      }) !== 'no';
    // Of both sides a probe may need only one, and look at the other when it has enough of it.
    const list = at.tcp.filter(
      protocol =>
        asks(protocol, first, second) ||
        (first !== EMPTY &&
          second !== EMPTY &&
          (asks(protocol, first, EMPTY) || asks(protocol, EMPTY, second))),
    );
    if (this.#lists < MAX_LISTS) {
      this.#lists++;
      at.byFirst.set(key, list);
    }
    return list;
  }

  #at(port: number): AtPort {
    const key = this.#named.has(port) ? port : ANY_PORT;
    let at = this.#ports.get(key);
    if (at === undefined) {
      at = { tcp: this.#spoken('tcp', key), udp: this.#spoken('udp', key), byFirst: new Map() };
      this.#ports.set(key, at);
    }
    return at;
  }

  #spoken(transport: Transport, port: number): readonly Protocol[] {
    const spoken = this.#protocols.filter(protocol => protocol.transports.includes(transport));
    const hinted = spoken.filter(protocol => protocol.ports.includes(port));
    return [...hinted, ...spoken.filter(protocol => !hinted.includes(protocol))];
  }
}

/** The first byte of each side (0 is none) and whether it begins the stream, as a small integer. */
function keyOf(orig: Uint8Array, resp: Uint8Array, fromStart: boolean): number {
  const first = orig.length === 0 ? 0 : orig[0]! + 1;
  const second = resp.length === 0 ? 0 : resp[0]! + 1;
  return (first * 257 + second) * 2 + (fromStart ? 1 : 0);
}

const known = new WeakMap<readonly Protocol[], Candidates>();

/** The candidates among `protocols`; what was found out about a list of protocols is kept with it. */
export function candidatesOf(protocols: readonly Protocol[]): Candidates {
  let candidates = known.get(protocols);
  if (candidates === undefined) {
    candidates = new Candidates(protocols);
    known.set(protocols, candidates);
  }
  return candidates;
}
