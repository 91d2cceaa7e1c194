/**
 * Which kind of saved log a file is, by its first bytes: Zeek's tab-separated form (ours is the same), JSON lines in Zeek's
 * style (ours too), or Suricata's EVE. Gzip is looked through.
 */
import { open } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';

export type SavedFormat = 'zeek_tsv' | 'zeek_json' | 'eve_json';

/** What the first bytes show. */
export interface SavedKind {
  readonly format: SavedFormat;
  readonly compressed: boolean;
}

const HEAD = 16 << 10;

/** The kind of a regular file; undefined when it is no saved log, or cannot be read. */
export async function sniffSaved(file: string): Promise<SavedKind | undefined> {
  const head = await readHead(file).catch(() => undefined);
  if (head === undefined) return undefined;
  const compressed = head[0] === 0x1f && head[1] === 0x8b;
  const bytes = compressed ? gunzipHead(head) : head;
  const format = bytes && savedFormat(Buffer.from(bytes).toString('latin1'));
  return format && { format, compressed };
}

/** The format that the beginning of a text shows. */
export function savedFormat(text: string): SavedFormat | undefined {
  if (text.startsWith('#separator ')) return 'zeek_tsv';
  const line = text.split('\n', 1)[0]!;
  if (!/^\s*\{\s*"/.test(line)) return undefined;
  if (/"event_type"\s*:/.test(line) && /"timestamp"\s*:/.test(line)) return 'eve_json';
  return /"(?:_path|ts)"\s*:/.test(line) ? 'zeek_json' : undefined;
}

function gunzipHead(head: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 22 });
  } catch {
    return undefined;
  }
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
