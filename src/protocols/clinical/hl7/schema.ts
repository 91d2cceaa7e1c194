/**
 * The `hl7` stream: one record per HL7 v2 message, in both directions. Values that identify patients are never in it,
 * only which kinds and fields the message held.
 */
import { f, flowStream } from '../../../model/schema.ts';

/** One line per HL7 version 2 message. */
export const hl7Stream = flowStream('hl7', 'One line per HL7 version 2 message, acknowledgements included.', {
  is_orig: f.bool('The originator of the flow sent the message.'),
  source: f.string('Protocol that carried it, when it was not HL7’s own: HTTP, SMTP, MQTT … as in files.'),
  fuid: f.string('The file it came in, when it was carried as one.'),
  message_type: f.string('Message code, MSH-9.1, e.g. ORU.'),
  trigger_event: f.string('Trigger event, MSH-9.2, e.g. R01.'),
  message_structure: f.string('Message structure, MSH-9.3, e.g. ORU_R01.'),
  sending_app: f.string('Sending application, MSH-3.1, or without one MSH-3.2.', 'text'),
  sending_app_id: f.string('Universal identifier of the sending application, MSH-3.2.', 'text'),
  sending_facility: f.string('Sending facility, MSH-4.1, or without one MSH-4.2.', 'text'),
  receiving_app: f.string('Receiving application, MSH-5.1, or without one MSH-5.2.', 'text'),
  receiving_facility: f.string('Receiving facility, MSH-6.1, or without one MSH-6.2.', 'text'),
  message_time: f.string(
    'When the sender wrote it, MSH-7, as sent: digits from the year on and a time zone.',
  ),
  control_id: f.token('Message control identifier, MSH-10, as a token.', 'phi'),
  processing_id: f.string('Processing identifier, MSH-11.1: P production, T training, D debugging.', 'text'),
  version: f.string('HL7 version, MSH-12.1.', 'text'),
  accept_ack: f.string('When the sender wants an accept acknowledgement, MSH-15: AL, NE, ER or SU.'),
  application_ack: f.string('When it wants an application acknowledgement, MSH-16: AL, NE, ER or SU.'),
  charset: f.string('Character set, MSH-18, first of several.', 'text'),
  ihe_transaction: f.string(
    'IHE device transaction: PCD-01 observations, PCD-03 pump program, PCD-04 alarm, PCD-05 its status, PCD-10 pump event.',
  ),
  segments: f.count('Segments in the message, MSH included.'),
  orders: f.count('Order segments (OBR).'),
  observations: f.count('Observations (OBX).'),
  local_segments: f.count('Segments that the standard does not define (Z…).'),
  message_bytes: f.count('Bytes of the message, framing left out.'),
  batch: f.bool('The message is part of a batch (FHS or BHS header).'),
  framed: f.bool('The message stood in an MLLP frame.'),
  values: f.token(
    'What is observed, or ordered and given, as one token over all OBX-3 to 6 and RX segments: equal when it says the same.',
    'phi',
  ),
  equipment: f.stringSet('Equipment instance identifiers, OBX-18 and PRT-10: at most 16.', 'text'),
  location: f.string('Where the patient lies, PV1-3: point of care, room, bed.', 'text'),
  phi_fields: f.stringSet(
    'Fields that held an identifier or tell of a patient, e.g. PID-5, PV1-7, DG1-3; OBX-5 when it is free text.',
  ),
  pid_kinds: f.stringSet('Kinds of identifiers of persons in the message.'),
  ack_code: f.string('Acknowledgement code, MSA-1: AA, AE, AR, CA, CE or CR.', 'text'),
  acked_control_id: f.token('Control identifier of the message acknowledged, MSA-2, as a token.', 'phi'),
  acked_type: f.string('Type of the acknowledged message, when it was seen in this flow, e.g. ORU^R01.'),
  ack_delay: f.interval('Seconds from the acknowledged message, seen in this flow, to this one.'),
  error_code: f.string(
    'Error, ERR-3.1, or of old versions ERR-1 or MSA-6: a code of HL7 table 0357.',
    'text',
  ),
  error_severity: f.string('Severity of the error, ERR-4: I, W, E or F.'),
});
