/**
 * `fixtures/laboratory.pcap`, whose bytes a script of its own computes from the published layouts: what the decoders make of
 * each scene, and which rules fire.
 */
import { describe, expect, it } from 'vitest';
import { generatedFixture } from './generated-fixture.ts';

const { of, pick, told, levels } = generatedFixture('laboratory');

describe('laboratory.pcap', () => {
  it('is recognised, flow by flow, on any port', () => {
    expect(pick('conn', 'id.resp_p', 'service')).toEqual([
      ...[2575, 2575, 2575, 2575, 7001, 7002, 7003].map(port => [port, 'hl7']),
      ...[9100, 4003, 9100].map(port => [port, 'lis']),
      ...[6200, 6200].map(port => [port, 'poct1a']),
      ...[514, 601].map(port => [port, 'syslog']),
    ]);
    expect(pick('weird', 'name')).toEqual([['lis_checksum_error']]);
  });

  it('pairs messages of devices with their acknowledgements', () => {
    const names = [
      'message_type',
      'trigger_event',
      'ihe_transaction',
      'ack_code',
      'acked_type',
      'error_code',
    ];
    expect(pick('hl7', ...names).slice(0, 8)).toEqual([
      ['ORU', 'R01', 'PCD-01', undefined, undefined, undefined],
      ['ACK', 'R01', undefined, 'AA', 'ORU^R01', undefined],
      ['ORU', 'R42', 'PCD-10', undefined, undefined, undefined],
      ['ACK', 'R42', undefined, 'AE', 'ORU^R42', '101'],
      ['ORU', 'R40', 'PCD-04', undefined, undefined, undefined],
      ['ACK', 'R40', undefined, 'AA', 'ORU^R40', undefined],
      ['RGV', 'O15', 'PCD-03', undefined, undefined, undefined],
      ['ACK', 'O15', undefined, 'AA', 'RGV^O15', undefined],
    ]);
  });

  it('reads messages of every shape alike', () => {
    const shapes = of('hl7').filter(row => Number(row['id.resp_p']) > 7000);
    expect(shapes).toHaveLength(10);
    expect(
      new Set(shapes.map(row => JSON.stringify([row['segments'], row['values'], row['phi_fields']]))),
    ).toHaveProperty('size', 1);
    expect(shapes.filter(row => row['batch'] === true)).toHaveLength(2);
    expect(shapes.filter(row => row['framed'] === false)).toHaveLength(2);
  });

  it('reads analyzers, point-of-care devices and audit messages', () => {
    expect(pick('lis', 'is_orig', 'content', 'framed', 'frames', 'checksum_errors', 'naks')).toEqual([
      [true, 'results', true, 6, 1, 1],
      [true, 'query', true, 3, 0, 0],
      [false, 'orders', true, 4, 0, 0],
      [false, 'results', false, 0, 0, 0],
      [true, 'results', true, 6, 0, 0],
    ]);
    expect(pick('poct1a', 'message_type').flat()).toEqual(
      'HEL ACK DST ACK REQ OBS ACK OPL ACK END HEL DTV'
        .split(' ')
        .map(name => `${name}.R0${name === 'DTV' ? 2 : 1}`),
    );
    expect(pick('atna', 'id.resp_p', 'event', 'outcome', 'complete')).toEqual([
      [514, 'User Authentication', 8, true],
      [514, 'Query', 0, true],
      [601, 'Query', 0, true],
    ]);
  });

  it('knows one patient across all of them', () => {
    const protocols = of('phi')
      .filter(row => row['patient'] === 'mrn#1')
      .map(row => row['protocol']);
    expect([...new Set(protocols)].sort()).toEqual(['hl7', 'lis', 'poct1a', 'syslog']);
  });

  it('tells what identifies the devices, and which stand behind a gateway', () => {
    const lines = told();
    for (const line of [
      '10.60.30.20 vendor BD true',
      '10.60.30.20 model 8100 true',
      '10.60.30.20 serial SN-8100-42 true',
      '10.60.30.20 udi (01)04012345678901 true',
      '10.60.30.20 system_id 0003B1FFFE000042 true',
      '10.60.30.21 system_id 0009FBFFFE000043 true',
      '10.60.40.11 model ABL800 FLEX 6.19 SN-ABL-7 false',
      '10.60.30.40 serial 0600100736 false',
      '10.60.30.40 vendor Nova Biomedical false',
    ])
      expect(lines).toContain(line);
  });

  it('leads to the findings that its scenes are for', async () => {
    expect(await levels(OURS)).toEqual({
      'atna-cleartext': 'medium',
      'hl7-changed-message': 'high',
      'hl7-replayed-message': 'medium',
      'laboratory-phi-cleartext': expect.any(String),
      'lis-two-senders': 'medium',
      'poct1a-directive-unlisted-host': 'high',
      'pump-order-unlisted-host': 'high',
    });
  });
});

const OURS = new Set([
  'atna-cleartext',
  'hl7-changed-message',
  'hl7-replayed-message',
  'hl7-tls-downgrade',
  'laboratory-phi-cleartext',
  'lis-two-senders',
  'poct1a-directive-unlisted-host',
  'pump-order-unlisted-host',
]);
