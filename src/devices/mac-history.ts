/**
 * Which MAC address an address had when. An address that had one MAC address had it all along; one that had several
 * changed hands at the first sight of the next one: an address was a device from then to then. The first holds from the
 * beginning and the last to the end of the captures, so that what is learnt late also names what came before it.
 *
 * Second pass, over sightings in time order and only for the addresses that need it. Claims of ARP are logged once per
 * pair, so a return to an earlier MAC address shows in flows only.
 */
import { DEVICE_LIMITS, type LimitCounts } from './limits.ts';
import type { MacSurvey, Sighting } from './mac-survey.ts';

/** One stretch of an address: until the next one's `from`. */
export interface Tenure {
  readonly mac: string | undefined;
  /** Seconds since 1970; -Infinity for the first. */
  readonly from: number;
}

const NOBODY: readonly Tenure[] = [{ mac: undefined, from: Number.NEGATIVE_INFINITY }];

export class MacHistory {
  readonly #survey: MacSurvey;
  readonly #limits: LimitCounts;
  /** Stretches of addresses, as far as they are known. */
  readonly #tenures = new Map<string, Tenure[]>();
  /** Addresses that had more than one MAC address of their own. */
  readonly contested: ReadonlySet<string>;

  constructor(survey: MacSurvey, limits: LimitCounts) {
    this.#survey = survey;
    this.#limits = limits;
    this.contested = new Set([...survey.addresses()].filter(ip => survey.macsOf(ip).length > 1));
  }

  /** Takes in sightings of contested addresses, both in time order. */
  add(claims: Iterable<Sighting>, flows: Iterable<Sighting>): void {
    const waiting = claims[Symbol.iterator]();
    let claim = waiting.next();
    for (const flow of flows) {
      for (; claim.done !== true && claim.value.time <= flow.time; claim = waiting.next())
        this.#see(claim.value);
      this.#see(flow);
    }
    for (; claim.done !== true; claim = waiting.next()) this.#see(claim.value);
  }

  #see({ ip, mac, time }: Sighting): void {
    if (!this.contested.has(ip) || !this.#survey.owns(mac, ip)) return;
    const tenures = this.#tenures.get(ip);
    if (tenures === undefined) {
      this.#tenures.set(ip, [{ mac, from: Number.NEGATIVE_INFINITY }]);
    } else if (tenures.at(-1)?.mac !== mac) {
      if (tenures.length > DEVICE_LIMITS.macChanges) this.#limits.hit('device_mac_changes');
      else tenures.push({ mac, from: time });
    }
  }

  /** Stretches of an address in time order; one without a MAC address when it had none of its own. */
  tenures(ip: string): readonly Tenure[] {
    const changed = this.#tenures.get(ip);
    if (changed !== undefined) return changed;
    const mac = this.#survey.macsOf(ip)[0];
    if (mac === undefined) return NOBODY;
    // Asked for with every record of the address. What has several MAC addresses may yet change hands.
    const only = [{ mac, from: Number.NEGATIVE_INFINITY }];
    if (!this.contested.has(ip)) this.#tenures.set(ip, only);
    return only;
  }
}

/** Index of the stretch a time falls into. */
export function tenureAt(tenures: readonly { readonly from: number }[], time: number): number {
  let low = 0;
  let high = tenures.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tenures[middle]!.from <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}
