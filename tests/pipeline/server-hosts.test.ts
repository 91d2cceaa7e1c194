import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InventoryDevice } from '../../src/model/device.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { serverHosts } from '../../src/pipeline/server-hosts.ts';
import { pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { ethernet, ipv4, tcp, udp } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const PACS = '10.0.0.9';
const CT = '10.0.0.4';

const device = (name: string, type: string, ip: string): InventoryDevice => ({
  name,
  type,
  ip: [ip],
  mac: [],
  criticality: undefined,
  vendor: undefined,
});

const servers = serverHosts({
  ...emptyInventory(),
  resolvers: ['10.0.0.53'],
  devices: [device('archive', 'pacs', PACS), device('ct-1', 'ct', CT)],
});

/** The flow that begins with a segment from one host's port to another's. */
async function flowOf(src: string, srcPort: number, dst: string, dstPort: number, flags = 'PA') {
  const segment = tcp(
    { src: srcPort, dst: dstPort, flags, seq: 9000, ack: 5000 },
    flags === 'S' ? [] : 'middle',
  );
  const file = temp.write('middle.pcap', pcap([{ bytes: ethernet({}, ipv4({ src, dst }, segment)) }]));
  const [row] = (await decodeFiles([file], { servers })).rows('conn');
  return [row?.['id.orig_h'], row?.['direction_confidence']];
}

/** The flows of datagrams, each at its second, from one host's port to another's. */
async function datagrams(...packets: readonly (readonly [number, string, number, string, number])[]) {
  const frames = packets.map(([sec, src, srcPort, dst, dstPort]) => ({
    bytes: ethernet({}, ipv4({ src, dst, protocol: 17 }, udp({ src: srcPort, dst: dstPort }, 'middle'))),
    sec,
  }));
  const file = temp.write('datagrams.pcap', pcap(frames));
  const { rows } = await decodeFiles([file], { servers });
  return rows('conn').map(row => [row['id.orig_h'], row['direction_confidence']]);
}

describe('servers of the inventory', () => {
  it('are those by type, and resolvers', () => {
    expect([...servers]).toEqual(['10.0.0.53', PACS]);
  });

  it('are the called side of flows picked up in their middle, whoever is seen first', async () => {
    expect(await flowOf(PACS, 51_234, CT, 49_999)).toEqual([CT, 'inventory']);
    expect(await flowOf(CT, 49_999, PACS, 51_234)).toEqual([CT, 'inventory']);
  });

  it('are the called side of datagrams that may be of older flows, and stay it', async () => {
    expect(await datagrams([0, PACS, 51_234, CT, 49_999], [1, CT, 49_999, PACS, 51_234])).toEqual([
      [CT, 'inventory'],
    ]);
    // Long after the first packet whoever speaks first calls; after a long silence of all nobody knows again.
    const talk = Array.from({ length: 4 }, (_, i) => [i * 40, CT, 80, '10.0.0.5', 49_000] as const);
    const late = (sec: number) => [sec, PACS, 51_234, CT, 49_999] as const;
    expect((await datagrams(...talk, late(121))).at(-1)).toEqual([PACS, 'first_packet']);
    expect((await datagrams(...talk, late(200))).at(-1)).toEqual([CT, 'inventory']);
  });

  it('say nothing of datagrams with a known port, or to a group', async () => {
    expect(await datagrams([0, PACS, 51_234, CT, 161])).toEqual([[PACS, 'port']]);
    for (const group of ['239.1.2.3', '255.255.255.255'])
      expect(await datagrams([0, PACS, 51_234, group, 49_999])).toEqual([[PACS, 'first_packet']]);
  });

  it('say nothing of flows that others announced: they begin with their first packet', async () => {
    const tftpServer = '10.50.40.60';
    const { rows } = await decodeFiles([join(FIXTURES, 'imaging.pcap')], { servers: new Set([tftpServer]) });
    const transfers = rows('conn').filter(row => row['service'] === 'tftp' && row['id.resp_p'] !== 69);
    expect(transfers).toMatchObject([{ 'id.orig_h': tftpServer, direction_confidence: 'first_packet' }]);
  });

  it('say nothing where there is a SYN or a port, or both or none is one', async () => {
    expect(await flowOf(PACS, 51_234, CT, 49_999, 'S')).toEqual([PACS, 'syn']);
    expect(await flowOf(PACS, 51_234, CT, 80)).toEqual([PACS, 'port']);
    expect(await flowOf(PACS, 51_234, '10.0.0.53', 49_999)).toEqual([PACS, 'first_packet']);
    expect(await flowOf(CT, 51_234, '10.0.0.5', 49_999)).toEqual([CT, 'first_packet']);
  });
});
