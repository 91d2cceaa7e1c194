/** The vocabulary of correlation conditions (Sigma Correlation Rules Specification 2.1), shared by engine and reports. */

/** Comparisons of a correlation condition. */
export const COMPARISONS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
export type Comparison = (typeof COMPARISONS)[number];
