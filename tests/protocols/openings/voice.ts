/** Openings of the protocols in `protocols/voice/`. */
import { fromHex } from '../../support/fake-flow.ts';
import type { Sample } from './sample.ts';

const report = '81c9 0007 11223344 55667788 00000000 00000000 00000000 00000000 00000000';

export const VOICE: readonly Sample[] = [
  { owner: 'sip', what: 'a request', orig: 'INVITE sip:a@b SIP/2.0\r\n' },
  { owner: 'sip', what: 'a datagram', transport: 'udp', orig: 'REGISTER sip:b SIP/2.0\r\n\r\n' },
  { owner: 'sip', what: 'a response', resp: 'SIP/2.0 200 OK\r\n' },
  {
    owner: 'stun',
    what: 'a request',
    transport: 'udp',
    orig: fromHex('0001 0000 2112a442 000102030405060708090a0b'),
  },
  {
    owner: 'rtp',
    what: 'two packets',
    transport: 'udp',
    before: fromHex('8000 0001 000000a0 11223344 d5d5d5d5'),
    orig: fromHex('8000 0002 00000140 11223344 d5d5d5d5'),
  },
  {
    owner: 'rtcp',
    what: 'a report and a description',
    transport: 'udp',
    orig: fromHex(`${report} 81ca 0003 11223344 0104 61626364 0000`),
  },
];
