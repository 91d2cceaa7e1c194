import { describe, expect, it } from 'vitest';
import { loadIntel } from '../../src/intel/load.ts';
import { parsePattern } from '../../src/intel/read-stix.ts';
import type { Entry } from '../../src/intel/table.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

/** What a file holds: kind, text and what was said, by the order of the table. */
function load(text: string | Uint8Array, name = 'feed.txt') {
  const { table, files } = loadIntel([temp.write(name, text)]);
  const entries = Array.from({ length: table.length }, (_, i) => table.entry(i));
  return { entries, brief: entries.map(brief), skipped: Object.fromEntries(files[0]!.skipped), files };
}

const brief = ({ kind, text }: Entry): string => `${kind} ${text}`;

function refusal(text: string | Uint8Array, name = 'bad.txt'): string {
  try {
    load(text, name);
  } catch (error) {
    return (error as Error).message.replaceAll(`${temp.path}/`, '');
  }
  return 'taken';
}

describe('one per line', () => {
  it('with comments, defanged, of any kind', () => {
    const { brief: found, entries } = load(
      '\ufeff# a list\r\nevil[.]example\r\n\r\n1.2.3.4 # C2\nhxxp://bad.example/a,b\n5.6.7.0/24\n',
    );
    expect(found).toEqual([
      'domain evil.example',
      'addr 1.2.3.4',
      'url bad.example/a,b',
      'subnet 5.6.7.0/24',
    ]);
    expect(entries[0]).toMatchObject({
      source: 'feed.txt',
      confidence: undefined,
      until: undefined,
      tags: [],
    });
  });

  it('what is no indicator is left out, counted and named with its line', () => {
    const { brief: found, skipped, files } = load('1.2.3.4\nnot one\n0.0.0.0/0\n10.0.0.1\n');
    expect(found).toEqual(['addr 1.2.3.4', 'addr 10.0.0.1']);
    expect(skipped).toEqual({ 'not recognised': 1, 'too broad (too large a range)': 1 });
    expect(files[0]!.warnings.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '2 not one is left out: not recognised',
      '3 0.0.0.0/0 is left out: too broad (too large a range)',
      '4 10.0.0.1 is private: it matches hosts of the site',
    ]);
  });

  it('nothing that can be used, is an error with the reasons', () => {
    expect(refusal('not one\n')).toBe(
      'bad.txt: holds no indicator that can be used\nbad.txt:2:1: not one is left out: not recognised'.replace(
        ':2:',
        ':1:',
      ),
    );
    expect(refusal('')).toBe('bad.txt: holds no indicator that can be used');
    expect(refusal(Uint8Array.of(0xff, 0xfe, 0x00))).toBe('bad.txt: not UTF-8 text');
    expect(() => loadIntel([`${temp.path}/none`])).toThrow('no such file');
  });
});

describe('CSV', () => {
  it('by the names of its columns, with quotes', () => {
    const { entries } = load(
      'Type;Indicator;Confidence;Valid Until;Description;Tags;Source\n' +
        'ip-dst|port;1.2.3.4|443;90%;2026-01-02;"Say ""hi"";\nthere";c2,apt;CERT\n' +
        'sha256;' +
        'ab'.repeat(32) +
        ';low;;;;\n',
    );
    expect(entries).toEqual([
      {
        kind: 'addr',
        text: '1.2.3.4',
        source: 'CERT',
        confidence: 90,
        until: Date.UTC(2026, 0, 2) / 1000,
        description: expect.stringMatching(/^Say "hi";.+there$/),
        tags: ['c2', 'apt'],
      },
      {
        kind: 'file_hash',
        text: 'ab'.repeat(32),
        source: 'feed.txt',
        confidence: 15,
        until: undefined,
        description: undefined,
        tags: [],
      },
    ]);
  });

  it('with a column that is named after its kind', () => {
    expect(load('first_seen,dst_ip,malware\n2026-01-01,1.2.3.4,Evil\n').entries[0]).toMatchObject({
      kind: 'addr',
      text: '1.2.3.4',
      description: 'Evil',
    });
    expect(
      load('ja3_md5,x\na,b\nja3,y\n'.replace('ja3_md5', 'ja3').replace('a,b', `${'0f'.repeat(16)},b`)).brief,
    ).toEqual([`ja3 ${'0f'.repeat(16)}`]);
  });

  it('with its header in a comment, as abuse.ch has it', () => {
    const { entries } = load(
      '################\n# "first_seen_utc","ioc_value","ioc_type","confidence_level"\n"2026-01-01 00:00:00", "1.2.3.4:8080", "ip:port", "75"\n',
    );
    expect(entries).toMatchObject([{ kind: 'addr', text: '1.2.3.4', confidence: 75 }]);
  });

  it('of MISP: what is not for detection is left out', () => {
    const { brief: found, skipped } = load(
      'uuid,event_id,category,type,value,comment,to_ids,date\nu,1,Network,domain,evil.example,x,1,2\nu,1,Network,domain,fine.example,x,0,2\nu,1,Payload,regkey,HKLM,x,1,2\n',
    );
    expect(found).toEqual(['domain evil.example']);
    expect(skipped).toEqual({ 'not meant for detection': 1, 'type regkey': 1 });
  });

  it('whose columns nobody understands is refused, not guessed at', () => {
    expect(refusal('1.2.3.4,bad,5\n')).toBe(
      'bad.txt:1:1: the columns of this file are not understood\n    name them in the first line, such as indicator, type, confidence, description',
    );
  });

  it('with a confidence or an expiry that is none', () => {
    const { skipped } = load(
      'indicator,confidence,valid_until\n1.2.3.4,,\n1.2.3.5,sure,\n1.2.3.6,101,\n1.2.3.7,,tomorrow\n',
    );
    expect(skipped).toEqual({ 'confidence is no number from 0 to 100': 2, 'expiry is no time': 1 });
  });
});

