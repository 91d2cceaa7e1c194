// @ts-check
/**
 * Runs a program once, pinned to one core, and says what it took: wall time around the process, processor time and
 * peak memory from GNU time. Without GNU time memory is the high-water mark that Linux keeps per process, and
 * processor time is unknown; without taskset the process is not pinned. `describeMethod` says which it was.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const GNU_TIME = '/usr/bin/time';
const POLL_MILLISECONDS = 20;

const pinned = isInstalled('taskset');
const timed = existsSync(GNU_TIME);
/** Not core 0 where there is another: it serves most interrupts. */
const core = availableParallelism() > 1 ? 1 : 0;

/**
 * @typedef {object} Cost
 * @property {number} wall seconds
 * @property {number | undefined} cpu seconds, user and system together
 * @property {number | undefined} memory peak of resident bytes
 */

/** @param {string} program */
export function isInstalled(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0;
}

export function describeMethod() {
  const pin = pinned ? `each process pinned to core ${core}` : 'processes not pinned (no taskset)';
  return `${pin}, memory by ${timed ? 'GNU time' : 'VmHWM of /proc'}`;
}

/**
 * @param {readonly string[]} command program and arguments; its standard output goes to /dev/null
 * @param {readonly number[]} accepted exit codes that mean it did its work
 * @returns {Promise<Cost>}
 */
export async function measure(command, accepted) {
  const folder = mkdtempSync(join(tmpdir(), 'medtap-measure-'));
  const facts = join(folder, 'time');
  const wrapped = [
    ...(timed ? [GNU_TIME, '-f', '%U %S %M', '-o', facts] : []),
    ...(pinned ? ['taskset', '-c', String(core)] : []),
    ...command,
  ];
  try {
    const start = process.hrtime.bigint();
    const { code, errors, highWater } = await run(wrapped);
    const wall = Number(process.hrtime.bigint() - start) / 1e9;
    if (!accepted.includes(code))
      throw new Error(`${command.join(' ')} ended with ${code}: ${errors.slice(-2000)}`);
    if (!timed) return { wall, cpu: undefined, memory: highWater };
    // GNU time puts a line before the figures when the exit code is not 0.
    const [user, system, kilobytes] = (readFileSync(facts, 'utf8').trim().split('\n').at(-1) ?? '')
      .split(' ')
      .map(Number);
    return { wall, cpu: (user ?? 0) + (system ?? 0), memory: (kilobytes ?? 0) * 1024 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {readonly string[]} command
 * @returns {Promise<{code: number, errors: string, highWater: number | undefined}>}
 */
function run([program = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    /** @type {number | undefined} */
    let highWater;
    const poll = timed
      ? undefined
      : setInterval(() => {
          highWater = readHighWater(child.pid) ?? highWater;
        }, POLL_MILLISECONDS);
    child.stderr.setEncoding('utf8').on('data', text => {
      if (errors.length < 1e6) errors += text;
    });
    child.on('error', reject);
    child.on('close', code => {
      clearInterval(poll);
      resolve({ code: code ?? -1, errors, highWater });
    });
  });
}

/** @param {number | undefined} pid */
function readHighWater(pid) {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    // The process ended between two looks.
    return undefined;
  }
}

/**
 * The least of each figure: noise only ever adds.
 * @param {readonly Cost[]} costs
 * @returns {Cost}
 */
export function best(costs) {
  return {
    wall: Math.min(...costs.map(cost => cost.wall)),
    cpu: least(costs.map(cost => cost.cpu)),
    memory: least(costs.map(cost => cost.memory)),
  };
}

/** @param {readonly (number | undefined)[]} values */
function least(values) {
  const known = values.filter(value => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
