/**
 * What is looked for besides rules: payload signatures. The same words with the same meaning in every command that reads
 * captures and shows records or findings.
 */
import { type Command, Option } from 'commander';
import type { AnalyseOptions } from '../pipeline/phases.ts';
import { repeated } from './choices.ts';
import { GROUPS } from './common-options.ts';
import { readSignatures, SHIPPED } from './engine.ts';

/** What `takesSearches` leaves in a command's options. */
export interface SearchChoices {
  readonly signatures?: readonly string[];
}

/** Adds the options to a command. */
export function takesSearches(command: Command): Command {
  return command.addOption(
    new Option(
      '--signatures <path>',
      `look for payload signatures: a file or folder, or "${SHIPPED}"; repeatable`,
    )
      .argParser(repeated)
      .helpGroup(GROUPS.rules),
  );
}

/** The files that are read for it. */
export function searchFiles({ signatures }: SearchChoices): readonly string[] {
  return (signatures ?? []).filter(path => path !== SHIPPED);
}

/** What the options mean for a run. @throws UserError with every problem of the files */
export async function searchesOf({ signatures }: SearchChoices): Promise<Pick<AnalyseOptions, 'signatures'>> {
  return signatures === undefined ? {} : { signatures: (await readSignatures(signatures)).set };
}

/** The options as a result repeats them. */
export function searchesJson({ signatures }: SearchChoices) {
  return { signatures: signatures ?? null };
}
