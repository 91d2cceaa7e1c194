/** Limits of recognition, in one place. Those that lose something are counted under the name in `coverage.limits`. */
export const DEVICE_LIMITS = {
  /** Internal addresses seen that the inventory does not list; `device_addresses`. Beyond: no MAC, not in the list. */
  addresses: 65_536,
  /** MAC addresses seen; `device_macs`. Beyond: bound to no address. */
  macs: 65_536,
  /** MAC addresses remembered of one address; `device_mac_changes`. */
  macsPerAddress: 16,
  /** Changes of the MAC address of one address; `device_mac_changes`. Beyond: the last one holds to the end. */
  macChanges: 256,
  /** Answers remembered of DNS; `device_dns_answers`. Beyond: the flows to those addresses have no `domain`. */
  dnsAnswers: 262_144,
  /** The same of one client and address, renewals of one name not counted; `device_dns_answers`. */
  dnsAnswersPerPair: 4096,
  /** Distinct values of one attribute that are listed as evidence of one host. */
  evidenceValues: 8,
  /** Distinct values of one field of equipment that are told apart in what one host stores by DICOM. */
  equipmentValues: 64,
  /** Addresses for which the answer to "who is this" is kept ready. */
  cachedAddresses: 262_144,
} as const;

/** Counts what the limits cost. */
export class LimitCounts {
  readonly #counts = new Map<string, number>();

  hit(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Only limits that were hit. */
  get record(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
