/**
 * A YAML document as a Sigma document: which kind it is, and the attributes of rules and correlations (Sigma Rules
 * Specification 2.1) with our `medtap:` key. Strict documents are held to the letter; in foreign ones unknown keys are somebody's own
 * attributes, as the specification allows, and what is missing gets a default.
 */
import { LEVELS, type Level } from '../model/finding.ts';
import {
  asMap,
  checkKeys,
  complain,
  type Reader,
  readChoice,
  readMap,
  readText,
  readTexts,
  required,
} from '../yaml/reader.ts';
import { quote } from '../yaml/source.ts';
import type { MapNode, YamlNode } from '../yaml/tree.ts';
import { readCorrelation } from './correlation-document.ts';
import { readParts } from './detection.ts';
import { isDay, readFilter } from './filter-document.ts';
import type { Described, Extension, FieldUses, LevelBy, LogSource, RuleDocument } from './rule.ts';
import { STATUSES } from './rule.ts';

const COMMON_KEYS = [
  'title',
  'id',
  'name',
  'related',
  'taxonomy',
  'status',
  'description',
  'license',
  'author',
  'references',
  'date',
  'modified',
  'falsepositives',
  'level',
  'tags',
  'scope',
  'medtap',
];
/** Keys of a rule. */
export const RULE_KEYS = [...COMMON_KEYS, 'logsource', 'detection', 'fields'];
/** Keys of a filter. */
export const FILTER_KEYS = [...COMMON_KEYS, 'logsource', 'filter'];
/** Keys of a correlation. */
export const CORRELATION_KEYS = [...COMMON_KEYS, 'correlation'];
/** Keys under `logsource`. */
export const LOGSOURCE_KEYS = ['product', 'service', 'category', 'definition'];
/** Keys under `medtap` of rules and correlations. */
export const EXTENSION_KEYS = ['message', 'group-by', 'level-by', 'controls', 'why', 'remedy'];
const RELATED_TYPES = ['derived', 'obsolete', 'merged', 'renamed', 'similar'];
/** Whose names of log sources and fields are known. */
export const TAXONOMIES = ['sigma', 'zeek', 'medtap', 'ecs'];

/** Form of an id. */
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SLUG = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
/** Form of a tag. */
export const TAG_PATTERN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/;
const MAX_TITLE = 256;

/** A rule whose author gave no level: worth a look, nothing to wake somebody for. */
const DEFAULT_LEVEL: Level = 'medium';

/** Whether a document has the `medtap:` key, and so is held to the letter. */
export function isStrict(node: YamlNode): boolean {
  return node.kind === 'map' && node.entries.has('medtap');
}

/**
 * Reads a document; undefined when it has problems, which are in `reader` then.
 * @param broken is told what could be read of a rule with problems, so that its fields can be checked all the same
 */
export function readDocument(
  reader: Reader,
  node: YamlNode,
  strict: boolean,
  broken: (uses: FieldUses) => void = () => undefined,
): RuleDocument | undefined {
  const map = asMap(reader, node, 'a Sigma document');
  if (map === undefined) return undefined;
  if (map.entries.has('correlation')) return readCorrelationDocument(reader, map, strict);
  return map.entries.has('filter')
    ? readFilterDocument(reader, map, strict)
    : readRule(reader, map, strict, broken);
}

function readFilterDocument(reader: Reader, map: MapNode, strict: boolean): RuleDocument | undefined {
  const before = reader.problems.list.length;
  if (strict) {
    checkKeys(reader, map, FILTER_KEYS, 'the filter');
    checkForms(reader, map);
  } else warnOfForms(reader, map);
  const title = readTitle(reader, map, 'the filter');
  const name = readText(reader, map, 'name')?.text ?? slug(title);
  const id = readText(reader, map, 'id')?.text.toLowerCase() ?? name;
  const logsource = map.entries.has('logsource') ? readLogSource(reader, map, strict) : undefined;
  const filter = readFilter(reader, map, strict);
  if (hasErrors(reader, before) || filter === undefined) return undefined;
  return { kind: 'filter', source: reader.source, at: map.at, strict, title, id, name, logsource, ...filter };
}

