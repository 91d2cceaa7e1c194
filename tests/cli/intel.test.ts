/** `--intel` through the commands. */
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';
import { WARD, WARD_INVENTORY } from './program.ts';

const temp = tempFolder();
const FEED = temp.write(
  'feed.csv',
  'indicator,confidence,source\n198.51.100[.]80,90,CERT\nnot one,,\n10.0.0.9,,\n',
);

async function medtap(...args: string[]) {
  const io = memoryIo();
  const code = await main(args, io);
  return { code, out: io.out(), err: io.err() };
}

interface Finding {
  readonly rule: { readonly name: string };
  readonly level: string;
}

function hits(out: string): readonly Finding[] {
  return (JSON.parse(out).findings as Finding[]).filter(({ rule }) => rule.name === 'intel-hit');
}

describe('--intel', () => {
  test('a hit is a finding whose level its confidence decides; what was left out is said', async () => {
    const { code, out, err } = await medtap(
      'scan',
      WARD,
      '--inventory',
      WARD_INVENTORY,
      '--intel',
      FEED,
      '--format',
      'json',
    );
    expect(code).toBe(EXIT.findings);
    expect(hits(out)).toMatchObject([{ level: 'high' }]);
    expect(JSON.parse(out).run.options.intel).toEqual([FEED]);
    expect(err).toContain('feed.csv:3:1: warning: not one is left out: not recognised');
    expect(err).toContain('feed.csv:4:1: warning: 10.0.0.9 is private');
    const quiet = await medtap('scan', WARD, '--intel', FEED, '--format', 'json', '--quiet');
    expect(quiet.err).toBe('');
    expect(hits((await medtap('scan', WARD, '--format', 'json')).out)).toEqual([]);
  });

  test('rules may ask for it in any record', async () => {
    const rule = temp.write(
      'rule.yml',
      'title: Flow to a listed host\nname: listed\nlevel: high\nlogsource: {product: medtap, service: conn}\ndetection: {sel: {resp_intel: CERT}, condition: sel}\n',
    );
    const { out } = await medtap('scan', WARD, '--intel', FEED, '--rules', rule, '--format', 'json');
    expect(JSON.parse(out).findings).toMatchObject([{ rule: { name: 'listed' } }]);
  });

  test('over saved logs it finds the same', async () => {
    const folder = `${temp.path}/logs`;
    await medtap('logs', WARD, '--output', folder);
    const saved = await medtap('scan', folder, '--intel', FEED, '--format', 'json');
    const captured = await medtap('scan', WARD, '--intel', FEED, '--format', 'json');
    expect(hits(saved.out).map(({ level }) => level)).toEqual(hits(captured.out).map(({ level }) => level));
  });

  test('a file that cannot be used ends the run, with all that is wrong', async () => {
    const bad = temp.write('bad.csv', 'a,b\n1,2\n');
    const { code, err } = await medtap('scan', WARD, '--intel', bad, '--intel', `${temp.path}/none.csv`);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain('bad.csv:1:1: the columns of this file are not understood');
    expect(err).toContain('none.csv: no such file');
    const { code: same } = await medtap('scan', WARD, '--intel', FEED, '-o', FEED);
    expect(same).toBe(EXIT.usage);
  });
});
