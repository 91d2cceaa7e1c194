/** What LLDP and CDP say of a device and its port, in common words. */
import type { RecordOf } from '../../model/schema.ts';
import type { neighbour } from '../../model/streams.ts';

/** Addresses kept of one announcement. */
export const MAX_ADDRESSES = 8;

/** The part of a `neighbour` record that stands in the frame. */
export interface Announcement {
  readonly said: Omit<RecordOf<typeof neighbour>, 'ts' | 'eth_src' | 'vlan' | 'frame' | 'capture'>;
  /** Something did not fit; `said` is what stood before it. */
  readonly malformed: boolean;
}

/** Names of the bits that are set, the lowest first. */
export function capabilityNames(bits: number, names: readonly string[]): string[] | undefined {
  const set = names.filter((name, bit) => name !== '' && (bits & (1 << bit)) !== 0);
  return set.length > 0 ? [...new Set(set)] : undefined;
}