function readRule(
  reader: Reader,
  map: MapNode,
  strict: boolean,
  broken: (uses: FieldUses) => void,
): RuleDocument | undefined {
  const before = reader.problems.list.length;
  if (strict) checkStrict(reader, map, RULE_KEYS, 'the rule');
  const described = readDescribed(reader, map, strict, 'the rule');
  const fields = readTexts(reader, map, 'fields');
  const logsource = readLogSource(reader, map, strict);
  const detectionMap = required(reader, map, 'detection', 'the rule') && readMap(reader, map, 'detection');
  const { selections = [], condition } = detectionMap ? readParts(reader, detectionMap, strict) : {};
  if (logsource === undefined) return undefined;
  if (hasErrors(reader, before) || condition === undefined) {
    broken({ ...described, fields, logsource, selections });
    return undefined;
  }
  return { kind: 'rule', ...described, fields, logsource, selections, condition };
}

function readCorrelationDocument(reader: Reader, map: MapNode, strict: boolean): RuleDocument | undefined {
  const before = reader.problems.list.length;
  if (strict) checkStrict(reader, map, CORRELATION_KEYS, 'the correlation');
  const described = readDescribed(reader, map, strict, 'the correlation');
  for (const { at } of described.extension.groupBy) {
    complain(reader, at, 'a correlation is grouped by its own group-by', 'leave medtap.group-by out');
  }
  const body = readMap(reader, map, 'correlation');
  const correlation = body && readCorrelation(reader, withGenerate(map, body, strict), strict);
  if (hasErrors(reader, before) || correlation === undefined) return undefined;
  return { kind: 'correlation', ...described, ...correlation };
}

/** Others write `generate` beside the correlation. */
function withGenerate(map: MapNode, body: MapNode, strict: boolean): MapNode {
  const beside = strict ? undefined : map.entries.get('generate');
  if (beside === undefined || body.entries.has('generate')) return body;
  return { ...body, entries: new Map([...body.entries, ['generate', beside]]) };
}

function hasErrors(reader: Reader, since: number): boolean {
  return reader.problems.list.slice(since).some(problem => problem.severity !== 'warning');
}

function readTitle(reader: Reader, map: MapNode, what: string): string {
  const title = required(reader, map, 'title', what) && readText(reader, map, 'title');
  if (title !== undefined && title.text.length > MAX_TITLE)
    complain(reader, title.at, `a title is at most ${MAX_TITLE} characters long`);
  return title?.text ?? '';
}

function readDescribed(reader: Reader, map: MapNode, strict: boolean, what: string): Described {
  const title = readTitle(reader, map, what);
  const name = readText(reader, map, 'name')?.text ?? slug(title);
  if (!strict) warnOfForms(reader, map);
  return {
    source: reader.source,
    at: map.at,
    strict,
    title,
    id: readText(reader, map, 'id')?.text.toLowerCase() ?? name,
    name,
    status: readChoice(reader, map, 'status', STATUSES) ?? 'experimental',
    taxonomy: readText(reader, map, 'taxonomy'),
    level: readChoice(reader, map, 'level', LEVELS) ?? DEFAULT_LEVEL,
    description: readText(reader, map, 'description')?.text.trim(),
    tags: readTexts(reader, map, 'tags').map(tag => tag.text),
    falsepositives: readTexts(reader, map, 'falsepositives').map(text => text.text),
    references: readTexts(reader, map, 'references').map(text => text.text),
    extension: readExtension(reader, map),
  };
}

/** What the specification asks for and a rule of somebody else works without. */
function warnOfForms(reader: Reader, map: MapNode): void {
  const warn = (key: string, isRight: (text: string) => boolean, what: string) => {
    const value = map.entries.get(key)?.value;
    if (value?.kind !== 'scalar' || value.value === null || isRight(value.text)) return;
    const message = `the ${key} ${quote(value.text)} is not ${what}`;
    reader.problems.add(reader.source.problem(value.at, message, { warning: true }));
  };
  warn('id', text => UUID_PATTERN.test(text), 'a UUID');
  for (const key of ['date', 'modified']) warn(key, isForeignDay, 'a day of the calendar');
}

