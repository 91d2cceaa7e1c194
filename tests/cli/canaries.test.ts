/**
 * Planted patient data and secrets in no output: every format of every command that reads captures, over every fixture, as it
 * is, damaged, by the wrong rules, with and without a key, on stdout, on stderr and in written files. Commands and formats are
 * asked of the program itself, so that a new one cannot be forgotten. Under `--reveal` they do appear: the search can find.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { STREAMS } from '../../src/pipeline/streams.ts';
import { FIXTURES } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';

const temp = tempFolder();
const CAPTURES = readdirSync(FIXTURES)
  .filter(name => /\.pcap(?:ng)?$/.test(name))
  .map(name => join(FIXTURES, name));
const inventoryOf = (capture: string): string => capture.replace(/\.pcap(?:ng)?$/, '.inventory.yml');
const WARD = join(FIXTURES, 'ward.pcap');
const CARRIERS = join(FIXTURES, 'carriers.pcap');

// ── what is looked for ────────────────────────────────────────────────────────────────────────────────────────────

const CANARIES = readFileSync(join(FIXTURES, 'canaries.txt'), 'utf8')
  .split('\n')
  .filter(line => line !== '');
/** The shortest of them: what contains another need not be looked for. */
const SHORTEST = ['canary', ...CANARIES.filter(line => !line.toLowerCase().includes('canary'))];

/** A text in every encoding in which it could slip through. */
function writings(text: string): string[] {
  const cases = [
    text,
    text.toUpperCase(),
    text.toLowerCase(),
    text[0]!.toUpperCase() + text.slice(1).toLowerCase(),
  ];
  return [...new Set(cases)].flatMap(each => {
    const bytes = Buffer.from(each);
    const percent = [...bytes].map(byte => `%${byte.toString(16)}`).join('');
    // The characters of Base64 that depend on this text alone, at each of the three places it can begin.
    const base64 = [0, 1, 2].map(before => {
      const padded = Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const whole = Math.floor(((before + bytes.length) * 8) / 6);
      return padded.slice(Math.ceil((before * 8) / 6), whole);
    });
    return [
      each,
      encodeURIComponent(each),
      percent,
      percent.toUpperCase(),
      [...each].join('\0'),
      [...each].join('\\u0000'),
      [...each].join('\\x00'),
      bytes.toString('hex'),
      ...base64.filter(piece => piece.length >= 7),
    ];
  });
}

const NEEDLES = [...new Set(SHORTEST.flatMap(writings))];

function found(text: string): string[] {
  return NEEDLES.filter(needle => text.includes(needle)).map(needle => {
    const at = text.indexOf(needle);
    return `${needle}: …${text.slice(Math.max(0, at - 60), at + needle.length + 20)}…`;
  });
}

// ── what is run ───────────────────────────────────────────────────────────────────────────────────────────────────

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const io = memoryIo({ env });
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

/** Exit codes of a run that did its work. */
const DONE = [0, 1, 4];
/** Those of wrong use besides. */
const ANY = [0, 1, 2, 3, 4];

/** Runs, and looks through everything that was said; the exit code. */
async function quiet(
  argv: readonly string[],
  {
    codes = DONE,
    env = {},
  }: { readonly codes?: readonly number[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  const { code, out, err } = await run(argv, env);
  expect(codes, `${argv.join(' ')} ended with ${code}\n${err}`).toContain(code);
  expect(found(out), `stdout of ${argv.join(' ')}`).toEqual([]);
  expect(found(err), `stderr of ${argv.join(' ')}`).toEqual([]);
  return code;
}

/** Looks through the files below a folder, and their names. */
function searchFolder(folder: string): number {
  const names = readdirSync(folder, { recursive: true }).map(String);
  const files = names.filter(name => statSync(join(folder, name)).isFile());
  for (const name of files) {
    expect(found(name), 'name of a file').toEqual([]);
    expect(found(readFileSync(join(folder, name), 'latin1')), name).toEqual([]);
    expect(found(readFileSync(join(folder, name), 'utf8')), name).toEqual([]);
  }
  return files.length;
}

interface ReadingCommand {
  readonly path: readonly string[];
  readonly help: string;
}

/** Every command that reads captures, as the program's help lists them. */
async function readingCommands(path: readonly string[] = []): Promise<readonly ReadingCommand[]> {
  const { out } = await run([...path, '--help']);
  const listed = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(out)?.[1];
  if (listed === undefined) return /Usage: .*\[input\.\.\.\]/.test(out) ? [{ path, help: out }] : [];
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)]
    .map(match => match[1]!)
    .filter(name => name !== 'help');
  expect(names.length).toBeGreaterThan(1);
  return (await Promise.all(names.map(name => readingCommands([...path, name])))).flat();
}

