import { expect, test } from 'vitest';
import { Fields, type Separators } from '../../../../src/protocols/clinical/delimited.ts';
import { collectIdentifiers } from '../../../../src/protocols/clinical/hl7/identifiers.ts';
import { readSeparators } from '../../../../src/protocols/clinical/hl7/segment.ts';
import { newIdentifiers, phiItems } from '../../../../src/protocols/clinical/person-fields.ts';

const header = new Uint8Array(Buffer.from('MSH|^~\\&|'));
const SEPARATORS = readSeparators(header, 0, header.length) as Separators;

/** Identifiers of segments given as `NAME` and values by field number. */
function identifiers(...segments: [name: string, fields: Record<number, string>][]) {
  const found = newIdentifiers();
  for (const [name, fields] of segments) {
    const last = Math.max(...Object.keys(fields).map(Number));
    const line = [name, ...Array.from({ length: last }, (_, i) => fields[i + 1] ?? '')].join('|');
    const bytes = new Uint8Array(Buffer.from(line, 'latin1'));
    collectIdentifiers(found, name, new Fields().read(bytes, 0, bytes.length, 0x7c), SEPARATORS);
  }
  return Object.fromEntries(
    phiItems(found).map(item => [item.kind, item.values.map(value => Buffer.from(value).toString('latin1'))]),
  );
}

test('every identifying field of PID has its kind', () => {
  expect(
    identifiers([
      'PID',
      {
        2: 'A2',
        3: 'A3',
        4: 'A4',
        5: 'FAM^GIV',
        6: 'MOTHER',
        7: '19700102',
        8: 'F',
        9: 'NICK',
        11: 'STREET 1',
        13: '1-13',
        14: '1-14',
        16: 'M',
        17: 'REL',
        18: 'A18',
        19: 'S19',
        20: 'D20^ST',
        29: '20200101',
      },
    ]),
  ).toEqual({
    mrn: ['A2', 'A3', 'A4'],
    patient_name: ['FAM^GIV'],
    mothers_maiden_name: ['MOTHER'],
    birth_date: ['19700102'],
    alias: ['NICK'],
    address: ['STREET 1'],
    phone: ['1-13', '1-14'],
    account: ['A18'],
    ssn: ['S19'],
    licence: ['D20'],
  });
});

test('relatives, guarantors and insured', () => {
  expect(
    identifiers(
      [
        'NK1',
        {
          2: 'KIN',
          4: 'STREET 2',
          5: '2-5',
          6: '2-6',
          16: '1980',
          30: 'CONTACT',
          31: '2-31',
          32: 'STREET 3',
          37: 'S37',
        },
      ],
      ['GT1', { 2: 'G2', 3: 'PAYER', 4: 'SPOUSE', 5: 'STREET 4', 6: '3-6', 7: '3-7', 8: '1981', 12: 'S12' }],
      ['IN1', { 2: 'PLAN', 3: 'COMPANY', 16: 'INSURED', 18: '1982', 19: 'STREET 5', 36: 'POL', 49: 'I49' }],
    ),
  ).toEqual({
    relative_name: ['KIN', 'CONTACT', 'PAYER', 'SPOUSE', 'INSURED'],
    address: ['STREET 2', 'STREET 3', 'STREET 4', 'STREET 5'],
    phone: ['2-5', '2-6', '2-31', '3-6', '3-7'],
    birth_date: ['1980', '1981', '1982'],
    ssn: ['S37', 'S12'],
    account: ['G2'],
    insurance_id: ['POL', 'I49'],
  });
});

test('an identifier list is told apart by type code (table 0203)', () => {
  expect(
    identifiers(['PID', { 3: 'A^^^H^MR~B^^^H^SS~C^^^H^DL~D^^^H^AN~E^^^H^MC~F^^^H^XX~""~^^^H^MR' }]),
  ).toEqual({ mrn: ['A', 'F'], ssn: ['B'], licence: ['C'], account: ['D'], insurance_id: ['E'] });
});

test('empty and null values are none', () => {
  expect(
    identifiers(['PID', { 3: '""', 5: '^^^^', 7: ' ', 11: '^^^ST^^USA', 13: '^PRN^PH', 19: '""' }]),
  ).toEqual({});
});

test('names and telephone numbers in their components', () => {
  expect(
    identifiers(['PID', { 5: 'van der FAM&van&der^GIV^MID^JR', 13: '^PRN^PH^a@b.example^1^555^1234' }]),
  ).toEqual({
    patient_name: ['van der FAM^GIV^MID'],
    phone: ['555^1234'],
    email: ['a@b.example'],
  });
});

test('a birth date with a time is its date', () => {
  expect(identifiers(['PID', { 7: '197001021530+0100' }])).toEqual({ birth_date: ['19700102'] });
  expect(identifiers(['PID', { 7: 'SEL' }], ['IN1', { 18: '197' }])).toEqual({});
});

test('bounds repetitions and values', () => {
  const many = (n: number) => Array.from({ length: 100 }, (_, i) => `A${n}-${i}`).join('~');
  const found = identifiers(
    ...Array.from({ length: 20 }, (_, n) => ['PID', { 3: many(n) }] as [string, Record<number, string>]),
  );
  expect(found['mrn']).toHaveLength(256);
});