describe('Zeek’s intelligence files', () => {
  it('with types, sources and descriptions', () => {
    const { entries } = load(
      '#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n1.2.3.0/24\tIntel::SUBNET\tfeed\tnet, bad\nevil.example\tIntel::DOMAIN\tfeed\t-\nroot\tIntel::USER_NAME\tfeed\t-\n',
    );
    expect(entries).toMatchObject([
      { kind: 'subnet', text: '1.2.3.0/24', source: 'feed', description: 'net, bad' },
      { kind: 'domain', text: 'evil.example', description: undefined },
    ]);
    expect(refusal('#fields\tfoo\tbar\n')).toContain('#fields names no column of indicators');
  });
});

describe('STIX 2.1', () => {
  const indicator = (pattern: string, more: object = {}) => ({
    type: 'indicator',
    id: `indicator--${pattern.length}`,
    pattern,
    pattern_type: 'stix',
    ...more,
  });
  const bundle = (...objects: object[]) => JSON.stringify({ type: 'bundle', id: 'bundle--1', objects });

  it('takes what is one of several values', () => {
    const { entries, skipped } = load(
      bundle(
        { type: 'identity', id: 'identity--1', name: 'H-ISAC' },
        indicator("[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'evil.example']", {
          created_by_ref: 'identity--1',
          confidence: 80,
          valid_until: '2026-06-01T00:00:00.000Z',
          name: 'C2',
          indicator_types: ['malicious-activity'],
        }),
        indicator("[ipv4-addr:value = '1.2.3.4' AND network-traffic:dst_port = 443]"),
        indicator("[url:value LIKE 'http://%']"),
        indicator("[windows-registry-key:key = 'x']"),
        indicator('alert tcp any any', { pattern_type: 'snort' }),
        indicator("[url:value = 'http://x.example/']", { revoked: true }),
      ),
    );
    const common = {
      source: 'H-ISAC',
      confidence: 80,
      until: Date.UTC(2026, 5, 1) / 1000,
      description: 'C2',
      tags: ['malicious-activity'],
    };
    expect(entries).toEqual([
      { kind: 'addr', text: '1.2.3.4', ...common },
      { kind: 'domain', text: 'evil.example', ...common },
    ]);
    expect(skipped).toEqual({
      'a pattern that needs several things at once': 1,
      'a pattern with operators that are not matched here': 1,
      'pattern over windows-registry-key:key': 1,
      'pattern of type snort': 1,
      revoked: 1,
    });
  });

  it.each([
    ["[file:hashes.'SHA-256' = 'ab'] OR [file:hashes.MD5 = 'cd']", ['sha256 ab', 'md5 cd']],
    ["([ipv4-addr:value ISSUBSET '1.2.3.0/24'])", ['ip 1.2.3.0/24']],
    ["[domain-name:value IN ('a.example', 'b.example')]", ['domain-name a.example', 'domain-name b.example']],
    [String.raw`[url:value = 'http://a/\'x\\']`, [String.raw`url http://a/'x\ `.trim()]],
    [
      "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Evil']",
      ['user-agent Evil'],
    ],
    ["[ipv4-addr:value = '1.2.3.4'] FOLLOWEDBY [url:value = 'x']", 'several'],
    ["[ipv4-addr:value = '1.2.3.4'] REPEATS 5 TIMES", 'several'],
    ["[ipv4-addr:value NOT = '1.2.3.4']", 'pattern over'],
    ["[ipv4-addr:value != '1.2.3.4']", 'operators'],
    ["[ipv4-addr:value = '1.2.3.4", 'operators'],
    ['', 'operators'],
    ['[[[[', 'operators'],
    ["[a:b IN ('x'", 'not understood'],
    ["[ipv4-addr:value = '1.2.3.4'", 'not understood'],
    ["ipv4-addr:value = '1.2.3.4'", 'not understood'],
    ["[ipv4-addr:value = '1.2.3.4']]", 'not understood'],
    ["([ipv4-addr:value = '1.2.3.4')]", 'not understood'],
    ["[ipv4-addr:value = '1.2.3.4'] OR [url:value = 'x'", 'not understood'],
    ["[(ipv4-addr:value = '1.2.3.4' OR url:value = 'x')]", ['ip 1.2.3.4', 'url x']],
  ])('pattern %s', (pattern, expected) => {
    const found = parsePattern(pattern);
    if (typeof expected === 'string') expect(found).toContain(expected);
    else
      expect(typeof found === 'string' ? found : found.map(({ type, value }) => `${type} ${value}`)).toEqual(
        expected,
      );
  });
});

