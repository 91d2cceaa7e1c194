/**
 * Who is who in one run: what the inventory says and what the records show, put together. The only room of this folder
 * that the pipeline needs, beside the loader of the inventory.
 */
import type { Batch } from '../model/batch.ts';
import type { Device, Explanation, Inventory } from '../model/device.ts';
import { enrichBatch } from './enrich.ts';
import { explain, isMeant } from './explain.ts';
import { type ListOptions, listDevices, seenDevices } from './list.ts';
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
  /** Why the hosts that a name or address means are thought to be what they are; none when nobody is meant. */
  explain(word: string): readonly Explanation[];
  /** Limits that lost something, for `coverage.limits`. */
  limits(): Readonly<Record<string, number>>;
}

/**
 * Works out who is on the network.
 * @param read records of a stream by name, sorted by time; called for `arp`, `conn`, `dicom`, `hl7`, `device`, `dns`, some twice
 */
export function buildDirectory(inventory: Inventory, read: ReadStream): Directory {
  const recognition = recognise(inventory, read);
  const profiles = new Profiles(inventory, recognition);
  return {
    enrich: batch => enrichBatch(batch, profiles, recognition.names),
    devices: options => listDevices(inventory, recognition, profiles, options),
    explain: word =>
      seenDevices(recognition, profiles).flatMap(({ host, device }) => {
        const identity = recognition.hosts.identity(host);
        return isMeant(word, host, identity) ? [explain(host, device, identity, recognition)] : [];
      }),
    limits: () => recognition.limits.record,
  };
}
