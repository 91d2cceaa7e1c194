/**
 * Values of saved logs as the types of our schemas. What a log says of its types does not matter: a field is read as the
 * schema has it, and a value that is none of that type is absent (and counted by the caller).
 *
 * Tokens stay text here: what they stand for was replaced when the log was written, or must be by whoever takes the records.
 */
import { isIP } from 'node:net';
import type { FieldType, Moment, Value } from '../model/schema.ts';

const NANO_DIGITS = 9;
/** Seconds that no clock of a log shows (the year 5138): a larger number counts milliseconds. */
const MILLISECONDS_FROM = 1e11;

/** Seconds since 1970 with any number of decimals, without the loss of a double; undefined when it is no number. */
export function epochMoment(text: string): Moment | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,20}))?$/.exec(text);
  if (match === null) return undefined;
  const whole = Number(match[1]);
  if (whole >= MILLISECONDS_FROM) return { sec: Math.floor(whole / 1000), nsec: (whole % 1000) * 1e6 };
  const nsec = Number((match[2] ?? '').slice(0, NANO_DIGITS).padEnd(NANO_DIGITS, '0'));
  return { sec: whole, nsec };
}

/** ISO 8601 with an offset (`Z`, `+01:00`, `+0100`), as Zeek and Suricata write it. */
export function isoMoment(text: string): Moment | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const zone = (match[3] ?? 'Z').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const milliseconds = Date.parse(`${match[1]}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return { sec: milliseconds / 1000, nsec: Number((match[2] ?? '').padEnd(NANO_DIGITS, '0')) };
}

/** A single value from text; undefined when the text is no such value. */
export function textValue(type: FieldType, text: string): Value | undefined {
  switch (type) {
    case 'time':
      return epochMoment(text) ?? isoMoment(text);
    case 'bool':
      return text === 'T' || text === 'true' ? true : text === 'F' || text === 'false' ? false : undefined;
    case 'double':
      return decimal(text);
    case 'interval':
      return within(decimal(text), 0, Number.MAX_VALUE);
    case 'int':
      return integer(text);
    case 'count':
      return within(integer(text), 0, Number.MAX_SAFE_INTEGER);
    case 'port':
      return within(integer(text), 0, 0xffff);
    case 'addr':
      return isIP(text) === 0 || text.includes('%') ? undefined : text.toLowerCase();
    default:
      return text;
  }
}

/** A value from parsed JSON; undefined when it is no such value. */
export function jsonValue(type: FieldType, value: unknown): Value | undefined {
  if (isListType(type)) return Array.isArray(value) ? listValue(type, value.map(plain)) : undefined;
  return typeof value === 'object' ? undefined : textValue(type, plain(value));
}

/** A list from the texts of its items. */
export function listValue(type: FieldType, items: readonly string[]): Value {
  if (type !== 'vector[interval]') return items;
  return items.map(decimal).filter(item => item !== undefined);
}

export function isListType(type: FieldType): boolean {
  return type.includes('[');
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

function decimal(text: string): number | undefined {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

function within(number: number | undefined, least: number, most: number): number | undefined {
  return number !== undefined && number >= least && number <= most ? number : undefined;
}

function integer(text: string): number | undefined {
  const number = decimal(text);
  return number !== undefined && Number.isInteger(number) ? number : undefined;
}
