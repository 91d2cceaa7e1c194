/**
 * What an analysis says about itself: which captures were read, how much of them could be used, and which limits
 * were hit. Counters only; verdicts in plain words are made by the report.
 */
import type { Moment } from './schema.ts';

/** One capture file, as read. */
export interface CaptureInfo {
  /** Name as given (or found in a directory); `-` is standard input. */
  readonly name: string;
  readonly format: 'pcap' | 'pcapng' | 'snoop' | 'zeek_tsv' | 'zeek_json' | 'eve_json' | 'unknown';
  /** Hex SHA-256 of the file; null for streams that do not hash (`logs`, standard input is hashed while read). */
  readonly sha256: string | null;
  /** Bytes read of the file on disk; in a tar archive that is compressed, of the member. */
  readonly bytes: number;
  readonly frames: number;
  /** Records of a saved log within `--since` and `--until`; null for captures. */
  readonly records: number | null;
  /** Bytes of its frames on the wire. */
  readonly wire_bytes: number;
  /** Frames cut by the snapshot length, and the bytes that are missing of them. */
  readonly snapped: number;
  readonly cut_bytes: number;
  /** Most bytes that a cut frame kept: the snapshot length in effect, whatever the file says; null when none was cut. */
  readonly cut_to: number | null;
  readonly first: Moment | null;
  readonly last: Moment | null;
  readonly link_types: readonly string[];
  /** Interfaces in the order of the file, the first `MAX_INTERFACES_SHOWN` of them. */
  readonly interfaces: readonly InterfaceInfo[];
  /** Smallest snapshot length of an interface that frames came from; null when none has a bound. */
  readonly snap_length: number | null;
  /** Frames that the capturing program says were lost, over all interfaces; null when it does not say. */
  readonly drops: number | null;
  /**
   * Frames without a time of their own: pcapng Simple Packets, which have that of the frame before them, and all of a
   * capture whose times are all zero.
   */
  readonly untimed: number;
  /** Compressions and archives it was read through, outermost first: `gzip`, `tar` … */
  readonly containers: readonly string[];
  readonly clock: ClockInfo;
  /** Frames outside `--since` and `--until`; they are read and counted, and nothing more. */
  readonly outside: number;
  /** Frames that are copies of others, in this capture or in one read before it. */
  readonly duplicates: number;
  /** Name of a capture before it that is the same file, or a copy of it; null when there is none. */
  readonly same_as: string | null;
  /**
   * `ok`; `truncated` or `corrupt` when reading stopped early (with offset and message); `partial` or `undecoded` when
   * some or all frames are of a link type that is not decoded (of a saved log: some lines are no records), `undecoded`
   * also when nothing could be made of any frame for another reason; `unmerged` when interfaces or sections overlap in time and
   * were analysed one behind the other, which happens to pipes, members of compressed tar archives, more than 32 interfaces,
   * and more than 8 of a compressed file; `unreadable` when nothing was read.
   */
  readonly status: 'ok' | 'truncated' | 'corrupt' | 'partial' | 'undecoded' | 'unmerged' | 'unreadable';
  readonly problem: string | null;
  readonly offset: number | null;
  /** The limit of decompression or archives that ended its reading, by its name in `coverage.limits`. */
  readonly limit: string | null;
}

/** Interfaces of one capture that a result lists. */
export const MAX_INTERFACES_SHOWN = 256;

/**
 * One interface of a capture. Counts other than `frames` are what the capturing program reported (pcapng interface
 * statistics, snoop), from its start on; null when it did not.
 */
export interface InterfaceInfo {
  readonly name: string | null;
  readonly description: string | null;
  readonly link_type: string;
  /** Most bytes kept of a frame; null without a bound. */
  readonly snap_length: number | null;
  /** Frames read. */
  readonly frames: number;
  /** Frames seen by the interface. */
  readonly received: number | null;
  /** Frames that the capture filter let through. */
  readonly accepted: number | null;
  /** Frames lost by the interface, for want of resources. */
  readonly dropped: number | null;
  /** Frames lost by the operating system between interface and capturing program. */
  readonly os_dropped: number | null;
  /** Frames lost as told beside each frame (epb_dropcount); a part of the others where both are given. */
  readonly dropped_between: number | null;
}

/** What the times of one capture's frames say about its clock and its order. Frames are compared in file order. */
export interface ClockInfo {
  /** Seconds that `--clock-offset` added to every time. */
  readonly offset: number;
  /** Frames that stood behind later ones in the file, within the bound, and were put in order. */
  readonly reordered: number;
  /** Frames that came too late to be put in order; they are analysed out of it. */
  readonly unordered: number;
  /** Steps back by more than a second from one frame of an interface to the next: a clock that was set. */
  readonly backward: number;
  /** Steps forward by more than five minutes: silence, a pause in capturing, or a clock that was set. */
  readonly forward: number;
  /** The largest of each, null when there is none. */
  readonly largest_backward: ClockJump | null;
  readonly largest_forward: ClockJump | null;
}

/** One step of a clock. */
export interface ClockJump {
  /** Seconds, positive in both directions. */
  readonly seconds: number;
  /** Time of the frame before the step. */
  readonly ts: Moment;
  /** Number of the frame behind it. */
  readonly frame: number;
}

/** How much of the traffic could be used. Every counter is of frames unless its name says otherwise. */
export interface Coverage {
  /** Frames within `--since` and `--until`. */
  readonly frames: number;
  readonly bytes: number;
  /** Records read from saved logs, instead of frames; 0 for captures. */
  readonly saved_records: number;
  /** Frames (of saved logs: records) outside `--since` and `--until`: read, and in no other counter here. */
  readonly outside: number;
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
  /** Packets whose checksums were verified: a sample, or all with `--strict-checksums`, which discards the bad ones. */
  readonly checksums_checked: number;
  /** Those with a wrong one, by protocol and the side that sent it: `tcp:internal`, `ipv4:external`. */
  readonly bad_checksums: Readonly<Record<string, number>>;
  /** Hosts that sent a packet with a wrong one; 64 stands for more. */
  readonly bad_checksum_hosts: number;
  /** Frames with bytes of a tap or broker behind them, by how many; empty without evidence. */
  readonly trailers: Readonly<Record<string, number>>;
  /** Copies by the VLANs of frame and copy, `10>20`; `-` is untagged. */
  readonly duplicate_vlans: Readonly<Record<string, number>>;
  readonly fragments: number;
  readonly flows: number;
  readonly records: Readonly<Record<string, number>>;
  /** Bytes of TCP content that were acknowledged but are not in the capture. */
  readonly missed_bytes: number;
  /** Those of them that the snapshot length cut off. */
  readonly missed_cut_bytes: number;
  /** Named limits that lost frames, flows or records, with how often. Not empty means exit 4. */
  readonly limits: Readonly<Record<string, number>>;
  /** Decoders that threw, with how often. Not empty means exit 4. */
  readonly decoder_failures: Readonly<Record<string, number>>;
}