/** Values that an option takes, as the program names them when it is given another. */
async function choicesOf(command: ReadingCommand, option: string): Promise<readonly string[]> {
  if (!command.help.includes(`${option} <`)) return [];
  const operands = command.path.at(-1) === 'explain' ? ['x', 'y'] : ['x'];
  const { err } = await run([...command.path, option, 'nonsense', ...operands]);
  return /Allowed: (.*)\./.exec(err)?.[1]?.split(', ') ?? [];
}

let commands: readonly ReadingCommand[] = [];
/** A rule per stream that matches everything and says all it can. */
let everything = '';
let key = '';
const plans: { readonly argv: readonly string[]; readonly writes: boolean }[] = [];

beforeAll(async () => {
  commands = await readingCommands();
  everything = temp.write('everything.yml', talkative());
  key = temp.write('site.key', '9f1c0a7be45d2386f1c0a7be45d23869f1c0a7be45d2386f1c0a7be45d23869f');
  chmodSync(key, 0o600);
  for (const command of commands) {
    const { path, help } = command;
    const operands = path.at(-1) === 'explain' ? ['everything-http'] : [];
    const rules = help.includes('--rules <') ? ['--rules', everything] : [];
    for (const format of await choicesOf(command, '--format'))
      for (const by of [[], ...(await choicesOf(command, '--by')).map(value => ['--by', value])])
        plans.push({
          argv: [...path, '--format', format, ...by, ...rules, ...operands],
          writes: help.includes('--output <'),
        });
  }
});

