import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { lis } from '../../../../src/protocols/clinical/lis/decoder.ts';
import { describeDecoderLaws, expectLinear } from '../../../support/decoder-laws.ts';
import { bytesOf, play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { ACK, ENQ, EOT, frame, HEADER, NAK, ORDER, PATIENT, RESULT, RESULTS, transfer } from './build.ts';

const sent = (text: string): Step[] => [[ORIG, text]];
const frames = (...texts: string[]) => texts.map((text, i) => frame(i + 1, text)).join('');

test('decodes results and what they say of persons', () => {
  const played = play(lis, transfer(RESULTS));
  expect(recordsOf(played, 'lis')).toEqual([
    {
      ts: expect.anything(),
      frame: 3,
      is_orig: true,
      content: 'results',
      sender: 'ABL800 4.2 SN-77',
      receiver: 'LIS',
      control_id: expect.objectContaining({ kind: 'control_id' }),
      processing_id: 'P',
      version: 'LIS2-A2',
      message_time: '20260301120000',
      patients: 1,
      orders: 1,
      results: 2,
      comments: 1,
      queries: 0,
      manufacturer: 0,
      scientific: 0,
      termination: 'N',
      complete: true,
      framed: true,
      frames: 7,
      retransmissions: 0,
      checksum_errors: 0,
      naks: 0,
      message_bytes: RESULTS.join('').length,
      instruments: ['ABL800 SN-77'],
      phi_fields: [
        'O-11',
        'O-17',
        'O-3',
        'P-11',
        'P-13',
        'P-14',
        'P-3',
        'P-4',
        'P-5',
        'P-6',
        'P-7',
        'P-8',
        'R-11',
      ],
      kinds: [
        'address',
        'birth_date',
        'mothers_maiden_name',
        'mrn',
        'operator_name',
        'patient_name',
        'phone',
        'physician_name',
        'specimen_id',
      ],
    },
  ]);
  expect(played.weirds).toEqual([]);
  expect(played.phi).toEqual([
    {
      protocol: 'lis',
      carrier: 'results',
      items: [
        { kind: 'mrn', values: ['PID-CANARY', 'LAB-CANARY', 'NAT-CANARY'] },
        { kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] },
        { kind: 'mothers_maiden_name', values: ['CANARYMAIDEN'] },
        { kind: 'birth_date', values: ['19470229'] },
        { kind: 'address', values: ['13 CANARY LANE^TOWN'] },
        { kind: 'phone', values: ['555-0142'] },
        { kind: 'physician_name', values: ['CANARYDOC', 'DOC'] },
        { kind: 'specimen_id', values: ['SPEC-CANARY'] },
        { kind: 'operator_name', values: ['B', 'CANARYTECH'] },
      ],
    },
  ]);
  expect(played.logins).toMatchObject([{ protocol: 'lis', secret: 'canary-pass-1', secretKind: 'password' }]);
  expect(played.identities).toMatchObject([{ side: ORIG, attribute: 'model', value: 'ABL800 4.2 SN-77' }]);
  expect(shownText(played)).not.toMatch(/canary/i);
});

test('a query of the analyzer and the order that answers it', () => {
  const exchange = [
    ...transfer(['H|\\^&|||ABL800', 'Q|1|^SPEC-CANARY||ALL||||||||O', 'L|1|N'], RESP),
    ...transfer(['H|\\^&|||LIS', 'P|1', 'O|1|SPEC-CANARY||^^^GLU', 'L|1|F']),
  ];
  const played = play(lis, exchange);
  expect(
    recordsOf(played, 'lis').map(record => [
      record['is_orig'],
      record['content'],
      record['sender'],
      record['termination'],
    ]),
  ).toEqual([
    [false, 'query', 'ABL800', 'N'],
    [true, 'orders', 'LIS', 'F'],
  ]);
  expect(played.identities.map(({ side, value }) => [side, value])).toEqual([[RESP, 'ABL800']]);
  expect(shownText(played)).not.toContain('CANARY');
});

