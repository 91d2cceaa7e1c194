import { expect, test } from 'vitest';
import { KNOWN_ACCOUNTS, knownAccount } from '../../src/model/accounts.ts';

test('knows vendor and default accounts whatever their case', () => {
  expect(knownAccount('insite')).toBe('insite');
  expect(knownAccount('MuseAdmin')).toBe('museadmin');
  expect(knownAccount('ROOT')).toBe('root');
});

test.each([
  '',
  'jdoe',
  'roots',
  ' root',
  'root ',
  'constructor',
  '__proto__',
  'sm\u0131th',
  'admin\u0130strator',
])('%j may be a person', name => {
  expect(knownAccount(name)).toBeUndefined();
});

test('names are written the way they are compared, each list says where it comes from', () => {
  for (const list of KNOWN_ACCOUNTS) {
    expect(list.source).not.toBe('');
    expect(new Set(list.names).size).toBe(list.names.length);
    for (const name of list.names) expect(name).toMatch(/^[a-z0-9_-]+$/);
  }
});
