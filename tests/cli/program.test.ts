import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { CANARIES, CLINIC, cleanEnv, medtap, PROGRAM, WARD, WARD_INVENTORY } from './program.ts';

const RULE = `title: Host talked to an address that plays the internet
id: 6b6f1f0e-1111-4222-8333-444455556666
name: host-internet
status: stable
level: high
logsource: {product: medtap, service: conn}
detection:
  internet: {id.resp_h|startswith: ['203.0.113.', '198.51.100.']}
  condition: internet
medtap: {message: "{orig_device} ({id.orig_h}) → {id.resp_h}:{id.resp_p}"}
---
title: FTP in clear
id: 6b6f1f0e-1111-4222-8333-444455557777
name: ftp-clear
status: stable
level: medium
logsource: {product: zeek, service: ftp}
detection:
  any: {command|exists: true}
  condition: any
medtap: {message: "{id.orig_h} used FTP on {id.resp_h}"}
`;

let folder = '';
let rules = '';
const at = (name: string) => join(folder, name);
const scan = (...args: string[]) => medtap(['scan', '--rules', rules, ...args]);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medtap-cli-'));
  rules = at('rules.yml');
  writeFileSync(rules, RULE);
  writeFileSync(at('text.pcap'), 'this is no capture at all, but it is long enough to be looked at\n');
  writeFileSync(at('empty.pcap'), '');
  const ward = readFileSync(WARD);
  writeFileSync(at('cut.pcap'), ward.subarray(0, 5000));
  writeFileSync(at('header-only.pcap'), ward.subarray(0, 24));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('scan', () => {
  test('findings on stdout, nothing on stderr, exit 1', () => {
    const { code, out, err } = scan('--inventory', WARD_INVENTORY, WARD);
    expect(err).toBe('');
    expect(code).toBe(EXIT.findings);
    expect(out).toMatch(/^HIGH {6}Host talked to an address/);
    expect(out).toMatch(/^MEDIUM {4}FTP in clear/m);
    expect(out).toContain('pump-07 (10.20.30.17) → 203.0.113.66:443');
    expect(out).toContain('on the clock of Europe/Berlin');
    expect(out).not.toContain('\u001b');
  });

  test('JSON is one document of the schema', () => {
    const { out } = scan('--format', 'json', '--inventory', WARD_INVENTORY, WARD);
    const result = JSON.parse(out);
    expect(result.schema).toBe('medtap/scan@1');
    expect(result.run.volatile).toMatchObject({
      started: expect.stringMatching(/^\d{4}-/),
      host: expect.any(String),
    });
    expect(result.captures[0]).toMatchObject({
      name: WARD,
      status: 'ok',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(result.findings.map((finding: { rule: { name: string } }) => finding.rule.name)).toContain(
      'ftp-clear',
    );
    expect(new Set(result.findings.map((f: { fingerprint: string }) => f.fingerprint)).size).toBe(
      result.findings.length,
    );
  });

  test('--reproducible: the same bytes every time', () => {
    const first = scan('--format', 'json', '--reproducible', WARD);
    const second = scan('--format', 'json', '--reproducible', WARD);
    expect(first.out).toBe(second.out);
    expect(JSON.parse(first.out).run.volatile).toBeUndefined();
  });

  test('fingerprints do not depend on the name of the capture or on other captures', () => {
    const prints = (...inputs: string[]) =>
      JSON.parse(scan('--format', 'json', ...inputs).out)
        .findings.map((finding: { fingerprint: string }) => finding.fingerprint)
        .sort();
    writeFileSync(at('renamed.pcap'), readFileSync(WARD));
    expect(prints(at('renamed.pcap'))).toEqual(prints(WARD));
    rmSync(at('renamed.pcap'));
  });

  test('--min-level shows, --fail-on decides', () => {
    const shown = scan('--min-level', 'critical', WARD);
    expect(shown.out).toMatch(/^No findings\./);
    expect(shown.out).toMatch(/none \(\d+ below critical not shown\)/);
    expect(shown.code).toBe(EXIT.findings);
    expect(scan('--fail-on', 'critical', WARD).code).toBe(EXIT.ok);
    expect(scan('--fail-on', 'none', WARD).code).toBe(EXIT.ok);
  });

  test('--output: a copy in a file, for its owner only', () => {
    const { out, code } = scan(WARD, '-o', `json=${at('result.json')}`);
    expect(out).toMatch(/^HIGH /);
    expect(JSON.parse(readFileSync(at('result.json'), 'utf8')).schema).toBe('medtap/scan@1');
    expect(statSync(at('result.json')).mode & 0o777).toBe(0o600);
    expect(code).toBe(EXIT.findings);
    const instead = scan(WARD, '-o', at('result.txt'));
    expect(instead.out).toBe('');
    expect(readFileSync(at('result.txt'), 'utf8')).toMatch(/^HIGH /);
  });

  test('standard input', () => {
    const { code, out } = medtap(['scan', '--rules', rules, '-'], { input: readFileSync(WARD) });
    expect(code).toBe(EXIT.findings);
    expect(out).toContain('-: 932 frames');
  });

  test('colour when it is asked for', () => {
    expect(scan('--color', 'always', WARD).out).toContain('\u001b[');
    const forced = medtap(['scan', '--rules', rules, WARD], { env: cleanEnv({ FORCE_COLOR: '1' }) });
    expect(forced.out).toContain('\u001b[');
  });

  test('--reveal is announced on stderr, also when quiet', () => {
    expect(scan('--reveal', '-q', WARD).err).toMatch(/^warning: --reveal/);
  });
});

describe('bad input', () => {
  test.each([
    ['not a capture', () => at('text.pcap')],
    ['an empty file', () => at('empty.pcap')],
    ['a missing file', () => at('missing.pcap')],
    ['a capture without a packet', () => at('header-only.pcap')],
  ])('%s: exit 3 and one line', (_, name) => {
    const { code, err, out } = scan(name());
    expect(code).toBe(EXIT.unreadable);
    expect(err.split('\n').length).toBeLessThanOrEqual(2);
    expect(out).toMatch(/^Nothing was analysed\./);
  });

  test('a directory without captures', () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    const { code, err } = scan(empty);
    expect(err).toContain('holds no capture');
    expect(code).toBe(EXIT.unreadable);
  });

  test('one of several: exit 4, unless that is accepted', () => {
    const inputs = ['--fail-on', 'none', WARD, at('missing.pcap')];
    const strict = scan(...inputs);
    expect(strict.err).toMatch(/^error: .*missing\.pcap: /);
    expect(strict.code).toBe(EXIT.incomplete);
    const accepted = scan('--allow-partial', ...inputs);
    expect(accepted.err).toMatch(/^warning: .*missing\.pcap: /);
    expect(accepted.code).toBe(EXIT.ok);
    expect(scan(WARD, at('missing.pcap')).code).toBe(EXIT.findings);
  });

  test('a cut capture: what was there is analysed, exit 4', () => {
    const { code, err, out } = scan(at('cut.pcap'));
    expect(code).toBe(EXIT.incomplete);
    expect(err).toMatch(/^error: .*cut\.pcap: .*\(byte \d+\)\n$/);
    expect(out).toMatch(/cut\.pcap: \d+ frames/);
    expect(out).toContain('Incomplete: ');
  });

  test('a broken inventory: every problem with its place, exit 2', () => {
    writeFileSync(at('inventory.yml'), 'schema: medtap/inventory@1\nsit: north\ndevices: [{nam: x}]\n');
    const { code, err, out } = scan('--inventory', at('inventory.yml'), WARD);
    expect(err).toMatch(/inventory\.yml:2:\d+: .*sit/);
    expect(err).toMatch(/inventory\.yml:3:\d+: /);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });

  test('an unknown key in a rule: place, caret and suggestion, exit 2', () => {
    writeFileSync(at('slip.yml'), RULE.replace('level: high', 'levle: high'));
    const { code, err, out } = medtap(['scan', '--rules', at('slip.yml'), WARD]);
    expect(err).toMatch(/slip\.yml:5:1: .*levle/);
    expect(err).toMatch(/^ +\^$/m);
    expect(err).toMatch(/did you mean .*level/i);
    expect(out).toBe('');
    expect(code).toBe(EXIT.usage);
  });
});

describe('logs', () => {
  test('one stream on stdout, as Zeek writes it', () => {
    const { code, out, err } = medtap(['logs', '--stream', 'conn', WARD]);
    expect(err).toBe('');
    expect(code).toBe(EXIT.ok);
    const lines = out.split('\n');
    expect(lines[0]).toBe('#separator \\x09');
    expect(lines[4]).toBe('#path\tconn');
    expect(lines[5]).toMatch(/^#open\t\d{4}(-\d\d){5}$/);
    expect(lines.at(-2)).toMatch(/^#close\t/);
    const width = lines[6]!.split('\t').length - 1;
    const rows = lines.filter(line => line !== '' && !line.startsWith('#'));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) expect(row.split('\t')).toHaveLength(width);
  });

  test('a file per stream, the same bytes every time', () => {
    const first = at('logs-1');
    const second = at('logs-2');
    expect(medtap(['logs', '--output', first, WARD]).out).toBe('');
    medtap(['logs', '--output', second, WARD]);
    const names = readdirSync(first);
    expect(names).toContain('conn.log');
    expect(names).toContain('dns.log');
    for (const name of names) {
      expect(readFileSync(join(first, name))).toEqual(readFileSync(join(second, name)));
      expect(statSync(join(first, name)).mode & 0o777).toBe(0o600);
    }
  });

  test('JSON lines; mixed streams say which', () => {
    const one = medtap(['logs', '--format', 'json', '--stream', 'dns', WARD]).out.trimEnd().split('\n');
    for (const line of one) expect(Object.keys(JSON.parse(line)).slice(0, 2)).toEqual(['ts', 'uid']);
    const two = medtap(['logs', '--format', 'json', '--stream', 'dns,conn', WARD]).out.trimEnd().split('\n');
    expect(new Set(two.map(line => JSON.parse(line)._path))).toEqual(new Set(['conn', 'dns']));
  });

  test('--filter: only the records for which it holds, of the streams that have its fields', () => {
    const filter = "query endswith '.example' and id.resp_p == 53";
    const { code, out } = medtap(['logs', '--format', 'json', '--filter', filter, WARD]);
    const records = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(code).toBe(EXIT.ok);
    expect(records.length).toBeGreaterThan(3);
    for (const record of records) expect(record).toMatchObject({ _path: 'dns', 'id.resp_p': 53 });
    expect(medtap(['logs', '--filter', 'query == "no.such.name"', WARD])).toMatchObject({ code: 0, out: '' });
  });

  test('--filter with mistakes: each with its place, exit 2, before anything is read', () => {
    const { code, out, err } = medtap([
      'logs',
      '--filter',
      'servce == dns and duration > 5x',
      'missing.pcap',
    ]);
    expect(code).toBe(EXIT.usage);
    expect(out).toBe('');
    expect(err.match(/^ +\^$/gm)).toHaveLength(2);
    expect(err).toContain('did you mean service?');
    expect(err).not.toContain('missing.pcap');
  });

  test('--enrich adds who each side is', () => {
    const args = [
      'logs',
      '--format',
      'json',
      '--stream',
      'conn',
      '--enrich',
      '--inventory',
      WARD_INVENTORY,
      WARD,
    ];
    const records = medtap(args)
      .out.trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    const pump = records.find(record => record['id.orig_h'] === '10.20.30.17');
    expect(pump).toMatchObject({ orig_device: 'pump-07', orig_type: 'infusion-pump', orig_medical: true });
    expect(medtap(['logs', '--format', 'json', '--stream', 'conn', WARD]).out).not.toContain('orig_device');
  });

  test('a reader that goes away is no error', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'logs', WARD], { env: cleanEnv() });
    const closed = once(child, 'close');
    let err = '';
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    child.stdout.destroy();
    const [code] = await closed;
    expect(err).toBe('');
    expect(code).toBe(EXIT.ok);
  });
});

