import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { siteSeed } from '../../src/flows/uid.ts';
import { type Conn, play, Script, type Timed } from '../support/flow-script.ts';
import { ethernet, HOST_A, HOST_B, ipv4, PROTOCOL, udp } from '../support/frames.ts';

function datagram(src: number, sec: number, nsec = 0): Timed {
  return { frame: ethernet({}, ipv4({ protocol: PROTOCOL.udp }, udp({ src }, 'x'))), sec, nsec };
}

const uids = (conns: readonly Conn[]) => conns.map(row => row.uid);

describe('uid', () => {
  it('is the same on every run, and has the form of a connection’s', () => {
    const once = uids(play([datagram(1, 100)]).conns);
    expect(uids(play([datagram(1, 100)]).conns)).toEqual(once);
    expect(once[0]).toMatch(/^C[0-9A-Za-z]{17}$/);
  });

  it('does not depend on what else is in the capture, nor on the frame number', () => {
    const [alone] = uids(play([datagram(1, 100)]).conns);
    expect(uids(play([datagram(2, 1), datagram(3, 50), datagram(1, 100)]).conns)).toContain(alone);
  });

  it('does not depend on which side is the originator', () => {
    // The same five-tuple and start; the SYN-ACK seen first makes the other side the originator.
    const syn = new Script().orig('S').run().conns[0];
    const synAck = new Script().orig('SA').run().conns[0];
    expect(synAck?.['id.orig_h']).toBe(HOST_B);
    expect(syn?.['id.orig_h']).toBe(HOST_A);
    expect(synAck?.uid).toBe(syn?.uid);
  });

  it('differs by start, five-tuple and site', () => {
    const flows = [
      ...uids(play([datagram(1, 100)]).conns),
      ...uids(play([datagram(1, 101)]).conns),
      ...uids(play([datagram(1, 100, 1)]).conns),
      ...uids(play([datagram(2, 100)]).conns),
      ...uids(play([datagram(1, 100 + 2 ** 32)]).conns),
      ...uids(play([datagram(1, 100)], { site: 'north' }).conns),
      ...uids(play([datagram(1, 100)], { site: 'south' }).conns),
    ];
    expect(new Set(flows).size).toBe(flows.length);
  });

  it('does not repeat over many flows', () => {
    const packets = Array.from({ length: 30_000 }, (_, i) =>
      datagram(1 + (i % 60_000), 100 + Math.floor(i / 1000)),
    );
    expect(new Set(uids(play(packets).conns)).size).toBe(30_000);
  });
});

describe('siteSeed', () => {
  it('is a number of 32 bits that depends on the name', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(siteSeed(a)).toBeGreaterThanOrEqual(0);
        expect(siteSeed(a)).toBeLessThan(2 ** 32);
        if (a === b) expect(siteSeed(a)).toBe(siteSeed(b));
      }),
    );
    expect(siteSeed('north')).not.toBe(siteSeed('south'));
  });
});
