import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import {
  everySplit,
  everyTruncation,
  outcome,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../../support/fake-flow.ts';
import {
  associateAc,
  associateRq,
  bytes,
  COMMAND,
  command,
  commandSet,
  ctObject,
  dataset,
  EXPLICIT,
  IMPLICIT,
  LAST,
  NO_DATASET,
  pData,
  pdu,
  pdv,
  response,
  storeRq,
  UID,
} from './build.ts';
import { FIND, store } from './exchanges.ts';

describe('broken traffic', () => {
  const opened: Step[] = [
    [ORIG, associateRq()],
    [RESP, associateAc()],
  ];

  test.each([
    ['dicom_unknown_pdu_type', pdu(9, new Uint8Array(10))],
    ['dicom_unknown_pdu_type', pdu(0x47, new Uint8Array(10), 0x45545420)],
    ['dicom_invalid_pdu_length', pdu(4, new Uint8Array(10), 0x7fffffff)],
    ['dicom_invalid_pdu_length', pdu(5, new Uint8Array(9))],
    ['dicom_association_too_large', pdu(1, new Uint8Array(10), 0x00100000)],
    ['dicom_pdv_length_mismatch', pData(pdv(1, 3, new Uint8Array(10), 4000))],
    ['dicom_pdv_length_mismatch', pData(pdv(1, 3, new Uint8Array(10), 1))],
    ['dicom_pdv_length_mismatch', pdu(4, new Uint8Array(3))],
    ['dicom_pdv_length_mismatch', pdu(4, new Uint8Array(0))],
    ['dicom_malformed_command', pData(pdv(1, 3, new Uint8Array(40).fill(255)))],
    [
      'dicom_unknown_command',
      command([
        [0x0100, 0x0777],
        [0x0110, 1],
        [0x0800, NO_DATASET],
      ]),
    ],
    ['dicom_unexpected_dataset', dataset(ctObject(IMPLICIT))],
    ['dicom_invalid_uid', command([...storeRq(1, '1.2.840/../../x'), [0x0700, 0]])],
    ['dicom_unknown_presentation_context', command(storeRq(), 99)],
    ['dicom_pdu_exceeds_maximum', pData(pdv(1, 2, new Uint8Array(20_000)))],
    ['dicom_repeated_association', associateRq()],
    ['dicom_incomplete_dataset', bytes(command(storeRq()), command(storeRq(2)))],
    ['dicom_repeated_message_id', bytes(command(storeRq()), dataset(ctObject(IMPLICIT)), command(storeRq()))],
  ])('reports %s', (name, content) => {
    const played = play(dicom, [...opened, [ORIG, content]]);
    expect(played.weirds).toContain(name);
  });

  test('goes on behind an unknown PDU and a wrong PDV', () => {
    for (const odd of [pdu(9, new Uint8Array(10)), pData(pdv(1, 3, new Uint8Array(10), 4000))]) {
      const exchange = store();
      exchange.splice(2, 0, [ORIG, odd]);
      expect(recordsOf(play(dicom, exchange), 'dicom')[1]).toMatchObject({
        command: 'C-STORE-RQ',
        status: 0,
      });
    }
  });

  test('finds the next command behind bytes that make no sense', () => {
    const exchange = store();
    exchange.splice(2, 0, [ORIG, pdu(0x47, new Uint8Array(5000).fill(4), 0x45545420)]);
    const played = play(dicom, exchange);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({ command: 'C-STORE-RQ', status: 0 });
    expect(played.phi).toHaveLength(1);
  });

  test('gives up quietly after a long search', () => {
    const noise = new Uint8Array(1 << 20).fill(9);
    const exchange: Step[] = [...opened, [ORIG, pdu(0x47, noise, 0x45545420)]];
    for (let i = 0; i < 17; i++) exchange.push([ORIG, noise]);
    const played = play(dicom, exchange);
    expect(played.end).toBe('done');
    expect(recordsOf(played, 'dicom').at(-1)).toMatchObject({ event: 'drop' });
  });

  test('bounds the requests that wait', () => {
    const exchange = [...opened];
    for (let id = 0; id < 100; id++) {
      exchange.push([
        ORIG,
        command([
          [0x0002, UID.verification],
          [0x0100, 0x0030],
          [0x0110, id],
          [0x0800, NO_DATASET],
        ]),
      ]);
    }
    const played = play(dicom, exchange);
    expect(played.weirds).toEqual(['dicom_outstanding_limit']);
    const ids = recordsOf(played, 'dicom').flatMap(record => record['message_id'] ?? []);
    expect(ids).toEqual(Array.from({ length: 100 }, (_, id) => id));
  });

  test('bounds a command set', () => {
    const large = commandSet([[0x0902, 'x'.repeat(20_000)]]);
    const played = play(dicom, [
      ...opened,
      [ORIG, pData(pdv(1, COMMAND | LAST, large))],
      ...store().slice(2),
    ]);
    expect(played.weirds).toContain('dicom_command_too_large');
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({ command: 'C-STORE-RQ', status: 0 });
  });
});

describe('splits, truncation, gaps', () => {
  test('same records split at every byte', () => {
    for (const exchange of [store(UID.explicitLittle, ctObject(EXPLICIT)), FIND]) {
      const whole = outcome(play(dicom, exchange));
      for (const { played } of everySplit(dicom, exchange)) expect(outcome(played)).toEqual(whole);
    }
  });

  test('same records in every segment size, with pixel data beyond what is kept', () => {
    const exchange = store(UID.implicit, ctObject(IMPLICIT, 90_000));
    const whole = play(dicom, exchange);
    expect(recordsOf(whole, 'dicom')[1]).toMatchObject({
      modality: 'CT',
      dataset_bytes: 90_000 + ctObject(IMPLICIT, 0).length,
    });
    for (const segment of [7, 100, 1460, 65_536]) {
      expect(outcome(play(dicom, exchange, { segment }))).toEqual(outcome(whole));
    }
  });

  test('rejects truncated at every length: never throws, never invents a record', () => {
    const all = play(dicom, store()).records.length;
    for (const exchange of everyTruncation(store())) {
      const played = play(dicom, exchange);
      expect(played.records.length).toBeLessThanOrEqual(all + 1);
      expect(shownText(played)).not.toContain('CANARY');
    }
  });

  test('skips pixel data unseen', () => {
    const pixels = 8 << 20;
    const exchange = store(UID.implicit, ctObject(IMPLICIT, pixels));
    const played = play(dicom, exchange, { segment: 1460 });
    // 64 KiB are collected; of the rest only the segments that hold headers are delivered.
    expect(played.given).toBeLessThan(80_000);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({
      status: 0,
      dataset_bytes: pixels + ctObject(IMPLICIT, 0).length,
    });
  });

  test('survives a gap in skipped pixel data without noticing', () => {
    const content = ctObject(IMPLICIT, 200_000);
    const message = dataset(content);
    const exchange = store(UID.implicit, content);
    exchange.splice(3, 1, [ORIG, message.subarray(0, 100_000)], { gap: ORIG, length: 50_000 }, [
      ORIG,
      message.subarray(150_000),
    ]);
    const whole = play(dicom, store(UID.implicit, content));
    const played = play(dicom, exchange);
    expect(played.phi).toEqual(whole.phi);
    expect(recordsOf(played, 'dicom').map(record => [record['event'], record['status']])).toEqual(
      recordsOf(whole, 'dicom').map(record => [record['event'], record['status']]),
    );
    expect(played.weirds).toEqual([]);
  });

  test.each([12, 60, 200])('reads on behind a gap inside the part that is read, at %i', at => {
    const content = ctObject(IMPLICIT, 3000);
    const message = dataset(content);
    const exchange = store(UID.implicit, content);
    exchange.splice(3, 1, [ORIG, message.subarray(0, at)], { gap: ORIG, length: 300 }, [
      ORIG,
      message.subarray(at + 300),
    ]);
    const played = play(dicom, exchange);
    expect(recordsOf(played, 'dicom').map(record => record['event'])).toEqual([
      'associate',
      'dimse',
      'stored',
      'release',
    ]);
    expect(recordsOf(played, 'dicom')[1]).toMatchObject({ status: 0, dataset_bytes: content.length });
    expect(played.weirds).toEqual([]);
  });

  test('drops a command with a gap in it and finds the next one', () => {
    const first = command(storeRq(1));
    const content = dataset(ctObject(IMPLICIT));
    const played = play(dicom, [
      [ORIG, associateRq()],
      [RESP, associateAc()],
      [ORIG, first.subarray(0, 40)],
      { gap: ORIG, length: 20 },
      [ORIG, bytes(first.subarray(60), content)],
      [ORIG, bytes(command(storeRq(2)), content)],
      [RESP, command(response(1, 2, 0))],
    ]);
    expect(recordsOf(played, 'dicom').filter(record => record['event'] === 'dimse')).toMatchObject([
      { message_id: 2, status: 0 },
    ]);
    expect(played.phi).toHaveLength(1);
    expect(played.weirds).toEqual([]);
  });

  test('finds the next command behind a gap across messages', () => {
    const content = dataset(ctObject(IMPLICIT));
    const lost = bytes(content, command(storeRq(2)), content);
    for (const from of [3, 20, 300]) {
      const played = play(dicom, [
        [ORIG, associateRq()],
        [RESP, associateAc()],
        [ORIG, command(storeRq(1))],
        [ORIG, lost.subarray(0, from)],
        { gap: ORIG, length: lost.length - 100 - from },
        [ORIG, bytes(lost.subarray(lost.length - 100), command(storeRq(3)), content)],
        [RESP, command(response(1, 3, 0))],
      ]);
      expect(recordsOf(played, 'dicom').filter(record => record['status'] === 0)).toMatchObject([
        { message_id: 3 },
      ]);
      expect(played.weirds).toEqual([]);
    }
  });
});
