/**
 * Captures of rule tests: both phases once for each combination of captures and inventory, as rules see the records.
 */
import type { Inventory } from '../model/device.ts';
import type { CaptureRecords } from '../sigma/rule-test.ts';
import { decodeAll, directoryOf, withHealth } from './phases.ts';
import { maskText, nameTokens, numberTokens } from './present.ts';

/** Decodes captures and keeps their records until `close`. */
export class TestCaptures {
  readonly #loadInventory: (path: string | undefined) => Promise<Inventory>;
  readonly #known = new Map<string, Promise<CaptureRecords>>();
  readonly #stores: { close(): void }[] = [];

  constructor(loadInventory: (path: string | undefined) => Promise<Inventory>) {
    this.#loadInventory = loadInventory;
  }

  /** Records of captures as one analysis. @throws InputError when one cannot be read to its end */
  records(captures: readonly string[], inventory: string | undefined): Promise<CaptureRecords> {
    const key = JSON.stringify([captures, inventory]);
    let records = this.#known.get(key);
    if (records === undefined) {
      records = this.#decode(captures, inventory);
      this.#known.set(key, records);
    }
    return records;
  }

  close(): void {
    for (const store of this.#stores) store.close();
  }

  async #decode(captures: readonly string[], path: string | undefined): Promise<CaptureRecords> {
    const inventory = await this.#loadInventory(path);
    const options = { inputs: captures, inventory, reveal: false, dedupWindow: 0.05 };
    const decoded = withHealth(await decodeAll(options, undefined, false));
    const { store, tokens, problems } = decoded;
    this.#stores.push(store);
    const [problem] = problems;
    if (problem !== undefined) throw problem;
    numberTokens(store, tokens);
    const directory = await directoryOf(inventory, decoded);
    return {
      lists: inventory.file === undefined ? undefined : inventory.lists,
      timezone: inventory.timezone,
      *read(stream) {
        for (const batch of store.read(stream)) yield directory.enrich(nameTokens(batch, tokens));
      },
      mask: batch => maskText(batch, tokens),
    };
  }
}
