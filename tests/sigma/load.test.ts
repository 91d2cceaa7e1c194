import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { loadRules } from '../../src/sigma/load.ts';
import { ruleText } from './support.ts';

const DETECTION = 'sel: {text: a}\ncondition: sel';
const ID = '6f1d6a5e-4c5b-4c56-9d3f-0c5f8f0e6a11';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-sigma-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A good rule with its own id and name. */
function rule(number: number): string {
  return ruleText(DETECTION)
    .replace(ID, `00000000-0000-4000-8000-00000000000${number}`)
    .replace('name: sample', `name: sample-${number}`);
}

function load(foreign = false, path = folder) {
  return loadRules([{ path, foreign }]);
}

/** Message of the UserError, without the name of the temporary folder. */
function failure(foreign = false, path = folder): string {
  try {
    load(foreign, path);
  } catch (error) {
    if (error instanceof UserError) return error.message.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
    throw error;
  }
  throw new Error('it loaded');
}

describe('loadRules', () => {
  it('reads files and folders in order, several documents per file, and no tests or hidden files', () => {
    write('b.yml', `${rule(2)}---\n${rule(3)}`);
    write('a.yaml', rule(1));
    write('c/d.yml', rule(4));
    write('a.test.yml', 'not a rule');
    write('.hidden.yml', 'not a rule');
    write('.git/x.yml', 'not a rule');
    write('README.md', 'not a rule');
    expect(load().rules.map(({ name }) => name)).toEqual(['sample-1', 'sample-2', 'sample-3', 'sample-4']);
    expect(load(false, join(folder, 'a.yaml')).rules).toHaveLength(1);
  });

  it('does not follow links to folders, which may be circular', () => {
    write('c/a.yml', rule(1));
    symlinkSync(folder, join(folder, 'c', 'loop'));
    expect(load().rules).toHaveLength(1);
  });

  it('reports the problems of all strict files at once', () => {
    write('a.yml', rule(1).replace('level: high', 'level: x'));
    write('b.yml', rule(2).replace('status: stable', 'status: x'));
    expect(failure()).toMatch(/a\.yml:5:8: "x" is not a level.*b\.yml:4:9: "x" is not a status/s);
  });

  it.each([
    [
      'a path that does not exist',
      () => failure(false, join(folder, 'none')),
      'none: no such file or folder',
    ],
    ['a folder without rules', () => failure(), '.: holds no rule files'],
    [
      'a file without rules',
      () => failure(false, write('a.yml', '# nothing')),
      'a.yml: the file holds no rule',
    ],
    [
      'a file too large',
      () => failure(false, write('a.yml', 'x'.repeat((1 << 20) + 1))),
      'a.yml: larger than 1048576 bytes',
    ],
    [
      'bytes that are no text',
      () => failure(false, write('a.yml', Uint8Array.of(0xc3, 0x28))),
      'a.yml: not UTF-8 text',
    ],
  ])('complains about %s', (_, fail, message) => {
    expect(fail()).toBe(message);
  });

  it('demands unique ids and names over all files', () => {
    write('a.yml', rule(1));
    write('b.yml', rule(1).replace('name: sample-1', 'name: other'));
    write('c.yml', rule(2).replace('name: sample-2', 'name: sample-1'));
    expect(failure()).toBe(
      [
        'b.yml:1:1: the id 00000000-0000-4000-8000-000000000001 is taken by a.yml:1',
        '    title: Sample',
        '    ^',
        'c.yml:1:1: the name sample-1 is taken by a.yml:1',
        '    title: Sample',
        '    ^',
      ].join('\n'),
    );
  });

  it('loads a foreign pack rule by rule', () => {
    const foreign = rule(1).replace('medtap: {}\n', '');
    write('a.yml', foreign);
    write('b.yml', foreign);
    write('c.yml', foreign.replace('level: high', 'level: x').replace('000001', '000009'));
    write('d.yml', 'title: C\ncorrelation: {}\n');
    write('e.yml', 'a: [');
    const { rules, rejected } = load(true);
    const reasons = (list: typeof rejected) =>
      list.map(left => left.reasons.map(reason => reason.message).join('; '));
    expect(rules.map(each => each.source.file)).toEqual([join(folder, 'a.yml')]);
    expect(reasons(rejected).sort()).toEqual(
      [
        '"x" is not a level',
        expect.stringContaining('not valid YAML'),
        expect.stringContaining('the correlation has no type; the correlation has no rules'),
        expect.stringContaining('the id 00000000-0000-4000-8000-000000000001 is taken by'),
      ].sort(),
    );
  });

  it('keeps the shipped rule when a foreign one has its id', () => {
    const own = write('own/a.yml', rule(1));
    const foreign = write('their/a.yml', rule(1).replace('medtap: {}\n', ''));
    const { rules, rejected } = loadRules([
      { path: own, foreign: false },
      { path: foreign, foreign: true },
    ]);
    expect(rules.map(each => each.source.file)).toEqual([own]);
    expect(rejected).toHaveLength(1);
  });
});
