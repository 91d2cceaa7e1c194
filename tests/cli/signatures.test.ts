/** `--signatures` through the commands. */
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { EXIT } from '../../src/errors.ts';
import { pcap } from '../support/captures.ts';
import { Script } from '../support/flow-script.ts';
import { tempFolder } from '../support/temp.ts';
import { memoryIo } from './memory-io.ts';
import { WARD } from './program.ts';

const temp = tempFolder();
const SHELL = `Microsoft Windows [Version 10.0.19045.3930]\r\n(c) Microsoft`;
const script = new Script({ respPort: 4444 }).open().resp('PA', { data: SHELL }).close();
const CAPTURE = temp.write(
  'shell.pcap',
  pcap(script.packets.map(({ frame, sec, nsec }) => ({ bytes: frame, sec, nsec }))),
);

async function medtap(...args: string[]) {
  const io = memoryIo();
  const code = await main(args, io);
  return { code, out: io.out(), err: io.err() };
}

describe('--signatures', () => {
  test('a match is a finding whose level its kind decides', async () => {
    const { code, out } = await medtap('scan', CAPTURE, '--signatures', 'shipped', '--format', 'json');
    const report = JSON.parse(out);
    expect(code).toBe(EXIT.findings);
    expect(report.run.options.signatures).toEqual(['shipped']);
    const found = report.findings.filter((finding: { rule: { name: string } }) =>
      finding.rule.name.startsWith('signature'),
    );
    expect(found).toMatchObject([{ rule: { name: 'signature-match' }, level: 'critical', count: 1 }]);
    expect(out).not.toContain('19045');
  });

  test('without it nothing is looked for', async () => {
    const { out } = await medtap('scan', CAPTURE, '--format', 'json');
    expect(JSON.parse(out).run.options.signatures).toBeNull();
    expect(out).not.toContain('cmd-exe-banner');
  });

  test('logs writes the records', async () => {
    const { out } = await medtap('logs', CAPTURE, '--signatures', 'shipped', '--stream', 'signature');
    expect(out).toContain('#path\tsignature');
    expect(out).toContain('cmd-exe-banner');
  });

  test('every mistake of a file is said, with its place, and ends the run', async () => {
    const file = temp.write(
      'bad.signatures.yml',
      'signatures:\n  - {id: x, name: X, kind: tol, protocol: tcp}\n',
    );
    const { code, err } = await medtap('scan', CAPTURE, '--signatures', file);
    expect(code).toBe(EXIT.usage);
    expect(err).toContain('bad.signatures.yml:2:28: "tol" is not a kind\n');
    expect(err).toContain('did you mean tool?');
    expect(err).toContain('a signature has no bytes');
    const before = temp.write('old.signatures.yml', 'signatures: []\n');
    expect((await medtap('scan', CAPTURE, '--signatures', before, '-o', before)).code).toBe(EXIT.usage);
  });

  test('saved logs have no payload', async () => {
    const folder = `${temp.path}/logs`;
    expect((await medtap('logs', WARD, '--output', folder)).code).toBe(EXIT.ok);
    const { code, err } = await medtap('scan', folder, '--signatures', 'shipped');
    expect(code).toBe(EXIT.usage);
    expect(err).toContain('saved logs have no payload');
  });
});
