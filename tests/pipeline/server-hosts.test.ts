import { describe, expect, it } from 'vitest';
import type { InventoryDevice } from '../../src/model/device.ts';
import { emptyInventory } from '../../src/pipeline/phases.ts';
import { serverHosts } from '../../src/pipeline/server-hosts.ts';
import { pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { ethernet, ipv4, tcp } from '../support/frames.ts';
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

describe('servers of the inventory', () => {
  it('are those by type, and resolvers', () => {
    expect([...servers]).toEqual(['10.0.0.53', PACS]);
  });

  it('are the called side of flows picked up in their middle, whoever is seen first', async () => {
    expect(await flowOf(PACS, 51_234, CT, 49_999)).toEqual([CT, 'inventory']);
    expect(await flowOf(CT, 49_999, PACS, 51_234)).toEqual([CT, 'inventory']);
  });

  it('say nothing where there is a SYN or a port, or both or none is one', async () => {
    expect(await flowOf(PACS, 51_234, CT, 49_999, 'S')).toEqual([PACS, 'syn']);
    expect(await flowOf(PACS, 51_234, CT, 80)).toEqual([PACS, 'port']);
    expect(await flowOf(PACS, 51_234, '10.0.0.53', 49_999)).toEqual([PACS, 'first_packet']);
    expect(await flowOf(CT, 51_234, '10.0.0.5', 49_999)).toEqual([CT, 'first_packet']);
  });
});
