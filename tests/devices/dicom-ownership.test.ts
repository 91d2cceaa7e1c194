/** Whose equipment images name: of the host that stores them, or of others that it forwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { buildDirectory } from '../../src/devices/directory.ts';
import type { Device, device } from '../../src/model/device.ts';
import type { RecordOf } from '../../src/model/schema.ts';
import { CT as CT_HOST, type dicom, dimse, flow, PACS, readerOf, said } from './make.ts';

/** Network cards that say nothing of imaging. */
const SENDER = ['10.20.30.70', '02:00:00:00:00:70'] as const;
const VIEWER2 = ['10.20.30.71', '02:00:00:00:00:71'] as const;

type Fields = RecordOf<typeof dicom>;

const SOMATOM: Fields = {
  modality: 'CT',
  manufacturer: 'Siemens',
  model: 'SOMATOM',
  station_name: 'STATION7',
  device_serial: 'S-778',
};
const AVANTO: Fields = {
  modality: 'MR',
  manufacturer: 'Siemens',
  model: 'Avanto',
  station_name: 'STATION8',
  device_serial: 'S-912',
};

interface Run {
  readonly title?: string;
  readonly sender?: readonly [string, string];
  readonly dicom?: readonly Fields[];
  readonly device?: readonly RecordOf<typeof device>[];
}

const ATTRIBUTES = [
  ['manufacturer', 'vendor'],
  ['model', 'model'],
  ['station_name', 'host_name'],
  ['device_serial', 'serial'],
  ['software_versions', 'software'],
] as const;

/** What is made of a host that stores objects, with the records that the decoder makes of them. */
function storing(objects: readonly Fields[], { title = 'XX1', sender = SENDER, ...more }: Run = {}): Device {
  const ofImages = objects.flatMap((object, i) =>
    ATTRIBUTES.flatMap(([field, attribute]) => {
      const value = object[field];
      return typeof value === 'string' ? [said(i, sender[0], attribute, value, { source: 'dicom' })] : [];
    }),
  );
  const records = {
    conn: [flow(0, sender, VIEWER2)],
    dicom: [
      ...objects.map((object, i) => dimse(i, sender, VIEWER2, { command: 'C-STORE-RQ', ...object })),
      ...(more.dicom ?? []),
    ],
    device: [said(0, sender[0], 'ae_title', title, { source: 'dicom' }), ...ofImages, ...(more.device ?? [])],
  };
  const found = buildDirectory(emptyInventory(), readerOf(records)).devices();
  return found.find(({ ips }) => ips.includes(sender[0]))!;
}

const own = ({ evidence }: Device, attribute: string): string[] =>
  evidence
    .filter(item => item.attribute === attribute && item.source === 'dicom' && item.behind !== true)
    .map(({ value }) => value);

const roles = (found: Device): string[] => own(found, 'role');

describe('who stores images of two pieces of equipment', () => {
  it('forwards them: none is its own', () => {
    const found = storing([SOMATOM, AVANTO], { title: 'ARCHIVE1' });
    expect([found.type, found.vendor, found.model]).toEqual(['pacs', undefined, undefined]);
    expect(roles(found)).toContain('forwards images');
    for (const attribute of ['vendor', 'model', 'serial', 'host_name'])
      expect([attribute, own(found, attribute)]).toEqual([attribute, []]);
    expect(found.evidence.filter(({ behind }) => behind).map(({ value }) => value)).toContain('Avanto');
  });

  it('is an archive by that alone only perhaps', () => {
    const found = storing([SOMATOM, AVANTO]);
    expect([found.type, found.hints]).toEqual([undefined, [{ type: 'pacs', confidence: 0.4 }]]);
  });

  it.each<[string, Fields]>([
    ['station', { station_name: 'STATION9' }],
    ['serial number', { device_serial: 'S-900' }],
    ['model', { model: 'SOMATOM go' }],
    ['maker', { manufacturer: 'Philips' }],
    ['kind of image', { modality: 'MG' }],
    ['title of the station', { station_ae: 'CT9' }],
  ])('by another %s alone', (_, other) => {
    const first = { ...SOMATOM, station_ae: 'XX1' };
    const found = storing([first, { ...first, ...other }], { title: 'CT01' });
    expect(roles(found)).toContain('forwards images');
    expect([found.type, found.model]).toEqual([undefined, undefined]);
  });

  it('and software of theirs is not its own, other than that of the association', () => {
    const software = said(0, SENDER[0], 'software', 'OFFIS_DCMTK_367', { source: 'dicom' });
    const found = storing([{ ...SOMATOM, software_versions: 'syngo CT VA40' }, AVANTO], {
      device: [software],
    });
    expect(own(found, 'software')).toEqual(['OFFIS_DCMTK_367']);
  });

  it('whatever the order of the records', () => {
    const objects = [SOMATOM, AVANTO, { ...SOMATOM, manufacturer: 'SIEMENS' }, { modality: 'SR' }];
    const summary = (found: Device) => ({
      ...found,
      evidence: found.evidence.map(({ attribute, value, confidence, behind }) =>
        [attribute, value, confidence, behind].join(' '),
      ),
    });
    const expected = summary(storing(objects));
    fc.assert(
      fc.property(fc.shuffledSubarray(objects, { minLength: objects.length }), shuffled => {
        expect(summary(storing(shuffled))).toEqual(expected);
      }),
    );
  });
});

