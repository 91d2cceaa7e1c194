import { describe, expect, it } from 'vitest';
import {
  askingRole,
  DicomFacts,
  type DicomOperation,
  type DicomRole,
  dicomEvidence,
  grantingRole,
  isArchive,
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
): [string, number] | undefined {
  const facts = new DicomFacts();
  for (const role of roles) facts.roles.add(role);
  for (const modality of modalities) facts.modalities.add(modality);
  const types = dicomEvidence(facts).filter(({ attribute }) => attribute === 'type');
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
    [['stores'], ['CT', 'MR'], ['imaging', 0.5]],
    [['stores'], ['XYZ'], ['imaging', 0.7]],
    [['stores'], [], ['imaging', 0.6]],
    [['stores'], ['PR', 'KO'], ['dicom-workstation', 0.5]],
    [['stores', 'asks-worklist'], ['US'], ['ultrasound', 0.7]],
    [['asks-worklist'], [], ['imaging', 0.6]],
    [['accepts-store'], [], ['pacs', 0.6]],
    [['accepts-store', 'answers-query'], [], ['pacs', 0.8]],
    [['stores-for-move'], ['CT'], ['pacs', 0.7]],
    [['stores', 'accepts-store'], ['CT'], ['pacs', 0.6]],
    [['accepts-move-store', 'asks-query'], [], ['dicom-workstation', 0.6]],
    [['answers-worklist'], [], ['ris', 0.7]],
    [[], ['CT'], undefined],
  ])('makes of %o storing %o', (roles, modalities, type) => expect(typeOf(roles, modalities)).toEqual(type));

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
    expect(values.size).toBe(DEVICE_LIMITS.evidenceValues);
    expect(values.has('AE0')).toBe(true);
  });
});
