/**
 * Hosts of the site: who an address was at a time, and what is known of each host. The inventory decides, by address and
 * else by MAC address; a host it does not know is its MAC address, and without one its address.
 *
 * The type of an unknown host is the best evidence for one, when that reaches `TYPE_CONFIDENCE`. A manufacturer's MAC
 * prefix is a hint below it: it gives the vendor and never the type.
 */
import type { Criticality, Evidence, InventoryDevice } from '../model/device.ts';
import { lookupOui } from '../net/oui.ts';
import { DicomFacts, dicomEvidence } from './dicom-role.ts';
import { Hl7Facts, hl7Evidence } from './hl7-role.ts';
import { type MacHistory, type Tenure, tenureAt } from './mac-history.ts';
import type { InventoryIndex, MacSurvey } from './mac-survey.ts';
import { DEVICE_TYPES } from './types.ts';

/** Evidence for a type is believed from here on. */
export const TYPE_CONFIDENCE = 0.5;
/** A registered prefix says who made the network card. */
const OUI_CONFIDENCE = 0.3;
const ROUTER_CONFIDENCE = 0.6;

/** What enrichment and reports say of a host. */
export interface Identity {
  readonly type: string | undefined;
  /** Undefined when the type is. */
  readonly medical: boolean | undefined;
  readonly criticality: Criticality | undefined;
  readonly vendor: string | undefined;
  /** Best first. */
  readonly evidence: readonly Evidence[];
}

/** One host. Grows while records are read; `identity` is asked for afterwards. */
export class Host {
  readonly device: InventoryDevice | undefined;
  /** Addresses it was seen with. */
  readonly ips = new Set<string>();
  /** MAC addresses of its own that were seen. */
  readonly macs = new Set<string>();
  readonly dicom = new DicomFacts();
  readonly hl7 = new Hl7Facts();

  constructor(device: InventoryDevice | undefined) {
    this.device = device;
  }
}

export class Hosts {
  readonly #index: InventoryIndex;
  readonly #survey: MacSurvey;
  readonly #history: MacHistory;
  readonly #hosts = new Map<string, Host>();
  readonly #identities = new Map<Host, Identity>();

  constructor(index: InventoryIndex, survey: MacSurvey, history: MacHistory) {
    this.#index = index;
    this.#survey = survey;
    this.#history = history;
    for (const ip of survey.addresses()) {
      for (const { mac } of history.tenures(ip)) {
        const host = this.#make(ip, mac);
        host.ips.add(ip);
        if (mac !== undefined) host.macs.add(mac);
      }
    }
  }

  /** Hosts that were seen, in the order they came. */
  seen(): Iterable<Host> {
    return this.#hosts.values();
  }

  /** Who an address was at a time (seconds since 1970); undefined when it was never seen to send. */
  at(ip: string, time: number): Host | undefined {
    const tenures = this.#history.tenures(ip);
    return this.during(ip, tenures[tenureAt(tenures, time)]);
  }

  /** Who an address was during one of its stretches. */
  during(ip: string, tenure: Tenure | undefined): Host | undefined {
    return this.#hosts.get(this.#key(ip, tenure?.mac));
  }

  /** The inventory's device for an address during a stretch, seen or not. */
  deviceOf(ip: string, mac: string | undefined): InventoryDevice | undefined {
    return this.#index.byIp.get(ip) ?? (mac === undefined ? undefined : this.#index.byMac.get(mac));
  }

  #key(ip: string, mac: string | undefined): string {
    const device = this.deviceOf(ip, mac);
    return device !== undefined ? `device ${device.name}` : (mac ?? ip);
  }

  #make(ip: string, mac: string | undefined): Host {
    const key = this.#key(ip, mac);
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new Host(this.deviceOf(ip, mac));
      this.#hosts.set(key, host);
    }
    return host;
  }

  /** What a host is. Made once, when all records have been read. */
  identity(host: Host): Identity {
    let identity = this.#identities.get(host);
    if (identity === undefined) {
      identity = this.#identify(host);
      this.#identities.set(host, identity);
    }
    return identity;
  }

  #identify(host: Host): Identity {
    const { device } = host;
    const found = this.#evidence(host).sort(byConfidence);
    if (device !== undefined) {
      const known = deviceIdentity(device);
      const evidence = [...known.evidence, ...found];
      return { ...known, vendor: known.vendor ?? vendorOf(host.macs), evidence };
    }
    const best = found.find(
      ({ attribute, confidence }) => attribute === 'type' && confidence >= TYPE_CONFIDENCE,
    );
    const type = best && DEVICE_TYPES.get(best.value);
    return {
      type: best?.value,
      medical: type?.medical,
      criticality: type?.criticality,
      vendor: vendorOf(host.macs),
      evidence: found,
    };
  }

  #evidence(host: Host): Evidence[] {
    const evidence = [...dicomEvidence(host.dicom), ...hl7Evidence(host.hl7)];
    const listed = host.device?.mac ?? [];
    for (const mac of [...host.macs].sort()) {
      const oui = lookupOui(mac);
      if (oui !== undefined) {
        evidence.push({ attribute: 'vendor', value: oui.vendor, source: 'oui', confidence: OUI_CONFIDENCE });
        evidence.push({
          attribute: 'category',
          value: oui.category,
          source: 'oui',
          confidence: OUI_CONFIDENCE,
        });
      }
      if (this.#survey.isRouter(mac)) {
        evidence.push({ attribute: 'type', value: 'gateway', source: 'mac', confidence: ROUTER_CONFIDENCE });
      }
      if (listed.length > 0 && !listed.includes(mac)) {
        evidence.push({ attribute: 'other_mac', value: mac, source: 'mac', confidence: 0.9 });
      }
    }
    return distinct(evidence);
  }
}

/** What the inventory says of a device, its type's defaults filled in. */
export function deviceIdentity(device: InventoryDevice): Identity {
  const type = DEVICE_TYPES.get(device.type);
  const evidence: Evidence[] = [
    { attribute: 'type', value: device.type, source: 'inventory', confidence: 1 },
  ];
  if (device.vendor !== undefined) {
    evidence.push({ attribute: 'vendor', value: device.vendor, source: 'inventory', confidence: 1 });
  }
  return {
    type: device.type,
    medical: type?.medical,
    criticality: device.criticality ?? type?.criticality,
    vendor: device.vendor ?? vendorOf(device.mac),
    evidence,
  };
}

function vendorOf(macs: Iterable<string>): string | undefined {
  for (const mac of [...macs].sort()) {
    const oui = lookupOui(mac);
    if (oui !== undefined) return oui.vendor;
  }
  return undefined;
}

function distinct(evidence: readonly Evidence[]): Evidence[] {
  const byKey = new Map(
    evidence.map(item => [`${item.attribute}\u0000${item.value}\u0000${item.source}`, item]),
  );
  return [...byKey.values()];
}

/** Best first; equals by attribute and value, so that the order does not depend on that of records. */
function byConfidence(a: Evidence, b: Evidence): number {
  return b.confidence - a.confidence || compare(a.attribute, b.attribute) || compare(a.value, b.value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
