/**
 * FTP's arguments and replies as data: reply lines, data channel addresses (RFC 959 sections 4.1.2 and 4.2, RFC 2428)
 * and path names. No state.
 */
import { parseAddress } from '../../net/cidr.ts';

/** Longest path that is remembered. */
const MAX_PATH = 4096;

export interface ReplyLine {
  readonly code: number;
  /** More lines of the same reply follow. */
  readonly more: boolean;
  readonly text: string;
}

/** `230 Logged in.` or `230-`; undefined for a line within a reply. */
export function readReply(line: string): ReplyLine | undefined {
  if (!/^[1-6]\d\d(?:[ -]|$)/.test(line)) return undefined;
  return { code: Number(line.slice(0, 3)), more: line[3] === '-', text: line.slice(4) };
}

/** Where data will be transferred. */
export interface Endpoint {
  /** Absent when the address is that of the control connection (EPSV). */
  readonly host: string | undefined;
  readonly port: number;
}

/** Six numbers, in the argument of PORT or somewhere in the reply to PASV. */
export function readHostPort(text: string): Endpoint | undefined {
  const match = /(?:^|[^\d,])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d,])/.exec(text);
  const numbers = match?.slice(1).map(Number);
  if (numbers === undefined || numbers.some(number => number > 255)) return undefined;
  return { host: numbers.slice(0, 4).join('.'), port: numbers[4]! * 256 + numbers[5]! };
}

/** RFC 2428 section 2: `|1|132.235.1.2|6275|`. */
export function readExtendedPort(text: string): Endpoint | undefined {
  const match = /^(.)[12]\1([0-9A-Fa-f.:]{2,45})\1(\d{1,5})\1/.exec(text);
  const host = match ? parseAddress(match[2]!) : undefined;
  return host === undefined ? undefined : endpoint(host, match![3]!);
}

/** RFC 2428 section 3: `(|||6446|)` in the reply to EPSV. */
export function readExtendedPassive(text: string): Endpoint | undefined {
  const match = /\((.)\1\1(\d{1,5})\1\)/.exec(text);
  return match ? endpoint(undefined, match[2]!) : undefined;
}

function endpoint(host: string | undefined, port: string): Endpoint | undefined {
  const number = Number(port);
  return number <= 65_535 ? { host, port: number } : undefined;
}

/** The last whole number in a text: the size in `150 … (1048576 bytes)` and `213 1048576`. */
export function lastNumber(text: string): number | undefined {
  let end = text.length;
  while (end > 0 && !isDigit(text, end - 1)) end--;
  let from = end;
  while (from > 0 && end - from < 15 && isDigit(text, from - 1)) from--;
  return from < end ? Number(text.slice(from, end)) : undefined;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** The path in quotes, with doubled quotes undone (RFC 959 appendix II). */
export function quotedPath(text: string): string | undefined {
  const from = text.indexOf('"');
  const to = text.lastIndexOf('"');
  return from >= 0 && to > from
    ? text
        .slice(from + 1, to)
        .replaceAll('""', '"')
        .slice(0, MAX_PATH)
    : undefined;
}

/** A path as seen from a directory, with `..` and doubled slashes taken out. */
export function joinPath(directory: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${directory}/${path}`;
  const absolute = whole.startsWith('/');
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    const last = parts.at(-1);
    if (part === '' || (part === '.' && (absolute || parts.length > 0))) continue;
    if (part !== '..') parts.push(part);
    else if (last !== undefined && last !== '.' && last !== '..') parts.pop();
    else if (!absolute) parts.push(part);
  }
  return `${absolute ? '/' : ''}${parts.join('/')}`.slice(0, MAX_PATH);
}

/** Zeek's `arg` of a command on a file: `ftp://10.0.0.5/pub/x.bin`. */
export function fileUrl(host: string, directory: string, path: string): string {
  const joined = joinPath(directory, path);
  return `ftp://${host.includes(':') ? `[${host}]` : host}${joined.startsWith('/') ? '' : '/'}${joined}`;
}
