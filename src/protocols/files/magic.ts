/**
 * The type of a file by its first bytes, for everything that is not text: executables, archives, firmware images,
 * documents, pictures, sound, certificates, DICOM. Names are Zeek's where Zeek has one, else IANA's or the common one.
 *
 * A table of byte patterns, grouped by first byte so that a file is compared with a few of them. Where one signature
 * covers several types (ZIP, compound documents, Mach-O and Java), a second look decides; it never leaves the bytes given.
 */
import { indexOf, startsWith, u16be, u16le, u32be, u32le } from '../../bytes/read.ts';

/** One pattern: hexadecimal pairs, `..` for any byte, from `at` on. */
type Pattern = readonly [mime: string, hex: string, at?: number];

const PATTERNS: readonly Pattern[] = [
  // Executables and object code
  ['application/x-dosexec', '4d5a'],
  ['application/x-object', '7f454c46 ........ ................ 0100', 0],
  ['application/x-executable', '7f454c46 ........ ................ 0200', 0],
  ['application/x-sharedlib', '7f454c46 ........ ................ 0300', 0],
  ['application/x-coredump', '7f454c46 ........ ................ 0400', 0],
  ['application/x-object', '7f454c46 ..02.... ................ 0001', 0],
  ['application/x-executable', '7f454c46 ..02.... ................ 0002', 0],
  ['application/x-sharedlib', '7f454c46 ..02.... ................ 0003', 0],
  ['application/x-mach-o-executable', 'feedface'],
  ['application/x-mach-o-executable', 'feedfacf'],
  ['application/x-mach-o-executable', 'cefaedfe'],
  ['application/x-mach-o-executable', 'cffaedfe'],
  ['application/x-dex', '6465780a30333.00'],
  ['application/x-java-applet', 'cafebabe'],
  // Archives and compression
  ['application/zip', '504b0304'],
  ['application/zip', '504b0506'],
  ['application/x-gzip', '1f8b08'],
  ['application/x-compress', '1f9d'],
  ['application/x-bzip2', '425a68..314159265359'],
  ['application/x-xz', 'fd377a585a00'],
  ['application/x-7z-compressed', '377abcaf271c'],
  ['application/x-rar', '526172211a07'],
  ['application/x-lz4', '04224d18'],
  ['application/x-zstd', '28b52ffd'],
  ['application/vnd.ms-cab-compressed', '4d53434600000000'],
  ['application/x-tar', '7573746172', 257],
  ['application/x-debian-package', '213c617263683e0a64656269616e'],
  ['application/x-archive', '213c617263683e0a'],
  ['application/x-rpm', 'edabeedb'],
  ['application/x-cpio', '30373037303.'],
  // Firmware, file systems and boot images
  ['application/x-uimage', '27051956'],
  ['application/x-fit-image', 'd00dfeed'],
  ['application/x-squashfs', '68737173'],
  ['application/x-squashfs', '73717368'],
  ['application/x-trx', '48445230'],
  ['application/x-ubi', '55424923'],
  ['application/x-ubifs', '31181006'],
  ['application/x-jffs2', '8519'],
  ['application/x-cramfs', '453dcd28'],
  ['application/x-android-boot', '414e44524f494421'],
  ['application/x-dfu', '4466755365'],
  // Documents
  ['application/pdf', '255044462d'],
  ['application/postscript', '2521'],
  ['text/rtf', '7b5c727466'],
  ['application/msword', 'd0cf11e0a1b11ae1'],
  ['application/vnd.ms-tnef', '789f3e22'],
  ['application/x-chm', '49545346'],
  // Pictures
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '474946383.61'],
  ['image/png', '89504e470d0a1a0a'],
  ['image/tiff', '49492a00'],
  ['image/tiff', '4d4d002a'],
  ['image/x-ms-bmp', '424d................ ....0000'],
  ['image/x-icon', '00000100..00'],
  ['image/webp', '52494646........57454250'],
  ['image/jp2', '0000000c6a5020200d0a870a'],
  ['image/vnd.adobe.photoshop', '38425053'],
  // Sound and video
  ['audio/x-wav', '52494646........57415645'],
  ['video/x-msvideo', '52494646........41564920'],
  ['audio/mpeg', '494433'],
  ['audio/x-flac', '664c6143'],
  ['application/ogg', '4f676753'],
  ['video/x-flv', '464c5601'],
  ['video/quicktime', '66747970717420', 4],
  ['video/mp4', '66747970', 4],
  ['video/webm', '1a45dfa3'],
  ['video/mpeg', '000001ba'],
  ['application/x-shockwave-flash', '435753'],
  ['application/x-shockwave-flash', '465753'],
  // Fonts
  ['application/font-woff', '774f4646'],
  ['application/font-woff2', '774f4632'],
  ['application/x-font-ttf', '0001000000'],
  ['application/x-font-opentype', '4f54544f'],
  // Keys and certificates
  ['application/pkix-cert', '3082....3082....a003020102'],
  ['application/x-java-keystore', 'feedfeed0000000.'],
  // Databases and captures
  ['application/x-sqlite3', '53514c69746520666f726d6174203300'],
  ['application/vnd.tcpdump.pcap', 'd4c3b2a1'],
  ['application/vnd.tcpdump.pcap', 'a1b2c3d4'],
  // DICOM Part 10: a preamble of 128 bytes, then the prefix
  ['application/dicom', '4449434d', 128],
];

interface Magic {
  readonly mime: string;
  readonly at: number;
  readonly values: Uint8Array;
  readonly masks: Uint8Array;
}