describe('flows', () => {
  const flows = (...args: string[]) => medtap(['flows', '--inventory', WARD_INVENTORY, ...args, WARD]);

  test('a table, largest first, with what it leaves out', () => {
    const { code, out, err } = flows('--top', '3');
    expect(err).toBe('');
    expect(code).toBe(EXIT.ok);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^Start +From +To +Service/);
    expect(lines[1]).toMatch(/pacs-01 10\.20\.30\.40:\d+ +viewer-01 10\.20\.30\.41:104 +dicom/);
    expect(lines[4]).toBe('');
    expect(out).toMatch(/\d+ more rows not shown/);
  });

  test('CSV and JSON hold every flow; a copy beside the table', () => {
    const csv = flows('--format', 'csv').out.trimEnd().split('\r\n');
    const json = JSON.parse(flows('--format', 'json', '--reproducible').out);
    expect(json).toMatchObject({ schema: 'medtap/flows@1', view: 'flows', sort: 'bytes' });
    expect(json.rows).toHaveLength(json.totals.flows);
    expect(csv).toHaveLength(json.rows.length + 1);
    expect(csv[0]?.split(',')).toEqual(Object.keys(json.rows[0]));
    const both = flows('--top', '2', '-o', `json=${at('flows.json')}`);
    expect(both.out).toMatch(/^Start /);
    expect(JSON.parse(readFileSync(at('flows.json'), 'utf8')).rows).toHaveLength(2);
  });

  test('views and filter', () => {
    expect(flows('--by', 'device').out).toMatch(/^pump-07 +infusion-pump/m);
    expect(flows('--zones').out).toMatch(/^From . to/);
    expect(flows('--filter', 'resp_scope == internet', '--by', 'service').out).toContain('--filter left out');
    expect(flows('--filter', 'duration > 9w').out).toMatch(/^None of \d+ flows is left/);
  });

  test('what makes no sense is refused', () => {
    expect(flows('--zones', '--by', 'pair').code).toBe(EXIT.usage);
    expect(flows('--sort', 'flows').code).toBe(EXIT.usage);
    expect(flows('--top', 'many').code).toBe(EXIT.usage);
    expect(flows('--filter', 'query exists').err).toContain('the stream conn has no field query');
  });

  test('a cut capture: what was there is shown, exit 4', () => {
    const { code, out, err } = medtap(['flows', at('cut.pcap')]);
    expect(code).toBe(EXIT.incomplete);
    expect(out).toMatch(/^Start /);
    expect(err).toContain('medtap flows: coverage is incomplete');
  });
});

