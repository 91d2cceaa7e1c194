import { describe, expect, it } from 'vitest';
import { readSdcScopes } from '../../src/protocols/sdc-scopes.ts';

describe('scopes of SDC', () => {
  it.each([
    [
      'sdc.ctxt.loc:/sdc.ctxt.loc.detail/HOSP1%2F%2F%2FCU1%2F%2FBedA500?fac=HOSP1&poc=CU1&bed=BedA500',
      ['HOSP1/CU1/BedA500'],
    ],
    ['sdc.ctxt.loc:/root/?fac=f&bldng=b&poc=p&flr=3&rm=r&bed=1', ['f/b/3/p/r/1']],
    ['sdc.ctxt.loc:/root/some%20place', ['some place']],
    ['sdc.ctxt.loc:/root/x?bed=', ['x']],
    ['sdc.ctxt.loc:/', []],
    ['sdc.ctxt.loc:/r/%zz', ['%zz']],
  ])('location %s', (scope, locations) => {
    expect(readSdcScopes([scope])).toMatchObject({ shown: [scope], locations });
  });

  it.each([
    ['sdc.cdc.type:///130535', ['MDC 130535']],
    ['sdc.cdc.type:///70001', ['MDC_DEV_SYS_PT_VENT_MDS']],
    ['sdc.cdc.type:/urn:oid:1.2/3/70001', ['urn:oid:1.2 70001']],
    ['sdc.cdc.type:/', []],
  ])('type %s', (scope, types) => {
    expect(readSdcScopes([scope])).toMatchObject({ shown: [scope], types });
  });

  it.each([
    ['sdc.ctxt.pat:/http://example.org/ids/P%2D1', 'P-1'],
    ['sdc.ctxt.pat:/root/P1?x=1', 'P1'],
    ['sdc.ctxt.pat:/P1/', 'P1'],
  ])('patient %s', (scope, patient) => {
    expect(readSdcScopes([scope])).toMatchObject({ shown: ['sdc.ctxt.pat:'], patients: [patient] });
  });
});
