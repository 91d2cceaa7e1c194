/** Openings of the protocols in `protocols/management/`. */
import { fromHex } from '../../support/fake-flow.ts';
import { radiusMessage } from '../management/radius-bytes.ts';
import { message, pdu, v3 } from '../management/snmp-bytes.ts';
import type { Sample } from './sample.ts';

export const MANAGEMENT: readonly Sample[] = [
  { owner: 'radius', what: 'a login', transport: 'udp', orig: radiusMessage(1, 1, [1, 'root']) },
  { owner: 'snmp', what: 'a request', transport: 'udp', orig: message(1, 'public', pdu(0)) },
  {
    owner: 'snmp',
    what: 'a request of version 3',
    transport: 'udp',
    orig: v3({ flags: 0, operation: pdu(0) }),
  },
  { owner: 'syslog', what: 'a datagram', transport: 'udp', orig: '<34>Nov 27 05:18:25 host su: text' },
  { owner: 'syslog', what: 'a line', orig: '<34>1 2026-11-27T05:18:25Z host su - - - text\n' },
  { owner: 'syslog', what: 'a message with its length', orig: '10 <13>text\n ' },
  { owner: 'mqtt', what: 'a connection', orig: fromHex('10 11 00 04 4d515454 04 02 003c 0005 70756d7031') },
  {
    owner: 'coap',
    what: 'a request',
    transport: 'udp',
    orig: fromHex('4201 0001 aabb b6 766974616c73'),
  },
  { owner: 'amqp', what: 'a protocol header', orig: 'AMQP\0\0\t\x01' },
  { owner: 'jetdirect', what: 'a job', orig: '\x1b%-12345X@PJL JOB NAME="x"\r\n' },
  {
    owner: 'stratum',
    what: 'a subscription',
    orig: '{"id": 1, "method": "mining.subscribe", "params": ["cpuminer/2.5"]}\n',
  },
  { owner: 'lpd', what: 'a job', port: 515, orig: '\x02labels\n' },
];
