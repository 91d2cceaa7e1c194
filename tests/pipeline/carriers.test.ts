/** What the fixture of carried documents gives: who told what about patients, scene by scene. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DecodedCapture, decodeFiles } from '../support/decode-capture.ts';
import { FIXTURES } from '../support/paths.ts';

const HL7 = 'accession,address,birth_date,mrn,patient_name,phone';
const CDA = 'address,admission_id,birth_date,mrn,patient_name,phone,physician_name,relative_name,ssn';
const PATIENT = 'address,alias,birth_date,email,mrn,patient_name,phone,physician_name,relative_name,ssn';

/** Protocol, format, message and kinds of every `phi` record, by scene. */
const TOLD: Readonly<Record<string, readonly (readonly (string | undefined)[])[]>> = {
  'fhir-json': [
    ['http', undefined, 'GET', 'mrn'],
    ['http', 'fhir', 'Patient', PATIENT],
    ['http', undefined, 'GET', 'mrn'],
    ['http', 'fhir', 'Bundle', PATIENT],
    ['http', 'fhir', 'Bundle', 'mrn'],
  ],
  'fhir-xml': [
    ['http', undefined, 'GET', 'mrn'],
    ['http', 'fhir', 'Patient', 'address,birth_date,mrn,patient_name,phone,ssn'],
  ],
  'fhir-export': [['http', 'fhir', 'Patient', PATIENT]],
  'hl7-http': [['http', 'hl7', 'ORU^R01', HL7]],
  'mail-cda': [['smtp', 'cda', 'ClinicalDocument 34133-9', CDA]],
  ftp: [
    ['ftp-data', 'hl7', 'ORU^R01', HL7],
    ['ftp-data', 'cda', 'ClinicalDocument 34133-9', CDA],
  ],
  smb: [
    ['smb', 'hl7', 'ORU^R01', HL7],
    ['smb', 'cda', 'ClinicalDocument 34133-9', CDA],
    ['smb', 'hl7', 'ORU^R01', HL7],
  ],
  mqtt: [],
  'mqtt-publish': [
    ['mqtt', 'hl7', 'ORU^R01', HL7],
    ['mqtt', 'hl7', 'ORU^R01', HL7],
    ['mqtt', 'fhir', 'Observation', 'mrn,patient_name,physician_name'],
    ['mqtt', 'fhir', 'Observation', 'mrn,patient_name,physician_name'],
  ],
  syslog: [['syslog', 'hl7', 'ORU^R01', HL7]],
};

const scenes = readFileSync(join(FIXTURES, 'carriers.scenes.tsv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map(line => line.split('\t'))
  .map(([name = '', first, last]) => ({ name, first: Number(first), last: Number(last) }));

let decoded: DecodedCapture;
beforeAll(async () => {
  decoded = await decodeFiles([join(FIXTURES, 'carriers.pcap')]);
});

describe('carried documents', () => {
  it('have their scenes', () => {
    expect(scenes.map(scene => scene.name)).toEqual(Object.keys(TOLD));
  });

  it.each(scenes)('$name', ({ name, first, last }) => {
    const told = decoded
      .rows('phi')
      .filter(row => Number(row['frame']) >= first && Number(row['frame']) <= last)
      .map(row => [
        row['protocol'],
        row['payload'],
        row['carrier'],
        [...(row['kinds'] as string[])].sort().join(','),
      ]);
    expect(told).toEqual(TOLD[name]);
  });

  it('name the same patient alike, whatever carried them', () => {
    const tokens = (kind: string, ...payloads: string[]) =>
      decoded
        .rows('phi')
        .filter(row => payloads.includes(String(row['payload'])))
        .map(row => (row['values'] as string[]).filter(token => String(token).startsWith(`${kind}:`)).join());
    // Five HL7 carriers and one message; three CDA carriers and one document.
    expect(new Set(tokens('patient_name', 'hl7')).size).toBe(1);
    expect(new Set(tokens('patient_name', 'cda')).size).toBe(1);
    // The social security number is one in FHIR and CDA; the address of HL7 is that of CDA.
    const ssn = new Set(tokens('ssn', 'fhir', 'cda').filter(token => token !== ''));
    expect(ssn.size).toBe(1);
  });

  it('come from who made them: file servers and brokers only pass them on', () => {
    const applications = decoded.rows('device').filter(row => row['attribute'] === 'hl7_application');
    const own = applications.filter(row => row['behind'] !== true).map(row => [row['host'], row['value']]);
    expect(own).toEqual([
      ['10.60.30.51', 'ANALYZER31'],
      ['10.60.10.26', 'ENGINE'],
    ]);
    expect(applications.length).toBeGreaterThan(3);
  });

  it('leave nothing odd behind', () => {
    expect(decoded.rows('weird')).toEqual([]);
    expect(decoded.coverage.limits).toEqual({});
  });
});
