/**
 * The logs of one run in a directory: whole and alone, since what is read later is the directory. They take their places when
 * all of them are written; logs that an earlier run of this program left there go. Whoever else's logs are there is asked
 * before: the run is refused, and nothing of theirs is touched.
 */
import { closeSync, openSync, readdirSync, readSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { cannotWrite, makeOutputDirectory, type OutputFile, openOutput } from './output-file.ts';
import { shownName } from './shown-name.ts';

/** Bytes in which a log of ours has said so: the header, or a record. */
const HEAD = 16 << 10;
/** The field that only logs of this program have: in the header, or in one of the first records. */
const OURS = /^#separator.*\n#fields\t[^\n]*\tcapture[\t\n]|^\{.*"capture":/s;

/** One log of a set. */
export interface Log {
  readonly name: string;
  /** What to write; nothing for a stream without records, which gets no file. */
  chunks(): Iterable<string | Uint8Array>;
}

/**
 * Makes the directory if it is not there, before the work.
 * @param streams names of all streams that could ever be written there
 * @throws UserError when it cannot be made, or holds logs that are not of this program
 */
export async function prepareLogs(directory: string, streams: readonly string[]): Promise<void> {
  await makeOutputDirectory(directory);
  const named = new RegExp(`^(?:${streams.join('|')})(?:\\..*)?\\.log(?:\\.gz)?$`);
  const found = list(directory).filter(name => named.test(name));
  const foreign = found.filter(
    name => !(streams.includes(name.slice(0, -4)) && isOurs(join(directory, name))),
  );
  if (foreign.length === 0) return;
  const more = foreign.length === 1 ? '' : ` and ${foreign.length - 1} more`;
  throw new UserError([
    {
      message: `${shownName(directory)}: holds logs that medtap did not write (${shownName(foreign[0]!)}${more})`,
      hint: 'choose another directory: whoever reads this one would read both as one',
    },
  ]);
}

/**
 * Writes a set.
 * @param streams as for `prepareLogs`
 * @returns names of the logs of an earlier run that were removed
 * @throws UserError when it cannot be written, which leaves the directory as it was
 */
export async function writeLogs(
  directory: string,
  logs: Iterable<Log>,
  streams: readonly string[],
): Promise<readonly string[]> {
  const files = new Map<string, OutputFile>();
  let name = '';
  try {
    for (const log of logs) {
      name = `${log.name}.log`;
      for (const chunk of log.chunks()) {
        const file = files.get(name) ?? (await openOutput(join(directory, name)));
        files.set(name, file);
        await file.write(chunk);
      }
      await files.get(name)?.finish();
    }
  } catch (error) {
    for (const file of files.values()) await file.discard();
    throw refusal(join(directory, name), error, `no log was written: ${shownName(directory)} is as it was`);
  }
  // In one go: an interruption comes before or after it.
  try {
    for (const [other, file] of files) {
      name = other;
      file.place();
    }
    const stale = list(directory).filter(
      other => other.endsWith('.log') && streams.includes(other.slice(0, -4)) && !files.has(other),
    );
    const removed = stale.filter(other => isOurs(join(directory, other)));
    for (const other of removed) {
      name = other;
      rmSync(join(directory, name));
    }
    return removed;
  } catch (error) {
    for (const file of files.values()) await file.discard();
    const hint = `${shownName(directory)} may hold logs of two runs: remove them`;
    throw refusal(join(directory, name), error, hint);
  }
}

/** Whether a file that was read lies where this set goes. */
export function isWithin(directory: string, file: string): boolean {
  try {
    return realpathSync(join(file, '..')) === realpathSync(directory);
  } catch {
    return false;
  }
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw cannotWrite(directory, error);
  }
}

function refusal(path: string, error: unknown, hint: string): unknown {
  // What is no failure of the system is a defect of ours.
  if (!(error instanceof UserError) && (error as NodeJS.ErrnoException).code === undefined) return error;
  const { problems } = cannotWrite(path, error);
  return new UserError(problems.map(problem => ({ ...problem, hint })));
}

/** An empty file is nobody's; a pipe or device is written to as it is. What cannot be read is left to its owner. */
function isOurs(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || !status.isFile() || status.size === 0) return true;
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD);
      return OURS.test(head.toString('utf8', 0, readSync(file, head)));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