describe('doctor', () => {
  test('a verdict in words, and as JSON', () => {
    const { code, out, err } = medtap(['doctor', WARD]);
    expect(err).toBe('');
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/^Visibility {3}GOOD: /);
    expect(out).toContain('31 of 31 TCP conversations seen from both sides');
    const json = JSON.parse(medtap(['doctor', '--format', 'json', '--reproducible', WARD]).out);
    expect(json).toMatchObject({ schema: 'medtap/doctor@1', visibility: 'good', causes: [], clocks: [] });
    expect(json.captures[0].health).toMatchObject({ visibility: 'good' });
  });

  test('a damaged input: exit 4, and why', () => {
    const { code, out, err } = medtap(['doctor', at('cut.pcap')]);
    expect(code).toBe(EXIT.incomplete);
    expect(out).toMatch(/^Visibility {3}LIMITED: /);
    expect(out).toContain('Not everything could be read');
    expect(err).toContain('medtap doctor: coverage is incomplete');
  });

  test('capture_health is a stream like any other, and part of a scan', () => {
    const logs = medtap(['logs', '--stream', 'capture_health', '--format', 'json', WARD]);
    expect(JSON.parse(logs.out)).toMatchObject({ kind: 'capture', visibility: 'good', flows: 59 });
    expect(medtap(['logs', '--filter', 'visibility == poor', WARD])).toMatchObject({ code: 0, out: '' });
    const { coverage } = JSON.parse(scan('--format', 'json', WARD).out);
    expect(coverage).toMatchObject({ visibility: 'good', causes: [], records: { capture_health: 1 } });
  });
});

