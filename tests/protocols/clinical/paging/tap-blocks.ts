/** Blocks of TAP for tests. */

/** A block around fields that end with CR. */
export function tapBlock(fields: string, end = '\x03'): string {
  const body = `\x02${fields}${end}`;
  const sum = [...body].reduce((total, character) => total + (character.charCodeAt(0) & 0x7f), 0);
  const digits = [sum >> 8, sum >> 4, sum].map(part => String.fromCharCode(0x30 + (part & 0x0f)));
  return `${body}${digits.join('')}\r`;
}
