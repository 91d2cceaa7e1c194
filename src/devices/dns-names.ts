/**
 * The name under which a client reached an address, from DNS answers that this client got (RFC 1034 section 3.6,
 * RFC 1035 section 4.1). The name is the one that was asked for, whatever CNAME chain led to the address.
 *
 * Trusted are the resolvers of the inventory (`resolvers`, and devices of type `resolver`). With an inventory other
 * answers are not believed: whoever controls a resolver could name any address after an approved cloud. Without an
 * inventory every unicast resolver is believed, with low confidence. Multicast DNS, LLMNR and NetBIOS names are
 * assertions of neighbours and never believed.
 *
 * An answer holds from its arrival until the shortest TTL on the way to the address has passed, and `GRACE` longer, since
 * connections are opened from caches that outlive it. Of several names for one address the one answered last counts.
 * Judged is the time of the record; a record late in a long flow can be past it although the flow's begin was not.
 *
 * Limits: `DEVICE_LIMITS.dnsAnswers`, `DEVICE_LIMITS.dnsAnswersPerPair`; `LOOK_BACK` overlapping answers of one client and address.
 */
import type { Batch } from '../model/batch.ts';
import type { Inventory } from '../model/device.ts';
import { boolOf, listOf, numberOf, secondsOf, textOf } from './columns.ts';
import { isGiven } from './default-inventory.ts';
import { DEVICE_LIMITS, type LimitCounts } from './limits.ts';
import { groupOf } from './scope.ts';

/** Seconds that an answer is still believed after its TTL. */
export const GRACE = 900;
/** Longer TTLs are cut: a day, as common resolvers do (RFC 8767 section 4 allows capping). */
export const MAX_TTL = 86_400;
/** Answers looked through for one that still holds. */
const LOOK_BACK = 32;

const MULTICAST_DNS = 5353;
const LLMNR = 5355;
const NETBIOS = 137;
const ADDRESS_TYPES = new Set(['A', 'AAAA']);

interface Answer {
  readonly name: string;
  readonly from: number;
  until: number;
}

/** A name and whether a listed resolver gave it. */
export interface DomainName {
  readonly name: string;
  readonly trusted: boolean;
}

export class DnsNames {
  readonly #limits: LimitCounts;
  readonly #resolvers: ReadonlySet<string>;
  readonly #given: boolean;
  /** By address, then client: answers by time. */
  readonly #answers = new Map<string, Map<string, Answer[]>>();
  #count = 0;

  constructor(inventory: Inventory, limits: LimitCounts) {
    this.#limits = limits;
    this.#given = isGiven(inventory);
    const devices = inventory.devices.filter(device => device.type === 'resolver');
    this.#resolvers = new Set([...inventory.resolvers, ...devices.flatMap(device => device.ip)]);
  }

  /** Takes in a batch of `dns`, in time order. */
  add(batch: Batch): void {
    const client = textOf(batch, 'id.orig_h');
    const resolver = textOf(batch, 'id.resp_h');
    const port = numberOf(batch, 'id.resp_p');
    const query = textOf(batch, 'query');
    const type = textOf(batch, 'qtype_name');
    const code = textOf(batch, 'rcode_name');
    const answers = listOf(batch, 'answers');
    const ttls = listOf(batch, 'TTLs');
    const rejected = boolOf(batch, 'rejected');
    const arrivals = arrivalsOf(batch);
    // Records stand in order of their queries.
    const rows = Uint32Array.from(arrivals, (_, row) => row).sort((a, b) => arrivals[a]! - arrivals[b]!);
    for (const row of rows) {
      const list = answers(row);
      const asker = client(row);
      const name = query(row);
      if (list === undefined || asker === undefined || name === undefined || name === '') continue;
      if (code(row) !== 'NOERROR' || rejected(row) === true || !ADDRESS_TYPES.has(type(row) ?? '')) continue;
      if (!this.#believes(resolver(row) ?? '', port(row) ?? 0)) continue;
      this.#learn(asker, name, list, ttls(row) ?? [], arrivals[row]!);
    }
  }

  #believes(resolver: string, port: number): boolean {
    if (port === MULTICAST_DNS || port === LLMNR || port === NETBIOS) return false;
    return this.#given ? this.#resolvers.has(resolver) : resolver !== '' && groupOf(resolver) === undefined;
  }

  #learn(
    client: string,
    name: string,
    answers: readonly (string | number)[],
    ttls: readonly (string | number)[],
    time: number,
  ): void {
    let chain = MAX_TTL;
    for (const [i, answer] of answers.entries()) {
      const ttl = Math.min(Math.max(Number(ttls[i] ?? 0), 0) || 0, chain);
      // Whatever stands before an address is the chain that leads to it.
      if (typeof answer === 'string' && isAddress(answer))
        this.#put(answer, client, name, time, time + ttl + GRACE);
      else chain = ttl;
    }
  }

  #put(address: string, client: string, name: string, from: number, until: number): void {
    const clients = this.#answers.get(address);
    const list = clients?.get(client);
    const last = list?.at(-1);
    if (last?.name === name && from <= last.until) {
      last.until = Math.max(last.until, until);
      return;
    }
    if (this.#count >= DEVICE_LIMITS.dnsAnswers || (list?.length ?? 0) >= DEVICE_LIMITS.dnsAnswersPerPair) {
      this.#limits.hit('device_dns_answers');
      return;
    }
    this.#count++;
    const answer = { name, from, until };
    if (clients === undefined) this.#answers.set(address, new Map([[client, [answer]]]));
    else if (list === undefined) clients.set(client, [answer]);
    else insert(list, answer);
  }

  /** Whether any client learnt a name of the address. */
  knows(address: string): boolean {
    return this.#answers.has(address);
  }

  /** Name under which a client knew an address at a time (seconds since 1970). */
  nameAt(client: string, address: string, time: number): DomainName | undefined {
    const list = this.#answers.get(address)?.get(client);
    if (list === undefined) return undefined;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle]!.from <= time) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && i >= low - LOOK_BACK; i--) {
      const { name, until } = list[i]!;
      if (time <= until) return { name, trusted: this.#given };
    }
    return undefined;
  }
}

/** When the replies of the rows arrived, in seconds since 1970. */
function arrivalsOf(batch: Batch): Float64Array {
  const rtt = numberOf(batch, 'rtt');
  return secondsOf(batch).map((seconds, row) => seconds + (rtt(row) ?? 0));
}

/** Answers come in order, but for a slow one at the end of a batch, which belongs a little further ahead. */
function insert(list: Answer[], answer: Answer): void {
  let at = list.length;
  while (at > 0 && list[at - 1]!.from > answer.from) at--;
  list.splice(at, 0, answer);
}

/** Addresses in answers stand as such; names and texts never have only digits and dots, or a colon. */
function isAddress(answer: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(answer) || /^[0-9a-f]*:[0-9a-f:.]*$/.test(answer);
}
