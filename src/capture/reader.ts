/**
 * What a capture reader is: a pull parser over a `ChunkBuffer`. `next` is synchronous and allocation-free; when it
 * answers `MORE` the caller awaits `fill` and asks again. One capture is read by one reader from start to end.
 */
import type { Frame } from '../model/frame.ts';

/** `next` filled the frame. */
export const FRAME = 1;
/** `next` needs more bytes: await `fill()`. */
export const MORE = 0;
/** No further frame. */
export const END = -1;

export interface FrameReader {
  readonly format: 'pcap' | 'pcapng' | 'snoop';
  next(frame: Frame): typeof FRAME | typeof MORE | typeof END;
  /** Reads on. Rejects only when the operating system does. */
  fill(): Promise<void>;
  /** Why reading ended before the end of the file, if it did. */
  readonly damage: Damage | undefined;
  /** Frames that could not be used, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** What the capture says of its interfaces so far, in the order of the file. `Frame.source` is an index into it. */
  readonly interfaces: readonly CaptureInterface[];
}

/** One interface of a capture. Formats that know none have a single one without a name. */
export interface CaptureInterface {
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** LINKTYPE_ number. */
  readonly linkType: number;
  /** Most bytes of a frame that were kept; 0 when the capture names no bound. */
  readonly snapLength: number;
  /** Frames read so far. */
  frames: number;
  /** Frames among them without a time of their own. */
  untimed: number;
  /** What the capturing program reported, as far as it did; counts from its start on. */
  readonly reported: ReportedCounts;
}

/** Counts of frames that a capturing program wrote beside its frames; undefined when it did not. */
export interface ReportedCounts {
  /** Seen by the interface. */
  received: number | undefined;
  /** Lost by the interface for want of resources. */
  dropped: number | undefined;
  /** Lost by the operating system on their way to the capturing program. */
  osDropped: number | undefined;
  /** Let through by the capture filter. */
  accepted: number | undefined;
  /** Lost, as told frame by frame. */
  droppedBetween: number | undefined;
}

/** An interface of which no frame was read yet and nothing reported. */
export function newInterface(
  linkType: number,
  snapLength: number,
  name?: string,
  description?: string,
): CaptureInterface {
  const none = undefined;
  const reported = {
    received: none,
    dropped: none,
    osDropped: none,
    accepted: none,
    droppedBetween: none,
  };
  return { name, description, linkType, snapLength, frames: 0, untimed: 0, reported };
}

/** A capture that stops making sense: everything before `offset` was read. */
export interface Damage {
  readonly kind: 'truncated' | 'corrupt';
  readonly message: string;
  readonly offset: number;
}

/** More than any capture tool writes as one record (libpcap's own maximum); larger is damage, not data. */
export const MAX_RECORD = 262_144;
/** First bytes of a capture that tell variants of a format apart; a shorter capture has fewer. */
export const HEAD = 64 << 10;
