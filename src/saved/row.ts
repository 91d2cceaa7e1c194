/** What readers of saved logs hand over, and what they are given to know. */
import type { StreamSchema, Value } from '../model/schema.ts';

/** One record, its fields those of the schema; fields of tokens hold text. */
export interface SavedRow {
  readonly schema: StreamSchema;
  readonly record: Record<string, Value>;
  /** The log was written by this program: identifiers in it were replaced then. */
  readonly own: boolean;
}

const MAX_FIELDS = 64;
const HOSTS = ['id.orig_h', 'id.resp_h'];
/** Streams whose records other programs write without the hosts of a flow. */
const WITHOUT_HOSTS = new Set(['files', 'x509', 'ocsp', 'weird', 'software', 'dhcp', 'tunnel']);

/** What a log holds that is not used, and what is wrong with it. */
export class Leftovers {
  /** Records of streams that are not known here, by name. */
  readonly streams = new Map<string, number>();
  /** Values that are not of the type that the schema has. */
  values = 0;
  /** Fields of known streams that have no place here. */
  readonly fields = new Set<string>();
  /** Records of flows that do not say between whom, by the field that is missing. */
  readonly missing = new Map<string, number>();
  /** Lines that are no record. */
  lines = 0;
  /** What is wrong with the first of them, with its number. */
  first: string | undefined;

  line(number: number, problem: string): void {
    this.lines++;
    this.first ??= `line ${number}: ${problem}`;
  }

  /** A field of a stream has no place here. The first of them are named. */
  field(stream: string, name: string): void {
    if (this.fields.size < MAX_FIELDS) this.fields.add(`${stream}.${name}`);
  }

  /** Notes what a record of a flow lacks without which hardly a rule could match it. */
  check(schema: StreamSchema, record: Record<string, Value>): void {
    if (!('id.orig_h' in schema.fields) || WITHOUT_HOSTS.has(schema.name)) return;
    for (const field of HOSTS) {
      if (record[field] !== undefined) continue;
      const key = `${schema.name} without ${field}`;
      this.missing.set(key, (this.missing.get(key) ?? 0) + 1);
    }
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