describe('who stores images of one piece of equipment', () => {
  it('is perhaps that, when nothing else says so', () => {
    const found = storing([SOMATOM, SOMATOM]);
    expect([found.type, found.vendor, found.model]).toEqual([undefined, undefined, undefined]);
    expect(found.hints).toEqual([{ type: 'ct', confidence: 0.45 }]);
    expect(roles(found)).not.toContain('forwards images');
  });

  it.each<[string, Run]>([
    ['its title names the station', { title: 'STATION7' }],
    ['its title names the kind of images', { title: 'CT01' }],
    [
      'its network name is that of the station',
      { device: [said(0, SENDER[0], 'host_name', 'station7.example', { source: 'dhcp' })] },
    ],
    [
      'it asks for work lists',
      { dicom: [dimse(9, SENDER, VIEWER2, { command: 'C-FIND-RQ', sop_class: 'Modality Worklist' })] },
    ],
    ['its network card is of a maker of such equipment', { sender: CT_HOST }],
  ])('is that when %s', (_, run) => {
    const found = storing([SOMATOM, { ...SOMATOM, modality: 'SR' }], run);
    expect([found.type, found.vendor, found.model]).toEqual(['ct', 'Siemens Healthineers', 'SOMATOM']);
    expect(own(found, 'serial')).toEqual(['S-778']);
  });

  it('is that when they name its title as the station’s', () => {
    expect(storing([{ ...SOMATOM, station_ae: 'XX1' }]).type).toBe('ct');
  });

  it.each<[string, Run]>([
    ['is called like an archive', { title: 'ARCHIVE7' }],
    ['is called like an image archive', { title: 'RADPACS' }],
    ['answers queries', { dicom: [dimse(9, VIEWER2, SENDER, { command: 'C-FIND-RQ' })] }],
    ['takes what is stored', { dicom: [dimse(9, VIEWER2, SENDER, { command: 'C-STORE-RQ' })] }],
    [
      'runs the program of an archive',
      { device: [said(0, SENDER[0], 'software', 'dcm4chee-arc', { source: 'dicom' })] },
    ],
  ])('passes them on when it %s', (_, run) => {
    // Its title would agree.
    const found = storing([SOMATOM], { device: [said(0, SENDER[0], 'ae_title', 'STATION7')], ...run });
    expect([found.type === 'ct', found.vendor, found.model]).toEqual([false, undefined, undefined]);
    expect(own(found, 'serial')).toEqual([]);
  });
});

describe('who only takes what is stored', () => {
  const taking = (title?: string, more: Fields[] = []): Device => {
    const device = title === undefined ? [] : [said(0, VIEWER2[0], 'ae_title', title, { confidence: 0.3 })];
    const records = {
      conn: [flow(0, PACS, VIEWER2)],
      dicom: [dimse(1, PACS, VIEWER2, { command: 'C-STORE-RQ', ...SOMATOM }), ...more],
      device,
    };
    const found = buildDirectory(emptyInventory(), readerOf(records)).devices();
    return found.find(({ ips }) => ips.includes(VIEWER2[0]))!;
  };

  it('is perhaps an archive or a workstation', () => {
    const found = taking();
    expect([found.type, found.hints.map(({ type }) => type)]).toEqual([
      undefined,
      ['pacs', 'dicom-workstation'],
    ]);
  });

  it('is what its title says, or an archive when it answers queries', () => {
    expect([taking('VIEWER2').type, taking('ARCHIVE2').type]).toEqual(['dicom-workstation', 'pacs']);
    expect(taking(undefined, [dimse(2, PACS, VIEWER2, { command: 'C-FIND-RQ' })]).type).toBe('pacs');
  });

  it('is not the more an archive for answering on the port of DICOM over TLS', () => {
    const records = {
      conn: [flow(0, PACS, VIEWER2, { service: 'ssl', 'id.resp_p': 2762 })],
      dicom: [dimse(1, PACS, VIEWER2, { command: 'C-STORE-RQ' })],
    };
    const found = buildDirectory(emptyInventory(), readerOf(records)).devices();
    expect(found.find(({ ips }) => ips.includes(VIEWER2[0]))?.type).toBeUndefined();
  });
});
