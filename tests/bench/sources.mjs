// @ts-check
/**
 * The real captures that the benchmark corpus repeats: the fixtures, and the shared captures where that folder
 * exists. Only Ethernet captures in classic pcap or pcapng are taken, and none that are damaged on purpose.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { listInputs } from '../../dist/capture/inputs.js';
import { openCapture } from '../../dist/capture/open.js';
import { END, FRAME } from '../../dist/capture/reader.js';
import { InputError } from '../../dist/errors.js';
import { Frame } from '../../dist/model/frame.js';

const LINKTYPE_ETHERNET = 1;
/**
 * Smaller captures are unit tests of a protocol, a handful of packets each: repeated, they would make a network of
 * nothing but new connections.
 */
const MIN_BYTES = 20_000;
/** Folders of the shared captures that hold no ordinary traffic or no captures. */
const PASSED_OVER = new Set(['malformed', 'oracle']);

/**
 * @typedef {object} Source one real capture
 * @property {string} name path below the folder it was found in
 * @property {string} sha256
 * @property {{micros: number, length: number, bytes: Uint8Array}[]} frames in file order, times from the first frame on
 */

/**
 * @param {string} root of the repository
 * @returns {Promise<Source[]>} sorted by name
 */
export async function readSources(root) {
  const folders = [join(root, 'fixtures'), join(root, '..', 'shared', 'captures')].filter(existsSync);
  /** @type {Source[]} */
  const sources = [];
  for (const folder of folders) {
    const { inputs } = await listInputs([folder]);
    for (const input of inputs) {
      const name = relative(folder, input.name).split(sep).join('/');
      if (PASSED_OVER.has(name.split('/')[0] ?? '') || (input.size ?? 0) < MIN_BYTES) continue;
      const frames = await readFrames(input).catch(passOver);
      if (frames !== undefined) {
        const sha256 = createHash('sha256').update(readFileSync(input.name)).digest('hex');
        sources.push({ name, sha256, frames });
      }
    }
  }
  return sources.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A container that medtap does not read is no source.
 * @param {unknown} error
 * @returns {undefined}
 */
function passOver(error) {
  if (!(error instanceof InputError)) throw error;
}

/**
 * @param {import('../../dist/capture/inputs.js').Input} input
 * @returns {Promise<Source['frames'] | undefined>} undefined unless every frame is an Ethernet frame
 */
async function readFrames(input) {
  const { reader, containers, close } = await openCapture(input, false);
  const frame = new Frame();
  /** @type {Source['frames']} */
  const frames = [];
  let origin = 0;
  try {
    if (containers.length > 0 || reader.format === 'snoop') return undefined;
    for (;;) {
      const step = reader.next(frame);
      if (step === END) return frames.length > 0 ? frames : undefined;
      if (step !== FRAME) {
        await reader.fill();
        continue;
      }
      if (frame.linkType !== LINKTYPE_ETHERNET) return undefined;
      const micros = frame.sec * 1e6 + Math.floor(frame.nsec / 1000);
      if (frames.length === 0) origin = micros;
      const bytes = frame.bytes.slice(frame.at, frame.at + frame.captured);
      frames.push({ micros: Math.max(0, micros - origin), length: frame.length, bytes });
    }
  } finally {
    await close();
  }
}
