/**
 * Which variant of pcap a file is: byte order, resolution, and the length of its record headers.
 *
 * Record headers are 16 bytes, but some programs appended fields of their own: 24 or 28 bytes under the magic of
 * A. Kuznetsov's patches (a1b2cd34), and 24 or 20 bytes under the ordinary magic (later patches, Nokia's firewalls,
 * some Bluetooth sniffers). No field tells, so the first records are read under each length, and the length with
 * which most of them make sense wins; the ordinary one when in doubt. What the additional fields say is not read.
 */
import { u32be, u32le } from '../bytes/read.ts';
import { MAX_RECORD } from './reader.ts';

export const FILE_HEADER = 24;

/** Fields of a record header, the same in every variant. */
export const SECONDS = 0;
export const FRACTION = 4;
export const CAPTURED = 8;
export const ORIGINAL = 12;

const MICRO = 0xa1b2c3d4;
const NANO = 0xa1b23c4d;
const MODIFIED = 0xa1b2cd34;

const MAJOR = 2;
/** Major and minor version, 2.4. */
const VERSION = 0x0002_0004;
/** The tcpdump of DG/UX wrote version 543.0. */
const DG_UX = 543;

const ORDINARY = 16;
const ORDINARY_LENGTHS = [ORDINARY, 24, 20] as const;
const MODIFIED_LENGTHS = [24, 28] as const;

/** Records that are tried under each length. */
const TRIED = 16;
/** No program wrote an unusual variant before this time (1990). */
const EARLIEST = 631_152_000;
/** Fewer sensible records than this do not speak for an unusual length. */
const CONVINCING = 2;

export interface PcapVariant {
  readonly read: (bytes: Uint8Array, at: number) => number;
  readonly nanosPerUnit: number;
  readonly recordHeader: number;
}

/** Whether the first four bytes are a magic number of pcap, in either byte order. */
export function isPcap(bytes: Uint8Array, at: number): boolean {
  return isMagic(u32be(bytes, at)) || isMagic(u32le(bytes, at));
}

/** Whether a whole file header stands at `at`: of the known version, with the fields that are always zero. */
export function isFileHeader(bytes: Uint8Array, at: number): boolean {
  if (!isPcap(bytes, at)) return false;
  const version = isMagic(u32be(bytes, at)) ? u32be(bytes, at + 4) : swapped(u32le(bytes, at + 4));
  return version === VERSION && u32be(bytes, at + 8) === 0 && u32be(bytes, at + 12) === 0;
}

/** What is said of a file whose version is not known; undefined of the known ones. */
export function versionProblem(bytes: Uint8Array, at: number): string | undefined {
  const version = isMagic(u32be(bytes, at)) ? u32be(bytes, at + 4) : swapped(u32le(bytes, at + 4));
  const major = version >>> 16;
  const minor = version & 0xffff;
  if (major === MAJOR || (major === DG_UX && minor === 0)) return undefined;
  return `pcap version ${major}.${minor} is not known: it was read like ${MAJOR}.4`;
}

/** Two halves, each in the byte order of the file, as if the file were big-endian: read little-endian, they are swapped. */
function swapped(halves: number): number {
  return ((halves << 16) | (halves >>> 16)) >>> 0;
}

function isMagic(value: number): boolean {
  return value === MICRO || value === NANO || value === MODIFIED;
}

/** The variant of the file whose header stands at `at`; looks at what there is of the first records. */
export function variantOf(bytes: Uint8Array, at: number, end: number): PcapVariant {
  const read = isMagic(u32be(bytes, at)) ? u32be : u32le;
  const magic = read(bytes, at);
  const nanosPerUnit = magic === NANO ? 1 : 1000;
  const lengths = magic === MODIFIED ? MODIFIED_LENGTHS : ORDINARY_LENGTHS;
  const first = at + FILE_HEADER;
  let recordHeader: number = lengths[0];
  let best = sensibleRecords(bytes, first, end, read, recordHeader, nanosPerUnit);
  for (const length of lengths) {
    const count = sensibleRecords(bytes, first, end, read, length, nanosPerUnit);
    if (count > best && (count >= CONVINCING || magic === MODIFIED)) {
      best = count;
      recordHeader = length;
    }
  }
  return { read, nanosPerUnit, recordHeader };
}

/** How many of the first records, whole ones in a row, make sense with headers of this length. */
function sensibleRecords(
  bytes: Uint8Array,
  first: number,
  end: number,
  read: PcapVariant['read'],
  header: number,
  nanosPerUnit: number,
): number {
  let at = first;
  for (let count = 0; count < TRIED; count++) {
    if (end - at < header) return count;
    const captured = read(bytes, at + CAPTURED);
    if (captured > MAX_RECORD || captured > end - at - header) return count;
    const strict =
      captured <= read(bytes, at + ORIGINAL) &&
      read(bytes, at + FRACTION) * nanosPerUnit < 1e9 &&
      read(bytes, at + SECONDS) >= EARLIEST;
    if (header > ORDINARY && !strict) return count;
    at += header + captured;
  }
  return TRIED;
}
