/**
 * What the objects that a host stores by C-STORE say of the equipment that made them (PS3.3 section C.7.5.1), and whether
 * that is one piece. Whose it is, `dicom-ownership.ts` decides.
 *
 * Limit: a field that objects leave out tells nothing apart; two scanners that name no station, serial number, model or
 * maker are one here.
 */
import { DEVICE_LIMITS } from './limits.ts';
import { knownVendor } from './vendor-words.ts';

/** Fields of a `dicom` record that describe the equipment, and what they are as evidence. */
export const EQUIPMENT_FIELDS = {
  manufacturer: 'vendor',
  model: 'model',
  device_serial: 'serial',
  station_name: 'host_name',
  software_versions: 'software',
  station_ae: 'ae_title',
} as const;

export type EquipmentField = keyof typeof EQUIPMENT_FIELDS;

/** Other equipment, when these differ. Software does not tell: it is updated. */
const TELLING = ['manufacturer', 'model', 'device_serial', 'station_name', 'station_ae'] as const;

/** What the objects of one host name. Values are as `device` records have them. */
export class EquipmentNamed {
  readonly #values = new Map<EquipmentField, Set<string>>();

  add(field: EquipmentField, value: string | undefined): void {
    const text = value?.slice(0, MAX_VALUE).trim() ?? '';
    if (text === '') return;
    const known = this.#values.get(field);
    if (known === undefined) this.#values.set(field, new Set([text]));
    else if (known.size < DEVICE_LIMITS.equipmentValues) known.add(text);
  }

  values(field: EquipmentField): ReadonlySet<string> {
    return this.#values.get(field) ?? NONE;
  }

  /** Some field that tells equipment apart has several values. */
  get isSeveral(): boolean {
    return TELLING.some(field => {
      const values = Array.from(this.values(field), value =>
        field === 'manufacturer' ? maker(value) : plain(value),
      );
      return new Set(values).size > 1;
    });
  }
}

/** As `device` records cut them. */
const MAX_VALUE = 256;
const NONE: ReadonlySet<string> = new Set();

/** One word for the names of one maker. */
export function maker(text: string): string {
  return knownVendor(text) ?? plain(text);
}

/** Letters and digits alone. */
export function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}
