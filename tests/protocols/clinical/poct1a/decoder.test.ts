import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { poct1a } from '../../../../src/protocols/clinical/poct1a/decoder.ts';
import { describeDecoderLaws, expectLinear } from '../../../support/decoder-laws.ts';
import { bytesOf, play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';

const v = (name: string, value: string | number) => `<${name} V="${value}"/>`;
const message = (type: string, control: number, ...body: string[]) =>
  `<${type}><HDR>${v('HDR.message_type', type)}${v('HDR.control_id', control)}${v('HDR.version_id', 'POCT1')}` +
  `${v('HDR.creation_dttm', '2026-03-01T12:00:00+01:00')}</HDR>${body.join('')}</${type}>`;

const HELLO = message(
  'HEL.R01',
  1,
  '<DEV>',
  v('DEV.device_id', '00:20:4a:be:cf:a5'),
  v('DEV.vendor_id', 'NOVABIO'),
  v('DEV.model_id', 'StatStrip'),
  v('DEV.serial_id', '0600100736'),
  v('DEV.manufacturer_name', 'Nova Biomedical'),
  '<DEV.sw_version V="3.10.8.0">3.10</DEV.sw_version>',
  `<DCP>${v('DCP.application_timeout', 120)}</DCP>`,
  `<DSC>${v('DSC.topics_supported_cd', 'D_EV')}${v('DSC.directives_supported_cd', 'SET_TIME')}</DSC>`,
  '</DEV>',
);
const RESULT = message(
  'OBS.R01',
  3,
  `<SVC>${v('SVC.role_cd', 'OBS')}`,
  `<PT>${v('PT.patient_id', 'MRN-CANARY-1')}<PT.name V=""><FAM V="CANARYLAST"/><GIV V="CANARYFIRST"/></PT.name>`,
  `${v('PT.birth_date', '1947-02-29')}`,
  `<OBS>${v('OBS.observation_id', 'GLU')}<OBS.value V="142" U="mg/dL"/></OBS>`,
  '<OBS/></PT>',
  `<OPR>${v('OPR.operator_id', 'CANARYNURSE')}</OPR><ORD>${v('ORD.order_id', 'ORD-CANARY-1')}</ORD></SVC>`,
);
const ack = (control: number, of: number, type = 'AA') =>
  message('ACK.R01', control, `<ACK>${v('ACK.type_cd', type)}${v('ACK.ack_control_id', of)}</ACK>`);
const OPERATORS = message(
  'OPL.R01',
  11,
  ...['CANARYNURSE', 'CANARYTWO'].map(
    name =>
      `<OPR>${v('OPR.operator_id', name)}<OPR.name V="${name}"/><ACC>${v('ACC.method_cd', 'ALL')}</ACC></OPR>`,
  ),
);

const EXCHANGE: Step[] = [
  [ORIG, HELLO],
  [RESP, ack(1, 1)],
  [
    ORIG,
    message('DST.R01', 2, `<DST>${v('DST.new_observations_qty', 1)}${v('DST.condition_cd', 'R')}</DST>`),
  ],
  [RESP, `${ack(2, 2)}\r\n${message('REQ.R01', 10, `<REQ>${v('REQ.request_cd', 'ROBS')}</REQ>`)}`],
  [ORIG, `<?xml version="1.0" encoding="utf-8"?>\n${RESULT}`],
  [RESP, ack(3, 3, 'AE') + OPERATORS],
  [RESP, message('DTV.R01', 12, `<DTV>${v('DTV.command_cd', 'START_CONTINUOUS')}</DTV>`)],
  [ORIG, message('EOT.R01', 4, `<EOT>${v('EOT.topic_cd', 'OBS')}</EOT>`)],
  [ORIG, message('END.R01', 5, `<TRM>${v('TRM.reason_cd', 'USR')}</TRM>`)],
];

const shown = (exchange: Step[], ...names: string[]) =>
  recordsOf(play(poct1a, exchange), 'poct1a').map(record => names.map(name => record[name]));

test('decodes a conversation', () => {
  expect(
    shown(EXCHANGE, 'is_orig', 'message_type', 'ack_type', 'acked_type', 'ack_delay', 'complete'),
  ).toEqual([
    [true, 'HEL.R01', undefined, undefined, undefined, true],
    [false, 'ACK.R01', 'AA', 'HEL.R01', 1, true],
    [true, 'DST.R01', undefined, undefined, undefined, true],
    [false, 'ACK.R01', 'AA', 'DST.R01', 1, true],
    [false, 'REQ.R01', undefined, undefined, undefined, true],
    [true, 'OBS.R01', undefined, undefined, undefined, true],
    [false, 'ACK.R01', 'AE', 'OBS.R01', 1, true],
    [false, 'OPL.R01', undefined, undefined, undefined, true],
    [false, 'DTV.R01', undefined, undefined, undefined, true],
    [true, 'EOT.R01', undefined, undefined, undefined, true],
    [true, 'END.R01', undefined, undefined, undefined, true],
  ]);
  expect(shown(EXCHANGE, 'condition', 'new_observations', 'request', 'command', 'topic', 'reason')).toEqual(
    expect.arrayContaining([
      ['R', 1, undefined, undefined, undefined, undefined],
      [undefined, undefined, 'ROBS', undefined, undefined, undefined],
      [undefined, undefined, undefined, 'START_CONTINUOUS', undefined, undefined],
      [undefined, undefined, undefined, undefined, 'OBS', undefined],
      [undefined, undefined, undefined, undefined, undefined, 'USR'],
    ]),
  );
  expect(play(poct1a, EXCHANGE).weirds).toEqual([]);
});

test('a hello identifies the device', () => {
  const played = play(poct1a, [[ORIG, HELLO]]);
  expect(recordsOf(played, 'poct1a')[0]).toMatchObject({
    version: 'POCT1',
    message_time: '2026-03-01T12:00:00+01:00',
    device_id: '00:20:4a:be:cf:a5',
    vendor: 'Nova Biomedical',
    model: 'StatStrip',
    serial: '0600100736',
    software: '3.10.8.0',
    topics: ['D_EV', 'SET_TIME'],
  });
  expect(
    played.identities.map(({ side, attribute, value, confidence }) => [side, attribute, value, confidence]),
  ).toEqual([
    [ORIG, 'type', 'poc-analyzer', 0.8],
    [ORIG, 'vendor', 'Nova Biomedical', 0.9],
    [ORIG, 'model', 'StatStrip', 0.9],
    [ORIG, 'serial', '0600100736', 0.9],
    [ORIG, 'software', '3.10.8.0', 0.9],
    [ORIG, 'system_id', '00:20:4a:be:cf:a5', 0.9],
  ]);
  const other = message(
    'HEL.R01',
    1,
    `<DEV>${v('DEV.vendor_id', 'X')}${v('DEV.device_name', 'Sofia')}</DEV>`,
  );
  expect(shown([[ORIG, other]], 'vendor', 'model')).toEqual([['X', 'Sofia']]);
});

test('results and lists of operators hold identifiers, which are not shown', () => {
  const played = play(poct1a, EXCHANGE);
  expect(played.phi).toEqual([
    {
      protocol: 'poct1a',
      carrier: 'OBS.R01',
      items: [
        { kind: 'mrn', values: ['MRN-CANARY-1'] },
        { kind: 'patient_name', values: ['CANARYLAST^CANARYFIRST'] },
        { kind: 'birth_date', values: ['1947-02-29'] },
        { kind: 'operator_name', values: ['CANARYNURSE'] },
        { kind: 'accession', values: ['ORD-CANARY-1'] },
      ],
    },
    {
      protocol: 'poct1a',
      carrier: 'OPL.R01',
      items: [{ kind: 'operator_name', values: ['CANARYNURSE', 'CANARYTWO'] }],
    },
  ]);
  const records = recordsOf(played, 'poct1a');
  expect(records.find(record => record['message_type'] === 'OBS.R01')).toMatchObject({
    observations: 2,
    patients: 1,
    operators: 1,
    kinds: ['accession', 'birth_date', 'mrn', 'operator_name', 'patient_name'],
    phi_fields: ['OPR.operator_id', 'ORD.order_id', 'PT.birth_date', 'PT.name', 'PT.patient_id'],
  });
  expect(records.find(record => record['message_type'] === 'OPL.R01')).toMatchObject({ operators: 2 });
  expect(shownText(played)).not.toContain('CANARY');
});

test('messages of vendors, elements with text, other spellings', () => {
  const exchange: Step[] = [
    [ORIG, '<EOT.R01/>'],
    [RESP, message('DTV.ALERE.AXIS.LQCSET', 7, `<DTV>${v('DTV.command_cd', 'DTV.ALERE.AXIS.LQCSET')}</DTV>`)],
    [ORIG, `<ACK.R01><ACK>${v('ACK.type_id', 'AA')}${v('ACK.control_id', 7)}</ACK></ACK.R01>`],
    [ORIG, '<OBS.R01><PT><PT.patient_id>MRN-CANARY-2</PT.patient_id></PT></OBS.R01>'],
  ];
  expect(shown(exchange, 'message_type', 'ack_type', 'acked_type', 'command')).toEqual([
    ['EOT.R01', undefined, undefined, undefined],
    ['DTV.ALERE.AXIS.LQCSET', undefined, undefined, 'DTV.ALERE.AXIS.LQCSET'],
    ['ACK.R01', 'AA', 'DTV.ALERE.AXIS.LQCSET', undefined],
    ['OBS.R01', undefined, undefined, undefined],
  ]);
  expect(play(poct1a, exchange, { probe: false }).phi[0]!.items).toEqual([
    { kind: 'mrn', values: ['MRN-CANARY-2'] },
  ]);
});

test('a message that does not end, and one that never does', () => {
  const played = play(poct1a, [[ORIG, `<DST.R01><DST>${ack(1, 2)}<HEL.R01>`]], { probe: false });
  expect(recordsOf(played, 'poct1a').map(record => [record['message_type'], record['complete']])).toEqual([
    ['DST.R01', false],
    ['ACK.R01', true],
    ['HEL.R01', false],
  ]);
  expect(played.weirds).toEqual(['poct1a_unfinished_message']);
  const endless = play(poct1a, [[ORIG, `<OBS.R01>${'<OBS/>'.repeat(100_001)}`]]);
  expect(endless.weirds).toEqual(['poct1a_message_limit']);
  expect(recordsOf(endless, 'poct1a')).toHaveLength(1);
});

test('starts again behind a gap', () => {
  const played = play(poct1a, [
    [ORIG, HELLO.slice(0, 300)],
    { gap: ORIG, length: 200 },
    [ORIG, `e V="lost"/></DEV></HEL.R01>${RESULT}`],
  ]);
  expect(recordsOf(played, 'poct1a').map(record => [record['message_type'], record['complete']])).toEqual([
    ['HEL.R01', false],
    ['OBS.R01', true],
  ]);
});

describe('recognition', () => {
  const verdict = (orig: string, fromStart = true) =>
    poct1a.probe({
      ...{ transport: 'tcp', orig: bytesOf(orig), resp: bytesOf(''), origPort: 1, respPort: 2 },
      ...{ portHint: false, fromStart },
    });

  test.each([
    '<HEL.R01>',
    '\xef\xbb\xbf<HEL.R01>',
    '<?xml version="1.0"?>\r\n<HEL.R01 >',
    '<!DOCTYPE HEL.R01 SYSTEM "x">\n<HEL.R01>',
  ])('knows %j, and is unsure of its beginning', opening => {
    expect(verdict(opening)).toBe('match');
    for (let length = 1; length < opening.length - 1; length++)
      expect(verdict(opening.slice(0, length)), opening.slice(0, length)).toBe('unsure');
  });

  test.each([
    '<html>',
    '<?xml version="1.0"?><stream:stream',
    '<HELLO>',
    '<HEL.X',
    'GET /',
    '<HEL.R0x>',
    '\xff',
  ])('declines %j', opening => expect(verdict(opening)).toBe('no'));

  test('in the middle of a flow waits for a root and its header', () => {
    expect(verdict(`V="x"/></OBS.R01>${RESULT}`, false)).toBe('match');
    expect(verdict('V="x"/></OBS.R01>', false)).toBe('unsure');
  });
});

test('takes linear time', () => {
  for (const unit of [RESULT, '<OBS.R01>', '<a>', '<', '<OBS.R01/>', '<PT.name><FAM V="x"/>'])
    expectLinear(
      n => play(poct1a, [[ORIG, unit.repeat(n / unit.length)]], { probe: false, segment: 1460, timed: true }),
      50_000,
    );
});

describeDecoderLaws(poct1a, { conversation: EXCHANGE });
