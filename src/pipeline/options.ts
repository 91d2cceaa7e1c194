/** What the command line needs from a stage before a run: the inventory, given or not. */
export { emptyInventory, loadInventory } from '../devices/inventory.ts';
