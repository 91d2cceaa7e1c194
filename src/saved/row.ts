/** What readers of saved logs hand over, and what they are given to know. */
import type { StreamSchema, Value } from '../model/schema.ts';

/** One record, its fields those of the schema; fields of tokens hold text. */
export interface SavedRow {
  readonly schema: StreamSchema;
  readonly record: Record<string, Value>;
  /** The log was written by this program: identifiers in it were replaced then. */
  readonly own: boolean;
}

/** What a log holds that is not used, and what is wrong with it. */
export class Leftovers {
  /** Records of streams that are not known here, by name. */
  readonly streams = new Map<string, number>();
  /** Values that are not of the type that the schema has. */
  values = 0;
  /** Lines that are no record. */
  lines = 0;
  /** What is wrong with the first of them, with its number. */
  first: string | undefined;

  line(number: number, problem: string): void {
    this.lines++;
    this.first ??= `line ${number}: ${problem}`;
  }

  stream(name: string): void {
    this.streams.set(name, (this.streams.get(name) ?? 0) + 1);
  }
}

/** Turns lines into records. */
export interface LineReader {
  /** The record of a line; undefined when it has none. */
  read(line: string, number: number): SavedRow | undefined;
}

/** Schemas by the name of their stream. */
export type Schemas = ReadonlyMap<string, StreamSchema>;

/** A field that only logs of this program have. */
export const OWN_FIELD = 'capture';
