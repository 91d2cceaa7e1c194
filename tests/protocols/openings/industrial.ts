/** Openings of the protocols in `protocols/industrial/`. */
import { fromHex } from '../../support/fake-flow.ts';
import { request } from '../industrial/dnp3-bytes.ts';
import type { Sample } from './sample.ts';

export const INDUSTRIAL: readonly Sample[] = [
  { owner: 'modbus', what: 'a request', orig: fromHex('0001 0000 0006 01 03 0000 000a') },
  { owner: 'dnp3', what: 'a request', orig: request(1) },
];
