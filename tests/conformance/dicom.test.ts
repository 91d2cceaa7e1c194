/**
 * DICOM of dcmtk and Orthanc against the fields that tshark shows, and the patient's data against the text that was made
 * into the objects sent. The captures of others in `../shared` hold no DICOM.
 *
 * tshark differs, and why:
 * - It adds "(Retired)" and ": Default Transfer Syntax for …" to names; names here leave that out.
 * - In contexts with a compressed or deflated transfer syntax it does not decode responses ("Command").
 * - It shows only statuses that end an operation; pending ones have none.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/schema.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { FIXTURES } from '../support/paths.ts';

type Row = Readonly<Record<string, Value>>;

const present = spawnSync('tshark', ['--version']).status === 0 || process.env['MEDTAP_REQUIRE'] === '1';
const PORTS = [104, 4242, 11112];

/** Cells of packets; several values of a field stand with semicolons. */
function tshark(capture: string, filter: string, ...fields: string[]): string[][] {
  const { stdout } = spawnSync(
    'tshark',
    [
      ...['-r', join(FIXTURES, capture), '-Y', filter, '-T', 'fields', '-E', 'aggregator=;'],
      ...PORTS.flatMap(port => ['-d', `tcp.port==${port},dicom`]),
      ...fields.flatMap(name => ['-e', name]),
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split('\t'));
}

const list = (cell: string | undefined): string[] =>
  cell === undefined || cell === '' ? [] : cell.split(';');
/** `CT Image Storage (1.2.840…)` without its UID and what we leave out of names. */
const named = (text: string): string =>
  text.replace(/ \([\d.]+\)$/, '').replace(/ \(Retired\)$|: Default Transfer Syntax for .*$/, '');
const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();
/** A flow by its two ports, in either direction. */
const flowOf = (a: unknown, b: unknown): string => [Number(a), Number(b)].sort((x, y) => x - y).join(' ');

const RESULTS = ['acceptance', 'user-rejection', 'no-reason', 'abstract-syntax-not-supported'];
RESULTS.push('transfer-syntaxes-not-supported');
const STATUS: Readonly<Record<string, string>> = {
  Success: 'success',
  'Refused: Move Destination unknown': 'move destination unknown',
};

interface Side {
  readonly called: string;
  readonly calling: string;
  readonly maxPdu: number;
  readonly implementation: string;
  readonly version: string;
  readonly application: string;
  readonly contexts: readonly string[];
  readonly results: readonly string[];
  readonly abstract: readonly string[];
  readonly transfer: readonly string[];
}

/** What tshark shows of associations asked for (type 1) or accepted (type 2), by flow. */
function associations(capture: string, type: 1 | 2): Map<string, Side> {
  const rows = tshark(
    capture,
    `dicom.pdu.type == ${type}`,
    ...['tcp.srcport', 'tcp.dstport', 'dicom.assoc.ae.called', 'dicom.assoc.ae.calling', 'dicom.max_pdu_len'],
    ...['dicom.userinfo.uid', 'dicom.userinfo.version', 'dicom.actx', 'dicom.pctx.id', 'dicom.pctx.result'],
    ...['dicom.pctx.abss.syntax', 'dicom.pctx.xfer.syntax'],
  );
  return new Map(
    rows.map(([source, target, called, calling, max, uid, version, application, ...rest]) => [
      flowOf(source, target),
      {
        called: called!.trim(),
        calling: calling!.trim(),
        maxPdu: Number(max),
        implementation: uid!,
        version: version!,
        application: /\(([\d.]+)\)$/.exec(application!)![1]!,
        contexts: list(rest[0]).map(id => String(Number(id))),
        results: list(rest[1]).map(result => RESULTS[Number(result)]!),
        abstract: list(rest[2]).map(named),
        transfer: list(rest[3]).map(named),
      },
    ]),
  );
}

describe.skipIf(!present).each(['imaging.pcap', 'ward.pcap'])(
  `DICOM of %s against tshark${present ? '' : ' (skipped: tshark missing)'}`,
  capture => {
    let rows: readonly Row[] = [];
    const of = (event: string): Row[] => rows.filter(row => row['event'] === event);
    const key = (row: Row): string => flowOf(row['id.orig_p'], row['id.resp_p']);

    beforeAll(async () => {
      rows = (await decodeFiles([join(FIXTURES, capture)])).rows('dicom');
    });

    it('associations: titles, application context, contexts with names and results, software of both sides', () => {
      const asked = associations(capture, 1);
      const accepted = associations(capture, 2);
      const ours = [...of('associate'), ...of('reject')];
      expect(ours.length).toBeGreaterThan(4);
      expect(ours.map(key).sort()).toEqual([...asked.keys()].sort());
      for (const row of ours) {
        const request = asked.get(key(row))!;
        expect(row).toMatchObject({
          called_ae: request.called,
          calling_ae: request.calling,
          application_context: request.application,
          max_pdu: request.maxPdu,
          implementation_class_uid: request.implementation,
          implementation_version: request.version,
          contexts: request.contexts.length,
          abstract_syntaxes: distinct(request.abstract),
          proposed_transfer_syntaxes: distinct(request.transfer),
        });
        const answer = accepted.get(key(row));
        expect(row['result'] === 'accepted').toBe(answer !== undefined);
        if (answer === undefined) continue;
        expect(row).toMatchObject({
          acceptor_max_pdu: answer.maxPdu,
          acceptor_implementation_class_uid: answer.implementation,
          acceptor_implementation_version: answer.version,
          contexts_accepted: answer.results.filter(result => result === 'acceptance').length,
          context_results: distinct(answer.results),
        });
        // tshark lists the transfer syntaxes of all answers that have one.
        expect(answer.transfer).toEqual(expect.arrayContaining([...(row['transfer_syntaxes'] as string[])]));
        const lines = (row['presentation_contexts'] as string[]).map(line => line.split(':', 1)[0]);
        expect(lines).toEqual(request.contexts.map((id, i) => `${id} ${request.abstract[i]}`));
      }
    });

    it('rejections and aborts with source and reason', () => {
      const theirs = tshark(
        capture,
        'dicom.pdu.type == 3',
        ...['tcp.srcport', 'tcp.dstport', 'dicom.assoc.reject.result', 'dicom.assoc.reject.source'],
        'dicom.assoc.reject.reason',
      );
      // dcmtk and nmap make the same kind of rejection: permanent, by the user, called title unknown.
      expect(theirs.every(([, , ...codes]) => codes.join() === '1,1,7')).toBe(true);
      expect(of('reject').map(row => [key(row), row['result'], row['source'], row['reason']])).toEqual(
        theirs.map(([a, b]) => [
          flowOf(a, b),
          'rejected-permanent',
          'service-user',
          'called-AE-title-not-recognized',
        ]),
      );
      const aborts = tshark(capture, 'dicom.pdu.type == 7', 'tcp.srcport', 'tcp.dstport');
      expect(of('abort').map(key)).toEqual(aborts.map(([a, b]) => flowOf(a, b)));
      const releases = tshark(capture, 'dicom.pdu.type == 5', 'tcp.srcport', 'tcp.dstport');
      expect(of('release').map(key)).toEqual(releases.map(([a, b]) => flowOf(a, b)));
    });

    it('requests of every service, and how they ended', () => {
      const requests: string[] = [];
      const ends: string[] = [];
      for (const [source, target, info] of tshark(
        capture,
        'dicom.pdu.type == 4',
        ...['tcp.srcport', 'tcp.dstport', '_ws.col.Info'],
      )) {
        const flow = flowOf(source, target);
        for (const [, name] of info!.matchAll(/\b([CN]-[A-Z-]*?-RQ)(?!-DATA)/g))
          requests.push(`${flow} ${name}`);
        for (const [, name, status] of info!.matchAll(/\b([CN]-[A-Z-]*?)-RSP[^(,]*\(([^)]*)\)/g))
          ends.push(`${flow} ${name}-RQ ${STATUS[status!] ?? status}`);
      }
      const operations = of('dimse');
      expect(operations.map(row => `${key(row)} ${row['command']}`).sort()).toEqual(requests.sort());
      const ended = operations.map(row => `${key(row)} ${row['command']} ${row['status_text']}`);
      expect(ended).toEqual(expect.arrayContaining(ends));
      const compressed = of('associate').filter(row =>
        (row['transfer_syntaxes'] as string[]).some(name => /JPEG|RLE|Deflated/.test(name)),
      );
      const unseen = operations.filter(
        row => row['command'] === 'C-CANCEL-RQ' || compressed.some(other => key(other) === key(row)),
      );
      expect(ended.length - ends.length).toBeLessThanOrEqual(unseen.length);
    });

    it('bytes of data sets, by the lengths of their fragments', () => {
      const theirs = new Map<string, number>();
      for (const [source, target, lengths, flags] of tshark(
        capture,
        'dicom.pdv.len',
        ...['tcp.srcport', 'tcp.dstport', 'dicom.pdv.len', 'dicom.pdv.flags'],
      )) {
        const controls = list(flags).map(Number);
        for (const [i, length] of list(lengths).map(Number).entries()) {
          if ((controls[i]! & 1) !== 0) continue;
          const flow = flowOf(source, target);
          theirs.set(flow, (theirs.get(flow) ?? 0) + length - 2);
        }
      }
      const ours = new Map<string, number>();
      for (const row of of('dimse')) {
        const bytes = Number(row['dataset_bytes'] ?? 0) + Number(row['response_bytes'] ?? 0);
        if (bytes > 0) ours.set(key(row), (ours.get(key(row)) ?? 0) + bytes);
      }
      expect(ours.size).toBeGreaterThan(3);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
      // Instances by SOP class hold the same bytes.
      const stored = of('stored').reduce((sum, row) => sum + Number(row['dataset_bytes']), 0);
      const sent = of('dimse').filter(row => row['command'] === 'C-STORE-RQ');
      expect(stored).toBe(sent.reduce((sum, row) => sum + Number(row['dataset_bytes']), 0));
    });
  },
);

describe.skipIf(!present)('DICOMweb of imaging.pcap against tshark', () => {
  it('requests and statuses', async () => {
    const requests = tshark(
      'imaging.pcap',
      'http.request.uri matches "^/(dicom-web|wado)"',
      ...['http.request.method', 'tcp.srcport'],
    );
    const answers = new Map(
      tshark('imaging.pcap', 'http.response', 'tcp.dstport', 'http.response.code').map(([port, code]) => [
        port,
        code,
      ]),
    );
    const rows = (await decodeFiles([join(FIXTURES, 'imaging.pcap')])).rows('dicomweb');
    const ours = rows.filter(row => row['base'] !== '');
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.map(row => [row['method'], String(row['id.orig_p']), String(row['status_code'])])).toEqual(
      requests.map(([method, port]) => [method, port, answers.get(port)]),
    );
  });
});

