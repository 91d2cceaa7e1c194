/**
 * Asking only those protocols that do not decline the first byte must find what asking everybody finds: on every
 * opening we know, whole, cut anywhere and damaged, in its place or with the sides changed, from its start or not.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Opening, Protocol } from '../../src/model/protocol.ts';
import { Candidates } from '../../src/protocols/candidates.ts';
import * as registry from '../../src/protocols/registry.ts';
import { bytesOf } from '../support/fake-flow.ts';
import { CLINICAL } from './openings/clinical.ts';
import { DATABASE } from './openings/database.ts';
import { INDUSTRIAL } from './openings/industrial.ts';
import { MAIL } from './openings/mail.ts';
import { MANAGEMENT } from './openings/management.ts';
import { REMOTE } from './openings/remote.ts';
import { VOICE } from './openings/voice.ts';
import { WEB } from './openings/web.ts';
import { WINDOWS } from './openings/windows.ts';

const PROTOCOLS: readonly Protocol[] = Object.values(registry as Record<string, Protocol>);
const SPOKEN = PROTOCOLS.filter(protocol => protocol.transports.includes('tcp'));
const PORTS = [40_001, ...new Set(SPOKEN.flatMap(protocol => protocol.ports))];
const SAMPLES = [
  ...CLINICAL,
  ...DATABASE,
  ...INDUSTRIAL,
  ...MAIL,
  ...MANAGEMENT,
  ...REMOTE,
  ...VOICE,
  ...WEB,
  ...WINDOWS,
]
  .filter(({ transport }) => transport !== 'udp')
  .flatMap(({ orig, resp }) => [bytesOf(orig ?? ''), bytesOf(resp ?? '')])
  .filter(bytes => bytes.length > 0);

const candidates = new Candidates(PROTOCOLS);

function askedOf(port: number, orig: Uint8Array, resp: Uint8Array, fromStart: boolean): Set<string> {
  return new Set(candidates.ofStream(port, orig, resp, fromStart).map(protocol => protocol.name));
}

/** Protocols that everybody is asked for and that do not decline. */
function interested(port: number, orig: Uint8Array, resp: Uint8Array, fromStart: boolean): string[] {
  return SPOKEN.filter(protocol => {
    const portHint = protocol.ports.includes(port);
    const opening: Opening = {
      transport: 'tcp',
      orig: orig.subarray(0, protocol.probeBytes),
      resp: resp.subarray(0, protocol.probeBytes),
      origPort: 40_000,
      respPort: port,
      portHint,
      fromStart,
    };
    return protocol.probe(opening) !== 'no';
  }).map(protocol => protocol.name);
}

const side = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.uint8Array({ maxLength: 64 }),
  fc.constantFrom(...SAMPLES),
  fc.tuple(fc.constantFrom(...SAMPLES), fc.nat(), fc.nat(), fc.nat(255)).map(([bytes, cut, at, value]) => {
    const part = bytes.slice(0, 1 + (cut % bytes.length));
    part[at % part.length] = value;
    return part;
  }),
);

describe('candidates by first byte', () => {
  it('leave out nobody who would not decline', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PORTS),
        side,
        side,
        fc.boolean(),
        fc.boolean(),
        (port, orig, resp, one, fromStart) => {
          const other = one ? new Uint8Array(0) : resp;
          if (orig.length + other.length === 0) return;
          for (const [a, b] of [
            [orig, other],
            [other, orig],
          ] as const) {
            const asked = askedOf(port, a, b, fromStart);
            expect(interested(port, a, b, fromStart).filter(name => !asked.has(name))).toEqual([]);
          }
        },
      ),
      { numRuns: 5000 },
    );
  }, 60_000);

  it('are few', () => {
    const counts = SAMPLES.map(bytes => askedOf(40_001, bytes, new Uint8Array(0), true).size).sort(
      (a, b) => a - b,
    );
    expect(counts[counts.length >> 1]).toBeLessThanOrEqual(SPOKEN.length / 4);
  });

  it('are the likely ones first', () => {
    const [first] = candidates.ofStream(80, bytesOf('GET / HTTP/1.1\r\n'), new Uint8Array(0), true);
    expect(first?.ports).toContain(80);
  });
});
