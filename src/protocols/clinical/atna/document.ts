/**
 * One audit message, element by element (DICOM PS3.15 A.5.1; RFC 3881 section 5, whose codes stand in the attribute `code`
 * instead of `csd-code`): event, outcome, who took part, and which patients it is about, the latter for tokens only.
 * Limits: `MAX_LIST` values of a list, `MAX_VALUES` identifiers, `MAX_TEXT` characters of a value.
 */
import type { PhiKind } from '../../../model/identifiers.ts';
import type { PhiItem } from '../../../model/protocol.ts';
import type { XmlHandler } from '../../xml-events.ts';

const MAX_LIST = 16;
const MAX_VALUES = 256;
const MAX_TEXT = 128;
const PERSON = '1';
const PATIENT = '1';
const ROOT = 'AuditMessage';

/** DICOM PS3.16 CID 400. */
const EVENTS: Readonly<Record<string, string>> = {
  110100: 'Application Activity',
  110101: 'Audit Log Used',
  110102: 'Begin Transferring DICOM Instances',
  110103: 'DICOM Instances Accessed',
  110104: 'DICOM Instances Transferred',
  110105: 'DICOM Study Deleted',
  110106: 'Export',
  110107: 'Import',
  110108: 'Network Entry',
  110109: 'Order Record',
  110110: 'Patient Record',
  110111: 'Procedure Record',
  110112: 'Query',
  110113: 'Security Alert',
  110114: 'User Authentication',
};

/** RFC 3881 section 5.5.2, ParticipantObjectTypeCodeRole. */
const ROLES = (
  'patient,location,report,resource,master file,user,list,doctor,subscriber,guarantor,security user entity,' +
  'security user group,security resource,security granularity definition,provider,data destination,' +
  'data repository,schedule,customer,job,job stream,table,routing criteria,query'
).split(',');

export class AuditDocument implements XmlHandler {
  eventId: string | undefined;
  readonly eventTypes = new Set<string>();
  action: string | undefined;
  outcome: number | undefined;
  time: string | undefined;
  auditSource: string | undefined;
  site: string | undefined;
  participants = 0;
  requestor: string | undefined;
  readonly accessPoints = new Set<string>();
  objects = 0;
  readonly roles = new Set<string>();
  queries = 0;
  /** The end of the message was seen: nothing more is read. */
  done = false;
  readonly fields = new Set<string>();
  readonly #values = new Map<PhiKind, Set<string>>();
  #count = 0;
  #isPatient = false;

  /** Meaning of the event. */
  get event(): string | undefined {
    return this.eventId === undefined ? undefined : EVENTS[this.eventId];
  }

  /** Identifiers as `flow.phi` takes them. */
  get items(): PhiItem[] {
    return [...this.#values].map(([kind, values]) => ({ kind, values: [...values] }));
  }

  enter(name: string, attribute: (name: string) => string | undefined): void {
    if (this.done) return;
    const text = (key: string) => attribute(key)?.trim().slice(0, MAX_TEXT) || undefined;
    const code = () => text('csd-code') ?? text('code');
    switch (name) {
      case 'EventIdentification': {
        const action = text('EventActionCode');
        this.action = action !== undefined && /^[CRUDE]$/.test(action) ? action : undefined;
        const outcome = text('EventOutcomeIndicator');
        this.outcome = outcome !== undefined && /^\d{1,2}$/.test(outcome) ? Number(outcome) : undefined;
        this.time = timeStamp(text('EventDateTime'));
        break;
      }
      case 'EventID':
        this.eventId ??= code();
        break;
      case 'EventTypeCode':
        addTo(this.eventTypes, code());
        break;
      case 'AuditSourceIdentification':
        this.auditSource ??= text('AuditSourceID');
        this.site ??= text('AuditEnterpriseSiteID');
        break;
      case 'ActiveParticipant':
        this.#participant(text);
        break;
      case 'ParticipantObjectIdentification':
        this.#object(text);
        break;
      default:
    }
  }

  leave(name: string, said: string): void {
    if (this.done) return;
    const text = said.trim();
    if (name === ROOT) this.done = true;
    else if (name === 'ParticipantObjectName' && this.#isPatient) this.#person('patient_name', name, text);
    else if (name === 'ParticipantObjectQuery' && text !== '') {
      this.queries++;
      this.fields.add(name);
    } else if (name === 'ParticipantObjectIdentification') this.#isPatient = false;
  }

  #participant(text: (key: string) => string | undefined): void {
    this.participants++;
    addTo(this.accessPoints, text('NetworkAccessPointID'));
    const [id, alternative, shown] = [text('UserID'), text('AlternativeUserID'), text('UserName')];
    if (text('UserIsRequestor')?.toLowerCase() === 'true') this.requestor ??= shown ?? id ?? alternative;
    this.#person('operator_name', 'UserName', shown ?? '');
  }

  #object(text: (key: string) => string | undefined): void {
    this.objects++;
    const role = text('ParticipantObjectTypeCodeRole');
    const name = ROLES[Number(role) - 1];
    if (name !== undefined) this.roles.add(name);
    this.#isPatient = text('ParticipantObjectTypeCode') === PERSON && role === PATIENT;
    // CX: the number stands before the first caret, whose authority it is behind.
    if (this.#isPatient)
      this.#person('mrn', 'ParticipantObjectID', text('ParticipantObjectID')?.split('^')[0] ?? '');
  }

  #person(kind: PhiKind, field: string, value: string): void {
    if (value === '') return;
    this.fields.add(field);
    if (++this.#count > MAX_VALUES) return;
    const known = this.#values.get(kind);
    if (known === undefined) this.#values.set(kind, new Set([value]));
    else known.add(value);
  }
}

function addTo(list: Set<string>, value: string | undefined): void {
  if (value !== undefined && list.size < MAX_LIST) list.add(value);
}

/** Date and time of ISO 8601. */
function timeStamp(text: string | undefined): string | undefined {
  return text !== undefined && /^\d{4}-\d\d-\d\dT[\d:.]{5,18}(?:Z|[+-]\d\d:?\d\d)?$/.test(text)
    ? text
    : undefined;
}
