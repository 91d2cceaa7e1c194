import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { mqtt } from '../../../../src/protocols/management/mqtt.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../../support/decoder-laws.ts';
import { bytesOf, type Played, play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import { concat } from '../../../support/frames.ts';

const PATIENT = {
  resourceType: 'Patient',
  id: 'canary-id-1',
  text: { status: 'generated', div: '<div>NARRATIVE</div>' },
  identifier: [
    { type: { coding: [{ system: 'v2-0203', code: 'MR' }] }, system: 'urn:ward', value: 'CANARYMRN77' },
    { system: 'http://hl7.org/fhir/sid/us-ssn', value: '999-47-0823' },
    { type: { coding: [{ code: 'DL' }], text: 'licence' }, value: 'CANARYLICENCE' },
  ],
  name: [
    { use: 'official', family: 'CANARY', given: ['PATIENT', 'Q', 'THIRD'] },
    { use: 'maiden', family: 'CANARYBORN' },
  ],
  telecom: [
    { system: 'phone', value: '555-1000' },
    { system: 'email', value: 'mail@canary.example' },
    { system: 'url', value: 'http://x.example' },
  ],
  gender: 'female',
  birthDate: '1947-08-23',
  deceasedDateTime: '2024-01-02T03:04:05Z',
  address: [{ line: ['1 CANARYSTREET'], city: 'TOWN', state: 'ST', postalCode: '12345', country: 'X' }],
  contact: [
    { name: { family: 'CANARYKIN', given: ['MARY'] }, telecom: [{ system: 'fax', value: '555-2000' }] },
  ],
  photo: [{ contentType: 'image/jpeg', data: 'x'.repeat(1000) }],
  generalPractitioner: [{ reference: 'Practitioner/p1', display: 'Dr CANARYDOC' }],
};
const KINDS = {
  mrn: ['CANARYMRN77', 'canary-id-1'],
  ssn: ['999-47-0823'],
  licence: ['CANARYLICENCE'],
  patient_name: ['CANARY^PATIENT^Q'],
  alias: ['CANARYBORN'],
  phone: ['555-1000'],
  email: ['mail@canary.example'],
  birth_date: ['19470823'],
  death_date: ['20240102'],
  address: ['1 CANARYSTREET^^TOWN^ST^12345'],
  relative_name: ['CANARYKIN^MARY'],
  fax: ['555-2000'],
  photo: ['photo'],
  physician_name: ['Dr CANARYDOC'],
};
const OBSERVATION = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ code: '8867-4' }] },
  subject: {
    reference: 'Patient/canary-id-2',
    display: 'CANARYSUBJECT',
    identifier: { value: 'CANARYMRN78' },
  },
  performer: [{ reference: 'http://h/fhir/Practitioner/p1', display: 'Dr CANARYDOC' }],
  valueQuantity: { value: 72, unit: '/min' },
};
const CANARIES = /CANARY|canary|999-47|1947|555-|photo\b.*photo/;

/** FHIR's XML of a JSON resource, as far as these tests go (R4 section 2.6.1). */
function xmlOf(resource: Record<string, unknown>): string {
  const text = (value: unknown): string =>
    String(value).replace(/[&<"]/g, character => `&#${character.charCodeAt(0)};`);
  const element = (name: string, value: unknown): string => {
    if (Array.isArray(value)) return value.map(item => element(name, item)).join('');
    if (name === 'div') return String(value).replace('<div>', '<div xmlns="http://www.w3.org/1999/xhtml">');
    if (typeof value !== 'object' || value === null) return `<${name} value="${text(value)}"/>`;
    const inner = value as Record<string, unknown>;
    const { resourceType } = inner;
    const content =
      resourceType === undefined ? members(inner) : `<${resourceType}>${members(inner)}</${resourceType}>`;
    return `<${name}>${content}</${name}>`;
  };
  const members = (object: Record<string, unknown>): string =>
    Object.entries(object)
      .filter(([name]) => name !== 'resourceType')
      .map(([name, value]) => element(name, value))
      .join('');
  const type = String(resource['resourceType']);
  return `<?xml version="1.0"?>\n<!-- it's -->\n<${type} xmlns="http://hl7.org/fhir">${members(resource)}</${type}>`;
}

const request = (line: string, body: string | Uint8Array = '', ...fields: string[]): Step => {
  const content = bytesOf(body);
  const length = content.length > 0 ? [`Content-Length: ${content.length}`] : [];
  return [
    ORIG,
    concat(bytesOf(`${line} HTTP/1.1\r\nHost: h\r\n${[...fields, ...length, '', ''].join('\r\n')}`), content),
  ];
};
const response = (body: string | Uint8Array, ...fields: string[]): Step => {
  const content = bytesOf(body);
  const head = ['HTTP/1.1 200 OK', ...fields, `Content-Length: ${content.length}`, '', ''].join('\r\n');
  return [RESP, concat(bytesOf(head), content)];
};
const json = (value: unknown): string => JSON.stringify(value);

const only = (played: Played) => {
  const records = recordsOf(played, 'fhir');
  expect(records).toHaveLength(1);
  return records[0]!;
};
const itemsOf = (played: Played) =>
  Object.fromEntries(
    played.phi
      .filter(seen => seen.payload === 'fhir')
      .flatMap(seen => seen.items.map(({ kind, values }) => [kind, [...values].sort()])),
  );

const READ = request(
  'GET /fhir/Patient/canary-id-1',
  '',
  'Accept: application/fhir+json',
  'Authorization: Bearer abcdef',
);
const bundle = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: resources.length,
  entry: resources.map(resource => ({ fullUrl: 'urn:x', resource })),
});

