/**
 * Who is who in one run: what the inventory says and what the records show, put together. The only room of this folder
 * that the pipeline needs, beside the loader of the inventory.
 */
import type { Batch } from '../model/batch.ts';
import type { Device, Inventory } from '../model/device.ts';
import { enrichBatch } from './enrich.ts';
import { type ListOptions, listDevices } from './list.ts';
import { Profiles } from './profiles.ts';
import { type ReadStream, recognise } from './recognise.ts';

export interface Directory {
  /** The batch with the fields of `ENRICHMENT_FIELDS`; streams without a flow come back as they are. */
  enrich(batch: Batch): Batch;
  /**
   * Everyone who was seen, medical devices first. Names in evidence are text from the wire: mask identifiers in them
   * before they are written.
   */
  devices(options?: ListOptions): readonly Device[];
  /** Limits that lost something, for `coverage.limits`. */
  limits(): Readonly<Record<string, number>>;
}

/**
 * Works out who is on the network.
 * @param read records of a stream by name, sorted by time; called for `arp`, `conn`, `dicom`, `hl7`, `dns`, some twice
 */
export function buildDirectory(inventory: Inventory, read: ReadStream): Directory {
  const recognition = recognise(inventory, read);
  const profiles = new Profiles(inventory, recognition);
  return {
    enrich: batch => enrichBatch(batch, profiles, recognition.names),
    devices: options => listDevices(inventory, recognition, profiles, options),
    limits: () => recognition.limits.record,
  };
}
