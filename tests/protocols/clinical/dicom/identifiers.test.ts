import { expect, test } from 'vitest';
import { DatasetContent } from '../../../../src/protocols/clinical/dicom/content.ts';
import type { Purpose } from '../../../../src/protocols/clinical/dicom/facts.ts';
import { EXPLICIT_LITTLE } from '../../../../src/protocols/clinical/dicom/uids.ts';
import { bytes, EXPLICIT, element, sequence, sequenceItem } from './build.ts';

const e = (group: number, number: number, vr: string, value: string) =>
  element(EXPLICIT, group, number, vr, value);

function read(purpose: Purpose, ...elements: Uint8Array[]) {
  const bytesOfAll = bytes(...elements);
  const content = new DatasetContent(EXPLICIT_LITTLE, purpose, { bytes: 0 });
  content.feed(bytesOfAll, 0, bytesOfAll.length);
  const facts = content.finish();
  const items = facts.items.map(item => [
    item.kind,
    item.values.map(value => (typeof value === 'string' ? value : Buffer.from(value).toString('latin1'))),
  ]);
  return { ...facts, items };
}

test('finds identifiers at any depth, the most telling first', () => {
  const { items } = read(
    'object',
    e(0x0010, 0x0010, 'PN', 'DOE^JANE^M^DR^'),
    sequence(
      EXPLICIT,
      0x0010,
      0x1002,
      [sequenceItem(EXPLICIT, e(0x0010, 0x0020, 'LO', 'OTHER1'), true)],
      true,
    ),
    e(0x0010, 0x2154, 'SH', '555-1\\555-2 '),
  );
  expect(items).toEqual([
    ['mrn', ['OTHER1']],
    ['patient_name', ['DOE^JANE^M']],
    ['phone', ['555-1', '555-2']],
  ]);
});

test('reduces names to family, given and middle name of the first group that is there', () => {
  const name = (value: string) => read('object', e(0x0010, 0x0010, 'PN', value)).items;
  expect(name('DOE^JANE^^^')).toEqual([['patient_name', ['DOE^JANE']]]);
  expect(name(' DOE ^ ')).toEqual([['patient_name', ['DOE']]]);
  expect(name('YAMADA^TARO=\u00d1^\u00d2=x')).toEqual([['patient_name', ['YAMADA^TARO']]]);
  expect(name('=\u00d1^\u00d2')).toEqual([['patient_name', ['\u00d1^\u00d2']]]);
  expect(name('^^^^')).toEqual([]);
  expect(name('DO*^J?*')).toEqual([['patient_name', ['DO*^J']]]);
  expect(name('*DOE*^*')).toEqual([['patient_name', ['DOE']]]);
});

test.each(['', '*', ' ** ', '?', '\0\0'])('%j is no identifier', value => {
  expect(read('query', e(0x0010, 0x0020, 'LO', value), e(0x0010, 0x0010, 'PN', value)).items).toEqual([]);
});

test('leaves out what identifies no patient by itself', () => {
  const { items } = read(
    'object',
    e(0x0008, 0x0080, 'LO', 'GENERAL HOSPITAL'),
    e(0x0008, 0x1030, 'LO', 'CHEST'),
    e(0x0010, 0x0040, 'CS', 'F'),
  );
  expect(items).toEqual([]);
});

test('counts the keys that restrict a query', () => {
  const level = e(0x0008, 0x0052, 'CS', 'STUDY');
  const charset = e(0x0008, 0x0005, 'CS', 'ISO_IR 192');
  const key = e(0x0008, 0x0060, 'CS', 'CT');
  const wild = e(0x0010, 0x0010, 'PN', '*');
  const step = sequence(EXPLICIT, 0x0040, 0x0100, [
    sequenceItem(EXPLICIT, e(0x0040, 0x0002, 'DA', '20240101')),
  ]);
  expect(read('query', charset, level, wild)).toMatchObject({ matchKeys: 0, queryLevel: 'STUDY' });
  expect(read('query', charset, level, key, wild, step)).toMatchObject({ matchKeys: 2 });
  expect(read('other', level, key)).toMatchObject({ matchKeys: undefined });
});

