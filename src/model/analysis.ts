/**
 * What an analysis says about itself: which captures were read, how much of them could be used, and which limits
 * were hit. Counters only; verdicts in plain words are made by the report.
 */
import type { Moment } from './schema.ts';

/** One capture file, as read. */
export interface CaptureInfo {
  /** Name as given (or found in a directory); `-` is standard input. */
  readonly name: string;
  readonly format: 'pcap' | 'pcapng' | 'unknown';
  /** Hex SHA-256 of the file; null for streams that do not hash (`logs`, standard input is hashed while read). */
  readonly sha256: string | null;
  readonly bytes: number;
  readonly frames: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
  readonly link_types: readonly string[];
  /**
   * `ok`; `truncated` or `corrupt` when reading stopped early (with offset and message); `partial` or `undecoded` when
   * some or all frames are of a link type that is not decoded; `unreadable` when nothing was read.
   */
  readonly status: 'ok' | 'truncated' | 'corrupt' | 'partial' | 'undecoded' | 'unreadable';
  readonly problem: string | null;
  readonly offset: number | null;
}

/** How much of the traffic could be used. Every counter is of frames unless its name says otherwise. */
export interface Coverage {
  readonly frames: number;
  readonly bytes: number;
  /** Frames that carried IP or ARP and were decoded to the transport. */
  readonly decoded: number;
  /** Frames by what kept them from being decoded: `unknown_ethertype:0x88cc`, `truncated_ip`, `fragment` … */
  readonly undecoded: Readonly<Record<string, number>>;
  /** Frames cut by the snapshot length. */
  readonly snapped: number;
  /** Frames that are copies of others: not accounted in flows, not decoded. */
  readonly duplicates: number;
  /** Frames that equal an earlier one but may be a host's own repetition: kept. */
  readonly possible_duplicates: number;
  /** Copies by the VLANs of frame and copy, `10>20`; `-` is untagged. */
  readonly duplicate_vlans: Readonly<Record<string, number>>;
  readonly fragments: number;
  readonly flows: number;
  readonly records: Readonly<Record<string, number>>;
  /** Bytes of TCP content that were acknowledged but are not in the capture. */
  readonly missed_bytes: number;
  /** Named limits that lost frames, flows or records, with how often. Not empty means exit 4. */
  readonly limits: Readonly<Record<string, number>>;
  /** Decoders that threw, with how often. Not empty means exit 4. */
  readonly decoder_failures: Readonly<Record<string, number>>;
}
