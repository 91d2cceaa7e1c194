/**
 * What enrichment says of an address, without domain names: made once per address and stretch of it, then shared by all
 * records. The answers kept ready are dropped whole when there are too many; nothing is lost by that.
 */
import type { Criticality, Inventory, Scope, Zone } from '../model/device.ts';
import { deviceIdentity, type Identity } from './hosts.ts';
import { isGiven } from './inventory.ts';
import { DEVICE_LIMITS } from './limits.ts';
import { type Tenure, tenureAt } from './mac-history.ts';
import type { Recognition } from './recognise.ts';

/** Values of one side of a record; undefined is absent. */
export interface Profile {
  readonly device: string | undefined;
  readonly type: string | undefined;
  readonly medical: boolean | undefined;
  readonly criticality: Criticality | undefined;
  readonly vendor: string | undefined;
  readonly zone: string | undefined;
  readonly zoneMedical: boolean | undefined;
  readonly known: boolean | undefined;
  readonly scope: Scope | undefined;
  readonly mac: string | undefined;
}

/** An address: its stretches in time order, and a profile for each. */
export interface AddressProfiles {
  readonly tenures: readonly Tenure[];
  readonly profiles: readonly Profile[];
}

const NOTHING: Identity = {
  type: undefined,
  medical: undefined,
  criticality: undefined,
  vendor: undefined,
  evidence: [],
};

/** Looks addresses up. */
export class Profiles {
  readonly #recognition: Recognition;
  readonly #given: boolean;
  readonly #zoneOfVlan: ReadonlyMap<number, Zone>;
  readonly #cache = new Map<string, AddressProfiles>();

  constructor(inventory: Inventory, recognition: Recognition) {
    this.#recognition = recognition;
    this.#given = isGiven(inventory);
    this.#zoneOfVlan = new Map(inventory.zones.flatMap(zone => zone.vlan.map(vlan => [vlan, zone])));
  }

  of(address: string): AddressProfiles {
    let found = this.#cache.get(address);
    if (found === undefined) {
      const tenures = this.#recognition.history.tenures(address);
      found = { tenures, profiles: tenures.map(tenure => this.#profile(address, tenure)) };
      if (this.#cache.size >= DEVICE_LIMITS.cachedAddresses) this.#cache.clear();
      this.#cache.set(address, found);
    }
    return found;
  }

  /** The profile of an address at a time, in seconds since 1970. */
  at(address: string, time: number): Profile {
    const { tenures, profiles } = this.of(address);
    return profiles[tenureAt(tenures, time)]!;
  }

  /** The zone of an address: by range, else by the VLAN it was seen on with its own MAC address. */
  zoneOf(address: string): Zone | undefined {
    const { plan, survey } = this.#recognition;
    const zone = plan.zone(address);
    if (zone !== undefined || this.#zoneOfVlan.size === 0) return zone;
    const vlan = survey.vlanOf(address);
    return vlan === undefined ? undefined : this.#zoneOfVlan.get(vlan);
  }

  #profile(address: string, tenure: Tenure): Profile {
    const { plan, hosts } = this.#recognition;
    const host = hosts.during(address, tenure);
    const device = hosts.deviceOf(address, tenure.mac);
    const identity = host ? hosts.identity(host) : device ? deviceIdentity(device) : NOTHING;
    const zone = this.zoneOf(address);
    const scope = plan.scope(address);
    return {
      device: device?.name,
      type: identity.type,
      medical: identity.medical,
      criticality: identity.criticality,
      vendor: identity.vendor,
      zone: zone?.name,
      zoneMedical: zone?.medical,
      known: this.#known(device !== undefined, scope),
      scope,
      mac: tenure.mac,
    };
  }

  /** Only hosts of the site can be unknown to its inventory. */
  #known(listed: boolean, scope: Scope): boolean | undefined {
    if (!this.#given) return undefined;
    if (listed) return true;
    return scope === 'internal' ? false : undefined;
  }
}
