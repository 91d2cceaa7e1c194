/**
 * Record schemas as data. A stream (Zeek's word for one kind of log) is a name, one line of doc, and fields in
 * order. Everything else is derived: the TypeScript type of a record, TSV and JSON headers, rule lint, the
 * reference page. Field names, types and units are Zeek's where Zeek has the field.
 *
 * Field classes decide what may be written (ARCHITECTURE, "Patient data and secrets"):
 * - `plain`: anything that cannot hold a person's data.
 * - `text`: free text from the wire (host names, URIs, file names); writers mask identifiers in it.
 * - `phi`, `secret`: only ever a token; the type of such a field is `token` or `set[token]`.
 */

/** A point in capture time: whole seconds since 1970 UTC, and nanoseconds within the second. */
export interface Moment {
  readonly sec: number;
  readonly nsec: number;
}

/**
 * Stands for a value that must not be shown. Equal values have equal digests within a run (and between runs with
 * a site key). Writers print a name made from `kind`, never the value.
 */
export interface Token {
  /** What it identifies: `mrn`, `patient_name`, `password`, `user` … */
  readonly kind: string;
  /** Hex digest under the run's or the site's key. */
  readonly digest: string;
}

export type FieldClass = 'plain' | 'text' | 'phi' | 'secret';

interface FieldTypes {
  time: Moment;
  /** Seconds. */
  interval: number;
  count: number;
  int: number;
  double: number;
  bool: boolean;
  port: number;
  addr: string;
  enum: string;
  string: string;
  token: Token;
  'set[string]': readonly string[];
  'vector[string]': readonly string[];
  'vector[interval]': readonly number[];
  'set[token]': readonly Token[];
}

export type FieldType = keyof FieldTypes;

export interface Field<T extends FieldType = FieldType> {
  readonly type: T;
  readonly doc: string;
  readonly class: FieldClass;
}

export type Fields = Readonly<Record<string, Field>>;

export interface StreamSchema<F extends Fields = Fields> {
  readonly name: string;
  readonly doc: string;
  readonly fields: F;
  /** Field names in order; the order of columns everywhere. */
  readonly names: readonly string[];
}

/** The values of one record: every field may be absent. */
export type RecordOf<S extends StreamSchema> = {
  -readonly [K in keyof S['fields']]?: FieldTypes[S['fields'][K]['type']] | undefined;
};

/** Any value a record can hold. */
export type Value = FieldTypes[FieldType];

function field<T extends FieldType>(type: T) {
  return (doc: string, fieldClass: FieldClass = 'plain'): Field<T> => ({ type, doc, class: fieldClass });
}

/** Field constructors: `f.count('Doc.')`, `f.string('Doc.', 'text')`, `f.token('Doc.', 'phi')`. */
export const f = {
  time: field('time'),
  interval: field('interval'),
  count: field('count'),
  int: field('int'),
  double: field('double'),
  bool: field('bool'),
  port: field('port'),
  addr: field('addr'),
  enum: field('enum'),
  string: field('string'),
  token: field('token'),
  stringSet: field('set[string]'),
  strings: field('vector[string]'),
  intervals: field('vector[interval]'),
  tokens: field('set[token]'),
};

/** On every record that belongs to a flow. Filled by the flow, not by the decoder. */
export const FLOW_FIELDS = {
  ts: f.time('When it happened, in capture time.'),
  uid: f.string('Identifier of the flow, the same however the capture was split.'),
  'id.orig_h': f.addr('Address of the originator.'),
  'id.orig_p': f.port('Port of the originator.'),
  'id.resp_h': f.addr('Address of the responder.'),
  'id.resp_p': f.port('Port of the responder.'),
} as const;

/** The evidence of every record; always the last fields of a stream. */
export const EVIDENCE_FIELDS = {
  frame: f.count('Number of the first frame, 1-based within its capture, as Wireshark shows it.'),
  capture: f.string('Capture file the frame is in.', 'text'),
} as const;

/** Defines a stream of records that belong to flows: flow fields first, evidence last. */
export function flowStream<const F extends Fields>(
  name: string,
  doc: string,
  fields: F,
): StreamSchema<typeof FLOW_FIELDS & F & typeof EVIDENCE_FIELDS> {
  return stream(name, doc, { ...FLOW_FIELDS, ...fields, ...EVIDENCE_FIELDS });
}

/** Defines a stream; its first field must be `ts`. */
export function stream<const F extends Fields>(name: string, doc: string, fields: F): StreamSchema<F> {
  return { name, doc, fields, names: Object.keys(fields) };
}
