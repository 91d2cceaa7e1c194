import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { DEVICE_LIMITS, LimitCounts } from '../../src/devices/limits.ts';
import {
  CARRIED_BY_DEVICE,
  CARRIED_IPV4,
  CARRIED_IPV6,
  CLAIMS,
  InventoryIndex,
  MacSurvey,
} from '../../src/devices/mac-survey.ts';
import { addressPlan } from '../../src/devices/scope.ts';
import type { Inventory } from '../../src/model/device.ts';
import { arp, conn } from '../../src/model/streams.ts';
import { batchesOf, claim, flow, inventoryOf, type Records } from './make.ts';

const HOST = '00:09:5c:00:00:01';
const OTHER = '00:09:5c:00:00:02';
const ROUTER = '02:00:00:00:00:fe';

function surveyOf(
  records: Records,
  inventory: Inventory = emptyInventory(),
  limits = new LimitCounts(),
): MacSurvey {
  const survey = new MacSurvey(new InventoryIndex(inventory), addressPlan(inventory), limits);
  for (const batch of batchesOf(arp, records.arp ?? [])) survey.addClaims(batch);
  for (const batch of batchesOf(conn, records.conn ?? [])) survey.addFlows(batch);
  return survey;
}

/** Flows that several addresses, all with one MAC address, send to one host. */
function carried(addresses: readonly string[], mac: string) {
  return addresses.map((address, i) => flow(i, [address, mac], ['10.20.30.17', HOST]));
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

describe('MacSurvey', () => {
  it('gives an address the MAC address it sends from', () => {
    const survey = surveyOf({ conn: [flow(0, ['10.20.30.17', HOST], ['10.20.30.18', OTHER])] });
    expect(survey.macsOf('10.20.30.17')).toEqual([HOST]);
    expect(survey.macsOf('10.20.30.18')).toEqual([OTHER]);
    expect([...survey.addresses()]).toEqual(['10.20.30.17', '10.20.30.18']);
  });

  it('passes over a responder that never sent', () => {
    const survey = surveyOf({
      conn: [flow(0, ['10.20.30.17', HOST], ['10.20.30.18', OTHER], { resp_pkts: 0 })],
    });
    expect([...survey.addresses()]).toEqual(['10.20.30.17']);
    expect(survey.macsOf('10.20.30.18')).toEqual([]);
  });

  it('passes over the MAC addresses of tunnelled flows', () => {
    const inner = flow(0, ['10.20.30.17', HOST], ['10.20.30.18', HOST], { tunnel_parents: ['Cx'] });
    const survey = surveyOf({ conn: [inner] });
    expect(survey.macsOf('10.20.30.17')).toEqual([]);
    expect([...survey.addresses()]).toEqual(['10.20.30.17', '10.20.30.18']);
    const outer = flow(1, ['10.20.30.17', HOST], ['10.20.30.18', HOST]);
    expect(surveyOf({ conn: [inner, outer] }).isRouter(HOST)).toBe(true);
  });

  it('binds nothing to internet, multicast and unspecified addresses', () => {
    const survey = surveyOf({
      conn: [flow(0, ['8.8.8.8', HOST], ['224.0.0.1']), flow(1, ['0.0.0.0', OTHER], ['255.255.255.255'])],
    });
    expect([...survey.addresses()]).toEqual([]);
  });
});

describe('a router', () => {
  it('is who carried an internet address', () => {
    const survey = surveyOf({ conn: carried(['10.20.40.9', '8.8.8.8'], ROUTER) });
    expect(survey.isRouter(ROUTER)).toBe(true);
    expect(survey.macsOf('10.20.40.9')).toEqual([]);
    expect(survey.macsOf('10.20.30.17')).toEqual([HOST]);
  });

  it('is not who merely was sent a frame for one', () => {
    const survey = surveyOf({ conn: [flow(0, ['10.20.30.17', HOST], ['8.8.8.8', OTHER], { resp_pkts: 0 })] });
    expect(survey.isRouter(OTHER)).toBe(false);
  });

  it('is who carried more addresses than a host has', () => {
    expect(surveyOf({ conn: carried(numbered('10.20.40.', CARRIED_IPV4), ROUTER) }).isRouter(ROUTER)).toBe(
      false,
    );
    const many = surveyOf({ conn: carried(numbered('10.20.40.', CARRIED_IPV4 + 1), ROUTER) });
    expect(many.isRouter(ROUTER)).toBe(true);
    expect(many.macsOf('10.20.40.1')).toEqual([]);
    expect(surveyOf({ conn: carried(numbered('fd00::', CARRIED_IPV6), ROUTER) }).isRouter(ROUTER)).toBe(
      false,
    );
    expect(surveyOf({ conn: carried(numbered('fd00::', CARRIED_IPV6 + 1), ROUTER) }).isRouter(ROUTER)).toBe(
      true,
    );
  });

  it('is who claimed an address and carried another one', () => {
    const survey = surveyOf({
      arp: [claim(0, '10.20.30.1', ROUTER)],
      conn: carried(['10.20.30.1', '10.20.40.1'], ROUTER),
    });
    expect(survey.isRouter(ROUTER)).toBe(true);
    expect(survey.macsOf('10.20.40.1')).toEqual([]);
    expect(survey.macsOf('10.20.30.1')).toEqual([ROUTER]);
  });

  it('is not a listed device with a few leases', () => {
    const inventory = inventoryOf(`devices:\n  - {name: pump, type: infusion-pump, mac: "${OTHER}"}\n`);
    const leases = numbered('10.20.40.', CARRIED_BY_DEVICE);
    const survey = surveyOf(
      { arp: [claim(0, '10.20.40.1', OTHER)], conn: carried(leases, OTHER) },
      inventory,
    );
    expect(leases.map(ip => survey.macsOf(ip))).toEqual(leases.map(() => [OTHER]));
    const more = numbered('10.20.40.', CARRIED_BY_DEVICE + 1);
    expect(surveyOf({ conn: carried(more, OTHER) }, inventory).isRouter(OTHER)).toBe(true);
  });

  it('is who carried an address of another zone', () => {
    const zones = inventoryOf(
      'zones:\n  - {name: a, cidr: 10.20.30.0/24}\n  - {name: b, cidr: 10.20.40.0/24}\n',
    );
    const records = { arp: [claim(0, '10.20.30.1', ROUTER)], conn: carried(['fd00:40::9'], ROUTER) };
    expect(surveyOf(records).isRouter(ROUTER)).toBe(false);
    expect(surveyOf(records, zones).isRouter(ROUTER)).toBe(true);
    expect(surveyOf(records, zones).macsOf('10.20.30.1')).toEqual([ROUTER]);
  });

  it('is not a host that moved and said so', () => {
    const zones = inventoryOf(
      'zones:\n  - {name: a, cidr: 10.20.30.0/24}\n  - {name: b, cidr: 10.20.40.0/24}\n',
    );
    const survey = surveyOf(
      {
        arp: [claim(0, '10.20.30.20', OTHER), claim(5, '10.20.40.9', OTHER), claim(6, '169.254.1.1', OTHER)],
        conn: carried(['10.20.30.20', '10.20.40.9', 'fe80::1'], OTHER),
      },
      zones,
    );
    expect(survey.isRouter(OTHER)).toBe(false);
    expect(survey.macsOf('10.20.40.9')).toEqual([OTHER]);
  });

  it('is a gateway of the inventory, whose own addresses stay its own', () => {
    const inventory = inventoryOf(
      `devices:\n  - {name: gw, type: gateway, ip: 10.20.30.1, mac: "${ROUTER}"}\n`,
    );
    const survey = surveyOf({ conn: carried(['10.20.30.1', '10.20.30.9'], ROUTER) }, inventory);
    expect(survey.isRouter(ROUTER)).toBe(true);
    expect(survey.macsOf('10.20.30.1')).toEqual([ROUTER]);
    expect(survey.macsOf('10.20.30.9')).toEqual([]);
  });

  it('is a virtual router of VRRP', () => {
    expect(surveyOf({}).isRouter('00:00:5e:00:01:0a')).toBe(true);
    expect(surveyOf({}).isRouter('00:00:5e:00:53:0a')).toBe(false);
  });
});

describe('a claim by ARP', () => {
  it('holds for a router too', () => {
    const survey = surveyOf({
      arp: [claim(0, '10.20.30.1', ROUTER)],
      conn: carried(['10.20.30.1', '8.8.8.8'], ROUTER),
    });
    expect(survey.macsOf('10.20.30.1')).toEqual([ROUTER]);
  });

  it('outweighs who only carried the address', () => {
    const survey = surveyOf({ arp: [claim(0, '10.20.40.9', OTHER)], conn: carried(['10.20.40.9'], ROUTER) });
    expect(survey.macsOf('10.20.40.9')).toEqual([OTHER]);
  });

  it('does not count when made for another, for no address, or for everyone', () => {
    const everyone = numbered('10.20.40.', CLAIMS + 1).map((ip, i) => claim(i, ip, ROUTER));
    const survey = surveyOf({
      arp: [...everyone, claim(50, '10.20.30.50', OTHER, { eth_src: HOST }), claim(51, '0.0.0.0', OTHER)],
    });
    expect(survey.macsOf('10.20.40.1')).toEqual([]);
    expect([...survey.addresses()]).not.toContain('10.20.30.50');
    expect([...survey.addresses()]).not.toContain('0.0.0.0');
    const allowed = surveyOf({ arp: everyone.slice(0, CLAIMS) });
    expect(allowed.macsOf('10.20.40.1')).toEqual([ROUTER]);
  });
});

describe('the inventory', () => {
  const inventory = inventoryOf(`devices:
  - {name: pump, type: infusion-pump, ip: 10.20.30.20, mac: "${HOST}"}
  - {name: ct, type: ct, ip: 10.20.30.31}
  - {name: mr, type: mr, mac: "${OTHER}"}
`);

  it('outweighs flows that another card carried, but not what ARP says', () => {
    const conns = [flow(0, ['10.20.30.20', ROUTER], ['10.20.30.31', OTHER])];
    const survey = surveyOf({ conn: conns }, inventory);
    expect(survey.macsOf('10.20.30.20')).toEqual([]);
    expect(survey.macsOf('10.20.30.31')).toEqual([]);
    const claimed = surveyOf({ conn: conns, arp: [claim(0, '10.20.30.20', ROUTER)] }, inventory);
    expect(claimed.macsOf('10.20.30.20')).toEqual([ROUTER]);
  });

  it('keeps a pair that it gives even of a router', () => {
    const survey = surveyOf({ conn: [flow(0, ['10.20.30.20', HOST], ['8.8.8.8', HOST])] }, inventory);
    expect(survey.isRouter(HOST)).toBe(true);
    expect(survey.macsOf('10.20.30.20')).toEqual([HOST]);
  });

  it('admits public addresses that it lists', () => {
    const cloud = inventoryOf('devices:\n  - {name: cloud, type: server, ip: 198.51.100.7}\n');
    const survey = surveyOf({ conn: carried(['198.51.100.7'], ROUTER) }, cloud);
    expect([...survey.addresses()]).toContain('198.51.100.7');
    expect(survey.macsOf('198.51.100.7')).toEqual([]);
  });
});

describe('limits', () => {
  it('counts addresses and MAC addresses beyond them, and goes on', () => {
    const limits = new LimitCounts();
    const inventory = inventoryOf('devices:\n  - {name: pump, type: infusion-pump, ip: 10.255.0.1}\n');
    const survey = new MacSurvey(new InventoryIndex(inventory), addressPlan(inventory), limits);
    const count = DEVICE_LIMITS.addresses + 10;
    const flood = Array.from({ length: count }, (_, i) => {
      const mac = `02:00:00:${[i >> 16, (i >> 8) & 255, i & 255].map(n => n.toString(16).padStart(2, '0')).join(':')}`;
      return flow(i, [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, mac], ['224.0.0.1']);
    });
    for (const batch of batchesOf(conn, flood)) survey.addFlows(batch);
    for (const batch of batchesOf(conn, [flow(count, ['10.255.0.1', HOST], ['224.0.0.1'])]))
      survey.addFlows(batch);
    expect([...survey.addresses()]).toHaveLength(DEVICE_LIMITS.addresses + 1);
    expect(limits.record).toEqual({ device_addresses: 10, device_macs: 11 });
  });

  it('counts MAC addresses of one address beyond them', () => {
    const limits = new LimitCounts();
    const many = Array.from({ length: 2 * DEVICE_LIMITS.macsPerAddress + 3 }, (_, i) =>
      claim(i, '10.20.30.20', `00:00:00:00:01:${i.toString(16).padStart(2, '0')}`),
    );
    expect(surveyOf({ arp: many }, emptyInventory(), limits).macsOf('10.20.30.20')).toHaveLength(32);
    expect(limits.record).toEqual({ device_mac_changes: 3 });
  });

  it('knows the VLAN of an address with a MAC address of its own', () => {
    const survey = surveyOf({
      arp: [claim(0, '10.20.30.20', OTHER, { vlan: 31 })],
      conn: [
        flow(1, ['10.20.30.17', HOST], ['10.20.30.18'], { vlan: 30 }),
        flow(2, ['10.20.40.9', ROUTER], ['8.8.8.8', ROUTER], { vlan: 30 }),
      ],
    });
    expect(['10.20.30.20', '10.20.30.17', '10.20.30.18', '10.20.40.9'].map(ip => survey.vlanOf(ip))).toEqual([
      31,
      30,
      undefined,
      undefined,
    ]);
  });
});