/** Rules of all streams, whose messages hold every text that the stream has. */
function talkative(): string {
  const documents = [...STREAMS.values()].map(({ name, fields }, number) => {
    const texts = Object.entries(fields)
      .filter(([, field]) => /string|token|enum/.test(field.type))
      .map(([field]) => `{${field}}`);
    return [
      `title: Everything in ${name}`,
      `id: 00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      `name: everything-${name.replaceAll('_', '-')}`,
      'status: stable',
      'description: All of it.',
      'author: medtap',
      'date: 2026-11-27',
      'tags: [attack.collection, medtap.cleartext-phi]',
      `logsource: {product: medtap, service: ${name}}`,
      'detection: {all: {ts|exists: true}, condition: all}',
      'falsepositives: [all]',
      'level: low',
      'medtap:',
      `  message: "${texts.join(' ')}"`,
      `  group-by: [${Object.keys(fields)
        .filter(field => field !== 'ts')
        .slice(0, 12)
        .join(', ')}]`,
      '  controls: [nist-800-53r5:SC-8]',
      '  why: To see.',
      '  remedy: None.',
    ].join('\n');
  });
  return `${documents.join('\n---\n')}\n`;
}

describe('canaries', () => {
  it('are looked for in ways that find them', () => {
    expect(CANARIES.length).toBeGreaterThan(50);
    for (const line of CANARIES) {
      for (const text of [
        line,
        line.toLowerCase(),
        Buffer.from(`x${line}`).toString('base64'),
        encodeURIComponent(line),
      ])
        expect(found(`before ${text} behind`), text).not.toEqual([]);
    }
    expect(found(Buffer.from('a CANARY', 'utf16le').toString('latin1'))).not.toEqual([]);
    expect(found('nothing of that kind; 20260302 and 555-0000')).toEqual([]);
  });

  it('every fixture is there, and every command with its formats', () => {
    expect(CAPTURES.map(path => path.slice(FIXTURES.length + 1))).toEqual(
      expect.arrayContaining(['carriers.pcap', 'clinic.pcapng', 'ward.pcap']),
    );
    const names = commands.map(({ path }) => path.join(' '));
    expect(names).toEqual(
      expect.arrayContaining(['scan', 'logs', 'flows', 'devices', 'doctor', 'rules explain']),
    );
    for (const name of names)
      expect(
        plans.some(({ argv }) => argv.join(' ').startsWith(`${name} --format`)),
        name,
      ).toBe(true);
  });

  it('are in no output', { timeout: 240_000 }, async () => {
    for (const capture of CAPTURES) for (const { argv } of plans) await quiet([...argv, capture]);
  });

  it('are in no output with the inventory, records enriched and signatures', {
    timeout: 120_000,
  }, async () => {
    for (const capture of [WARD, CARRIERS]) {
      for (const { argv } of plans) {
        const { help } = commands.find(({ path }) => argv.join(' ').startsWith(path.join(' ')))!;
        const more = ['--enrich', '--signatures'].filter(
          option => help.includes(`${option} `) || help.includes(`${option}\n`),
        );
        const given = more.flatMap(option => (option === '--signatures' ? [option, 'shipped'] : [option]));
        await quiet([...argv, ...given, '--inventory', inventoryOf(capture), capture]);
      }
      await quiet(['scan', '--inventory', inventoryOf(capture), capture]);
    }
  });

  it('are in no output with a key, which shows digests', { timeout: 120_000 }, async () => {
    for (const { argv } of plans) await quiet([...argv, '--token-key', key, CARRIERS]);
    await quiet(['logs', WARD], { env: { MEDTAP_TOKEN_KEY: key } });
  });

  it('are in no file that is written, nor in its name', { timeout: 120_000 }, async () => {
    let number = 0;
    const folder = join(temp.path, 'written');
    mkdirSync(folder);
    for (const { argv, writes } of plans) {
      if (!writes) continue;
      const target = join(folder, `result-${number++}`);
      for (const capture of [WARD, CARRIERS])
        await quiet([...argv, '--output', `${target}${capture === WARD ? 'w' : 'c'}`, capture]);
    }
    expect(searchFolder(folder)).toBeGreaterThan(20);
    // And what was saved says no more when it is read again.
    const saved = readdirSync(folder).filter(name => statSync(join(folder, name)).isDirectory());
    expect(saved.length).toBeGreaterThan(0);
    for (const name of saved) await quiet(['scan', '--rules', everything, join(folder, name)]);
  });

  it('are in no output of damaged captures, nor of such whose name is a patient’s', {
    timeout: 120_000,
  }, async () => {
    const named = join(temp.path, 'MRN-CANARY-7731 CANARYLAST.pcap');
    const whole = readFileSync(WARD);
    writeFileSync(named, whole.subarray(0, whole.length - 1000));
    const flipped = Buffer.from(readFileSync(CARRIERS));
    for (let at = 5000; at < flipped.length; at += 997) flipped[at] = flipped[at]! ^ 0x55;
    const damaged = temp.write('damaged.pcap', flipped);
    const copy = join(temp.path, 'MRN-CANARY-6650.pcap');
    copyFileSync(CARRIERS, copy);
    const codes = new Set<number>();
    for (const { argv } of plans) {
      codes.add(await quiet([...argv, named, join(temp.path, 'nothing.pcap')]));
      codes.add(await quiet([...argv, damaged, copy, '--strict-checksums']));
      codes.add(await quiet([...argv, copy, '--since', '2026-01-01', '--no-dedup', '--allow-partial']));
    }
    for (const { argv } of plans)
      if (argv.includes('json')) await quiet([...argv, copy, '--clock-offset', `${copy}=1.5`]);
    expect([...codes]).toContain(4);
  });

  it('are in no output of wrong use', { timeout: 60_000 }, async () => {
    const wrongUse = { codes: ANY };
    const wrong = temp.write('wrong.yml', talkative().replaceAll('ts|exists', 'tz|exists'));
    const filters = ['patient == "mrn#1"', 'uri contains "x"', 'nonsense', 'kinds matches "("'];
    expect(await quiet(['scan', '--rules', wrong, CARRIERS], wrongUse)).toBe(2);
    expect(
      await quiet(['rules', 'explain', 'everything-htp', '--rules', everything, CARRIERS], wrongUse),
    ).toBe(2);
    for (const filter of filters) await quiet(['logs', '--filter', filter, CARRIERS], wrongUse);
    await quiet(['logs', '--stream', 'phi', '--token-key', CARRIERS, CARRIERS], wrongUse);
  });

  it('do appear under --reveal, which is announced, and nowhere else', { timeout: 60_000 }, async () => {
    const shown = await run(['logs', '--reveal', WARD, CARRIERS]);
    for (const text of [
      'MRN-CANARY-7731',
      'CANARYLAST',
      '987-65-4320',
      'canary-pass-2',
      'canary-bearer-token-0001',
      'pat-canary-7731',
    ])
      expect(shown.out, text).toContain(text);
    expect(found(shown.out).length).toBeGreaterThan(5);
    expect(shown.err).toContain('--reveal: patient identifiers and secrets are shown in clear');
    expect(found(shown.err)).toEqual([]);
    const scanned = await run(['scan', '--reveal', '--rules', everything, CARRIERS]);
    expect(scanned.out).toContain('MRN-CANARY-7731');
    expect(scanned.err).toContain('--reveal');
  });
});
