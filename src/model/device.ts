/**
 * Who is who: the inventory as validated, a device as reported, and the fields that enrichment adds to records.
 * No behaviour here; `devices/` fills these in.
 */
import { type Fields, f, flowStream, type StreamSchema } from './schema.ts';

export const CRITICALITIES = ['life-sustaining', 'therapeutic', 'diagnostic', 'support', 'none'] as const;
export type Criticality = (typeof CRITICALITIES)[number];

export const SCOPES = ['internal', 'internet', 'multicast', 'broadcast', 'link-local'] as const;
export type Scope = (typeof SCOPES)[number];

/** `inventory.yml` after validation. Addresses and ranges are canonical text. */
export interface Inventory {
  /** File it came from, for messages. */
  readonly file: string | undefined;
  readonly site: string | undefined;
  /** IANA time zone; `UTC` when the file names none. */
  readonly timezone: string;
  readonly internal: readonly string[];
  readonly resolvers: readonly string[];
  readonly zones: readonly Zone[];
  /** Lists for `expand` placeholders: `%approved_cloud%`. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly devices: readonly InventoryDevice[];
}

export interface Zone {
  readonly name: string;
  readonly cidr: readonly string[];
  readonly vlan: readonly number[];
  /** Devices of the hospital’s medical network live here; unknown hosts in it are reported. */
  readonly medical: boolean;
}

export interface InventoryDevice {
  readonly name: string;
  readonly type: string;
  readonly ip: readonly string[];
  readonly mac: readonly string[];
  readonly criticality: Criticality | undefined;
  readonly vendor: string | undefined;
}

/** One host as the report shows it. */
export interface Device {
  /** Inventory name, or the address when the inventory does not know it. */
  readonly name: string;
  readonly known: boolean;
  readonly type: string | undefined;
  readonly medical: boolean;
  readonly criticality: Criticality;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** How sure the type is, 0 to 1; 1 when the inventory gives it, absent without one. */
  readonly confidence: number | undefined;
  /** What it might be, best first, when the evidence does not suffice for a type. */
  readonly hints: readonly TypeHint[];
  readonly zone: string | undefined;
  readonly ips: readonly string[];
  readonly macs: readonly string[];
  /** Why it is thought to be what it is. */
  readonly evidence: readonly Evidence[];
}

/** A type that a device might be. */
export interface TypeHint {
  readonly type: string;
  /** 0 to 1. */
  readonly confidence: number;
}

export interface Evidence {
  /** `type`, `vendor`, `name`, `role` … */
  readonly attribute: string;
  readonly value: string;
  /** `inventory`, `oui`, `dicom`, `hl7` … */
  readonly source: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** It is of a device behind this one. */
  readonly behind?: boolean;
  /** Where it was seen first. */
  readonly frame?: number | undefined;
  readonly capture?: string | undefined;
}

/** One piece of evidence and what became of it. */
export interface ExplainedEvidence {
  readonly evidence: Evidence;
  /**
   * `decides` (the inventory), `counts` for the type given, `agrees` with it on a ground that counts already, speaks
   * `against` it (or for a type that did not suffice), or was set `aside`.
   */
  readonly verdict: 'decides' | 'counts' | 'agrees' | 'against' | 'aside';
  /** What it says of the device, or why it was set aside. */
  readonly why: string;
}

/** Why a host is thought to be what it is. */
export interface Explanation {
  readonly device: Device;
  /** Why this type, or why none. */
  readonly reason: string;
  /** Types considered, best first. */
  readonly candidates: readonly {
    readonly type: string;
    readonly confidence: number;
    readonly counted: readonly ArgumentShown[];
    readonly weaker: readonly ArgumentShown[];
  }[];
  readonly evidence: readonly ExplainedEvidence[];
  /** When it had its addresses that others had as well. Seconds since 1970; absent at the ends of the captures. */
  readonly tenures: readonly {
    readonly ip: string;
    readonly mac: string;
    readonly from: number | undefined;
    readonly until: number | undefined;
  }[];
}

interface ArgumentShown {
  readonly evidence: Evidence;
  /** 0 to 1. */
  readonly strength: number;
  readonly why: string;
}

