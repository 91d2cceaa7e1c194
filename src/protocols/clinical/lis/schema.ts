/** The `lis` stream: one record per message between an analyzer and a laboratory system. */
import { f, flowStream } from '../../../model/schema.ts';

export const lisStream = flowStream(
  'lis',
  'One line per message between analyzer and laboratory system (ASTM E1394, LIS02-A2), from its header on.',
  {
    is_orig: f.bool('The originator of the flow sent the message.'),
    content: f.enum('What it is about: results, orders, query (what shall be measured?) or other.'),
    sender: f.string('Name of the sender, H-5, its components with blanks between.', 'text'),
    receiver: f.string('Receiver, H-10.', 'text'),
    control_id: f.token('Message control identifier, H-3, as a token.', 'phi'),
    processing_id: f.string(
      'Processing identifier, H-12: P production, T training, D debugging, Q quality control.',
      'text',
    ),
    version: f.string('Version of the standard, H-13.', 'text'),
    message_time: f.string('When the sender wrote it, H-14, as sent.'),
    patients: f.count('Patient records (P).'),
    orders: f.count('Test orders (O).'),
    results: f.count('Results (R).'),
    comments: f.count('Comments (C).'),
    queries: f.count('Requests for information (Q).'),
    manufacturer: f.count('Records of the manufacturer (M).'),
    scientific: f.count('Scientific records (S).'),
    termination: f.string(
      'How the sender ended it, L-3: N normal, T aborted, I no information, Q error, E or F.',
    ),
    complete: f.bool('It has its terminator (L).'),
    framed: f.bool('It came in frames of ASTM E1381 (LIS01-A2).'),
    frames: f.count('Frames accepted.'),
    retransmissions: f.count('Frames that came again with the same number.'),
    checksum_errors: f.count('Frames whose checksum is wrong.'),
    naks: f.count('Refusals (NAK) by the receiver.'),
    message_bytes: f.count('Bytes of its records.'),
    instruments: f.stringSet('Instruments that measured, R-14: at most 16.', 'text'),
    phi_fields: f.stringSet('Fields that held an identifier, e.g. P-6, O-3, R-11.'),
    kinds: f.stringSet('Kinds of identifiers of persons in the message.'),
  },
);
