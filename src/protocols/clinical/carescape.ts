/**
 * Time synchronisation of GE CARESCAPE (Unity) monitoring networks, UDP port 2000: the master node, mostly a central
 * station, broadcasts the time at least once a day and whenever somebody changes it; all monitors follow without asking who
 * sent it. One `carescape` record per datagram. Of its 64 bytes these are known (Vocera, Understanding GE Carescape
 * Networks, where bytes are counted from 1):
 *
 *      6  IPv4 address of the sender    24  unit|room, 13 bytes, NUL behind    60  seconds since 1900
 *
 * Not decoded: discovery (RWHAT, UDP port 7000) and alarms, whose layout nobody has published. Recognised on its port only,
 * by length, place and a plausible time. Whether the time is UTC or local is not known; `clock_offset` may hold the zone.
 */
import { u32be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  type Verdict,
} from '../../model/protocol.ts';
import { f, flowStream } from '../../model/schema.ts';
import { readIpv4 } from '../../net/address.ts';

const LENGTH = 64;
const ADDRESS = 6;
const PLACE = 24;
const PLACE_BYTES = 13;
const TIME = 60;
/** 1970 in seconds since 1900. */
const UNIX_EPOCH = 2_208_988_800;
/** The year 2000; what is earlier or beyond 2036 is not believed. */
const EARLIEST = UNIX_EPOCH + 946_684_800;

/** Unit of at most 7 characters, room of at most 6. */
const UNIT_AND_ROOM = /^([ -{}~]{0,7})\|([ -{}~]{0,6})\0*$/;

export const carescapeStream = flowStream(
  'carescape',
  'Time broadcast by the master node of a GE CARESCAPE network.',
  {
    is_orig: f.bool('The originator sent it.'),
    claimed_host: f.addr('Address that the sender says it has.'),
    claimed_host_differs: f.bool('The datagram came from another address.'),
    unit: f.string('Care unit of the sender.', 'text'),
    room: f.string('Room or name of the sender.', 'text'),
    time: f.time('Time that is announced.'),
    clock_offset: f.interval('Announced time minus capture time; it may hold the time zone.'),
  },
);

interface Announcement {
  readonly host: string;
  readonly unit: string;
  readonly room: string;
  readonly seconds: number;
}

function decode(bytes: Uint8Array, from: number, to: number): Announcement | undefined {
  if (to - from !== LENGTH) return undefined;
  const place = UNIT_AND_ROOM.exec(latin1(bytes, from + PLACE, from + PLACE + PLACE_BYTES));
  const seconds = u32be(bytes, from + TIME);
  const network = bytes[from + ADDRESS]!;
  if (place === null || seconds < EARLIEST || network === 0 || network === 127 || network > 223)
    return undefined;
  const [, unit = '', room = ''] = place;
  return {
    host: readIpv4(bytes, from + ADDRESS),
    unit: unit.trim(),
    room: room.trim(),
    seconds: seconds - UNIX_EPOCH,
  };
}

function probe({ orig, resp, portHint }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  return portHint && decode(bytes, 0, bytes.length) !== undefined ? 'match' : 'no';
}

function feed(flow: FlowContext, side: Direction, bytes: Uint8Array, from: number, to: number): void {
  const said = decode(bytes, from, to);
  if (said === undefined) return flow.weird('carescape_unknown_message');
  const { host, unit, room, seconds } = said;
  const differs = host !== (side === ORIG ? flow.origHost : flow.respHost);
  flow.emit(carescapeStream, {
    is_orig: side === ORIG,
    claimed_host: host,
    claimed_host_differs: differs,
    unit,
    room,
    time: { sec: seconds, nsec: 0 },
    clock_offset: seconds - flow.now.sec - flow.now.nsec / 1e9,
  });
  // Who speaks in the name of another says nothing of itself.
  if (differs) return;
  flow.identity({ side, attribute: 'type', value: 'central-station', confidence: 0.3 });
  flow.identity({ side, attribute: 'vendor', value: 'GE Healthcare' });
  flow.identity({ side, attribute: 'location', value: `${unit}|${room}`.replace(/^\||\|$/, '') });
}

export const carescape = defineProtocol<FlowContext>({
  name: 'carescape',
  transports: ['udp'],
  ports: [2000],
  probeBytes: LENGTH + 1,
  maxPending: 1,
  streams: [carescapeStream],
  probe,
  open: flow => flow,
  feed(flow, direction, bytes, from, to) {
    feed(flow, direction, bytes, from, to);
    return to - from;
  },
});
