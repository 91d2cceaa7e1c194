/** What a file is by its first bytes, as far as mistakes on the command line need to know it. Reading is for `capture/`. */

/** First bytes of pcap (both byte orders, both resolutions, Kuznetsov), pcapng and snoop. */
const CAPTURES: readonly string[] = [
  'a1b2c3d4',
  'd4c3b2a1',
  'a1b23c4d',
  '4d3cb2a1',
  'a1b2cd34',
  '34cdb2a1',
  '0a0d0d0a',
  '736e6f6f70000000',
];

/** gzip, zstd (also skippable frames), lz4 (also legacy), zip, bzip2, xz, 7-Zip, RAR. */
const PACKED = /^(?:1f8b|28b52ffd|5.2a4d18|04224d18|02214c18|504b0304|425a68|fd377a585a00|377abcaf|52617221)/;

/** Where a tar archive says so. */
const USTAR_AT = 257;

/** Bytes that decide. */
export const HEAD_BYTES = 264;

/** What a file begins like; undefined when it is neither. */
export function kindOf(head: Uint8Array): 'capture' | 'packed' | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  const digits = bytes.toString('hex', 0, 8);
  if (CAPTURES.some(magic => digits.startsWith(magic))) return 'capture';
  const tar = bytes.toString('latin1', USTAR_AT, USTAR_AT + 5) === 'ustar';
  return tar || PACKED.test(digits) ? 'packed' : undefined;
}
