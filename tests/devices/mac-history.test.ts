import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { DEVICE_LIMITS, LimitCounts } from '../../src/devices/limits.ts';
import { MacHistory, tenureAt } from '../../src/devices/mac-history.ts';
import { claimSightings, flowSightings, InventoryIndex, MacSurvey } from '../../src/devices/mac-survey.ts';
import { addressPlan } from '../../src/devices/scope.ts';
import { claim, flow, type Records, readerOf, START } from './make.ts';

const A = '00:09:5c:00:00:0a';
const B = '00:09:5c:00:00:0b';
const PEER = ['10.20.30.99', '00:09:5c:00:00:99'] as const;
const IP = '10.20.30.17';

function historyOf(records: Records, limits = new LimitCounts()): MacHistory {
  const read = readerOf(records);
  const inventory = emptyInventory();
  const survey = new MacSurvey(new InventoryIndex(inventory), addressPlan(inventory), limits);
  for (const batch of read('arp')) survey.addClaims(batch);
  for (const batch of read('conn')) survey.addFlows(batch);
  const history = new MacHistory(survey, limits);
  history.add(claimSightings(read('arp')), flowSightings(read('conn'), history.contested));
  return history;
}

/** MAC address and beginning of every stretch, in seconds after `START`. */
function stretches(history: MacHistory, ip = IP): [string | undefined, number][] {
  return history.tenures(ip).map(({ mac, from }) => [mac, Number.isFinite(from) ? from - START : from]);
}

describe('MacHistory', () => {
  it('gives an address with one MAC address to it for all time', () => {
    const history = historyOf({ conn: [flow(10, [IP, A], PEER), flow(20, [IP, A], PEER)] });
    expect(stretches(history)).toEqual([[A, Number.NEGATIVE_INFINITY]]);
    expect(history.contested.size).toBe(0);
  });

  it('knows none of an address without one', () => {
    expect(stretches(historyOf({}))).toEqual([[undefined, Number.NEGATIVE_INFINITY]]);
  });

  it('ends a stretch at the first sight of another MAC address', () => {
    const history = historyOf({
      conn: [
        flow(10, [IP, A], PEER),
        flow(20, PEER, [IP, A]),
        flow(30.5, [IP, B], PEER),
        flow(40, [IP, A], PEER),
      ],
    });
    expect(stretches(history)).toEqual([
      [A, Number.NEGATIVE_INFINITY],
      [B, 30.5],
      [A, 40],
    ]);
  });

  it('merges what ARP and flows say by time', () => {
    const history = historyOf({
      arp: [claim(5, IP, A), claim(25, IP, B), claim(60, IP, '00:09:5c:00:00:0c')],
      conn: [
        flow(10, [IP, A], PEER),
        flow(25, [IP, B], PEER),
        flow(30, [IP, B], PEER),
        flow(50, [IP, A], PEER),
      ],
    });
    expect(stretches(history)).toEqual([
      [A, Number.NEGATIVE_INFINITY],
      [B, 25],
      [A, 50],
      ['00:09:5c:00:00:0c', 60],
    ]);
  });

  it('takes no notice of MAC addresses that are not its own', () => {
    const router = '02:00:00:00:00:fe';
    const history = historyOf({
      conn: [
        flow(1, ['8.8.8.8', router], PEER),
        flow(10, [IP, A], PEER),
        flow(20, [IP, router], PEER),
        flow(30, [IP, A], PEER),
      ],
    });
    expect(stretches(history)).toEqual([[A, Number.NEGATIVE_INFINITY]]);
  });

  it('stops following an address that changes without end, and counts that', () => {
    const limits = new LimitCounts();
    const count = DEVICE_LIMITS.macChanges + 6;
    const history = historyOf(
      { conn: Array.from({ length: count }, (_, i) => flow(i, [IP, i % 2 === 0 ? A : B], PEER)) },
      limits,
    );
    expect(stretches(history)).toHaveLength(DEVICE_LIMITS.macChanges + 1);
    // Every other one is the return to the last that was taken.
    expect(limits.record).toEqual({ device_mac_changes: 3 });
  });
});

describe('tenureAt', () => {
  it('finds the stretch as a search from the end does', () => {
    const tenures = [Number.NEGATIVE_INFINITY, 3, 3.5, 10, 11].map(from => ({ from }));
    for (const time of [-5, 0, 2.9, 3, 3.2, 3.5, 9, 10, 10.5, 11, 1e12]) {
      expect(tenureAt(tenures, time)).toBe(tenures.findLastIndex(({ from }) => from <= time));
    }
  });
});
