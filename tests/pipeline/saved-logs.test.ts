/**
 * Saved logs give the findings that the captures gave: ours all of them, in either form; Zeek's those whose streams and fields
 * Zeek has. Secrets of other programs' logs become tokens.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInventory, scan } from '../../src/cli/engine.ts';
import { logsCommand } from '../../src/cli/logs.ts';
import { loadRuleSet } from '../../src/cli/rule-engine.ts';
import type { Finding } from '../../src/model/finding.ts';
import { decodeAll } from '../../src/pipeline/phases.ts';
import { memoryIo } from '../cli/memory-io.ts';
import { FIXTURES, hasShared, SHARED } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const folder = tempFolder();
const INVENTORY = join(FIXTURES, 'ward.inventory.yml');
const WARD = join(FIXTURES, 'ward.pcap');

const sites = new Map<string | undefined, ReturnType<typeof load>>();

async function load(file: string | undefined) {
  const inventory = await readInventory(file);
  return { inventory, ...(await loadRuleSet([], inventory)) };
}

async function findings(inputs: readonly string[], inventoryFile?: string) {
  const known = sites.get(inventoryFile) ?? load(inventoryFile);
  sites.set(inventoryFile, known);
  const { inventory, rules, correlations, silent, filters } = await known;
  return scan({ inputs, inventory, rules, correlations, silent, filters, reveal: false, dedupWindow: 0.05 });
}

async function logsTo(directory: string, ...options: readonly string[]): Promise<void> {
  const io = memoryIo();
  const command = logsCommand(io, code => expect(code).toBe(0));
  await command.parseAsync([WARD, '--inventory', INVENTORY, '--output', directory, ...options], {
    from: 'user',
  });
}

describe('our own logs', () => {
  for (const format of ['zeek', 'json']) {
    it(`as ${format} give the same findings, devices and records`, async () => {
      const directory = join(folder.path, format);
      await logsTo(directory, '--format', format);
      const [live, saved] = [await findings([WARD], INVENTORY), await findings([directory], INVENTORY)];
      expect(live.findings.length).toBeGreaterThan(10);
      expect(saved.findings).toEqual(live.findings);
      expect(saved.devices).toEqual(live.devices);
      expect(saved.coverage.records).toEqual(live.coverage.records);
      expect(saved.problems).toEqual([]);
      expect(saved.health.causes.map(({ cause }) => cause)).toEqual(['saved_logs']);
    });
  }
});

describe('inputs', () => {
  it('logs beside captures in a directory are passed over, and named beside one an error', async () => {
    const log = folder.write(
      'conn.log',
      '{"ts":1,"uid":"C1","id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","proto":"tcp"}\n',
    );
    await expect(findings([log, WARD])).rejects.toThrow('is saved logs and');
    const alone = await findings([log]);
    expect(alone.coverage.saved_records).toBe(1);
    expect(alone.coverage.frames).toBe(0);
  });

  it('a directory of nothing but logs is logs, and beside a capture an error', async () => {
    const directory = join(folder.path, 'only-logs');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'dns.log'), '{"ts":1,"query":"a"}\n');
    await expect(findings([directory, WARD])).rejects.toThrow('is saved logs and');
  });

  it('records of flows without hosts are incomplete', async () => {
    const log = folder.write('conn.log', '{"ts":1,"uid":"C1","id.orig_h":"10.0.0.1","proto":"tcp"}\n');
    const { problems, captures } = await findings([log]);
    expect(problems.map(String)[0]).toContain('1 records of conn without id.resp_h');
    expect(captures[0]!.status).toBe('partial');
  });

  it('--since and --until choose records', async () => {
    const log = folder.write('dns.log', '{"ts":1,"query":"a"}\n{"ts":2,"query":"b"}\n{"ts":3,"query":"c"}\n');
    const inventory = await readInventory(undefined);
    const window = { since: { sec: 2, nsec: 0 }, until: { sec: 3, nsec: 0 } };
    const decoded = await decodeAll(
      { inputs: [log], inventory, reveal: false, dedupWindow: 0, ...window },
      undefined,
      false,
    );
    expect([...decoded.store.read('dns')].map(batch => batch.value(0, 'query'))).toEqual(['b']);
    expect(decoded.coverage.outside).toBe(2);
  });
});

describe('secrets of other programs’ logs', () => {
  it('become tokens, or what our decoders show', async () => {
    const lines = [
      {
        _path: 'ftp',
        ts: 1,
        user: 'CANARYUSER',
        password: 'CANARYPASS',
        command: 'RETR',
        arg: 'ftp://u:CANARYPASS@h/f',
      },
      { _path: 'snmp', ts: 1, community: 'CANARYCOMM' },
      { _path: 'ntlm', ts: 1, username: 'CANARYUSER', hostname: 'PC' },
      { _path: 'kerberos', ts: 1, client: 'CANARYUSER/WARD.EXAMPLE' },
      { _path: 'radius', ts: 1, username: 'CANARYUSER' },
      { _path: 'rdp', ts: 1, cookie: 'CANARYUSER' },
      { _path: 'http', ts: 1, uri: '/login?password=CANARYPASS&PatientID=CANARYMRN', username: 'CANARYUSER' },
      { _path: 'syslog', ts: 1, message: 'login password=CANARYPASS' },
      { _path: 'syslog', ts: 2, message: 'MSH|^~\\&|A|B\rPID|||CANARYMRN' },
      { _path: 'smtp', ts: 1, subject: 'CANARYLAST', from: 'a@b' },
      { _path: 'snmp', ts: 2, community: 'public' },
    ];
    const hosts = { 'id.orig_h': '10.0.0.1', 'id.resp_h': '10.0.0.2' };
    const log = folder.write('all.log', lines.map(line => JSON.stringify({ ...line, ...hosts })).join('\n'));
    const io = memoryIo();
    await logsCommand(io, code => expect(code).toBe(0)).parseAsync([log, '--format', 'json'], {
      from: 'user',
    });
    expect(io.out()).not.toMatch(/CANARY/i);
    for (const shown of [
      '"user":"user#1"',
      '<user>/WARD.EXAMPLE',
      '"community":"public"',
      '"_path":"radius"',
    ])
      expect(io.out()).toContain(shown);
  });
});

/** Findings of these rules rest on streams that Zeek has and that mean the same. */
const BEYOND_ZEEK = /credentials|phi|hl7|dicom|bacnet|visibility|arp|unknown/;

