/**
 * Hosts of the site: who an address was at a time, and what is known of each host. The inventory decides, by address and
 * else by MAC address; a host it does not know is its MAC address, and without one its address.
 *
 * What an unknown host is `classify.ts` judges from its evidence. A manufacturer's MAC prefix gives the vendor and never the
 * type by itself.
 */
import type { Criticality, Evidence, InventoryDevice, TypeHint } from '../model/device.ts';
import { SmallSet } from '../model/small-set.ts';
import { lookupOui } from '../net/oui.ts';
import { classify, hintsOf } from './classify.ts';
import { asOwned, ownership } from './dicom-ownership.ts';
import { DicomFacts, dicomEvidence } from './dicom-role.ts';
import { EvidenceList, type TimedEvidence } from './evidence.ts';
import { Hl7Facts, hl7Evidence } from './hl7-role.ts';
import { type MacHistory, type Tenure, tenureAt } from './mac-history.ts';
import type { InventoryIndex, MacSurvey } from './mac-survey.ts';
import { DEVICE_TYPES } from './types.ts';

/** A registered prefix says who made the network card. */
const OUI_CONFIDENCE = 0.3;
const ROUTER_CONFIDENCE = 0.75;

/** What enrichment and reports say of a host. */
export interface Identity {
  readonly type: string | undefined;
  /** Undefined when the type is. */
  readonly medical: boolean | undefined;
  readonly criticality: Criticality | undefined;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** Of the type. */
  readonly confidence: number | undefined;
  readonly hints: readonly TypeHint[];
  /** Best first. */
  readonly evidence: readonly Evidence[];
}

/** One host. Grows while records are read; `identity` is asked for afterwards, and keeps what was found. */
export class Host {
  readonly device: InventoryDevice | undefined;
  /** Addresses it was seen with. */
  readonly ips = new SmallSet();
  /** MAC addresses of its own that were seen. */
  readonly macs = new SmallSet();
  /** Undefined when it did nothing of the kind. */
  dicom: DicomFacts | undefined;
  hl7: Hl7Facts | undefined;
  /** What `device` and `conn` records say. */
  said: EvidenceList | undefined;

  constructor(device: InventoryDevice | undefined) {
    this.device = device;
  }

  /** Takes in what a record says of it. */
  note(evidence: TimedEvidence): void {
    this.said ??= new EvidenceList();
    this.said.add(evidence);
  }

  /** Lets go of what its identity was made of. */
  settle(): void {
    this.dicom = undefined;
    this.hl7 = undefined;
    this.said = undefined;
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
      host.settle();
    }
    return identity;
  }

  #identify(host: Host): Identity {
    const { device } = host;
    const found = this.#evidence(host);
    const verdict = found.length === 0 ? NO_VERDICT : classify(found);
    if (device !== undefined) {
      const known = deviceIdentity(device);
      return {
        ...known,
        vendor: device.vendor ?? verdict.vendor,
        model: verdict.model,
        evidence: [...known.evidence, ...found],
      };
    }
    const type = verdict.type === undefined ? undefined : DEVICE_TYPES.get(verdict.type);
    return {
      type: verdict.type,
      medical: type?.medical,
      criticality: type?.criticality,
      vendor: verdict.vendor,
      model: verdict.model,
      confidence: verdict.type === undefined ? undefined : verdict.confidence,
      hints: hintsOf(verdict),
      evidence: found,
    };
  }

  #evidence(host: Host): Evidence[] {
    const said = host.said?.list() ?? [];
    const cards = [...host.macs].sort().flatMap(mac => [...this.#macEvidence(mac, host)]);
    // Most hosts do nothing medical.
    if (host.dicom === undefined && host.hl7 === undefined && !said.some(({ source }) => source === 'dicom'))
      return cards.length === 0 ? said : together(said, cards);
    const list = new EvidenceList();
    const { dicom = NO_DICOM, hl7 = NO_HL7 } = host;
    const whose = ownership(dicom, [...said, ...cards]);
    for (const item of said) list.add(asOwned(item, dicom, whose));
    for (const item of [...dicomEvidence(dicom, whose), ...hl7Evidence(hl7), ...cards]) list.add(item);
    return list.list();
  }

  *#macEvidence(mac: string, { device }: Host): Generator<Evidence> {
    const listed = device?.mac ?? [];
    const oui = lookupOui(mac);
    if (oui !== undefined) {
      yield { attribute: 'vendor', value: oui.vendor, source: 'oui', confidence: OUI_CONFIDENCE };
      yield { attribute: 'category', value: oui.category, source: 'oui', confidence: OUI_CONFIDENCE };
    }
    if (this.#survey.isRouter(mac))
      yield { attribute: 'type', value: 'gateway', source: 'mac', confidence: ROUTER_CONFIDENCE };
    if (listed.length > 0 && !listed.includes(mac))
      yield { attribute: 'other_mac', value: mac, source: 'mac', confidence: 0.9 };
  }

  /** Who said something: the owner of the MAC address, if it was seen with the address, else who had the address then. */
  speaker(ip: string | undefined, mac: string | undefined, time: number): Host | undefined {
    if (ip === undefined) return mac === undefined ? undefined : this.#hosts.get(this.#key('', mac));
    const tenures = this.#history.tenures(ip);
    const own = mac === undefined ? undefined : tenures.find(tenure => tenure.mac === mac);
    return this.during(ip, own ?? tenures[tenureAt(tenures, time)]);
  }
}

function together(...lists: readonly (readonly Evidence[])[]): Evidence[] {
  const all = new EvidenceList();
  for (const list of lists) for (const item of list) all.add(item);
  return all.list();
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
    model: undefined,
    confidence: 1,
    hints: [],
    evidence,
  };
}

const NO_VERDICT = classify([]);
const NO_DICOM = new DicomFacts();
const NO_HL7 = new Hl7Facts();

function vendorOf(macs: Iterable<string>): string | undefined {
  for (const mac of [...macs].sort()) {
    const oui = lookupOui(mac);
    if (oui !== undefined) return oui.vendor;
  }
  return undefined;
}
