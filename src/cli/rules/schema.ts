/** `medtap rules schema`: a JSON Schema of rule documents, for editors. */
import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import { newCommand } from '../help.ts';
import type { Io } from '../io.ts';
import { rulesSchema } from '../rule-engine.ts';
import type { Finish } from './shared.ts';

export function schemaCommand(io: Io, finish: Finish): Command {
  return newCommand('schema', 'Print a JSON Schema of rule files, for editors.', [
    { line: 'medtap rules schema > rules.schema.json', does: 'docs/rules-guide.md says how to use it' },
  ]).action(async () => {
    await io.stdout.write(await rulesSchema());
    finish(EXIT.ok);
  });
}
