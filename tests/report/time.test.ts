import { describe, expect, test } from 'vitest';
import { durationText, isoTime, siteClock, zeekHeaderTime } from '../../src/report/time.ts';

test('ISO times', () => {
  expect(isoTime({ sec: 1_700_000_000, nsec: 0 })).toBe('2023-11-14T22:13:20.000000Z');
  expect(isoTime({ sec: 1_700_000_000, nsec: 1_000 })).toBe('2023-11-14T22:13:20.000001Z');
  expect(isoTime({ sec: 1_700_000_000, nsec: 123_456_789 })).toBe('2023-11-14T22:13:20.123456789Z');
  expect(isoTime({ sec: 0, nsec: 0 })).toBe('1970-01-01T00:00:00.000000Z');
});

test('years beyond 9999 are expanded, also those that no Date holds', () => {
  expect(isoTime({ sec: 253_402_300_800, nsec: 0 })).toBe('+010000-01-01T00:00:00.000000Z');
  // The largest time of a pcapng in microseconds, and a cycle of the calendar behind the last day of a Date.
  const last = { sec: 18_446_744_073_709, nsec: 551_615_000 };
  expect(isoTime(last)).toBe('+586524-01-19T08:01:49.551615Z');
  expect(isoTime({ sec: 8.64e12 + 146_097 * 86_400, nsec: 0 })).toBe('+276160-09-13T00:00:00.000000Z');
  expect(siteClock('UTC').show(last)).toBe(isoTime(last));
  expect(zeekHeaderTime(last)).toBe('586524-01-19-08-01-49');
  expect(zeekHeaderTime(null)).toBe('0000-00-00-00-00-00');
});

describe('site clock', () => {
  test('shows the zone’s time, summer and winter', () => {
    const clock = siteClock('Europe/Berlin');
    expect(clock.show({ sec: 1_700_000_000, nsec: 0 })).toBe('2023-11-14 23:13:20');
    expect(clock.show({ sec: 1_690_000_000, nsec: 0 })).toBe('2023-07-22 06:26:40');
    expect(siteClock('UTC').show({ sec: 1_690_000_000, nsec: 0 })).toBe('2023-07-22 04:26:40');
  });

  test('a frame without a time has none', () => {
    expect(siteClock('Europe/Berlin').show({ sec: 0, nsec: 0 })).toBe('no time');
  });

  test('says the offset in an hour that the clock shows twice, and only there', () => {
    const clock = siteClock('Europe/Berlin');
    const first = Date.UTC(2026, 9, 25, 0, 30) / 1000;
    const at = (sec: number) => ({ sec, nsec: 0 });
    expect(clock.show(at(first))).toBe('2026-10-25 02:30:00 +02:00');
    expect(clock.show(at(first + 3600))).toBe('2026-10-25 02:30:00 +01:00');
    expect(clock.span(at(first - 3600), at(first))).toBe('2026-10-25 01:30:00 to 02:30:00 +02:00');
    expect(clock.show(at(first + 7200))).toBe('2026-10-25 03:30:00');
  });

  test('is called as it was given', () => {
    expect(siteClock('Asia/Kolkata').zone).toBe('Asia/Kolkata');
    expect(siteClock('Mars/Olympus').zone).toBe('UTC');
  });

  test('midnight is hour 00', () => {
    expect(siteClock('UTC').show({ sec: 1_699_920_000, nsec: 0 })).toBe('2023-11-14 00:00:00');
  });

  test('writes the day of a span once', () => {
    const clock = siteClock('UTC');
    const at = (sec: number) => ({ sec, nsec: 0 });
    expect(clock.span(at(1_700_000_000), at(1_700_000_000))).toBe('2023-11-14 22:13:20');
    expect(clock.span(at(1_700_000_000), at(1_700_000_060))).toBe('2023-11-14 22:13:20 to 22:14:20');
    expect(clock.span(at(1_700_000_000), at(1_700_086_400))).toBe(
      '2023-11-14 22:13:20 to 2023-11-15 22:13:20',
    );
  });
});

test.each([
  [0, '0 s'],
  [0.2, 'less than 1 s'],
  [59.6, '1 min'],
  [750, '12 min 30 s'],
  [3600, '1 h'],
  [3605, '1 h'],
  [11_100, '3 h 5 min'],
  [187_200, '2 d 4 h'],
])('%s seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
