import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { loadSignatures, parseSignatures } from '../../src/signatures/load.ts';
import { tempFolder } from '../support/temp.ts';
import { SERVICES, signature } from './support.ts';

function problemsOf(text: string) {
  return parseSignatures('x.signatures.yml', text, SERVICES).problems;
}

/** Messages of the problems of one signature in flow style. */
function complaints(more: string): string[] {
  const found = problemsOf(`signatures:\n  - {id: x, name: X, kind: other, protocol: tcp, ${more}}`);
  return found.map(({ message, hint }) => (hint === undefined ? message : `${message} [${hint}]`));
}

describe('a signature file', () => {
  it('says all that is wrong at once, with places', () => {
    const found = problemsOf(`signatures:
  - id: Bad Id
    name: Something
    kind: backdor
    protocol: tcp
    prots: [80]
    bytes:
      - hex: 0f zz
`);
    expect(found.map(({ line, column, message, hint }) => `${line}:${column} ${message} [${hint}]`)).toEqual([
      '6:5 unknown key "prots" in a signature [did you mean ports?]',
      '2:9 "Bad Id" is no identifier [lower-case words and numbers with - between]',
      '4:11 "backdor" is not a kind [did you mean backdoor?]',
      '8:17 "z" is no hexadecimal digit [write bytes as in ff 53 4d 42]',
    ]);
    expect(found[3]).toMatchObject({ file: 'x.signatures.yml', source: '      - hex: 0f zz' });
  });

  it.each([
    ['', ['a signature has no bytes']],
    ['bytes: []', ['bytes is empty']],
    ['bytes: a', ['the first content has fewer than 2 bytes: every stream is full of it']],
    ['bytes: {hex: abc}', ['an odd number of hexadecimal digits [a byte has two]']],
    ['bytes: {hex: ab, text: ab}', ['a content has either hex or text']],
    [String.raw`bytes: 'a\q'`, [String.raw`unknown escape "\q" [known: \xHH \n \r \t \0 \\]`]],
    ['bytes: ab, depth: 1', ['2 bytes at least do not fit into a depth of 1']],
    ['bytes: ab, depth: 100000', ['depth must be a whole number from 1 to 65536']],
    ['bytes: ab, limit: 0', ['limit must be a whole number from 1 to 16']],
    ['bytes: ab, ports: [70000]', ['"70000" is neither a port nor a range such as 8000-8010']],
    ['bytes: ab, ports: [9-8]', ['"9-8" is neither a port nor a range such as 8000-8010']],
    ['bytes: ab, service: htpp', ['"htpp" is no service of this program [did you mean http?]']],
    [
      'bytes: [ab, {text: c, distance: [5, 2]}]',
      ['distance must be a number below the depth of 1024, or two: [least, most]'],
    ],
    [
      'depth: 2000, bytes: [ab, {text: c, distance: [0, 1100]}]',
      ['what stands behind the first content takes more than 1024 bytes [shorten distances or within]'],
    ],
    ["bytes: ab, pattern: 'a(?=b)'", ['look-around']],
    ['bytes: ab, pattern: {regex: a, within: 5000}', ['within must be a whole number from 1 to 1024']],
    ['bytes: ab, examples: {match: [xabx, nothing]}', ['x does not match its example 2']],
    ['bytes: ab, examples: {miss: [nothing, ab]}', ['x matches its counterexample 2']],
    ['bytes: ab, examples: {mach: [ab]}', ['unknown key "mach" in examples [did you mean match?]']],
  ])('%s', (more, expected) => {
    const found = complaints(more);
    if (expected[0] === 'look-around') expect(found[0]).toContain('look-around is not available');
    else expect(found).toEqual(expected);
  });

  it('is a map with a list', () => {
    expect(problemsOf('- a').map(({ message }) => message)).toEqual(['a signature file must be a map']);
    expect(problemsOf('signatures: {}').map(({ message }) => message)).toEqual(['signatures must be a list']);
    expect(problemsOf('').map(({ message }) => message)).toEqual(['holds no signatures']);
    expect(problemsOf('a: [').length).toBeGreaterThan(0);
  });

  it('reads bytes as written', () => {
    const { contents } = signature(
      String.raw`bytes: [{hex: 'FF:53 4d42'}, 'a\x00\r\n\\é', {text: AbC, nocase: true, distance: [1, 3]}]`,
    );
    expect(contents.map(({ bytes, min, max }) => [Buffer.from(bytes).toString('latin1'), min, max])).toEqual([
      ['\xffSMB', 0, Number.POSITIVE_INFINITY],
      ['a\0\r\n\\\xc3\xa9', 0, 0],
      ['abc', 1, 3],
    ]);
  });
});

describe('signature files', () => {
  const text = (id: string) => `signatures: [{id: ${id}, name: X, kind: other, protocol: tcp, bytes: abc}]\n`;

  it('are found in folders by their name, and have identifiers of their own', () => {
    const { path: folder } = tempFolder();
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'a.signatures.yml'), text('one'));
    writeFileSync(join(folder, 'deep', 'b.signatures.yaml'), text('two'));
    writeFileSync(join(folder, 'rule.yml'), 'no signature');
    const { set, files } = loadSignatures([folder, join(folder, 'a.signatures.yml')], SERVICES);
    expect(set.signatures.map(({ id }) => id)).toEqual(['one', 'two']);
    expect(files).toHaveLength(2);
    writeFileSync(join(folder, 'c.yml'), text('two'));
    expect(() => loadSignatures([folder, join(folder, 'c.yml')], SERVICES)).toThrow(
      /c\.yml:1:14: the id "two" is taken by .*b\.signatures\.yaml:1/,
    );
  });

  it('that are not there, or too much, are errors', () => {
    const { path: folder } = tempFolder();
    expect(() => loadSignatures([join(folder, 'none.yml')], SERVICES)).toThrow(UserError);
    expect(() => loadSignatures([folder], SERVICES)).toThrow('holds no signature files');
    const words = Array.from(
      { length: 5000 },
      (_, i) => `  - {id: s${i}, name: X, kind: other, protocol: tcp, bytes: '${`${i}`.padStart(16, '~')}x'}`,
    );
    writeFileSync(join(folder, 'a.signatures.yml'), `signatures:\n${words.join('\n')}\n`);
    expect(() => loadSignatures([folder], SERVICES)).toThrow('too many different bytes');
  });
});
