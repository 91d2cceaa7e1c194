/**
 * The `dicom` stream: what an association negotiated, what was stored in it and how it ended, and every DIMSE request with
 * its final response. Names of fields follow PS3.7 and PS3.8; values of patients are never in it, only which kinds were seen.
 */
import { f, flowStream } from '../../../model/schema.ts';

/** One line per association outcome, per SOP class stored in it, and per DIMSE request with its final response. */
export const dicomStream = flowStream(
  'dicom',
  'One line per DICOM association outcome, per SOP class stored in it, and per DIMSE request with its final response.',
  {
    event: f.enum(
      'associate, reject, abort, release, dimse; stored for each SOP class stored in an association; drop when an accepted association just ended, or the capture did.',
    ),
    is_orig: f.bool(
      'The originator of the flow asked: for the association, its end, or the operation; or stored the instances.',
    ),
    called_ae: f.string('Application entity title the requestor called.', 'text'),
    calling_ae: f.string('Application entity title the requestor gave itself.', 'text'),
    result: f.enum('accepted, rejected-permanent or rejected-transient; absent without an answer.'),
    source: f.string('Who rejected or aborted, in the words of PS3.8.'),
    reason: f.string('Why it was rejected or aborted, in the words of PS3.8.'),
    application_context: f.string(
      'Application context name: 1.2.840.10008.3.1.1.1 is that of DICOM.',
      'text',
    ),
    implementation_class_uid: f.string('Software of the requestor: implementation class UID.', 'text'),
    implementation_version: f.string('Software of the requestor: implementation version name.', 'text'),
    acceptor_implementation_class_uid: f.string(
      'Software of the acceptor: implementation class UID.',
      'text',
    ),
    acceptor_implementation_version: f.string(
      'Software of the acceptor: implementation version name.',
      'text',
    ),
    max_pdu: f.count('Largest P-DATA-TF the requestor takes, in bytes; 0 is no limit.'),
    acceptor_max_pdu: f.count('Largest P-DATA-TF the acceptor takes, in bytes; 0 is no limit.'),
    operations_invoked: f.count('Operations the requestor may invoke at once; 0 is no limit.'),
    operations_performed: f.count('Operations the requestor performs at once; 0 is no limit.'),
    acceptor_operations_invoked: f.count('Operations the requestor may invoke at once, as agreed.'),
    acceptor_operations_performed: f.count('Operations the requestor performs at once, as agreed.'),
    roles: f.stringSet(
      'Roles the requestor proposes for itself, by SOP class: CT Image Storage: SCP.',
      'text',
    ),
    acceptor_roles: f.stringSet('Roles of the requestor that the acceptor agrees to.', 'text'),
    extended_negotiation: f.stringSet('SOP classes with extended negotiation.', 'text'),
    contexts: f.count('Presentation contexts proposed.'),
    contexts_accepted: f.count('Presentation contexts accepted.'),
    context_results: f.stringSet(
      'Results that presentation contexts had: acceptance, user-rejection, no-reason, abstract-syntax-not-supported, transfer-syntaxes-not-supported.',
    ),
    presentation_contexts: f.strings(
      'Each presentation context: identifier, service, result and transfer syntax accepted; at most 128.',
      'text',
    ),
    abstract_syntaxes: f.stringSet('Services proposed, by name or else UID; at most 128.', 'text'),
    accepted_abstract_syntaxes: f.stringSet('Services of contexts that were accepted.', 'text'),
    proposed_transfer_syntaxes: f.stringSet(
      'Encodings proposed for any service, by name or else UID; at most 128.',
      'text',
    ),
    transfer_syntaxes: f.stringSet('Encodings accepted, by name or else UID; at most 128.', 'text'),
    user_identity_type: f.enum('username, username-passcode, kerberos, saml or jwt; the number for others.'),
    account: f.string('User of the identity, only when it is a vendor or default account.'),
    user: f.token('User of the identity as a token, when it is not on that list.', 'secret'),
    commands: f.count('DIMSE requests seen in the association that ended.'),
    duration: f.interval('Seconds from the request for the association to its end.'),
    instances: f.count(
      'Instances of the SOP class that were sent to be stored; of an N-ACTION: those whose storage is to be committed.',
    ),
    command: f.string('DIMSE request, e.g. C-STORE-RQ; the number for unknown ones.'),
    message_id: f.count('Message ID of the request.'),
    status: f.count('Status of the last response; absent without one.'),
    status_category: f.enum(
      'success, warning, failure, cancel, pending or other, as the service defines it.',
    ),
    status_text: f.string('Status in the words of the service, e.g. move destination unknown.'),
    rtt: f.interval('Seconds from the request to its final response.'),
    responses: f.count('Responses with status pending before the final one.'),
    sop_class: f.string('SOP class of the operation, by name or else UID.', 'text'),
    sop_class_uid: f.string('SOP class UID of the operation.', 'text'),
    sop_instance: f.token(
      'SOP instance that an N-service is about, as a token: a procedure step, a film, a print job.',
      'phi',
    ),
    step_status: f.string(
      'State that an N-service gives a procedure step: IN PROGRESS, COMPLETED, DISCONTINUED, SCHEDULED or CANCELED.',
    ),
    move_destination: f.string('Application entity title a C-MOVE sends to.', 'text'),
    move_originator_ae: f.string('Application entity title whose C-MOVE caused this C-STORE.', 'text'),
    move_originator_id: f.count('Message ID of that C-MOVE.'),
    event_type: f.count('Event type of an N-EVENT-REPORT.'),
    action_type: f.count('Action type of an N-ACTION.'),
    remaining: f.count('Sub-operations that remain, by the last response of a C-MOVE or C-GET that says so.'),
    completed: f.count(
      'Sub-operations completed, by the last response of a C-MOVE or C-GET; of stored: answered with success or a warning; of an N-EVENT-REPORT: instances whose storage is committed.',
    ),
    failed: f.count(
      'Sub-operations failed, by the last response of a C-MOVE or C-GET; of stored: answered with a failure; of an N-EVENT-REPORT: instances whose storage is not committed.',
    ),
    warned: f.count('Sub-operations that ended with a warning, by the last response of a C-MOVE or C-GET.'),
    query_level: f.string('Level of a query or retrieval: PATIENT, STUDY, SERIES or IMAGE.', 'text'),
    match_keys: f.count('Keys of a query or retrieval that restrict it: neither empty nor only wildcards.'),
    query_keys: f.stringSet(
      'Keys of a query or retrieval by keyword, nested ones too, never their values; at most 128.',
    ),
    wildcard_keys: f.stringSet('Those of them that hold a wildcard.'),
    empty_keys: f.stringSet('Those of them that are empty: they match everything and ask for the value.'),
    dataset_bytes: f.count(
      'Bytes of the data set of the request, by the lengths of its fragments; of stored: of all instances.',
    ),
    response_bytes: f.count('Bytes of the data sets of the responses, by the lengths of their fragments.'),
    phi_kinds: f.stringSet(
      'Kinds of patient identifiers in the data sets of request and responses; private for private elements, which may hold anything.',
    ),
    private_elements: f.count('Private (odd group) elements in the data sets read; they may hold anything.'),
    modality: f.string('Modality of the stored object.', 'text'),
    manufacturer: f.string('Manufacturer of the equipment that made the stored object.', 'text'),
    model: f.string('Model name of that equipment.', 'text'),
    station_name: f.string('Station name of that equipment.', 'text'),
    station_ae: f.string('Application entity title of that equipment.', 'text'),
    device_serial: f.string('Serial number of that equipment.', 'text'),
    software_versions: f.string('Software versions of that equipment.', 'text'),
  },
);
