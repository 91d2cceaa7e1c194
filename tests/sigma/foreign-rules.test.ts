/**
 * Rules in every shape that public packs of network rules use, with records they must and must not match. Written here;
 * only the shapes are theirs: names of log sources and fields, modifiers, keywords, quantifiers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { Value } from '../../src/model/schema.ts';
import { ENRICHED_STREAMS } from '../../src/pipeline/streams.ts';
import { compileRules } from '../../src/sigma/compile.ts';
import { compileCorrelations } from '../../src/sigma/compile-correlation.ts';
import { compileFilters } from '../../src/sigma/compile-filter.ts';
import { toMedtap } from '../../src/sigma/convert.ts';
import { evaluate } from '../../src/sigma/evaluate.ts';
import { readFieldMapping } from '../../src/sigma/field-mapping.ts';
import { parseRuleFile } from '../../src/sigma/rule-file.ts';
import { batchOf } from './support.ts';

const FOLDER = fileURLToPath(new URL('../../rules/pipelines', import.meta.url));
const FILES = readdirSync(FOLDER).map(file => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }));
const MAPPING = readFieldMapping(FILES, ENRICHED_STREAMS);
const OPTIONS = { lists: undefined, mapping: MAPPING };

const CONVERSION = {
  schemas: ENRICHED_STREAMS,
  mapping: MAPPING,
  newId: () => '929a690e-bef0-4204-a928-ef5e620d6fcc',
};

type Row = Readonly<Record<string, Value>>;

function ruleText(logsource: string, detection: string, title = 'Shape'): string {
  const indented = detection.trim().replace(/^/gm, '    ');
  return `title: ${title}\nstatus: test\nlevel: medium\nlogsource: ${logsource}\ndetection:\n${indented}\nfields: [whatever]\n`;
}

function load(text: string) {
  const file = parseRuleFile('pack.yml', text, true);
  const rules = file.documents.filter(document => document.kind === 'rule');
  const correlations = file.documents.filter(document => document.kind === 'correlation');
  const filters = file.documents.filter(document => document.kind === 'filter');
  const compiled = compileRules(rules, ENRICHED_STREAMS, OPTIONS);
  const correlated = compileCorrelations(correlations, rules, compiled);
  const targets = { documents: [...rules, ...correlations], rules: compiled.rules };
  const filtered = compileFilters(filters, targets, OPTIONS);
  const parts = [compiled, correlated, filtered];
  const reasons = (list: readonly { readonly reasons: readonly { readonly message: string }[] }[]) =>
    list.flatMap(left => left.reasons.map(reason => reason.message));
  return {
    ...compiled,
    silent: correlated.silent,
    correlations: correlated.correlations,
    filters: filtered.filters,
    inapplicable: reasons(parts.flatMap(part => part.inapplicable)),
    rejected: reasons([...file.rejected, ...parts.flatMap(part => part.rejected)]),
  };
}

/** The stream, and which of the records match. */
function matched(text: string, records: readonly Row[]): readonly number[] {
  const { rules, inapplicable, rejected } = load(text);
  expect([inapplicable, rejected]).toEqual([[], []]);
  const [rule] = rules;
  return [...evaluate(rule!, batchOf(records, rule!.schema))];
}

const ZEEK = (service: string) => `{product: zeek, service: ${service}}`;

