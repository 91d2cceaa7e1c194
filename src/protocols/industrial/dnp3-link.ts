/**
 * The link layer and transport function of DNP3 (IEEE 1815-2012 clauses 9 and 8): frames of a ten-byte header and blocks of
 * sixteen bytes, each with a CRC, and application fragments that are spread over several frames.
 *
 *      0  05 64    2  length    3  control    4  destination    6  source    8  CRC      then blocks of up to 16 + 2
 *
 * The length counts from the control byte on, without CRCs.
 */
import { u8, u16le } from '../../bytes/read.ts';
import { NEED_MORE, NO_PDU } from '../pdus.ts';

const LENGTH = 2;
const CONTROL = 3;
const DESTINATION = 4;
const SOURCE = 6;
const HEADER_CRC = 8;
export const LINK_HEADER = 10;
/** Control, destination and source. */
const MIN_LENGTH = 5;
const BLOCK = 16;
const CRC = 2;
/** Longest frame: 250 bytes of user data in 16 blocks. */
export const MAX_FRAME = 292;
/** Longest application fragment that outstations accept (clause 4.2). */
export const MAX_FRAGMENT = 4096;

/** Transport function header bits (clause 8.2). */
const FIN = 0x80;
const FIR = 0x40;
/** The frame comes from the master. */
const FROM_MASTER = 0x80;

/** CRC of IEEE 1815 annex E: polynomial 3D65 reversed, inverted result. */
const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xa6bc : crc >>> 1;
  return crc;
});

/** Whether the bytes are followed by their CRC. */
export function hasCrc(bytes: Uint8Array, at: number, end: number): boolean {
  let crc = 0;
  for (let i = at; i < end; i++) crc = CRC_TABLE[(crc ^ u8(bytes, i)) & 0xff]! ^ (crc >>> 8);
  return u16le(bytes, end) === (~crc & 0xffff);
}

/** Size of the frame at `at`, for `feedPdus`. */
export function frameSize(bytes: Uint8Array, at: number, end: number): number {
  if (u8(bytes, at) !== 0x05 || (end - at > 1 && u8(bytes, at + 1) !== 0x64)) return NO_PDU;
  if (end - at <= LENGTH) return NEED_MORE;
  const length = u8(bytes, at + LENGTH);
  if (length < MIN_LENGTH) return NO_PDU;
  const data = length - MIN_LENGTH;
  return LINK_HEADER + data + CRC * Math.ceil(data / BLOCK);
}

export interface LinkFrame {
  readonly fromMaster: boolean;
  readonly source: number;
  readonly destination: number;
}

/** One direction's frames, put together to application fragments. */
export class FragmentReader {
  readonly bytes = new Uint8Array(MAX_FRAGMENT);
  length = 0;
  #open = false;

  /**
   * Takes one whole frame. Answers the frame when it completes a fragment, which then is `bytes[0, length)`.
   * @param weird called with Zeek's name for what is wrong
   */
  take(bytes: Uint8Array, at: number, end: number, weird: (name: string) => void): LinkFrame | undefined {
    if (!hasCrc(bytes, at, at + HEADER_CRC)) {
      weird('dnp3_corrupt_header_checksum');
      return undefined;
    }
    const length = u8(bytes, at + LENGTH) - MIN_LENGTH;
    if (length === 0) return undefined;
    let left = length;
    let from = at + LINK_HEADER;
    let first = true;
    let last = false;
    while (left > 0 && from < end) {
      const size = Math.min(BLOCK, left);
      if (!hasCrc(bytes, from, from + size)) {
        weird('dnp3_corrupt_data_checksum');
        this.forget();
        return undefined;
      }
      let start = from;
      if (first) {
        first = false;
        const transport = u8(bytes, from);
        last = (transport & FIN) !== 0;
        if ((transport & FIR) !== 0) {
          this.length = 0;
          this.#open = true;
        } else if (!this.#open) return undefined;
        start++;
      }
      if (this.length + from + size - start > MAX_FRAGMENT) {
        weird('dnp3_fragment_limit');
        this.forget();
        return undefined;
      }
      this.bytes.set(bytes.subarray(start, from + size), this.length);
      this.length += from + size - start;
      left -= size;
      from += size + CRC;
    }
    if (!last) return undefined;
    this.#open = false;
    return {
      fromMaster: (u8(bytes, at + CONTROL) & FROM_MASTER) !== 0,
      source: u16le(bytes, at + SOURCE),
      destination: u16le(bytes, at + DESTINATION),
    };
  }

  /** A part is missing. */
  forget(): void {
    this.length = 0;
    this.#open = false;
  }
}
