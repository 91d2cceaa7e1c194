/**
 * Rules from plain Sigma to the form with the `medtap:` key, and back. The text is edited where something changes and
 * left as it is everywhere else: comments, order and quotes stay. What matches does not change; what cannot be carried
 * is reported, with its place. A file with errors is not converted: its notes are those errors.
 *
 * The condition of a filter changes its sense: ours says what is suppressed, those of other engines what remains.
 *
 * Only documents that are block maps, one key a line, are edited, which is how rules are written.
 */
import { type Problem, UserError } from '../errors.ts';
import { ENRICHMENT_FIELDS } from '../model/device.ts';
import { LEVELS } from '../model/finding.ts';
import type { StreamSchema } from '../model/schema.ts';
import { readTextFile } from '../yaml/files.ts';
import { ProblemList, quote } from '../yaml/source.ts';
import { type MapEntry, type MapNode, parseYaml, type YamlNode } from '../yaml/tree.ts';
import { compileRules } from './compile.ts';
import { CORRELATION_KEYS, FILTER_KEYS, RULE_KEYS, slug, TAG_PATTERN, UUID_PATTERN } from './document.ts';
import { Editor } from './editor.ts';
import { type FieldMapping, mappedField } from './field-mapping.ts';
import { negates, readFilter } from './filter-document.ts';
import { STATUSES } from './rule.ts';
import { isAction } from './rule-actions.ts';
import { parseRuleFile } from './rule-file.ts';
import { ZEEK_STREAMS } from './zeek-streams.ts';

/** A file in its other form. */
export interface Converted {
  readonly text: string;
  /** What was left out, or must be put right by hand. */
  readonly notes: readonly Problem[];
}

export interface ConvertContext {
  /** Enriched schemas by stream. */
  readonly schemas: ReadonlyMap<string, StreamSchema>;
  readonly mapping: FieldMapping;
  /** A UUID for a document without one. */
  newId(): string;
  /** The stream of the rule of a name or id, where it is known. */
  streamOf?(rule: string): string | undefined;
}

/** What the `medtap:` key says, and what becomes of it. */
const LOST: Readonly<Record<string, string>> = {
  message: 'the message of a finding',
  'group-by': 'what one finding is',
  'level-by': 'levels by the value of a field: every match has the level of the rule',
  controls: 'controls',
  why: 'why it matters',
  remedy: 'what to do',
  reason: 'the reason of the exception',
  expires: 'its last day: the filter never expires',
  owner: 'who answers for it',
};

/** Converts a file. @throws UserError when it cannot be read */
export function convertFile(to: 'sigma' | 'medtap', file: string, context: ConvertContext): Converted {
  const text = readTextFile(file);
  if (typeof text !== 'string') throw new UserError([text]);
  const errors = errorsIn(file, text, context);
  if (errors.length > 0) return { text, notes: errors };
  return (to === 'sigma' ? toSigma : toMedtap)(file, text, context);
}

/** What `rules check` says is wrong with the documents themselves, whether they are held to the letter or not. */
function errorsIn(file: string, text: string, { schemas, mapping }: ConvertContext): readonly Problem[] {
  const read = parseRuleFile(file, text, true);
  const errors = [...read.errors, ...read.rejected.flatMap(left => left.reasons)];
  const rules = read.documents.filter(document => document.kind === 'rule');
  try {
    const { rejected } = compileRules(rules, schemas, { lists: undefined, mapping });
    return [...errors, ...rejected.flatMap(left => left.reasons)];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [...errors, ...error.problems];
  }
}

/** Plain Sigma: without the `medtap:` key. */
export function toSigma(file: string, text: string, context: ConvertContext): Converted {
  return convert(file, text, (editor, map) => {
    const extension = map.entries.get('medtap');
    if (extension !== undefined) {
      if (extension.value.kind === 'map')
        for (const { key, keyAt } of extension.value.entries.values())
          editor.note(keyAt, `left out: ${LOST[key] ?? key}`);
      editor.drop(extension);
    }
    noteOwnFields(editor, map);
    if (map.entries.has('filter')) {
      sayWhatRemains(editor, map);
      completeLogSource(editor, map, context);
    } else nameProduct(editor, map, context.schemas);
    // It points to the schema of this form.
    const [line] = /^# yaml-language-server:.*\n/.exec(text) ?? [];
    if (line !== undefined && map.at <= line.length) editor.replace(0, line.length, '');
  });
}

