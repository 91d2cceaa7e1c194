/**
 * What a message says about the devices it comes from: equipment instance identifiers (OBX-18, PRT-10), the unique device
 * identifier and what stands beside it (PRT-16, 20), and the attributes of IEEE 11073-10101 that name maker, model, serial
 * number and versions (observations of the partition MDC_ID_… in IHE PCD and Continua messages).
 *
 * The sender of a message is most often a gateway or an engine and not the device, so everything here is about a device
 * behind it. Limits: `MAX_DEVICES` per message, `MAX_TEXT` characters of a value.
 */
import { latin1 } from '../../../bytes/text.ts';
import type { IdentityAttribute } from '../../../model/device.ts';
import { componentText, type Fields, hasValue, parts, type Separators, unescaped } from '../delimited.ts';

const MAX_DEVICES = 16;
const MAX_SAID = 32;
const MAX_TEXT = 128;
const OBX_EQUIPMENT = 18;
const PRT_EQUIPMENT = 10;
const PRT_UDI = 16;
const PRT_SERIAL = 20;

/** One thing said about a device behind the sender. */
export interface Said {
  readonly attribute: IdentityAttribute;
  readonly value: string;
}

/** What one message said about devices. */
export interface Equipment {
  /** Equipment instance identifiers. */
  readonly devices: Set<string>;
  readonly said: Said[];
  /** Bytes of the last OBX-18, as a digest: the next observation is most often of the same device. */
  last: number;
}

/** Nothing said yet. */
export function newEquipment(): Equipment {
  return { devices: new Set(), said: [], last: 0 };
}

/** Reads the equipment of an observation. */
export function readObservedEquipment(equipment: Equipment, fields: Fields, separators: Separators): void {
  if (fields.length(OBX_EQUIPMENT) === 0) return;
  const from = fields.start(OBX_EQUIPMENT);
  const to = fields.end(OBX_EQUIPMENT);
  let digest = 1;
  for (let i = from; i < to; i++) digest = (Math.imul(digest, 31) + fields.bytes[i]!) | 0;
  if (digest === equipment.last) return;
  equipment.last = digest;
  readInstances(equipment, fields, OBX_EQUIPMENT, separators);
}

/** Reads a participation that is a device. */
export function readParticipation(equipment: Equipment, fields: Fields, separators: Separators): void {
  readInstances(equipment, fields, PRT_EQUIPMENT, separators);
  say(equipment, 'udi', componentText(fields, PRT_UDI, separators));
  say(equipment, 'serial', componentText(fields, PRT_SERIAL, separators));
}

/** EI, repeated: identifier, namespace, universal identifier and its type. */
function readInstances(equipment: Equipment, fields: Fields, field: number, separators: Separators): void {
  const range = fields.at(field);
  if (range === undefined) return;
  for (const repetition of parts(fields.bytes, range, separators.repetition, MAX_DEVICES)) {
    const [id, , universal, type] = parts(fields.bytes, repetition, separators.component, 4).map(part =>
      hasValue(fields.bytes, part)
        ? latin1(unescaped(fields.bytes, part, separators)).slice(0, MAX_TEXT)
        : '',
    );
    const name = id || universal;
    if (!name) continue;
    if (equipment.devices.size >= MAX_DEVICES) return;
    equipment.devices.add(name);
    // An EUI-64 names one device in the world; another identifier is what the sender calls it.
    if (universal && /^EUI-?64$/i.test(type ?? '')) say(equipment, 'system_id', universal);
  }
}

/** What the codes of IEEE 11073-10101 for equipment say (partition infrastructure; Continua and IHE PCD use them in OBX-3). */
const ATTRIBUTES: ReadonlyMap<string, IdentityAttribute> = new Map([
  ['MDC_ID_MODEL_NUMBER', 'model'],
  ['MDC_ID_MODEL_MANUFACTURER', 'vendor'],
  ['MDC_ID_PROD_SPEC_SERIAL', 'serial'],
  ['MDC_ID_PROD_SPEC_SW', 'software'],
  ['MDC_ID_PROD_SPEC_FW', 'software'],
  ['MDC_ATTR_ID_MODEL', 'model'],
  ['MDC_ATTR_SYS_ID', 'system_id'],
]);

/** Reads an observation whose code is one of MDC when that names equipment. @param code OBX-3.2, e.g. MDC_ID_MODEL_NUMBER */
export function readAttribute(
  equipment: Equipment,
  code: string,
  fields: Fields,
  separators: Separators,
): void {
  // The medical device system at the top of the containment tree says what kind of device this is.
  if (/^MDC_DEV_\w+_MDS$/.test(code)) say(equipment, 'type', code);
  const attribute = ATTRIBUTES.get(code);
  if (attribute !== undefined) say(equipment, attribute, componentText(fields, 5, separators));
}

function say(equipment: Equipment, attribute: IdentityAttribute, value: string | undefined): void {
  if (value === undefined || equipment.said.length >= MAX_SAID) return;
  if (equipment.said.some(said => said.attribute === attribute && said.value === value)) return;
  equipment.said.push({ attribute, value });
}
