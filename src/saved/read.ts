/** One saved log → its records. What is wrong with a log ends or shortens it and never throws. */
import { EveReader } from './eve.ts';
import type { SavedInput } from './inputs.ts';
import { LinesError, readLines } from './lines.ts';
import { Leftovers, type LineReader, type SavedRow, type Schemas } from './row.ts';
import { ZeekJsonReader } from './zeek-json.ts';
import { ZeekTsvReader } from './zeek-tsv.ts';

/** How reading went. */
export interface SavedReading {
  readonly left: Leftovers;
  /** Why it ended early; everything before that was read. */
  readonly problem: string | undefined;
}

/** Reads a log and hands over its records in order. @param onBytes told how many bytes of the file were read */
export async function readSaved(
  input: SavedInput,
  schemas: Schemas,
  onRow: (row: SavedRow) => void,
  onBytes: (count: number) => void,
  signal: AbortSignal | undefined,
): Promise<SavedReading> {
  const left = new Leftovers();
  const eve = input.format === 'eve_json' ? new EveReader(schemas, left) : undefined;
  const Reader = input.format === 'zeek_tsv' ? ZeekTsvReader : ZeekJsonReader;
  const reader: LineReader = eve ?? new Reader(schemas, left, streamOf(input.file));
  let problem: string | undefined;
  try {
    for await (const { texts, first } of readLines(input.file, input.compressed, onBytes, signal)) {
      for (let i = 0; i < texts.length; i++) {
        const row = reader.read(texts[i]!, first + i);
        if (row !== undefined) onRow(row);
      }
    }
  } catch (error) {
    if (!(error instanceof LinesError)) throw error;
    problem = error.message;
  }
  if (eve !== undefined) for (const row of eve.finish()) onRow(row);
  return { left, problem };
}

/** The stream that the name of a log says: `conn.2026-11-23-09-00-00.log.gz`. */
function streamOf(file: string): string {
  return (/([^/\\]+)$/.exec(file)?.[1] ?? '').split('.', 1)[0]!;
}