/** `2024-01-31`, or `2024/1/31` as older rules have it. */
function isForeignDay(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(text) ?? [];
  return isDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

/** What only our packs and rules with a `medtap:` key must keep. */
function checkStrict(reader: Reader, map: MapNode, keys: readonly string[], what: string): void {
  checkKeys(reader, map, keys, what);
  for (const key of ['id', 'status', 'level']) required(reader, map, key, what);
  checkForms(reader, map);
}

/** Attributes that are written in a certain form. */
function checkForms(reader: Reader, map: MapNode): void {
  const check = (key: string, form: RegExp | ((text: string) => boolean), what: string) => {
    const fits = (text: string) => (typeof form === 'function' ? form(text) : form.test(text));
    const node = map.entries.get(key)?.value;
    for (const value of node?.kind === 'list' ? node.items : [node]) {
      if (value?.kind === 'scalar' && !fits(value.text)) {
        complain(reader, value.at, `${quote(value.text)} is not ${what}`);
      }
    }
  };
  check('id', UUID_PATTERN, 'a UUID');
  check('name', SLUG, 'a name of lower-case letters, digits and hyphens');
  check('date', isDay, 'a date (YYYY-MM-DD)');
  check('modified', isDay, 'a date (YYYY-MM-DD)');
  check('tags', TAG_PATTERN, 'a tag (namespace.name, lower-case)');
  for (const key of ['author', 'license', 'scope', 'date', 'modified']) readTexts(reader, map, key);
  const taxonomy = readText(reader, map, 'taxonomy');
  if (taxonomy !== undefined && !TAXONOMIES.includes(taxonomy.text)) {
    complain(
      reader,
      taxonomy.at,
      `unknown taxonomy ${quote(taxonomy.text)}`,
      `known: ${TAXONOMIES.join(', ')}`,
    );
  }
  checkRelated(reader, map);
}

function checkRelated(reader: Reader, map: MapNode): void {
  const node = map.entries.get('related')?.value;
  if (node === undefined) return;
  if (node.kind !== 'list') {
    complain(reader, node.at, 'related must be a list of maps with id and type');
    return;
  }
  for (const item of node.items) {
    const related = asMap(reader, item, 'an element of related');
    if (related === undefined) continue;
    checkKeys(reader, related, ['id', 'type'], 'related');
    required(reader, related, 'id', 'the related rule');
    readChoice(reader, related, 'type', RELATED_TYPES, 'type of relation');
  }
}

function readLogSource(reader: Reader, map: MapNode, strict: boolean): LogSource | undefined {
  if (required(reader, map, 'logsource', 'the rule') === undefined) return undefined;
  const logsource = readMap(reader, map, 'logsource');
  if (logsource === undefined) return undefined;
  if (strict) checkKeys(reader, logsource, LOGSOURCE_KEYS, 'logsource');
  return {
    product: readText(reader, logsource, 'product'),
    service: readText(reader, logsource, 'service'),
    category: readText(reader, logsource, 'category'),
    at: logsource.at,
  };
}

function readExtension(reader: Reader, map: MapNode): Extension {
  const node = readMap(reader, map, 'medtap');
  if (node === undefined) {
    return { message: undefined, groupBy: [], levelBy: [], controls: [], why: undefined, remedy: undefined };
  }
  checkKeys(reader, node, EXTENSION_KEYS, 'medtap');
  const message = node.entries.get('message')?.value;
  if (message !== undefined && message.kind !== 'scalar')
    complain(reader, message.at, 'message must be text');
  return {
    message: message?.kind === 'scalar' && message.value !== null ? message : undefined,
    groupBy: readTexts(reader, node, 'group-by'),
    levelBy: readLevelBy(reader, node),
    controls: readTexts(reader, node, 'controls').map(control => control.text),
    why: readText(reader, node, 'why')?.text.trim(),
    remedy: readText(reader, node, 'remedy')?.text.trim(),
  };
}

function readLevelBy(reader: Reader, extension: MapNode): LevelBy[] {
  const node = readMap(reader, extension, 'level-by');
  if (node === undefined) return [];
  const result: LevelBy[] = [];
  for (const field of node.entries.values()) {
    const values = asMap(reader, field.value, `level-by of ${quote(field.key)}`);
    if (values === undefined) continue;
    const levels = [...values.entries.values()].flatMap(entry => {
      const level = readChoice(reader, values, entry.key, LEVELS, 'level');
      return level === undefined ? [] : [{ value: { text: entry.key, at: entry.keyAt }, level }];
    });
    result.push({ field: { text: field.key, at: field.keyAt }, values: levels });
  }
  return result;
}

/** A name made of a title. */
export function slug(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, 80) || 'rule';
}
