/** Openings of the protocols in `protocols/clinical/`. */
import { bed, CANARY_PATIENT, joined, patient, SYNC } from '../clinical/contec-blocks.ts';
import { associateRq } from '../clinical/dicom/build.ts';
import * as intellivue from '../clinical/intellivue/build.ts';
import type { Sample } from './sample.ts';

export const CLINICAL: readonly Sample[] = [
  { owner: 'dicom', what: 'an association request', orig: associateRq() },
  {
    owner: 'hl7',
    what: 'a message',
    orig: '\x0bMSH|^~\\&|MON|ICU|EHR|H|20260101||ORU^R01|1|P|2.5\rPID|1\r\x1c\r',
  },
  { owner: 'contec', what: 'blocks of a monitor', orig: joined(patient(CANARY_PATIENT), bed(7), SYNC) },
  { owner: 'contec', what: 'short blocks of a monitor', orig: joined(SYNC, SYNC, bed(7)) },
  { owner: 'intellivue', what: 'an association', transport: 'udp', orig: intellivue.connect() },
  { owner: 'intellivue', what: 'a release', transport: 'udp', orig: intellivue.FINISH },
  { owner: 'intellivue', what: 'a poll', transport: 'udp', orig: intellivue.poll(1, 6) },
];
