/** Openings of the protocols in `protocols/clinical/`. */
import { aarq, command, reply, S5_REQUEST, timeSync } from '../clinical/bedside-build.ts';
import { bed, CANARY_PATIENT, joined, patient, SYNC } from '../clinical/contec-blocks.ts';
import { associateAc, associateRq } from '../clinical/dicom/build.ts';
import * as intellivue from '../clinical/intellivue/build.ts';
import type { Sample } from './sample.ts';

export const CLINICAL: readonly Sample[] = [
  { owner: 'dicom', what: 'an association request', orig: associateRq() },
  { owner: 'dicom', what: 'an acceptance, the request not captured', resp: associateAc() },
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
  {
    owner: 'carescape',
    what: 'a time',
    transport: 'udp',
    port: 2000,
    orig: timeSync([10, 0, 0, 1], 'ICU|CIC', 1_700_000_000),
  },
  { owner: 'datex_s5', what: 'a request', orig: S5_REQUEST },
  { owner: 'medibus', what: 'a command and its answer', orig: command('Q'), resp: reply('Q') },
  { owner: 'phd', what: 'an association', orig: aarq([1, 2, 3, 4, 5, 6, 7, 8], 700) },
  {
    owner: 'lis',
    what: 'a framed message of an analyzer',
    orig: '\x05\x021H|\\^&|||ABL800|||||LIS||P|1\r\x0312\r\n',
    resp: '\x06',
  },
  {
    owner: 'lis',
    what: 'a message of an analyzer without frames',
    orig: 'H|\\^&|||ABL800|||||LIS||P|1\rP|1\rL|1|N\r',
  },
  {
    owner: 'poct1a',
    what: 'a hello of a point-of-care device',
    orig: '<?xml version="1.0"?>\n<HEL.R01><HDR><HDR.control_id V="1"/></HDR></HEL.R01>',
  },
  { owner: 'tap', what: 'a login', orig: '\r\x1bPG1\r', resp: 'ID=' },
];