/** The form that is held to the letter: with the `medtap:` key, an id, a name, a status and a level. */
export function toMedtap(file: string, text: string, context: ConvertContext): Converted {
  return convert(file, text, (editor, map) => {
    const kind = map.entries.has('correlation')
      ? 'correlation'
      : map.entries.has('filter')
        ? 'filter'
        : 'rule';
    const known = { correlation: CORRELATION_KEYS, filter: FILTER_KEYS, rule: RULE_KEYS }[kind];
    for (const entry of map.entries.values()) {
      if (known.includes(entry.key)) continue;
      editor.note(entry.keyAt, `left out: ${quote(entry.key)} is no key of Sigma`);
      editor.drop(entry);
    }
    completeHead(editor, map, kind, context);
    for (const key of ['date', 'modified']) rewriteDate(editor, map.entries.get(key)?.value);
    for (const tag of listOf(map.entries.get('tags')?.value)) rewriteTag(editor, tag);
    if (kind === 'rule') rewriteNames(editor, map, context);
    if (kind === 'filter') sayWhatIsSuppressed(editor, map);
    const last = [...map.entries.values()].at(-1)!;
    if (map.entries.has('medtap')) return;
    const end = editor.endOf(last);
    const gap = editor.text[end - 1] === '\n' ? '' : '\n';
    const extension = kind === 'filter' ? 'medtap:\n  reason: say why\n' : 'medtap: {}\n';
    if (kind === 'filter') editor.note(map.at, 'an exception needs a reason: write it');
    editor.replace(end, end, `${gap}${extension}`);
  });
}

function convert(file: string, text: string, change: (editor: Editor, map: MapNode) => void): Converted {
  const { source, documents, problems } = parseYaml(file, text);
  const editor = new Editor(source, text);
  for (const problem of problems) editor.notes.push(problem);
  const actions = documents.some(isAction);
  for (const node of actions ? [] : documents) {
    const first = node.kind === 'map' ? [...node.entries.values()][0] : undefined;
    if (node.kind !== 'map' || first === undefined || text[node.at] === '{') {
      editor.note(node.at, 'not converted: the document is not written with one key a line');
      continue;
    }
    change(editor, node);
  }
  if (documents.some(isAction))
    editor.note(
      0,
      'documents with action (global, repeat) stay as they are: convert what they stand for by hand',
    );
  return { text: editor.result(), notes: editor.notes };
}

/** Id, name, status and level, where they are missing or not in their form. */
function completeHead(editor: Editor, map: MapNode, kind: string, context: ConvertContext): void {
  const title = textOf(map.entries.get('title')?.value) ?? 'rule';
  const added: string[] = [];
  const id = map.entries.get('id');
  if (id === undefined) added.push(`id: ${context.newId()}`);
  else if (!UUID_PATTERN.test(textOf(id.value) ?? '')) {
    const fresh = context.newId();
    editor.note(id.value.at, `the id is not a UUID; it is ${fresh} now`);
    if (id.value.kind === 'scalar') editor.rewrite(id.value, fresh);
  }
  if (!map.entries.has('name')) added.push(`name: ${slug(title)}`);
  if (kind !== 'filter') {
    const status = map.entries.get('status');
    if (status === undefined) added.push('status: experimental');
    else if (!(STATUSES as readonly string[]).includes(textOf(status.value) ?? ''))
      editor.note(status.value.at, 'not a status');
    const level = map.entries.get('level');
    if (level === undefined) {
      added.push('level: medium');
      editor.note(map.at, 'the rule has no level; it is medium now');
    } else if (!(LEVELS as readonly string[]).includes(textOf(level.value) ?? ''))
      editor.note(level.value.at, 'not a level');
  }
  if (added.length === 0) return;
  const after = map.entries.get('title') ?? [...map.entries.values()][0]!;
  const end = editor.endOf(after);
  const gap = editor.text[end - 1] === '\n' ? '' : '\n';
  editor.replace(end, end, `${gap}${added.join('\n')}\n`);
}

