/**
 * SHA-256 of the files that captures were read from, as they are on disk. Most are hashed while they are read; an
 * archive of which members were read here and there is read once more.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { MeteredSource } from '../capture/byte-source.ts';
import type { Input } from '../capture/inputs.ts';
import type { CaptureInfo } from '../model/analysis.ts';

export class FileDigests {
  readonly #hashed: boolean;
  readonly #sources = new Map<CaptureInfo, { readonly input: Input; readonly file: MeteredSource }>();
  readonly #archives = new Map<string, string | null>();

  constructor(hashed: boolean) {
    this.#hashed = hashed;
  }

  /** Remembers where a capture came from. */
  note(info: CaptureInfo, input: Input, file: MeteredSource): void {
    if (this.#hashed) this.#sources.set(info, { input, file });
  }

  /** The captures with their digests, where they are known. */
  async fill(captures: readonly CaptureInfo[], signal: AbortSignal | undefined): Promise<CaptureInfo[]> {
    const filled: CaptureInfo[] = [];
    for (const info of captures) {
      const source = this.#sources.get(info);
      const archive = source?.input.part?.file;
      const sha256 = archive === undefined ? source?.file.digest() : await this.#archive(archive, signal);
      filled.push({ ...info, sha256: sha256 ?? null });
    }
    return filled;
  }

  async #archive(path: string, signal: AbortSignal | undefined): Promise<string | null> {
    let digest = this.#archives.get(path);
    if (digest === undefined) {
      digest = signal?.aborted ? null : await hashFile(path);
      this.#archives.set(path, digest);
    }
    return digest;
  }
}

/** SHA-256 of a file in hexadecimal; null when it cannot be read, which its account says. */
export async function hashFile(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 512 << 10 }))
      hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch {
    return null;
  }
}
