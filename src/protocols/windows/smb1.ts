/**
 * SMB 1 (MS-CIFS, MS-SMB): negotiation, sessions, shares, files and pipes; AndX chains are walked. A login with a
 * password in clear, which old servers allow, becomes a `credentials` record. What MS17-010 looks like is in
 * `smb1-attacks.ts`.
 *
 * Not decoded: files opened with commands older than NT_CREATE_ANDX, searches. A message may be given without its end.
 * Limits: `MAX_CHAIN`, `MAX_DIALECTS`, and those of `smb-session.ts`.
 */
import { u16le, u32le } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';
import { type Direction, ORIG, RESP } from '../../model/protocol.ts';
import { remember } from './bounded-map.ts';
import { readUuid } from './dce-rpc-pdu.ts';
import { readU64 } from './filetime.ts';
import { dataWithin, type FileData } from './smb-bodies.ts';
import { MAX_REQUESTS, type OpenFile, type SmbSession, type Tree } from './smb-session.ts';
import { Smb1Attacks } from './smb1-attacks.ts';
import {
  chains,
  NO_ANDX,
  readBlock,
  readNarrow,
  readText,
  SMB1,
  SMB1_HEADER,
  type Smb1Block,
} from './smb1-messages.ts';
import { readTimes } from './smb2.ts';

const MAX_CHAIN = 16;
const MAX_DIALECTS = 32;
const REPLY = 0x80;
const STATUS_MORE_PROCESSING = 0xc000_0016;
const STATUS_BUFFER_OVERFLOW = 0x8000_0005;
const DELETE_ON_CLOSE = 0x0000_1000;
/** Transaction on a named pipe that writes and reads (MS-CIFS section 2.2.5). */
const TRANSACT_NAMED_PIPE = 0x26;
const EXTENDED_SECURITY = 0x8000_0000;

interface Request {
  readonly tree?: Tree | undefined;
  readonly file?: OpenFile | undefined;
  /** Place in the file of what is read. */
  readonly offset?: number;
  /** A login that carried a password in clear. */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
}

const NOTHING: Request = {};

export class Smb1 {
  readonly #session: SmbSession;
  readonly #attacks: Smb1Attacks;
  readonly #requests = new Map<number, Request>();
  #dialects: string[] = [];
  /** The server takes passwords as they are. */
  #clearPasswords = false;

  constructor(session: SmbSession) {
    this.#session = session;
    this.#attacks = new Smb1Attacks(session.flow);
  }

  /** A message in `[from, to)`, beginning with its header. */
  take(direction: Direction, bytes: Uint8Array, from: number, to: number): void {
    if (from + SMB1_HEADER + 3 > to) return;
    let command = bytes[from + 4]!;
    const reply = (bytes[from + 9]! & REPLY) !== 0;
    if (command !== SMB1.negotiate) this.#session.facts.smb1 = true;
    if ((u16le(bytes, from + 10) & 0x0004) !== 0) this.#session.facts.signed = true;
    let start = from + SMB1_HEADER;
    for (let i = 0; ; i++) {
      const block = readBlock(bytes, from, start, to, command);
      if (block === undefined) return;
      if (reply) this.#response(block, direction);
      else this.#request(block, direction);
      if (!chains(command) || block.wordBytes < 4) return;
      command = bytes[block.words]!;
      if (command === NO_ANDX) return;
      const next = from + u16le(bytes, block.words + 2);
      if (next <= start) {
        this.#session.flow.weird('smb_andx_offset_not_advancing');
        return;
      }
      if (i + 1 >= MAX_CHAIN) {
        this.#session.flow.weird('smb_andx_chain_limit');
        return;
      }
      start = next;
    }
  }