describe('frames', () => {
  const one = (bytes: string) => {
    const played = play(lis, sent(ENQ + bytes), { probe: false });
    return {
      record: recordsOf(played, 'lis')[0],
      weirds: played.weirds,
      count: recordsOf(played, 'lis').length,
    };
  };

  test('several records in one frame, a record over several frames, no CR at the end', () => {
    const whole = one(frames(`${HEADER}\rP|1||||A^B\r${RESULT}\rL|1|N`)).record;
    expect(whole).toMatchObject({ results: 1, patients: 1, frames: 1, complete: true });
    const text = `${HEADER}\rP|1||||A^B\r${RESULT}\rL|1|N`;
    const pieces = [text.slice(0, 30), text.slice(30, 100), text.slice(100, 101)];
    const split =
      pieces.map((piece, i) => frame(i + 1, piece, '\x17')).join('') +
      frame(pieces.length + 1, text.slice(101));
    expect(one(split).record).toEqual({ ...whole, frames: 4 });
  });

  test('frame numbers go round, 1 to 7 and 0', () => {
    const records = [HEADER, ...Array.from({ length: 20 }, (_, i) => `R|${i}|^^^X|1`), 'L|1|N'];
    const { record, weirds } = one(frames(...records.map(text => `${text}\r`)));
    expect(record).toMatchObject({ results: 20, frames: 22 });
    expect(weirds).toEqual([]);
  });

  test('a refused frame and its repetition count once', () => {
    const bad = frame(2, `${PATIENT}\r`).replace('CANARYLAST', 'CANARYLUST');
    const played = play(lis, [
      [ORIG, ENQ],
      [RESP, NAK],
      [ORIG, ENQ],
      [RESP, ACK],
      [ORIG, frame(1, `${HEADER}\r`)],
      [RESP, ACK],
      [ORIG, bad],
      [RESP, NAK],
      [ORIG, frame(2, `${PATIENT}\r`)],
      [RESP, ACK],
      [ORIG, frame(2, `${PATIENT}\r`)],
      [RESP, ACK],
      [ORIG, `${frame(3, 'L|1|N\r')}${EOT}`],
    ]);
    expect(recordsOf(played, 'lis')).toMatchObject([
      { patients: 1, frames: 3, retransmissions: 1, checksum_errors: 1, naks: 2 },
    ]);
    expect(played.weirds).toEqual(['lis_checksum_error']);
    expect(played.phi[0]!.items[3 - 2]).toEqual({ kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] });
  });

  test.each([
    ['lis_frame_order', frame(1, `${HEADER}\r`) + frame(3, 'L|1|N\r')],
    [
      'lis_checksum_error',
      frame(1, `${HEADER}\r`) + frame(2, 'R|1\r').replace('R|1', 'R|2') + frame(2, 'L|1|N\r'),
    ],
    ['lis_broken_frame', `${frame(1, `${HEADER}\r`)}\x022P|1|half${frame(2, 'L|1|N\r')}`],
    ['lis_broken_frame', `${frame(1, `${HEADER}\r`)}\x022P|1|half${EOT}`],
    [
      'lis_invalid_frame_number',
      frame(1, `${HEADER}\r`) +
        frame(2, 'P|1\r')
          .replace('\x022', '\x029')
          .replace(/..\r\n$/, '27\r\n'),
    ],
    [
      'lis_frame_too_long',
      frame(1, `${HEADER}\r`) + frame(2, `P|1|${'x'.repeat(70_000)}`) + frame(2, 'L|1|N\r'),
    ],
    ['lis_garbage', `${frame(1, `${HEADER}\r`)}${frame(2, 'L|1|N\r')}${EOT}\x10\x11${ENQ}`],
  ])('reports %s and keeps the message', (name, bytes) => {
    const { weirds, count } = one(bytes);
    if (name !== 'lis_invalid_frame_number') expect(weirds).toEqual([name]);
    else expect(weirds.some(weird => weird === name || weird === 'lis_checksum_error')).toBe(true);
    expect(count).toBe(1);
  });

  test('a record over 64 kB is cut and its end is not read', () => {
    const long = `P|1||||${'N'.repeat(60_000)}`;
    const bytes =
      frame(1, `${HEADER}\r`) +
      frame(2, long, '\x17') +
      frame(3, `${'N'.repeat(9000)}\r`) +
      frame(4, 'L|1|N\r');
    const { record, weirds } = one(bytes);
    expect(record).toMatchObject({ patients: 0, complete: true });
    expect(weirds).toEqual(['lis_record_too_long']);
  });

  test('a message without terminator ends with the line or the next header', () => {
    expect(one(frames(`${HEADER}\r`, `${RESULT}\r`) + EOT).record).toMatchObject({
      complete: false,
      results: 1,
    });
    expect(one(frames(`${HEADER}\r`, `${HEADER}\r`, 'L|1\r')).count).toBe(2);
  });
});