/** `2024/01/31` → `2024-01-31` */
function rewriteDate(editor: Editor, node: YamlNode | undefined): void {
  if (node?.kind !== 'scalar') return;
  const match = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(node.text);
  if (match === null) editor.note(node.at, 'not a date (YYYY-MM-DD)');
  else {
    const [, year = '', month = '', day = ''] = match;
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    if (date !== node.text) editor.rewrite(node, date);
  }
}

function rewriteTag(editor: Editor, node: YamlNode): void {
  if (node.kind !== 'scalar' || TAG_PATTERN.test(node.text)) return;
  const fixed = node.text.toLowerCase().replaceAll('_', '-');
  if (!TAG_PATTERN.test(fixed) || !editor.rewrite(node, fixed))
    editor.note(node.at, `${quote(node.text)} is not a tag (namespace.name, lower-case)`);
}

/** The log source as the name of a stream, and fields by the stream's own names, where one name stands for one. */
function rewriteNames(editor: Editor, map: MapNode, { schemas, mapping }: ConvertContext): void {
  const logsource = map.entries.get('logsource')?.value;
  if (logsource?.kind !== 'map') return;
  const category = logsource.entries.get('category');
  const service = textOf(logsource.entries.get('service')?.value);
  const stream = service ?? mapping.categories.get(textOf(category?.value) ?? '');
  const schema = stream === undefined ? undefined : schemas.get(stream);
  if (stream === undefined || schema === undefined) {
    editor.note(logsource.at, 'no stream here is what this log source is about: the rule does not apply');
    return;
  }
  if (service === undefined && category?.value.kind === 'scalar') {
    editor.rewrite({ text: category.key, at: category.keyAt }, 'service');
    editor.rewrite(category.value, stream);
  }
  dropFields(editor, map, schema, mapping);
  for (const entry of fieldEntries(map)) {
    const [field = '', ...modifiers] = entry.key.split('|');
    if (field === '' || Object.hasOwn(schema.fields, field)) continue;
    const own = mappedField(mapping, schema, field);
    const name = [own, ...modifiers].join('|');
    if (own !== field && editor.rewrite({ text: entry.key, at: entry.keyAt }, name)) continue;
    const known = mapping.fields.get(stream)?.has(field) ?? mapping.fields.get('any')?.has(field) ?? false;
    if (!known) editor.note(entry.keyAt, `the stream ${stream} has no field ${quote(field)}`);
  }
}

/** `fields` is advice to the reader: names that the stream has not are no help here. */
function dropFields(editor: Editor, map: MapNode, schema: StreamSchema, mapping: FieldMapping): void {
  const fields = map.entries.get('fields');
  const names = listOf(fields?.value).map(node => textOf(node) ?? '');
  if (fields === undefined || names.every(name => Object.hasOwn(schema.fields, name))) return;
  const unknown = names.filter(name => !Object.hasOwn(schema.fields, mappedField(mapping, schema, name)));
  const which =
    unknown.length > 0 ? `, which names ${unknown.map(quote).join(', ')}` : ', whose names are others here';
  editor.note(fields.keyAt, `left out: fields${which}`);
  editor.drop(fields);
}

/** Fields that only records of this program have: other engines will not know them. */
function noteOwnFields(editor: Editor, map: MapNode): void {
  const named = new Set<string>();
  for (const { key, keyAt } of fieldEntries(map)) {
    const [field = ''] = key.split('|');
    if (!Object.hasOwn(ENRICHMENT_FIELDS, field) || named.has(field)) continue;
    named.add(field);
    editor.note(keyAt, `${quote(field)} is a field of medtap: other engines do not know who a device is`);
  }
}

