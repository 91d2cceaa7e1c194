/**
 * The outer form of SMB 1 messages (MS-CIFS section 2.2.3): header, words, bytes, and the text in them. No state.
 */
import { u16le } from '../../bytes/read.ts';
import { latin1, utf16le } from '../../bytes/text.ts';

export const SMB1_HEADER = 32;

/** Commands (MS-CIFS section 2.2.2.1). */
export const SMB1 = {
  close: 0x04,
  delete: 0x06,
  rename: 0x07,
  transaction: 0x25,
  transactionSecondary: 0x26,
  readAndX: 0x2e,
  writeAndX: 0x2f,
  transaction2: 0x32,
  transaction2Secondary: 0x33,
  treeDisconnect: 0x71,
  negotiate: 0x72,
  sessionSetupAndX: 0x73,
  logoffAndX: 0x74,
  treeConnectAndX: 0x75,
  ntTransact: 0xa0,
  ntTransactSecondary: 0xa1,
  ntCreateAndX: 0xa2,
} as const;

/** No further command in the chain. */
export const NO_ANDX = 0xff;

const UNICODE = 0x8000;

/** Commands whose first words name the next command of the same message. */
export function chains(command: number): boolean {
  return (
    command === SMB1.readAndX ||
    command === SMB1.writeAndX ||
    command === SMB1.sessionSetupAndX ||
    command === SMB1.logoffAndX ||
    command === SMB1.treeConnectAndX ||
    command === SMB1.ntCreateAndX ||
    // OPEN_ANDX and LOCKING_ANDX are not decoded, but lead on.
    command === 0x2d ||
    command === 0x24
  );
}

/** One command of a message. */
export interface Smb1Block {
  readonly bytes: Uint8Array;
  /** Header of the message, from which offsets count. */
  readonly at: number;
  readonly end: number;
  readonly command: number;
  /** It is the first command of its message. */
  readonly first: boolean;
  readonly status: number;
  readonly unicode: boolean;
  readonly treeId: number;
  readonly multiplexId: number;
  /** Process and multiplex identifier as one number: the same in a request and its answer. */
  readonly id: number;
  /** First word, and how many bytes of words there are. */
  readonly words: number;
  readonly wordBytes: number;
  /** Data bytes `[data, dataEnd)`. */
  readonly data: number;
  readonly dataEnd: number;
}

/** The command at `start` of the message at `at`; undefined when its words or bytes are cut. */
export function readBlock(
  bytes: Uint8Array,
  at: number,
  start: number,
  end: number,
  command: number,
): Smb1Block | undefined {
  if (start >= end) return undefined;
  const wordBytes = bytes[start]! * 2;
  const words = start + 1;
  const count = words + wordBytes;
  if (count > end) return undefined;
  const data = Math.min(count + 2, end);
  const dataEnd = count + 2 <= end ? Math.min(data + u16le(bytes, count), end) : end;
  const multiplexId = u16le(bytes, at + 30);
  return {
    bytes,
    at,
    end,
    command,
    first: start === at + SMB1_HEADER,
    status: u16le(bytes, at + 5) + u16le(bytes, at + 7) * 65_536,
    unicode: (u16le(bytes, at + 10) & UNICODE) !== 0,
    treeId: u16le(bytes, at + 24),
    multiplexId,
    id: u16le(bytes, at + 26) * 65_536 + multiplexId,
    words,
    wordBytes,
    data,
    dataEnd,
  };
}

/** A text that ends with zero, and where the next one begins. */
export interface Smb1Text {
  readonly text: string;
  readonly next: number;
}

/** Text at `from` in the encoding of the message; UTF-16 is aligned to two bytes from the header. */
export function readText({ bytes, at, unicode }: Smb1Block, from: number, end: number): Smb1Text {
  return unicode ? readWide(bytes, from + ((from - at) % 2), end) : readNarrow(bytes, from, end);
}

/** Text of one byte per character. */
export function readNarrow(bytes: Uint8Array, from: number, end: number): Smb1Text {
  let to = Math.min(from, end);
  while (to < end && bytes[to] !== 0) to++;
  return { text: latin1(bytes, Math.min(from, end), to), next: to + 1 };
}

function readWide(bytes: Uint8Array, from: number, end: number): Smb1Text {
  let to = Math.min(from, end);
  while (to + 1 < end && (bytes[to] !== 0 || bytes[to + 1] !== 0)) to += 2;
  return { text: utf16le(bytes, Math.min(from, end), to), next: to + 2 };
}
