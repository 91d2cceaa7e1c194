/**
 * `--output`: where a result goes. `PATH` takes the place of stdout for the format of `--format`; `FORMAT=PATH` is
 * one more copy in another format, with stdout as it was. `-` is stdout, also behind a format: stdout holds one document.
 */
import { stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { nearest, UserError } from '../errors.ts';
import { endsRun } from './interrupt.ts';
import { type Io, wantsColour } from './io.ts';
import { checkOutput, writeOutput } from './output-file.ts';

export interface Output<F extends string> {
  /** Undefined: the format of `--format`. */
  readonly format: F | undefined;
  readonly path: string;
}

/** A parser for `--output`, which may be repeated. */
export function outputOption<const F extends string>(
  formats: readonly F[],
): (value: string, before?: readonly Output<F>[]) => readonly Output<F>[] {
  return (value, before = []) => [...before, parse(value, formats)];
}

function parse<F extends string>(value: string, formats: readonly F[]): Output<F> {
  const equals = value.indexOf('=');
  const word = value.slice(0, Math.max(0, equals));
  const format = formats.find(name => name === word);
  const path = format === undefined ? value : value.slice(equals + 1);
  if (path === '') throw new InvalidArgumentError('There is no file name.');
  if (format === undefined && /^[a-z]+$/i.test(word)) {
    // A file that is really called so can be written `./jsn=report.json`.
    const near = nearest(word, formats);
    const hint = near === undefined ? '' : `Did you mean ${near}=${value.slice(equals + 1)}? `;
    throw new InvalidArgumentError(
      `${hint}Formats: ${formats.join(', ')}. A file of that name is ./${value}.`,
    );
  }
  return { format, path };
}

/**
 * Finds what is wrong with the outputs before the work begins.
 * @param sources files that the run reads: no output may be one of them
 * @throws UserError
 */
export async function checkOutputs<F extends string>(
  outputs: readonly Output<F>[],
  sources: readonly string[] = [],
): Promise<void> {
  const paths = outputs.map(output => output.path).filter(path => path !== '-');
  if (outputs.length - paths.length > 1)
    throw new UserError('two outputs go to stdout (-): nobody could tell one from the other');
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UserError(`two outputs go to ${twice}`);
  const read = new Set(await Promise.all(sources.map(identity)));
  for (const path of paths) {
    const id = await identity(path);
    if (id !== undefined && read.has(id))
      throw new UserError(`${path}: is read by this run and would be overwritten`);
    await checkOutput(path);
  }
}

/** What makes a file the same under any name; undefined when there is none. */
async function identity(path: string): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ? `${status.dev}:${status.ino}` : undefined;
}

/** A result as text, or as the pieces of one that may be too long for a string. */
export type Rendered = string | Iterable<string>;

/** Characters collected before they are written: pieces may be as short as a line. */
const CHUNK = 1 << 16;

/** Pieces in portions worth writing. */
export function* portions(text: Rendered): Generator<string> {
  if (typeof text === 'string') {
    yield text;
    return;
  }
  let portion = '';
  for (const piece of text) {
    portion += piece;
    if (portion.length < CHUNK) continue;
    yield portion;
    portion = '';
  }
  if (portion !== '') yield portion;
}

async function writeStdout(io: Io, text: Rendered): Promise<void> {
  for (const portion of portions(text)) {
    if (!io.stdout.open) return;
    await io.stdout.write(portion);
  }
}

/** Writes a result everywhere it is wanted. `render` is called once per place. */
export async function writeOutputs<F extends string>(
  io: Io,
  outputs: readonly Output<F>[],
  format: F,
  render: (format: F, toStdout: boolean) => Rendered | Promise<Rendered>,
): Promise<void> {
  await endsRun(io, () => writeAll(io, outputs, format, render));
}

async function writeAll<F extends string>(
  io: Io,
  outputs: readonly Output<F>[],
  format: F,
  render: (format: F, toStdout: boolean) => Rendered | Promise<Rendered>,
): Promise<void> {
  if (!outputs.some(({ format: wanted, path }) => wanted === undefined || path === '-'))
    await writeStdout(io, await render(format, true));
  for (const output of outputs) {
    const wanted = output.format ?? format;
    if (output.path === '-') await writeStdout(io, await render(wanted, true));
    else await writeOutput(output.path, portions(await render(wanted, false)));
  }
}

/** Whether a text report is coloured: files only when `--color always` says so. */
export function colourFor(choice: 'auto' | 'always' | 'never', io: Io, toStdout: boolean): boolean {
  return toStdout ? wantsColour(choice, io) : choice === 'always';
}
