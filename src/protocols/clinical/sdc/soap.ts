/**
 * Messages of ISO/IEEE 11073 SDC (services of 20701, BICEPS of 10207) in clear: SOAP over HTTP between consumers and
 * providers of medical devices, after WS-Discovery. One `sdc` record per message, with what it asks or reports. The standard
 * demands TLS; what can be read here has none.
 *
 * Read are the action, the operation that is invoked, what identifies the device (MetaData of its description, ThisModel
 * and ThisDevice of DPWS) and what identifies the patient (PatientContextState), the latter as tokens. Measurements, alarms
 * and settings are not. Elements are told by their names, whatever the prefix; the XML is not validated.
 *
 * Limits: `MAX_READ` bytes of a message, `MAX_SEEN` identities and identifiers, `MAX_TEXT` characters of a value shown.
 */
import type { IdentityAttribute } from '../../../model/device.ts';
import type { PhiKind } from '../../../model/identifiers.ts';
import { type Direction, type FlowContext, ORIG, type Verdict } from '../../../model/protocol.ts';
import { f, flowStream } from '../../../model/schema.ts';
import type { XmlHandler } from '../../xml-events.ts';
import { type Carrier, MAX_HEAD, type Payload, type PayloadReader } from '../payload.ts';
import { probeRoot } from '../text-start.ts';
import { XmlInput } from '../xml-input.ts';

const MAX_READ = 1 << 20;
const MAX_SEEN = 64;
const MAX_TEXT = 128;

const NAMESPACE = 'http://standards.ieee.org/downloads/11073/11073-';

export const sdcStream = flowStream(
  'sdc',
  'Messages of ISO/IEEE 11073 SDC between medical devices that could be read: they should be in TLS.',
  {
    source: f.string('Protocol that carried it: HTTP … as in files.'),
    fuid: f.string('The file it came in, as in files.'),
    is_orig: f.bool('The originator sent it.'),
    kind: f.enum('read, write, report, subscription, metadata or other.'),
    service: f.string('Service of the action, e.g. GetService, SetService, StateEventService.', 'text'),
    action: f.string(
      'Last part of the action, e.g. GetMdib, SetValueResponse, EpisodicMetricReport.',
      'text',
    ),
    operation: f.string('Handle of the operation that is invoked.', 'text'),
    to: f.string('Endpoint it is sent to.', 'text'),
    state: f.string('State of the invocation that an answer or report gives: Wait, Fin, Fail …', 'text'),
    fault: f.string('Code of a SOAP fault.', 'text'),
    devices: f.count('Medical device systems that the message describes.'),
    patient: f.token('The patient, as a token.', 'phi'),
  },
);

/** Parents whose children identify a device, and those children. */
const DEVICE_PARENTS = new Set(['MetaData', 'ThisModel', 'ThisDevice', 'Udi']);
const DEVICE_FIELDS: Readonly<Record<string, IdentityAttribute>> = {
  Manufacturer: 'vendor',
  ModelName: 'model',
  ModelNumber: 'model',
  SerialNumber: 'serial',
  FirmwareVersion: 'software',
  FriendlyName: 'name',
  HumanReadableForm: 'udi',
};

const PATIENT_FIELDS: Readonly<Record<string, PhiKind | 'family' | 'given' | 'middle'>> = {
  Givenname: 'given',
  Middlename: 'middle',
  Familyname: 'family',
  Birthname: 'alias',
  DateOfBirth: 'birth_date',
  Birthdate: 'birth_date',
};

function kindOf(action: string): string {
  const name = action.replace(/Response$/, '');
  if (/^(?:Set[A-Z]|Activate$)/.test(name)) return 'write';
  if (/(?:Report|Stream)$/.test(name)) return 'report';
  if (/^(?:Subscribe|Unsubscribe|Renew|GetStatus|SubscriptionEnd)$/.test(name)) return 'subscription';
  if (/^(?:Get|GetMetadata)$/.test(name)) return 'metadata';
  return /^Get[A-Z]/.test(name) ? 'read' : 'other';
}

class SoapReader implements PayloadReader, XmlHandler {
  readonly #flow: FlowContext;
  readonly #side: Direction;
  readonly #xml: XmlInput;
  /** Names of the open elements. */
  readonly #path: string[] = [];
  #action = '';
  #to: string | undefined;
  #operation: string | undefined;
  #state: string | undefined;
  #fault: string | undefined;
  #devices = 0;
  /** Depth at which a PatientContextState began, or 0. */
  #patientAt = 0;
  readonly #identity: { readonly attribute: IdentityAttribute; readonly value: string }[] = [];
  readonly #patient = new Map<string, string>();

