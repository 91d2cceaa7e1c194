/**
 * Interfaces of a pcapng section: Interface Description and Interface Statistics blocks and their options, and the
 * interface's clock. Comments, filters, hardware and operating system are not read.
 *
 * Limits: `MAX_TEXT` bytes of a name; options end where their block ends, whatever lengths they claim.
 */
import { utf8OrLatin1, visible } from '../bytes/text.ts';
import { type CaptureInterface, newInterface } from './reader.ts';

export type ReadNumber = (bytes: Uint8Array, at: number) => number;

/** How a section reads numbers. */
export interface ByteOrder {
  readonly u16: ReadNumber;
  readonly u32: ReadNumber;
  readonly bigEndian: boolean;
}

const OPTION_END = 0;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const ISB_IFRECV = 4;
const ISB_IFDROP = 5;
const ISB_FILTERACCEPT = 6;
const ISB_OSDROP = 7;
const EPB_DROPCOUNT = 4;

const MAX_TEXT = 256;

/** An interface as a section describes it. */
export interface PcapngInterface {
  /** Index among all interfaces of the capture. */
  readonly index: number;
  readonly facts: CaptureInterface;
  /** Time units per second: a power of ten or of two. */
  readonly units: number;
  /** Seconds to be added to every time. */
  readonly offsetSec: number;
}

/** Reads an Interface Description block of at least 20 bytes. */
export function describeInterface(
  bytes: Uint8Array,
  at: number,
  length: number,
  order: ByteOrder,
  index: number,
): PcapngInterface {
  let units = 1e6;
  let offsetSec = 0;
  let name: string | undefined;
  let description: string | undefined;
  forEachOption(bytes, at + 16, at + length - 4, order, (code, value, size) => {
    if (code === IF_TSRESOL && size >= 1) {
      const exponent = bytes[value]! & 0x7f;
      units = bytes[value]! & 0x80 ? 2 ** Math.min(exponent, 63) : 10 ** Math.min(exponent, 19);
    } else if (code === IF_TSOFFSET && size >= 8) {
      const low = order.u32(bytes, order.bigEndian ? value + 4 : value);
      const high = order.u32(bytes, order.bigEndian ? value : value + 4);
      offsetSec = (high | 0) * 0x1_0000_0000 + low;
    } else if (code === IF_NAME) name ??= optionText(bytes, value, size);
    else if (code === IF_DESCRIPTION) description ??= optionText(bytes, value, size);
  });
  const facts = newInterface(order.u16(bytes, at + 8), order.u32(bytes, at + 12), name, description);
  return { index, facts, units, offsetSec };
}

/** Takes over an Interface Statistics block of at least 24 bytes. Later blocks count on from earlier ones. */
export function readStatistics(
  bytes: Uint8Array,
  at: number,
  length: number,
  order: ByteOrder,
  { reported }: CaptureInterface,
): void {
  forEachOption(bytes, at + 20, at + length - 4, order, (code, value, size) => {
    const count = size < 8 ? undefined : u64(bytes, value, order);
    if (count === undefined) return;
    if (code === ISB_IFRECV) reported.received = count;
    else if (code === ISB_IFDROP) reported.dropped = count;
    else if (code === ISB_FILTERACCEPT) reported.accepted = count;
    else if (code === ISB_OSDROP) reported.osDropped = count;
  });
}

/** Adds what the options of an Enhanced Packet, from `from` to `end`, say of frames lost before it. */
export function readDropCount(
  bytes: Uint8Array,
  from: number,
  end: number,
  order: ByteOrder,
  { reported }: CaptureInterface,
): void {
  // Not `forEachOption`: this runs per frame where a writer adds options to each.
  let option = from;
  while (option + 4 <= end) {
    const code = order.u16(bytes, option);
    const size = order.u16(bytes, option + 2);
    const value = option + 4;
    if (code === OPTION_END || value + size > end) return;
    if (code === EPB_DROPCOUNT && size >= 8) {
      reported.droppedBetween = (reported.droppedBetween ?? 0) + (u64(bytes, value, order) ?? 0);
    }
    option = value + ((size + 3) & ~3);
  }
}

function forEachOption(
  bytes: Uint8Array,
  from: number,
  end: number,
  order: ByteOrder,
  take: (code: number, value: number, size: number) => void,
): void {
  let at = from;
  while (at + 4 <= end) {
    const code = order.u16(bytes, at);
    const size = order.u16(bytes, at + 2);
    const value = at + 4;
    if (code === OPTION_END || value + size > end) return;
    take(code, value, size);
    at = value + ((size + 3) & ~3);
  }
}

/** All ones means "not known" to some writers. */
function u64(bytes: Uint8Array, at: number, order: ByteOrder): number | undefined {
  const low = order.u32(bytes, order.bigEndian ? at + 4 : at);
  const high = order.u32(bytes, order.bigEndian ? at : at + 4);
  return high === 0xffff_ffff && low === 0xffff_ffff ? undefined : high * 0x1_0000_0000 + low;
}

/** Text up to the first NUL, without control characters. */
function optionText(bytes: Uint8Array, at: number, size: number): string | undefined {
  const field = bytes.subarray(at, at + Math.min(size, MAX_TEXT));
  const nul = field.indexOf(0);
  const text = utf8OrLatin1(nul < 0 ? field : field.subarray(0, nul)).trim();
  return text === '' ? undefined : visible(text);
}
