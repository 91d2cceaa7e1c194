/** Openings of the protocols in `protocols/rpc/`. */
import { call, marked, NONE, reply, u32, user } from '../rpc/rpc-bytes.ts';
import type { Sample } from './sample.ts';

const getport = call(1, [100_000, 2, 3], NONE, u32(100_003), u32(3), u32(6), u32(0));

export const RPC: readonly Sample[] = [
  { owner: 'rpc', what: 'a call of the portmapper', transport: 'udp', orig: getport },
  { owner: 'rpc', what: 'a call over TCP', orig: marked(call(7, [100_003, 3, 0], user('ws1', 0, 0))) },
  {
    owner: 'rpc',
    what: 'a reply on the port of NFS',
    transport: 'udp',
    resp: reply(9, u32(0)),
    port: 2049,
  },
];