describe('fhir over HTTP', () => {
  it('records an interaction with its request, its answer and what identifies the patient', () => {
    const played = play(http, [
      READ,
      response(json(PATIENT), 'Content-Type: application/fhir+json; fhirVersion=4.0'),
    ]);
    expect(only(played)).toMatchObject({
      source: 'HTTP',
      trans_depth: 1,
      method: 'GET',
      interaction: 'read',
      base: '/fhir',
      resource_type: 'Patient',
      authorization: 'bearer',
      status_code: 200,
      format: 'json',
      fhir_version: '4.0',
      response_types: ['Patient'],
      resources: 1,
      bulk: false,
      pid_kinds: Object.keys(KINDS).sort(),
    });
    expect(only(played)['resource_id']).toMatchObject({ kind: 'mrn' });
    expect(itemsOf(played)).toEqual(KINDS);
    expect(played.logins).toMatchObject([{ secretKind: 'bearer' }]);
    expect(shownText(played)).not.toMatch(CANARIES);
  });

  it('reads XML alike, and what was compressed', () => {
    const whole = itemsOf(play(http, [READ, response(json(PATIENT))]));
    const xml = play(http, [READ, response(xmlOf(PATIENT), 'Content-Type: application/fhir+xml')]);
    expect(itemsOf(xml)).toEqual(whole);
    expect(only(xml)).toMatchObject({ format: 'xml', response_types: ['Patient'], resources: 1 });
    const zipped = play(http, [READ, response(gzipSync(json(PATIENT)), 'Content-Encoding: gzip')]);
    expect(itemsOf(zipped)).toEqual(whole);
    const wide = concat([0xff, 0xfe], Buffer.from(xmlOf(PATIENT), 'utf16le'));
    expect(itemsOf(play(http, [READ, response(wide)]))).toEqual(whole);
  });

  it('reads a resource whose type stands last', () => {
    const { resourceType, ...rest } = PATIENT;
    const played = play(http, [
      READ,
      response(json({ ...rest, resourceType }), 'Content-Type: application/fhir+json'),
    ]);
    expect(itemsOf(played)).toEqual(KINDS);
  });

  it.each([
    ['json', json(bundle(PATIENT, OBSERVATION))],
    ['xml', xmlOf(bundle(PATIENT, OBSERVATION))],
  ])('counts the resources of a bundle in %s, and finds references to patients', (format, body) => {
    const played = play(http, [
      request('GET /r4/Observation?patient=canary-id-2&_count=1000'),
      response(body),
    ]);
    expect(only(played)).toMatchObject({
      interaction: 'search-type',
      resource_type: 'Observation',
      search_params: ['patient', '_count'],
      page_size: 1000,
      format,
      bundle_type: 'searchset',
      total: 2,
      response_types: ['Bundle', 'Observation', 'Patient'],
      resources: 2,
    });
    expect(itemsOf(played)).toEqual({
      ...KINDS,
      mrn: ['CANARYMRN77', 'CANARYMRN78', 'canary-id-1', 'canary-id-2'],
      patient_name: ['CANARYSUBJECT', 'CANARY^PATIENT^Q'].sort(),
    });
    expect(shownText(played)).not.toMatch(CANARIES);
  });

  it('tells a batch from a transaction, and lists issues', () => {
    const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'security' }] };
    const played = play(http, [
      request(
        'POST /fhir',
        json({ resourceType: 'Bundle', type: 'transaction', entry: [{ resource: OBSERVATION }] }),
      ),
      response(json(outcome)),
    ]);
    expect(only(played)).toMatchObject({
      interaction: 'transaction',
      request_types: ['Bundle', 'Observation'],
      response_types: ['OperationOutcome'],
      issues: ['security'],
    });
  });

  it('knows an export in bulk by its request, and by its lines', () => {
    const played = play(http, [
      request(
        'GET /fhir/Group/7/$export?_type=Patient',
        '',
        'Prefer: respond-async',
        'Accept: application/fhir+json',
      ),
      [RESP, 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n'],
      request('GET /files/1'),
      response(`${json(PATIENT)}\n${json(OBSERVATION)}\n`, 'Content-Type: application/fhir+ndjson'),
    ]);
    expect(recordsOf(played, 'fhir')).toMatchObject([
      {
        operation: 'export',
        bulk: true,
        prefer: 'respond-async',
        export_types: ['Patient'],
        status_code: 202,
      },
      { bulk: true, format: 'ndjson', resources: 2, response_types: ['Observation', 'Patient'] },
    ]);
  });

  it('takes a request alone by its path, and no other', () => {
    expect(only(play(http, [request('DELETE /fhir/Patient/canary-id-1')]))).toMatchObject({
      interaction: 'delete',
    });
    expect(recordsOf(play(http, [request('GET /api/Patient/1'), response('{"a":1}')]), 'fhir')).toEqual([]);
  });

  it('hides identifiers of a search in its form, and of one that leads to the patient', () => {
    const form = 'identifier=urn%3Award%7CCANARYMRN77&name=CANARY';
    const played = play(http, [
      request('POST /fhir/Patient/_search', form, 'Content-Type: application/x-www-form-urlencoded'),
      request('GET /fhir/Observation?subject:Patient.identifier=urn:x|CANARYMRN79&code=1'),
    ]);
    expect(recordsOf(played, 'fhir')).toMatchObject([
      { search_params: ['identifier', 'name'], interaction: 'search-type' },
      { search_params: ['subject:Patient.identifier', 'code'] },
    ]);
    const values = played.phi.flatMap(seen => seen.items.flatMap(item => item.values));
    expect(values).toEqual(['CANARYMRN77', 'CANARY', 'CANARYMRN79']);
    expect(shownText(played)).not.toMatch(CANARIES);
  });

  it('takes the device of a document for one behind the sender, unless a patient carries it', () => {
    const device = {
      resourceType: 'Device',
      manufacturer: 'Acme',
      serialNumber: 'SN-1',
      deviceName: [{ name: 'Pump 3', type: 'model-name' }],
      version: [{ value: '2.1' }],
      udiCarrier: [{ deviceIdentifier: '00844588003288' }],
    };
    const played = play(http, [request('POST /fhir/Device', json(device))]);
    expect(played.identities).toMatchObject([
      { attribute: 'vendor', value: 'Acme', behind: true, source: 'fhir' },
      { attribute: 'model', value: 'Pump 3' },
      { attribute: 'serial', value: 'SN-1' },
      { attribute: 'software', value: '2.1' },
      { attribute: 'udi', value: '00844588003288' },
    ]);
    const carried = { ...device, patient: { reference: 'Patient/canary-id-1' } };
    const other = play(http, [request('POST /fhir/Device', json(carried))]);
    expect(other.identities).toEqual([]);
    expect(itemsOf(other)).toEqual({ mrn: ['canary-id-1'], device_id: ['00844588003288', 'SN-1'] });
  });

  it('keeps what came before a hole', () => {
    const step = response(json({ ...PATIENT, zzz: 'x'.repeat(500) }));
    const bytes = bytesOf(step[1 as never]);
    const played = play(http, [
      READ,
      [RESP, bytes.subarray(0, bytes.length - 300)],
      { gap: RESP, length: 300 },
    ]);
    expect(itemsOf(played)).toEqual(KINDS);
  });

  it('says when there are more identifiers than it keeps', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ resourceType: 'Patient', id: `p${i}` }));
    const played = play(http, [READ, response(json(bundle(...many)))]);
    expect(played.weirds).toContain('fhir_identifier_limit');
    expect(only(played)).toMatchObject({ resources: 5000 });
  });

  it('takes linear time', () => {
    const entry = `{"resource":${json(PATIENT)}},`;
    expectLinear(n => {
      play(http, [READ, response(`{"resourceType":"Bundle","entry":[${Buffer.from(repeated(entry, n))}`)], {
        timed: true,
      });
    }, 200_000);
    expectLinear(n => {
      play(http, [READ, response(concat(bytesOf('{"resourceType":"Bundle","a":'), repeated('{"a":[', n)))], {
        timed: true,
      });
    }, 200_000);
  });
});

