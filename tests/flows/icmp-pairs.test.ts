import { describe, expect, it } from 'vitest';
import { ICMP_COUNTERPART, ICMP6_COUNTERPART } from '../../src/flows/icmp-pairs.ts';

describe.each([
  ['ICMP', ICMP_COUNTERPART, 10],
  ['ICMPv6', ICMP6_COUNTERPART, 12],
])('counterparts of %s', (_, table, paired) => {
  it('go both ways', () => {
    const types = [...table.keys()].filter(type => table[type]! >= 0);
    expect(types).toHaveLength(paired);
    for (const type of types) {
      expect(table[table[type]!]).toBe(type);
      expect(table[type]).not.toBe(type);
    }
  });

  it('cover every type', () => expect(table).toHaveLength(256));
});
