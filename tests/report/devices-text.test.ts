import { expect, test } from 'vitest';
import { devicesText } from '../../src/report/devices-text.ts';
import { DEVICES } from './sample.ts';

test('medical devices first, each with how it is known', async () => {
  await expect(devicesText(DEVICES, 80)).toMatchFileSnapshot('golden/devices.txt');
});

test('captured text cannot steer the terminal', () => {
  // biome-ignore format: one class
  expect(devicesText(DEVICES, 80).replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test('no hosts', () => {
  expect(devicesText([], 80)).toBe('No hosts.\n');
});
