/**
 * Members of a zip archive, by its directory (yauzl reads it): where their bytes are and how they are compressed.
 * Stored, deflated and zstd members are read; encrypted ones and other methods are named. Nothing is written to disk, so
 * a name may be any (`../ward.pcap`).
 */
import type { Entry, ZipFile } from 'yauzl';
import { u32be } from '../../bytes/read.ts';
import { visible } from '../../bytes/text.ts';
import { MAX_MEMBERS, TOO_MANY_MEMBERS } from './members.ts';

export type ZipMethod = 'stored' | 'deflate' | 'zstd';

export interface ZipMember {
  readonly name: string;
  /** Bytes of the archive that hold it. */
  readonly from: number;
  readonly to: number;
  readonly method: ZipMethod;
  /** CRC-32 of its content. */
  readonly crc: number;
  /** Why it cannot be read. */
  readonly problem: string | undefined;
  /** Its own header makes no sense: a problem whatever it is called. */
  readonly damaged?: boolean;
}

const METHODS: ReadonlyMap<number, ZipMethod> = new Map([
  [0, 'stored'],
  [8, 'deflate'],
  [93, 'zstd'],
]);

/** Whether the first bytes are those of a zip archive, an empty one included. */
export function isZip(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = u32be(head, 0);
  return magic === 0x504b_0304 || magic === 0x504b_0506;
}

/** Lists the files of an archive, `MAX_MEMBERS` at most; with what is wrong with it, when something is. */
export async function listZip(
  path: string,
): Promise<{ members: ZipMember[]; problem: string | undefined; limit?: string }> {
  const members: ZipMember[] = [];
  let zip: ZipFile | undefined;
  try {
    // Loaded when an archive is there: most runs have none.
    const { openPromise, getFileNameLowLevel } = await import('yauzl');
    // Names are not decoded, and sizes not compared, by what would end the archive at the first odd one.
    const lenient = { decodeStrings: false, validateEntrySizes: false } as const;
    zip = await openPromise(path, { lazyEntries: true, autoClose: false, ...lenient });
    for await (const entry of zip.eachEntry()) {
      const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
      const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
      if (name.endsWith('/')) continue;
      if (members.length === MAX_MEMBERS) {
        return { members, problem: TOO_MANY_MEMBERS, limit: 'archive_members' };
      }
      members.push(
        await locate(zip, entry, visible(name)).catch(error => unlocated(visible(name), error as Error)),
      );
    }
    return { members, problem: undefined };
  } catch (error) {
    return { members, problem: damage(error as Error) };
  } finally {
    zip?.close();
  }
}

/** yauzl finds the directory at the end of the file, so an archive that was cut off has none. */
function damage({ message }: Error): string {
  return message.startsWith('End of central directory')
    ? 'damaged or cut zip archive: its directory is missing; try: zip -FF FILE --out FIXED'
    : `damaged zip archive (${visible(message)})`;
}

/** A member whose own header makes no sense, which does not keep others from being read. */
function unlocated(name: string, { message }: Error): ZipMember {
  const problem = `its header in the zip archive is damaged (${visible(message)})`;
  return { name, from: 0, to: 0, method: 'stored', crc: 0, problem, damaged: true };
}

async function locate(zip: ZipFile, entry: Entry, name: string): Promise<ZipMember> {
  const method = METHODS.get(entry.compressionMethod);
  const { crc32: crc } = entry;
  const nowhere = { name, from: 0, to: 0, method: method ?? 'stored', crc } as const;
  if ((entry.generalPurposeBitFlag & 1) !== 0)
    return { ...nowhere, problem: 'is encrypted; unpack the archive with its password first' };
  if (method === undefined) {
    return {
      ...nowhere,
      problem: `zip compression method ${entry.compressionMethod} cannot be read; unpack the archive first`,
    };
  }
  const { fileDataStart: from } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return { name, from, to: from + entry.compressedSize, method, crc, problem: undefined };
}
