/**
 * `--files-from`: lists of inputs, one name per line or NUL-separated. A list is text that somebody or `find` wrote; anything
 * else is refused before a name of it is opened or shown, also text of which less than half are names of files: a capture
 * taken for a list holds patients, and perhaps a `/` that names everything. Limits: `MAX_BYTES` of a list, `MAX_NAMES`,
 * `MAX_NAME` bytes of a name.
 */
import { existsSync } from 'node:fs';
import { systemMessage, UserError } from '../errors.ts';
import { HEAD_BYTES, kindOf } from './file-magic.ts';
import type { Io } from './io.ts';
import { readWhole } from './patient-read.ts';
import { shownName } from './shown-name.ts';

const MAX_BYTES = 32 << 20;
const MAX_NAMES = 100_000;
/** The longest path that Linux opens. */
const MAX_NAME = 4096;

/** C0 but for the line breaks that were split at, DEL and C1. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** The names of a list, `-` being standard input. @throws UserError when it cannot be read or is no list */
export async function readInputList(io: Io, file: string): Promise<readonly string[]> {
  const name = file === '-' ? 'standard input' : shownName(file);
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(io, file, MAX_BYTES);
  } catch (error) {
    throw new UserError(`--files-from: ${name} cannot be read: ${systemMessage(error)}`);
  }
  const names = namesIn(bytes);
  if (typeof names === 'string') throw new UserError(`--files-from: ${name} is no list of inputs: ${names}`);
  return names;
}

/** The names, or why the bytes are no list. Nothing of what they hold is repeated. */
function namesIn(bytes: Uint8Array): readonly string[] | string {
  const kind = kindOf(bytes.subarray(0, HEAD_BYTES));
  if (kind === 'capture') return 'it is a capture; give it as INPUT';
  if (kind === 'packed') return 'it is an archive or compressed; give it as INPUT if it holds captures';
  if (bytes.length > MAX_BYTES) return `larger than ${MAX_BYTES >> 20} MiB`;
  let text: string;
  try {
    // Windows begins text with a byte order mark; the decoder takes it away.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return 'not UTF-8 text';
  }
  const names = text.split(text.includes('\0') ? '\0' : /\r?\n/).filter(name => name !== '');
  if (names.length > MAX_NAMES) return `more than ${MAX_NAMES} names`;
  if (names.some(name => CONTROL.test(name))) return 'a name has control characters';
  if (names.some(name => Buffer.byteLength(name) > MAX_NAME)) return `a name has more than ${MAX_NAME} bytes`;
  const there = names.filter(name => name === '-' || existsSync(name)).length;
  if (names.length > 1 && there < names.length / 2)
    return `${there === 0 ? 'none' : `only ${there}`} of its ${names.length} lines is the name of a file here`;
  return names;
}