test('reads records without frames, and separators of any kind', () => {
  const odd = RESULTS.map(record => record.replaceAll('|', '!').replaceAll('^', '@'));
  const played = play(lis, sent(`${odd.join('\r')}\r`));
  expect(recordsOf(played, 'lis')).toMatchObject([
    { results: 2, framed: false, frames: 0, sender: 'ABL800 4.2 SN-77' },
  ]);
  expect(played.phi[0]!.items[1]).toEqual({ kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] });
  const wrapped = play(lis, sent(`${RESULTS.join('\r\n')}\r\n`));
  expect(recordsOf(wrapped, 'lis')).toMatchObject([{ results: 2 }]);
  expect(wrapped.weirds).toEqual([]);
});

describe('recognition', () => {
  const verdict = (orig: string, resp = '', fromStart = true) =>
    lis.probe({
      ...{ transport: 'tcp', orig: bytesOf(orig), resp: bytesOf(resp), origPort: 1, respPort: 2 },
      ...{ portHint: false, fromStart },
    });

  test.each([
    [ENQ, ACK, 'unsure'],
    [`${ENQ}\x021H|\\^&|`, ACK, 'match'],
    [ENQ, `${ACK}${ENQ}\x021H|\\^&|`, 'match'],
    [`${ENQ}${frame(1, 'free text')}`, '', 'match'],
    ['H|\\^&|||X', '', 'match'],
    ['H|\\', '', 'unsure'],
    ['H||^&|', '', 'no'],
    ['HEAD / HTTP/1.1', '', 'no'],
    ['\x05\x01\x00', '', 'no'],
    [`${ENQ}\x021Hello`, '', 'no'],
    ['\x02\x00\x10', '', 'no'],
  ])('%j %j: %s', (orig, resp, expected) => {
    expect(verdict(orig, resp)).toBe(expected);
  });

  test('agrees with the checksum of an example that makers of such software publish', () => {
    const text = '5R|2|^^^1.0000+950+1.0|15|||^5^||V||34001637|20080516153540|20080516153602|34001637\r\x03';
    expect(verdict(`\x02${text}3D\r\n`, '', false)).toBe('match');
    expect(verdict(`\x02${text}3E\r\n`, '', false)).toBe('unsure');
    expect(frame(5, text.slice(1, -1))).toBe(`\x02${text}3D\r\n`);
  });

  test('in the middle of a flow takes a frame whose checksum is right', () => {
    expect(verdict(`text\x03 41\r\n${frame(4, `${RESULT}\r`)}`, '', false)).toBe('match');
    expect(verdict(frame(4, `${RESULT}\r`).replace('142', '143'), '', false)).toBe('unsure');
    const tail = `R|1|lost\r\x0399\r\n${frame(4, `${RESULT}\r`)}${frame(5, 'L|1|N\r')}${EOT}`;
    const played = play(lis, [[ORIG, tail + ENQ + frames(`${HEADER}\r`, 'L|1|N\r')]], { fromStart: false });
    expect(recordsOf(played, 'lis')).toMatchObject([{ frames: 4, complete: true }]);
  });
});

test('starts again behind a gap', () => {
  const played = play(lis, [
    [ORIG, ENQ + frames(`${HEADER}\r`, `${RESULT}\r`)],
    { gap: ORIG, length: 300 },
    [
      ORIG,
      `lost\r\x0312\r\n${frame(6, 'L|1|N\r')}${EOT}${ENQ}${frames(`${HEADER}\r`, `${ORDER}\r`, 'L|1|N\r')}`,
    ],
  ]);
  expect(recordsOf(played, 'lis').map(record => [record['content'], record['complete']])).toEqual([
    ['results', false],
    ['orders', true],
  ]);
  expect(played.weirds).toEqual([]);
});

test('takes linear time', () => {
  const whole = ENQ + frames(`${HEADER}\r`, `${PATIENT}\r`, `${RESULT}\r`, 'L|1|N\r') + EOT;
  for (const unit of [whole, '\x021', `\x021${'x'.repeat(50)}`, 'H|\\^&|\r', '\x10'])
    expectLinear(
      n => play(lis, [[ORIG, unit.repeat(n / unit.length)]], { probe: false, segment: 1460, timed: true }),
      50_000,
    );
});

describeDecoderLaws(lis, {
  results: transfer(RESULTS),
  unframed: sent(`${RESULTS.join('\r')}\r`),
  answered: [...transfer(['H|\\^&|||ABL', 'Q|1|^S1', 'L|1'], RESP), ...transfer(['H|\\^&', 'O|1|S1', 'L|1'])],
});
