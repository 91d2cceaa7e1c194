import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT, formatProblem, InputError, nearest, UserError } from '../src/errors.ts';

describe('formatProblem', () => {
  it('gives position, message, caret and hint', () => {
    const problem = {
      message: 'unknown field "resp_scop"',
      file: 'rule.yml',
      line: 7,
      column: 5,
      source: '    resp_scop: internet',
      hint: 'did you mean resp_scope?',
    };
    expect(formatProblem(problem)).toBe(
      [
        'rule.yml:7:5: unknown field "resp_scop"',
        '        resp_scop: internet',
        '        ^',
        '    did you mean resp_scope?',
      ].join('\n'),
    );
  });

  it('leaves out what is not known', () => {
    expect(formatProblem({ message: 'no rules' })).toBe('no rules');
    expect(formatProblem({ message: 'empty', file: 'a.yml' })).toBe('a.yml: empty');
    expect(formatProblem({ message: 'odd', file: 'a.yml', line: 3 })).toBe('a.yml:3:1: odd');
    expect(formatProblem({ message: 'odd', severity: 'warning' })).toBe('warning: odd');
  });
});

describe('UserError', () => {
  it('has every problem, one after the other', () => {
    const error = new UserError([{ message: 'one' }, { message: 'two', file: 'x' }]);
    expect([error.name, error.message, error.problems.length]).toEqual(['UserError', 'one\nx: two', 2]);
    expect(new UserError('just this').problems).toEqual([{ message: 'just this' }]);
  });
});

describe('InputError', () => {
  it('names the file and where it stopped making sense', () => {
    expect(new InputError('a.pcap', 'truncated', 24).message).toBe('a.pcap: truncated (byte 24)');
    expect(new InputError('a.pcap', 'truncated', 0).message).toBe('a.pcap: truncated (byte 0)');
    expect(new InputError('a.pcap', 'no such file')).toMatchObject({
      file: 'a.pcap',
      offset: undefined,
      message: 'a.pcap: no such file',
    });
  });
});

describe('nearest', () => {
  const words = ['orig_type', 'resp_type', 'resp_scope', 'service'];

  it.each([
    ['resp_scop', 'resp_scope'],
    ['RESP_TYPE', 'resp_type'],
    ['servcie', 'service'],
    ['orig_typ', 'orig_type'],
    ['frame', undefined],
    ['', undefined],
  ])('to %j is %j', (word, expected) => expect(nearest(word, words)).toBe(expected));

  it('a short word is like no other', () => {
    expect(nearest('x', ['Z', 'ts', 'uid'])).toBeUndefined();
    expect(nearest('uis', ['ts', 'uid', 'mac'])).toBe('uid');
    expect(nearest('cat', ['dog', 'cow'])).toBeUndefined();
    expect(nearest('pro', ['protocol', 'proto', 'ts'])).toBe('proto');
  });

  it('finds the word itself, and the first of equals', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), word => {
        expect(nearest(word, [word])).toBe(word);
      }),
    );
    expect(nearest('cat', ['car', 'cap'])).toBe('car');
  });
});

describe('exit codes', () => {
  it('are those of the contract', () => {
    expect(EXIT).toEqual({
      ok: 0,
      findings: 1,
      usage: 2,
      unreadable: 3,
      incomplete: 4,
      defect: 70,
      interrupted: 130,
    });
  });
});
