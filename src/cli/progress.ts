/**
 * Progress on stderr while captures are read: by bytes, only on a terminal, one line that is wiped at the end.
 */
import { bytesText } from '../report/numbers.ts';
import type { Io } from './io.ts';

/** Milliseconds between two updates. */
const INTERVAL = 100;

export interface Progress {
  readonly update: (bytesRead: number, bytesTotal: number | undefined) => void;
  readonly finish: () => void;
}

/** A progress line; silent when stderr is no terminal or `quiet` is wanted. */
export function progressLine(io: Io, quiet: boolean): Progress {
  if (quiet || !io.stderr.isTTY || io.env['TERM'] === 'dumb') return { update: () => {}, finish: () => {} };
  const started = Date.now();
  let shownAt = 0;
  return {
    update(bytesRead, bytesTotal) {
      const now = Date.now();
      if (now - shownAt < INTERVAL) return;
      shownAt = now;
      const rate = bytesRead / Math.max(0.001, (now - started) / 1000);
      void io.stderr.write(`\r\u001b[K${progressText(bytesRead, bytesTotal, rate)}`);
    },
    finish() {
      if (shownAt > 0) void io.stderr.write('\r\u001b[K');
    },
  };
}

/** `reading 12.0 MB of 80.0 MB (15 %), 40.1 MB/s` */
export function progressText(bytesRead: number, bytesTotal: number | undefined, rate: number): string {
  const share =
    bytesTotal !== undefined && bytesTotal > 0
      ? ` of ${bytesText(bytesTotal)} (${Math.min(100, Math.floor((bytesRead / bytesTotal) * 100))} %)`
      : '';
  return `reading ${bytesText(bytesRead)}${share}, ${bytesText(rate)}/s`;
}
