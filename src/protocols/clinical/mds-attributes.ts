/**
 * Attributes of objects in protocols of the ISO/IEEE 11073 family (Philips IntelliVue, personal health devices of 20601): a
 * count, a length, then id, length and value of each. Read are those that identify the device (as evidence of identity) and
 * those that identify the patient (as values for tokens); measurements are not.
 *
 * Texts are of two kinds: labels (length, ASCII) and strings (length, UTF-16), both padded with NUL. A birth date is eight
 * BCD octets, century first.
 * Limits: `MAX_ATTRIBUTES` of a list, `MAX_SPECIFICATIONS` of a production specification or list of types.
 */
import { Cursor } from '../../bytes/cursor.ts';
import { hex, latin1 } from '../../bytes/text.ts';
import type { IdentityAttribute } from '../../model/device.ts';
import type { PhiKind } from '../../model/identifiers.ts';
import type { PhiItem } from '../../model/protocol.ts';
import { readIpv4, readMac } from '../../net/address.ts';

/** Object-oriented attributes (partition 1 of the nomenclature, ISO/IEEE 11073-10101). */
const SYSTEM_ID = 0x0984;
const SYSTEM_MODEL = 0x0928;
const PRODUCTION_SPECIFICATION = 0x092d;
export const BED_LABEL = 0x091e;
/** Of personal health devices only. */
const CONFIGURATION_ID = 0x0a44;
const TYPE_SPECIFICATIONS = 0x0a5a;
/** Of Philips only: MAC address, IP address, netmask. */
const NETWORK_ADDRESS = 0xf100;

/** Attributes of patient demographics and what they identify. Sex, size, weight and notes are left out. */
const DEMOGRAPHICS: ReadonlyMap<number, string> = new Map([
  [0x095a, 'mrn'],
  [0xf001, 'mrn'],
  [0x095c, 'family_name'],
  [0x095d, 'given_name'],
  [0x0958, 'birth_date'],
]);

const MAX_ATTRIBUTES = 128;
const MAX_SPECIFICATIONS = 32;
const IP_INFO_BYTES = 14;

/** What a list of attributes says about monitor and patient. */
export interface Facts {
  readonly identity: { readonly attribute: IdentityAttribute; readonly value: string }[];
  bed: string | undefined;
  systemId: string | undefined;
  configurationId: number | undefined;
  /** Codes of the specializations that the device implements. */
  readonly types: number[];
  /** Addresses the device says it has. */
  host: string | undefined;
  mac: string | undefined;
  readonly patient: Map<string, string>;
}

export function newFacts(): Facts {
  return {
    identity: [],
    bed: undefined,
    systemId: undefined,
    configurationId: undefined,
    types: [],
    host: undefined,
    mac: undefined,
    patient: new Map(),
  };
}

/** Reads the list at the cursor into `facts`; false when it does not fit. */
export function readAttributes(c: Cursor, facts: Facts): boolean {
  const count = c.u16be();
  const bytes = c.u16be();
  if (c.broken || bytes > c.left) return false;
  const end = c.at + bytes;
  for (let i = 0; i < Math.min(count, MAX_ATTRIBUTES) && c.at < end; i++) {
    const id = c.u16be();
    const length = c.u16be();
    if (c.broken || c.at + length > end) return false;
    readAttribute(id, new Cursor(c.bytes, c.at, c.at + length), facts);
    c.skip(length);
  }
  c.skip(end - c.at);
  return true;
}

