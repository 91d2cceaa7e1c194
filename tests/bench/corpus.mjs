// @ts-check
/**
 * Makes the benchmark corpus: one large classic pcap (microseconds, little-endian, Ethernet) of real traffic, by
 * repeating real captures round after round. Within a round the captures run beside one another; from round to round
 * time goes on, and every repetition of every capture has its own IPv4 networks (see `shift`).
 *
 * A capture moves in time as a whole. In captures longer than a round, idle time beyond a few seconds is cut out; they
 * are put together from recordings years apart. The result depends on nothing but the source captures and these files.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeInventory } from './inventory.mjs';
import { shiftFrame, shiftNumber } from './shift.mjs';
import { readSources } from './sources.mjs';

const TARGET_BYTES = 630e6;
const TARGET_PACKETS = 1e6;
const TARGET_FLOWS = 20_000;

const ROUND_MICROS = 600e6;
const LONGEST_IDLE_MICROS = 5e6;
/** 1 January 2026, 06:00 UTC: an early shift. */
const START_MICROS = Date.UTC(2026, 0, 1, 6) * 1000;

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const SNAPSHOT_LENGTH = 262_144;
const CHUNK_BYTES = 4 << 20;

/**
 * @typedef {object} Corpus what was made, kept as JSON beside it
 * @property {string} recipe hash of the files that make it and of the captures it is made from
 * @property {string} sha256
 * @property {number} bytes
 * @property {number} packets
 * @property {number} flows distinct unordered five-tuples of TCP and UDP
 * @property {number} rounds
 * @property {number} captures
 */

/**
 * @typedef {object} Placed a frame in its round
 * @property {number} micros from the start of the round
 * @property {number} source index of its capture
 * @property {number} length on the wire
 * @property {Uint8Array} bytes
 */

/**
 * The corpus in `folder`, made anew unless the one there was made by the same recipe.
 * @param {string} root of the repository
 * @param {string} folder
 * @param {number} times as long: the further rounds are those of hosts seen before, as days of one ward are
 * @param {(line: string) => void} say
 * @returns {Promise<{capture: string, inventory: string, facts: Corpus}>}
 */
export async function prepareCorpus(root, folder, times, say) {
  mkdirSync(folder, { recursive: true });
  const name = times === 1 ? 'corpus' : `corpus-${times}`;
  const capture = join(folder, `${name}.pcap`);
  const inventory = join(folder, `${name}.inventory.yml`);
  const facts = join(folder, `${name}.json`);
  const sources = await readSources(root);
  const recipe = recipeOf(sources);
  if ([capture, inventory, facts].every(existsSync)) {
    const known = /** @type {Corpus} */ (JSON.parse(readFileSync(facts, 'utf8')));
    if (known.recipe === recipe) return { capture, inventory, facts: known };
  }
  say(`making the corpus from ${sources.length} captures in ${folder}`);
  const made = writeCorpus(sources, recipe, times, capture);
  writeInventory(
    root,
    sources.map(source => source.name),
    made.rounds,
    inventory,
  );
  writeFileSync(facts, `${JSON.stringify(made, null, 2)}\n`);
  return { capture, inventory, facts: made };
}

/** @param {import('./sources.mjs').Source[]} sources */
function recipeOf(sources) {
  const hash = createHash('sha256');
  for (const file of ['corpus.mjs', 'inventory.mjs', 'shift.mjs', 'sources.mjs']) {
    hash.update(readFileSync(new URL(file, import.meta.url)));
  }
  for (const source of sources) hash.update(`${source.name} ${source.sha256}\n`);
  return hash.digest('hex');
}

/**
 * @param {import('./sources.mjs').Source[]} sources
 * @param {string} recipe
 * @param {number} times
 * @param {string} path
 * @returns {Corpus}
 */
function writeCorpus(sources, recipe, times, path) {
  const round = placeFrames(sources);
  const bytesOfRound = round.reduce((sum, frame) => sum + RECORD_HEADER + frame.bytes.length, 0);
  const flows = countFlows(round);
  const rounds = Math.max(
    1,
    Math.ceil(TARGET_BYTES / bytesOfRound),
    Math.ceil(TARGET_PACKETS / round.length),
    Math.ceil((TARGET_FLOWS - flows.fixed) / Math.max(1, flows.moving)),
  );
  const unfinished = `${path}.part`;
  const out = new ChunkWriter(unfinished);
  out.fileHeader();
  for (let r = 0; r < rounds * times; r++) {
    const start = START_MICROS + r * ROUND_MICROS;
    for (const frame of round) out.frame(frame, start, shiftNumber(r % rounds, frame.source, sources.length));
  }
  const { sha256, bytes } = out.finish();
  renameSync(unfinished, path);
  return {
    recipe,
    sha256,
    bytes,
    packets: times * rounds * round.length,
    flows: rounds * flows.moving + flows.fixed,
    rounds,
    captures: sources.length,
  };
}

/**
 * One round: all captures beside one another, each beginning at its own moment, in order of time.
 * @param {import('./sources.mjs').Source[]} sources
 * @returns {Placed[]}
 */
