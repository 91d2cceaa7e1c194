/**
 * The `hl7` stream: one record per HL7 v2 message, in both directions. Values that identify patients are never in it,
 * only which kinds the message held.
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
  control_id: f.token('Message control identifier, MSH-10, as a token.', 'phi'),
  processing_id: f.string('Processing identifier, MSH-11.1: P production, T training, D debugging.', 'text'),
  version: f.string('HL7 version, MSH-12.1.', 'text'),
  charset: f.string('Character set, MSH-18, first of several.', 'text'),
  segments: f.count('Segments in the message, MSH included.'),
  message_bytes: f.count('Bytes of the message, framing left out.'),
  batch: f.bool('The message is part of a batch (FHS or BHS header).'),
  framed: f.bool('The message stood in an MLLP frame.'),
  pid_kinds: f.stringSet('Kinds of identifiers of the patient and relatives in PID, NK1, GT1 and IN1.'),
  ack_code: f.string('Acknowledgement code, MSA-1: AA, AE, AR, CA, CE or CR.', 'text'),
  acked_control_id: f.token('Control identifier of the message acknowledged, MSA-2, as a token.', 'phi'),
  ack_delay: f.interval('Seconds from the acknowledged message, seen in this flow, to this one.'),
});
