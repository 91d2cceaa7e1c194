/**
 * One message of POCT1-A (CLSI POCT01, Device Messaging Layer), element by element. An element carries its value in the
 * attribute `V`, sometimes as text or in parts: `<PT.name><FAM V="…"/><GIV V="…"/></PT.name>`. Values of results are not read.
 * Limits: `MAX_VALUES` identifiers, `MAX_TOPICS`, `MAX_TEXT` characters of a value.
 */
import type { IdentityAttribute } from '../../../model/device.ts';
import type { PhiKind } from '../../../model/identifiers.ts';
import { type FlowContext, ORIG, RESP } from '../../../model/protocol.ts';
import type { Moment, RecordOf } from '../../../model/schema.ts';
import { poct1aStream } from './schema.ts';

const MAX_VALUES = 512;
const MAX_TOPICS = 32;
const MAX_TEXT = 128;

/** Elements whose value goes into a field of the record. */
const SHOWN = {
  'HDR.version_id': 'version',
  'ACK.error_detail_cd': 'error_code',
  'DEV.device_id': 'device_id',
  'DEV.manufacturer_name': 'vendor',
  'DEV.model_id': 'model',
  'DEV.serial_id': 'serial',
  'DEV.sw_version': 'software',
  'REQ.request_cd': 'request',
  'DTV.command_cd': 'command',
  'EOT.topic_cd': 'topic',
  'TRM.reason_cd': 'reason',
  'ESC.detail_cd': 'reason',
  'DST.condition_cd': 'condition',
} as const;

/** Elements that identify a person. */
const PERSONS: Readonly<Record<string, PhiKind>> = {
  'PT.patient_id': 'mrn',
  'PT.name': 'patient_name',
  'PT.birth_date': 'birth_date',
  'PT.address': 'address',
  'PT.phone': 'phone',
  'OPR.operator_id': 'operator_name',
  'OPR.name': 'operator_name',
  'ORD.order_id': 'accession',
  'ORD.ordering_provider_id': 'physician_name',
  'SPC.specimen_id': 'specimen_id',
};

const COUNTED: Readonly<Record<string, 'observations' | 'patients' | 'operators' | 'events'>> = {
  OBS: 'observations',
  PT: 'patients',
  OPR: 'operators',
  EVT: 'events',
};

/** What a hello says about the device, by field of the record. */
const IDENTITY: readonly (readonly [keyof RecordOf<typeof poct1aStream>, IdentityAttribute])[] = [
  ['vendor', 'vendor'],
  ['model', 'model'],
  ['serial', 'serial'],
  ['software', 'software'],
  ['device_id', 'system_id'],
];

export class Poct1aMessage {
  readonly record: RecordOf<typeof poct1aStream>;
  readonly type: string;
  controlId: string | undefined;
  acknowledges: string | undefined;
  #vendorId: string | undefined;
  #deviceName: string | undefined;
  readonly #topics = new Set<string>();
  readonly #values = new Map<PhiKind, Set<string>>();
  readonly #fields = new Set<string>();
  #count = 0;
  /** Family and given name of the person whose name is under way. */
  #nameParts: string[] = [];

  constructor(type: string, arrival: { ts: Moment; frame: number; isOrig: boolean }) {
    this.type = type;
    this.record = {
      ts: arrival.ts,
      frame: arrival.frame,
      is_orig: arrival.isOrig,
      message_type: type,
      observations: 0,
      patients: 0,
      operators: 0,
      events: 0,
      complete: false,
    };
  }

  /** An element begins; `value` is its attribute V. */
  enter(name: string, value: string | undefined): void {
    const { record } = this;
    const counter = COUNTED[name];
    if (counter !== undefined) record[counter] = (record[counter] ?? 0) + 1;
    if (name === 'FAM' || name === 'GIV') {
      if (value) this.#nameParts[name === 'FAM' ? 0 : 1] = value;
      return;
    }
    if (name === 'PT.name' || name === 'OPR.name') this.#nameParts = [];
    if (value !== undefined && value !== '') this.#value(name, value);
  }

