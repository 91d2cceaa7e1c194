/** Limit of all archives: `archive_members`, `MAX_MEMBERS` ordinary files in each. */
export const MAX_MEMBERS = 10_000;

/** What is said of an archive that has more. */
export const TOO_MANY_MEMBERS = `more than ${MAX_MEMBERS} members (archive_members): the rest is not read; unpack it to read all`;
