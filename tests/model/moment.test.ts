import { expect, test } from 'vitest';
import { secondsBetween } from '../../src/model/moment.ts';

test('seconds between moments', () => {
  expect(secondsBetween({ sec: 1, nsec: 900_000_000 }, { sec: 3, nsec: 100_000_000 })).toBeCloseTo(1.2, 9);
});
