/**
 * Decodes one frame through the real layers. The frame stands between junk in a larger buffer, and is decoded twice with
 * different junk: a layer that reads outside the frame is found out.
 */
import { expect } from 'vitest';
import { decodeFrame } from '../../src/layers/link.ts';
import { KIND, Packet, PROBLEM_NAMES } from '../../src/model/packet.ts';
import { ipv4Text, ipv6Text } from '../../src/net/address.ts';
import { LINK } from './captures.ts';

const BEFORE = 9;

export interface FrameOptions {
  readonly linkType?: number;
  /** Length on the wire; default: as captured. */
  readonly original?: number;
}

export interface Decoded {
  readonly packet: Packet;
  /** Name of `kind`. */
  readonly kind: string;
  /** Name of `problem`, empty when there is none. */
  readonly problem: string;
  readonly src: string;
  readonly dst: string;
  /** Captured payload. */
  readonly payload: Uint8Array;
}

export function decodePacket(frame: Uint8Array, options: FrameOptions = {}): Decoded {
  const packet = decodeIn(frame, options, 0xff);
  const again = decodeIn(frame, options, 0x00);
  expect(fields(again)).toEqual(fields(packet));
  const { kind, problem } = packet;
  const inIp = packet.ipVersion !== 0;
  const address =
    packet.ipVersion === 6 ? ipv6Text : (_0: number, _1: number, _2: number, w: number) => ipv4Text(w);
  return {
    packet,
    kind: Object.keys(KIND)[Object.values(KIND).indexOf(kind as 0)]!,
    problem: PROBLEM_NAMES[problem]!,
    src: inIp ? address(packet.src0, packet.src1, packet.src2, packet.src3) : '',
    dst: inIp ? address(packet.dst0, packet.dst1, packet.dst2, packet.dst3) : '',
    payload:
      kind === KIND.none ? new Uint8Array(0) : packet.frame.bytes.slice(packet.payloadAt, packet.payloadEnd),
  };
}

function decodeIn(frame: Uint8Array, options: FrameOptions, junk: number): Packet {
  const packet = new Packet();
  const bytes = new Uint8Array(BEFORE + frame.length + 80).fill(junk);
  bytes.set(frame, BEFORE);
  packet.frame.bytes = bytes;
  packet.frame.at = BEFORE;
  packet.frame.captured = frame.length;
  packet.frame.length = options.original ?? frame.length;
  packet.frame.linkType = options.linkType ?? LINK.ethernet;
  decodeFrame(packet);
  expectInside(packet);
  return packet;
}

/** Every offset of a decoded packet lies inside its frame. */
export function expectInside(packet: Packet): void {
  const { frame, kind } = packet;
  const end = frame.at + frame.captured;
  expect(packet.end).toBeLessThanOrEqual(end);
  if (kind === KIND.none) return;
  if (packet.macSrcAt >= 0) expect(packet.macSrcAt + 6).toBeLessThanOrEqual(end);
  if (kind === KIND.lldp || kind === KIND.cdp) {
    expect(packet.transportAt).toBeGreaterThan(frame.at);
    expect(packet.transportLength).toBeGreaterThanOrEqual(0);
    expect(packet.transportAt + packet.transportLength).toBeLessThanOrEqual(frame.at + frame.captured);
    return;
  }
  if (kind === KIND.arp) {
    expect(packet.transportAt + 28).toBeLessThanOrEqual(end);
    return;
  }
  expect(packet.payloadAt).toBeGreaterThanOrEqual(frame.at);
  expect(packet.payloadEnd).toBeLessThanOrEqual(end);
  expect(packet.payloadAt).toBeLessThanOrEqual(packet.payloadEnd);
  expect(packet.payloadLength).toBeGreaterThanOrEqual(0);
  expect(packet.payloadEnd - packet.payloadAt).toBeLessThanOrEqual(packet.payloadLength);
}

/** What a packet says, without the frame it was decoded from. */
function fields(packet: Packet): Record<string, unknown> {
  const { frame: _, ...rest } = packet;
  return rest;
}
