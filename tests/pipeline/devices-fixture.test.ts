/**
 * `fixtures/devices.pcap`, whose bytes a script of its own computes from the published layouts: what the decoders make of
 * each scene, and which rules fire.
 */
import { describe, expect, it } from 'vitest';
import { generatedFixture } from './generated-fixture.ts';

const { of, pick, told, levels } = generatedFixture('devices');

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
    const lines = told();
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
      expect(lines).toContain(line);
  });

  it('leads to the findings that its scenes are for', async () => {
    expect(await levels(new Set(Object.keys(SCENES)))).toEqual(SCENES);
  });
});

/** Rules that the scenes are for, and at which level they must fire. */
const SCENES = {
  'alaris-peer-deviation': 'medium',
  'bacnet-control-unlisted-host': 'high',
  'carescape-claimed-address': 'critical',
  'contec-phi-cleartext': 'medium',
  'intellivue-demographics-unlisted-host': 'high',
  'intellivue-set-unlisted-host': 'high',
  'misfortune-cookie': 'critical',
  'paging-cleartext': 'medium',
  'sdc-cleartext': 'high',
  'sdc-http-announced': 'medium',
  'serial-device-clients': 'medium',
};
