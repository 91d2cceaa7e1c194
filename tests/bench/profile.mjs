// @ts-check
/**
 * Where one command spends its time: runs it under V8's sampling profiler and adds up self time
 * by part of the program and by function. Only the main thread is looked at.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SHOWN = 25;

/**
 * Markdown tables of the parts and the functions with the most self time.
 * @param {import('./contestants.mjs').Contestant} contestant one that Node runs
 * @param {number} packets in the capture
 */
export function profile({ title, command, accepted }, packets) {
  const folder = mkdtempSync(join(tmpdir(), 'medtap-profile-'));
  try {
    const [node = '', ...args] = command;
    const { status, error } = spawnSync(node, ['--cpu-prof', `--cpu-prof-dir=${folder}`, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (error) throw error;
    if (!accepted.includes(status ?? -1)) throw new Error(`${command.join(' ')} ended with ${status}`);
    // The main thread's profile is the largest; a worker writes one of its own.
    const profiles = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'));
    const main = profiles.reduce((largest, text) => (text.length > largest.length ? text : largest), '{}');
    const { parts, functions } = selfTimes(JSON.parse(main));
    return `### ${title}\n\n${table('part', parts, packets)}\n\n${table('function', functions, packets)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @typedef {{functionName: string, url: string, lineNumber: number}} CallFrame */

/**
 * Microseconds by part and by function.
 * @param {{nodes: {id: number, callFrame: CallFrame}[], samples: number[], timeDeltas: number[]}} profile of V8
 */
function selfTimes({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  /** @type {Map<string, number>} */
  const parts = new Map();
  /** @type {Map<string, number>} */
  const functions = new Map();
  for (const [i, sample] of samples.entries()) {
    const frame = frames.get(sample);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const file = fileOf(frame.url);
    const micros = timeDeltas[i] ?? 0;
    add(parts, partOf(frame.functionName, file), micros);
    add(
      functions,
      `${frame.functionName || '(anonymous)'}${file && ` ${file}:${frame.lineNumber + 1}`}`,
      micros,
    );
  }
  return { parts, functions };
}

/** @param {Map<string, number>} times @param {string} name @param {number} micros */
function add(times, name, micros) {
  times.set(name, (times.get(name) ?? 0) + micros);
}

/** @param {string} url */
function fileOf(url) {
  const [, dependency] = /\/(node_modules\/.*)$/.exec(url) ?? [];
  return dependency ?? url.replace(/^.*\/dist\//, '');
}

/**
 * One of our folders, a dependency, or Node and V8.
 * @param {string} name of the function
 * @param {string} file
 */
function partOf(name, file) {
  if (name === '(garbage collector)') return 'garbage collection';
  if (name.startsWith('RegExp:')) return 'regular expressions';
  if (file.startsWith('node_modules/')) return file.split('/').slice(0, 2).join('/');
  return file === '' || file.startsWith('node:') ? 'Node' : `${file.split('/')[0]}/`;
}

/** @param {string} heading @param {Map<string, number>} times @param {number} packets */
function table(heading, times, packets) {
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const row = (/** @type {string} */ name, /** @type {number} */ micros) => {
    const share = ((100 * micros) / total).toFixed(1);
    return `| ${name} | ${(micros / 1e6).toFixed(2)} | ${share} % | ${((1000 * micros) / packets).toFixed(0)} |`;
  };
  const rows = [...times].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  return [
    `| ${heading} | self, s | share | ns per packet |`,
    '| --- | ---: | ---: | ---: |',
    ...rows.map(([name, micros]) => row(`\`${name}\``, micros)),
    row('all', total),
  ].join('\n');
}
