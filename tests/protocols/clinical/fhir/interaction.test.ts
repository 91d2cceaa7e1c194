import { describe, expect, it } from 'vitest';
import { readInteraction } from '../../../../src/protocols/clinical/fhir/interaction.ts';

/** Method and target, then code, type, id, operation and base. */
const CASES: readonly (readonly [string, string, ...(readonly (string | undefined)[])])[] = [
  ['GET', '/fhir/Patient/123', 'read', 'Patient', '123', undefined, '/fhir'],
  ['HEAD', '/Patient/123', 'read', 'Patient', '123', undefined, '/'],
  ['GET', '/r4/Patient/123/_history/2', 'vread', 'Patient', '123', undefined, '/r4'],
  ['GET', '/r4/Patient/123/_history', 'history-instance', 'Patient', '123', undefined, '/r4'],
  ['GET', '/r4/Patient/_history', 'history-type', 'Patient', undefined, undefined, '/r4'],
  ['GET', '/a/b/_history', 'history-system', undefined, undefined, undefined, '/a/b'],
  ['PUT', '/fhir/Device/d.1-2', 'update', 'Device', 'd.1-2', undefined, '/fhir'],
  ['PATCH', '/fhir/Device/d', 'patch', 'Device', 'd', undefined, '/fhir'],
  ['DELETE', '/fhir/Device?identifier=1', 'delete', 'Device', undefined, undefined, '/fhir'],
  ['POST', '/fhir/Observation', 'create', 'Observation', undefined, undefined, '/fhir'],
  ['GET', '/fhir/Observation?code=1', 'search-type', 'Observation', undefined, undefined, '/fhir'],
  ['POST', '/fhir/Observation/_search', 'search-type', 'Observation', undefined, undefined, '/fhir'],
  ['POST', '/fhir/_search', 'search-system', undefined, undefined, undefined, '/fhir'],
  ['GET', '/fhir?_type=Patient', 'search-system', undefined, undefined, undefined, '/fhir'],
  ['GET', '/fhir/Patient/1/Observation?x=1', 'search-compartment', 'Observation', '1', undefined, '/fhir'],
  ['GET', '/fhir/Patient/1/*', 'search-compartment', undefined, '1', undefined, '/fhir'],
  ['GET', '/fhir/metadata', 'capabilities', undefined, undefined, undefined, '/fhir'],
  ['GET', '/fhir/$export', 'operation', undefined, undefined, 'export', '/fhir'],
  ['GET', '/fhir/Group/7/$export', 'operation', 'Group', '7', 'export', '/fhir'],
  ['GET', '/fhir/Patient/1/$everything', 'operation', 'Patient', '1', 'everything', '/fhir'],
  ['POST', '/fhir/Patient/$validate', 'operation', 'Patient', undefined, 'validate', '/fhir'],
  ['POST', '/fhir', undefined, undefined, undefined, undefined, '/fhir'],
  ['GET', 'http://h:80/x/fhir/Patient/1#a?b', 'read', 'Patient', '1', undefined, '/x/fhir'],
];

describe('FHIR interactions', () => {
  it.each(CASES.map(([method, target, ...rest]) => ({ method, target, rest })))(
    '$method $target',
    ({ method, target, rest }) => {
      const [code, type, id, operation, base] = rest;
      expect(readInteraction(method, target)).toMatchObject({ code, type, id, operation, base });
    },
  );

  it('name their parameters, never their values', () => {
    const read = readInteraction(
      'GET',
      '/fhir/Patient?family=Quartz&birthdate=1947-08-23&_count=500&name%3Aexact=x&_count=2',
      'gender=male',
    );
    expect(read.parameters).toEqual(['family', 'birthdate', '_count', 'name:exact', 'gender']);
    expect(read.pageSize).toBe(500);
    expect(JSON.stringify(read)).not.toMatch(/Quartz|1947/);
  });

  it('name the types of an export', () => {
    expect(
      readInteraction('GET', '/$export?_type=Patient,Observation,Nonsense%2CDevice').exportTypes,
    ).toEqual(['Patient', 'Observation', 'Device']);
  });

  it('are told from other paths', () => {
    const telling = (target: string) => readInteraction('GET', target).isTelling;
    expect(telling('/fhir/Patient/1')).toBe(true);
    expect(telling('/api/FHIR/R4/Patient')).toBe(true);
    expect(telling('/x/$export')).toBe(true);
    expect(telling('/api/Patient/1')).toBe(false);
    expect(telling('/docs/fhir/index.html')).toBe(false);
    expect(telling('/metadata')).toBe(false);
  });
});