  /** An element ends; `text` is what stood in it. */
  leave(name: string, text: string): void {
    if (name === 'PT.name' || name === 'OPR.name') {
      const parts = [this.#nameParts[0] ?? '', this.#nameParts[1] ?? ''];
      this.#nameParts = [];
      if (parts.some(part => part !== '')) this.#person(name, parts.join('^'));
    }
    const said = text.trim();
    if (said !== '' && PERSONS[name] !== undefined) this.#person(name, said);
    else if (said !== '' && name in SHOWN) this.#value(name, said);
  }

  #value(name: string, whole: string): void {
    const { record } = this;
    const value = whole.trim().slice(0, MAX_TEXT);
    if (PERSONS[name] !== undefined) {
      this.#person(name, whole);
      return;
    }
    const shown = SHOWN[name as keyof typeof SHOWN] as (typeof SHOWN)[keyof typeof SHOWN] | undefined;
    if (shown !== undefined) record[shown] ??= value;
    else if (name === 'HDR.control_id') this.controlId ??= value;
    else if (name === 'HDR.creation_dttm') record.message_time ??= timeStamp(value);
    else if (name === 'ACK.type_cd' || name === 'ACK.type_id') record.ack_type ??= code(value);
    else if (name === 'ACK.ack_control_id' || name === 'ACK.control_id') this.acknowledges ??= value;
    else if (name === 'DEV.vendor_id') this.#vendorId ??= value;
    else if (name === 'DEV.device_name') this.#deviceName ??= value;
    else if (name === 'DST.new_observations_qty') record.new_observations ??= count(value);
    else if (/^DSC\.(?:topics|directives)_supported_cd$/.test(name) && this.#topics.size < MAX_TOPICS)
      this.#topics.add(value);
  }

  #person(name: string, value: string): void {
    const kind = PERSONS[name]!;
    this.#fields.add(name);
    if (++this.#count > MAX_VALUES) return;
    const known = this.#values.get(kind);
    if (known === undefined) this.#values.set(kind, new Set([value]));
    else known.add(value);
  }

  /** Emits the record, and what it said about persons and the device. */
  emit(flow: FlowContext): void {
    const { record, type } = this;
    record.vendor ??= this.#vendorId;
    record.model ??= this.#deviceName;
    if (this.controlId !== undefined) record.control_id = flow.token('control_id', this.controlId);
    if (this.acknowledges !== undefined)
      record.acked_control_id = flow.token('control_id', this.acknowledges);
    if (this.#topics.size > 0) record.topics = [...this.#topics];
    if (this.#fields.size > 0) record.phi_fields = [...this.#fields].sort();
    if (this.#values.size > 0) record.kinds = [...this.#values.keys()].sort();
    const { ts, frame, is_orig: isOrig } = record;
    if (type.startsWith('HEL.')) {
      const side = isOrig === true ? ORIG : RESP;
      flow.identity({ side, attribute: 'type', value: 'poc-analyzer', confidence: 0.8, ts, frame });
      for (const [field, attribute] of IDENTITY) {
        const value = record[field] as string | undefined;
        flow.identity({ side, attribute, value, confidence: 0.9, ts, frame });
      }
    }
    flow.emit(poct1aStream, record);
    const items = [...this.#values].map(([kind, values]) => ({ kind, values: [...values] }));
    if (items.length > 0) flow.phi({ protocol: 'poct1a', carrier: type, items });
  }
}

function code(text: string): string | undefined {
  return /^[A-Z]{2}$/.test(text) ? text : undefined;
}

function count(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Date and time of ISO 8601. */
function timeStamp(text: string): string | undefined {
  return /^\d{4}-\d\d-\d\d(?:T[\d:.]{5,16}(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text) ? text : undefined;
}
