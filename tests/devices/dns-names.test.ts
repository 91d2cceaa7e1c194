import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { DnsNames, GRACE, MAX_TTL } from '../../src/devices/dns-names.ts';
import { DEVICE_LIMITS, LimitCounts } from '../../src/devices/limits.ts';
import type { Inventory } from '../../src/model/device.ts';
import type { RecordOf } from '../../src/model/schema.ts';
import { at, batchesOf, dns, inventoryOf, START } from './make.ts';

const CLIENT = '10.20.30.17';
const RESOLVER = '10.20.10.53';
const CLOUD = '203.0.113.20';
const LISTED = inventoryOf(`resolvers: [${RESOLVER}]\n`);

function answer(
  time: number,
  query: string,
  answers: readonly string[],
  more: RecordOf<typeof dns> = {},
): RecordOf<typeof dns> {
  return {
    ts: at(time),
    'id.orig_h': CLIENT,
    'id.resp_h': RESOLVER,
    'id.resp_p': 53,
    query,
    qtype_name: 'A',
    rcode_name: 'NOERROR',
    answers,
    TTLs: answers.map(() => 60),
    ...more,
  };
}

function namesOf(
  records: readonly RecordOf<typeof dns>[],
  inventory: Inventory = LISTED,
  limits = new LimitCounts(),
): DnsNames {
  const names = new DnsNames(inventory, limits);
  for (const batch of batchesOf(dns, records)) names.add(batch);
  return names;
}

/** Name that the client knows an address by, some seconds after `START`. */
function nameAt(names: DnsNames, time: number, address = CLOUD, client = CLIENT): string | undefined {
  return names.nameAt(client, address, START + time)?.name;
}

