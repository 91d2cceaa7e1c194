/** What the command line needs from a stage before or after a run: inventories, read and written, and filters. */
export { loadInventory, MAX_INVENTORY_BYTES } from '../devices/inventory.ts';
export { renderInventory } from '../devices/render-inventory.ts';
export { compileFilter, type RecordFilter } from '../filter/filter.ts';
