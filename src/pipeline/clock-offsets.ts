/** Clock offsets of taps: which input each belongs to. */
import { normalize, sep } from 'node:path';
import type { ClockOffset } from '../capture/frame-window.ts';
import type { Input } from '../capture/inputs.ts';
import { nearest, UserError } from '../errors.ts';

/** What `--clock-offset` says, by the name of an input: a file, a directory, an archive or a member of one. */
export type ClockOffsets = ReadonlyMap<string, ClockOffset>;

/**
 * A function from the name of a capture to its offset. The longest name wins, so that a file may differ from its
 * directory.
 * @throws UserError when an offset names no input
 */
export function offsetsFor(
  offsets: ClockOffsets | undefined,
  names: readonly string[],
  inputs: readonly Input[],
): (name: string) => ClockOffset | undefined {
  const given = [...(offsets ?? [])]
    .map(([name, offset]) => ({ name, path: normalize(name), offset }))
    .sort((a, b) => b.path.length - a.path.length);
  const covers = (path: string, name: string): boolean => {
    const other = normalize(name);
    return (
      other === path ||
      other.startsWith(`${path}!`) ||
      other.startsWith(path.endsWith(sep) ? path : path + sep)
    );
  };
  const all = [...names, ...inputs.map(input => input.name)];
  const unknown = given.filter(({ path }) => !all.some(name => covers(path, name)));
  if (unknown.length > 0) {
    throw new UserError(
      unknown.map(({ name }) => {
        const near = nearest(name, all);
        const message = `--clock-offset: no input is called ${name}`;
        return near === undefined ? { message } : { message, hint: `did you mean ${near}?` };
      }),
    );
  }
  return name => given.find(({ path }) => covers(path, name))?.offset;
}
