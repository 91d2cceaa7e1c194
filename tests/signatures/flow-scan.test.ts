import { describe, expect, it } from 'vitest';
import { SIGNATURE_LIMITS } from '../../src/signatures/signature.ts';
import { places, scan, signature } from './support.ts';

describe('a signature', () => {
  it('names the side, the place and the packet in which its anchor ended', () => {
    const { matches } = scan(
      [signature('bytes: [needle]')],
      [
        [0, 'xx'],
        [1, 'hay nee'],
        [1, 'dle'],
        [1, ' and more'],
      ],
    );
    expect(matches).toMatchObject([{ direction: 1, offset: 4, mark: { frame: 3 } }]);
  });

  it('keeps to its direction, ports and transport', () => {
    const orig = signature('bytes: needle, direction: orig, ports: [80, 8000-8010]');
    expect(places(scan([orig], [[0, 'needle']], { respPort: 8005 }))).toEqual(['x@0']);
    expect(places(scan([orig], [[1, 'needle']], { respPort: 8005 }))).toEqual([]);
    expect(places(scan([orig], [[0, 'needle']], { respPort: 8011 }))).toEqual([]);
    expect(places(scan([orig], [[0, 'needle']], { respPort: 80, transport: 'udp' }))).toEqual([]);
  });

  it('is reported as often as its limit says', () => {
    const text = 'needle '.repeat(5);
    expect(places(scan([signature('bytes: needle')], [[0, text]]))).toEqual(['x@0']);
    expect(places(scan([signature('bytes: needle, limit: 3')], [[0, text]]))).toEqual(['x@0', 'x@14', 'x@7']);
  });

  it('ignores its place’s meaning in a flow picked up in its middle', () => {
    const fixed = signature('bytes: {text: needle, distance: 0}');
    const free = signature('bytes: needle');
    expect(places(scan([fixed], [[0, 'needle']]))).toEqual(['x@0']);
    expect(places(scan([fixed], [[0, 'needle']], { fromStart: false }))).toEqual([]);
    expect(places(scan([free], [[0, 'needle']], { fromStart: false }))).toEqual(['x@0']);
  });

  it('lets its pattern see what follows, beyond the depth too, and nothing before', () => {
    const jndi = signature(
      String.raw`depth: 7, bytes: '\x24{jndi:', pattern: {regex: '^ldaps?://', within: 8}`,
    );
    expect(
      places(
        scan(
          [jndi],
          [
            [0, '${jndi:'],
            [0, 'ldap:'],
            [0, '//x'],
          ],
        ),
      ),
    ).toEqual(['x@0']);
    expect(places(scan([jndi], [[0, '${jndi:ldap:/']]))).toEqual([]);
    expect(places(scan([jndi], [[0, 'ldap://${jndi:']]))).toEqual([]);
    // Nine bytes would be needed.
    expect(places(scan([jndi], [[0, '${jndi:ldaps://']]))).toEqual(['x@0']);
    expect(places(scan([signature("bytes: ab, pattern: {regex: 'cd', within: 1}")], [[0, 'abcd']]))).toEqual(
      [],
    );
  });

  it('sees bytes beyond 7 bits in a pattern as characters of their value', () => {
    const high = signature(String.raw`bytes: ab, pattern: '^[\x80-\xff]{2}$'`);
    expect(places(scan([high], [[0, 'ab\xff\x80']]))).toEqual(['x@0']);
    expect(places(scan([high], [[0, 'ab\xff\x7f']]))).toEqual([]);
  });
});

describe('what a scan costs', () => {
  it('ends with the reach of the signatures for the port', () => {
    const near = signature('bytes: needle, depth: 10, direction: orig, ports: [80]');
    expect(scan([near], [[0, 'x'.repeat(9)]], { respPort: 80 }).wants).toBe(true);
    expect(scan([near], [[0, 'x'.repeat(10)]], { respPort: 80 }).wants).toBe(false);
    expect(scan([near], [[0, 'x']], { respPort: 81 }).wants).toBe(false);
  });

  it('goes on for an anchor whose other bytes are still to come, and then ends', () => {
    const spread = signature('bytes: [ab, {text: cd, distance: 20}], depth: 30, direction: orig');
    const before = `${'x'.repeat(6)}ab${'y'.repeat(20)}`;
    expect(
      places(
        scan(
          [spread],
          [
            [0, before],
            [0, 'cd'],
          ],
        ),
      ),
    ).toEqual(['x@6']);
    const after = signature("bytes: ab, depth: 2, direction: orig, pattern: {regex: 'q', within: 30}");
    expect(scan([after], [[0, 'ab']]).wants).toBe(true);
    expect(
      scan(
        [after],
        [
          [0, 'ab'],
          [0, 'z'.repeat(30)],
        ],
      ).wants,
    ).toBe(false);
  });

  it('ends after so many datagrams', () => {
    const udp = signature('bytes: needle, direction: orig', 'udp');
    const datagrams = Array.from({ length: SIGNATURE_LIMITS.datagrams }, () => [0, 'hay'] as const);
    expect(scan([udp], datagrams).wants).toBe(false);
    expect(places(scan([udp], [...datagrams, [0, 'needle']]))).toEqual([]);
    expect(places(scan([udp], [...datagrams.slice(1), [0, 'needle']]))).toEqual(['x@0']);
  });

  it('is bounded where anchors are all over, and says so', () => {
    const greedy = signature(
      "bytes: [aa, {text: b, distance: [0, 500]}], depth: 60000, pattern: {regex: 'z', within: 400}",
    );
    const began = performance.now();
    const { matches, limited, held } = scan(
      [greedy],
      [
        [0, 'a'.repeat(60_000)],
        [0, 'a'.repeat(60_000)],
      ],
    );
    expect(performance.now() - began).toBeLessThan(1000);
    expect(matches).toEqual([]);
    expect(limited).toBeGreaterThan(0);
    expect(held).toBe(0);
    const slow = scan(
      [greedy],
      Array.from({ length: 100 }, () => [0, 'aa'] as const),
    );
    expect(slow.limited).toBeGreaterThan(0);
    expect(slow.held).toBe(0);
  });
});