/** Whose logs a rule is about: Zeek's, where Zeek has the stream, so that other engines find them. */
function nameProduct(editor: Editor, map: MapNode, schemas: ConvertContext['schemas']): void {
  const logsource = map.entries.get('logsource')?.value;
  if (logsource?.kind !== 'map') return;
  const product = logsource.entries.get('product');
  const service = logsource.entries.get('service');
  const stream = textOf(service?.value);
  if (stream === undefined || !schemas.has(stream)) return;
  if (!ZEEK_STREAMS.has(stream))
    editor.note(
      (product ?? service!).keyAt,
      `${quote(stream)} is a stream of medtap: other engines need its logs`,
    );
  else if (product?.value.kind === 'scalar' && product.value.text === 'medtap')
    editor.rewrite(product.value, 'zeek');
}

/** The filter of a document as read, and its condition when that is one text. */
function filterOf(editor: Editor, map: MapNode) {
  const body = map.entries.get('filter')?.value;
  const written = body?.kind === 'map' ? body.entries.get('condition')?.value : undefined;
  const read = readFilter({ source: editor.source, problems: new ProblemList() }, map, false);
  return { read, written };
}

/** `scanner`, which is suppressed here, becomes `not scanner`: other engines read what remains. */
function sayWhatRemains(editor: Editor, map: MapNode): void {
  const { read, written } = filterOf(editor, map);
  if (read === undefined || read.remaining || written === undefined) return;
  const text = textOf(written)?.trim();
  const negated = text === undefined ? '' : /\s/.test(text) ? `not (${text})` : `not ${text}`;
  if (written.kind !== 'scalar' || text === undefined || !editor.rewrite(written, negated))
    editor.refuse(
      written.at,
      'not converted: the condition must say what remains, and is not written on one line',
      'write it as condition: not (…)',
    );
}

/** `not scanner` becomes `scanner`: here a condition says what is suppressed. Others are understood as they are. */
function sayWhatIsSuppressed(editor: Editor, map: MapNode): void {
  const { read, written } = filterOf(editor, map);
  if (read === undefined || written?.kind !== 'scalar') return;
  if (!read.remaining) {
    const hint = 'other engines read it as what remains: is that what was meant? Then write not (…)';
    if (!map.entries.has('medtap'))
      editor.note(written.at, 'the condition is read as what is suppressed', hint);
    return;
  }
  if (read.condition.kind !== 'not' || negates(read.condition.part)) return;
  const [, bracketed, word] = /^not\s+(?:\((.*)\)|(.*))$/is.exec(written.text.trim()) ?? [];
  const inner = bracketed ?? word;
  if (inner !== undefined) editor.rewrite(written, inner.trim());
}

/** The specification asks for a log source; the rules that a filter names say which it is. */
function completeLogSource(editor: Editor, map: MapNode, { schemas, streamOf }: ConvertContext): void {
  if (map.entries.has('logsource')) {
    nameProduct(editor, map, schemas);
    return;
  }
  const entry = map.entries.get('filter')!;
  const rules = entry.value.kind === 'map' ? entry.value.entries.get('rules')?.value : undefined;
  const streams = new Set(listOf(rules).map(rule => streamOf?.(textOf(rule) ?? '')));
  const [stream] = streams;
  if (streams.size === 1 && stream !== undefined) {
    const product = ZEEK_STREAMS.has(stream) ? 'zeek' : 'medtap';
    editor.insertBefore(entry, ['logsource:', `  product: ${product}`, `  service: ${stream}`]);
    return;
  }
  const why =
    streams.size > 1 && !streams.has(undefined) ? 'its rules read several streams' : 'none is known';
  editor.note(
    map.at,
    `the filter has no logsource, which the specification of filters asks for; ${why}`,
    'add logsource by hand; a filter per stream when there are several',
  );
}

/** Entries of the selections of a rule or filter. */
function* fieldEntries(map: MapNode): Generator<MapEntry> {
  const body = (map.entries.get('detection') ?? map.entries.get('filter'))?.value;
  if (body?.kind !== 'map') return;
  for (const { key, value } of body.entries.values()) {
    if (key === 'condition' || key === 'rules') continue;
    for (const part of value.kind === 'list' ? value.items : [value])
      if (part.kind === 'map') yield* part.entries.values();
  }
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? node.text : undefined;
}

function listOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (node === undefined) return [];
  return node.kind === 'list' ? node.items : [node];
}