function placeFrames(sources) {
  /** @type {Placed[]} */
  const placed = [];
  for (const [index, { frames }] of sources.entries()) {
    const times = shortened(frames.map(frame => frame.micros));
    const span = times.reduce((latest, time) => Math.max(latest, time), 0);
    // The golden ratio spreads any number of starts evenly.
    const begin = Math.floor(((index * 0.618034) % 1) * Math.max(0, ROUND_MICROS - span));
    for (const [i, { length, bytes }] of frames.entries()) {
      if (bytes.length <= SNAPSHOT_LENGTH)
        placed.push({ micros: begin + (times[i] ?? 0), source: index, length, bytes });
    }
  }
  // Array sort is stable: frames of one capture and one time stay in their order.
  return placed.sort((a, b) => a.micros - b.micros);
}

/**
 * The same times without long idle gaps, when they would not fit a round.
 * @param {number[]} times of frames in file order
 */
function shortened(times) {
  const last = times.reduce((latest, time) => Math.max(latest, time), 0);
  if (last < ROUND_MICROS) return times;
  let cut = 0;
  let previous = 0;
  return times.map(time => {
    const gap = time - previous;
    previous = time;
    if (gap > LONGEST_IDLE_MICROS) cut += gap - LONGEST_IDLE_MICROS;
    else if (gap < -LONGEST_IDLE_MICROS) cut += gap;
    return Math.max(0, time - cut);
  });
}

/**
 * Distinct five-tuples of TCP and UDP in a round: those whose addresses move from round to round, and those of IPv6,
 * which are the same in each.
 * @param {Placed[]} round
 */
function countFlows(round) {
  const moving = new Set();
  const fixed = new Set();
  for (const { source, bytes } of round) {
    let type = 12;
    while (type < 24 && bytes[type] === 0x81 && bytes[type + 1] === 0) type += 4;
    const ip = type + 2;
    const four = bytes[type] === 0x08 && bytes[type + 1] === 0x00;
    const six = bytes[type] === 0x86 && bytes[type + 1] === 0xdd;
    const protocol = four ? bytes[ip + 9] : six ? bytes[ip + 6] : undefined;
    if (protocol !== 6 && protocol !== 17) continue;
    const addresses = ip + (four ? 12 : 8);
    const size = four ? 4 : 16;
    const ports = ip + (four ? ((bytes[ip] ?? 0) & 15) * 4 : 40);
    const a = hex(bytes, addresses, size) + hex(bytes, ports, 2);
    const b = hex(bytes, addresses + size, size) + hex(bytes, ports + 2, 2);
    const key = `${protocol} ${a < b ? a + b : b + a}`;
    if (four) moving.add(`${source} ${key}`);
    else fixed.add(key);
  }
  return { moving: moving.size, fixed: fixed.size };
}

/** @param {Uint8Array} bytes @param {number} at @param {number} length */
function hex(bytes, at, length) {
  return Buffer.from(bytes.subarray(at, at + length)).toString('hex');
}

/** Writes a capture in large pieces and hashes it. */
class ChunkWriter {
  #chunk = Buffer.alloc(CHUNK_BYTES);
  #used = 0;
  #bytes = 0;
  #hash = createHash('sha256');
  /** @type {number} */
  #file;

  /** @param {string} path */
  constructor(path) {
    this.#file = openSync(path, 'w');
  }

  fileHeader() {
    const at = this.#reserve(FILE_HEADER);
    this.#chunk.writeUInt32LE(0xa1b2c3d4, at);
    this.#chunk.writeUInt16LE(2, at + 4);
    this.#chunk.writeUInt16LE(4, at + 6);
    this.#chunk.writeUInt32LE(SNAPSHOT_LENGTH, at + 16);
    this.#chunk.writeUInt32LE(1, at + 20);
  }

  /** @param {Placed} frame @param {number} start of the round @param {number} number */
  frame({ micros, length, bytes }, start, number) {
    const at = this.#reserve(RECORD_HEADER + bytes.length);
    const time = start + micros;
    this.#chunk.writeUInt32LE(Math.floor(time / 1e6), at);
    this.#chunk.writeUInt32LE(time % 1e6, at + 4);
    this.#chunk.writeUInt32LE(bytes.length, at + 8);
    this.#chunk.writeUInt32LE(length, at + 12);
    this.#chunk.set(bytes, at + RECORD_HEADER);
    shiftFrame(this.#chunk, at + RECORD_HEADER, bytes.length, number);
  }

  finish() {
    this.#flush();
    closeSync(this.#file);
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes };
  }

  /** @param {number} size */
  #reserve(size) {
    if (this.#used + size > this.#chunk.length) this.#flush();
    const at = this.#used;
    this.#used += size;
    return at;
  }

  #flush() {
    const piece = this.#chunk.subarray(0, this.#used);
    this.#hash.update(piece);
    writeSync(this.#file, piece);
    this.#bytes += piece.length;
    this.#chunk.fill(0, 0, this.#used);
    this.#used = 0;
  }
}
