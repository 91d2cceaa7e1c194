/**
 * The inventory of a run that was given none, and how to tell. Stands alone, so that such a run does not load what reads
 * inventories.
 */
import type { Inventory } from '../model/device.ts';
import { DEFAULT_INTERNAL } from './scope.ts';

/** Of a run without an inventory: private ranges are internal, nothing else is known. */
export function emptyInventory(): Inventory {
  return {
    file: undefined,
    site: undefined,
    timezone: 'UTC',
    internal: DEFAULT_INTERNAL,
    resolvers: [],
    zones: [],
    lists: new Map(),
    devices: [],
  };
}

/** Whether the user gave the inventory: only then is a host outside it unknown. */
export function isGiven(inventory: Inventory): boolean {
  return inventory.file !== undefined;
}
