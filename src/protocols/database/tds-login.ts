/**
 * MS-TDS as data: options of PRELOGIN (section 2.2.6.5), LOGIN7 with its barely hidden password (section 2.2.6.4), and
 * the first tokens of an answer (section 2.2.7). No state. Limits: `MAX_OPTIONS`, `MAX_TOKENS`.
 */
import { u16be, u16le, u32le } from '../../bytes/read.ts';
import { utf16le } from '../../bytes/text.ts';

const MAX_OPTIONS = 16;
const MAX_TOKENS = 64;
const ENCRYPTION = 1;
/** Token that carries one of Windows' login. */
const SSPI = 0xed;
const MODES = ['off', 'on', 'not_supported', 'required'];

/** What a side says about encryption; undefined when it says nothing. */
export function readEncryption(bytes: Uint8Array, from: number, to: number): string | undefined {
  for (let i = 0, at = from; i < MAX_OPTIONS && at + 5 <= to && bytes[at] !== 0xff; i++, at += 5) {
    const value = from + u16be(bytes, at + 1);
    if (bytes[at] === ENCRYPTION && value < to) return MODES[bytes[value]! & 3];
  }
  return undefined;
}

export interface TdsLogin {
  /** `7.1` … `7.4`. */
  readonly version: string;
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly application: string;
  readonly server: string;
  readonly library: string;
  readonly database: string;
  /** Windows logs in, not a name with a password. */
  readonly integrated: boolean;
  /** Token of Windows' login, `[from, to)`. */
  readonly token: readonly [number, number];
}

export function readLogin(bytes: Uint8Array, from: number, to: number): TdsLogin | undefined {
  if (from + 86 > to) return undefined;
  const text = (field: number, reveal = false): string => {
    const at = from + u16le(bytes, from + field);
    const end = at + u16le(bytes, from + field + 2) * 2;
    if (end > to) return '';
    return reveal ? utf16le(bytes.slice(at, end).map(unhide)) : utf16le(bytes, at, end);
  };
  return {
    version: `7.${bytes[from + 7]! & 15}`,
    host: text(36),
    user: text(40),
    password: text(44, true),
    application: text(48),
    server: text(52),
    library: text(60),
    database: text(68),
    integrated: u16le(bytes, from + 80) > 0,
    token: tokenAt(from + u16le(bytes, from + 78), u16le(bytes, from + 80), to),
  };
}

/** Of a long token only what stands in the first packet. */
function tokenAt(at: number, length: number, to: number): readonly [number, number] {
  return at <= to ? [at, Math.min(at + length, to)] : [to, to];
}

/** Section 2.2.6.4: halves of each byte are swapped, then every other bit is inverted. */
function unhide(byte: number): number {
  const plain = byte ^ 0xa5;
  return ((plain & 15) << 4) | (plain >> 4);
}

export interface TdsAnswer {
  readonly success: boolean | undefined;
  readonly error: number | undefined;
  readonly message: string | undefined;
  /** Name and version of the server, in the answer to a login. */
  readonly program: string | undefined;
  /** Token of Windows' login, `[from, to)`; the login goes on when there is nothing else. */
  readonly token: readonly [number, number] | undefined;
}

/** Tokens up to the first data: errors, an accepted login, the end. */
export function readAnswer(bytes: Uint8Array, from: number, to: number): TdsAnswer {
  let success: boolean | undefined;
  let error: number | undefined;
  let message: string | undefined;
  let program: string | undefined;
  let challenge: readonly [number, number] | undefined;
  let at = from;
  for (let i = 0; i < MAX_TOKENS && at + 3 <= to; i++) {
    const token = bytes[at]!;
    if (token === 0xfd || token === 0xfe || token === 0xff) {
      // DONE: bit 1 tells of an error.
      success ??= (u16le(bytes, at + 1) & 2) === 0;
      break;
    }
    if (token !== 0xaa && token !== 0xab && token !== 0xad && token !== 0xe3 && token !== SSPI) {
      success ??= true;
      break;
    }
    const body = at + 3;
    const next = body + u16le(bytes, at + 1);
    if (next > to) break;
    if (token === SSPI) challenge = [body, next];
    else if (token === 0xaa && body + 8 <= next) {
      success = false;
      error = u32le(bytes, body);
      message = utf16le(bytes, body + 8, Math.min(body + 8 + u16le(bytes, body + 6) * 2, next));
    } else if (token === 0xad && body + 6 <= next) {
      success = true;
      const end = body + 6 + bytes[body + 5]! * 2;
      if (end + 4 <= next) {
        const name = utf16le(bytes, body + 6, end).replace(/\0+$/, '');
        program = `${name} ${bytes[end]}.${bytes[end + 1]}.${u16be(bytes, end + 2)}`;
      }
    }
    at = next;
  }
  return { success, error, message, program, token: challenge };
}
