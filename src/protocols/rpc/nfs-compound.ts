/**
 * NFS 4 COMPOUND (RFC 7530 section 15.2, RFC 8881 section 16.2): its operations one after the other, in a call and in the
 * reply. An operation says nothing of its length, so reading stops behind the first whose form is not known here; its
 * name and all before it are kept. Limit: `MAX_OPERATIONS`.
 */
import { hex } from '../../bytes/text.ts';
import type { Subject } from './nfs-calls.ts';
import { operationName } from './rpc-names.ts';
import type { XdrReader } from './xdr.ts';

const MAX_OPERATIONS = 32;
const STATE_ID = 16;

type Read = (reader: XdrReader, subject: Subject) => void;

const nothing: Read = () => undefined;
const fixed =
  (length: number): Read =>
  reader =>
    reader.skip(length);
const name: Read = (reader, subject) => {
  subject.names.push(reader.text());
};
const bitmap = (reader: XdrReader): void => reader.skip(reader.number() * 4);
const attributes = (reader: XdrReader): void => {
  bitmap(reader);
  reader.opaque();
};

/** Arguments of OPEN (RFC 7530 section 16.16): how, and what by which claim. False when the rest cannot be read. */
const openArguments: Read = (reader, subject) => {
  reader.skip(12 + 8);
  reader.opaque();
  if (reader.number() === 1) {
    const mode = reader.number();
    if (mode >= 2) reader.skip(8);
    if (mode !== 2) attributes(reader);
  }
  const claim = reader.number();
  if (claim === 1) reader.skip(4);
  if (claim === 2 || claim === 5) reader.skip(STATE_ID);
  if (claim === 0 || claim === 2 || claim === 3) name(reader, subject);
};

/** Arguments by operation. */
const ARGUMENTS: Readonly<Record<string, Read>> = {
  access: fixed(4),
  close: fixed(4 + STATE_ID),
  commit: fixed(12),
  delegpurge: fixed(8),
  delegreturn: fixed(STATE_ID),
  getattr: bitmap,
  getfh: nothing,
  link: name,
  lookup: name,
  lookupp: nothing,
  open: openArguments,
  open_confirm: fixed(STATE_ID + 4),
  open_downgrade: fixed(STATE_ID + 12),
  putfh: (reader, subject) => {
    subject.handle = hex(reader.opaque());
  },
  putpubfh: nothing,
  putrootfh: (_, subject) => {
    subject.handle = ROOT;
  },
  read: fixed(STATE_ID + 12),
  readdir: reader => {
    reader.skip(24);
    bitmap(reader);
  },
  readlink: nothing,
  remove: name,
  rename: (reader, subject) => {
    name(reader, subject);
    subject.target = reader.text();
  },
  renew: fixed(8),
  restorefh: nothing,
  savefh: nothing,
  secinfo: name,
  setattr: reader => {
    reader.skip(STATE_ID);
    attributes(reader);
  },
  setclientid_confirm: fixed(16),
  write: (reader, subject) => {
    reader.skip(STATE_ID + 12);
    subject.written += reader.number();
    // The contents follow, of which only the beginning is here.
    reader.skip(reader.end - reader.at);
  },
  destroy_session: fixed(16),
  secinfo_no_name: fixed(4),
  sequence: fixed(16 + 16),
  destroy_clientid: fixed(8),
  reclaim_complete: fixed(4),
};

/** Results by operation, when it succeeded. */
const RESULTS: Readonly<Record<string, Read>> = {
  access: fixed(8),
  close: fixed(STATE_ID),
  commit: fixed(8),
  getattr: attributes,
  getfh: (reader, subject) => {
    subject.found = hex(reader.opaque());
  },
  link: fixed(20),
  lookup: nothing,
  lookupp: nothing,
  open: reader => {
    reader.skip(STATE_ID + 20 + 4);
    bitmap(reader);
    // Without delegation nothing follows; what one holds is not read.
    if (reader.number() !== 0) reader.skip(reader.end - reader.at);
  },
  open_confirm: fixed(STATE_ID),
  putfh: nothing,
  putpubfh: nothing,
  putrootfh: nothing,
  read: (reader, subject) => {
    reader.skip(4);
    subject.read += reader.number();
    reader.skip(reader.end - reader.at);
  },
  remove: fixed(20),
  rename: fixed(40),
  restorefh: nothing,
  savefh: nothing,
  setattr: bitmap,
  write: fixed(16),
  sequence: fixed(16 + 20),
};

/** Key of the server's root among handles. */
export const ROOT = '/';

/** Names of the operations of a call; files, names and lengths go to `subject`. */
export function readCompoundCall(reader: XdrReader, subject: Subject): string[] {
  // A tag for debugging, and the minor version.
  reader.opaque();
  subject.minor = reader.number();
  const count = Math.min(reader.number(), MAX_OPERATIONS);
  const operations: string[] = [];
  for (let i = 0; i < count && !reader.ended; i++) {
    const operation = operationName(reader.number());
    if (reader.ended) break;
    operations.push(operation);
    const read = ARGUMENTS[operation];
    if (read === undefined) break;
    read(reader, subject);
  }
  return operations;
}

/** The results of a reply, behind its overall status. */
export function readCompoundReply(reader: XdrReader, subject: Subject): void {
  reader.opaque();
  const count = Math.min(reader.number(), MAX_OPERATIONS);
  for (let i = 0; i < count && !reader.ended; i++) {
    const read = RESULTS[operationName(reader.number())];
    if (reader.number() !== 0 || read === undefined) return;
    read(reader, subject);
  }
}
