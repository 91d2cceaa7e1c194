/**
 * From the names a user gives to captures: directories are searched, archives (zip, tar) listed. A capture in an
 * archive is called `archive.zip!member.pcap`. In directories and archives, files that neither are captures nor are
 * called so are passed over; a file named by the user is not, nor one that is packed in a way that is not read: it may
 * hold captures, and is a problem.
 *
 * Limits: directories are searched `MAX_DEPTH` deep, with links followed to files only; `archive_members`: `MAX_MEMBERS` per
 * archive. Archives in archives are not opened, but named.
 */
import { type FileHandle, lstat, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, systemMessage } from '../errors.ts';
import { MAX_MEMBERS, TOO_MANY_MEMBERS } from './archive/members.ts';
import {
  isEmpty,
  isTarHeader,
  MAX_EXTRA,
  paddedSize,
  readTarExtra,
  readTarHeader,
  TAR_BLOCK,
  TAR_CUT,
  TAR_TRAILER,
  type TarOverride,
} from './archive/tar.ts';
import { isZip, listZip, type ZipMethod } from './archive/zip.ts';
import { fileSource, readExactly } from './byte-source.ts';
import { Links } from './links.ts';
import { holdsCapture, isCapture, isPacked } from './sniff.ts';

const MAX_DEPTH = 16;
const HEAD = 512;
/** Bytes read at once where a tar archive is padded; whole blocks. */
const ZEROS_STEP = 64 << 10;

/** Files called this are captures, even when they cannot be read: passing them over in silence would hide them. */
const CAPTURE_NAME = /(^|[/!])(?!\._)[^/!]*\.(pcap|pcapng|cap|snoop)(\d*|\.(gz|zst|lz4|xz|bz2))$/i;
/** Archives are searched for captures when they are called this, or named by the user. */
const ARCHIVE_NAME = /\.(zip|tar|tgz|tbz2?|txz|tzst|tar\.(gz|zst|lz4|bz2|xz))$/i;

/** One file or member to read. */
export interface Input {
  /** As shown. */
  readonly name: string;
  /** Bytes on disk, when known. */
  readonly size: number | undefined;
  /** Found in a directory or archive rather than named by the user. */
  readonly found: boolean;
  /** Where it is, when it is part of an archive on disk. */
  readonly part?: ArchivePart;
  /** The one interface of a pcapng that is read here, by its index in the file; the others are inputs of their own. */
  readonly only?: number;
}

export interface ArchivePart {
  readonly file: string;
  readonly container: 'zip' | 'tar';
  /** Bytes of the archive that hold it. */
  readonly from: number;
  readonly to: number;
  readonly method: ZipMethod;
  /** The archive ends before `to`. */
  readonly cut?: boolean;
  /** CRC-32 of its content, where the archive says it. */
  readonly crc?: number;
}

/** What listing found. */
export interface InputList {
  readonly inputs: Input[];
  /** Names that cannot be read. */
  readonly problems: InputError[];
}

/** Whether something of this name in a directory or archive is taken for a capture unseen. */
export function isCaptureName(name: string): boolean {
  return CAPTURE_NAME.test(name) && !name.includes('__MACOSX/');
}

/** What is said of something in an archive that is called an archive and no capture; undefined of anything else. */
export function nestedArchive(name: string): InputError | undefined {
  if (!ARCHIVE_NAME.test(name) || name.includes('__MACOSX/')) return undefined;
  return new InputError(
    name,
    'an archive in an archive is not opened; unpack the outer one and give it as INPUT',
  );
}

/** Expands names to captures. Names that cannot be read become problems, the rest is still returned. */
export async function listInputs(names: readonly string[]): Promise<InputList> {
  const list: InputList = { inputs: [], problems: [] };
  const links = new Links();
  const empty = new Set<string>();
  for (const name of names) {
    if (name === '-') {
      list.inputs.push({ name, size: undefined, found: false });
      continue;
    }
    try {
      const status = await stat(name);
      const before = countOf(list);
      if (status.isDirectory()) {
        await links.noteRoot(name);
        await listDirectory(name, list, { links, root: name, depth: 0 });
        if (countOf(list) === before) empty.add(name);
      } else if (status.isFile()) {
        links.noteFile(status);
        await listFile(name, status.size, false, list);
      } else list.inputs.push({ name, size: undefined, found: false });
    } catch (error) {
      list.problems.push(new InputError(name, systemMessage(error)));
    }
  }
  await listLinks(links, empty, list);
  for (const name of empty) list.problems.push(new InputError(name, 'the directory holds no capture'));
  return list;
}

function countOf({ inputs, problems }: InputList): number {
  return inputs.length + problems.length;
}

/** Adds what links lead to; a directory in which one leads to a capture is not empty. */
async function listLinks(links: Links, empty: Set<string>, list: InputList): Promise<void> {
  for await (const { path, root, target } of links.followed()) {
    const before = countOf(list);
    const named = isCaptureName(path) || ARCHIVE_NAME.test(path);
    if (target.kind === 'file') await listFile(path, target.size, true, list);
    else if (target.kind === 'elsewhere' || (target.kind === 'nowhere' && named))
      list.problems.push(new InputError(path, target.problem));
    if (countOf(list) > before || (target.kind === 'listed' && named)) empty.delete(root);
  }
}

/** Where a search stands, and what it keeps for later. */
interface Search {
  readonly links: Links;
  /** As named by the user. */
  readonly root: string;
  readonly depth: number;
}

