/**
 * The lines of a saved log, plain or compressed with gzip (as Zeek archives its logs), a chunk at a time so that reading is
 * one await per chunk and not per line. Text is UTF-8; what is none becomes U+FFFD, since a log is text already.
 *
 * Limits: `MAX_LINE` characters of one line. A longer one ends the file: no log has such lines, but a decompression bomb has.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { systemMessage } from '../errors.ts';

/** A megabyte: the longest record of a real log is a hundredth of it. */
export const MAX_LINE = 1 << 20;
const CHUNK = 256 << 10;

/** Some lines in order. */
export interface Lines {
  readonly texts: readonly string[];
  /** Number of the first, from 1. */
  readonly first: number;
}

/** Why a file was not read to its end. */
export class LinesError extends Error {}

/**
 * Reads a file.
 * @param onBytes told how many bytes of the file were read
 * @throws LinesError for damaged compression and lines that are too long, after all lines before that
 */
export async function* readLines(
  file: string,
  compressed: boolean,
  onBytes: (count: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Lines> {
  const stored = createReadStream(file, { highWaterMark: CHUNK });
  stored.on('data', chunk => onBytes(chunk.length));
  const source = compressed ? stored.pipe(createGunzip({ chunkSize: CHUNK })) : stored;
  if (compressed) stored.once('error', error => source.destroy(error));
  const decoder = new TextDecoder();
  let rest = '';
  let number = 1;
  try {
    for await (const chunk of source) {
      if (signal?.aborted) return;
      const texts = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
      rest = texts.pop()!;
      const long = texts.findIndex(text => text.length > MAX_LINE);
      const kept = long < 0 ? texts : texts.slice(0, long);
      if (kept.length > 0) yield { texts: kept, first: number };
      number += kept.length;
      if (long >= 0 || rest.length > MAX_LINE)
        throw new LinesError(`line ${number} is longer than ${MAX_LINE} characters`);
    }
    rest += decoder.decode();
    if (rest !== '') yield { texts: [rest], first: number };
  } catch (error) {
    if (error instanceof LinesError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new LinesError(
      code?.startsWith('Z_')
        ? `damaged gzip data behind line ${number - 1}`
        : `cannot be read: ${systemMessage(error)}`,
    );
  } finally {
    stored.destroy();
    source.destroy();
  }
}
