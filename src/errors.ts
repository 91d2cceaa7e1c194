/**
 * The three kinds of wrong, and the exit codes they lead to.
 *
 * - The traffic is wrong: a `weird` record; no class here, decoders never throw on input.
 * - The user is wrong: `UserError`, with every problem of a file at once, each with its position. Exit 2.
 * - The input cannot be read: `InputError`, with file and byte offset. Exit 3, or 4 when other input was read.
 * - We are wrong: any other exception. Exit 70.
 */

/** Exit codes, the same in every command and format. */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  unreadable: 3,
  incomplete: 4,
  defect: 70,
  interrupted: 130,
} as const;

/** One thing that is wrong with a file the user wrote. */
export interface Problem {
  /** What is wrong, one line, no trailing full stop. */
  readonly message: string;
  /** File as the user named it, when there is one. */
  readonly file?: string;
  /** 1-based line. */
  readonly line?: number;
  /** 1-based column. */
  readonly column?: number;
  /** The source line, for the caret display. */
  readonly source?: string;
  /** "did you mean …", or what to do instead. */
  readonly hint?: string;
  /** `error` stops the run; a `warning` is only shown. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** The user's command line, configuration, inventory or rules are wrong. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[] | string) {
    const list = typeof problems === 'string' ? [{ message: problems }] : problems;
    super(list.map(formatProblem).join('\n'));
    this.problems = list;
  }
}

/** An input could not be read, or not to its end: `offset` is the byte position in the file, `limit` the named limit. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly file: string;
  readonly offset: number | undefined;
  readonly limit: string | undefined;

  constructor(file: string, message: string, offset?: number, limit?: string) {
    super(`${file}: ${message}${offset === undefined ? '' : ` (byte ${offset})`}`);
    this.file = file;
    this.offset = offset;
    this.limit = limit;
    // It is kept to the end of a run and never traced; a trace that nobody has read keeps everything that was being done.
    this.stack = String(this);
  }
}

/** `file:line:column: message`, then the source line with a caret, then the hint. */
export function formatProblem(problem: Problem): string {
  const place =
    problem.file === undefined
      ? ''
      : `${problem.file || '""'}${problem.line === undefined ? '' : `:${problem.line}:${problem.column ?? 1}`}: `;
  const word = problem.severity === 'warning' ? 'warning: ' : '';
  let text = `${place}${word}${problem.message}`;
  if (problem.source !== undefined && problem.column !== undefined) {
    text += `\n    ${problem.source}\n    ${' '.repeat(problem.column - 1)}^`;
  }
  if (problem.hint !== undefined) text += `\n    ${problem.hint}`;
  return text;
}

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
export function systemMessage(error: unknown, more: Readonly<Record<string, string>> = {}): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return more[code] ?? WORDS[code] ?? `it failed (${code})`;
}

/** Edits that a slip has at most, by the length of the word: shorter words are like any other. */
function mostEdits(length: number): number {
  if (length < 2) return 0;
  return length < 4 ? 1 : Math.max(2, Math.floor(length / 3));
}

/**
 * The candidate closest to `word` by edit distance, when it is close enough to be a likely slip; else the shortest that begins
 * with it, as `proto` does with `pro`.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = mostEdits(word.length) + 1;
  let longer: string | undefined;
  for (const candidate of candidates) {
    const folded = candidate.toLowerCase();
    if (
      word.length > 2 &&
      folded.startsWith(wanted) &&
      candidate.length < (longer?.length ?? Number.POSITIVE_INFINITY)
    )
      longer = candidate;
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(wanted, folded);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best ?? longer;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + change));
    }
    previous = current;
  }
  return previous[b.length]!;
}
