/**
 * What is looked for besides rules: payload signatures and indicators. The same words with the same meaning in every command that reads
 * captures and shows records or findings.
 */
import { type Command, Option } from 'commander';
import { formatProblem } from '../errors.ts';
import type { AnalyseOptions } from '../pipeline/phases.ts';
import { repeated } from './choices.ts';
import { GROUPS } from './common-options.ts';
import { readIntel, readSignatures } from './engine.ts';
import { type Io, say } from './io.ts';
import { SHIPPED } from './shipped.ts';

/** What `takesSearches` leaves in a command's options. */
export interface SearchChoices {
  readonly signatures?: readonly string[];
  readonly intel?: readonly string[];
}

/** Adds the options to a command. */
export function takesSearches(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--signatures <path>',
        `look for payload signatures: a file or folder, or "${SHIPPED}"; repeatable`,
      )
        .argParser(repeated)
        .helpGroup(GROUPS.rules),
    )
    .addOption(
      new Option(
        '--intel <file>',
        'look for indicators: CSV, Zeek, STIX 2.1 or MISP file, or one per line; repeatable',
      )
        .argParser(repeated)
        .helpGroup(GROUPS.rules),
    );
}

/** The files that are read for it. */
export function searchFiles({ signatures, intel }: SearchChoices): readonly string[] {
  return [...(signatures ?? []).filter(path => path !== SHIPPED), ...(intel ?? [])];
}

/** What the options mean for a run. What is doubtful is said. @throws UserError with every problem of the files */
export async function searchesOf(
  io: Io,
  { signatures, intel, quiet }: SearchChoices & { readonly quiet: boolean },
): Promise<Pick<AnalyseOptions, 'signatures' | 'intel'>> {
  const set = signatures === undefined ? undefined : (await readSignatures(signatures)).set;
  if (intel === undefined) return { signatures: set };
  const { table, files } = await readIntel(intel);
  const warnings = quiet ? [] : files.flatMap(file => file.warnings);
  for (const warning of warnings) await say(io, formatProblem(warning));
  return { signatures: set, intel: table };
}

/** The options as a result repeats them. */
export function searchesJson({ signatures, intel }: SearchChoices) {
  return { signatures: signatures ?? null, intel: intel ?? null };
}