describe('fhir elsewhere', () => {
  const publish = (content: string): Step[] => {
    const body = concat([0, 1, 0x61], bytesOf(content));
    const connect = concat([0x10, 16, 0, 4], bytesOf('MQTT'), [4, 2, 0, 60, 0, 4], bytesOf('pump'));
    return [[ORIG, concat(connect, [0x30, (body.length & 0x7f) | 0x80, body.length >> 7], body)]];
  };

  it('has a record of its own', () => {
    const played = play(mqtt, publish(json(OBSERVATION)));
    expect(only(played)).toMatchObject({
      source: 'MQTT',
      is_orig: true,
      resource_type: 'Observation',
      resources: 1,
      pid_kinds: ['mrn', 'patient_name', 'physician_name'],
    });
    expect(played.phi).toMatchObject([{ protocol: 'mqtt', payload: 'fhir', carrier: 'Observation' }]);
  });

  it('is nothing that only looks like it', () => {
    for (const text of [
      '{"resourceType":"Virus","id":"CANARY"}',
      '{"type":"Patient"}',
      '<a href="http://hl7.org/fhir">',
    ])
      expect(recordsOf(play(mqtt, publish(text.padEnd(200))), 'fhir')).toEqual([]);
  });

  it('finds the same whatever the order of members, and however it is cut', () => {
    const shuffled = (value: unknown, order: () => number): unknown => {
      if (Array.isArray(value)) return value.map(item => shuffled(item, order));
      if (typeof value !== 'object' || value === null) return value;
      const members = Object.entries(value).map(([name, member]) => [name, shuffled(member, order)] as const);
      return Object.fromEntries(
        members
          .map(member => [order(), member] as const)
          .sort(([a], [b]) => a - b)
          .map(([, member]) => member),
      );
    };
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 700 }), (order, segment) => {
        const next = () => order.next().value;
        const document = shuffled(bundle(PATIENT, OBSERVATION), next) as object;
        const body = json({ resourceType: 'Bundle', ...document });
        const played = play(http, [READ, response(body, 'Content-Type: application/fhir+json')], { segment });
        expect(itemsOf(played)).toEqual({
          ...KINDS,
          mrn: ['CANARYMRN77', 'CANARYMRN78', 'canary-id-1', 'canary-id-2'],
          patient_name: ['CANARYSUBJECT', 'CANARY^PATIENT^Q'].sort(),
        });
      }),
      { numRuns: 100 },
    );
  });

  it('counts resources of types that nobody knows, and does not name them', () => {
    const played = play(http, [
      READ,
      response(json(bundle({ resourceType: 'Zebedee', id: '1' }, OBSERVATION))),
    ]);
    expect(only(played)).toMatchObject({ resources: 2, response_types: ['Bundle', 'Observation'] });
  });

  it('survives any document', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (value, text) => {
        play(
          mqtt,
          publish(`{"resourceType":"Patient","name":${value},"x":${text}`.padEnd(150).slice(0, 5000)),
        );
      }),
    );
  });
});

describeDecoderLaws(http, {
  'fhir read': [
    READ,
    response(json({ resourceType: 'Patient', id: 'a', name: [{ family: 'B', given: ['C'] }] })),
  ],
  'fhir xml': [
    request('GET /fhir/Patient/a'),
    response(xmlOf({ resourceType: 'Patient', id: 'a', birthDate: '1947-08-23' })),
  ],
});
