/**
 * JSON lines in Zeek's style, ours included: one object per record, its stream in `_path` or in the name of the file
 * (`conn.log`, `conn.2026-11-23-09-00-00.log.gz`). Times may be numbers or ISO 8601; numbers keep all their digits.
 */
import type { Fields, Moment, Value } from '../model/schema.ts';
import { type Leftovers, type LineReader, OWN_FIELD, type SavedRow, type Schemas } from './row.ts';
import { epochMoment, jsonValue } from './values.ts';

export class ZeekJsonReader implements LineReader {
  readonly #schemas: Schemas;
  readonly #left: Leftovers;
  readonly #named: string;

  /** @param named the stream that the name of the file says, for records that do not */
  constructor(schemas: Schemas, left: Leftovers, named: string) {
    this.#schemas = schemas;
    this.#left = left;
    this.#named = named;
  }

  read(line: string, number: number): SavedRow | undefined {
    if (line.trim() === '') return undefined;
    const parsed = parseObject(line);
    if (parsed === undefined) {
      this.#left.line(number, 'no JSON object');
      return undefined;
    }
    const path = typeof parsed['_path'] === 'string' ? parsed['_path'] : this.#named;
    const schema = this.#schemas.get(path);
    if (schema === undefined) {
      this.#left.stream(path);
      return undefined;
    }
    const record: Record<string, Value> = {};
    for (const [name, given] of Object.entries(parsed)) {
      const field = Object.hasOwn(schema.fields, name) ? (schema.fields as Fields)[name] : undefined;
      if (field === undefined && name !== '_path') this.#left.field(schema.name, name);
      if (field === undefined || given === null) continue;
      const value =
        (field.type === 'time' ? exactTime(line, name) : undefined) ?? jsonValue(field.type, given);
      if (value === undefined) this.#left.values++;
      else record[name] = value;
    }
    if (record['ts'] === undefined) {
      this.#left.line(number, 'no time');
      return undefined;
    }
    this.#left.check(schema, record);
    return { schema, record, own: Object.hasOwn(parsed, OWN_FIELD) };
  }
}

/** A line as an object; undefined when it is none. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The digits of a time as they are written, which a double would not keep. Within a text of the line the quotes of the name
 * would be escaped, so that this finds the field itself.
 */
function exactTime(line: string, name: string): Moment | undefined {
  const at = line.indexOf(`"${name}":`);
  if (at < 0) return undefined;
  const digits = /^\s*([\d.]{1,40})[,}\s]/.exec(line.slice(at + name.length + 3, at + name.length + 48));
  return digits === null ? undefined : epochMoment(digits[1]!);
}
