// @ts-check
/** The page of commands: the help text of each, as the program prints it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { page } from './markdown.mjs';

const INTRODUCTION = `# Commands

What \`medtap COMMAND --help\` prints.`;

const MAX_DEPTH = 3;

/**
 * @param {string} root of the repository
 * @returns {string}
 */
export function cliPage(root) {
  return page([INTRODUCTION, ...sections(join(root, 'bin', 'medtap.js'), [])]);
}

/**
 * The section of a command and those of the commands below it.
 * @param {string} program
 * @param {readonly string[]} words of the command
 * @returns {string[]}
 */
function sections(program, words) {
  const help = helpOf(program, words);
  const heading = `## ${['medtap', ...words].join(' ')}`;
  const inner = words.length < MAX_DEPTH ? subcommands(help) : [];
  return [
    `${heading}\n\n\`\`\`text\n${help.trim()}\n\`\`\``,
    ...inner.flatMap(word => sections(program, [...words, word])),
  ];
}

/** @param {string} program @param {readonly string[]} words */
function helpOf(program, words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words, '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`medtap ${words.join(' ')} --help ended with ${status}: ${stderr}`);
  return stdout;
}

/**
 * Names under the heading `Commands:`; the lines of a name's description are indented deeper.
 * @param {string} help
 */
function subcommands(help) {
  const [, list = ''] = /^Commands:\n((?: .*\n)+)/m.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(match => match[1] ?? '')
    .filter(name => name !== 'help');
}
