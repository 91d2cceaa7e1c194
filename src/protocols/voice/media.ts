/**
 * RTP and RTCP (RFC 3550) and STUN (RFC 5389): recognised, so that `service` names them; nothing is decoded.
 *
 * An RTP packet alone looks like anything, so that two in a row of one side must belong together: the same source and
 * payload type, the next sequence number, a time that goes on. RTCP is recognised by a sender or receiver report whose length fits, with
 * another packet behind it as RFC 3550 section 6.1 asks. STUN has a magic cookie; what follows it on the same flow is recognised anew.
 */
import { u16be, u32be } from '../../bytes/read.ts';
import {
  type Direction,
  DONE,
  defineProtocol,
  HANDOVER,
  type Opening,
  type Protocol,
  type Verdict,
} from '../../model/protocol.ts';

const PROBE_BYTES = 2048;
const RTP_HEADER = 12;
/** RFC 5761 section 4: 64 to 95 with the marker bit are RTCP's 192 to 223. */
const FIRST_RTCP_TYPE = 64;
const LAST_RTCP_TYPE = 95;
/** Units of the slowest and fastest clocks that one packet may stand for: ten seconds at 90 kHz. */
const MAX_STEP = 900_000;

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const LAST_REPORT = 207;

const STUN_HEADER = 20;
const STUN_COOKIE = 0x2112_a442;

function probeRtp({ transport, orig, resp, before }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (transport !== 'udp' || bytes.length < RTP_HEADER || !isRtp(bytes)) return 'no';
  if (before === undefined) return 'unsure';
  return before.length >= RTP_HEADER && isRtp(before) && follows(before, bytes) ? 'match' : 'no';
}

/** Version 2, a payload type that is no report, room for the sources it counts, and a source that is not nothing. */
function isRtp(bytes: Uint8Array): boolean {
  const type = bytes[1]! & 0x7f;
  if (bytes[0]! >> 6 !== 2 || (type >= FIRST_RTCP_TYPE && type <= LAST_RTCP_TYPE)) return false;
  return RTP_HEADER + 4 * (bytes[0]! & 0x0f) <= bytes.length && u32be(bytes, 8) !== 0;
}

function follows(before: Uint8Array, bytes: Uint8Array): boolean {
  return (
    u16be(bytes, 2) === ((u16be(before, 2) + 1) & 0xffff) &&
    u32be(bytes, 8) === u32be(before, 8) &&
    (bytes[1]! & 0x7f) === (before[1]! & 0x7f) &&
    (u32be(bytes, 4) - u32be(before, 4)) >>> 0 <= MAX_STEP
  );
}

function probeRtcp({ transport, orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  if (transport !== 'udp' || bytes.length < 12 || bytes[0]! >> 6 !== 2) return 'no';
  if (bytes[1] !== SENDER_REPORT && bytes[1] !== RECEIVER_REPORT) return 'no';
  const blocks = bytes[0]! & 0x1f;
  const end = 4 + 4 * u16be(bytes, 2);
  const least = (bytes[1] === SENDER_REPORT ? 28 : 8) + 24 * blocks;
  if (end < least || end + 8 > bytes.length || u32be(bytes, 4) === 0) return 'no';
  const behind = bytes[end + 1]!;
  return bytes[end]! >> 6 === 2 && behind > RECEIVER_REPORT && behind <= LAST_REPORT ? 'match' : 'no';
}

function isStun(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < STUN_HEADER || bytes[from]! > 0x3f || u32be(bytes, from + 4) !== STUN_COOKIE) return false;
  const length = u16be(bytes, from + 2);
  return length % 4 === 0 && STUN_HEADER + length === to - from;
}

function probeStun({ transport, orig, resp }: Opening): Verdict {
  const bytes = orig.length > 0 ? orig : resp;
  return transport === 'udp' && isStun(bytes, 0, bytes.length) ? 'match' : 'no';
}

function feedStun(
  _state: undefined,
  _direction: Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  return isStun(bytes, from, to) ? to - from : HANDOVER;
}

/** A protocol that is only named. */
function defineNamed(name: string, probe: (opening: Opening) => Verdict): Protocol {
  return defineProtocol<undefined>({
    name,
    transports: ['udp'],
    ports: [],
    probeBytes: PROBE_BYTES,
    maxPending: 1,
    streams: [],
    probe,
    open: () => undefined,
    feed: () => DONE,
  });
}

export const rtp = defineNamed('rtp', probeRtp);
export const rtcp = defineNamed('rtcp', probeRtcp);
export const stun = defineProtocol<undefined>({
  name: 'stun',
  transports: ['udp'],
  ports: [3478, 5349],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [],
  leadsOn: true,
  probe: probeStun,
  open: () => undefined,
  feed: feedStun,
});