describe('shapes of network rules', () => {
  // The first record matches, the others do not.
  it.each<[string, string, string, readonly Row[]]>([
    [
      'zeek http with names of web proxies',
      ZEEK('http'),
      "selection:\n  c-uri|contains: '/wsman'\n  cs-method: POST\n  c-useragent|startswith: 'tool'\ncondition: selection",
      [
        { uri: '/x/WSMAN?a', method: 'POST', user_agent: 'Tool/1' },
        { uri: '/x', method: 'POST', user_agent: 'Tool/1' },
        { uri: '/wsman', method: 'GET', user_agent: 'Tool/1' },
      ],
    ],
    [
      'zeek smb_files with wildcards, lists and 1 of',
      ZEEK('smb_files'),
      "selection_a:\n  path: '\\\\\\\\*\\\\IPC$'\n  name: ['svcctl', 'atsvc*']\nselection_b:\n  path|endswith: 'ADMIN$'\ncondition: 1 of selection_*",
      [
        { path: '\\\\10.0.0.9\\IPC$', name: 'atsvc2' },
        { path: '\\\\10.0.0.9\\IPC$', name: 'other' },
        { path: 'C$', name: 'svcctl' },
      ],
    ],
    [
      'zeek dce_rpc with operations and a filter on the endpoint',
      ZEEK('dce_rpc'),
      'operations:\n  operation: [NetrJobAdd, SchRpcRegisterTask]\nfilter:\n  endpoint: atsvc\ncondition: operations and not filter',
      [
        { operation: 'netrjobadd', endpoint: 'x' },
        { operation: 'NetrJobAdd', endpoint: 'atsvc' },
      ],
    ],
    [
      'zeek dns with a null, lengths by expression, and nested brackets',
      ZEEK('dns'),
      "sel:\n  query|re: '^[a-z0-9]{20,}\\.'\n  qtype_name: [TXT, 'NULL']\nnone:\n  answers: null\nlocal:\n  query|endswith: ['.local', '.lan']\ncondition: (sel and (not (none or local)))",
      [
        { query: `${'a'.repeat(25)}.example`, qtype_name: 'TXT', answers: ['x'] },
        { query: `${'a'.repeat(25)}.example`, qtype_name: 'TXT' },
        { query: `${'a'.repeat(25)}.local`, qtype_name: 'TXT', answers: ['x'] },
        { query: 'short.example', qtype_name: 'TXT', answers: ['x'] },
      ],
    ],
    [
      'zeek kerberos with a cipher',
      ZEEK('kerberos'),
      "selection:\n  request_type: TGS\n  cipher: rc4-hmac\ncomputer:\n  service|startswith: '$'\ncondition: selection and not computer",
      [
        { request_type: 'TGS', cipher: 'rc4-hmac', service: 'cifs/x' },
        { request_type: 'AS', cipher: 'rc4-hmac', service: 'cifs/x' },
      ],
    ],
    [
      'zeek conn with networks and ports',
      ZEEK('conn'),
      "selection:\n  id.resp_p: [3389, 5900]\n  id.orig_h|cidr: ['10.0.0.0/8', 'fd00::/8']\nfilter:\n  id.resp_h|cidr: 10.0.0.0/8\ncondition: selection and not filter",
      [
        { 'id.orig_h': '10.1.1.1', 'id.resp_h': '198.51.100.1', 'id.resp_p': 3389 },
        { 'id.orig_h': '10.1.1.1', 'id.resp_h': '10.1.1.2', 'id.resp_p': 3389 },
        { 'id.orig_h': '192.0.2.1', 'id.resp_h': '198.51.100.1', 'id.resp_p': 3389 },
      ],
    ],
    [
      'category dns',
      '{category: dns}',
      "selection:\n  query|contains|all: ['.tunnel.', 'exfil']\n  record_type: TXT\ncondition: selection",
      [
        { query: 'exfil.tunnel.example', qtype_name: 'txt' },
        { query: 'exfil.example', qtype_name: 'TXT' },
        { query: 'exfil.tunnel.example', qtype_name: 'A' },
      ],
    ],
    [
      'category dns with answers, all of them',
      '{category: dns}',
      "one:\n  answer|startswith: '198.51.100.'\ntwo:\n  QueryName|endswith: .example\ncondition: all of them",
      [
        { query: 'a.example', answers: ['192.0.2.1', '198.51.100.7'] },
        { query: 'a.example', answers: ['192.0.2.1'] },
      ],
    ],
    [
      'category firewall',
      '{category: firewall}',
      'selection:\n  dst_port: [4444, 8443]\n  dst_ip|cidr: 203.0.113.0/24\n  protocol: TCP\ncondition: selection',
      [
        { 'id.resp_h': '203.0.113.9', 'id.resp_p': 4444, proto: 'tcp' },
        { 'id.resp_h': '203.0.113.9', 'id.resp_p': 443, proto: 'tcp' },
      ],
    ],
    [
      'category proxy with a path over two headers',
      '{category: proxy}',
      'selection:\n  c-uri|contains|all:\n    - files.example\n    - /drop/\n  sc-status: 200\ncondition: selection',
      [
        { host: 'files.example', uri: '/drop/a', status_code: 200 },
        { host: 'other.example', uri: '/drop/a', status_code: 200 },
        { host: 'files.example', uri: '/drop/a', status_code: 404 },
      ],
    ],
    [
      'category proxy that wants a field to be absent',
      '{category: proxy}',
      'selection:\n  c-useragent: null\n  c-uri|exists: false\ncondition: selection',
      [{ method: 'GET' }, { method: 'GET', host: 'a' }, { method: 'GET', user_agent: 'x' }],
    ],
    [
      'category webserver with keywords',
      '{category: webserver}',
      "keywords:\n  - '${jndi:ldap'\n  - '${jndi:rmi'\ncondition: keywords",
      [{ user_agent: 'x\u0024{JNDI:ldap://a}' }, { user_agent: 'jndi' }],
    ],
    [
      'category webserver with keywords that must all be there',
      '{category: webserver}',
      "keywords:\n  '|all':\n    - wp-admin\n    - cmd=\nselect_method:\n  cs-method: GET\ncondition: select_method and keywords",
      [
        { method: 'GET', uri: '/wp-admin/x?cmd=id' },
        { method: 'GET', uri: '/wp-admin/' },
      ],
    ],
    [
      'category webserver with a list of maps',
      '{category: webserver}',
      "selection:\n  - cs-uri-query|contains: 'union select'\n  - cs-uri-stem|startswith: /cgi-bin/\ncondition: selection",
      [{ uri: '/cgi-bin/x' }, { uri: '/x/cgi-bin/' }],
    ],
    [
      'names of ECS',
      '{category: firewall}',
      'selection:\n  destination.port: 22\n  source.ip|cidr: 10.0.0.0/8\n  network.transport: tcp\ncondition: selection',
      [
        { 'id.orig_h': '10.1.1.1', 'id.resp_p': 22, proto: 'tcp' },
        { 'id.orig_h': '10.1.1.1', 'id.resp_p': 23, proto: 'tcp' },
      ],
    ],
    [
      'names of ECS for DNS and a reference to another field',
      '{category: dns}',
      'selection:\n  dns.question.name|fieldref: dns.resolved_ip\ncondition: selection',
      [
        { query: 'a.example', answers: ['a.example'] },
        { query: 'a.example', answers: ['b.example'] },
      ],
    ],
    [
      'zeek x509 with nested names and several filters',
      ZEEK('x509'),
      "selection:\n  certificate.subject|contains|all:\n    - CN=\n    - O=Example\nfilter_main_issuer:\n  certificate.issuer|endswith: ',O=Ours'\nfilter_main_serial:\n  certificate.serial: '00'\nfilter_optional_x:\n  certificate.version: 1\ncondition: selection and not 1 of filter_main_* and not 1 of filter_optional_*",
      [
        { 'certificate.subject': 'CN=a,O=Example', 'certificate.issuer': 'CN=b', 'certificate.serial': '0A' },
        { 'certificate.subject': 'CN=a,O=Example', 'certificate.issuer': 'CN=b,O=Ours' },
        { 'certificate.subject': 'CN=a,O=Example', 'certificate.serial': '00' },
        { 'certificate.subject': 'CN=a,O=Example', 'certificate.version': 1 },
        { 'certificate.subject': 'CN=a' },
      ],
    ],
    [
      'zeek rdp from outside of private networks',
      ZEEK('rdp'),
      "selection:\n  id.orig_h|cidr:\n    - '::1/128'\n    - '10.0.0.0/8'\n    - 'fe80::/10'\ncondition: not selection",
      [{ 'id.orig_h': '198.51.100.1' }, { 'id.orig_h': '10.9.9.9' }, { 'id.orig_h': 'fe80::1' }],
    ],
    [
      'wildcards within a value, escaped ones, and a backslash before one',
      ZEEK('smb_files'),
      "selection:\n  name|contains: 'a?c*e\\*f'\n  path: '\\\\\\\\host\\\\*'\ncondition: selection",
      [
        { name: 'xxabcdde*fyy', path: '\\\\host\\share' },
        { name: 'xxabcddefyy', path: '\\\\host\\share' },
        { name: 'xxacdde*fyy', path: '\\\\host\\share' },
        { name: 'xxabcdde*fyy', path: 'host\\share' },
      ],
    ],
    [
      'a plain value for a selection, and all of a pattern',
      ZEEK('http'),
      "sel_word: 'evil.exe'\nsel_method:\n  method|exists: true\ncondition: all of sel_*",
      [{ uri: '/Evil.EXE?x', method: 'GET' }, { uri: 'evil.exe' }, { uri: '/x', method: 'GET' }],
    ],
    [
      'numbers as text, and a number in a text field',
      '{category: proxy}',
      "selection:\n  sc-status: '404'\n  cs-method: get\ncondition: selection",
      [
        { status_code: 404, method: 'GET' },
        { status_code: 200, method: 'GET' },
      ],
    ],
    [
      'nested brackets and not all of',
      '{category: dns}',
      'a_one:\n  query|startswith: a\na_two:\n  query|endswith: z\nb:\n  qtype_name: TXT\ncondition: ((b) and (not (all of a_*))) or (not b and (1 of a_* and (not (a_one and not a_two))))',
      [
        { query: 'ab', qtype_name: 'TXT' },
        { query: 'az', qtype_name: 'TXT' },
        { query: 'ab', qtype_name: 'A' },
      ],
    ],
    [
      'several conditions, of which one will do',
      '{category: dns}',
      'a:\n  query: a\nb:\n  query: b\ncondition:\n  - a\n  - b',
      [{ query: 'b' }, { query: 'c' }],
    ],
    [
      'old Boolean spelling and base64',
      ZEEK('http'),
      'selection:\n  uri|base64offset|contains: secret\nother:\n  method: PUT\ncondition: selection OR other',
      [{ uri: '/?q=c2VjcmV0' }, { uri: '/?q=secret' }],
    ],
  ])('%s', (_, logsource, detection, records) => {
    const text = ruleText(logsource, detection);
    expect(matched(text, records)).toEqual([0]);
    // The same as one of our own.
    const { text: ours, notes } = toMedtap('pack.yml', text, CONVERSION);
    expect(notes.map(note => note.message).filter(note => !note.startsWith('left out: fields'))).toEqual([]);
    expect(parseRuleFile('pack.yml', ours, true).errors).toEqual([]);
    expect(matched(ours, records)).toEqual([0]);
  });

  it.each([
    [
      'another product',
      '{product: windows, category: process_creation}',
      'Image: x',
      '"windows" logs are not read here',
    ],
    [
      'another product of a category',
      '{product: windows, category: dns_query}',
      'QueryName: x',
      '"windows" logs',
    ],
    [
      'a category no tap sees',
      '{category: antivirus}',
      'Signature: x',
      'no stream here is what the category "antivirus"',
    ],
    [
      'a verdict no tap sees',
      '{category: firewall}',
      'action: denied',
      'the stream conn has no field "action"',
    ],
    ['a user no tap sees', '{category: proxy}', 'cs-username: x', 'has no field "cs-username"'],
    [
      'a part of a field, where the comparison would be wrong',
      '{category: webserver}',
      'cs-uri-stem|endswith: .php',
      'cs-uri-stem can only be compared with contains or startswith here',
    ],
  ])('leaves out what does not apply: %s', (_, logsource, entry, reason) => {
    const { rules, inapplicable, rejected } = load(ruleText(logsource, `sel: {${entry}}\ncondition: sel`));
    expect([rules, rejected]).toEqual([[], []]);
    expect(inapplicable[0]).toContain(reason);
  });

  it.each([
    [
      'Sigma 1 aggregation',
      'sel: {query: x}\ncondition: sel | count() by id.orig_h > 5',
      'no longer part of Sigma',
    ],
    [
      'a timeframe',
      'sel: {query: x}\ntimeframe: 5m\ncondition: sel',
      'timeframe is no longer part of a rule',
    ],
    ['an expression that could run for ever', "sel: {query|re: '(a)\\1'}\ncondition: sel", ''],
  ])('rejects what is wrong and says why: %s', (_, detection, reason) => {
    const { rules, rejected } = load(ruleText('{category: dns}', detection));
    expect(rules).toEqual([]);
    expect(rejected.join('\n')).toContain(reason);
    expect(rejected).not.toEqual([]);
  });

  test('correlations and filters of foreign rules use the same names', () => {
    const { correlations, filters, inapplicable, rejected } = load(
      [
        ruleText('{category: firewall}', 'sel: {dst_port: 22}\ncondition: sel', 'Knock').replace(
          'status',
          'name: knock\nstatus',
        ),
        'title: Many\ncorrelation: {type: value_count, rules: [knock], group-by: [src_ip], timespan: 1h, condition: {field: dst_ip, gte: 9}}',
        'title: Not ours\nlogsource: {category: firewall}\nfilter: {rules: any, sel: {src_ip: 10.0.0.1}, condition: not sel}',
      ].join('\n---\n'),
    );
    expect([inapplicable, rejected]).toEqual([[], []]);
    expect(correlations[0]!.members).toMatchObject([{ groupBy: ['id.orig_h'], fields: ['id.resp_h'] }]);
    expect(filters[0]!.suppressed.size).toBe(1);
  });
});