  constructor(flow: FlowContext, { side }: Carrier) {
    this.#flow = flow;
    this.#side = side;
    this.#xml = new XmlInput(this, MAX_READ, () => flow.weird('sdc_message_limit'));
  }

  get wanted(): number {
    return this.#xml.wanted;
  }

  feed(bytes: Uint8Array, from: number, to: number): void {
    this.#xml.feed(bytes, from, to);
  }

  miss(): void {
    this.#xml.miss();
  }

  enter(name: string, attribute: (name: string) => string | undefined): void {
    const parent = this.#path.at(-1);
    const depth = this.#path.push(name);
    if (name === 'Mds') this.#devices++;
    if (this.#patientAt === 0 && /(?:^|:)PatientContextState$/.test(attribute('type') ?? name))
      this.#patientAt = depth;
    // Without a header the first element of the body says what is asked.
    if (this.#action === '' && parent === 'Body') this.#action = name;
    if (name === 'Identification' && this.#patientAt === depth - 1 && depth > 1)
      this.#note('mrn', attribute('Extension') ?? '');
  }

  leave(name: string, text: string): void {
    this.#path.pop();
    if (this.#patientAt > this.#path.length) this.#patientAt = 0;
    const value = text.trim();
    if (value !== '') this.#value(name, this.#path.at(-1), value);
  }

  #value(name: string, parent: string | undefined, text: string): void {
    if (parent === 'Header') {
      if (name === 'Action') this.#action = text;
      if (name === 'To') this.#to = text.slice(0, MAX_TEXT);
      return;
    }
    if (name === 'OperationHandleRef') this.#operation ??= text.slice(0, MAX_TEXT);
    if (name === 'InvocationState') this.#state ??= text.slice(0, MAX_TEXT);
    if (name === 'Value' && (parent === 'Code' || parent === 'Subcode'))
      this.#fault = text.slice(0, MAX_TEXT);
    const attribute = DEVICE_FIELDS[name];
    if (attribute !== undefined && DEVICE_PARENTS.has(parent ?? '') && this.#identity.length < MAX_SEEN)
      this.#identity.push({ attribute, value: text });
    const kind = PATIENT_FIELDS[name];
    if (kind !== undefined && this.#patientAt > 0) this.#note(kind, text);
  }

  #note(kind: string, text: string): void {
    if (text !== '' && !this.#patient.has(kind) && this.#patient.size < MAX_SEEN)
      this.#patient.set(kind, text);
  }

  end(): void {
    const flow = this.#flow;
    const parts = this.#action.split('/');
    const action = parts.at(-1) ?? '';
    const items = this.#items();
    const [first] = items;
    flow.emit(sdcStream, {
      is_orig: this.#side === ORIG,
      kind: kindOf(action),
      service: this.#action.startsWith(NAMESPACE) ? parts.at(-2) : undefined,
      action: action.slice(0, MAX_TEXT),
      operation: this.#operation,
      to: this.#to,
      state: this.#state,
      fault: this.#fault,
      devices: this.#devices > 0 ? this.#devices : undefined,
      patient: first === undefined ? undefined : flow.token(first.kind, first.values[0]!),
    });
    if (first !== undefined) flow.phi({ protocol: 'sdc', carrier: action.slice(0, MAX_TEXT), items });
    // Who describes several systems is a gateway.
    const behind = this.#devices > 1;
    for (const { attribute, value } of this.#identity)
      flow.identity({ side: this.#side, attribute, value, confidence: 0.9, behind });
  }

  #items(): { kind: PhiKind; values: string[] }[] {
    const found = this.#patient;
    const name = ['family', 'given', 'middle'].map(part => found.get(part) ?? '').join('^');
    const items: [PhiKind, string][] = [
      ['mrn', found.get('mrn') ?? ''],
      ['patient_name', name.replace(/\^+$/, '')],
      ['alias', found.get('alias') ?? ''],
      // Written as HL7 and DICOM write a date.
      ['birth_date', (found.get('birth_date') ?? '').replace(/^(\d{4})-(\d\d)-(\d\d).*$/, '$1$2$3')],
    ];
    return items.flatMap(([kind, value]) => (value === '' ? [] : [{ kind, values: [value] }]));
  }
}

/** SDC in any carrier: a SOAP envelope that names a namespace or an action of ISO/IEEE 11073. */
export const sdcPayload: Payload = {
  name: 'sdc',
  streams: [sdcStream],
  probe(head, _carrier, whole): Verdict {
    // The namespace may stand at any element of the envelope's beginning.
    return probeRoot(head, whole || head.length >= MAX_HEAD, ({ name, text }) =>
      name !== 'Envelope' ? false : text.includes(NAMESPACE) || undefined,
    );
  },
  open: (flow, carrier) => new SoapReader(flow, carrier),
};
