/** Every limit of indicators. */
export const INTEL_LIMITS = {
  indicators: 5_000_000,
  /** Bytes of a file that is read line by line. */
  fileBytes: 2 ** 31,
  /** Bytes of a JSON file, which is read whole. */
  jsonBytes: 2 ** 28,
  /** Characters of a line; a longer one is skipped. */
  lineLength: 65_536,
  /** Characters of an indicator. */
  indicatorLength: 2048,
  descriptionLength: 256,
  tags: 16,
  /** Distinct combinations of source, confidence and tags. */
  origins: 1 << 20,
  /** Skipped lines, and doubtful indicators, that are named per file. */
  named: 5,
  /** Values whose answer is remembered while records are looked through. */
  remembered: 1 << 16,
  /** Indicators that one value may match. */
  matches: 32,
} as const;
