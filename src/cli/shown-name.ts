/** Names of files as messages show them: a name may come from a list, and a list may be no list at all but somebody's data. */

/** Characters of a name that are shown; of a longer one its beginning and its end. */
const MOST = 120;
const TAIL = 40;

/** A name cut to what a line can hold. Control characters are for whoever writes it (`say`). */
export function shownName(name: string): string {
  if (name === '') return '""';
  const characters = [...name];
  if (characters.length <= MOST) return name;
  return `${characters.slice(0, MOST - TAIL - 1).join('')}…${characters.slice(-TAIL).join('')}`;
}
