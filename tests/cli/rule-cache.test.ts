/** A pack loaded from the cache is the pack; anything wrong with the cache makes it useless and nothing else. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readInventory } from '../../src/cli/engine.ts';
import { MIN_FILES, RuleCache } from '../../src/cli/rule-cache.ts';
import { loadRuleSet, type RuleSet } from '../../src/cli/rule-engine.ts';
import { tempFolder } from '../support/temp.ts';

const folder = tempFolder();
const given = process.env['MEDTAP_CACHE_DIR'];
const inventory = await readInventory(undefined);
let caches = 0;
let cache = '';

beforeEach(() => {
  cache = join(folder.path, `cache-${++caches}`);
  process.env['MEDTAP_CACHE_DIR'] = cache;
});
afterAll(() => {
  if (given === undefined) delete process.env['MEDTAP_CACHE_DIR'];
  else process.env['MEDTAP_CACHE_DIR'] = given;
});

function ruleFile(number: number, word: string): string {
  return [
    `title: Rule ${number}`,
    `id: 00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    'logsource: {product: zeek, service: dns}',
    'detection:',
    `  selection: {query|endswith: '.${word}.example'}`,
    `  names: {query|re: '^${word}[0-9]+$'}`,
    '  condition: 1 of them',
    'level: high',
    '',
  ].join('\n');
}

/** A folder of rules and its path. */
function pack(files: number): string {
  const path = join(folder.path, `pack-${files}`);
  for (let i = 0; i < files; i++) {
    folder.write(`rule-${files}-${i}.yml`, ruleFile(i, `word${i}`));
  }
  return path;
}

const paths = (files: number): string[] =>
  Array.from({ length: files }, (_, i) => join(folder.path, `rule-${files}-${i}.yml`));

/** What of a rule set can be compared. */
function shown(set: RuleSet) {
  const { infos, inapplicable, rejected, warnings, sha256 } = set;
  return {
    infos,
    inapplicable,
    rejected,
    warnings,
    sha256,
    selections: set.rules.map(rule => JSON.stringify(rule.condition)),
  };
}

const load = async (files: number): Promise<RuleSet> => loadRuleSet(paths(files), inventory);
const cacheFile = (): string => join(cache, readdirSync(cache)[0]!);

describe('the cache of rule files', () => {
  it('gives the same rules, and is the user’s alone', async () => {
    pack(MIN_FILES);
    const first = await load(MIN_FILES);
    expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
    const before = readFileSync(cacheFile());
    const second = await load(MIN_FILES);
    expect(shown(second)).toEqual(shown(first));
    expect(second.rules).toHaveLength(MIN_FILES);
    // Nothing was missing: it is not written again.
    expect(readFileSync(cacheFile()).equals(before)).toBe(true);
  });

  it('is used, and a file that changed is read anew', async () => {
    await load(MIN_FILES);
    const known = new RuleCache(process.env, MIN_FILES);
    const text = ruleFile(7, 'word7');
    expect(known.get(text, true)).toHaveLength(1);
    expect(known.get(text, false)).toBeUndefined();
    folder.write(`rule-${MIN_FILES}-7.yml`, ruleFile(7, 'other'));
    const changed = await load(MIN_FILES);
    expect(JSON.stringify(changed.rules[7]!.condition)).toContain('.other.example');
    expect(new RuleCache(process.env, MIN_FILES).get(ruleFile(7, 'other'), true)).toHaveLength(1);
    folder.write(`rule-${MIN_FILES}-7.yml`, text);
  });

  it('keeps no file with a problem: its problem is told every time', async () => {
    folder.write(`rule-${MIN_FILES}-3.yml`, 'title: broken\ndetection: {}\n');
    const [first, second] = [await load(MIN_FILES), await load(MIN_FILES)];
    expect(first.rejected).toHaveLength(1);
    expect(second.rejected).toEqual(first.rejected);
    folder.write(`rule-${MIN_FILES}-3.yml`, ruleFile(3, 'word3'));
  });

  it('is not made for a few rules, nor where none is wanted', async () => {
    pack(5);
    await load(5);
    expect(() => readdirSync(cache)).toThrow();
    process.env['MEDTAP_CACHE_DIR'] = '';
    expect((await load(MIN_FILES)).rules).toHaveLength(MIN_FILES);
  });

  it('that is damaged, foreign or in the way is passed over', async () => {
    const first = shown(await load(MIN_FILES));
    const whole = readFileSync(cacheFile());
    for (const damage of [
      whole.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.concat([whole, Buffer.from('x')]),
    ]) {
      writeFileSync(cacheFile(), damage);
      expect(shown(await load(MIN_FILES))).toEqual(first);
    }
    writeFileSync(cacheFile(), whole);
    chmodSync(cacheFile(), 0o666);
    expect(new RuleCache(process.env, MIN_FILES).get(ruleFile(1, 'word1'), true)).toBeUndefined();
    process.env['MEDTAP_CACHE_DIR'] = folder.write('a-file', 'no folder');
    expect(shown(await load(MIN_FILES))).toEqual(first);
  });
});

it('a place where no folder can be made does no harm, and takes no time', () => {
  const none = new RuleCache({ MEDTAP_CACHE_DIR: '/proc/medtap/cache' }, MIN_FILES);
  none.get('text', true);
  expect(() => none.save()).not.toThrow();
});