describe('mapping files', () => {
  const problem = (text: string): string => {
    try {
      readFieldMapping([{ file: 'm.pipeline.yml', text }], ENRICHED_STREAMS);
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
    return '';
  };

  it.each([
    ['fields: {dns: {x: quary}}', 'dns has no field "quary"'],
    ['fields: {dnss: {x: query}}', 'no stream named "dnss"'],
    ['fields: {any: {x: no_such_field}}', 'any has no field "no_such_field"'],
    ['logsources: [{category: dns, stream: dnss}]', 'no stream named "dnss"'],
    ['logsources: {}', 'logsources must be a list'],
    ['logsource: []', 'did you mean logsources?'],
    ['fields: {dns: {x: {feld: query}}}', 'did you mean field?'],
  ])('are checked: %s', (text, message) => {
    expect(problem(text)).toContain(message);
  });

  it('never take the place of a field that the stream has', () => {
    for (const [stream, names] of MAPPING.fields) {
      const schema = ENRICHED_STREAMS.get(stream);
      for (const name of names.keys()) expect(Object.hasOwn(schema?.fields ?? {}, name)).toBe(false);
    }
  });
});

describe('collections of rules in one file', () => {
  const COLLECTION = `title: Odd names
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
status: test
action: global
logsource: {product: zeek}
detection: {condition: sel}
---
logsource: {service: dns}
detection: {sel: {query: odd}}
---
logsource: {service: http}
detection: {sel: {host: odd}}
level: low
---
action: repeat
id: 929a690e-bef0-4204-a928-ef5e620d6fcd
detection: {sel: {uri: odd}}
---
action: reset
---
title: Alone
logsource: {product: zeek, service: ssl}
detection: {sel: {server_name: odd}, condition: sel}
`;

  test('global documents are part of those that follow, repeat changes the one before, reset ends it', () => {
    const { rules, inapplicable, rejected } = load(COLLECTION);
    expect([inapplicable, rejected]).toEqual([[], []]);
    expect(rules.map(rule => [rule.info.id, rule.info.title, rule.info.level, rule.stream])).toEqual([
      ['929a690e-bef0-4204-a928-ef5e620d6fcc', 'Odd names', 'medium', 'dns'],
      ['929a690e-bef0-4204-a928-ef5e620d6fcc-2', 'Odd names', 'low', 'http'],
      ['929a690e-bef0-4204-a928-ef5e620d6fcd', 'Odd names', 'low', 'http'],
      ['alone', 'Alone', 'medium', 'ssl'],
    ]);
    const repeated = rules[2]!;
    const records = [{ host: 'odd', uri: 'odd' }, { host: 'odd' }];
    expect([...evaluate(repeated, batchOf(records, repeated.schema))]).toEqual([0]);
  });

  test('what is wrong with one is said of one', () => {
    expect(load('action: repeat\ntitle: X\n').rejected).toEqual([
      'there is no rule before this one to repeat',
    ]);
    expect(load('action: local\ntitle: X\n').rejected).toEqual(['action is global, reset or repeat']);
    expect(parseRuleFile('ours.yml', COLLECTION, false).errors.map(each => each.message)).toContain(
      'unknown key "action" in the rule',
    );
  });

  test('a global document that is carried by many is bounded', () => {
    const list = Array.from({ length: 2000 }, (_, i) => i).join(', ');
    const many = Array.from({ length: 100 }, (_, i) => `title: R${i}`).join('\n---\n');
    const { rejected } = load(`action: global\nx: [${list}]\n---\n${many}`);
    expect(rejected.at(-1) ?? rejected[0]).toBeDefined();
    expect(rejected).toContain('global and repeated documents make more than 50000 entries');
  });
});

describe('a log source that names its product only', () => {
  test('means the one stream that has all fields', () => {
    const text = ruleText('{product: zeek}', "sel:\n  filter|contains: 'objectGUID=\\*'\ncondition: sel");
    const records = [{ filter: '(objectGUID=*)' }, { filter: '(objectGUID=x)' }];
    expect([load(text).rules[0]?.stream, matched(text, records)]).toEqual(['ldap_search', [0]]);
  });

  test.each(['{query: x, uri: y}', '{id.orig_h: 10.0.0.1}', '[word]'])(
    'does not apply where none has, or several: %s',
    selection => {
      const { inapplicable, rules } = load(ruleText('{product: zeek}', `sel: ${selection}\ncondition: sel`));
      expect([rules, inapplicable]).toEqual([[], ['logsource names no service']]);
    },
  );
});

describe('what foreign rules say of themselves', () => {
  const rule = ruleText(ZEEK('dns'), 'sel: {query: x}\ncondition: sel');

  test('unsupported rules and unknown taxonomies do not apply', () => {
    expect(load(rule.replace('status: test', 'status: unsupported')).inapplicable).toEqual([
      'its author says that it cannot be used as it is (status: unsupported)',
    ]);
    expect(load(`${rule}taxonomy: theirs\n`).inapplicable).toEqual([
      'names of the taxonomy "theirs" are not known here',
    ]);
    expect(load(`${rule}taxonomy: ECS\n`).rules).toHaveLength(1);
  });

  test('attributes of their own, related rules and tags of correlations do no harm', () => {
    const { rules, correlations, silent, rejected } = load(
      [
        `${rule.replace('title: Shape', 'title: Shape\nname: shape')}related:\n  - {id: 929a690e-bef0-4204-a928-ef5e620d6fcc, type: derived}\nregression_tests_path: x\nsimulation: [{type: a}]\n`,
        'title: Many\ntags: [attack.discovery]\nlevel: high\ngenerate: true\ncorrelation: {type: event_count, rules: [shape], group-by: [src_ip], timespan: 1h, condition: {gte: 9}}',
      ].join('\n---\n'),
    );
    expect(rejected).toEqual([]);
    expect([rules.length, correlations[0]?.info.tags, silent.size]).toEqual([1, ['attack.discovery'], 0]);
  });
});
