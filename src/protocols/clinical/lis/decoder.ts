/**
 * Analyzers and laboratory systems: ASTM E1394 (LIS02-A2) over E1381 (LIS01-A2), on any port. Either side of the TCP
 * connection may be the analyzer, and both send in turns. Frames are in `link.ts`, what messages say in `message.ts`.
 *
 * Recognised by a header record that defines its separators, in a frame or without one; a flow picked up in its middle
 * by a frame whose checksum is right.
 */
import { textEnd } from '../../../bytes/text.ts';
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  ORIG,
  otherSide,
  RESP,
  type Verdict,
} from '../../../model/protocol.ts';
import { ACK, ENQ, EOT, ETB, ETX, hexDigit, Link, NAK, STX } from './link.ts';
import { probeHeader } from './message.ts';
import { lisStream } from './schema.ts';

/** A frame of the classic standard fits in several times over. */
const PROBE_BYTES = 1024;
const CR = 0x0d;
const LF = 0x0a;

function probe({ orig, resp, fromStart }: Opening): Verdict {
  const verdicts = [probeSide(orig, fromStart), probeSide(resp, fromStart)];
  if (verdicts.includes('match')) return 'match';
  return verdicts.includes('no') ? 'no' : 'unsure';
}

function probeSide(bytes: Uint8Array, fromStart: boolean): Verdict {
  if (!fromStart) {
    const end = textEnd(bytes);
    return holdsFrame(bytes, end) ? 'match' : end < bytes.length ? 'no' : 'unsure';
  }
  let at = 0;
  while (at < bytes.length && isHandshake(bytes[at]!)) at++;
  if (at === bytes.length) return 'unsure';
  if (bytes[at] !== STX) return at > 0 && bytes[at] !== 0x48 ? 'no' : probeHeader(bytes, at, bytes.length);
  if (at + 1 === bytes.length) return 'unsure';
  if (!isFrameNumber(bytes[at + 1]!)) return 'no';
  if (holdsFrame(bytes, bytes.length)) return 'match';
  return probeHeader(bytes, at + 2, bytes.length);
}

function isHandshake(byte: number): boolean {
  return byte === ENQ || byte === ACK || byte === NAK || byte === EOT || byte === CR || byte === LF;
}

function isFrameNumber(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}

/** Whether a frame with a right checksum is among the bytes before `end`; each byte is looked at once. */
function holdsFrame(bytes: Uint8Array, end: number): boolean {
  let sum = -1;
  for (let at = 0; at + 3 < end; at++) {
    const byte = bytes[at]!;
    if (byte === STX) {
      sum = isFrameNumber(bytes[at + 1]!) ? 0 : -1;
    } else if (sum >= 0) {
      sum += byte;
      if (byte !== ETX && byte !== ETB) continue;
      const [high, low] = [hexDigit(bytes[at + 1]!), hexDigit(bytes[at + 2]!)];
      if (high >= 0 && low >= 0 && high * 16 + low === (sum & 0xff) && bytes[at + 3] === CR) return true;
      sum = -1;
    }
  }
  return false;
}

type Links = readonly [Link, Link];

function open(flow: FlowContext): Links {
  const links: Links = [new Link(flow, ORIG), new Link(flow, RESP)];
  for (const side of [ORIG, RESP] as const) {
    const other = links[otherSide(side)];
    links[side].refused = () => other.nak();
  }
  return links;
}

/** ASTM E1394 over E1381. */
export const lis = defineProtocol<Links>({
  name: 'lis',
  transports: ['tcp'],
  ports: [],
  probeBytes: PROBE_BYTES,
  maxPending: 1,
  streams: [lisStream],
  probe,
  open,
  feed(links, direction: Direction, bytes, from, to) {
    links[direction].feed(bytes, from, to);
    return to - from;
  },
  gap: (links, direction) => links[direction].miss(),
  close(links) {
    for (const link of links) link.close();
  },
});
