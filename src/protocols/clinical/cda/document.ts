/**
 * The header of an HL7 CDA document (CDA release 2, section 4.2), from the events of its XML: what the document is, who keeps
 * it, and what identifies the patient, relatives and staff. The body, from `component` on, is not read.
 *
 * Numbers: the extension of an `id`; its root says when it is a social security number. Values are written as HL7 v2 and DICOM
 * decoders give theirs, so that the same person has the same token in all of them.
 * Limits: `MAX_VALUES` identifiers, `MAX_TEMPLATES`.
 */
import type { PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import type { XmlHandler } from '../../xml-events.ts';

const MAX_VALUES = 256;
const MAX_TEMPLATES = 16;
const MAX_VALUE = 256;
/** Root of US social security numbers (HL7 registry of object identifiers). */
const SSN_ROOT = '2.16.840.1.113883.4.1';
const OID = /^[0-2](?:\.(?:0|[1-9]\d{0,38})){1,32}$/;
const CODE = /^[A-Za-z0-9.-]{1,32}$/;

/** Whose name it is, by the element that holds it; `assignedPerson` and `associatedPerson` by the participation. */
const NAMED: Readonly<Record<string, PhiKind>> = {
  patient: 'patient_name',
  guardianPerson: 'relative_name',
  relatedPerson: 'relative_name',
  associatedPerson: 'relative_name',
  assignedPerson: 'physician_name',
  informationRecipient: 'physician_name',
};
/** Elements whose addresses and numbers are those of a patient or relative. */
const PRIVATE = new Set(['patientRole', 'guardian', 'relatedEntity', 'associatedEntity']);
/** Numbers by the element that holds the `id`. */
const NUMBERS: Readonly<Record<string, PhiKind>> = {
  patientRole: 'mrn',
  patient: 'mrn',
  guardian: 'other_id',
  encompassingEncounter: 'admission_id',
  order: 'accession',
};

type Attribute = (name: string) => string | undefined;

export class CdaDocument implements XmlHandler {
  documentType: string | undefined;
  codeSystem: string | undefined;
  created: string | undefined;
  confidentiality: string | undefined;
  language: string | undefined;
  custodian: string | undefined;
  custodianId: string | undefined;
  readonly templates = new Set<string>();
  /** The body began. */
  done = false;
  readonly #path: string[] = [];
  readonly #values = new Map<PhiKind, Set<string>>();
  #count = 0;
  /** Parts of the name or address under way. */
  #parts = new Map<string, string[]>();

  get items(): readonly PhiItem[] {
    return Array.from(this.#values, ([kind, values]) => ({ kind, values: [...values] }));
  }

  get kinds(): readonly string[] {
    return [...this.#values.keys()].sort();
  }

  enter(name: string, attribute: Attribute): void {
    const path = this.#path;
    const parent = path.at(-1) ?? '';
    const depth = path.length;
    path.push(name);
    if (this.done) return;
    if (depth === 1) this.#enterHeader(name, attribute);
    switch (name) {
      case 'name':
      case 'addr':
        this.#parts = new Map();
        return;
      case 'id':
        this.#takeId(parent, attribute);
        return;
      case 'telecom':
        if (PRIVATE.has(parent)) this.#takeTelecom(attribute('value') ?? '');
        return;
      case 'birthTime':
        if (parent === 'patient') this.#keep('birth_date', dateOf(attribute('value')));
        return;
      case 'deceasedTime':
        if (parent === 'patient') this.#keep('death_date', dateOf(attribute('value')));
        return;
    }
  }

  leave(name: string, text: string): void {
    this.#path.pop();
    if (this.done) return;
    const parent = this.#path.at(-1) ?? '';
    if (name === 'name') this.#takeName(parent, text);
    else if (name === 'addr') {
      if (PRIVATE.has(parent)) this.#keep('address', addressOf(this.#parts, text));
    } else if (parent === 'name' || parent === 'addr') {
      const value = text.trim().slice(0, MAX_VALUE);
      const known = this.#parts.get(name);
      if (value === '') return;
      if (known === undefined) this.#parts.set(name, [value]);
      else if (known.length < MAX_TEMPLATES) known.push(value);
    }
  }

  /** Elements right below the document. */
  #enterHeader(name: string, attribute: Attribute): void {
    const matching = (key: string, pattern: RegExp): string | undefined => {
      const value = attribute(key);
      return value !== undefined && pattern.test(value) ? value : undefined;
    };
    if (name === 'component') this.done = true;
    else if (name === 'code') {
      this.documentType ??= matching('code', CODE);
      this.codeSystem ??= matching('codeSystem', OID);
    } else if (name === 'templateId') {
      const root = matching('root', OID);
      if (root !== undefined && this.templates.size < MAX_TEMPLATES) this.templates.add(root);
    } else if (name === 'effectiveTime')
      this.created ??= matching('value', /^\d{4,14}(?:\.\d{1,6})?(?:[+-]\d{4})?$/);
    else if (name === 'confidentialityCode') this.confidentiality ??= matching('code', CODE);
    else if (name === 'languageCode') this.language ??= matching('code', CODE);
  }

  #takeId(parent: string, attribute: Attribute): void {
    const root = attribute('root');
    const extension = attribute('extension');
    if (parent === 'representedCustodianOrganization') {
      if (root !== undefined && OID.test(root)) this.custodianId ??= root;
      return;
    }
    const kind = NUMBERS[parent];
    // An id without an extension is a root that is unique by itself; an object identifier then names a system.
    const value = extension ?? (root !== undefined && !OID.test(root) ? root : undefined);
    if (kind !== undefined && attribute('nullFlavor') === undefined)
      this.#keep(root === SSN_ROOT ? 'ssn' : kind, value);
  }

  #takeTelecom(value: string): void {
    const [, scheme = 'tel', number = ''] = /^(?:([a-z]{3,8}):)?(.{0,256})/i.exec(value) ?? [];
    const kind = TELECOM[scheme.toLowerCase()];
    if (kind !== undefined) this.#keep(kind, number);
  }

  #takeName(parent: string, text: string): void {
    if (parent === 'representedCustodianOrganization') {
      this.custodian ??= text.trim().slice(0, MAX_VALUE) || undefined;
      return;
    }
    const kind = NAMED[parent];
    if (kind === undefined) return;
    const family = this.#parts.get('family')?.[0];
    const given = this.#parts.get('given') ?? [];
    const isPlain = family === undefined && given.length === 0;
    this.#keep(kind, isPlain ? text : [family ?? '', ...given.slice(0, 2)].join('^'));
  }

  #keep(kind: PhiKind, value: string | undefined): void {
    const kept = value?.trim().slice(0, MAX_VALUE) ?? '';
    if (kept === '' || this.#count === MAX_VALUES) return;
    this.#count++;
    const values = this.#values.get(kind);
    if (values === undefined) this.#values.set(kind, new Set([kept]));
    else values.add(kept);
  }
}

const TELECOM: Readonly<Record<string, PhiKind>> = { tel: 'phone', fax: 'fax', mailto: 'email' };

/** Street, other designation, town, state, postal code; nothing without anything but a state or country. */
function addressOf(parts: ReadonlyMap<string, readonly string[]>, text: string): string | undefined {
  const one = (name: string): string => parts.get(name)?.[0] ?? '';
  const [street = '', other = ''] = parts.get('streetAddressLine') ?? [
    `${one('houseNumber')} ${one('streetName')}`.trim(),
  ];
  const city = one('city');
  const code = one('postalCode');
  if (`${street}${other}${city}${code}` === '') return text;
  return [street, other, city, one('state'), code].join('^').replace(/\^+$/, '');
}

/** Year, month and day of a time stamp. */
function dateOf(value: string | undefined): string | undefined {
  return /^\d{6,8}/.exec(value ?? '')?.[0];
}
