/** SMB messages made by hand (MS-SMB2 section 2.2, MS-CIFS section 2.2). */
import { joined, type Part } from '../ber-bytes.ts';
import { fileTime, le16, le32, le64, wide } from './little-endian.ts';

/** A message in its frame. */
export const framed = (...messages: readonly Uint8Array[]): Uint8Array => {
  const whole = joined(...messages);
  return joined([0, whole.length >> 16, (whole.length >> 8) & 255, whole.length & 255], whole);
};

export interface Head {
  readonly id: number;
  readonly tree?: number;
  readonly status?: number;
  readonly flags?: number;
  /** Distance to the next message of a compound. */
  readonly next?: number;
}

function smb2(command: number, head: Head, flags: number, ...body: readonly Part[]): Uint8Array {
  const header = joined(
    [0xfe],
    'SMB',
    le16(64),
    le16(1),
    le32(head.status ?? 0),
    le16(command),
    le16(31),
    le32(flags | (head.flags ?? 0)),
    le32(head.next ?? 0),
    le64(head.id),
    le32(0xfeff),
    le32(head.tree ?? 0),
    le64(0x400),
    new Uint8Array(16),
  );
  return joined(header, ...body);
}

const ask = (command: number, head: Head, ...body: readonly Part[]) => smb2(command, head, 0, ...body);
const answer = (command: number, head: Head, ...body: readonly Part[]) => smb2(command, head, 1, ...body);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

export const negotiate2 = (...dialects: number[]): Uint8Array =>
  ask(0, { id: 0 }, le16(36), le16(dialects.length), le16(1), zeros(30), ...dialects.map(le16));

/** With a context that chooses a cipher. */
export function negotiated2(dialect: number, mode: number, token: Uint8Array, cipher = 2): Uint8Array {
  const gap = (8 - ((64 + 64 + token.length) % 8)) % 8;
  return answer(
    0,
    { id: 0 },
    le16(65),
    le16(mode),
    le16(dialect),
    le16(1),
    [...Array(16).keys()],
    le32(0x40),
    zeros(28),
    le16(128),
    le16(token.length),
    le32(128 + token.length + gap),
    token,
    zeros(gap),
    le16(2),
    le16(4),
    le32(0),
    le16(1),
    le16(cipher),
  );
}

export const setup2 = (id: number, token: Uint8Array): Uint8Array =>
  ask(1, { id }, le16(25), [0, 1], zeros(8), le16(88), le16(token.length), zeros(8), token);

export const setUp2 = (id: number, status: number, token: Uint8Array, flags = 0): Uint8Array =>
  answer(1, { id, status }, le16(9), le16(flags), le16(72), le16(token.length), token);

export const treeConnect2 = (id: number, path: string): Uint8Array =>
  ask(3, { id }, le16(9), le16(0), le16(72), le16(path.length * 2), wide(path));

export const treeConnected2 = (id: number, tree: number, type: number): Uint8Array =>
  answer(3, { id, tree }, le16(16), [type, 0], zeros(12));

export const create2 = (head: Head, name: string, options = 0): Uint8Array =>
  ask(5, head, le16(57), zeros(38), le32(options), le16(120), le16(name.length * 2), zeros(8), wide(name));

const fid = (id: number): Uint8Array => joined(le64(id), le64(id));
/** The file of the request before. */
export const PREVIOUS = new Uint8Array(16).fill(0xff);

export const created2 = (head: Head, file: number, size: number, sec = 1_700_000_000): Uint8Array =>
  answer(
    5,
    head,
    le16(89),
    zeros(6),
    fileTime(sec),
    fileTime(sec + 1),
    fileTime(sec + 2),
    fileTime(sec + 3),
    le64(size),
    le64(size),
    zeros(8),
    fid(file),
    zeros(8),
  );

export const close2 = (head: Head, file: number | Uint8Array): Uint8Array =>
  ask(6, head, le16(24), zeros(6), typeof file === 'number' ? fid(file) : file);

export const closed2 = (head: Head): Uint8Array => answer(6, head, le16(60), zeros(58));

export const read2 = (head: Head, file: number | Uint8Array, offset = 0): Uint8Array =>
  ask(
    8,
    head,
    le16(49),
    zeros(2),
    le32(65_536),
    le64(offset),
    typeof file === 'number' ? fid(file) : file,
    zeros(17),
  );

export const readData2 = (head: Head, data: Part): Uint8Array =>
  answer(8, head, le16(17), [80, 0], le32(joined(data).length), zeros(8), data);

export const write2 = (head: Head, file: number, data: Part, offset = 0): Uint8Array =>
  ask(9, head, le16(49), le16(112), le32(joined(data).length), le64(offset), fid(file), zeros(16), data);

export const transceive2 = (head: Head, file: number, data: Uint8Array): Uint8Array =>
  ask(
    11,
    head,
    le16(57),
    le16(0),
    le32(0x0011_c017),
    fid(file),
    le32(120),
    le32(data.length),
    zeros(24),
    data,
  );

export const transceived2 = (head: Head, file: number, data: Uint8Array): Uint8Array =>
  answer(
    11,
    head,
    le16(49),
    le16(0),
    le32(0x0011_c017),
    fid(file),
    le32(112),
    le32(0),
    le32(112),
    le32(data.length),
    zeros(8),
    data,
  );

export const setInfo2 = (head: Head, file: number | Uint8Array, kind: number, info: Uint8Array): Uint8Array =>
  ask(
    17,
    head,
    le16(33),
    [1, kind],
    le32(info.length),
    le16(96),
    zeros(6),
    typeof file === 'number' ? fid(file) : file,
    info,
  );

export const infoSet2 = (head: Head): Uint8Array => answer(17, head, le16(2));

export const renameInfo = (name: string): Uint8Array =>
  joined([0], zeros(15), le32(name.length * 2), wide(name));

/** SMB 1: header, words, bytes. */
export function smb1(
  command: number,
  options: {
    mid: number;
    reply?: boolean;
    status?: number;
    tree?: number;
    unicode?: boolean;
    words?: Uint8Array;
    data?: Part;
  },
): Uint8Array {
  const { mid, reply = false, status = 0, tree = 0, unicode = false, words = zeros(0) } = options;
  const data = joined(options.data ?? []);
  return joined(
    [0xff],
    'SMB',
    [command],
    le32(status),
    [reply ? 0x98 : 0x18],
    le16(unicode ? 0xc801 : 0x4801),
    zeros(12),
    le16(tree),
    le16(0xfeff),
    le16(1),
    le16(mid),
    [words.length / 2],
    words,
    le16(data.length),
    data,
  );
}

/** No further command. */
export const END_OF_CHAIN = joined([0xff, 0], le16(0));