describe('MISP events', () => {
  it('take attributes of the event and of objects', () => {
    const event = {
      Event: {
        info: 'Campaign',
        Orgc: { name: 'CIRCL' },
        Tag: [{ name: 'tlp:green' }, { name: 'misp:confidence-level="usually-confident"' }],
        Attribute: [
          { type: 'domain|ip', value: 'evil.example|1.2.3.4', to_ids: true, comment: 'C2' },
          { type: 'ip-src', value: '5.6.7.8', to_ids: false },
          { type: 'pattern-in-file', value: 'x', to_ids: true },
        ],
        Object: [{ Attribute: [{ type: 'filename|sha1', value: `a.exe|${'ab'.repeat(20)}`, to_ids: true }] }],
      },
    };
    const { entries, skipped } = load(JSON.stringify({ response: [event] }));
    const common = { source: 'CIRCL', confidence: 75, until: undefined, tags: ['tlp:green'] };
    expect(entries).toEqual([
      { kind: 'domain', text: 'evil.example', description: 'C2', ...common },
      { kind: 'addr', text: '1.2.3.4', description: 'C2', ...common },
      { kind: 'file_hash', text: 'ab'.repeat(20), description: 'Campaign', ...common },
    ]);
    expect(skipped).toEqual({ 'not meant for detection': 1, 'type pattern-in-file': 1 });
  });
});

describe('hostile files', () => {
  it('are errors or bounded, never exceptions', () => {
    expect(refusal('{"a":')).toContain('bad.txt: not valid JSON');
    expect(refusal('[]')).toContain('neither a STIX 2.1 bundle nor a MISP event');
    expect(refusal('{"type":"bundle","objects":[null,5,{"type":"indicator"}]}')).toContain(
      'holds no indicator',
    );
    expect(refusal('{"__proto__":{"objects":[]},"type":"bundle"}')).toContain('neither');
    expect(refusal('[2001:db8::1]\n')).toBe('taken');
    expect(load(`1.2.3.4\n${'x'.repeat(3_000_000)}\n5.6.7.8\n`).brief).toEqual([
      'addr 1.2.3.4',
      'addr 5.6.7.8',
    ]);
    expect(load('indicator,type\n1.2.3.4,ip\n"never closed\n'.padEnd(100_000, 'y\n')).brief).toEqual([
      'addr 1.2.3.4',
    ]);
    const many = load(`1.2.3.4\n${'bad one\n'.repeat(1000)}`);
    expect(many.files[0]!.warnings).toHaveLength(6);
    expect(many.files[0]!.warnings[5]!.message).toBe('left out altogether: 1000 not recognised');
    expect(
      load('indicator,description\n1.2.3.4,\u001b[31mred\u202e\n').entries[0]!.description,
    ).not.toContain('\u001b');
  });
});