async function listDirectory(directory: string, list: InputList, search: Search): Promise<void> {
  const { links, root, depth } = search;
  if (depth > MAX_DEPTH) {
    list.problems.push(
      new InputError(directory, `deeper than ${MAX_DEPTH} folders; give it as an INPUT of its own`),
    );
    return;
  }
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    list.problems.push(new InputError(directory, systemMessage(error)));
    return;
  }
  for (const entry of names.sort((a, b) => (a < b ? -1 : 1))) {
    const path = join(directory, entry);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isDirectory()) await listDirectory(path, list, { ...search, depth: depth + 1 });
    else if (status?.isSymbolicLink()) links.add(path, root);
    else if (status?.isFile()) {
      links.noteFile(status);
      await listFile(path, status.size, true, list);
    }
  }
}

/** Adds a file: itself, the members of an archive, or nothing when it was found and is no capture. */
async function listFile(path: string, size: number, found: boolean, list: InputList): Promise<void> {
  let head: Uint8Array;
  try {
    head = await readHead(path);
  } catch {
    // Whatever keeps it from being read is reported when it is opened: it may be a capture.
    list.inputs.push({ name: path, size, found });
    return;
  }
  const input: Input = { name: path, size, found };
  if (isZip(head) && (!found || ARCHIVE_NAME.test(path))) await listZipMembers(path, found, list);
  else if (isTarHeader(head) && !isCapture(head)) await listTarMembers(path, size, found, list);
  else if (!found || isCaptureName(path) || isCapture(head)) list.inputs.push(input);
  else if (isPacked(head)) await addIfCapture(input, list);
}

/** Adds what begins like a capture; what is packed in a way that is not read is a problem. Whether it did either. */
async function addIfCapture(input: Input, list: InputList): Promise<boolean> {
  const holds = await holdsCapture(input);
  if (holds instanceof InputError) list.problems.push(holds);
  else if (holds) list.inputs.push(input);
  return holds !== false;
}

async function listZipMembers(path: string, found: boolean, list: InputList): Promise<void> {
  const before = list.inputs.length + list.problems.length;
  const { members, problem, limit } = await listZip(path);
  for (const member of members) {
    const name = `${path}!${member.name}`;
    if (member.problem !== undefined) {
      if (isCaptureName(name) || member.damaged) list.problems.push(new InputError(name, member.problem));
      continue;
    }
    const { from, to, method, crc } = member;
    await addMember(name, { file: path, container: 'zip', from, to, method, crc }, list);
  }
  if (problem !== undefined) list.problems.push(new InputError(path, problem, undefined, limit));
  noteEmpty(path, found, before, list);
}

async function listTarMembers(path: string, size: number, found: boolean, list: InputList): Promise<void> {
  const before = list.inputs.length + list.problems.length;
  const handle = await open(path, 'r');
  try {
    let override: TarOverride = {};
    let members = 0;
    let at = 0;
    let marked = false;
    let cut = false;
    for (;;) {
      const block = await readExactly(fileSource(handle, at), TAR_BLOCK);
      if (isEmpty(block) && block.length > 0) {
        // Archives may be joined: another may follow.
        marked = true;
        at = await behindZeros(handle, at);
        continue;
      }
      if (block.length < TAR_BLOCK && !marked) {
        if (!cut) list.problems.push(new InputError(path, TAR_CUT, size));
        break;
      }
      if (block.length === 0) break;
      if (!isTarHeader(block)) {
        list.problems.push(new InputError(path, marked ? TAR_TRAILER : 'damaged tar archive', at));
        break;
      }
      marked = false;
      const header = readTarHeader(block, override);
      const from = at + TAR_BLOCK;
      at = from + paddedSize(header.size);
      const name = `${path}!${header.name}`;
      if (header.kind === 'long-name' || header.kind === 'pax') {
        const length = Math.min(header.size, MAX_EXTRA);
        readTarExtra(header.kind, await readExactly(fileSource(handle, from), length), override);
        continue;
      }
      override = {};
      if (header.kind === 'sparse' && isCaptureName(name)) {
        list.problems.push(
          new InputError(name, 'a sparse file in a tar archive cannot be read; unpack the archive first'),
        );
      }
      if (header.kind !== 'file') continue;
      if (++members > MAX_MEMBERS) {
        list.problems.push(new InputError(path, TOO_MANY_MEMBERS, from - TAR_BLOCK, 'archive_members'));
        break;
      }
      const to = from + header.size;
      const part = { file: path, container: 'tar', from, to, method: 'stored' } as const;
      const before = list.inputs.length;
      await addMember(name, to > size ? { ...part, cut: true } : part, list);
      // The account of a member says that the archive ends within it.
      cut = to > size && list.inputs.length > before;
    }
  } finally {
    await handle.close();
  }
  noteEmpty(path, found, before, list);
}

/** The first block from `at` on that is not empty, or the end of the file. */
async function behindZeros(handle: FileHandle, at: number): Promise<number> {
  const source = fileSource(handle, at);
  for (let position = at; ; ) {
    const bytes = await readExactly(source, ZEROS_STEP);
    const other = bytes.findIndex(byte => byte !== 0);
    if (other >= 0) return position + other - (other % TAR_BLOCK);
    position += bytes.length;
    if (bytes.length < ZEROS_STEP) return position;
  }
}

async function addMember(name: string, part: ArchivePart, list: InputList): Promise<void> {
  const input: Input = { name, size: part.to - part.from, found: true, part };
  if (isCaptureName(name)) {
    list.inputs.push(input);
    return;
  }
  if (!name.includes('__MACOSX/') && (await addIfCapture(input, list))) return;
  const nested = nestedArchive(name);
  if (nested !== undefined) list.problems.push(nested);
}

function noteEmpty(path: string, found: boolean, before: number, list: InputList): void {
  if (!found && list.inputs.length + list.problems.length === before)
    list.problems.push(new InputError(path, 'the archive holds no capture'));
}

async function readHead(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    return await readExactly(fileSource(handle, 0), HEAD);
  } finally {
    await handle.close();
  }
}
