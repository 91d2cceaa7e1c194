/**
 * Content codings of HTTP bodies undone (RFC 9110 section 8.4): gzip and deflate, also deflate without the zlib header
 * that some servers leave out. A body that breaks off gives what came of it.
 *
 * Limits: `MAX_CODED` bytes go in, `MAX_DECODED` come out; what needs more is not decoded.
 */
import { constants, inflateRawSync, unzipSync } from 'node:zlib';

/** Longest coded body, in bytes, that is kept and decoded. */
export const MAX_CODED = 1024 * 1024;
/** Most that may come of it. */
const MAX_DECODED = 16 * 1024 * 1024;
/** Bytes that zlib puts out at once: most bodies come in one piece. */
const PIECE = 64 * 1024;

/** Whether a Content-Encoding is one that can be undone. */
export function isDecodable(coding: string): boolean {
  return /^(?:x-)?(?:gzip|deflate)$/i.test(coding);
}

/** The content; undefined when it is not what its coding says, or too much. */
export function decodeContent(coded: Uint8Array): Uint8Array | undefined {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_DECODED, chunkSize: PIECE };
  for (const decode of [unzipSync, inflateRawSync]) {
    try {
      return decode(coded, options);
    } catch {
      // Not this coding, or more than allowed: there is no other way to ask zlib.
    }
  }
  return undefined;
}
