/**
 * Files that medtap writes. They appear whole or not at all: written beside their place under another name, then
 * renamed. A link is followed; something that is no regular file (`/dev/stdout`, a FIFO) is written to as it is.
 *
 * Mode 0600: results name devices, addresses and weaknesses of a hospital network, and logs may name people under
 * `--reveal`. Who may read them is for the user to widen. Directories made here are 0700.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { access, constants, type FileHandle, open, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { systemMessage, UserError } from '../errors.ts';
import { HEAD_BYTES, kindOf } from './file-magic.ts';
import { shownName } from './shown-name.ts';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** A file being written; it takes its place when `commit` is called. */
export interface OutputFile {
  write(chunk: string | Uint8Array): Promise<void>;
  /** All of it has been written; it is not in its place yet. */
  finish(): Promise<void>;
  /** Takes its place, once finished. */
  place(): void;
  /** Both. */
  commit(): Promise<void>;
  /** Gives up: nothing is left behind. */
  discard(): Promise<void>;
}

/** Whether a file can be expected to be written, asked before hours of work. @throws UserError */
export async function checkOutput(path: string): Promise<void> {
  try {
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory()) throw new UserError(`${path}: is a directory`);
    if (status?.isFile() && (await holdsCapture(path))) {
      throw new UserError(
        `${path}: is a capture or an archive and would be overwritten; choose another name`,
      );
    }
    await access(
      status && !status.isFile() ? path : dirname(await realpath(path).catch(() => path)),
      constants.W_OK,
    );
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Whether a file holds packets, or may: a slip such as `-o ward.pcap.gz` must not cost the evidence. */
async function holdsCapture(path: string): Promise<boolean> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return kindOf(head.subarray(0, bytesRead)) !== undefined;
  } finally {
    await handle.close();
  }
}

/** Begins a file. @throws UserError when its place cannot be written to */
export async function openOutput(path: string): Promise<OutputFile> {
  try {
    return await begin(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Writes a whole file. @throws UserError */
export async function writeOutput(path: string, pieces: Iterable<string>): Promise<void> {
  const file = await openOutput(path);
  try {
    for (const piece of pieces) await file.write(piece);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw cannotWrite(path, error);
  }
}

/** Makes a directory for output, if it is not there. @throws UserError */
export async function makeOutputDirectory(path: string): Promise<void> {
  try {
    await makeFolders(path, DIRECTORY_MODE);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Makes a folder and those above it that are missing, one by one: Node's own way of doing so never ends where a folder is there and
 * none can be made in it (`/proc`).
 */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  makeFoldersSync(path, mode);
}

/** The same, at once. */
export function makeFoldersSync(path: string, mode?: number): void {
  const missing: string[] = [];
  let place = resolve(path);
  for (;;) {
    const status = statSync(place, { throwIfNoEntry: false });
    if (status?.isDirectory()) break;
    if (status !== undefined) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    if (place === dirname(place)) break;
    missing.push(place);
    place = dirname(place);
  }
  for (const folder of missing.reverse())
    try {
      mkdirSync(folder, mode);
    } catch (error) {
      // Another run may have made it in the meantime.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
}

/** Files begun and neither committed nor discarded. */
const drafts = new Set<string>();

/** Before the program ends in the middle: nothing is left behind. */
export function discardDrafts(): void {
  for (const draft of drafts) rmSync(draft, { force: true });
}

async function begin(path: string): Promise<OutputFile> {
  const place = await realpath(path).catch(() => resolve(path));
  const status = await stat(place).catch(() => undefined);
  if (status?.isDirectory()) throw new UserError(`${path}: is a directory`);
  if (status?.isFIFO()) return pipe(await openPipe(place));
  if (status && !status.isFile()) return special(await open(place, 'w'));
  const draft = join(dirname(place), `.medtap-${randomBytes(8).toString('hex')}.tmp`);
  const handle = await open(draft, 'wx', FILE_MODE);
  drafts.add(draft);
  const finish = (): Promise<void> => handle.close();
  const takePlace = (): void => {
    renameSync(draft, place);
    drafts.delete(draft);
  };
  return {
    write: chunk => writeAll(handle, chunk),
    finish,
    place: takePlace,
    commit: () => finish().then(takePlace),
    async discard() {
      await handle.close().catch(() => undefined);
      await rm(draft, { force: true });
      drafts.delete(draft);
    },
  };
}

function special(handle: FileHandle): OutputFile {
  return {
    write: chunk => writeAll(handle, chunk),
    finish: () => handle.close(),
    place: () => {},
    commit: () => handle.close(),
    discard: () => handle.close().catch(() => undefined),
  };
}

/** Milliseconds until a pipe that nobody reads, or that is full, is tried again. */
const PAUSE = 5;

/** Waits for a reader without blocking: a thread that is blocked would keep an interrupted program from ending. */
async function openPipe(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    }
    await setTimeout(PAUSE);
  }
}

function pipe(fd: number): OutputFile {
  let open = true;
  const close = async (): Promise<void> => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    async write(chunk) {
      let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      while (rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(fd, rest));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
          await setTimeout(PAUSE);
        }
      }
    },
    finish: close,
    place: () => {},
    commit: close,
    discard: close,
  };
}

async function writeAll(handle: FileHandle, chunk: string | Uint8Array): Promise<void> {
  await handle.writeFile(chunk);
}

/** A file that cannot be written, and why. */
export function cannotWrite(path: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const reason = systemMessage(error, { ENOENT: 'the directory does not exist' });
  return new UserError(`cannot write ${shownName(path)}: ${reason}`);
}