describe('objects of imaging.pcap against the text they were made from', () => {
  const dump = readFileSync(join(FIXTURES, 'record/dicom/ct-slice.dump'), 'utf8');
  const value = (tag: string): string => new RegExp(`^\\(${tag}\\) \\w+ \\[(.*)\\]`, 'm').exec(dump)![1]!;
  const made = {
    modality: value('0008,0060'),
    manufacturer: value('0008,0070'),
    model: value('0008,1090'),
    station_name: value('0008,1010'),
    station_ae: value('0008,0055'),
    device_serial: value('0018,1000'),
    software_versions: value('0018,1020'),
    private_elements: dump.match(/^\(0009,/gm)!.length,
    phi_kinds: [
      ...['accession', 'birth_date', 'mrn', 'operator_name', 'patient_name', 'phone', 'physician_name'],
      ...['private', 'study_id'],
    ],
  };
  const SYNTAXES = [
    'Deflated Explicit VR Little Endian',
    'Explicit VR Big Endian',
    'Explicit VR Little Endian',
    'Implicit VR Little Endian',
    'JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])',
    'RLE Lossless',
  ];

  it('equipment, private elements and kinds of identifiers are the same in every transfer syntax', async () => {
    const decoded = await decodeFiles([join(FIXTURES, 'imaging.pcap')]);
    const rows = decoded.rows('dicom');
    const stores = rows.filter(row => row['command'] === 'C-STORE-RQ');
    expect(stores.length).toBeGreaterThan(10);
    for (const row of stores) expect(row).toMatchObject(made);
    const syntaxes = rows.flatMap(row => (row['transfer_syntaxes'] as string[] | undefined) ?? []);
    expect(distinct(syntaxes)).toEqual(SYNTAXES);
    // One patient and one name, however they were written.
    const tokens = decoded.rows('phi').filter(row => row['carrier'] === 'C-STORE-RQ');
    expect(tokens).toHaveLength(stores.length);
    for (const row of tokens) expect(row['values']).toEqual(tokens[0]!['values']);
    expect(decoded.rows('weird')).toEqual([]);
  });

  it('files are the same by HTTP, DICOMweb, FTP and TFTP', async () => {
    const decoded = await decodeFiles([join(FIXTURES, 'imaging.pcap')]);
    const rows = decoded.rows('dicom_file');
    for (const row of rows) expect(row).toMatchObject(made);
    expect(distinct(rows.map(row => String(row['source'])))).toEqual(['FTP_DATA', 'HTTP', 'TFTP']);
    expect(rows.filter(row => row['preamble'] === 'executable').map(row => row['source'])).toEqual([
      'HTTP',
      'FTP_DATA',
    ]);
  });
});
