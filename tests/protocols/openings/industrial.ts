/** Openings of the protocols in `protocols/industrial/`. */
import type { Sample } from './sample.ts';

export const INDUSTRIAL: readonly Sample[] = [];