describe('DnsNames', () => {
  it('names an address from the answer until TTL and grace have passed', () => {
    const names = namesOf([answer(10, 'updates.vendor.example', [CLOUD], { rtt: 0.5 })]);
    expect(nameAt(names, 10.4)).toBeUndefined();
    expect(nameAt(names, 10.5)).toBe('updates.vendor.example');
    expect(nameAt(names, 10.5 + 60 + GRACE)).toBe('updates.vendor.example');
    expect(nameAt(names, 10.6 + 60 + GRACE)).toBeUndefined();
    expect(names.nameAt(CLIENT, CLOUD, START + 11)?.trusted).toBe(true);
  });

  it('names it for the client that asked only', () => {
    const names = namesOf([answer(10, 'updates.vendor.example', [CLOUD])]);
    expect(nameAt(names, 11, CLOUD, '10.20.30.18')).toBeUndefined();
    expect(nameAt(names, 11, '203.0.113.21')).toBeUndefined();
  });

  it('gives the queried name at the end of a CNAME chain, for as long as its shortest TTL', () => {
    const chain = ['edge.cdn.example', 'pop7.cdn.example', CLOUD, '203.0.113.21'];
    const names = namesOf([answer(0, 'updates.vendor.example', chain, { TTLs: [300, 20, 100, 10] })]);
    expect(nameAt(names, 20 + GRACE)).toBe('updates.vendor.example');
    expect(nameAt(names, 21 + GRACE)).toBeUndefined();
    expect(nameAt(names, 10 + GRACE, '203.0.113.21')).toBe('updates.vendor.example');
    expect(nameAt(names, 11 + GRACE, '203.0.113.21')).toBeUndefined();
  });

  it('cuts absurd TTLs and bears missing ones', () => {
    const long = namesOf([answer(0, 'a.example', [CLOUD], { TTLs: [4_294_967_295] })]);
    expect(nameAt(long, MAX_TTL + GRACE)).toBe('a.example');
    expect(nameAt(long, MAX_TTL + GRACE + 1)).toBeUndefined();
    const none = namesOf([answer(0, 'a.example', [CLOUD], { TTLs: undefined })]);
    expect(nameAt(none, GRACE)).toBe('a.example');
    expect(nameAt(none, GRACE + 1)).toBeUndefined();
    const negative = namesOf([answer(0, 'a.example', [CLOUD], { TTLs: [-100_000] })]);
    expect(nameAt(negative, GRACE)).toBe('a.example');
  });

  it('believes listed resolvers only, devices of type resolver among them', () => {
    const rogue = answer(0, 'updates.vendor.example', [CLOUD], { 'id.resp_h': '10.20.30.66' });
    expect(nameAt(namesOf([rogue]), 1)).toBeUndefined();
    expect(nameAt(namesOf([rogue], inventoryOf('site: x\n')), 1)).toBeUndefined();
    const device = inventoryOf('devices:\n  - {name: r, type: resolver, ip: 10.20.30.66}\n');
    expect(nameAt(namesOf([rogue], device), 1)).toBe('updates.vendor.example');
  });

  it('believes any resolver a little without an inventory, but no neighbours', () => {
    const names = namesOf([answer(0, 'a.example', [CLOUD], { 'id.resp_h': '8.8.8.8' })], emptyInventory());
    expect(names.nameAt(CLIENT, CLOUD, START + 1)).toEqual({ name: 'a.example', trusted: false });
    for (const more of [
      { 'id.resp_h': '224.0.0.251', 'id.resp_p': 5353 },
      { 'id.resp_h': '224.0.0.252' },
      { 'id.resp_p': 5353 },
      { 'id.resp_p': 5355 },
      { 'id.resp_p': 137 },
    ]) {
      expect(nameAt(namesOf([answer(0, 'a.example', [CLOUD], more)], emptyInventory()), 1)).toBeUndefined();
    }
  });

  it.each([
    ['refused', { rcode_name: 'REFUSED' }],
    ['without a code', { rcode_name: undefined }],
    ['rejected', { rejected: true }],
    ['for another type', { qtype_name: 'TXT' }],
    ['without a query', { query: undefined }],
    ['with an empty query', { query: '' }],
    ['without answers', { answers: undefined }],
    ['with other answers', { answers: ['TXT 12 203.0.113.20', 'host.example', ''] }],
  ])('learns nothing from a reply %s', (_, more) => {
    expect(namesOf([answer(0, 'a.example', [CLOUD], more)]).knows(CLOUD)).toBe(false);
  });

  it('lets the last answer count where names share an address', () => {
    const names = namesOf([
      answer(0, 'a.example', [CLOUD], { TTLs: [3600] }),
      answer(10, 'b.example', [CLOUD], { TTLs: [0] }),
    ]);
    expect(nameAt(names, 9)).toBe('a.example');
    expect(nameAt(names, 10)).toBe('b.example');
    expect(nameAt(names, 10 + GRACE)).toBe('b.example');
    expect(nameAt(names, 11 + GRACE)).toBe('a.example');
  });

  it('takes IPv6 addresses', () => {
    const names = namesOf([answer(0, 'a.example', ['2001:db8::7'], { qtype_name: 'AAAA' })]);
    expect(nameAt(names, 1, '2001:db8::7')).toBe('a.example');
  });

  it('answers as a search through all answers does', () => {
    const entry = fc.record({
      time: fc.nat(5000),
      rtt: fc.nat(9),
      name: fc.constantFrom('a', 'b', 'c'),
      ttl: fc.nat(600),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 20 }),
        fc.array(fc.nat(8000), { maxLength: 20 }),
        (entries, times) => {
          const sorted = entries.toSorted((x, y) => x.time - y.time);
          const names = namesOf(
            sorted.map(({ time, rtt, name, ttl }) => answer(time, name, [CLOUD], { rtt, TTLs: [ttl] })),
          );
          for (const time of times) {
            const holding = sorted.filter(
              ({ time: ts, rtt, ttl }) => ts + rtt <= time && time <= ts + rtt + ttl + GRACE,
            );
            const latest = Math.max(...holding.map(({ time: ts, rtt }) => ts + rtt));
            const expected = new Set(
              holding.filter(({ time: ts, rtt }) => ts + rtt === latest).map(({ name }) => name),
            );
            const got = nameAt(names, time);
            if (expected.size === 0) expect(got).toBeUndefined();
            else expect(expected).toContain(got);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('counts answers beyond the limit of one client and address, and renewals not', () => {
    const limits = new LimitCounts();
    const count = DEVICE_LIMITS.dnsAnswersPerPair + 5;
    namesOf(
      Array.from({ length: count }, (_, i) => answer(i, i % 2 === 0 ? 'a' : 'b', [CLOUD])),
      LISTED,
      limits,
    );
    // Every other one renews the last that was taken.
    expect(limits.record).toEqual({ device_dns_answers: 3 });
    const renewed = new LimitCounts();
    namesOf(
      Array.from({ length: count }, (_, i) => answer(i, 'a', [CLOUD])),
      LISTED,
      renewed,
    );
    expect(renewed.record).toEqual({});
  });
});
