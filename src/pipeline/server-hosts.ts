/**
 * Which hosts are servers by what the inventory says they are, for flows that were picked up in their middle: when
 * neither a SYN, the protocol nor a port shows who called whom, an archive or a printer was called rather than calling.
 */
import type { Inventory } from '../model/device.ts';

const SERVER_TYPES: ReadonlySet<string> = new Set([
  'pacs',
  'ris',
  'lis',
  'ehr',
  'interface-engine',
  'pump-server',
  'terminal-server',
  'gateway',
  'resolver',
  'server',
  'storage',
  'printer',
]);

/** Addresses of the inventory's servers, and its resolvers. */
export function serverHosts({ devices, resolvers }: Inventory): ReadonlySet<string> {
  const servers = devices.filter(({ type }) => SERVER_TYPES.has(type));
  return new Set([...resolvers, ...servers.flatMap(({ ip }) => ip)]);
}
