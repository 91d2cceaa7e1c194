/** Openings of the protocols in `protocols/management/`. */
import { fromHex } from '../../support/fake-flow.ts';
import type { Sample } from './sample.ts';

export const MANAGEMENT: readonly Sample[] = [
  { owner: 'mqtt', what: 'a connection', orig: fromHex('10 11 00 04 4d515454 04 02 003c 0005 70756d7031') },
];