describe.skipIf(!hasShared())('Zeek’s own logs', () => {
  it('give the findings of their captures, where Zeek has the streams', { timeout: 240_000 }, async () => {
    const oracle = join(SHARED, 'oracle', 'zeek');
    const key = (finding: Finding): string =>
      `${finding.rule.name} ${finding.device?.name} ${finding.peer?.name} ${finding.count}`;
    const counts = { captures: 0, equal: 0, missing: [] as string[], extra: [] as string[] };
    for (const kind of readdirSync(oracle)) {
      for (const name of readdirSync(join(oracle, kind))) {
        const capture = join(SHARED, kind, name);
        if (!existsSync(capture)) continue;
        counts.captures++;
        const [live, saved] = [await findings([capture]), await findings([join(oracle, kind, name)])];
        const [a, b] = [live, saved].map(result => result.findings.map(key));
        counts.equal += a!.filter(each => b!.includes(each)).length;
        counts.missing.push(
          ...a!.filter(each => !b!.includes(each) && !BEYOND_ZEEK.test(each.split(' ')[0]!)),
        );
        counts.extra.push(...b!.filter(each => !a!.includes(each)));
        expect(saved.problems.map(String)).toEqual([]);
      }
    }
    expect(counts.captures).toBeGreaterThan(400);
    expect(counts.equal).toBeGreaterThanOrEqual(10);
    expect(counts.missing).toEqual([]);
    expect(counts.extra).toEqual([]);
  });
});
