import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsInZone } from '../../src/sigma/time-parts.ts';

const seconds = (iso: string) => Date.parse(iso) / 1000;

describe('partsInZone', () => {
  it('knows no made-up zone', () => {
    expect(partsInZone('Mars/Olympus')).toBeUndefined();
  });

  it.each([
    // The last hour before and the first after a change to and from summer time, and zones off the full hour.
    ['Europe/Berlin', '2026-03-29T00:59:59Z', 1],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 3],
    ['Europe/Berlin', '2026-10-25T00:59:59Z', 2],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', 2],
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', 5],
    ['Asia/Kathmandu', '2026-01-01T00:14:59Z', 5],
    ['Asia/Kathmandu', '2026-01-01T00:15:00Z', 6],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 1],
    ['America/New_York', '2026-01-01T04:59:00Z', 23],
  ])('hour in %s at %s', (zone, iso, hour) => {
    expect(partsInZone(zone)!(seconds(iso), 'hour')).toBe(hour);
  });

  it('follows a change of the offset by a quarter of an hour, in the middle of one', () => {
    const partOf = partsInZone('Asia/Kathmandu')!;
    expect(partOf(seconds('1985-12-31T18:29:59Z'), 'minute')).toBe(59);
    expect(partOf(seconds('1985-12-31T18:30:00Z'), 'minute')).toBe(15);
  });

  it('agrees with the platform for any time in any zone', () => {
    const zones = [
      'UTC',
      'Europe/London',
      'America/Sao_Paulo',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'America/St_Johns',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: seconds('1975-01-01T00:00:00Z'), max: seconds('2037-01-01T00:00:00Z') }),
        (zone, sec) => {
          const partOf = partsInZone(zone)!;
          const shown = new Date(sec * 1000).toLocaleString('sv-SE', { timeZone: zone });
          const pad = (value: number) => String(value).padStart(2, '0');
          const [year, month, day, hour, minute] = (['year', 'month', 'day', 'hour', 'minute'] as const).map(
            part => partOf(sec, part),
          );
          expect(`${year}-${pad(month!)}-${pad(day!)} ${pad(hour!)}:${pad(minute!)}`).toBe(
            shown.slice(0, 16),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['2026-01-01', 1],
    ['2025-12-29', 1],
    ['2025-12-28', 52],
    ['2021-01-03', 53],
    ['2021-01-04', 1],
    ['2020-12-31', 53],
    ['2024-02-29', 9],
  ])('ISO week of %s', (date, week) => {
    expect(partsInZone('UTC')!(seconds(`${date}T12:00:00Z`), 'week')).toBe(week);
  });
});
