import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { hl7 } from '../../../../src/protocols/clinical/hl7/decoder.ts';
import {
  everySplit,
  everyTruncation,
  outcome,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../../support/fake-flow.ts';
import { ack, CANARIES, frame, msh, PID, result, segments } from './build.ts';

const EXCHANGE: Step[] = [
  [ORIG, frame(result('CTRL-CANARY-1'))],
  [RESP, frame(ack('CTRL-CANARY-1'))],
  [ORIG, frame(result('CTRL-CANARY-2')) + frame(segments(msh('3', 'ADT^A08')))],
  [RESP, frame(ack('CTRL-CANARY-2', 'AR')) + frame(ack('3'))],
];

test('decodes a result and its acknowledgement', () => {
  const played = play(hl7, EXCHANGE.slice(0, 2));
  const [message, answer] = recordsOf(played, 'hl7');
  expect(message).toMatchObject({
    frame: 1,
    is_orig: true,
    message_type: 'ORU',
    trigger_event: 'R01',
    message_structure: 'ORU_R01',
    sending_app: 'MONITOR',
    sending_app_id: '00-11',
    sending_facility: 'WARD5',
    receiving_app: 'GATEWAY',
    receiving_facility: 'HOSPITAL',
    processing_id: 'P',
    version: '2.6',
    charset: 'UNICODE UTF-8',
    segments: 6,
    message_bytes: result('CTRL-CANARY-1').length,
    batch: false,
    framed: true,
    pid_kinds: [
      'address',
      'birth_date',
      'email',
      'insurance_id',
      'mrn',
      'patient_name',
      'phone',
      'relative_name',
      'ssn',
    ],
  });
  expect(answer).toMatchObject({
    is_orig: false,
    message_type: 'ACK',
    ack_code: 'AA',
    ack_delay: 1,
    acked_control_id: message!['control_id'],
    segments: 2,
  });
  expect(answer).not.toHaveProperty('pid_kinds');
  expect(played.weirds).toEqual([]);
});

test('reports the identifiers of a message once', () => {
  expect(play(hl7, EXCHANGE.slice(0, 2)).phi).toEqual([
    {
      protocol: 'hl7',
      carrier: 'ORU^R01',
      items: [
        { kind: 'mrn', values: ['CANARYMRN77'] },
        { kind: 'ssn', values: ['999-47-0823'] },
        { kind: 'patient_name', values: ['CANARY^PATIENT^Q'] },
        { kind: 'birth_date', values: ['19470823'] },
        { kind: 'address', values: ['1 CANARYSTREET^^TOWN^ST^12345', '1 CANARYSTREET^^TOWN'] },
        { kind: 'phone', values: ['555-1000'] },
        { kind: 'email', values: ['mail@canary.example'] },
        { kind: 'relative_name', values: ['CANARYKIN^MARY'] },
        { kind: 'insurance_id', values: ['CANARYPOLICY'] },
      ],
    },
  ]);
});

test('patient data never leaves in clear', () => {
  const text = shownText(play(hl7, EXCHANGE));
  for (const canary of CANARIES) expect(text).not.toContain(canary);
});

test('pairs several messages and acknowledgements of one stream and segment', () => {
  const records = recordsOf(play(hl7, EXCHANGE), 'hl7');
  expect(records.map(record => [record['message_type'], record['ack_code'], record['ack_delay']])).toEqual([
    ['ORU', undefined, undefined],
    ['ACK', 'AA', 1],
    ['ORU', undefined, undefined],
    ['ADT', undefined, undefined],
    ['ACK', 'AR', 1],
    ['ACK', 'AA', 1],
  ]);
});

test('an acknowledgement of a message that was not seen has no delay', () => {
  const played = play(hl7, [[RESP, frame(ack('unseen'))]]);
  expect(recordsOf(played, 'hl7')[0]).toMatchObject({ ack_code: 'AA' });
  expect(recordsOf(played, 'hl7')[0]).not.toHaveProperty('ack_delay');
});

describe('framing', () => {
  test('reads segments ended by LF or CRLF', () => {
    const whole = recordsOf(play(hl7, [[ORIG, frame(result())]]), 'hl7')[0];
    for (const end of ['\n', '\r\n']) {
      const played = play(hl7, [[ORIG, frame(result().replaceAll('\r', end))]]);
      expect({ ...recordsOf(played, 'hl7')[0], message_bytes: 0 }).toEqual({ ...whole, message_bytes: 0 });
      expect(played.weirds).toEqual([]);
    }
  });

  test('an LF inside a segment ended by CR is content', () => {
    const played = play(hl7, [[ORIG, frame(segments(msh('1'), 'OBX|1|TX|N||line\nPID|1||NOTAPID'))]]);
    expect(recordsOf(played, 'hl7')[0]).toMatchObject({ segments: 2 });
    expect(played.phi).toEqual([]);
  });

  test('reads messages without frames', () => {
    const played = play(hl7, [
      [ORIG, result('1') + result('2')],
      [RESP, ack('1')],
    ]);
    // The end of an unframed message shows in the next one, or in the end of the stream.
    expect(recordsOf(played, 'hl7')).toMatchObject([
      { frame: 1, segments: 6, framed: false },
      { frame: 1, segments: 6, framed: false },
      { frame: 2, ack_code: 'AA', ack_delay: 1, framed: false },
    ]);
    expect(played.weirds).toEqual([]);
  });

  test('the last segment of an unframed message may end with the stream', () => {
    const played = play(hl7, [[ORIG, `${segments(msh('1'))}PID|1||CANARYMRN77`]]);
    expect(played.phi[0]!.items).toEqual([{ kind: 'mrn', values: ['CANARYMRN77'] }]);
  });

  test('reads batches', () => {
    const header = 'FHS|^~\\&|LAB|||||||\rBHS|^~\\&|LAB|||||||\r';
    const played = play(hl7, [[ORIG, frame(`${header}${result('1')}${result('2')}BTS|2\rFTS|1\r`)]]);
    expect(recordsOf(played, 'hl7')).toMatchObject([
      { segments: 6, batch: true },
      { segments: 6, batch: true },
    ]);
    expect(played.weirds).toEqual([]);
  });

  test('takes the separators of the message', () => {
    const odd = result().replaceAll('|', '!').replaceAll('^', '@').replaceAll('~', '%').replaceAll('&', '$');
    const played = play(hl7, [[ORIG, frame(odd)]]);
    expect(played.phi[0]!.items.slice(0, 3)).toEqual([
      { kind: 'mrn', values: ['CANARYMRN77'] },
      { kind: 'ssn', values: ['999-47-0823'] },
      { kind: 'patient_name', values: ['CANARY^PATIENT^Q'] },
    ]);
    expect(recordsOf(played, 'hl7')[0]).toMatchObject({ message_type: 'ORU', sending_app: 'MONITOR' });
  });

  test.each([
    ['hl7_missing_end_block', `\x0b${result()}`, 1],
    ['hl7_start_block_in_frame', `\x0b${result('1')}${frame(result('2'))}`, 2],
    ['hl7_garbage_between_frames', `${frame(result('1'))}help\r\n${frame(result('2'))}`, 2],
    ['hl7_incomplete_end_block', `\x0b${result('1')}\x1c${frame(result('2'))}`, 2],
    ['hl7_multiple_messages_in_frame', frame(result('1') + result('2')), 2],
    ['hl7_invalid_header', `${frame('PID|1||X\r')}${frame(result('1'))}`, 1],
    ['hl7_invalid_header', `${frame('MSHABCDEFG\r')}${frame(result('1'))}`, 1],
    ['hl7_segment_too_long', frame(segments(msh('1'), `PID|1||X|${'y'.repeat(70_000)}`)), 1],
    ['hl7_too_many_segments', frame(segments(msh('1'), ...Array(1100).fill('NK1|1|A'))), 1],
  ])('reports %s', (name, bytes, count) => {
    const played = play(hl7, [[ORIG, bytes]], { probe: false });
    expect(played.weirds).toEqual([name]);
    expect(recordsOf(played, 'hl7')).toHaveLength(count);
  });

  test('blank lines between frames are no anomaly', () => {
    const played = play(hl7, [[ORIG, `${frame(result('1'))}\r\n${frame(result('2'))}`]]);
    expect(played.weirds).toEqual([]);
  });

  test('a message too large is reported as far as it was read, and the next one whole', () => {
    const blob = `OBX|1|ED|DOC||^APPLICATION^PDF^Base64^${'QUJD'.repeat(4_300_000)}`;
    const played = play(
      hl7,
      [
        [ORIG, frame(segments(msh('1'), PID, blob, 'NK1|1|LATE'))],
        [ORIG, frame(result('2'))],
      ],
      {
        segment: 1460,
      },
    );
    expect(played.weirds).toEqual(['hl7_message_too_large']);
    expect(recordsOf(played, 'hl7')).toMatchObject([{ frame: 1 }, { frame: 2, segments: 6 }]);
    expect(played.phi[0]!.items.map(item => item.kind)).not.toContain('relative_name');
  });
});

describe('splits, truncation, gaps', () => {
  const unframed: Step[] = [[ORIG, result('1') + result('2')]];
  const odd: Step[] = [[ORIG, `${frame(result('1'))}junk${frame(result('2'))}\x0b${result('3')}`]];

  test('same records split at every byte', () => {
    for (const exchange of [EXCHANGE, unframed, odd]) {
      const whole = outcome(play(hl7, exchange));
      for (const { played } of everySplit(hl7, exchange)) expect(outcome(played)).toEqual(whole);
    }
  });

  test('rejects truncated at every length: never throws, never a cut identifier', () => {
    const whole = new Set(play(hl7, EXCHANGE).phi.flatMap(seen => seen.items.flatMap(item => item.values)));
    for (const exchange of everyTruncation(EXCHANGE)) {
      const played = play(hl7, exchange);
      for (const seen of played.phi)
        for (const item of seen.items) for (const value of item.values) expect(whole).toContain(value);
      expect(shownText(played)).not.toContain('CANARY');
    }
  });

  test('starts again behind a gap', () => {
    const message = frame(result('1'));
    for (const tail of [frame(result('2')), result('2')]) {
      const played = play(hl7, [
        [ORIG, message.slice(0, 300)],
        { gap: ORIG, length: 100 },
        [ORIG, `lost tail\r\x1c\r${tail}`],
      ]);
      const records = recordsOf(played, 'hl7');
      expect(records.map(record => record['segments'])).toEqual([3, 6]);
      expect(played.weirds).toEqual([]);
    }
  });

  test('a gap does not turn a cut field into an identifier', () => {
    const message = segments(msh('1'), 'PID|1||CANARYMRN77^^^HOSP^MR||CANARY^PATIENT');
    const at = message.indexOf('^PATIENT');
    const played = play(hl7, [
      [ORIG, `\x0b${message.slice(0, at)}`],
      { gap: ORIG, length: 20 },
      [ORIG, '\x1c\r'],
    ]);
    expect(played.phi[0]!.items).toEqual([{ kind: 'mrn', values: ['CANARYMRN77'] }]);
  });
});
