/** Openings of the protocols in `protocols/database/`. */
import type { Sample } from './sample.ts';

export const DATABASE: readonly Sample[] = [];
