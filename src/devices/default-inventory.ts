/**
 * The inventory of a run that was given none. Stands alone, so that such a run does not load what reads inventories.
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
