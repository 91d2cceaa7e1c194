/** What the operating system says, in words: a code such as `ENOENT` is for programmers. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EEXIST: 'is there already',
  ENOSPC: 'no space left on the device: the disk is full',
  EDQUOT: 'no space left: the quota is used up',
  EFBIG: 'the file is too large for the file system',
  EIO: 'the device failed (input/output error)',
  EPIPE: 'nobody reads it any more',
  ENXIO: 'no such device',
  EBUSY: 'is in use',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ETXTBSY: 'is a program that runs',
};

/** One clause for an error of a system call; `more` says it better where a code has a narrower meaning. */
export function systemWords(error: unknown, more: Readonly<Record<string, string>> = {}): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return more[code] ?? WORDS[code] ?? `it failed (${code})`;
}
