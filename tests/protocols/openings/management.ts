/** Openings of the protocols in `protocols/management/`. */
import type { Sample } from './sample.ts';

export const MANAGEMENT: readonly Sample[] = [];
