import { expect, test } from 'vitest';
import { C_FIND, C_STORE } from '../../../../src/protocols/clinical/dicom/command.ts';
import { readDataset } from '../../../../src/protocols/clinical/dicom/identifiers.ts';
import { EXPLICIT_LITTLE } from '../../../../src/protocols/clinical/dicom/uids.ts';
import { bytes, EXPLICIT, element, sequence, sequenceItem } from './build.ts';

const e = (group: number, number: number, vr: string, value: string) =>
  element(EXPLICIT, group, number, vr, value);

function read(operation: number, isResponse: boolean, ...elements: Uint8Array[]) {
  const content = bytes(...elements);
  const facts = readDataset(content, content.length, EXPLICIT_LITTLE, operation, isResponse);
  const items = facts.items.map(item => [
    item.kind,
    item.values.map(value => Buffer.from(value).toString('latin1')),
  ]);
  return { ...facts, items };
}

test('finds identifiers at any depth, the most telling first', () => {
  const { items } = read(
    C_STORE,
    false,
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
  const name = (value: string) => read(C_STORE, false, e(0x0010, 0x0010, 'PN', value)).items;
  expect(name('DOE^JANE^^^')).toEqual([['patient_name', ['DOE^JANE']]]);
  expect(name(' DOE ^ ')).toEqual([['patient_name', ['DOE']]]);
  expect(name('YAMADA^TARO=\u00d1^\u00d2=x')).toEqual([['patient_name', ['YAMADA^TARO']]]);
  expect(name('=\u00d1^\u00d2')).toEqual([['patient_name', ['\u00d1^\u00d2']]]);
  expect(name('^^^^')).toEqual([]);
  expect(name('DO*^J?*')).toEqual([['patient_name', ['DO*^J']]]);
  expect(name('*DOE*^*')).toEqual([['patient_name', ['DOE']]]);
});

test.each(['', '*', ' ** ', '?', '\0\0'])('%j is no identifier', value => {
  expect(read(C_FIND, false, e(0x0010, 0x0020, 'LO', value), e(0x0010, 0x0010, 'PN', value)).items).toEqual(
    [],
  );
});

test('leaves out what identifies no patient by itself', () => {
  const { items } = read(
    C_STORE,
    false,
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
  expect(read(C_FIND, false, charset, level, wild)).toMatchObject({ matchKeys: 0, queryLevel: 'STUDY' });
  expect(read(C_FIND, false, charset, level, key, wild, step)).toMatchObject({ matchKeys: 2 });
  expect(read(C_FIND, true, level, key)).toMatchObject({ matchKeys: undefined });
});

test('knows the equipment of a stored object, at its top level only', () => {
  const nested = sequence(EXPLICIT, 0x0018, 0xa001, [
    sequenceItem(EXPLICIT, e(0x0008, 0x0070, 'LO', 'OTHER')),
  ]);
  const facts = read(C_STORE, false, e(0x0008, 0x0060, 'CS', 'MR'), e(0x0008, 0x0070, 'LO', 'ACME '), nested);
  expect(facts.equipment).toEqual({ modality: 'MR', manufacturer: 'ACME' });
  expect(read(C_FIND, true, e(0x0008, 0x0060, 'CS', 'MR')).equipment).toEqual({});
});

test('counts private elements and reads none of them', () => {
  const facts = read(C_STORE, false, e(0x0009, 0x0010, 'LO', 'MAKER'), e(0x0011, 0x1001, 'PN', 'DOE^JANE'));
  expect(facts).toMatchObject({ privateElements: 2, items: [] });
});

test('checks the UIDs that become file names at the receiver', () => {
  expect(read(C_STORE, false, e(0x0008, 0x0018, 'UI', '../../x')).invalidUid).toBe(true);
  expect(read(C_STORE, false, e(0x0020, 0x000d, 'UI', '1.2.3\0')).invalidUid).toBe(false);
});

test('bounds the values it keeps', () => {
  const { items } = read(C_STORE, false, e(0x0010, 0x2154, 'SH', Array(5000).fill('5').join('\\')));
  expect(items[0]![1]).toHaveLength(256);
});
