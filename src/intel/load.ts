/**
 * Indicator files → table. What a file is, its first bytes tell: JSON (STIX bundle or MISP events), else lines (CSV, Zeek, one per
 * line). Lines are read in pieces, JSON whole; both up to a limit.
 *
 * A file that cannot be read as a whole is an error, and so is one of which nothing can be used. A line that cannot is
 * skipped, counted by reason, and the first few are named with their line.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Problem, systemMessage, UserError } from '../errors.ts';
import { Intake, type IntelFile } from './intake.ts';
import { INTEL_LIMITS } from './limits.ts';
import { LineReader } from './read-lines.ts';
import { readMisp } from './read-misp.ts';
import { readStix } from './read-stix.ts';
import { IndicatorTable } from './table.ts';

const CHUNK = 1 << 20;

/** What was loaded. */
export interface LoadedIntel {
  readonly table: IndicatorTable;
  readonly files: readonly IntelFile[];
}

/** @throws UserError with every file that cannot be used */
export function loadIntel(paths: readonly string[]): LoadedIntel {
  const table = new IndicatorTable();
  const problems: Problem[] = [];
  const files: IntelFile[] = [];
  for (const file of new Set(paths)) {
    const intake = new Intake(table, file, basename(file));
    try {
      readFile(file, intake);
    } catch (error) {
      problems.push(...problemsOf(file, error));
      continue;
    }
    const account = intake.account();
    files.push(account);
    if (account.taken === 0) problems.push(...unused(account));
  }
  if (table.refused > 0) problems.push({ message: `more than ${INTEL_LIMITS.indicators} indicators` });
  if (problems.length > 0) throw new UserError(problems);
  return { table, files };
}

function unused({ file, warnings }: IntelFile): readonly Problem[] {
  const details = warnings.map(warning => ({ ...warning, severity: 'error' as const }));
  return [{ file, message: 'holds no indicator that can be used' }, ...details];
}

function problemsOf(file: string, error: unknown): readonly Problem[] {
  if (error instanceof UserError) return error.problems;
  if (error instanceof TypeError) return [{ file, message: 'not UTF-8 text' }];
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return [{ file, message: code === 'ENOENT' ? 'no such file' : `cannot be read: ${systemMessage(error)}` }];
}

function readFile(file: string, intake: Intake): void {
  const { size } = statSync(file);
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(4096);
    const length = readSync(handle, head, 0, head.length, 0);
    if (
      /^\ufeff?\s*[{[]/.test(head.toString('utf8', 0, length)) &&
      !isBracketed(head.toString('utf8', 0, length))
    ) {
      readJson(file, size, intake);
    } else {
      if (size > INTEL_LIMITS.fileBytes) throw tooLarge(file, INTEL_LIMITS.fileBytes);
      readLines(handle, new LineReader(file, intake));
    }
  } finally {
    closeSync(handle);
  }
}

/** A list that begins with a defanged or bracketed indicator is no JSON. */
function isBracketed(head: string): boolean {
  return /^\ufeff?\s*\[[0-9a-f:.]+\][^,]/i.test(head);
}

function readJson(file: string, size: number, intake: Intake): void {
  if (size > INTEL_LIMITS.jsonBytes) throw tooLarge(file, INTEL_LIMITS.jsonBytes);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new UserError([{ file, message: `not valid JSON: ${(error as Error).message.slice(0, 120)}` }]);
  }
  if (readStix(document, intake) || readMisp(document, intake)) return;
  throw new UserError([{ file, message: 'JSON, but neither a STIX 2.1 bundle nor a MISP event' }]);
}

function tooLarge(file: string, most: number): UserError {
  return new UserError([{ file, message: `larger than ${most} bytes` }]);
}

function readLines(handle: number, reader: LineReader): void {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const chunk = Buffer.alloc(CHUNK);
  let rest = '';
  for (let length = CHUNK, at = 0; length > 0; at += length) {
    length = readSync(handle, chunk, 0, CHUNK, at);
    const text = rest + decoder.decode(chunk.subarray(0, length), { stream: length > 0 });
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      reader.line(text.charCodeAt(to - 1) === 13 ? text.slice(from, to - 1) : text.slice(from, to));
      from = to + 1;
    }
    rest = text.slice(from);
    // A line beyond all measure is told of once, and the rest of it passed over.
    if (rest.length > 4 * INTEL_LIMITS.lineLength) rest = rest.slice(0, INTEL_LIMITS.lineLength + 1);
  }
  if (rest !== '') reader.line(rest);
  reader.end();
}
