/**
 * Values of options: one of a list, or several of it with commas. A slip gets the nearest value as a hint.
 */
import { InvalidArgumentError } from 'commander';
import { nearest } from '../errors.ts';

/** A parser for an option that takes one of `choices`. */
export function oneOf<const T extends string>(choices: readonly T[]): (value: string) => T {
  return value => pick(value, choices);
}

/** A parser for an option that takes some of `choices`, separated by commas; may be repeated. */
export function someOf<const T extends string>(
  choices: readonly T[],
): (value: string, before?: readonly T[]) => readonly T[] {
  return (value, before = []) => [
    ...before,
    ...value
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
      .map(part => pick(part, choices)),
  ];
}

/** A parser for a number of seconds above 0 and up to `most`. */
export function secondsUpTo(most: number): (value: string) => number {
  return value => {
    const seconds = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (seconds > 0 && seconds <= most) return seconds;
    throw new InvalidArgumentError(`Give seconds above 0 and up to ${most}, such as 0.05.`);
  };
}

/** A parser for a number of times, at least 1. */
export function times(value: string): number {
  const count = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (count >= 1) return count;
  throw new InvalidArgumentError('Give a number of times, 1 or more, such as 1000.');
}

/** A parser for an option that may be repeated. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function pick<T extends string>(value: string, choices: readonly T[]): T {
  const found = choices.find(choice => choice === value);
  if (found !== undefined) return found;
  const near = nearest(value, choices);
  const hint = near === undefined ? '' : `Did you mean ${near}? `;
  throw new InvalidArgumentError(`${hint}Allowed: ${choices.join(', ')}.`);
}
