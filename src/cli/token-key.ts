/**
 * The site's key: with it, tokens are an HMAC-SHA-256 of what they stand for and stay the same from run to run; without it they
 * are ordinals of one run. A file that holds nothing else, made by `medtap keygen` or `openssl rand -hex 32`.
 *
 * Refused are files that others may read or write, short ones (`MIN_LENGTH`) and such that are no random key at all. The key is
 * never shown, and a run that shows values (`--reveal`) does not take one.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Option } from 'commander';
import { systemMessage, UserError } from '../errors.ts';
import type { Io } from './io.ts';

/** Fewer bytes than this could be tried out. */
const MIN_LENGTH = 32;
const MAX_LENGTH = 4096;
/** A key of fewer different bytes was not made by chance: even 64 hexadecimal digits have more. */
const MIN_DISTINCT = 8;
/** Names the file where no option does. */
const VARIABLE = 'MEDTAP_TOKEN_KEY';

const HINT = 'make one with: medtap keygen FILE (or: umask 077; openssl rand -hex 32 > FILE)';

/** `--token-key`. */
export function tokenKeyOption(): Option {
  return new Option(
    '--token-key <file>',
    `key of the site, so that tokens stay the same from run to run (also ${VARIABLE})`,
  );
}

/** What `takesCaptures` leaves in a command's options. */
export interface TokenKeyChoices {
  readonly tokenKey?: string;
  readonly reveal?: boolean;
}

/**
 * The key of this run; undefined without one. Under `--reveal` there is none: that of the environment is left alone.
 * @throws UserError also for `--reveal` with `--token-key`
 */
export function tokenKeyOf(io: Io, { tokenKey, reveal }: TokenKeyChoices): Uint8Array | undefined {
  if (reveal === true) {
    if (tokenKey === undefined) return undefined;
    throw new UserError(
      '--reveal and --token-key exclude each other: one shows values, the other hides them',
    );
  }
  if (tokenKey === '') throw new UserError('--token-key: there is no file name');
  const path = tokenKey ?? io.env[VARIABLE];
  return path === undefined || path === '' ? undefined : readTokenKey(path, tokenKey === undefined);
}

function readTokenKey(file: string, fromEnvironment: boolean): Uint8Array {
  const refuse = (message: string, hint = HINT): UserError =>
    new UserError([{ message: `${fromEnvironment ? VARIABLE : '--token-key'}: ${file} ${message}`, hint }]);
  const { bytes, mode } = readSmallFile(file, refuse);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw refuse('may be read or written by others than its owner', `chmod 600 ${file}`);
  // The line break that editors and openssl put behind it is not part of the key.
  let length = bytes.length;
  while (length > 0 && (bytes[length - 1] === 0x0a || bytes[length - 1] === 0x0d)) length--;
  const key = bytes.subarray(0, length);
  if (length < MIN_LENGTH) throw refuse(`is too short for a key: ${length} bytes, at least ${MIN_LENGTH}`);
  if (length > MAX_LENGTH) throw refuse(`is no key: it has more than ${MAX_LENGTH} bytes`);
  if (new Set(key).size < MIN_DISTINCT)
    throw refuse('is no key: it holds the same few bytes again and again');
  return key;
}

function readSmallFile(
  file: string,
  refuse: (message: string) => UserError,
): { readonly bytes: Uint8Array; readonly mode: number } {
  let fd: number | undefined;
  try {
    // A pipe is refused below; its opening would wait for somebody who writes.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(fd);
    if (!status.isFile()) throw refuse('is no file');
    const bytes = new Uint8Array(MAX_LENGTH + 3);
    return { bytes: bytes.subarray(0, readSync(fd, bytes)), mode: status.mode };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw refuse(`cannot be read: ${systemMessage(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
