import { describe, expect, test } from 'vitest';
import { decideExit, type RunFacts } from '../../src/cli/exit-code.ts';
import { reportFailure } from '../../src/cli/failure.ts';
import { EXIT, InputError, UserError } from '../../src/errors.ts';
import { CAPTURES, CLEAN_COVERAGE, FINDINGS } from '../report/sample.ts';
import { memoryIo } from './memory-io.ts';

const CLEAN: RunFacts = {
  captures: CAPTURES.slice(0, 1),
  coverage: CLEAN_COVERAGE,
  problems: 0,
  interrupted: false,
  allowPartial: false,
  findings: [],
  failOn: 'high',
};
const FOUND = { findings: FINDINGS };
const PARTIAL = { coverage: { ...CLEAN_COVERAGE, limits: { flows: 1 } } };
const NOTHING = { coverage: { ...CLEAN_COVERAGE, frames: 0 } };
const STOPPED = { interrupted: true };

describe('exit code', () => {
  // In order of precedence: each holds although everything below it holds too.
  test.each([
    ['interrupted', { ...STOPPED, ...FOUND, ...NOTHING, problems: 1 }, EXIT.interrupted],
    ['nothing read', { ...NOTHING, ...FOUND, problems: 1 }, EXIT.unreadable],
    ['nothing decoded', { coverage: { ...CLEAN_COVERAGE, decoded: 0 }, ...FOUND }, EXIT.unreadable],
    ['findings', { ...FOUND, ...PARTIAL, problems: 1 }, EXIT.findings],
    ['a limit was hit', PARTIAL, EXIT.incomplete],
    ['a decoder failed', { coverage: { ...CLEAN_COVERAGE, decoder_failures: { dns: 1 } } }, EXIT.incomplete],
    ['an input of several could not be read', { captures: CAPTURES }, EXIT.incomplete],
    ['an input could not even be listed', { problems: 1 }, EXIT.incomplete],
    ['loss is accepted', { ...PARTIAL, allowPartial: true }, EXIT.ok],
    ['nothing read is never accepted', { ...NOTHING, allowPartial: true }, EXIT.unreadable],
    [
      'loss on the tap is no loss of ours',
      { coverage: { ...CLEAN_COVERAGE, missed_bytes: 9, snapped: 9 } },
      EXIT.ok,
    ],
    [
      'a filter suppresses all findings',
      { findings: FINDINGS.map(finding => ({ ...finding, status: 'suppressed' as const })) },
      EXIT.ok,
    ],
    ['all is well', {}, EXIT.ok],
  ])('%s', (_, change, code) => {
    expect(decideExit({ ...CLEAN, ...change }).code).toBe(code);
  });

  test.each([
    ['critical', EXIT.findings],
    ['high', EXIT.findings],
    ['none', EXIT.ok],
  ] as const)('--fail-on %s with a critical and a high finding', (failOn, code) => {
    expect(decideExit({ ...CLEAN, ...FOUND, failOn }).code).toBe(code);
  });

  test('findings below --fail-on do not fail', () => {
    const low = FINDINGS.slice(2);
    expect(decideExit({ ...CLEAN, findings: low }).code).toBe(EXIT.ok);
    expect(decideExit({ ...CLEAN, findings: low, failOn: 'informational' }).code).toBe(EXIT.findings);
  });

  test('the reason counts what decided', () => {
    expect(decideExit({ ...CLEAN, ...FOUND }).reason).toBe('2 findings at or above high (--fail-on)');
    expect(decideExit({ ...CLEAN, ...PARTIAL }).reason).toContain('limit flows hit');
    expect(decideExit({ ...CLEAN, ...PARTIAL, allowPartial: true }).reason).toContain('limit flows hit');
  });
});

describe('failures', () => {
  test('every problem of the user, each with its place and caret', async () => {
    const io = memoryIo();
    const problems = [
      {
        message: 'unknown key',
        file: 'a.yml',
        line: 3,
        column: 2,
        source: ' titel: x',
        hint: 'did you mean title?',
      },
      { message: 'no level', file: 'b.yml' },
    ];
    expect(await reportFailure(new UserError(problems), io)).toBe(EXIT.usage);
    expect(io.err()).toBe(
      'error: a.yml:3:2: unknown key\n     titel: x\n     ^\n    did you mean title?\nerror: b.yml: no level\n',
    );
  });

  test('an unreadable input is one line', async () => {
    const io = memoryIo();
    expect(await reportFailure(new InputError('x.pcap', 'not a capture', 0), io)).toBe(EXIT.unreadable);
    expect(io.err()).toBe('error: x.pcap: not a capture (byte 0)\n');
  });

  test('anything else is a defect of ours, with the stack', async () => {
    const io = memoryIo();
    expect(await reportFailure(new TypeError('boom'), io)).toBe(EXIT.defect);
    expect(io.err()).toContain('defect of medtap');
    expect(io.err()).toContain('TypeError: boom');
    expect(io.err()).toContain('exit-code.test');
    expect(await reportFailure('thrown text', memoryIo())).toBe(EXIT.defect);
  });

  test('text from a file cannot steer the terminal', async () => {
    const io = memoryIo();
    await reportFailure(new UserError([{ message: 'bad \u001b[2J', file: 'a.yml' }]), io);
    expect(io.err()).toBe('error: a.yml: bad \\u{1b}[2J\n');
  });
});
