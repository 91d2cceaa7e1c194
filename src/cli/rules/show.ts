/** `medtap rules show`: one rule for people, then its file. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { visible } from '../../bytes/text.ts';
import { EXIT } from '../../errors.ts';
import type { RuleInfo } from '../../model/finding.ts';
import { Page } from '../../report/paragraph.ts';
import { readInventory } from '../engine.ts';
import { newCommand } from '../help.ts';
import { type Io, textWidth } from '../io.ts';
import { loadRuleSet } from '../rule-engine.ts';
import { shownFile } from '../shipped.ts';
import { type Finish, levelChanges, pickRule, rulesOption } from './shared.ts';

const LABELS = 14;

export function showCommand(io: Io, finish: Finish): Command {
  return newCommand('show', 'Show one rule: what it means, and its text.', [
    { line: 'medtap rules show device-to-internet', does: 'by name or id' },
  ])
    .argument('<name>', 'name or id of a rule')
    .addOption(rulesOption())
    .action(async (name: string, options: { readonly rules?: readonly string[] }) => {
      const { infos } = await loadRuleSet(options.rules ?? [], await readInventory(undefined));
      const info = pickRule(name, infos);
      await io.stdout.write(showText(info, readFileSync(info.file, 'utf8'), textWidth(io)));
      finish(EXIT.ok);
    });
}

/** A rule for people, then its file. */
export function showText(info: RuleInfo, source: string, width: number): string {
  const page = new Page(width);
  const line = (label: string, text: string | undefined) => {
    if (text !== undefined && text !== '') page.labelled(0, label, LABELS, text.trim().replace(/\s+/g, ' '));
  };
  line('Rule', info.name);
  line('Title', info.title);
  line('Level', [info.level, ...levelChanges(info)].join(', '));
  line('Status', info.status);
  line('Stream', info.stream);
  line('What', info.description);
  line('Why', info.why);
  line('What to do', info.remedy);
  line('False alarms', info.falsepositives.join('; '));
  line(
    'One finding',
    `per ${info.groupBy.length > 0 ? info.groupBy.join(', ') : 'originator, responder and port'}`,
  );
  line('Tags', info.tags.join(', '));
  line('Controls', info.controls.join(', '));
  line('References', info.references.join(' '));
  line('Id', info.id);
  line('File', shownFile(info.file));
  page.gap();
  const text = source
    .trimEnd()
    .split('\n')
    .map(each => visible(each.replace(/\r$/, '')));
  return `${page.toString()}${text.join('\n')}\n`;
}
