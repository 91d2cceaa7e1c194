import { describe, expect, it } from 'vitest';
import { readCount, readDuration, readMoment } from '../../src/filter/values.ts';

describe('durations', () => {
  it.each<[string, number | undefined]>([
    ['90', 90],
    ['0.5', 0.5],
    ['5m', 300],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['2d', 172_800],
    ['250ms', 0.25],
    ['30m1h', undefined],
    ['5x', undefined],
    ['m', undefined],
    ['5m ', undefined],
    ['', undefined],
  ])('%s', (text, expected) => expect(readDuration(text)).toBe(expected));
});

describe('counts', () => {
  it.each<[string, number | undefined]>([
    ['443', 443],
    ['-1', -1],
    ['10MB', 10_000_000],
    ['1.5k', 1500],
    ['64KiB', 65_536],
    ['0xFf', 255],
    ['1e3', undefined],
    ['ten', undefined],
    ['', undefined],
  ])('%s', (text, expected) => expect(readCount(text)).toBe(expected));
});

describe('moments', () => {
  it.each<[string, string, number | undefined, number?]>([
    ['1795003200', 'UTC', 1_795_003_200],
    ['1795003200.5', 'UTC', 1_795_003_200, 500_000_000],
    ['2026-11-18T12:00:00.000000001Z', 'Europe/Berlin', 1_795_003_200, 1],
    ['2026-11-18T14:30:00+0230', 'UTC', 1_795_003_200],
    ['2026-11-18 07:00-05:00', 'UTC', 1_795_003_200],
    ['2026-11-18T13:00', 'Europe/Berlin', 1_795_003_200],
    ['2026-11-18', 'UTC', 1_794_960_000],
    // The clock goes back from 3:00 to 2:00: 2:30 comes twice, the first counts.
    ['2026-10-25T02:30', 'Europe/Berlin', Date.UTC(2026, 9, 25, 0, 30) / 1000],
    // It goes from 2:00 to 3:00: there is no 2:30.
    ['2026-03-29T02:30', 'Europe/Berlin', Date.UTC(2026, 2, 29, 0, 30) / 1000],
    ['2026-11-31', 'UTC', undefined],
    ['2026-11-18T24:00', 'UTC', undefined],
    ['18.11.2026', 'UTC', undefined],
    ['', 'UTC', undefined],
  ])('%s in %s', (text, zone, sec, nsec = 0) =>
    expect(readMoment(text, zone)).toEqual(sec === undefined ? undefined : { sec, nsec }),
  );
});
