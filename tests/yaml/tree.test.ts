import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceText } from '../../src/yaml/source.ts';
import { type MapNode, parseYaml, type YamlNode } from '../../src/yaml/tree.ts';

const LIMIT_MS = 20_000;

function parse(text: string) {
  return parseYaml('rule.yml', text);
}

function only(text: string): YamlNode {
  const { documents, problems } = parse(text);
  expect(problems).toEqual([]);
  expect(documents).toHaveLength(1);
  return documents[0]!;
}

function place(text: string, node: { readonly at: number }): string {
  const { line, column } = sourceText('rule.yml', text).problem(node.at, '');
  return `${line}:${column}`;
}

describe('parseYaml', () => {
  it('knows where every node and key stands', () => {
    const text = 'a: 1\nb:\n  - x\n  - {c: "y"}\n';
    const map = only(text) as MapNode;
    const b = map.entries.get('b')!;
    expect(place(text, { at: b.keyAt })).toBe('2:1');
    expect(b.value).toMatchObject({ kind: 'list' });
    const [x, inner] = b.value.kind === 'list' ? b.value.items : [];
    expect(place(text, x!)).toBe('3:5');
    const c = (inner as MapNode).entries.get('c')!;
    expect(place(text, { at: c.keyAt })).toBe('4:6');
    expect(place(text, c.value)).toBe('4:9');
  });

  it('reads the core schema of YAML 1.2 and keeps what was written', () => {
    const map = only('{n: 1.0, h: 0x10, b: true, y: yes, z: null, d: 2026-01-01, e: , s: "1"}') as MapNode;
    const values = [...map.entries.values()].map(({ value }) =>
      value.kind === 'scalar' ? [value.value, value.text] : [],
    );
    expect(values).toEqual([
      [1, '1.0'],
      [16, '0x10'],
      [true, 'true'],
      ['yes', 'yes'],
      [null, 'null'],
      ['2026-01-01', '2026-01-01'],
      [null, ''],
      ['1', '1'],
    ]);
  });

  it('splits documents and leaves empty ones out', () => {
    expect(parse('a: 1\n---\n---\nb: 2\n').documents).toHaveLength(2);
    expect(parse('').documents).toEqual([]);
  });

  it('resolves aliases', () => {
    const map = only('a: &x [1]\nb: *x\n') as MapNode;
    expect(map.entries.get('b')!.value).toMatchObject({ kind: 'list', items: [{ value: 1 }] });
  });

  it.each([
    ['a: [1', '1:6', 'not valid YAML'],
    ['a: 1\n  b: 2', '1:4', 'not valid YAML'],
    ['a: 1\na: 2', '2:1', 'the key "a" is given twice'],
    ['a: *nowhere', '1:4', 'no anchor named "nowhere" before this alias'],
    ['? [a]\n: 1', '1:3', 'a key must be plain text'],
    ['a: !!binary eA==', '1:4', 'not valid YAML: unresolved tag'],
  ])('complains about %j at %s', (text, where, message) => {
    const { documents, problems } = parse(text);
    expect(documents).toEqual([]);
    expect(`${problems[0]!.line}:${problems[0]!.column}`).toBe(where);
    expect(problems[0]!.message).toContain(message);
  });

  it('takes __proto__ as a key like any other', () => {
    const map = only('{__proto__: {polluted: true}, constructor: 1}') as MapNode;
    expect([...map.entries.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('hostile YAML', () => {
  const MIB = 1 << 20;
  const fill = (piece: string) => piece.repeat(Math.floor(MIB / piece.length));
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 9; i++) {
    const before = String.fromCharCode(96 + i);
    const name = String.fromCharCode(97 + i);
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
  }

  // Texts come from functions: the test runner would put such long ones into the names of the tests.
  it.each<[string, () => string, string]>([
    ['deep lists', () => '['.repeat(100_000), 'nested more than 24 deep'],
    ['deep maps', () => '{'.repeat(100_000), 'nested more than 24 deep'],
    ['deep block lists', () => '- '.repeat(5000), 'nested more than 24 deep'],
    ['an alias bomb', () => bomb.join('\n'), 'more than 100 aliases'],
    ['an alias of itself', () => 'a: &a [*a]', 'no anchor named "a" before this alias'],
    [
      'many aliases of a large list',
      () => `a: &a [${'1,'.repeat(5000)}]\nb: [${'*a,'.repeat(90)}]`,
      'more than 100000 values',
    ],
    ['many lines', () => fill('a\n'), 'more than 50000 lines'],
    ['many documents', () => 'a\n---\n'.repeat(3000), 'more than 2000 documents'],
    ['many values', () => `[${'1,'.repeat(120_000)}]`, 'more than 100000 values'],
    ['many tokens', () => `[${fill('1,')}]`, 'more than 400000 YAML tokens'],
    ['one line of errors', () => "'' ".repeat(50_000), 'not valid YAML'],
  ])('%s', (_, text, message) => {
    const start = performance.now();
    const { documents, problems } = parse(text());
    expect(documents).toEqual([]);
    expect(problems.map(problem => problem.message).join('\n')).toContain(message);
    expect(problems.length).toBeLessThanOrEqual(101);
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  });

  it('finds a repeated key among very many in little time', () => {
    const keys = Array.from({ length: 45_000 }, (_, i) => `k${i}: 1`).join('\n');
    const start = performance.now();
    expect(parse(`${keys}\nk7: 2\n`).problems[0]!.message).toBe('the key "k7" is given twice');
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  });

  it('never throws', () => {
    const unit = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      ']',
      '{',
      '}',
      '&',
      '*',
      '!',
      '|',
      '>',
      '"',
      "'",
      '%',
      '#',
      ',',
      '?',
      '\t',
      '~',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), text => {
        const { documents, problems } = parse(text);
        expect(documents.length === 0 || !problems.some(problem => problem.severity !== 'warning')).toBe(
          true,
        );
      }),
      { numRuns: 3000 },
    );
  });
});