  /** The file contents in a READ_ANDX answer or WRITE_ANDX request of `size` bytes at `at` that no other command follows. */
  dataOf(bytes: Uint8Array, at: number, end: number, size: number): FileData | undefined {
    const command = at + SMB1_HEADER < end ? bytes[at + 4]! : 0;
    if (command !== SMB1.readAndX && command !== SMB1.writeAndX) return undefined;
    const block = readBlock(bytes, at, at + SMB1_HEADER, end, command);
    if (block === undefined || block.wordBytes < 24 || bytes[block.words] !== NO_ANDX) return undefined;
    return this.#fileData(block, (bytes[at + 9]! & REPLY) !== 0, size);
  }

  #fileData(block: Smb1Block, reply: boolean, size: number): FileData | undefined {
    const { bytes, words, wordBytes, status } = block;
    if (reply !== (block.command === SMB1.readAndX)) return undefined;
    if (reply) {
      if (status !== 0 && status !== STATUS_BUFFER_OVERFLOW) return undefined;
      const { file, offset } = this.#requests.get(block.id) ?? NOTHING;
      const length = u16le(bytes, words + 10) + u16le(bytes, words + 14) * 65_536;
      return dataWithin(file, offset, u16le(bytes, words + 12), length, size);
    }
    const file = this.#session.file(String(u16le(bytes, words + 4)));
    const offset = u32le(bytes, words + 6) + (wordBytes >= 28 ? u32le(bytes, words + 24) * 2 ** 32 : 0);
    const length = u16le(bytes, words + 20) + u16le(bytes, words + 18) * 65_536;
    return dataWithin(file, offset, u16le(bytes, words + 22), length, size);
  }

  /** Contents in a command of a chain. */
  #takeChained(block: Smb1Block, direction: Direction): void {
    const { bytes, at, end, words, wordBytes } = block;
    if (wordBytes < 24 || (block.first && bytes[words] === NO_ANDX)) return;
    const data = this.#fileData(block, block.command === SMB1.readAndX, end - at);
    if (data !== undefined) this.#session.bodies.take(direction, data, bytes, at, end);
  }

  #request(block: Smb1Block, direction: Direction): void {
    this.#attacks.request(block);
    const request = this.#readRequest(block, direction);
    // Commands of a chain share their identifiers: what one of them leaves holds for all.
    const merged = { ...this.#requests.get(block.id), ...request };
    if (remember(this.#requests, block.id, merged, MAX_REQUESTS)) {
      this.#session.flow.weird('smb_too_many_requests');
    }
  }

  #readRequest(block: Smb1Block, direction: Direction): Request {
    const session = this.#session;
    const { bytes, at, words, wordBytes, data, dataEnd, treeId } = block;
    const fileAt = (offset: number): OpenFile | undefined =>
      session.file(String(u16le(bytes, words + offset)));
    switch (block.command) {
      case SMB1.negotiate:
        this.#negotiateRequest(block);
        return NOTHING;
      case SMB1.sessionSetupAndX:
        return this.#sessionSetupRequest(block);
      case SMB1.treeConnectAndX: {
        if (wordBytes < 8) return NOTHING;
        const { text: path } = readText(block, data + u16le(bytes, words + 6), dataEnd);
        return { tree: session.newTree(path) };
      }
      case SMB1.treeDisconnect:
        session.disconnect(treeId);
        return NOTHING;
      case SMB1.ntCreateAndX: {
        if (wordBytes < 48) return NOTHING;
        const from = block.unicode ? data + ((data - at) % 2) : data;
        const to = Math.min(from + u16le(bytes, words + 5), dataEnd);
        const { text: name } = readText(block, from, Math.max(from, to));
        const onClose = (u32le(bytes, words + 39) & DELETE_ON_CLOSE) !== 0;
        return { file: session.newFile(name, session.tree(treeId), onClose) };
      }
      case SMB1.close: {
        return wordBytes >= 6 ? { file: fileAt(0) } : NOTHING;
      }
      case SMB1.readAndX:
        if (wordBytes < 20) return NOTHING;
        return {
          file: fileAt(4),
          offset: u32le(bytes, words + 6) + (wordBytes >= 24 ? u32le(bytes, words + 20) * 2 ** 32 : 0),
        };
      case SMB1.writeAndX: {
        if (wordBytes < 24) return NOTHING;
        const file = fileAt(4);
        this.#feedPipe(file, direction, block, u16le(bytes, words + 22), u16le(bytes, words + 20));
        this.#takeChained(block, direction);
        return { file };
      }
      case SMB1.transaction: {
        if (wordBytes < 32 || u16le(bytes, words + 28) !== TRANSACT_NAMED_PIPE) return NOTHING;
        const file = session.pipe(String(u16le(bytes, words + 30)), session.tree(treeId));
        this.#feedPipe(file, direction, block, u16le(bytes, words + 24), u16le(bytes, words + 22));
        return { file };
      }
      case SMB1.delete:
        return { file: session.newFile(this.#formatted(block, data).text, session.tree(treeId)) };
      case SMB1.rename: {
        const from = this.#formatted(block, data);
        const file = session.newFile(this.#formatted(block, from.next).text, session.tree(treeId));
        return { file, tree: { ...session.newTree(from.text), shareType: undefined } };
      }
      default:
        return NOTHING;
    }
  }

  #response(block: Smb1Block, direction: Direction): void {
    this.#attacks.response(block);
    const session = this.#session;
    const { bytes, words, wordBytes, data, dataEnd, status, command } = block;
    const request = this.#requests.get(block.id) ?? NOTHING;
    if (command === SMB1.sessionSetupAndX) {
      this.#sessionSetupResponse(block, request);
      return;
    }
    if (status !== 0 && status !== STATUS_BUFFER_OVERFLOW) return;
    switch (command) {
      case SMB1.negotiate:
        this.#negotiateResponse(block);
        break;
      case SMB1.treeConnectAndX: {
        if (request.tree === undefined) break;
        const service = readNarrow(bytes, data, dataEnd);
        const system = service.next < dataEnd ? readText(block, service.next, dataEnd).text : '';
        session.connect(block.treeId, request.tree, shareType(service.text), service.text, system);
        break;
      }
      case SMB1.ntCreateAndX: {
        const { file } = request;
        if (file === undefined || wordBytes < 68) break;
        file.size = readU64(bytes, words + 55);
        file.times = readTimes(bytes, words + 11);
        session.opened(String(u16le(bytes, words + 5)), file);
        break;
      }
      case SMB1.close:
        if (request.file !== undefined) session.closeFile(request.file);
        break;
      case SMB1.readAndX:
        if (wordBytes >= 24) {
          this.#feedPipe(request.file, direction, block, u16le(bytes, words + 12), u16le(bytes, words + 10));
          this.#takeChained(block, direction);
        }
        break;
      case SMB1.transaction:
        if (wordBytes >= 20) {
          this.#feedPipe(request.file, direction, block, u16le(bytes, words + 14), u16le(bytes, words + 12));
        }
        break;
      case SMB1.delete:
        if (request.file !== undefined) session.record(request.file, 'FILE_DELETE');
        break;
      case SMB1.rename:
        if (request.file !== undefined) session.record(request.file, 'FILE_RENAME', request.tree?.path);
        break;
    }
  }

  #feedPipe(
    file: OpenFile | undefined,
    direction: Direction,
    { bytes, at, end }: Smb1Block,
    offset: number,
    length: number,
  ): void {
    file?.pipe?.feed(direction, bytes, Math.min(at + offset, end), Math.min(at + offset + length, end));
  }

  /** A text behind the byte that says it is one (MS-CIFS section 2.2.4.7.1). */
  #formatted(block: Smb1Block, from: number): { readonly text: string; readonly next: number } {
    return readText(block, from + 1, block.dataEnd);
  }

  #negotiateRequest({ bytes, data, dataEnd }: Smb1Block): void {
    const names: string[] = [];
    let at = data;
    while (names.length < MAX_DIALECTS && at < dataEnd && bytes[at] === 2) {
      const { text, next } = readNarrow(bytes, at + 1, dataEnd);
      names.push(text);
      at = next;
    }
    this.#dialects = names;
    this.#session.facts.dialects_offered = names;
  }

  #negotiateResponse(block: Smb1Block): void {
    const { bytes, words, wordBytes, data, dataEnd } = block;
    const { facts, logins } = this.#session;
    if (wordBytes < 2) return;
    facts.dialect = this.#dialects[u16le(bytes, words)];
    if (wordBytes < 34) return;
    const mode = bytes[words + 2]!;
    facts.signing_enabled = (mode & 4) !== 0;
    facts.signing_required = (mode & 8) !== 0;
    this.#clearPasswords = (mode & 2) === 0;
    if (u32le(bytes, words + 19) < EXTENDED_SECURITY || data + 16 > dataEnd) return;
    facts.server_guid = readUuid(bytes, data, true);
    logins.take(bytes, data + 16, dataEnd);
  }

  #sessionSetupRequest(block: Smb1Block): Request {
    const { bytes, words, wordBytes, data, dataEnd } = block;
    const session = this.#session;
    if (wordBytes === 24) {
      const to = Math.min(data + u16le(bytes, words + 14), dataEnd);
      session.logins.take(bytes, data, to);
      this.#programs(block, to, ORIG);
      return NOTHING;
    }
    if (wordBytes !== 26) return NOTHING;
    const password = Math.min(data + u16le(bytes, words + 14), dataEnd);
    const account = readText(block, Math.min(password + u16le(bytes, words + 16), dataEnd), dataEnd);
    const domain = readText(block, account.next, dataEnd);
    this.#programs(block, domain.next, ORIG);
    if (!this.#clearPasswords || account.text === '') return NOTHING;
    return { login: { user: account.text, password: withoutZeros(bytes.slice(data, password)) } };
  }

  #sessionSetupResponse(block: Smb1Block, { login }: Request): void {
    const { bytes, words, wordBytes, data, dataEnd, status } = block;
    const { flow, logins, facts } = this.#session;
    if (wordBytes >= 6 && (bytes[words + 4]! & 1) !== 0 && status === 0) facts.guest = true;
    const token = wordBytes >= 8 ? u16le(bytes, words + 6) : 0;
    if (token > 0) logins.take(bytes, data, Math.min(data + token, dataEnd));
    this.#programs(block, data + token, RESP);
    if (status === STATUS_MORE_PROCESSING) return;
    logins.finish(status === 0);
    if (login === undefined) return;
    this.#requests.delete(block.id);
    const { user, password } = login;
    flow.credentials({
      protocol: 'smb',
      user,
      secret: password,
      secretKind: 'password',
      success: status === 0,
    });
  }

  /** Names of operating system and program that both sides give. */
  #programs(block: Smb1Block, from: number, side: Direction): void {
    if (from >= block.dataEnd) return;
    const system = readText(block, from, block.dataEnd);
    const program = readText(block, system.next, block.dataEnd);
    const { facts, flow } = this.#session;
    const os = system.text === '' ? undefined : system.text;
    const software = program.text === '' ? undefined : program.text;
    if (side === ORIG) Object.assign(facts, { client_os: os, client_software: software });
    else Object.assign(facts, { server_os: os, server_software: software });
    if (os !== undefined && !os.includes('\ufffd')) {
      flow.software({ side, type: side === ORIG ? 'SMB::CLIENT' : 'SMB::SERVER', text: os });
    }
  }
}

function shareType(service: string): string {
  if (service === 'IPC') return 'PIPE';
  return service.startsWith('LPT') ? 'PRINT' : 'DISK';
}

function withoutZeros(password: Uint8Array): string {
  return latin1(password).replace(/\0+$/, '');
}