describe('devices', () => {
  test('text and JSON', () => {
    const { code, out } = medtap(['devices', '--inventory', WARD_INVENTORY, WARD]);
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/^Medical devices \(\d+\)/);
    expect(out).toContain('pump-07');
    const json = JSON.parse(medtap(['devices', '--format', 'json', '--inventory', WARD_INVENTORY, WARD]).out);
    expect(json.schema).toBe('medtap/devices@1');
    expect(json.devices.find((device: { name: string }) => device.name === 'pump-07')).toMatchObject({
      known: true,
      type: 'infusion-pump',
      medical: true,
    });
  });

  test('CSV, and the explanation of one host', () => {
    const csv = medtap(['devices', '--format', 'csv', WARD]);
    expect(csv.code).toBe(EXIT.ok);
    expect(csv.out.split('\r\n')[0]).toBe(
      'name,known,type,confidence,hints,medical,criticality,vendor,model,zone,ips,macs,evidence',
    );
    expect(csv.out).toContain('10.20.30.51,false,lab-analyzer,0.81,,true,diagnostic,Sysmex,');
    const json = JSON.parse(medtap(['devices', '--explain', '10.20.30.51', '--format', 'json', WARD]).out);
    expect(json.schema).toBe('medtap/explanation@1');
    expect(json.explanations).toHaveLength(1);
    expect(json.explanations[0]).toMatchObject({ device: { type: 'lab-analyzer' }, tenures: [] });
    const nobody = medtap(['devices', '--explain', '10.20.30.52', WARD]);
    expect(nobody).toMatchObject({ code: EXIT.usage, out: '' });
    expect(nobody.err).toContain('did you mean 10.20.30.51?');
    const csvToo = medtap(['devices', '--explain', '10.20.30.51', '--format', 'csv', WARD]);
    expect([csvToo.code, csvToo.err]).toEqual([
      EXIT.usage,
      'error: an explanation is text or json, not csv\n',
    ]);
  });

  test.each([WARD, CLINIC])('the inventory it writes can be given back: %s', capture => {
    const written = at('found.yml');
    expect(medtap(['devices', '--format', 'inventory', '-o', written, capture]).code).toBe(EXIT.ok);
    const { code, err, out } = medtap(['devices', '--format', 'json', '--inventory', written, capture]);
    expect(err).toBe('');
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out).devices.length).toBeGreaterThan(5);
    expect(JSON.parse(out).devices.filter((device: { known: boolean }) => !device.known)).toEqual([]);
  });
});

