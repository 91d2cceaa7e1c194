/** Openings of the protocols in `protocols/industrial/`. */
import { fromHex } from '../../support/fake-flow.ts';
import { request } from '../industrial/dnp3-bytes.ts';
import type { Sample } from './sample.ts';

export const INDUSTRIAL: readonly Sample[] = [
  { owner: 'modbus', what: 'a request', orig: fromHex('0001 0000 0006 01 03 0000 000a') },
  { owner: 'dnp3', what: 'a request', orig: request(1) },
  { owner: 'bacnet', what: 'who-Is', transport: 'udp', orig: fromHex('810b 000c 0120 ffff 00ff 1008') },
  {
    owner: 'enip',
    what: 'a registration',
    orig: fromHex(`6500 0400 00000000 00000000 0000000000000000 00000000 0100 0000`),
  },
  {
    owner: 's7comm',
    what: 'a connection and its setup',
    orig: fromHex(
      '03000016 11 e0 0000 0001 00 c1020100 c2020102 c0010a 03000019 02f080 32 01 0000 0000 0008 0000 f000 0001 0001 01e0',
    ),
  },
  { owner: 'opcua', what: 'a hello', orig: fromHex(`48454c46 20000000 ${'00'.repeat(20)} 00000000`) },
];