function compileMagic([mime, pattern, at = 0]: Pattern): Magic {
  const digits = pattern.replaceAll(' ', '');
  const length = digits.length >> 1;
  const values = new Uint8Array(length);
  const masks = new Uint8Array(length);
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[i]!;
    if (digit === '.') continue;
    const shift = i % 2 === 0 ? 4 : 0;
    values[i >> 1]! |= Number.parseInt(digit, 16) << shift;
    masks[i >> 1]! |= 15 << shift;
  }
  return { mime, at, values, masks };
}

/** Patterns at the beginning by their first byte, and those further in. */
const BY_FIRST: readonly Magic[][] = Array.from({ length: 256 }, () => []);
const FURTHER: Magic[] = [];
for (const magic of PATTERNS.map(compileMagic)) {
  if (magic.at === 0) BY_FIRST[magic.values[0]!]!.push(magic);
  else FURTHER.push(magic);
}

/** The type of a file that begins with these bytes; undefined when they match nothing. */
export function magicType(head: Uint8Array): string | undefined {
  if (head.length === 0) return undefined;
  const magic =
    BY_FIRST[head[0]!]!.find(candidate => matches(candidate, head)) ??
    FURTHER.find(candidate => matches(candidate, head));
  if (magic === undefined) return undefined;
  const look = SECOND_LOOK[magic.mime];
  return look === undefined ? magic.mime : look(head);
}

function matches({ at, values, masks }: Magic, head: Uint8Array): boolean {
  if (at + values.length > head.length) return false;
  for (let i = 0; i < values.length; i++) if ((head[at + i]! & masks[i]!) !== values[i]) return false;
  return true;
}

/** Signatures that stand for several types, or that are too short to be believed alone. */
const SECOND_LOOK: Readonly<Record<string, (head: Uint8Array) => string | undefined>> = {
  'application/x-dosexec': head => (looksLikeDosProgram(head) ? 'application/x-dosexec' : undefined),
  'application/x-java-applet': javaOrMachO,
  'application/zip': zipType,
  'application/msword': compoundType,
  'application/x-jffs2': head => {
    // Little-endian node header: the magic, a node type with its feature bits, a plausible length.
    const known = head.length >= 12 && (u16le(head, 2) & 0x3ff0) === 0x2000;
    return known ? 'application/x-jffs2' : undefined;
  },
  'application/x-uimage': head => (head.length >= 64 ? 'application/x-uimage' : undefined),
};

/** MZ, and a header size and relocation offset that can be true: "MZ" also begins ordinary text. */
function looksLikeDosProgram(head: Uint8Array): boolean {
  if (head.length < 28) return head.length > 2 && head[2]! < 0x20;
  const lastPage = u16le(head, 2);
  const headerParagraphs = u16le(head, 8);
  return lastPage < 512 && headerParagraphs < 0x1000;
}

const ZIP_NAME = 30;

/** Java, Android and Office files are ZIP files with certain members. */
function zipType(head: Uint8Array): string {
  for (let at = 0, members = 0; members < 16 && at + ZIP_NAME <= head.length; members++) {
    if (u32be(head, at) !== 0x504b0304) break;
    const nameEnd = at + ZIP_NAME + u16le(head, at + 26);
    const name = at + ZIP_NAME;
    if (startsWith(head, name, head.length, 'AndroidManifest.xml'))
      return 'application/vnd.android.package-archive';
    if (startsWith(head, name, head.length, 'META-INF/')) return 'application/java-archive';
    if (startsWith(head, name, head.length, 'word/')) return `${OFFICE}.wordprocessingml.document`;
    if (startsWith(head, name, head.length, 'xl/')) return `${OFFICE}.spreadsheetml.sheet`;
    if (startsWith(head, name, head.length, 'ppt/')) return `${OFFICE}.presentationml.presentation`;
    // OpenDocument and EPUB say their type in an uncompressed first member.
    if (startsWith(head, name, head.length, 'mimetype') && u16le(head, at + 8) === 0) {
      const end = Math.min(head.length, nameEnd + Math.min(u32le(head, at + 22), 80));
      const type = String.fromCharCode(...head.subarray(nameEnd, end));
      return /^application\/[\w.+-]+$/.test(type) ? type : 'application/zip';
    }
    const size = u32le(head, at + 18);
    // Sizes that follow the data are found by the next header.
    at =
      (head[at + 6]! & 8) !== 0 && size === 0
        ? nextMember(head, nameEnd)
        : nameEnd + u16le(head, at + 28) + size;
  }
  return 'application/zip';
}

const OFFICE = 'application/vnd.openxmlformats-officedocument';

function nextMember(head: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = indexOf(head, 0x50, at, head.length);
    if (at < 0 || at + 4 > head.length) return head.length;
    if (u32be(head, at) === 0x504b0304) return at;
  }
}

const INSTALLER_CLASS = [0x84, 0x10, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/** Microsoft's compound files: an installer names its class in the root entry of the directory. */
function compoundType(head: Uint8Array): string {
  if (head.length < 52) return 'application/msword';
  const shift = u16le(head, 30);
  const root = shift > 16 ? head.length : (u32le(head, 48) + 1) * 2 ** shift + 80;
  const installer = root + 16 <= head.length && INSTALLER_CLASS.every((byte, i) => head[root + i] === byte);
  return installer ? 'application/x-msi' : 'application/msword';
}

/** A Java class has a version from 45 on where a fat Mach-O file has its number of architectures. */
function javaOrMachO(head: Uint8Array): string | undefined {
  if (head.length < 8) return undefined;
  return u16be(head, 4) === 0 && u16be(head, 6) < 45
    ? 'application/x-mach-o-executable'
    : 'application/x-java-applet';
}