describe.skipIf(!existsSync('/dev/full'))('what cannot be written', () => {
  const full = openSync('/dev/full', 'w');
  afterAll(() => closeSync(full));

  test.each([
    [EXIT.unreadable, ['flows', 'nofile']],
    [EXIT.usage, ['scan', '--bogus']],
    [EXIT.usage, ['rules', 'show', 'none']],
    [EXIT.incomplete, ['scan', '--fail-on', 'none', 'cut.pcap']],
  ])('diagnostics: the exit code stays %i for %j', (code, args) => {
    expect(medtap(args, { cwd: folder, stdio: ['ignore', 'ignore', full] }).code).toBe(code);
  });

  test.each([[['--help']], [['scan', '--help']], [['flows', WARD]]])('a result, of %j: exit 2', args => {
    const { code, err } = medtap(args, { stdio: ['ignore', full, 'pipe'] });
    expect(err).toMatch(/^error: .*no space left on the device/);
    expect(code).toBe(EXIT.usage);
  });
});

describe('interrupted while the input is silent: a report of what was read, exit 130', () => {
  /** More than pipes hold: when all of it is written, the program reads. */
  const long = () => {
    const ward = readFileSync(WARD);
    return Buffer.concat([ward, ...Array.from({ length: 8 }, () => ward.subarray(24))]);
  };

  /** Interrupts a scan of `input` when all was written, and says how it ended. */
  async function interrupted(input: string, feed: (stdin: Writable) => Promise<unknown>) {
    const child = spawn(process.execPath, [PROGRAM, 'scan', '--rules', rules, input], { env: cleanEnv() });
    const closed = once(child, 'close');
    let out = '';
    let err = '';
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    await Promise.race([feed(child.stdin), closed]);
    child.kill('SIGINT');
    const [code] = await closed;
    return { code, out, err };
  }

  test('standard input', { timeout: 60_000 }, async () => {
    const { code, out, err } = await interrupted(
      '-',
      stdin => new Promise(resolve => stdin.write(long(), resolve)),
    );
    expect(code).toBe(EXIT.interrupted);
    expect(err).toMatch(/^interrupted: /m);
    expect(err).not.toContain('error: ');
    expect(out).toMatch(/-: [\d,]+ frames/);
  });

  test.skipIf(process.platform === 'win32')('a FIFO', { timeout: 60_000 }, async () => {
    writeFileSync(at('long.pcap'), long());
    spawnSync('mkfifo', [at('fifo')]);
    const script = 'exec 3>"$1"; cat "$0" >&3; echo written; exec sleep 60';
    const writer = spawn('sh', ['-c', script, at('long.pcap'), at('fifo')]);
    const { code, out, err } = await interrupted(at('fifo'), () => once(writer.stdout, 'data'));
    writer.kill();
    expect(code).toBe(EXIT.interrupted);
    expect(err).toMatch(/^interrupted: /m);
    expect(err).not.toContain('error: ');
    expect(out).toMatch(/fifo: [\d,]+ frames/);
  });
});

