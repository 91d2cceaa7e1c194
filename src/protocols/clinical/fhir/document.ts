/**
 * What a FHIR document says, from the events of its JSON or XML: resources by type, what the bundle is, issues, and what
 * identifies persons (`identifiers.ts`). JSON may name a resource's type behind everything else in it: what was found waits
 * for the end of its resource.
 *
 * Limits: `MAX_OPEN` objects inside of another, `MAX_MEMBERS` of an object, `MAX_FOUND` places and `MAX_KEPT` characters of a resource, `MAX_VALUES`
 * identifiers of a document (the weird `fhir_identifier_limit` says that there were more), `MAX_TYPES` types.
 */
import type { PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import { type Found, type Item, itemsOf, itemsOfReference } from './identifiers.ts';
import { RESOURCE_TYPES } from './types.ts';

const MAX_OPEN = 64;
const MAX_MEMBERS = 64;
const MAX_FOUND = 256;
const MAX_KEPT = 65_536;
const MAX_VALUES = 4096;
const MAX_TYPES = 64;
const MAX_ISSUES = 16;
const MAX_DEVICES = 64;

/** Members that are read of any object. */
const WANTED = new Set(
  (
    'resourceType id system value code use family given text line city state postalCode reference display type total ' +
    'birthDate deceasedDateTime subscriberId url data manufacturer serialNumber modelNumber deviceIdentifier name version ' +
    'fhirVersion'
  ).split(' '),
);

/** Elements that hold a resource. */
const HOLDERS = new Set(['', 'resource', 'contained', 'outcome']);

/** A device that a document describes. */
export interface DeviceFacts {
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly serial: string | undefined;
  readonly software: string | undefined;
  readonly udi: string | undefined;
}

/** What was found in one document, for the record of its exchange. */
export interface FhirFacts {
  readonly kind: 'fhir';
  readonly format: 'json' | 'xml' | 'ndjson';
  /** Type of the outermost resource. */
  readonly type: string | undefined;
  readonly types: ReadonlySet<string>;
  /** Resources in it; bundles are not counted. */
  readonly resources: number;
  readonly bundleType: string | undefined;
  readonly total: number | undefined;
  readonly issues: ReadonlySet<string>;
  readonly fhirVersion: string | undefined;
  readonly pidKinds: readonly string[];
}

/** A resource that is being read. */
interface Resource {
  type: string | undefined;
  readonly found: Found[];
  readonly items: Item[];
  /** Characters of what was found. */
  kept: number;
}

class Open {
  name = '';
  parts: Map<string, string[]> | undefined;
  members = 0;
  resource: Resource | undefined;
}

const NO_PARTS: ReadonlyMap<string, readonly string[]> = new Map();

export class FhirDocument {
  format: FhirFacts['format'] = 'json';
  type: string | undefined;
  readonly types = new Set<string>();
  resources = 0;
  bundleType: string | undefined;
  total: number | undefined;
  readonly issues = new Set<string>();
  fhirVersion: string | undefined;
  /** Program of the server, from its capability statement. */
  software: string | undefined;
  readonly devices: DeviceFacts[] = [];
  /** There were more identifiers than are kept. */
  overflow = false;
  readonly #open: Open[] = Array.from({ length: MAX_OPEN }, () => new Open());
  #depth = 0;
  #below = 0;
  readonly #values = new Map<PhiKind, Set<string>>();
  #count = 0;

  wants(name: string): boolean {
    return WANTED.has(name);
  }

  enter(name: string): void {
    if (this.#depth === MAX_OPEN) {
      this.#below++;
      return;
    }
    const open = this.#open[this.#depth++]!;
    open.name = name;
    open.parts = undefined;
    open.members = 0;
    open.resource =
      this.#depth === 1 || HOLDERS.has(name) ? { type: undefined, found: [], items: [], kept: 0 } : undefined;
  }

  value(name: string, text: string): void {
    if (this.#below > 0 || this.#depth === 0 || !WANTED.has(name)) return;
    const open = this.#open[this.#depth - 1]!;
    if (++open.members > MAX_MEMBERS) return;
    if (name === 'resourceType' && open.resource !== undefined) {
      // A type that FHIR does not know could be any word: it is counted, not named.
      if (open.resource.type === undefined && RESOURCE_TYPES.has(text)) open.resource.type = text;
      return;
    }
    this.#put(open, name, text);
  }

  leave(): void {
    if (this.#below > 0) {
      this.#below--;
      return;
    }
    if (this.#depth === 0) return;
    const open = this.#open[--this.#depth]!;
    const parent = this.#depth === 0 ? undefined : this.#open[this.#depth - 1]!;
    if (open.resource === undefined) this.#endObject(open, parent!);
    else this.#endResource(open, open.resource);
  }

  /** Everything that is open ends: the document is over, or broke off. */
  end(): void {
    this.#below = 0;
    while (this.#depth > 0) this.leave();
  }

  /** Identifiers as `flow.phi` takes them. */
  get items(): readonly PhiItem[] {
    return Array.from(this.#values, ([kind, values]) => ({ kind, values: [...values] }));
  }

  get facts(): FhirFacts {
    const { format, type, types, resources, bundleType, total, issues, fhirVersion } = this;
    const pidKinds = [...this.#values.keys()].sort();
    return { kind: 'fhir', format, type, types, resources, bundleType, total, issues, fhirVersion, pidKinds };
  }

  #put(open: Open, name: string, text: string): void {
    open.parts ??= new Map();
    const known = open.parts.get(name);
    if (known === undefined) open.parts.set(name, [text]);
    else known.push(text);
  }

  /** An object that is no resource: a data type, a reference, or something that holds others. */
  #endObject(open: Open, parent: Open): void {
    const parts = open.parts;
    const { name } = open;
    if (parts === undefined) return;
    const resource = this.#resource();
    if (resource === undefined) return;
    const owner = parent.resource === undefined ? parent.name : '';
    switch (name) {
      case 'coding':
      case 'type':
      case 'code':
        // The code of a concept stands for the concept.
        this.#lift(parts, 'code', parent, 'code');
        return;
      case 'identifier':
        if (parent.resource === undefined) this.#lift(parts, 'value', parent, '#identifier');
        note(resource, 'identifier', owner, parts);
        return;
      case 'accessionIdentifier':
        note(resource, 'identifier', owner, parts);
        return;
      case 'name':
      case 'telecom':
      case 'address':
      case 'photo':
        note(resource, name, owner, parts);
        return;
      case 'issue':
        for (const code of parts.get('code') ?? [])
          if (this.issues.size < MAX_ISSUES && /^[a-z-]{1,32}$/.test(code)) this.issues.add(code);
        return;
      case 'software':
        if (resource.type === 'CapabilityStatement')
          this.software = [...(parts.get('name') ?? []), ...(parts.get('version') ?? [])].join('/');
        return;
      case 'udiCarrier':
        this.#lift(parts, 'deviceIdentifier', parent, 'deviceIdentifier');
        return;
      case 'deviceName':
        this.#lift(parts, 'name', parent, '#name');
        this.#lift(parts, 'value', parent, '#name');
        return;
      case 'version':
        this.#lift(parts, 'value', parent, '#version');
        return;
    }
    if (resource.items.length < MAX_FOUND) resource.items.push(...itemsOfReference(name, parts));
    // A device with a patient is one that the patient carries.
    if (name === 'patient') this.#put(parent, '#patient', '');
  }

  #lift(parts: ReadonlyMap<string, readonly string[]>, name: string, parent: Open, as: string): void {
    const value = parts.get(name)?.[0];
    if (value !== undefined && parent.parts?.has(as) !== true) this.#put(parent, as, value);
  }

  /** The innermost resource that is open. */
  #resource(): Resource | undefined {
    for (let at = this.#depth - 1; at >= 0; at--) {
      const { resource } = this.#open[at]!;
      if (resource !== undefined) return resource;
    }
    return undefined;
  }

  #endResource(open: Open, resource: Resource): void {
    const type = resource.type ?? '';
    const parts = open.parts ?? NO_PARTS;
    for (const [member, what] of OWN) if (parts.has(member)) note(resource, what, '', renamed(parts, member));
    for (const item of resource.items) this.#keep(item);
    if (type === '') {
      if (open.name !== 'outcome') this.resources++;
      return;
    }
    for (const found of resource.found) for (const item of itemsOf(type, found)) this.#keep(item);
    if (this.#depth === 0) this.type ??= type;
    if (this.types.size < MAX_TYPES) this.types.add(type);
    if (type === 'Bundle') this.#takeBundle(parts);
    else this.resources++;
    if (type === 'Device') this.#takeDevice(parts);
    if (type === 'CapabilityStatement') this.fhirVersion ??= versionOf(parts.get('fhirVersion')?.[0]);
  }

  #takeBundle(parts: ReadonlyMap<string, readonly string[]>): void {
    const type = parts.get('type')?.[0] ?? '';
    const total = parts.get('total')?.[0] ?? '';
    if (/^[a-z-]{1,32}$/.test(type)) this.bundleType ??= type;
    if (/^\d{1,15}$/.test(total)) this.total ??= Number(total);
  }

  #takeDevice(parts: ReadonlyMap<string, readonly string[]>): void {
    const one = (name: string): string | undefined => parts.get(name)?.[0];
    const serial = one('serialNumber');
    const udi = one('deviceIdentifier');
    if (parts.has('#patient')) {
      for (const value of [serial, udi]) if (value !== undefined) this.#keep({ kind: 'device_id', value });
      return;
    }
    if (this.devices.length === MAX_DEVICES) return;
    const model = one('modelNumber') ?? one('#name');
    this.devices.push({ vendor: one('manufacturer'), model, serial, software: one('#version'), udi });
  }

  #keep({ kind, value }: Item): void {
    let values = this.#values.get(kind);
    if (values === undefined) {
      values = new Set();
      this.#values.set(kind, values);
    }
    if (values.has(value)) return;
    if (this.#count === MAX_VALUES) {
      this.overflow = true;
      return;
    }
    this.#count++;
    values.add(value);
  }
}

/** Members of a resource that are identifiers by themselves. */
const OWN: readonly (readonly [string, Found['what']])[] = [
  ['id', 'id'],
  ['birthDate', 'birth'],
  ['deceasedDateTime', 'death'],
  ['subscriberId', 'subscriber'],
];

function renamed(parts: ReadonlyMap<string, readonly string[]>, member: string): Found['parts'] {
  return new Map([['value', parts.get(member) ?? []]]);
}

function note(resource: Resource, what: Found['what'], owner: string, parts: Found['parts']): void {
  for (const values of parts.values()) for (const value of values) resource.kept += value.length;
  if (resource.found.length < MAX_FOUND && resource.kept <= MAX_KEPT)
    resource.found.push({ what, owner, parts });
}

/** `4.0.1` */
function versionOf(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{1,2}(?:\.\d{1,3}){0,2}(?:-[a-z\d]{1,16})?$/.test(text) ? text : undefined;
}
