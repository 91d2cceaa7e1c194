import { describe, expect, it } from 'vitest';
import {
  HIPAA_IDENTIFIERS,
  IDENTIFIER_KINDS,
  NAME_KINDS,
  NOT_MASKED,
  PATIENT_KINDS,
} from '../../src/model/identifiers.ts';

describe('kinds of identifiers', () => {
  it('are mapped to the eighteen of 45 CFR 164.514(b)(2)(i)', () => {
    expect(Object.keys(HIPAA_IDENTIFIERS).join('')).toBe('ABCDEFGHIJKLMNOPQR');
    for (const [kind, { hipaa, doc }] of Object.entries(IDENTIFIER_KINDS)) {
      expect(hipaa === '-' || hipaa in HIPAA_IDENTIFIERS, kind).toBe(true);
      expect(kind).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
      expect(doc).toMatch(/\.$/);
    }
  });

  it('say which are names and which tell patients apart', () => {
    expect([...NAME_KINDS]).toContain('patient_name');
    for (const kind of NAME_KINDS) expect(kind === 'alias' || kind.endsWith('_name')).toBe(true);
    for (const kind of PATIENT_KINDS) expect(IDENTIFIER_KINDS).toHaveProperty(kind);
  });

  it('are masked unless they are no text', () => {
    for (const kind of Object.keys(IDENTIFIER_KINDS)) expect(NOT_MASKED.has(kind)).toBe(kind === 'photo');
  });
});
