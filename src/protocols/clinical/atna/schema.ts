/** The `atna` stream: one record per audit message of a healthcare system that could be read on the wire. */
import { f, flowStream } from '../../../model/schema.ts';

export const atnaStream = flowStream(
  'atna',
  'One line per audit message of a healthcare system (IHE ATNA, DICOM PS3.15 A.5, RFC 3881) that was not in TLS.',
  {
    is_orig: f.bool('The originator of the flow sent it.'),
    source: f.string('Protocol that carried it: SYSLOG, HTTP … as in files.'),
    fuid: f.string('The file it came in, when it was carried as one.'),
    event_id: f.string('Code of the event, e.g. 110114.', 'text'),
    event: f.string('Its meaning (DICOM PS3.16 CID 400), e.g. User Authentication, Query, Export.'),
    event_types: f.stringSet('Codes of its types, e.g. 110122 (login) or ITI-18, at most 16.', 'text'),
    action: f.enum('What was done: C create, R read, U update, D delete, E execute.'),
    outcome: f.count('Outcome: 0 success, 4 minor, 8 serious, 12 major failure.'),
    event_time: f.string('When it happened, as sent.'),
    audit_source: f.string('System that reports, AuditSourceID.', 'text'),
    site: f.string('Its site, AuditEnterpriseSiteID.', 'text'),
    participants: f.count('Users and systems that took part.'),
    requestor: f.token('Who asked for it, as a token.', 'phi'),
    access_points: f.stringSet('Hosts and addresses of those that took part, at most 16.', 'text'),
    objects: f.count('What it was done to: objects in the message.'),
    object_roles: f.stringSet('Their roles (RFC 3881 section 5.5.2): patient, report, query, user …'),
    queries: f.count('Queries quoted in it; they name patients, in Base64.'),
    phi_fields: f.stringSet('Elements and attributes that held an identifier or a query.'),
    kinds: f.stringSet('Kinds of identifiers of persons in the message.'),
    complete: f.bool('Its end was seen.'),
  },
);
