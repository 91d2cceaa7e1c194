/**
 * Ctrl-C. While captures are read, the first asks the pipeline to stop where it is, so that what was read so far can be
 * reported; the second ends the program at once, and so does a pipeline that cannot stop because its input is silent. While
 * the command waits for what it needs, or writes what came of it, the first ends it: 130, and no file that is not whole.
 */
import { EXIT } from '../errors.ts';
import { type Io, say } from './io.ts';
import { discardDrafts } from './output-file.ts';

/** Milliseconds that the pipeline has to stop. */
const GRACE = 3000;
/** Milliseconds that a word on stderr may take. */
const LAST_WORD = 200;

/** Runs `work` with a signal that is aborted by SIGINT or SIGTERM. */
export async function interruptible<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    timer = setTimeout(() => process.exit(EXIT.interrupted), GRACE);
    void say(io, 'interrupted: finishing with what was read (again to stop at once)');
  };
  return heard(onSignal, () => work(controller.signal)).finally(() => clearTimeout(timer));
}

/** Runs `work`, which waits or writes: a signal ends the program then. It must not block, else nothing is heard. */
export function endsRun<T>(io: Io, work: () => Promise<T>): Promise<T> {
  return heard(() => {
    discardDrafts();
    const end = (): never => process.exit(EXIT.interrupted);
    setTimeout(end, LAST_WORD);
    void say(io, 'interrupted: the result was not written').then(end);
  }, work);
}

async function heard<T>(onSignal: () => void, work: () => Promise<T>): Promise<T> {
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work();
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
