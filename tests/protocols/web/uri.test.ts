import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanUri } from '../../../src/protocols/web/uri.ts';
import { expectLinear } from '../../support/decoder-laws.ts';

describe('cleanUri', () => {
  it.each([
    ['/index.html', '/index.html'],
    ['/a%20b%2Fc', '/a b/c'],
    ['/%c3%a4', '/ä'],
    ['/%e4', '/\\xe4'],
    ['/%u0041%u20ac', '/A\\x20\\xac'.replace('\\x20', ' ')],
    ['/100%', '/100%'],
    ['/%4', '/%4'],
    ['/%zz%41', '/%zzA'],
    ['/%%41', '/%A'],
  ])('decodes %s as Zeek does', (raw, text) => {
    expect(cleanUri(raw, true)).toEqual({ text, phi: [], secrets: [] });
  });

  it('keeps the encoding of a referrer', () => {
    expect(cleanUri('http://h/a%20b?x=1', false).text).toBe('http://h/a%20b?x=1');
  });

  it.each([
    ['PatientName', 'patient_name'],
    ['patient_name', 'patient_name'],
    ['PATIENTID', 'mrn'],
    ['00100010', 'patient_name'],
    ['00100020', 'mrn'],
    ['PatientBirthDate', 'birth_date'],
    ['AccessionNumber', 'accession'],
    ['ssn', 'ssn'],
  ])('takes out the value of %s', (name, kind) => {
    const { text, phi } = cleanUri(`/studies?limit=5&${name}=DOE%5EJANE+Q&x=1`, true);
    expect(text).toBe(`/studies?limit=5&${name}=<${kind}>&x=1`);
    expect(phi).toEqual([{ kind, values: ['DOE^JANE Q'] }]);
  });

  it.each([
    ['password', 'password'],
    ['pwd', 'password'],
    ['user_password', 'password'],
    ['access_token', 'secret'],
    ['apikey', 'secret'],
    ['client-secret', 'secret'],
  ])('takes out the secret in %s', (name, kind) => {
    const { text, secrets } = cleanUri(`/login?${name}=hunter2%21&ok=1`, true);
    expect(text).toBe(`/login?${name}=<${kind}>&ok=1`);
    expect(secrets).toEqual([{ kind, values: ['hunter2!'] }]);
  });

  it('takes out the user information', () => {
    const { text, secrets } = cleanUri('http://service:p%40ss@10.0.0.5:8042/x', true);
    expect(text).toBe('http://<userinfo>@10.0.0.5:8042/x');
    expect(secrets).toEqual([
      { kind: 'user', values: ['service'] },
      { kind: 'password', values: ['p@ss'] },
    ]);
  });

  it.each([
    ['/go?to=http://svc:s3cret@h/x&m=a@b', '/go?to=http://<userinfo>@h/x&m=a@b'],
    ['/go?to=http%3A%2F%2Fsvc%3As3cret%40h%2Fx%3Fm%3Da%40b', '/go?to=http://<userinfo>@h/x?m=a@b'],
    ['http://svc:s3cret@x&y@h/', 'http://<userinfo>@h/'],
  ])('takes out the user information in %s', (raw, text) => {
    const clean = cleanUri(raw, true);
    expect(clean.text).toBe(text);
    expect(clean.secrets[0]).toEqual({ kind: 'user', values: ['svc'] });
  });

  it('finds parameters whose names are encoded', () => {
    const { text, phi } = cleanUri('/studies?Patient%4Eame=DOE%20JANE', true);
    expect(text).toBe('/studies?PatientName=<patient_name>');
    expect(phi).toEqual([{ kind: 'patient_name', values: ['DOE JANE'] }]);
  });

  it('finds parameters of a URI within a parameter', () => {
    const { text, phi } = cleanUri('/go?to=http%3A%2F%2Fh%2Fs%3FPatientID%3D12%252F34%26b%3D1', true);
    expect(text).toBe('/go?to=http://h/s?PatientID=<mrn>&b=1');
    expect(phi).toEqual([{ kind: 'mrn', values: ['12/34'] }]);
  });

  it('leaves wildcards and empty values, which identify nobody', () => {
    const uri = '/studies?PatientName=*&PatientID=&password=';
    expect(cleanUri(uri, true)).toEqual({ text: uri, phi: [], secrets: [] });
  });

  it('knows the search parameters of a FHIR Patient only there', () => {
    expect(cleanUri('/fhir/Patient?family=Doe&birthdate=1980-02-03', true).phi).toEqual([
      { kind: 'patient_name', values: ['Doe'] },
      { kind: 'birth_date', values: ['1980-02-03'] },
    ]);
    expect(cleanUri('/shop?family=Doe', true).text).toBe('/shop?family=Doe');
  });

  it('never shows a planted value, however often it is encoded', () => {
    const canary = 'Zebedee^Quartz';
    const layers = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(layers, layers, fc.boolean(), (outer, inner, decode) => {
        const encode = (text: string, times: number): string =>
          times === 0 ? text : encode(encodeURIComponent(text), times - 1);
        const nested = `/x?PatientName=${encode(canary, 1 + inner)}`;
        const uri = outer === 0 ? nested : `/go?u=${encode(`http://h${nested}`, outer)}&z=1`;
        const { text } = cleanUri(uri, decode);
        expect(
          decodeURIComponent(decodeURIComponent(decodeURIComponent(decodeURIComponent(text)))),
        ).not.toContain('Zebedee');
      }),
    );
  });

  it('takes linear time for hostile queries', () => {
    for (const unit of [
      '&PatientName=a',
      '?&;#',
      '%25',
      '%253d',
      '&a%3d%26',
      '%',
      '=',
      '@',
      ';PatientID%3D%2526',
      '://@',
      '://a:b',
      '%3A%2F%2Fa',
    ]) {
      expectLinear(n => cleanUri(`/x?password${unit.repeat(n)}`, true), 500);
    }
    expectLinear(n => cleanUri(`/?PatientID%${'25'.repeat(n)}3D${'%41'.repeat(n)}`, true), 2000);
  });
});

