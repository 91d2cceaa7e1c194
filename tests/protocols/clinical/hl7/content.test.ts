/** What messages of devices, orders and errors say: observations, equipment, doctors, fields, character sets. */
import { expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { hl7 } from '../../../../src/protocols/clinical/hl7/decoder.ts';
import { play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { ack, frame, msh, PID, segments } from './build.ts';

const EUI = '0012210000000017^^0012210000000017^EUI-64';
const PUMP = (rate: string) =>
  `OBX|1|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.1|${rate}|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R|||||||${EUI}`;

const only = (message: string) => recordsOf(play(hl7, [[ORIG, frame(message)]]), 'hl7')[0]!;

test('an observation of a device behind a gateway', () => {
  const message = segments(
    'MSH|^~\\&|GW^00-11^EUI-64|ICU|CIS|H|20260301120000+0100||ORU^R01^ORU_R01|7|P|2.6|||NE|AL||8859/1|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO',
    'PV1|1|I|ICU^4^B||||D1^CANARYDOC^ANNA|||||||||||I|VN-CANARY-1',
    'OBR|1|O1^P|F1|X',
    'OBX|1|ST|531969^MDC_ID_MODEL_NUMBER^MDC|1.0.0.1|SIGMA 8||||||R|||||||P17^^0012210000000017^EUI-64',
    'OBX|2|ST|531970^MDC_ID_MODEL_MANUFACTURER^MDC|1.0.0.2|Example Infusion||||||R',
    PUMP('12.5'),
    'PRT|1|AD||EQUIP^Equipment^HL70912||||||P17^^0012210000000017^EUI-64||||||(01)04012345678901||||SN-88',
    'ZDR|1|X',
    'ZDS|1|X',
  );
  const played = play(hl7, [[ORIG, frame(message)]]);
  expect(recordsOf(played, 'hl7')[0]).toMatchObject({
    message_time: '20260301120000+0100',
    accept_ack: 'NE',
    application_ack: 'AL',
    charset: '8859/1',
    ihe_transaction: 'PCD-01',
    orders: 1,
    observations: 3,
    local_segments: 2,
    equipment: ['P17', '0012210000000017'],
    location: 'ICU 4 B',
    pid_kinds: ['accession', 'admission_id', 'physician_name'],
    phi_fields: ['OBR-2', 'OBR-3', 'PV1-19', 'PV1-3', 'PV1-7'],
  });
  expect(
    played.identities.map(({ attribute, value, behind, side }) => [side, attribute, value, behind]),
  ).toEqual([
    [ORIG, 'model', 'SIGMA 8', true],
    [ORIG, 'system_id', '0012210000000017', true],
    [ORIG, 'vendor', 'Example Infusion', true],
    [ORIG, 'udi', '(01)04012345678901', true],
    [ORIG, 'serial', 'SN-88', true],
    [ORIG, 'location', 'ICU 4 B', true],
  ]);
  expect(shownText(played)).not.toContain('CANARY');
});

test('the top of the containment tree says what kind of device it is', () => {
  const message = segments(
    msh('1'),
    'OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0',
    'OBX|2||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.0.0',
  );
  expect(play(hl7, [[ORIG, frame(message)]]).identities).toMatchObject([
    { attribute: 'type', value: 'MDC_DEV_PUMP_INFUS_MDS', behind: true },
  ]);
});

test.each([
  ['ORU^R01^ORU_R01', PUMP('1'), 'PCD-01'],
  ['ORU^R01^ORU_R01', 'OBX|1|NM|718-7^Hemoglobin^LN||10.9', undefined],
  ['RGV^O15^RGV_O15', 'RXG|1||||10', 'PCD-03'],
  ['ORU^R40^ORU_R40', PUMP('1'), 'PCD-04'],
  ['ORA^R41^ORA_R41', 'PRT|1|AD', 'PCD-05'],
  ['ORU^R42^ORU_R42', PUMP('1'), 'PCD-10'],
  ['ADT^A01^ADT_A01', 'EVN|A01', undefined],
])('%s is a transaction of the IHE device framework: %s', (type, segment, transaction) => {
  expect(only(segments(msh('1', type), segment))['ihe_transaction']).toBe(transaction);
});

test('the token of what is observed follows value, code and units, and nothing else', () => {
  const values = (...lines: string[]) => only(segments(msh('1'), ...lines))['values'];
  const same = values(PUMP('12.5'));
  expect(same).toBeDefined();
  expect(only(segments(msh('2').replace('20240102030405', '20250101'), PID, PUMP('12.5')))['values']).toEqual(
    same,
  );
  expect(values(PUMP('12.6'))).not.toEqual(same);
  expect(values(PUMP('12.5').replace('MILLI_L', 'L'))).not.toEqual(same);
  expect(values(PUMP('12.5').replace('157784', '157785'))).not.toEqual(same);
  expect(values(PUMP('12.5').replace('OBX|1|', 'OBX|9|').replace('||||R|', '||||F|'))).toEqual(same);
  expect(values(PUMP('12.5'), PUMP('12.5'))).not.toEqual(same);
  expect(values('NTE|1||text')).toBeUndefined();
  const dose = (amount: string) =>
    only(segments(msh('1', 'RGV^O15'), `RXG|1|1||MORPHINE|${amount}|mg`))['values'];
  expect(dose('2')).toEqual(dose('2'));
  expect(dose('20')).not.toEqual(dose('2'));
});

test('the token of what is observed never shows a small value', () => {
  const played = play(hl7, [[ORIG, frame(segments(msh('1'), PUMP('12.5')))]]);
  expect(played.tokens.filter(token => token.kind === 'hl7_values')).toHaveLength(1);
  expect(shownText(played)).not.toContain('12.5');
});

test('errors of acknowledgements, new and old, and the type that is acknowledged', () => {
  const exchange: Step[] = [
    [ORIG, frame(segments(msh('1')))],
    [RESP, frame(`${ack('1', 'AE')}ERR||PID^1^3|204^Unknown key^HL70357|E\r`)],
    [RESP, frame(`${ack('1', 'AR')}ERR|PID^1^11^103&Table value not found&HL70357\r`)],
    [RESP, frame(segments('MSH|^~\\&|||||||ACK|9|P|2.3', 'MSA|CE|none||||207^internal'))],
  ];
  expect(
    recordsOf(play(hl7, exchange), 'hl7').map(record =>
      ['ack_code', 'acked_type', 'error_code', 'error_severity'].map(name => record[name]),
    ),
  ).toEqual([
    [undefined, undefined, undefined, undefined],
    ['AE', 'ORU^R01', '204', 'E'],
    ['AR', 'ORU^R01', '103', undefined],
    ['CE', undefined, '207', undefined],
  ]);
});

test('fields that tell of a patient without an identifier', () => {
  const record = only(
    segments(
      msh('1'),
      'AL1|1|DA|CANARYALLERGY',
      'DG1|1||I50.9^CANARYDIAGNOSIS',
      'NTE|1||CANARYNOTE',
      'OBX|1|TX|N^x||CANARYNOTE',
      'OBX|2|NM|N^x||5',
      'OBX|3|ED|PDF||^application^pdf^Base64^Q0FO',
    ),
  );
  expect(record['phi_fields']).toEqual(['AL1-3', 'DG1-3', 'NTE-3', 'OBX-5']);
  expect(record).not.toHaveProperty('pid_kinds');
});

test('merged patients and queries name patients', () => {
  const items = (type: string, ...lines: string[]) =>
    play(hl7, [[ORIG, frame(segments(msh('1', type), ...lines))]]).phi.flatMap(seen => seen.items);
  expect(items('ADT^A40', 'MRG|OLD1||ACC1||VIS1||OLD^NAME')).toEqual([
    { kind: 'mrn', values: ['OLD1'] },
    { kind: 'account', values: ['ACC1'] },
    { kind: 'admission_id', values: ['VIS1'] },
    { kind: 'patient_name', values: ['OLD^NAME'] },
  ]);
  expect(items('QRY^A19', 'QRD|2026|R|I|Q1|||1^RD|M-9^FAM^GIV|DEM')).toEqual([
    { kind: 'mrn', values: ['M-9'] },
    { kind: 'patient_name', values: ['FAM^GIV'] },
  ]);
  expect(items('QBP^Q22', 'QPD|IHE PDQ Query|Q1|@PID.5.1.1^FAM~@PID.3.1^M-9~@PID.8^F')).toEqual([
    { kind: 'patient_name', values: ['FAM'] },
    { kind: 'mrn', values: ['M-9'] },
  ]);
});

test('a name is the same person in every character set', () => {
  const name = (charset: string, bytes: Buffer) => {
    const message = segments(`MSH|^~\\&|||||||ADT^A01|1|P|2.5||||||${charset}`, 'PID|1||||NAME');
    const [before, after] = message.split('NAME') as [string, string];
    const whole = Buffer.concat([Buffer.from(`\x0b${before}`), bytes, Buffer.from(`${after}\x1c\r`)]);
    const played = play(hl7, [[ORIG, new Uint8Array(whole)]]);
    return [played.phi[0]?.items[0]?.values[0], played.weirds] as const;
  };
  const [latin] = name('8859/1', Buffer.from('M\xdcLLER^J\xd6RG', 'latin1'));
  expect(latin).toBe('MÜLLER^JÖRG');
  expect(name('UNICODE UTF-8', Buffer.from('MÜLLER^JÖRG'))[0]).toBe(latin);
  expect(name('', Buffer.from('M\xdcLLER^J\xd6RG', 'latin1'))[0]).toBe(latin);
  expect(name('8859/2', Buffer.from([0xa3, 0x75, 0x6b]))[0]).toBe('Łuk');
  expect(name('ISO IR87', Buffer.from('1b2442 3b33 4544 1b2842'.replaceAll(' ', ''), 'hex'))[0]).toBe('山田');
  expect(name('UNICODE UTF-8', Buffer.from('M\xdcLLER', 'latin1'))[1]).toEqual(['hl7_wrong_charset']);
  expect(name('ASCII', Buffer.from('MÜLLER'))[1]).toEqual(['hl7_wrong_charset']);
  expect(name('no such set', Buffer.from('MÜLLER'))[0]).toBe('MÜLLER');
});

test('an order names a pump behind the one who receives it', () => {
  const order = segments(msh('1', 'RGV^O15^RGV_O15'), 'RXG|1||||10', PUMP(''));
  const played = play(hl7, [[ORIG, frame(order)]]);
  expect(played.identities.map(({ side, attribute }) => [side, attribute])).toEqual([[RESP, 'system_id']]);
});

test('a frame without a beginning', () => {
  expect(play(hl7, [[ORIG, `${segments(msh('1'))}\x1c\r`]]).weirds).toEqual(['hl7_missing_start_block']);
});