/** What a `device` record can be about, and what its value is. Closed: rules and the classifier rely on it. */
export const IDENTITY_ATTRIBUTES = {
  vendor: 'manufacturer',
  model: 'product or model name',
  serial: 'serial number',
  software: 'program, firmware or operating system, with its version',
  hardware: 'revision of the hardware',
  type: 'kind of device in the words of the protocol: a device type of medtap, a URN, an MDC code',
  ae_title: 'DICOM application entity title',
  hl7_application: 'sending application of HL7 (MSH-3)',
  host_name: 'network name',
  name: 'name given by people: friendly, station or system name',
  location: 'bed, room, ward or facility',
  udi: 'unique device identifier',
  system_id: 'EUI-64, UUID or other number that names one device',
  service: 'service offered: DNS-SD type, UPnP or WS-Discovery type',
  capability: 'what it does on the network, as it announces it: bridge, router, wlan_ap, telephone …',
  vendor_class: 'class it names itself to a server: DHCP options 60 and 124',
  mud_url: 'where its maker describes its traffic (RFC 8520)',
  cloud: 'medical service on the internet that it contacts',
} as const;

export type IdentityAttribute = keyof typeof IDENTITY_ATTRIBUTES;

/** Confidence in what a device says of itself in free text. */
export const SAID = 0.6;

/** What hosts say of themselves, of every protocol. */
export const device = flowStream(
  'device',
  'What identifies a device, once per host, attribute and value: what it says of itself, or a gateway of those behind it.',
  {
    host: f.addr(
      'Address of the device, or of the gateway that speaks for it; absent where only its MAC address is known.',
    ),
    mac: f.string(
      'MAC address of its frames as seen at the tap: its own, or that of the last router on its way.',
    ),
    attribute: f.enum(
      `What the value is: ${Object.entries(IDENTITY_ATTRIBUTES)
        .map(([name, doc]) => `${name} (${doc})`)
        .join(', ')}.`,
    ),
    value: f.string('The value as sent, at most 256 characters.', 'text'),
    source: f.string('Protocol in which it was said.'),
    confidence: f.double(
      '0 to 1: how much it says about the device; 0.6 what a device says of itself in free text.',
    ),
    behind: f.bool('The host speaks for a device behind it and is not this device.'),
  },
);

/** Fields that enrichment adds for one side; the names get `orig_` or `resp_` in front. */
const SIDE_FIELDS = {
  device: f.string('Name of the device in the inventory.'),
  type: f.string('Device type: infusion-pump, patient-monitor, ct, pacs …'),
  medical: f.bool('The host is a medical device.'),
  criticality: f.enum('life-sustaining, therapeutic, diagnostic, support or none.'),
  vendor: f.string(
    'Manufacturer: of the inventory, else by what the host says of itself and its MAC address.',
    'text',
  ),
  zone: f.string('Zone of the inventory that holds the address.'),
  zone_medical: f.bool('The zone is a medical one.'),
  known: f.bool('The host is in the inventory; absent when no inventory was given.'),
  scope: f.enum('internal, internet, multicast, broadcast or link-local.'),
  mac: f.string('MAC address of the host itself (not of a router).'),
  domain: f.string('Name that a trusted DNS answer gave this client for the address.', 'text'),
  domain_confidence: f.enum('high with a resolver of the inventory, else low.'),
  intel: f.stringSet('Sources of indicators (--intel) that name the address or the domain.'),
} as const;

export type SideField = keyof typeof SIDE_FIELDS;
export const SIDE_FIELD_NAMES = Object.keys(SIDE_FIELDS) as SideField[];

function sideFields(prefix: 'orig_' | 'resp_'): Fields {
  return Object.fromEntries(Object.entries(SIDE_FIELDS).map(([name, field]) => [prefix + name, field]));
}

/** Fields that enrichment adds to every record with a flow, in order. */
export const ENRICHMENT_FIELDS: Fields = { ...sideFields('orig_'), ...sideFields('resp_') };

/** The known values of fields that enrichment fills from a closed set; undefined for all others. */
export function closedValues(field: string): readonly string[] | undefined {
  if (field === 'orig_scope' || field === 'resp_scope') return SCOPES;
  if (field === 'orig_criticality' || field === 'resp_criticality') return CRITICALITIES;
  return undefined;
}

const enriched = new WeakMap<StreamSchema, StreamSchema>();

/** The schema of a stream after enrichment; streams without a flow are returned as they are. */
export function enrichedSchema(schema: StreamSchema): StreamSchema {
  if (!('id.orig_h' in schema.fields)) return schema;
  let result = enriched.get(schema);
  if (!result) {
    const fields = { ...schema.fields, ...ENRICHMENT_FIELDS };
    result = { name: schema.name, doc: schema.doc, fields, names: Object.keys(fields) };
    enriched.set(schema, result);
  }
  return result;
}
