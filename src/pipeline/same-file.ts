/**
 * Which captures of a run are one and the same file, given under one name twice, under two names (a link), or copied:
 * their frames are no copies that a SPAN port made, and their clocks are one clock. Told by name, device and inode, and
 * SHA-256 where it is known. Members of an archive have the digest of the archive, so they are told by name alone.
 */
import { type Stats, statSync } from 'node:fs';
import type { CaptureInfo } from '../model/analysis.ts';

/** The captures, with `same_as` where one is the same as another before it. */
export function markSameFiles(captures: readonly CaptureInfo[]): CaptureInfo[] {
  if (captures.length < 2) return [...captures];
  const known = new Map<string, string>();
  const marked: CaptureInfo[] = [];
  for (const capture of captures) {
    const keys = capture.frames === 0 ? [] : identities(capture);
    const same_as = keys.map(key => known.get(key)).find(name => name !== undefined) ?? null;
    for (const key of keys) if (!known.has(key)) known.set(key, capture.name);
    marked.push({ ...capture, same_as });
  }
  return marked;
}

function identities({ name, sha256, containers }: CaptureInfo): string[] {
  if (name === '-') return sha256 === null ? [] : [`sha256 ${sha256}`];
  if (containers.includes('zip') || containers.includes('tar')) return [`name ${name}`];
  const file = statusOf(name);
  const digest = sha256 === null ? [] : [`sha256 ${sha256}`];
  return file?.isFile() ? [`file ${file.dev} ${file.ino}`, ...digest] : digest;
}

function statusOf(name: string): Stats | undefined {
  try {
    return statSync(name);
  } catch {
    // It was read and is gone since: then its digest alone can say it.
    return undefined;
  }
}
