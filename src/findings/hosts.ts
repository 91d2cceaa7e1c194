/**
 * One side of a finding, gathered from all its records: who it is when there is one, how many when there are more.
 *
 * Limits: `SHOWN_ADDRESSES` addresses and MAC addresses are listed, `DISTINCT_HOSTS` hosts are counted.
 */
import type { FindingHost, FindingPeer } from '../model/finding.ts';
import { SmallSet } from '../model/small-set.ts';
import { identityOf, nameOf, type Side } from './sides.ts';

/** IP and MAC addresses listed of one side. */
const SHOWN_ADDRESSES = 20;
/** Hosts of one side that are told apart. */
const DISTINCT_HOSTS = 10_000;

/** Gathers the hosts that stand on one side of a finding. */
export class Hosts {
  readonly #identities = new SmallSet();
  readonly #ips = new SmallSet();
  readonly #macs = new SmallSet();
  #name = '';
  #type: string | null = null;
  #port: number | null | undefined;
  #scope: string | null | undefined;
  #domain: string | null | undefined;

  /** @param port of a service the side offers; undefined when it only picked a port for the occasion */
  add(side: Side, port: number | undefined): void {
    const identity = identityOf(side, undefined);
    if (this.#identities.size === 0) {
      this.#name = nameOf(side);
      this.#type = side.type ?? null;
    }
    if (this.#identities.size < DISTINCT_HOSTS) this.#identities.add(identity);
    this.#type = same(this.#type, side.type);
    this.#port = same(this.#port, port);
    this.#scope = same(this.#scope, side.scope);
    this.#domain = same(this.#domain, side.domain);
    remember(this.#ips, side.address);
    remember(this.#macs, side.mac);
  }

  host(): FindingHost {
    const several = this.#identities.size;
    const more = several === DISTINCT_HOSTS ? ' or more' : '';
    return {
      name: several > 1 ? `${several}${more} hosts` : this.#name,
      type: this.#type,
      ips: [...this.#ips].sort(),
      macs: [...this.#macs].sort(),
    };
  }

  peer(): FindingPeer {
    return {
      ...this.host(),
      port: this.#port ?? null,
      scope: this.#scope ?? null,
      domain: this.#domain ?? null,
    };
  }
}

/** Keeps a value while all hosts share it. */
function same<T>(before: T | null | undefined, value: T | undefined): T | null {
  const now = value ?? null;
  return before === undefined || before === now ? now : null;
}

function remember(values: SmallSet, value: string | undefined): void {
  if (value !== undefined && values.size < SHOWN_ADDRESSES) values.add(value);
}
