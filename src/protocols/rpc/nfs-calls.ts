/**
 * What calls of portmap and rpcbind (RFC 1833), mount and NFS 2 and 3 (RFC 1094, RFC 1813) are about, and what their
 * replies say: file handles and names, bytes read and written, programs and ports. NFS 4 is in `nfs-compound.ts`. Lists in replies (DUMP, EXPORT,
 * READDIR) are not read.
 */
import { hex } from '../../bytes/text.ts';
import { readCompoundCall, readCompoundReply } from './nfs-compound.ts';
import { MOUNT, NFS, PORTMAP, programName, resultName, transportName } from './rpc-names.ts';
import type { XdrReader } from './xdr.ts';

/** What one call is about. */
export interface Subject {
  readonly procedure: string;
  readonly operations: string[] | undefined;
  /** Handle of the file or directory it begins at, as hexadecimal text. */
  handle: string | undefined;
  /** Names below it: one, or those of several steps. */
  readonly names: string[];
  /** Second name: of a renaming or link. */
  target: string | undefined;
  /** Program that the portmapper is asked for, or called through it: program/version/transport. */
  asked: string | undefined;
  transport: 'tcp' | 'udp' | undefined;
  /** Minor version of NFS 4. */
  minor: number | undefined;
  written: number;
  /** From the reply. */
  read: number;
  port: number | undefined;
  result: string | undefined;
  /** Handle of the file its names lead to. */
  found: string | undefined;
}

const NFS_2_HANDLE = 32;
/** Attributes of a file in version 2 and 3. */
const ATTRIBUTES_2 = 68;
const ATTRIBUTES_3 = 84;

/** Procedures of NFS 2 and 3 whose arguments are a directory and a name in it. */
const NAMED = new Set(['lookup', 'create', 'mkdir', 'symlink', 'mknod', 'remove', 'rmdir']);
/** Those whose successful reply holds the handle of the file. */
const MAKING = new Set(['create', 'mkdir', 'symlink', 'mknod']);

export function readSubject(program: number, version: number, procedure: string, reader: XdrReader): Subject {
  const compound = program === NFS && procedure === 'compound';
  const subject: Subject = {
    procedure,
    operations: compound ? [] : undefined,
    handle: undefined,
    names: [],
    target: undefined,
    asked: undefined,
    transport: undefined,
    minor: undefined,
    written: 0,
    read: 0,
    port: undefined,
    result: undefined,
    found: undefined,
  };
  if (compound) subject.operations?.push(...readCompoundCall(reader, subject));
  else if (procedure === 'null') return subject;
  else if (program === PORTMAP) readPortmapCall(version, procedure, reader, subject);
  else if (program === MOUNT && (procedure === 'mnt' || procedure === 'umnt'))
    subject.names.push(reader.text());
  else if (program === NFS) readNfsCall(version, procedure, reader, subject);
  return subject;
}

function readPortmapCall(version: number, procedure: string, reader: XdrReader, subject: Subject): void {
  if (procedure === 'callit' || procedure === 'bcast' || procedure === 'indirect') {
    const program = programName(reader.number());
    const called = reader.number();
    subject.asked = `${program}/${called}/procedure ${reader.number()}`;
  } else if (version === 2 && ['getport', 'set', 'unset'].includes(procedure)) {
    const program = programName(reader.number());
    const called = reader.number();
    const transport = transportName(reader.number());
    subject.asked = `${program}/${called}/${transport}`;
    if (transport === 'tcp' || transport === 'udp') subject.transport = transport;
    const port = reader.number();
    if (procedure === 'set') subject.port = port;
  } else if (['getaddr', 'getversaddr', 'set', 'unset'].includes(procedure)) {
    const program = programName(reader.number());
    const called = reader.number();
    // `udp6` and `tcp6` are the same over IPv6.
    const network = reader.text();
    subject.asked = `${program}/${called}/${network}`;
    const transport = network.replace(/6$/, '');
    if (transport === 'tcp' || transport === 'udp') subject.transport = transport;
    if (procedure === 'set') subject.port = portOf(reader.text());
  }
  if (reader.ended) subject.asked = undefined;
}

/** Port of a universal address (RFC 5665 section 5.2.3.3): its last two numbers. */
function portOf(address: string): number | undefined {
  const parts = /\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (parts === null) return undefined;
  const port = Number(parts[1]) * 256 + Number(parts[2]);
  return port > 0 && port < 65_536 ? port : undefined;
}

function readNfsCall(version: number, procedure: string, reader: XdrReader, subject: Subject): void {
  if (version !== 2 && version !== 3) return;
  const handle = (): string => hex(version === 2 ? reader.fixed(NFS_2_HANDLE) : reader.opaque());
  subject.handle = handle();
  if (NAMED.has(procedure)) subject.names.push(reader.text());
  if (procedure === 'rename') {
    subject.names.push(reader.text());
    handle();
    subject.target = reader.text();
  } else if (procedure === 'link') {
    handle();
    subject.target = reader.text();
  } else if (procedure === 'write') {
    // Version 2: beginning, offset, total; version 3: offset, count, whether it must be kept at once.
    reader.skip(version === 2 ? 12 : 16);
    subject.written = reader.number();
  }
}

/** Takes what a reply says that was carried out. */
export function readResult(program: number, version: number, subject: Subject, reader: XdrReader): void {
  const { procedure } = subject;
  if (procedure === 'null') return;
  if (program === PORTMAP) {
    if (procedure === 'getport' && version === 2) subject.port = reader.number();
    else if (procedure === 'getaddr' || procedure === 'getversaddr') subject.port = portOf(reader.text());
    return;
  }
  const hasResult = program === NFS || (program === MOUNT && procedure === 'mnt');
  if (!hasResult) return;
  const result = reader.number();
  if (reader.ended) return;
  subject.result = resultName(result);
  if (program !== NFS) return;
  if (subject.operations !== undefined) readCompoundReply(reader, subject);
  else if (result === 0) readNfsResult(version, procedure, subject, reader);
}

function readNfsResult(version: number, procedure: string, subject: Subject, reader: XdrReader): void {
  if (version === 2) {
    if (procedure === 'lookup' || procedure === 'create' || procedure === 'mkdir')
      subject.found = hex(reader.fixed(NFS_2_HANDLE));
    else if (procedure === 'read') {
      reader.skip(ATTRIBUTES_2);
      subject.read = reader.number();
    }
    return;
  }
  if (procedure === 'lookup') subject.found = hex(reader.opaque());
  else if (MAKING.has(procedure)) {
    if (reader.number() === 1) subject.found = hex(reader.opaque());
  } else if (procedure === 'read') {
    if (reader.number() === 1) reader.skip(ATTRIBUTES_3);
    subject.read = reader.number();
  }
}
