import { describe, expect, it, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicomJsonPayload } from '../../../../src/protocols/clinical/dicom/json.ts';
import { http } from '../../../../src/protocols/web/http.ts';
import { repeated } from '../../../support/decoder-laws.ts';
import {
  bytesOf,
  everySplit,
  outcome,
  type Played,
  play,
  recordsOf,
  type Step,
  shownText,
} from '../../../support/fake-flow.ts';

const DATASET = {
  '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
  '00080050': { vr: 'SH' },
  '00090010': { vr: 'LO', Value: ['CANARYPRIVATE'] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'CANARY^PATIENT^^', Ideographic: '金丝雀^x' }] },
  '00100020': { Value: ['CANARYMRN77'], vr: 'LO' },
  '00101002': { vr: 'SQ', Value: [{ '00100020': { vr: 'LO', Value: ['CANARYMRN78'] } }] },
  '00201208': { vr: 'IS', Value: [42] },
};

function exchange(target: string, type: string, body: string, method = 'GET'): Step[] {
  return [
    [ORIG, `${method} ${target} HTTP/1.1\r\nHost: h\r\nAccept: ${type}\r\nContent-Length: 0\r\n\r\n`],
    [
      RESP,
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${bytesOf(body).length}\r\n\r\n${body}`,
    ],
  ];
}

const asked = (target: string, method = 'GET', type = 'application/dicom+json'): Played =>
  play(http, exchange(target, type, '[]', method));
const only = (played: Played) => {
  const records = recordsOf(played, 'dicomweb');
  expect(records).toHaveLength(1);
  return records[0]!;
};
const utf8 = (value: unknown): string => Buffer.from(JSON.stringify(value), 'utf8').toString('latin1');

const SEARCH = exchange(
  '/dicom-web/studies?PatientName=CANARY*&00100020=CANARYMRN77&StudyDate=&includefield=00081030&limit=500',
  'application/dicom+json',
  utf8([DATASET, DATASET]),
);

test('decodes a search: keys, matches, identifiers', () => {
  const played = play(http, SEARCH);
  expect(only(played)).toEqual({
    ts: { sec: 1_700_000_000, nsec: 0 },
    frame: 1,
    trans_depth: 1,
    method: 'GET',
    transaction: 'search',
    level: 'studies',
    base: '/dicom-web',
    query_keys: ['PatientID', 'PatientName', 'StudyDate'],
    wildcard_keys: ['PatientName'],
    empty_keys: ['StudyDate'],
    page_size: 500,
    status_code: 200,
    datasets: 2,
    phi_kinds: ['mrn', 'patient_name', 'private'],
  });
  const values = played.phi.find(seen => seen.carrier === 'DICOM JSON')!;
  expect(values).toMatchObject({ protocol: 'http', payload: 'dicom' });
  expect(values.items).toEqual([
    { kind: 'mrn', values: ['CANARYMRN77', 'CANARYMRN78', 'CANARYMRN77', 'CANARYMRN78'] },
    { kind: 'patient_name', values: ['CANARY^PATIENT', 'CANARY^PATIENT'] },
  ]);
  expect(shownText(played)).not.toContain('CANARY');
});

test('does not depend on how the bytes were cut', () => {
  const whole = outcome(play(http, SEARCH));
  for (const { cut, played } of everySplit(http, SEARCH))
    expect(outcome(played), `cut at ${cut}`).toEqual(whole);
});

describe('transactions', () => {
  it.each([
    ['GET', '/dicom-web/studies', 'search', 'studies'],
    ['GET', '/dicom-web/studies/1.2.3/series', 'search', 'series'],
    ['GET', '/dicom-web/instances?Modality=CT', 'search', 'instances'],
    ['GET', '/dicom-web/studies/1.2.3', 'retrieve', 'studies'],
    ['GET', '/dicom-web/studies/1.2.3/series/1.2.4/instances/1.2.5', 'retrieve', 'instances'],
    ['GET', '/dicom-web/studies/1.2.3/series/1.2.4/instances/1.2.5/frames/1,2', 'retrieve', 'frames'],
    ['GET', '/dicom-web/studies/1.2.3/metadata', 'metadata', 'studies'],
    ['GET', '/dicom-web/studies/1.2.3/series/1.2.4/rendered', 'rendered', 'series'],
    ['GET', '/dicom-web/studies/1.2.3/thumbnail', 'rendered', 'studies'],
    ['GET', '/dicom-web/studies/1.2.3/bulkdata/7', 'bulkdata', 'studies'],
    ['POST', '/dicom-web/studies', 'store', 'studies'],
    ['DELETE', '/dicom-web/studies/1.2.3', 'delete', 'studies'],
    ['POST', '/ups/workitems/1.2.3/cancelrequest', 'worklist', 'workitems'],
  ])('%s %s', (method, target, transaction, level) => {
    expect(only(asked(target, method))).toMatchObject({ transaction, level });
  });

  it('WADO-URI', () => {
    const target = '/wado?requestType=WADO&studyUID=1.2.3&seriesUID=1.2.4&objectUID=1.2.5';
    expect(only(asked(target, 'GET', 'image/jpeg'))).toMatchObject({ transaction: 'uri', base: '/wado' });
  });
});

describe('what else has such paths', () => {
  it.each(['/studies', '/api/series?page=2', '/library/studies/17/metadata', '/instances/i-0a1b'])(
    '%s is none by itself',
    target => {
      expect(recordsOf(asked(target, 'GET', 'application/json'), 'dicomweb')).toEqual([]);
    },
  );

  it.each(['/pacs/studies/1.2.840.113619.2', '/wado-rs/studies'])('%s is', target => {
    expect(only(asked(target, 'GET', 'application/json'))).toBeDefined();
  });
});

describe('data sets as JSON', () => {
  const probe = (text: string, whole = false) =>
    dicomJsonPayload.probe(bytesOf(text), { source: 'HTTP', side: RESP }, whole);

  it('are recognised by their first member', () => {
    const text = '[ {"00080005": {"vr"';
    for (let length = 1; length < text.length; length++) {
      const verdict = probe(text.slice(0, length));
      expect(verdict, text.slice(0, length)).toBe(length <= text.indexOf(': {') + 2 ? 'unsure' : 'match');
    }
    expect(probe(text.slice(0, 5), true)).toBe('no');
    for (const other of ['{"resourceType":"Patient"}', '["00080005"]', '{"00080005":1}', 'x', '[[{'])
      expect(probe(other), other).toBe('no');
  });

  it('stand alone, too, and in other carriers', () => {
    const played = play(http, exchange('/x', 'application/json', utf8(DATASET)));
    expect(recordsOf(played, 'dicomweb')).toEqual([]);
    expect(played.phi).toHaveLength(1);
  });

  it('are UTF-8, whatever character set they name', () => {
    const name = (charset: string) => {
      const body = utf8({
        '00080005': { vr: 'CS', Value: [charset] },
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'CANARYÄ^X' }] },
      });
      return play(http, exchange('/x', 'application/json', body)).phi[0]!.items[0]!.values;
    };
    expect(name('ISO_IR 100')).toEqual(['CANARYÄ^X']);
    expect(name('ISO_IR 192')).toEqual(['CANARYÄ^X']);
  });

  it('are read to their limit', () => {
    const body = `[${Buffer.from(repeated(`${utf8(DATASET)},`, 9_000_000)).toString('latin1')}{}]`;
    const played = play(http, exchange('/dicom-web/studies', 'application/dicom+json', body), {
      timed: true,
    });
    expect(played.weirds).toEqual(['dicom_json_limit']);
    expect(played.phi[0]!.items.flatMap(item => item.values).length).toBeLessThanOrEqual(256);
  });

  it('say nothing behind a hole', () => {
    const [request, response] = SEARCH as [Step, readonly [typeof RESP, string]];
    const at = response[1].indexOf('00100010');
    const played = play(http, [
      request,
      [RESP, response[1].slice(0, at)],
      { gap: RESP, length: 50 },
      [RESP, response[1].slice(at + 50)],
    ]);
    expect(played.phi.filter(seen => seen.carrier === 'DICOM JSON')).toEqual([]);
    expect(shownText(played)).not.toContain('CANARY');
  });
});
