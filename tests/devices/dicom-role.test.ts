import { describe, expect, it } from 'vitest';
import {
  askingRole,
  DicomFacts,
  type DicomOperation,
  type DicomRole,
  dicomEvidence,
  grantingRole,
  imageKinds,
  isArchive,
  type Ownership,
  remember,
} from '../../src/devices/dicom-role.ts';
import { DEVICE_LIMITS } from '../../src/devices/limits.ts';

function operation(command: string, more: Partial<DicomOperation> = {}): DicomOperation {
  return { command, sopClass: '', forMove: false, granted: true, ...more };
}

/** The best type that facts are evidence of, with its confidence. */
function typeOf(
  roles: readonly DicomRole[],
  modalities: readonly string[] = [],
  whose: Ownership = 'own',
): [string, number] | undefined {
  const facts = new DicomFacts();
  for (const role of roles) facts.roles.add(role);
  for (const modality of modalities) facts.modalities.add(modality);
  const types = dicomEvidence(facts, whose).filter(({ attribute }) => attribute === 'type');
  const best = types.sort((a, b) => b.confidence - a.confidence)[0];
  return best && [best.value, best.confidence];
}

describe('roles', () => {
  it.each([
    [operation('C-STORE-RQ'), 'stores', 'accepts-store'],
    [operation('C-STORE-RQ', { forMove: true }), 'stores-for-move', 'accepts-move-store'],
    [operation('C-FIND-RQ', { sopClass: 'Study Root Query/Retrieve - FIND' }), 'asks-query', 'answers-query'],
    [
      operation('C-FIND-RQ', { sopClass: 'Modality Worklist Information Model - FIND' }),
      'asks-worklist',
      'answers-worklist',
    ],
    [operation('C-MOVE-RQ'), 'asks-query', 'answers-query'],
    [operation('C-GET-RQ'), 'asks-query', 'answers-query'],
    [operation('C-ECHO-RQ'), undefined, undefined],
    [operation('33'), undefined, undefined],
  ])('of %o', (given, asking, granting) => {
    expect(askingRole(given)).toBe(asking);
    expect(grantingRole(given)).toBe(granting);
    expect(grantingRole({ ...given, granted: false })).toBeUndefined();
  });
});

describe('dicomEvidence', () => {
  it.each<[DicomRole[], string[], [string, number] | undefined]>([
    [['stores'], ['CT'], ['ct', 0.7]],
    [['stores'], ['DX', 'CR'], ['xray', 0.7]],
    [['stores'], ['CT', 'SR'], ['ct', 0.7]],
    [['stores'], ['PT', 'CT'], ['nuclear', 0.7]],
    [['stores'], ['US', 'OT'], ['ultrasound', 0.7]],
    [['stores'], ['XYZ'], ['imaging', 0.7]],
    [['stores'], [], ['imaging', 0.6]],
    [['stores'], ['PR', 'KO'], ['dicom-workstation', 0.5]],
    [['stores', 'asks-worklist'], ['US'], ['ultrasound', 0.7]],
    [['asks-worklist'], [], ['imaging', 0.6]],
    [['accepts-store'], [], ['pacs', 0.4]],
    [['accepts-store', 'answers-query'], [], ['pacs', 0.8]],
    [['stores-for-move'], ['CT'], ['pacs', 0.7]],
    [['stores', 'accepts-store'], ['CT'], ['pacs', 0.4]],
    [['accepts-move-store', 'asks-query'], [], ['dicom-workstation', 0.6]],
    [['answers-worklist'], [], ['ris', 0.7]],
    [[], ['CT'], undefined],
  ])('makes of %o storing %o', (roles, modalities, type) => expect(typeOf(roles, modalities)).toEqual(type));

  it.each<[Ownership, string[], [string, number] | undefined]>([
    ['perhaps', ['CT'], ['ct', 0.45]],
    ['perhaps', ['SR'], ['dicom-workstation', 0.45]],
    ['perhaps', [], ['imaging', 0.45]],
    ['others', ['CT'], undefined],
    ['others', ['CT', 'MR'], undefined],
  ])('makes of %s images of %o', (whose, modalities, type) =>
    expect(typeOf(['stores'], modalities, whose)).toEqual(type),
  );

  it('says of who stores images of several kinds that it forwards them, unless more is known', () => {
    const said = (...roles: DicomRole[]) => {
      const facts = new DicomFacts();
      for (const role of roles) facts.roles.add(role);
      for (const modality of ['CT', 'MR']) facts.modalities.add(modality);
      return dicomEvidence(facts, 'others').some(({ value }) => value === 'forwards images');
    };
    expect([said('stores'), said('stores', 'accepts-store')]).toEqual([true, true]);
    expect([said('accepts-store'), said('stores', 'answers-query')]).toEqual([false, false]);
    expect(imageKinds(new Set(['CT', 'PT', 'MR']))).toEqual(['ct', 'nuclear', 'mr']);
  });

  it('gives who only takes what is stored two hints that are alike', () => {
    const facts = new DicomFacts();
    facts.roles.add('accepts-store');
    const types = dicomEvidence(facts, 'others').filter(({ attribute }) => attribute === 'type');
    expect(types.map(({ value, confidence }) => [value, confidence])).toEqual([
      ['pacs', 0.4],
      ['dicom-workstation', 0.4],
    ]);
  });

  it('takes who answers queries or takes what is stored for an archive, which passes on what others made', () => {
    const archive = (...roles: DicomRole[]) => {
      const facts = new DicomFacts();
      for (const role of roles) facts.roles.add(role);
      return isArchive(facts);
    };
    expect([archive('stores'), archive('asks-query'), archive('accepts-move-store')]).toEqual([
      false,
      false,
      false,
    ]);
    expect([archive('answers-query'), archive('accepts-store'), archive('stores-for-move')]).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('remember', () => {
  it('keeps a few values and no empty ones', () => {
    const values = new Set<string>();
    for (let i = 0; i < 100; i++) remember(values, `AE${i}`);
    remember(values, undefined);
    remember(values, '');
    expect(values.size).toBe(DEVICE_LIMITS.equipmentValues);
    expect(values.has('AE0')).toBe(true);
  });
});
