/**
 * A rule to start from, and its test: both are right as they are (`rules check` has nothing to say, `rules test`
 * passes) and are meant to be changed line by line. What is looked for is made up of a field that the stream has.
 */
import { ENRICHMENT_FIELDS } from '../model/device.ts';
import type { Level } from '../model/finding.ts';
import { EVIDENCE_FIELDS, type Field, FLOW_FIELDS, type StreamSchema } from '../model/schema.ts';

/** Where `rules new` puts the JSON Schema, beside the rule. */
export const SCHEMA_FILE = 'rules.schema.json';

export interface RuleTemplate {
  /** Lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  /** UUID. */
  readonly id: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** The stream with the fields of enrichment. */
  readonly schema: StreamSchema;
}

/** An entry of a selection, a value of its field that fits and one that does not. */
interface Example {
  readonly entry: string;
  readonly field: string;
  readonly hit: string;
  readonly miss: string;
}

const EXAMPLES: ReadonlyMap<string, Example> = new Map([
  ['conn', { entry: 'id.resp_p: 23', field: 'id.resp_p', hit: '23', miss: '443' }],
  [
    'dns',
    { entry: 'query|endswith: .bad.example', field: 'query', hit: 'x.bad.example', miss: 'good.example' },
  ],
  ['http', { entry: 'uri|contains: /setup', field: 'uri', hit: '/setup.cgi', miss: '/index.html' }],
]);

/** The text of the rule file. */
export function ruleTemplate(template: RuleTemplate): string {
  const { name, title, level, id, date, schema } = template;
  const example = exampleOf(schema);
  const isFlow = Object.keys(FLOW_FIELDS).every(field => Object.hasOwn(schema.fields, field));
  const isEnriched = Object.hasOwn(schema.fields, 'resp_medical');
  const lines = [
    `# yaml-language-server: $schema=${SCHEMA_FILE}`,
    `title: ${JSON.stringify(title)}`,
    `id: ${id}`,
    `name: ${name}`,
    'status: experimental',
    'description: >',
    '  What this rule finds, in one or two sentences.',
    `date: ${date}`,
    '# The records it reads. Fields of each stream: docs/reference/streams.md, or',
    `# medtap logs --stream ${schema.name} INPUT`,
    `logsource: {product: medtap, service: ${schema.name}}`,
    'detection:',
    '  # A selection is a map: all of its fields must fit. A list of values: any of them.',
    '  what:',
    `    ${example.entry}`,
    ...(isEnriched ? ['  device:', '    resp_medical: true'] : []),
    `  condition: what${isEnriched ? ' and device' : ''}`,
    'falsepositives:',
    '  - what may look the same and is wanted',
    `level: ${level}`,
    'medtap:',
    ...(isFlow
      ? [
          '  # One finding per group; fields of the record in braces.',
          '  group-by: [id.orig_h, id.resp_h]',
          '  message: "{id.orig_h} did it to {id.resp_h}"',
        ]
      : []),
    '  why: >',
    '    Why it matters, for somebody who knows the device but not the protocol.',
    '  remedy: >',
    '    What to do, safe for the patient at the device.',
  ];
  return `${lines.join('\n')}\n`;
}

/** The text of the test file beside it. */
export function testTemplate({ name, schema }: RuleTemplate): string {
  const { field, hit, miss } = exampleOf(schema);
  const device = Object.hasOwn(schema.fields, 'resp_medical') ? ', resp_medical: true' : '';
  return `# Tests of ${name}.yml: medtap rules test ${name}.yml
tests:
  - name: what it is about
    stream: ${schema.name}
    records:
      - {${field}: ${hit}${device}}
  - name: what it must leave alone
    stream: ${schema.name}
    records:
      - {${field}: ${miss}${device}}
    match: 0
`;
}

function exampleOf(schema: StreamSchema): Example {
  const known = EXAMPLES.get(schema.name);
  if (known !== undefined) return known;
  const shared = { ...FLOW_FIELDS, ...EVIDENCE_FIELDS, ...ENRICHMENT_FIELDS };
  const own = schema.names.filter(name => !Object.hasOwn(shared, name));
  const order: readonly ((field: Field) => Example | undefined)[] = [asText, asNumber, asBool];
  for (const make of order) {
    for (const name of own) {
      const example = make(schema.fields[name]!);
      if (example !== undefined) return { ...example, entry: `${name}${example.entry}`, field: name };
    }
  }
  const [first = 'ts'] = own;
  return { entry: `${first}|exists: true`, field: first, hit: '1', miss: 'null' };
}

function asText({ type }: Field): Example | undefined {
  const isList = type === 'set[string]' || type === 'vector[string]';
  if (!isList && type !== 'string' && type !== 'enum') return undefined;
  const value = (text: string): string => (isList ? `[${text}]` : text);
  return { entry: ': example', field: '', hit: value('example'), miss: value('something-else') };
}

function asNumber({ type }: Field): Example | undefined {
  const isNumber = type === 'count' || type === 'int' || type === 'double' || type === 'port';
  return isNumber ? { entry: ': 7', field: '', hit: '7', miss: '8' } : undefined;
}

function asBool({ type }: Field): Example | undefined {
  return type === 'bool' ? { entry: ': true', field: '', hit: 'true', miss: 'false' } : undefined;
}
