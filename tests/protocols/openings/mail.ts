/** Openings of the protocols in `protocols/mail/`. */
import type { Sample } from './sample.ts';

export const MAIL: readonly Sample[] = [];
