/**
 * How many packets have a wrong checksum, by protocol and by the side of the site that sent them (`tcp:internal`): all
 * of one host's mean that it captured itself with offload, some of everybody's a bad link.
 *
 * Verifying reads the whole packet, so that not every packet is: the first `ALL_OF` frames of each capture and one in
 * `ONE_OF` of the rest. `checked` says how many were; with `--strict-checksums` all are. `MAX_SENDERS` hosts that sent a
 * wrong one are told apart.
 */
import { CHECKSUM_NAMES, wrongChecksum } from '../layers/checksum.ts';
import type { Packet } from '../model/packet.ts';
import { ipv4Text, ipv6Text } from '../net/address.ts';

const ALL_OF = 1000;
/** A power of two: the remainder of a division by it is its lower bits. */
const ONE_OF = 256;
export const MAX_SENDERS = 64;

export class ChecksumCounts {
  checked = 0;
  readonly bad = new Map<string, number>();
  readonly #senders = new Set<string>();
  readonly #strict: boolean;
  readonly #isInternal: (address: string) => boolean;

  /** @param strict verify every packet */
  constructor(strict: boolean, isInternal: (address: string) => boolean) {
    this.#strict = strict;
    this.#isInternal = isInternal;
  }

  /** Hosts that sent a wrong one, at most `MAX_SENDERS`. */
  get senders(): number {
    return this.#senders.size;
  }

  /** Whether the packet is to be discarded for its checksum. */
  refuses(packet: Packet): boolean {
    const { number } = packet.frame;
    if (!this.#strict && number > ALL_OF && (number & (ONE_OF - 1)) !== 0) return false;
    this.checked++;
    const wrong = wrongChecksum(packet);
    if (wrong === 0) return false;
    const sender = sourceOf(packet);
    if (this.#senders.size < MAX_SENDERS) this.#senders.add(sender);
    const name = `${CHECKSUM_NAMES[wrong]}:${this.#isInternal(sender) ? 'internal' : 'external'}`;
    this.bad.set(name, (this.bad.get(name) ?? 0) + 1);
    return this.#strict;
  }
}

function sourceOf({ ipVersion, src0, src1, src2, src3 }: Packet): string {
  return ipVersion === 4 ? ipv4Text(src3) : ipv6Text(src0, src1, src2, src3);
}
