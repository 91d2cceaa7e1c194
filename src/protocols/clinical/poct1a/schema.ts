/** The `poct1a` stream: one record per message of a point-of-care device or its manager. */
import { f, flowStream } from '../../../model/schema.ts';

export const poct1aStream = flowStream(
  'poct1a',
  'One line per message between point-of-care devices (glucose meters, blood gas analyzers) and their manager (POCT1-A).',
  {
    is_orig: f.bool('The originator of the flow sent the message.'),
    message_type: f.string(
      'Message, e.g. HEL.R01 hello, DST.R01 status, OBS.R01 results, OBS.R02 controls, OPL.R01 operators, DTV.R01 directive.',
    ),
    control_id: f.token('HDR.control_id, as a token.', 'phi'),
    version: f.string('HDR.version_id.', 'text'),
    message_time: f.string('HDR.creation_dttm, as sent.'),
    ack_type: f.string('ACK.type_cd: AA accepted, AE error, AR rejected.'),
    acked_control_id: f.token('Control identifier of the message acknowledged, as a token.', 'phi'),
    acked_type: f.string('That message, when it was seen in this flow.'),
    ack_delay: f.interval('Seconds from it to this acknowledgement.'),
    error_code: f.string('ACK.error_detail_cd.', 'text'),
    device_id: f.string('DEV.device_id of a hello.', 'text'),
    vendor: f.string('DEV.manufacturer_name, or without one DEV.vendor_id.', 'text'),
    model: f.string('DEV.model_id, or without one DEV.device_name.', 'text'),
    serial: f.string('DEV.serial_id.', 'text'),
    software: f.string('DEV.sw_version.', 'text'),
    topics: f.stringSet('Topics and directives that the device of a hello supports, at most 32.', 'text'),
    request: f.string('What is asked for, REQ.request_cd: ROBS all results, RDEV events …', 'text'),
    command: f.string('What the device shall do, DTV.command_cd: SET_TIME, START_CONTINUOUS, LOCK …', 'text'),
    topic: f.string('Topic that is over, EOT.topic_cd.', 'text'),
    reason: f.string(
      'Why the conversation ends, TRM.reason_cd, or why it does not go on, ESC.detail_cd.',
      'text',
    ),
    condition: f.string('Condition of the device, DST.condition_cd: R ready, L locked, B busy …', 'text'),
    new_observations: f.count('Results that wait in the device, DST.new_observations_qty.'),
    observations: f.count('Results in the message (OBS).'),
    patients: f.count('Patients in it (PT).'),
    operators: f.count('Operators in it (OPR).'),
    events: f.count('Events in it (EVT).'),
    complete: f.bool('Its end was seen.'),
    phi_fields: f.stringSet('Elements that held an identifier, e.g. PT.patient_id.'),
    kinds: f.stringSet('Kinds of identifiers of persons in the message.'),
  },
);
