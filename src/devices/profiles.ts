/**
 * What enrichment says of an address, without domain names: made once per address and stretch of it, then shared by all
 * records. The answers kept ready are dropped whole when there are too many; nothing is lost by that.
 */
import type { Criticality, Inventory, Scope, Zone } from '../model/device.ts';
import { isGiven } from './default-inventory.ts';
import { deviceIdentity, type Identity } from './hosts.ts';
import { DEVICE_LIMITS } from './limits.ts';
import type { Tenure } from './mac-history.ts';
import type { Recognition } from './recognise.ts';

/** What many addresses have in common; one object for all that do. Undefined is absent. */
export interface Traits {
  readonly type: string | undefined;
  readonly medical: boolean | undefined;
  readonly criticality: Criticality | undefined;
  readonly vendor: string | undefined;
  readonly zone: string | undefined;
  readonly zoneMedical: boolean | undefined;
  readonly known: boolean | undefined;
  readonly scope: Scope;
}

/** Values of one side of a record. */
export interface Profile {
  readonly traits: Traits;
  readonly device: string | undefined;
  readonly mac: string | undefined;
}

/** An address: its stretches in time order, and a profile for each. */
export interface AddressProfiles {
  readonly tenures: readonly Tenure[];
  readonly profiles: readonly Profile[];
}

/** Of a host of which nothing is known. */
const NOTHING: Pick<Identity, 'type' | 'medical' | 'criticality' | 'vendor'> = {
  type: undefined,
  medical: undefined,
  criticality: undefined,
  vendor: undefined,
};

/** Looks addresses up. */
export class Profiles {
  readonly #recognition: Recognition;
  readonly #given: boolean;
  readonly #zoneOfVlan: ReadonlyMap<number, Zone>;
  readonly #cache = new Map<string, AddressProfiles>();
  /** By their values, one after the other. */
  readonly #traits = new Map<string, Traits>();
  /** Of addresses that have nothing but traits: most of the internet. */
  readonly #plain = new Map<Traits, AddressProfiles>();

  constructor(inventory: Inventory, recognition: Recognition) {
    this.#recognition = recognition;
    this.#given = isGiven(inventory);
    this.#zoneOfVlan = new Map(inventory.zones.flatMap(zone => zone.vlan.map(vlan => [vlan, zone])));
  }

  of(address: string): AddressProfiles {
    let found = this.#cache.get(address);
    if (found === undefined) {
      found = this.#make(address);
      if (this.#cache.size >= DEVICE_LIMITS.cachedAddresses) this.#cache.clear();
      this.#cache.set(address, found);
    }
    return found;
  }

  /** The zone of an address: by range, else by the VLAN it was seen on with its own MAC address. */
  zoneOf(address: string): Zone | undefined {
    const { plan, survey } = this.#recognition;
    const zone = plan.zone(address);
    if (zone !== undefined || this.#zoneOfVlan.size === 0) return zone;
    const vlan = survey.vlanOf(address);
    return vlan === undefined ? undefined : this.#zoneOfVlan.get(vlan);
  }

  #make(address: string): AddressProfiles {
    const tenures = this.#recognition.history.tenures(address);
    const profiles = tenures.map(tenure => this.#profile(address, tenure));
    const only = profiles[0]!;
    if (profiles.length > 1 || only.device !== undefined || only.mac !== undefined)
      return { tenures, profiles };
    const shared = this.#plain.get(only.traits) ?? { tenures, profiles };
    this.#plain.set(only.traits, shared);
    return shared;
  }

  #profile(address: string, tenure: Tenure): Profile {
    const { plan, hosts } = this.#recognition;
    const host = hosts.during(address, tenure);
    const device = hosts.deviceOf(address, tenure.mac);
    const identity = host ? hosts.identity(host) : device ? deviceIdentity(device) : NOTHING;
    const zone = this.zoneOf(address);
    const scope = plan.scope(address);
    const traits = this.#shared({
      type: identity.type,
      medical: identity.medical,
      criticality: identity.criticality,
      vendor: identity.vendor,
      zone: zone?.name,
      zoneMedical: zone?.medical,
      known: this.#known(device !== undefined, scope),
      scope,
    });
    return { traits, device: device?.name, mac: tenure.mac };
  }

  #shared(traits: Traits): Traits {
    const key = Object.values(traits).join('\u0000');
    const known = this.#traits.get(key);
    if (known === undefined) this.#traits.set(key, traits);
    return known ?? traits;
  }

  /** Only hosts of the site can be unknown to its inventory. */
  #known(listed: boolean, scope: Scope): boolean | undefined {
    if (!this.#given) return undefined;
    if (listed) return true;
    return scope === 'internal' ? false : undefined;
  }
}