describe('what else must not be shown', () => {
  it.each([
    ['/a?pw=CANARY&x=1', '/a?pw=<password>&x=1'],
    ['/a?kennwort=CANARY', '/a?kennwort=<password>'],
    ['/a?txtPwd=CANARY', '/a?txtPwd=<password>'],
    ['/a;jsessionid=CANARY?x=1', '/a;jsessionid=<secret>'],
    [
      '/a?sid=CANARY&sig=CANARY&X-Amz-Signature=CANARY',
      '/a?sid=<secret>&sig=<secret>&X-Amz-Signature=<secret>',
    ],
    ['/a?nachname=CANARY&email=CANARY', '/a?nachname=<person>&email=<person>'],
    ['/fhir/Patient/CANARY/everything', '/fhir/Patient/<mrn>/everything'],
    ['/patient/CANARY^ERIKA', '/patient/<mrn>'],
    ['/fhir/Patient/_search?x=1', '/fhir/Patient/_search?x=1'],
    ['/patients/', '/patients/'],
    ['/a?color=red&page=2', '/a?color=red&page=2'],
    ['/fhir/Patient?name:contains=CANARY', '/fhir/Patient?name:contains=<patient_name>'],
    ['/fhir/Patient?family:exact=CANARY', '/fhir/Patient?family:exact=<patient_name>'],
    ['/fhir/Patient?given:text=CANARY', '/fhir/Patient?given:text=<patient_name>'],
    ['/fhir/Patient?identifier:of-type=x|CANARY', '/fhir/Patient?identifier:of-type=<mrn>'],
    [
      '/fhir/Obs?subject:Patient.name:contains=CANARY',
      '/fhir/Obs?subject:Patient.name:contains=<patient_name>',
    ],
    ['/a?patient[lastname]=CANARY', '/a?patient[lastname]=<patient_name>'],
    ['/a?patient_last_name=CANARY', '/a?patient_last_name=<patient_name>'],
    ['/a?PatientLastName=CANARY', '/a?PatientLastName=<patient_name>'],
    ['/a?patientFullName=CANARY', '/a?patientFullName=<patient_name>'],
    ['/a?patName=CANARY', '/a?patName=<patient_name>'],
    ['/a?ptname=CANARY', '/a?ptname=<patient_name>'],
    ['/a?birthName=CANARY&maiden_name=CANARY', '/a?birthName=<person>&maiden_name=<person>'],
    ['/a?birthday=CANARY&geb=CANARY', '/a?birthday=<birth_date>&geb=<birth_date>'],
    ['/a?address=Canary+Road&b=1', '/a?address=<person>&b=1'],
    ['/a?address=10.0.0.5', '/a?address=10.0.0.5'],
    ['/a?nhs_number=CANARY&svnr=CANARY', '/a?nhs_number=<other_id>&svnr=<ssn>'],
    ['/a?versichertennr=CANARY', '/a?versichertennr=<insurance_id>'],
    ['/a?medicalRecordNumber=CANARY&patid=CANARY', '/a?medicalRecordNumber=<mrn>&patid=<mrn>'],
    ['/a?pat_id=CANARY&mrn_no=CANARY', '/a?pat_id=<mrn>&mrn_no=<mrn>'],
    ['/a?visitId=CANARY&fallnummer=CANARY', '/a?visitId=<admission_id>&fallnummer=<admission_id>'],
    ['/a?secretkey=CANARY', '/a?secretkey=<secret>'],
    ['/a?Name=CANARY&FirstName=CANARY', '/a?Name=<person>&FirstName=<person>'],
    ['/a?Name=monitor&page=2', '/a?Name=monitor&page=2'],
    ['/a/lastname=CANARY/b', '/a/lastname=<person>'],
    ["/a?filter=lastname%20eq%20'CANARY'&b=1", '/a?filter=lastname eq <person>&b=1'],
    ['/a?x="lastName":"CANARY"', '/a?x="lastName":<person>'],
    ["/a?sql=password='CANARY'", '/a?sql=password=<secret>'],
    ['/a?Patient%254Eame=CANARY', '/a?PatientName=<patient_name>'],
    ['/a?a%2520b=1', '/a?a%20b=1'],
  ])('%s', (raw, shown) => expect(cleanUri(raw, true).text).toBe(shown));

  it('a patient in the path is a patient identifier, a person in the query is none', () => {
    expect(cleanUri('/fhir/Patient/4711', true).phi).toEqual([{ kind: 'mrn', values: ['4711'] }]);
    expect(cleanUri('/a?email=x', true)).toMatchObject({
      phi: [],
      secrets: [{ kind: 'person', values: ['x'] }],
    });
  });
});
