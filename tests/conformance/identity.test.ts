/**
 * Who is who without an inventory, over the fixtures; their inventories are the answer sheets. What cannot be told is
 * listed with the reason, so that the share is a measurement and a gain or loss shows.
 */
import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { loadInventory } from '../../src/devices/inventory.ts';
import { DEVICE_TYPES } from '../../src/devices/types.ts';
import { devices } from '../../src/pipeline/devices.ts';
import { explainText } from '../../src/report/explain-text.ts';
import { FIXTURES, hasShared, SHARED } from '../support/paths.ts';

const fixture = (name: string): string => `${FIXTURES}/${name}`;

const RUN = { inventory: emptyInventory(), reveal: false, dedupWindow: 0.05, unseen: false };

/** Clinical devices that no evidence identifies, and why; all of them have a vendor and the right hint. */
const UNTOLD: Readonly<Record<string, readonly string[]>> = {
  'ward.pcap': [
    'pump-07: only its network card and its own cloud; neither its HTTP nor its TLS names it',
    'vent-02: only ARP and ping, from the card of a maker of monitors and ventilators',
  ],
  'clinic.pcapng': [
    'monitor-21: only ARP, ping and DNS, from the card of a maker of monitors',
    'pump-22: only DNS and TLS 1.3, from the card of a maker of pumps',
  ],
};

/** Where the evidence names another maker than the answer sheet. */
const OTHER_VENDOR: Readonly<Record<string, string>> = {
  // The sheet has the maker of the network card; its images name this one.
  'ct-01': 'EXAMPLE MEDICAL',
};

describe.each([
  ['ward.pcap', 'ward.inventory.yml'],
  ['clinic.pcapng', 'clinic.inventory.yml'],
])('%s', (capture, sheet) => {
  it('names the clinical devices with type, vendor and evidence', async () => {
    const result = await devices({ ...RUN, inputs: [fixture(capture)] });
    const clinical = loadInventory(fixture(sheet)).devices.filter(
      ({ type }) => DEVICE_TYPES.get(type)?.medical,
    );
    const untold: string[] = [];
    for (const { name, type, ip, vendor } of clinical) {
      const found = result.devices.find(({ ips }) => ips.includes(ip[0] ?? ''));
      expect([name, found?.vendor]).toEqual([name, OTHER_VENDOR[name] ?? vendor]);
      expect(found?.evidence.length).toBeGreaterThan(0);
      if (found?.type === undefined) {
        untold.push(name);
        expect(found?.hints.map(hint => hint.type)).toContain(type);
      } else expect([name, found.type]).toEqual([name, type]);
    }
    // biome-ignore lint/suspicious/noConsole: the share is a measurement
    console.log(`${capture}: ${clinical.length - untold.length} of ${clinical.length} clinical devices told`);
    expect(untold).toEqual(UNTOLD[capture]?.map(line => line.slice(0, line.indexOf(':'))));
  });
});

describe.skipIf(!hasShared())('consumer devices, in captures of others', () => {
  it.each([
    ['md-withingsbpm_wifi_2_1.pcap', 'health-companion', 'Withings'],
    ['md-kardiamobile_2_1.pcap', 'health-companion', 'KardiaMobile'],
    ['md-fitbitfitness_wifi_2_1.pcap', 'health-companion', 'Fitbit'],
    ['md-guardianalertsystem_2_1.pcap', 'health-companion', 'Medical Guardian'],
    ['md-ketoscanketonemeter_wifi_2_1.pcap', 'health-companion', 'Ketoscan'],
    ['md-babymonitor_wifi_1_1.pcap', 'baby-monitor', 'Sense-U'],
    // Cameras and plugs use the same services.
    ['md-wyzescale_wifi_2_1.pcap', undefined, undefined],
  ])('%s', async (capture, type, product) => {
    const inputs = [`${SHARED}/medical/${capture}`];
    const { explanations } = await devices({ ...RUN, inputs, explain: '10.215.173.1' });
    expect(explanations[0]?.device.type).toBe(type);
    const text = explainText(explanations, 200);
    if (product !== undefined) expect(text).toContain(`companion (phone or device) of: ${product}`);
  });
});

/** Explanations with the name of the capture alone: where lines break must not depend on the folder. */
function nameless<T>(explanations: T): T {
  return JSON.parse(JSON.stringify(explanations).replaceAll(fixture('ward.pcap'), 'ward.pcap')) as T;
}

describe('explanations', () => {
  it.each([
    ['ct-01', 'explain-ct.txt'],
    ['00:09:fb:00:00:11', 'explain-monitor.txt'],
    ['10.20.30.17', 'explain-pump.txt'],
    ['MONGW', 'explain-gateway.txt'],
  ])('of %s', async (host, golden) => {
    const { explanations } = await devices({ ...RUN, inputs: [fixture('ward.pcap')], explain: host });
    const text = explainText(nameless(explanations), 100);
    await expect(text).toMatchFileSnapshot(`golden/${golden}`);
  });

  it('of a device in the inventory says what was seen beside', async () => {
    const inventory = loadInventory(fixture('ward.inventory.yml'));
    const run = { ...RUN, inventory, inputs: [fixture('ward.pcap')] };
    const { explanations } = await devices({ ...run, explain: 'ehr-01' });
    const text = explainText(nameless(explanations), 100);
    await expect(text).toMatchFileSnapshot('golden/explain-inventory.txt');
  });

  it('of nobody names who is near', async () => {
    const run = devices({ ...RUN, inputs: [fixture('ward.pcap')], explain: '10.20.30.3' });
    await expect(run).rejects.toThrow(/no host “10.20.30.3” was seen/);
  });
});
