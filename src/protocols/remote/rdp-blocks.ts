/**
 * What RDP's client and server tell each other in the MCS connection (MS-RDPBCGR sections 2.2.1.3 and 2.2.1.4): the blocks
 * of user data inside T.124's ConferenceCreate, which are looked for by their headers. No state.
 *
 * Limits: `MAX_CHANNELS`.
 */
import { indexOf, startsWith, u16le, u32le } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';

/** MS-RDPBCGR section 2.2.1.3.4: at most 31 channels. */
const MAX_CHANNELS = 31;

const CS_CORE = 0xc001;
const CS_NET = 0xc003;
const SC_CORE = 0x0c01;
const SC_SECURITY = 0x0c02;

/** T.124's key of the client's and the server's user data: OID 0.0.20.124.0.1, later `Duca` or `McDn`. */
const CLIENT_KEY = 'Duca';
const SERVER_KEY = 'McDn';

export interface ClientData {
  readonly width: number;
  readonly height: number;
  readonly keyboard: number;
  readonly build: number;
  readonly name: string;
  readonly colorDepth: number | undefined;
  readonly productId: string | undefined;
  readonly channels: readonly string[];
  /** A channel that only the server may open: CVE-2019-0708 (BlueKeep) asks for it. */
  readonly forbiddenChannel: boolean;
}

export interface ServerData {
  readonly encryptionMethod: number;
  readonly encryptionLevel: number;
  readonly certificate:
    | { readonly type: string; readonly count: number; readonly permanent: boolean }
    | undefined;
}

/** Blocks of user data behind a key: type → position and end of the content. */
function readBlocks(
  bytes: Uint8Array,
  from: number,
  to: number,
  key: string,
): Map<number, readonly [number, number]> {
  const blocks = new Map<number, readonly [number, number]>();
  let at = positionBehind(bytes, from, to, key);
  if (at < 0) return blocks;
  // The length of the user data (PER): one byte, or two with the top bit set.
  at += bytes[at]! & 0x80 ? 2 : 1;
  while (at + 4 <= to) {
    const length = u16le(bytes, at + 2);
    if (length < 4 || at + length > to) break;
    blocks.set(u16le(bytes, at), [at + 4, at + length]);
    at += length;
  }
  return blocks;
}

function positionBehind(bytes: Uint8Array, from: number, to: number, key: string): number {
  const first = key.charCodeAt(0);
  for (let at = indexOf(bytes, first, from, to); at >= 0; at = indexOf(bytes, first, at + 1, to)) {
    if (at + key.length < to && startsWith(bytes, at, to, key)) return at + key.length;
  }
  return -1;
}

/** Undefined when there is no core block, or it is too short. */
export function readClientData(bytes: Uint8Array, from: number, to: number): ClientData | undefined {
  const blocks = readBlocks(bytes, from, to, CLIENT_KEY);
  const core = blocks.get(CS_CORE);
  if (core === undefined || core[1] - core[0] < 128) return undefined;
  const [at, end] = core;
  const channels = readChannels(bytes, blocks.get(CS_NET));
  return {
    width: u16le(bytes, at + 4),
    height: u16le(bytes, at + 6),
    keyboard: u32le(bytes, at + 12),
    build: u32le(bytes, at + 16),
    name: utf16(bytes, at + 20, at + 52),
    // Each of the later fields may be missing.
    colorDepth: end - at >= 138 ? u16le(bytes, at + 136) : undefined,
    productId: end - at >= 206 ? utf16(bytes, at + 142, at + 206) : undefined,
    channels: channels.map(name => name.toLowerCase()).filter(name => name !== ''),
    forbiddenChannel: channels.some(name => name.toUpperCase() === 'MS_T120'),
  };
}

function readChannels(bytes: Uint8Array, block: readonly [number, number] | undefined): string[] {
  if (block === undefined || block[1] - block[0] < 4) return [];
  const [at, end] = block;
  const count = Math.min(u32le(bytes, at), MAX_CHANNELS, Math.floor((end - at - 4) / 12));
  return Array.from({ length: count }, (_, i) => cString(bytes, at + 4 + i * 12, 8));
}

/** Undefined when there is no security block. */
export function readServerData(bytes: Uint8Array, from: number, to: number): ServerData | undefined {
  const blocks = readBlocks(bytes, from, to, SERVER_KEY);
  const security = blocks.get(SC_SECURITY);
  if (!blocks.has(SC_CORE) || security === undefined || security[1] - security[0] < 8) return undefined;
  const [at, end] = security;
  return {
    encryptionMethod: u32le(bytes, at),
    encryptionLevel: u32le(bytes, at + 4),
    certificate: readCertificate(bytes, at, end),
  };
}

/** MS-RDPBCGR section 2.2.1.4.3.1: version 1 is a bare RSA key, version 2 a chain of X.509 certificates. */
function readCertificate(bytes: Uint8Array, at: number, end: number): ServerData['certificate'] {
  if (end - at < 16) return undefined;
  const start = at + 16 + u32le(bytes, at + 8);
  if (start + 4 > end || u32le(bytes, at + 12) === 0) return undefined;
  const version = u32le(bytes, start);
  const x509 = (version & 0x7fff_ffff) === 2;
  return {
    type: x509 ? 'X.509' : 'RSA',
    count: x509 && start + 8 <= end ? Math.min(u32le(bytes, start + 4), 0xffff) : 0,
    permanent: version >>> 31 === 0,
  };
}

function cString(bytes: Uint8Array, at: number, length: number): string {
  const text = latin1(bytes, at, at + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** UTF-16, up to its first NUL. */
function utf16(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at + 1 < to; at += 2) {
    const unit = u16le(bytes, at);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}
