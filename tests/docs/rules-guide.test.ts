/** The first chapter of the guide, walked literally: files written as they stand there, commands run in their order. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { memoryIo } from '../cli/memory-io.ts';
import { FIXTURES, ROOT } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const guide = readFileSync(join(ROOT, 'docs', 'rules-guide.md'), 'utf8');
const chapter = guide.slice(guide.indexOf('## A first rule'), guide.indexOf('## What values mean'));
const temp = tempFolder();
const home = process.cwd();

type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'command'; readonly line: string };

const steps = [...chapter.matchAll(/```(sh|yaml)\n([\s\S]*?)```/g)].flatMap(([, kind, text = '']): Step[] => {
  if (kind === 'sh')
    return text
      .trim()
      .split('\n')
      .map(line => ({ kind: 'command', line }));
  const [, name = ''] = /^# (\S+)\n/.exec(text) ?? [];
  return [{ kind: 'file', name, text }];
});

const outputs = new Map<string, string>();

describe('a newcomer with the guide', () => {
  beforeAll(() => {
    mkdirSync(join(temp.path, 'fixtures'));
    for (const name of ['ward.pcap', 'ward.inventory.yml'])
      cpSync(join(FIXTURES, name), join(temp.path, 'fixtures', name));
    process.chdir(temp.path);
  });
  afterAll(() => process.chdir(home));

  test('there is something to walk', () => {
    expect(steps.filter(step => step.kind === 'command').length).toBeGreaterThan(8);
    expect(steps.filter(step => step.kind === 'file').length).toBe(4);
  });

  test.each(steps.map((step, i) => [i, step.kind === 'file' ? step.name : step.line, step] as const))(
    'step %i: %s',
    async (_, __, step) => {
      if (step.kind === 'file') {
        mkdirSync(dirname(join(temp.path, step.name)), { recursive: true });
        writeFileSync(join(temp.path, step.name), step.text);
        return;
      }
      const [program, ...argv] = step.line.split(' ');
      expect(program).toBe('medtap');
      const io = memoryIo();
      const code = await main(argv, io);
      outputs.set(step.line, io.out());
      expect([step.line, code, io.err()]).toEqual([step.line, 0, expect.not.stringContaining('error')]);
    },
  );

  test('the commands say what the guide says', () => {
    const of = (part: string): string =>
      [...outputs].filter(([line]) => line.includes(part)).at(-1)?.[1] ?? '';
    expect(of('rules check my-rules')).toBe('1 rule loaded, 0 not applicable, 0 rejected, 0 warnings\n');
    expect(of('rules test my-rules')).toBe('2 tests of 1 rule: all pass\n');
    expect(of('rules test site')).toBe('1 test of 1 rule: all pass\n');
    expect(of('rules check site')).toContain('0 warnings');
    const [, shown = ''] = /```text\n([\s\S]*?)```/.exec(chapter) ?? [];
    for (const line of shown.split('\n').filter(each => each.trim() !== '' && each.trim() !== '…'))
      expect(of('rules explain')).toContain(line);
    expect(of('scan --rules my-rules --inventory')).toContain('desk-77 reads ct-01 with curl/7.88.1');
    const filtered = of('scan --rules my-rules --rules site');
    expect(filtered).not.toContain('desk-77 reads ct-01');
    expect(filtered).toContain('reads ct-01 with curl/7.88.1');
    expect(of('--effective')).toContain('filtered by engineering-reads-pages');
  });
});
