/**
 * Ctrl-C: the first asks the pipeline to stop where it is, so that what was read so far can be reported; the second
 * ends the program at once, and so does a pipeline that cannot stop because its input is silent.
 */
import { EXIT } from '../errors.ts';
import { type Io, say } from './io.ts';

/** Milliseconds that the pipeline has to stop. */
const GRACE = 3000;

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
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
