import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { memoryIo } from './memory-io.ts';

async function run(...argv: string[]) {
  const io = memoryIo();
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

const COMMANDS = [
  [],
  ['scan'],
  ['logs'],
  ['devices'],
  ['rules'],
  ['rules', 'list'],
  ['rules', 'show'],
  ['rules', 'check'],
  ['rules', 'test'],
];

describe.each(COMMANDS.map(words => [['medtap', ...words].join(' '), words] as const))(
  '%s --help',
  (name, words) => {
    test('begins with examples of itself, on stdout, and is no error', async () => {
      const { code, out, err } = await run(...words, '--help');
      expect(code).toBe(EXIT.ok);
      expect(err).toBe('');
      const [first, example] = out.split('\n');
      expect(first).toBe('Examples:');
      expect(example).toContain(name);
      expect(out).toContain(`Usage: ${name}`);
    });

    test('fits into 80 columns', async () => {
      const { out } = await run(...words, '--help');
      expect(out.split('\n').filter(line => [...line].length > 80)).toEqual([]);
    });
  },
);

describe('an option with one value', () => {
  test.each([
    [['logs', '--filter', 'a', '--filter', 'b'], /'--filter <expr>' can be given only once; join .* "and"/],
    [
      ['rules', 'check', '--format', 'json', '--format', 'text'],
      /'--format <format>' can be given only once/,
    ],
    [['scan', '--inventory', 'a', '--inventory=b'], /'--inventory <file>' can be given only once/],
  ])('is not repeated: %j', async (argv, message) => {
    const { code, out, err } = await run(...argv);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: EXIT.usage, out: '' });
  });
});

describe('slips', () => {
  test.each([
    [['scna', 'x.pcap'], /unknown command 'scna'[\s\S]*Did you mean scan\?/],
    [['rules', 'lst'], /unknown command 'lst'[\s\S]*Did you mean list\?/],
    [['scan', '--fromat', 'json', 'x.pcap'], /unknown option '--fromat'[\s\S]*Did you mean --format\?/],
    [['scan', '--format', 'jsno', 'x.pcap'], /Did you mean json\?/],
    [['scan', '--min-level', 'hihg', 'x.pcap'], /Did you mean high\?/],
    [['scan', '--fail-on', 'nnoe', 'x.pcap'], /Did you mean none\?/],
    [['logs', '--stream', 'con', 'x.pcap'], /Did you mean conn\?/],
    [['scan', '-o', 'jsn=x', 'x.pcap'], /Did you mean json=x\?/],
    [['scan', '-o', 'xml=x', 'x.pcap'], /Formats: text, json\. A file of that name is \.\/xml=x\./],
    [['scan', '--color', 'allways', 'x.pcap'], /Did you mean always\?/],
  ])('%j get a suggestion, exit 2 and nothing on stdout', async (argv, message) => {
    const { code, out, err } = await run(...argv);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  test.each([
    [['scan']],
    [['rules', 'show']],
    [['scan', '--nonsense-option', 'x']],
    [['devices', '--format']],
  ])('%j is wrong use', async argv => {
    const { code, out, err } = await run(...argv);
    expect(err).toMatch(/^error: /);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  test('no command at all shows the help on stderr', async () => {
    const { code, out, err } = await run();
    expect(out).toBe('');
    expect(err).toContain('Usage: medtap');
    expect(code).toBe(EXIT.usage);
  });
});

test('--version', async () => {
  const { code, out } = await run('--version');
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(code).toBe(EXIT.ok);
});

test('help COMMAND', async () => {
  const { code, out } = await run('help', 'scan');
  expect(out).toContain('Usage: medtap scan');
  expect(code).toBe(EXIT.ok);
});
