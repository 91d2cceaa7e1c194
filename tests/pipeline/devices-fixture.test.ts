/**
 * `fixtures/devices.pcap`, whose bytes a script of its own computes from the published layouts: what the decoders make of
 * each scene, which rules fire, and that no canary is in anything. The script gives the same bytes again.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { memoryIo } from '../cli/memory-io.ts';
import { FIXTURES } from '../support/paths.ts';

const CAPTURE = join(FIXTURES, 'devices.pcap');
const INVENTORY = join(FIXTURES, 'devices.inventory.yml');
const CANARIES = readFileSync(join(FIXTURES, 'canaries.txt'), 'utf8').trim().split('\n');

type Row = Readonly<Record<string, unknown>>;
let rows: readonly Row[] = [];

async function run(...args: string[]): Promise<string> {
  const io = memoryIo();
  await main(args, io);
  return io.out() + io.err();
}

beforeAll(async () => {
  rows = (await run('logs', CAPTURE, '--format', 'json'))
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Row);
});

const of = (stream: string): readonly Row[] => rows.filter(row => row['_path'] === stream);
const pick = (stream: string, ...names: string[]): unknown[][] =>
  of(stream).map(row => names.map(name => row[name]));

describe('devices.pcap', () => {
  it('is recognised, flow by flow', () => {
    expect(pick('conn', 'id.resp_p', 'service')).toEqual([
      [515, 'contec'],
      [7515, 'contec'],
      [24_005, 'intellivue'],
      [24_105, 'intellivue'],
      [24_105, 'intellivue'],
      [2000, 'carescape'],
      [2000, 'carescape'],
      [3702, 'ws_discovery'],
      [3702, 'ws_discovery'],
      [3702, 'ws_discovery'],
      [6464, 'http'],
      [6024, 'phd'],
      [4001, 'datex_s5'],
      [4002, 'medibus'],
      [4002, 'medibus'],
      [80, 'http'],
      [47_808, 'bacnet'],
      [3613, undefined],
      [8443, undefined],
      [80, 'http'],
      [4999, 'tap'],
    ]);
    expect(of('weird')).toEqual([]);
  });

  it('says what each device said', () => {
    expect(pick('contec', 'blocks', 'leads', 'patient')).toEqual(
      new Array(2).fill([8, ['ecg', 'spo2', 'temperature'], 'mrn#1']),
    );
    expect(pick('intellivue', 'id.orig_h', 'operation', 'object', 'requests', 'responses', 'errors')).toEqual(
      [
        ['10.50.30.11', 'event', undefined, 1, 0, 0],
        ['10.50.30.5', 'associate', undefined, 1, 1, 0],
        ['10.50.30.5', 'event', undefined, 1, 1, 0],
        ['10.50.30.5', 'poll', 'patient_demographics', 1, 1, 0],
        ['10.50.30.5', 'confirmed_set', 'mds', 1, 1, 0],
        ['10.50.30.5', 'extended_poll', 'numeric', 1, 3, 0],
        ['10.50.30.5', 'release', undefined, 1, 1, 0],
        ['10.50.30.222', 'associate', undefined, 1, 1, 0],
        ['10.50.30.222', 'poll', 'patient_demographics', 1, 1, 0],
        ['10.50.30.222', 'confirmed_set', 'mds', 1, 0, 1],
      ],
    );
    expect(pick('carescape', 'claimed_host', 'claimed_host_differs', 'unit', 'room')).toEqual([
      ['10.50.30.6', false, 'WARD5', 'CIC'],
      ['10.50.30.6', true, 'WARD5', 'CIC'],
    ]);
    expect(pick('ws_discovery', 'action', 'sdc', 'locations', 'patient')).toEqual([
      ['Hello', true, ['HOSP/WARD5/Bed3'], 'mrn#1'],
      ['Probe', true, undefined, undefined],
      ['ProbeMatches', true, ['HOSP/WARD5/Bed3'], 'mrn#1'],
    ]);
    expect(pick('sdc', 'action', 'kind')).toEqual([
      ['GetMdib', 'read'],
      ['GetMdibResponse', 'read'],
      ['SetValue', 'write'],
      ['SetValueResponse', 'write'],
    ]);
    expect(pick('phd', 'system_id', 'config_id', 'types', 'reports', 'ended')).toEqual([
      ['0022330000000031', 700, ['MDC_DEV_SPEC_PROFILE_BP'], 2, 'release'],
    ]);
    expect(pick('datex_s5', 'is_orig', 'records', 'requests', 'bad_sums')).toEqual([
      [true, 2, 2, 0],
      [false, 2, 0, 0],
    ]);
    expect(pick('medibus', 'is_orig', 'commands', 'replies', 'device_name', 'bad_sums')).toEqual([
      [true, 4, 0, undefined, 0],
      [false, 0, 4, 'Evita V500', 0],
      [true, 4, 0, undefined, 0],
      [false, 0, 4, 'Evita V500', 0],
    ]);
  });

  it('reads pages and their logins', () => {
    expect(pick('paging', 'protocol', 'operation', 'text', 'accepted')).toEqual([
      ['wctp', 'SubmitRequest', 'subject#1', undefined],
      ['tap', 'page', 'subject#1', true],
    ]);
    expect(pick('credentials', 'protocol', 'user', 'secret_kind')).toEqual([
      ['wctp', 'user#1', 'password'],
      ['tap', undefined, 'password'],
    ]);
  });

  it('knows one patient across all of them', () => {
    expect(new Set(pick('phi', 'patient').flat())).toEqual(new Set(['mrn#1']));
    expect([...new Set(pick('phi', 'protocol').flat())].sort()).toEqual([
      'contec',
      'http',
      'intellivue',
      'ws_discovery',
    ]);
  });

  it('tells what identifies the devices', () => {
    const told = of('device').map(
      row => `${row['host']} ${row['attribute']} ${row['value']} ${row['behind']}`,
    );
    for (const line of [
      '10.50.30.21 location WARD 5, bed 7 false',
      '10.50.30.11 serial DE50000003 false',
      '10.50.30.11 location BED-03 false',
      '10.50.30.6 location WARD5|CIC false',
      '10.50.30.41 type MDC_DEV_SYS_PT_VENT_MDS false',
      '10.50.30.41 serial SN-900-3 false',
      '10.50.30.31 system_id 0022330000000031 false',
      '10.50.30.60 model Evita V500 true',
    ])
      expect(told).toContain(line);
  });

  it('leads to the findings that its scenes are for', async () => {
    const report = await run(
      'scan',
      CAPTURE,
      '--inventory',
      INVENTORY,
      '--format',
      'json',
      '--fail-on',
      'none',
    );
    const found = (JSON.parse(report) as { findings: { rule: { name: string }; level: string }[] }).findings;
    const byRule = new Map(found.map(({ rule, level }) => [rule.name, level]));
    expect([...byRule].filter(([name]) => SCENES.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ...SCENES,
    ]);
  });

  it('shows no canary in any output', async () => {
    const shown = [
      await run('logs', CAPTURE, '--format', 'json'),
      await run('logs', CAPTURE),
      await run('scan', CAPTURE, '--inventory', INVENTORY),
      await run('scan', CAPTURE, '--inventory', INVENTORY, '--format', 'json'),
      await run('devices', CAPTURE),
    ].join('\n');
    expect(shown.length).toBeGreaterThan(10_000);
    for (const canary of CANARIES) expect(shown).not.toContain(canary);
  });
});

/** Rules that the scenes are for, and at which level they must fire. */
const SCENES = new Map([
  ['alaris-peer-deviation', 'medium'],
  ['bacnet-control-unlisted-host', 'high'],
  ['carescape-claimed-address', 'critical'],
  ['contec-phi-cleartext', 'medium'],
  ['intellivue-demographics-unlisted-host', 'high'],
  ['intellivue-set-unlisted-host', 'high'],
  ['misfortune-cookie', 'critical'],
  ['paging-cleartext', 'medium'],
  ['sdc-cleartext', 'high'],
  ['sdc-http-announced', 'medium'],
  ['serial-device-clients', 'medium'],
]);

const python = spawnSync('python3', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'medtap-devices-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!python)(`devices.py${python ? '' : ' (skipped: python3 missing)'}`, () => {
  it('gives the same bytes again', () => {
    const made = spawnSync('python3', [join(FIXTURES, 'record/devices.py'), folder], { encoding: 'utf8' });
    expect(made.stderr).toBe('');
    for (const name of ['devices.pcap', 'devices.inventory.yml', 'devices.scenes.tsv'])
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(FIXTURES, name))), name).toBe(true);
  });
});
