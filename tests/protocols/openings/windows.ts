/** Openings of the protocols in `protocols/windows/`. */
import type { Sample } from './sample.ts';

export const WINDOWS: readonly Sample[] = [];
