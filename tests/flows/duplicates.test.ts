import { describe, expect, it } from 'vitest';
import { DuplicateFilter } from '../../src/flows/duplicates.ts';
import { decodeFrame } from '../../src/layers/link.ts';
import { Packet } from '../../src/model/packet.ts';
import { DEDUP_WINDOW } from '../../src/model/reading-defaults.ts';
import { LINK } from '../support/captures.ts';
import {
  type Ethernet,
  ethernet,
  HOST_A,
  HOST_B,
  type Ipv4,
  ipv4,
  ipv6,
  PROTOCOL,
  type Tcp,
  tcp,
  udp,
} from '../support/frames.ts';

/** Frames at times in microseconds; says of each whether it is a copy. */
class Tap {
  readonly filter = new DuplicateFilter(DEDUP_WINDOW);
  readonly #packet = new Packet();
  #number = 0;

  see(micros: number, bytes: Uint8Array, capture = 0): boolean {
    const { frame } = this.#packet;
    Object.assign(frame, { bytes, at: 0, captured: bytes.length, length: bytes.length, capture });
    Object.assign(frame, {
      sec: 1_700_000_000 + Math.floor(micros / 1e6),
      nsec: (micros % 1e6) * 1000,
      linkType: LINK.ethernet,
      number: ++this.#number,
    });
    decodeFrame(this.#packet);
    return this.filter.isCopy(this.#packet);
  }
}

const datagram = (identification: number, data = 'x', link: Ethernet = {}, ip: Ipv4 = {}) =>
  ethernet(link, ipv4({ protocol: PROTOCOL.udp, identification, ...ip }, udp({}, data)));
const segment = (identification: number, fields: Tcp, data = '') =>
  ethernet({}, ipv4({ identification }, tcp(fields, data)));
const segment6 = (fields: Tcp, data = '') => ethernet({}, ipv6({ next: PROTOCOL.tcp }, tcp(fields, data)));

/** The same frame after a router: other MACs, TTL one less (and the checksum, which nobody judges, changed). */
function routed(frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  copy.set([2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 2]);
  copy[22]! -= 1;
  copy[24]! ^= 0x01;
  copy[15]! ^= 0xb8; // DSCP rewritten
  return copy;
}

describe('copies', () => {
  it('are frames seen twice, whatever VLAN, MAC, TTL and DSCP', () => {
    const tap = new Tap();
    const frame = datagram(700);
    expect(tap.see(0, frame)).toBe(false);
    expect(tap.see(10, frame)).toBe(true);
    expect(tap.see(20, datagram(700, 'x', { vlans: [20] }))).toBe(true);
    expect(tap.see(30_000, routed(frame))).toBe(true);
    expect(tap.filter.copies).toBe(3);
    expect(tap.filter.vlanPairs()).toEqual([
      { vlan: -1, copyVlan: -1, frames: 2 },
      { vlan: -1, copyVlan: 20, frames: 1 },
    ]);
  });

  it('may be seen before their frame, and across the second', () => {
    const tap = new Tap();
    expect(tap.see(1_000_010, datagram(700))).toBe(false);
    expect(tap.see(999_990, datagram(700))).toBe(true);
  });

  it('are not looked for beyond the window', () => {
    const tap = new Tap();
    tap.see(0, datagram(700));
    expect(tap.see(50_001, datagram(700))).toBe(false);
  });

  it.each([
    ['payload', datagram(700, 'y')],
    ['identification', datagram(701)],
    ['length', datagram(700, 'xx')],
    ['fragment', datagram(700, 'x', {}, { moreFragments: true })],
    ['direction', datagram(700, 'x', {}, { src: HOST_B, dst: HOST_A })],
    ['host', datagram(700, 'x', {}, { src: '10.0.0.9' })],
  ])('have the same %s', (_, other) => {
    const tap = new Tap();
    tap.see(0, datagram(700));
    expect(tap.see(10, other)).toBe(false);
  });

  it('equal to the last byte, if they are datagrams', () => {
    const tap = new Tap();
    const long = 'a'.repeat(1000);
    tap.see(0, datagram(700, `${long}b`));
    expect(tap.see(10, datagram(700, `${long}c`))).toBe(false);
  });
});

describe('what hosts repeat themselves is kept', () => {
  it('a query with the same content has another IP identification', () => {
    const tap = new Tap();
    for (let i = 0; i < 5; i++) expect(tap.see(i * 100, datagram(700 + i))).toBe(false);
  });

  it('acknowledgements three times in a row', () => {
    const tap = new Tap();
    for (let i = 0; i < 3; i++)
      expect(tap.see(i, segment(800 + i, { flags: 'A', seq: 5, ack: 9 }))).toBe(false);
    for (let i = 0; i < 3; i++) expect(tap.see(i, segment6({ flags: 'A', seq: 5, ack: 9 }))).toBe(false);
    for (let i = 0; i < 3; i++) expect(tap.see(i, segment(0, { flags: 'R', seq: 5 }))).toBe(false);
    expect(tap.filter.possible).toBe(4);
  });

  it('keep-alives and zero-window probes, also without identification', () => {
    const tap = new Tap();
    const probe = segment6({ flags: 'A', seq: 4, ack: 9, window: 0 }, 'k');
    for (let i = 0; i < 4; i++) expect(tap.see(i * 200_000, probe)).toBe(false);
  });

  it('a retransmission with identification 0 after milliseconds', () => {
    const tap = new Tap();
    const data = segment(0, { flags: 'A', seq: 5, ack: 9 }, 'payload');
    expect(tap.see(0, data)).toBe(false);
    expect(tap.see(3_000, data)).toBe(false);
    expect(tap.filter.possible).toBe(1);
  });

  it('polls of a device that gives every packet the same identification', () => {
    const tap = new Tap();
    for (let i = 0; i < 3; i++) tap.see(i, datagram(77, `different ${i}`));
    for (let i = 0; i < 10; i++) expect(tap.see(1000 + i * 20_000, datagram(77, 'poll'))).toBe(false);
  });

  it('pings with other sequence numbers', () => {
    const tap = new Tap();
    for (let i = 0; i < 3; i++) {
      const ping = ipv4({ protocol: PROTOCOL.icmp, identification: 0 }, [8, 0, 0, 0, 0, 1, 0, i, 42]);
      expect(tap.see(i, ethernet({}, ping))).toBe(false);
    }
  });

  it('a burst of equal IPv6 datagrams between hosts whose frames come once', () => {
    const tap = new Tap();
    const other = (i: number) => ethernet({}, ipv6({ next: PROTOCOL.udp }, udp({}, `message ${i}`)));
    for (let i = 0; i < 20; i++) tap.see(i * 1000, other(i));
    expect(tap.see(20_000, other(99))).toBe(false);
    expect(tap.see(20_100, other(99))).toBe(false);
    expect(tap.filter.possible).toBe(1);
  });
});

describe('what the capture teaches', () => {
  it('acknowledgements without identification are copies where every frame comes twice', () => {
    const tap = new Tap();
    for (let i = 0; i < 20; i++) {
      const data = segment6({ flags: 'A', seq: i, ack: 9 }, 'd');
      expect([tap.see(i * 1000, data), tap.see(i * 1000 + 5, data)]).toEqual([false, true]);
    }
    const ack = segment6({ flags: 'A', seq: 20, ack: 9 });
    // Sent twice by the host, each seen twice.
    const seen = [0, 5, 100, 105].map(after => tap.see(30_000 + after, ack));
    expect(seen).toEqual([false, true, false, true]);
  });

  it('the window shrinks to what copies take', () => {
    const tap = new Tap();
    for (let i = 0; i < 200; i++) {
      tap.see(i * 1000, datagram(1000 + i));
      tap.see(i * 1000 + 20, datagram(1000 + i));
    }
    expect(tap.filter.copies).toBe(200);
    tap.see(300_000, datagram(9000));
    expect(tap.see(301_500, datagram(9000))).toBe(false);
    // On another way it is one for certain.
    tap.see(400_000, datagram(9001));
    expect(tap.see(430_000, datagram(9001, 'x', { vlans: [7] }))).toBe(true);
  });

  it('captures that overlap are different ways, pieces of one capture are not', () => {
    const ack = segment6({ flags: 'A', seq: 5, ack: 9 });
    const pieces = new Tap();
    pieces.see(0, ack, 0);
    expect(pieces.see(5, ack, 1)).toBe(false);
    const taps = new Tap();
    taps.see(0, datagram(5), 0);
    taps.see(1, datagram(6), 1);
    taps.see(2, ack, 0);
    expect(taps.see(7_000, ack, 1)).toBe(true);
  });
});
