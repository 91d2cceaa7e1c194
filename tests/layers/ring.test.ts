import { describe } from 'vitest';
import { itCarries, SNAP } from '../support/carried.ts';
import { concat, MAC_A, MAC_B, mac } from '../support/frames.ts';

describe('FDDI and Token Ring', () => {
  itCarries([
    ['FDDI', 10, concat([0x54], mac(MAC_B), mac(MAC_A), SNAP), true],
    ['Token Ring', 6, concat([0x10, 0x40], mac(MAC_B), mac(MAC_A), SNAP), true],
    [
      'Token Ring, source-routed',
      6,
      concat([0x10, 0x40], mac(MAC_B), mac('82:00:00:00:00:0a'), [6, 0x70, 1, 2, 3, 4], SNAP),
      false,
    ],
  ]);
});