describe.skipIf(process.platform === 'win32')('interrupted while it waits or writes: 130 with a word', () => {
  test.each([
    ['for a list', ['flows', '--files-from', 'silent'], 'SIGTERM'],
    ['for the inventory', ['flows', '--inventory', 'silent', WARD], 'SIGINT'],
    ['for somebody who reads the report', ['flows', '-o', 'silent', WARD], 'SIGTERM'],
  ] as const)('%s', { timeout: 60_000 }, async (_, args, signal) => {
    spawnSync('mkfifo', [at('silent')]);
    const child = spawn(process.execPath, [PROGRAM, ...args], { env: cleanEnv(), cwd: folder });
    let err = '';
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    const closed = once(child, 'close');
    await setTimeout(1500);
    child.kill(signal);
    expect(await closed).toEqual([EXIT.interrupted, null]);
    expect(err).toMatch(/^interrupted: .*\n$/);
  });

  test('no draft of a file is left', { timeout: 60_000 }, async () => {
    mkdirSync(at('set'));
    spawnSync('mkfifo', [at('set/http.log')]);
    const child = spawn(process.execPath, [PROGRAM, 'logs', '-o', at('set'), WARD], { stdio: 'ignore' });
    const closed = once(child, 'close');
    while (!readdirSync(at('set')).some(name => name.startsWith('.medtap-'))) await setTimeout(20);
    await setTimeout(300);
    child.kill('SIGTERM');
    expect(await closed).toEqual([EXIT.interrupted, null]);
    expect(readdirSync(at('set'))).toEqual(['http.log']);
  });
});

/** What a command prints, with the copies that it writes in other formats. */
function copied(args: readonly string[], ...formats: readonly string[]) {
  const { out, err } = medtap([
    ...args,
    ...formats.flatMap(format => ['-o', `${format}=${at(`copy.${format}`)}`]),
  ]);
  return { out: out + formats.map(format => readFileSync(at(`copy.${format}`), 'utf8')).join(''), err };
}

test('no output holds planted patient data or secrets', { timeout: 300_000 }, () => {
  const canaries = readFileSync(CANARIES, 'utf8')
    .split('\n')
    .filter(line => line !== '');
  expect(canaries.length).toBeGreaterThan(20);
  const outputs = [
    scan(WARD),
    scan('--format', 'json', '--inventory', WARD_INVENTORY, WARD),
    medtap(['logs', WARD]),
    medtap(['logs', '--format', 'json', '--enrich', '--inventory', WARD_INVENTORY, WARD]),
    medtap(['devices', '--format', 'json', WARD]),
    medtap(['devices', '--format', 'csv', WARD]),
    medtap(['devices', '--explain', '10.20.30.20', WARD]),
    medtap(['devices', '--explain', 'ct-01', '--format', 'json', WARD]),
    medtap(['logs', '--stream', 'device', WARD]),
    medtap(['logs', '--filter', 'uid exists', WARD]),
    copied(['doctor', WARD], 'json'),
    ...['device', 'pair', 'service', 'zones'].map(view =>
      copied(['flows', '--by', view, '--top', '0', WARD], 'csv', 'json'),
    ),
    copied(['flows', '--top', '0', WARD], 'csv', 'json'),
  ];
  for (const { out, err } of outputs) {
    for (const canary of canaries) {
      expect(out.includes(canary), canary).toBe(false);
      expect(err.includes(canary), canary).toBe(false);
    }
  }
});
