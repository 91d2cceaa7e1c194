/** What reading does unless it is told otherwise: the stages that do it and the help that says so mean the same. */

/** Seconds that a copy of a frame may come behind it. */
export const DEDUP_WINDOW = 0.05;

/** How many times the size of its compressed form an input may have. */
export const MAX_RATIO = 200;
