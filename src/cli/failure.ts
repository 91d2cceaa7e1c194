/**
 * What an exception says to the user, and the exit code it leads to. Mistakes of the user and unreadable inputs are
 * one line each; anything else is a defect of ours and says so, with the stack, which names code and no payload.
 */
import { CommanderError } from 'commander';
import { EXIT, formatProblem, InputError, systemMessage, UserError } from '../errors.ts';
import { type Io, say } from './io.ts';

/** Reports an exception on stderr and returns the exit code. */
export async function reportFailure(error: unknown, io: Io): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UserError) {
    for (const problem of error.problems) await say(io, `error: ${formatProblem(problem)}`);
    return EXIT.usage;
  }
  if (error instanceof InputError) {
    await say(io, `error: ${error.message}`);
    return EXIT.unreadable;
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO' || code === 'EFBIG') {
    await say(io, `error: the output cannot be written: ${systemMessage(error)}`);
    return EXIT.usage;
  }
  await say(
    io,
    'medtap: internal error. This is a defect of medtap, not of your input or rules; please report it.',
  );
  await say(io, error instanceof Error ? (error.stack ?? String(error)) : String(error));
  return EXIT.defect;
}