test('knows the equipment of a stored object, at its top level only', () => {
  const nested = sequence(EXPLICIT, 0x0018, 0xa001, [
    sequenceItem(EXPLICIT, e(0x0008, 0x0070, 'LO', 'OTHER')),
  ]);
  const facts = read('object', e(0x0008, 0x0060, 'CS', 'MR'), e(0x0008, 0x0070, 'LO', 'ACME '), nested);
  expect(facts.equipment).toEqual({ modality: 'MR', manufacturer: 'ACME' });
  expect(read('other', e(0x0008, 0x0060, 'CS', 'MR')).equipment).toEqual({});
});

test('counts private elements and reads none of them', () => {
  const facts = read('object', e(0x0009, 0x0010, 'LO', 'MAKER'), e(0x0011, 0x1001, 'PN', 'DOE^JANE'));
  expect(facts).toMatchObject({ privateElements: 2, items: [] });
});

test('checks the UIDs that become file names at the receiver', () => {
  expect(read('object', e(0x0008, 0x0018, 'UI', '../../x')).invalidUid).toBe(true);
  expect(read('object', e(0x0020, 0x000d, 'UI', '1.2.3\0')).invalidUid).toBe(false);
});

test('bounds the values it keeps', () => {
  const { items } = read('object', e(0x0010, 0x2154, 'SH', Array(5000).fill('5').join('\\')));
  expect(items[0]![1]).toHaveLength(256);
});

test('names the keys of a query, those with wildcards and the empty ones, never their values', () => {
  const step = sequence(EXPLICIT, 0x0040, 0x0100, [
    sequenceItem(EXPLICIT, bytes(e(0x0008, 0x0060, 'CS', 'CT'), e(0x0040, 0x0002, 'DA', ''))),
  ]);
  const facts = read(
    'query',
    e(0x0008, 0x0052, 'CS', 'STUDY'),
    e(0x0010, 0x0010, 'PN', 'DOE*'),
    e(0x0010, 0x0020, 'LO', ''),
    e(0x0020, 0x1208, 'IS', ' '),
    e(0x0044, 0x0010, 'LO', '*'),
    step,
  );
  expect(facts).toMatchObject({
    keys: [
      '(0044,0010)',
      'Modality',
      'NumberOfStudyRelatedInstances',
      'PatientID',
      'PatientName',
      'ScheduledProcedureStepStartDate',
    ],
    wildcardKeys: ['(0044,0010)', 'PatientName'],
    emptyKeys: ['NumberOfStudyRelatedInstances', 'PatientID', 'ScheduledProcedureStepStartDate'],
    matchKeys: 2,
  });
});

test.each([
  ['ISO_IR 192', Buffer.from('YAMÄDA^TARO', 'utf8'), 'YAMÄDA^TARO'],
  ['ISO_IR 100', Buffer.from('YAM\xc4DA^TARO', 'latin1'), 'YAMÄDA^TARO'],
  ['ISO_IR 144', Buffer.from('bbeeda6365dcd179e0d3', 'hex'), 'Люкceмбyрг'],
  ['GB18030', Buffer.from('cdf55ed0a1b6ab', 'hex'), '王^小东'],
  ['GBK', Buffer.from('815c5e8040', 'hex'), '乗^€@'],
  [
    '\\ISO 2022 IR 87',
    Buffer.from('Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B', 'latin1'),
    'Yamada^Tarou',
  ],
  ['\\ISO 2022 IR 87', Buffer.from('=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B', 'latin1'), '山田^太郎'],
  ['\\ISO 2022 IR 149', Buffer.from('=\x1b$)C\xb1\xe8^\x1b$)C\xc8\xf1', 'latin1'), '김^희'],
])('reads names in %s: separators inside characters are none', (characterSet, value, name) => {
  const facts = read(
    'object',
    e(0x0008, 0x0005, 'CS', characterSet),
    element(EXPLICIT, 0x0010, 0x0010, 'PN', new Uint8Array(value)),
  );
  expect(facts.items).toEqual([['patient_name', [name]]]);
});

test('text that its character set does not have is taken as UTF-8 or Latin-1', () => {
  const facts = read(
    'object',
    e(0x0008, 0x0005, 'CS', 'GB18030'),
    element(EXPLICIT, 0x0010, 0x0010, 'PN', bytes('DOE', 0xff, '^J')),
  );
  expect(facts.items).toEqual([['patient_name', ['DOE\xff^J']]]);
});
