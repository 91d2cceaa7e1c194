/**
 * Who claims what: the opening of each protocol must be recognised by that protocol and by no other, on any port,
 * and openings of protocols that are not decoded by nobody. A protocol that joins the registry adds its opening to the file
 * of its family in `openings/`, and takes it out of `FOREIGN`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Opening, Protocol } from '../../src/model/protocol.ts';
import * as registry from '../../src/protocols/registry.ts';
import { bytesOf } from '../support/fake-flow.ts';
import { ANNOUNCED, DECODED } from './openings/all.ts';
import type { Sample } from './openings/sample.ts';

const PROTOCOLS: readonly Protocol[] = Object.values(registry as Record<string, Protocol>);

const FOREIGN: readonly Sample[] = [
  { owner: 'none', what: 'zeros', orig: new Uint8Array(400) },
  { owner: 'none', what: 'datagrams of zeros', transport: 'udp', orig: new Uint8Array(400) },
];

function openingOf(sample: Sample, protocol: Protocol, respPort: number, fromStart = true): Opening {
  const side = (content: Uint8Array | string | undefined) =>
    bytesOf(content ?? '').subarray(0, protocol.probeBytes);
  return {
    transport: sample.transport ?? 'tcp',
    orig: side(sample.orig),
    resp: side(sample.resp),
    origPort: 40_000,
    respPort,
    portHint: protocol.ports.includes(respPort),
    fromStart,
    before: sample.before,
  };
}

/** Names of the protocols that claim the sample on a port. */
function claimants(sample: Sample, respPort: number): string[] {
  return PROTOCOLS.filter(protocol => protocol.transports.includes(sample.transport ?? 'tcp'))
    .filter(protocol => protocol.probe(openingOf(sample, protocol, respPort)) === 'match')
    .map(protocol => protocol.name);
}

const PORTS = [...new Set(PROTOCOLS.flatMap(protocol => protocol.ports))];

describe('registry', () => {
  it('registers every protocol under its own name, with sensible limits', () => {
    for (const [name, protocol] of Object.entries(registry as Record<string, Protocol>)) {
      expect(protocol.name).toBe(name);
      expect(protocol.probeBytes).toBeGreaterThan(0);
      expect(protocol.maxPending).toBeGreaterThan(0);
      expect(protocol.ports.every(port => port > 0 && port < 65_536)).toBe(true);
      expect(protocol.streams.every(stream => stream.names[0] === 'ts')).toBe(true);
    }
  });

  it('knows an opening of every protocol', () => {
    const owners = new Set([...ANNOUNCED, ...DECODED.map(sample => sample.owner)]);
    expect(PROTOCOLS.map(protocol => protocol.name).filter(name => !owners.has(name))).toEqual([]);
  });

  it.each(DECODED)('$owner alone claims $what, on any port', sample => {
    for (const port of sample.port === undefined ? [40_001, ...PORTS] : [sample.port])
      expect(claimants(sample, port), `port ${port}`).toEqual([sample.owner]);
    if (sample.port !== undefined) expect(claimants(sample, 40_001)).toEqual([]);
  });

  it.each(FOREIGN)('nobody claims $what elsewhere', sample => {
    expect(claimants(sample, 40_001)).toEqual([]);
  });

  it('claims nothing of random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (orig, resp) => {
        expect(claimants({ owner: 'none', what: 'noise', orig, resp }, 40_001)).toEqual([]);
        expect(claimants({ owner: 'none', what: 'noise', transport: 'udp', orig }, 40_001)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(DECODED)('$owner never goes back on $what while it arrives', sample => {
    const protocol = PROTOCOLS.find(candidate => candidate.name === sample.owner)!;
    if (sample.transport === 'udp') return;
    const orig = bytesOf(sample.orig ?? '');
    for (let length = 1; length <= orig.length; length++) {
      const opening = openingOf(
        { ...sample, orig: orig.subarray(0, length) },
        protocol,
        sample.port ?? 40_001,
      );
      expect(protocol.probe(opening), `${length} bytes`).not.toBe('no');
    }
  });
});
