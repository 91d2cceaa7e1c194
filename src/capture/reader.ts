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
  readonly format: 'pcap' | 'pcapng';
  next(frame: Frame): typeof FRAME | typeof MORE | typeof END;
  /** Reads on. Rejects only when the operating system does. */
  fill(): Promise<void>;
  /** Why reading ended before the end of the file, if it did. */
  readonly damage: Damage | undefined;
  /** Frames that could not be used, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** A capture that stops making sense: everything before `offset` was read. */
export interface Damage {
  readonly kind: 'truncated' | 'corrupt';
  readonly message: string;
  readonly offset: number;
}

/** More than any capture tool writes as one record (libpcap's own maximum); larger is damage, not data. */
export const MAX_RECORD = 262_144;
