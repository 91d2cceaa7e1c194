/**
 * The `dicom` stream: what an association negotiated and how it ended, and every DIMSE request with its final
 * response. Names of fields follow PS3.7 and PS3.8; values of patients are never in it, only which kinds were seen.
 */
import { f, flowStream } from '../../../model/schema.ts';

/** One line per association outcome and per DIMSE request with its final response. */
export const dicomStream = flowStream(
  'dicom',
  'One line per DICOM association outcome and per DIMSE request with its final response.',
  {
    event: f.enum(
      'associate, reject, abort, release, dimse; drop when an accepted association just ended, or the capture did.',
    ),
    is_orig: f.bool('The originator of the flow asked: for the association, its end, or the operation.'),
    called_ae: f.string('Application entity title the requestor called.', 'text'),
    calling_ae: f.string('Application entity title the requestor gave itself.', 'text'),
    result: f.enum('accepted, rejected-permanent or rejected-transient; absent without an answer.'),
    source: f.string('Who rejected or aborted, in the words of PS3.8.'),
    reason: f.string('Why it was rejected or aborted, in the words of PS3.8.'),
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
    contexts: f.count('Presentation contexts proposed.'),
    contexts_accepted: f.count('Presentation contexts accepted.'),
    abstract_syntaxes: f.stringSet('Services proposed, by name or else UID; at most 128.', 'text'),
    transfer_syntaxes: f.stringSet('Encodings accepted, by name or else UID; at most 128.', 'text'),
    user_identity_type: f.enum('username, username-passcode, kerberos, saml or jwt; the number for others.'),
    commands: f.count('DIMSE requests seen in the association that ended.'),
    command: f.string('DIMSE request, e.g. C-STORE-RQ; the number for unknown ones.'),
    message_id: f.count('Message ID of the request.'),
    status: f.count('Status of the last response; absent without one.'),
    status_category: f.enum('success, warning, failure, cancel, pending or other.'),
    rtt: f.interval('Seconds from the request to its final response.'),
    responses: f.count('Responses with status pending before the final one.'),
    sop_class: f.string('SOP class of the operation, by name or else UID.', 'text'),
    sop_class_uid: f.string('SOP class UID of the operation.', 'text'),
    move_destination: f.string('Application entity title a C-MOVE sends to.', 'text'),
    move_originator_ae: f.string('Application entity title whose C-MOVE caused this C-STORE.', 'text'),
    completed: f.count('Sub-operations completed, by the last response of a C-MOVE or C-GET.'),
    failed: f.count('Sub-operations failed, by the last response of a C-MOVE or C-GET.'),
    query_level: f.string('Level of a query or retrieval: PATIENT, STUDY, SERIES or IMAGE.', 'text'),
    match_keys: f.count('Keys of a query or retrieval that restrict it: neither empty nor only wildcards.'),
    dataset_bytes: f.count('Bytes of the data set of the request, by the lengths of its fragments.'),
    response_bytes: f.count('Bytes of the data sets of the responses, by the lengths of their fragments.'),
    phi_kinds: f.stringSet('Kinds of patient identifiers in the data sets of request and responses.'),
    private_elements: f.count('Private (odd group) elements in the data sets read; they may hold anything.'),
    modality: f.string('Modality of the stored object.', 'text'),
    manufacturer: f.string('Manufacturer of the equipment that made the stored object.', 'text'),
    model: f.string('Model name of that equipment.', 'text'),
    station_name: f.string('Station name of that equipment.', 'text'),
    software_versions: f.string('Software versions of that equipment.', 'text'),
  },
);