function readAttribute(id: number, c: Cursor, facts: Facts): void {
  switch (id) {
    case SYSTEM_ID:
      facts.systemId ??= systemId(c);
      note(facts, 'system_id', facts.systemId);
      return;
    case SYSTEM_MODEL:
      note(facts, 'vendor', label(c));
      note(facts, 'model', label(c));
      return;
    case PRODUCTION_SPECIFICATION:
      specifications(c, facts);
      return;
    case CONFIGURATION_ID:
      if (c.left >= 2) facts.configurationId = c.u16be();
      return;
    case TYPE_SPECIFICATIONS:
      types(c, facts);
      return;
    case BED_LABEL:
      facts.bed ??= string(c);
      note(facts, 'location', facts.bed);
      return;
    case NETWORK_ADDRESS:
      if (c.left < IP_INFO_BYTES) return;
      facts.mac ??= readMac(c.bytes, c.at);
      facts.host ??= readIpv4(c.bytes, c.at + 6);
      return;
    default: {
      const kind = DEMOGRAPHICS.get(id);
      const value = kind === 'birth_date' ? date(c) : kind === undefined ? undefined : string(c);
      if (kind !== undefined && value !== undefined && !facts.patient.has(kind))
        facts.patient.set(kind, value);
    }
  }
}

function note(facts: Facts, attribute: IdentityAttribute, value: string | undefined): void {
  if (value !== undefined) facts.identity.push({ attribute, value });
}

/** Kinds of a production specification: 1 serial number, 2 part, 3 hardware, 4 software, 5 firmware, 6 protocol. */
const SPECIFICATIONS: ReadonlyMap<number, IdentityAttribute> = new Map([
  [1, 'serial'],
  [3, 'hardware'],
  [4, 'software'],
  [5, 'software'],
]);

/** A list of kind, component and label each; fillers of dashes say nothing. */
function specifications(c: Cursor, facts: Facts): void {
  const count = c.u16be();
  c.u16be();
  for (let i = 0; i < Math.min(count, MAX_SPECIFICATIONS) && !c.broken; i++) {
    const attribute = SPECIFICATIONS.get(c.u16be());
    c.u16be();
    const value = label(c);
    if (attribute !== undefined && value !== undefined && !/^-+$/.test(value)) note(facts, attribute, value);
  }
}

/** A list of type and version. */
function types(c: Cursor, facts: Facts): void {
  const count = c.u16be();
  c.u16be();
  for (let i = 0; i < Math.min(count, MAX_SPECIFICATIONS) && c.left >= 4; i++) {
    facts.types.push(c.u16be());
    c.u16be();
  }
}

function label(c: Cursor): string | undefined {
  const bytes = c.view(c.u16be());
  return c.broken ? undefined : clean(latin1(bytes));
}

function string(c: Cursor): string | undefined {
  const bytes = c.view(c.u16be() & ~1);
  if (c.broken) return undefined;
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) text += String.fromCharCode(bytes[i]! * 256 + bytes[i + 1]!);
  return clean(text);
}

/** Up to the first NUL, without blanks around it. */
function clean(text: string): string | undefined {
  const value = (text.split('\0', 1)[0] ?? '').trim();
  return value === '' ? undefined : value;
}

/** Octets behind their length, in hexadecimal. */
function systemId(c: Cursor): string | undefined {
  const bytes = c.view(c.u16be());
  return c.broken || bytes.length === 0 || bytes.every(byte => byte === 0) ? undefined : hex(bytes);
}

/** Year, month and day as HL7 and DICOM write them; undefined when it is not set (FF) or no date. */
function date(c: Cursor): string | undefined {
  const text = hex(c.view(8)).slice(0, 8);
  return /^\d{8}$/.test(text) && Number(text) > 0 ? text : undefined;
}

/** The patient's identifiers as `flow.phi` takes them; family and given name as one name, as in HL7 and DICOM. */
export function phiItems({ patient }: Facts): PhiItem[] {
  const names = [patient.get('family_name') ?? '', patient.get('given_name') ?? ''];
  const name = names.join('^').replace(/\^$/, '');
  const found: { kind: PhiKind; value: string }[] = [
    { kind: 'mrn', value: patient.get('mrn') ?? '' },
    { kind: 'patient_name', value: name },
    { kind: 'birth_date', value: patient.get('birth_date') ?? '' },
  ];
  return found.flatMap(({ kind, value }) => (value === '' ? [] : [{ kind, values: [value] }]));
}
