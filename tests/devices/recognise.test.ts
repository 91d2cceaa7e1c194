import { describe, expect, it } from 'vitest';
import { emptyInventory } from '../../src/devices/default-inventory.ts';
import { buildDirectory } from '../../src/devices/directory.ts';
import type { RecordOf } from '../../src/model/schema.ts';
import { conn } from '../../src/model/streams.ts';
import {
  at,
  batchesOf,
  CLOUD,
  CT,
  claim,
  dimse,
  ENGINE,
  enriched,
  evidenceOf,
  flow,
  type hl7,
  PACS,
  readerOf,
  VIEWER,
} from './make.ts';

describe('a run without an inventory', () => {
  it('says nothing about who is known', () => {
    const row = enriched(flow(0, CT, PACS), { conn: [flow(0, CT, PACS)] });
    expect(row).toMatchObject({ orig_scope: 'internal', orig_mac: CT[1], orig_vendor: 'GE Healthcare' });
    for (const field of ['orig_known', 'orig_device', 'orig_type', 'orig_medical', 'orig_zone']) {
      expect(row).not.toHaveProperty(field);
    }
  });

  it('recognises hosts by what they do in DICOM, also in their earlier records', () => {
    const records = {
      conn: [flow(0, CT, PACS), flow(90, VIEWER, PACS)],
      dicom: [
        {
          ...dimse(100, CT, PACS, { calling_ae: 'CT01', called_ae: 'PACS01', result: 'accepted' }),
          event: 'associate',
        },
        dimse(101, CT, PACS, { command: 'C-STORE-RQ', modality: 'CT', station_name: 'ROOM1' }),
        dimse(102, VIEWER, PACS, { command: 'C-FIND-RQ', sop_class: 'Study Root' }),
        dimse(103, PACS, VIEWER, { command: 'C-STORE-RQ', modality: 'CT', move_originator_ae: 'VIEWER' }),
      ],
    };
    const directory = buildDirectory(emptyInventory(), readerOf(records));
    const [batch] = batchesOf(conn, [flow(0, CT, PACS), flow(1, VIEWER, PACS)]);
    const rows = directory.enrich(batch!);
    expect(rows.row(0)).toMatchObject({
      orig_type: 'ct',
      orig_medical: true,
      orig_criticality: 'diagnostic',
      resp_type: 'pacs',
    });
    expect(rows.row(1)).toMatchObject({ orig_type: 'dicom-workstation' });
    const [ct, pacs, viewer] = directory.devices();
    expect([ct?.name, pacs?.name, viewer?.name]).toEqual([CT[0], PACS[0], VIEWER[0]]);
    expect(evidenceOf(ct)).toEqual(
      expect.arrayContaining(['name CT01', 'name ROOM1', 'type ct', 'vendor GE Healthcare']),
    );
    expect(evidenceOf(pacs)).toEqual(expect.arrayContaining(['name PACS01', 'type pacs']));
  });

  it('does not take who refuses for an archive, nor a title that was refused for a name', () => {
    const records = {
      conn: [flow(0, CT, PACS)],
      dicom: [
        dimse(1, CT, PACS, { command: 'C-STORE-RQ', status_category: 'failure' }),
        {
          ...dimse(2, CT, PACS, { calling_ae: 'CT01', called_ae: 'GUESS', result: 'rejected-permanent' }),
          event: 'associate',
        },
      ],
    };
    const pacs = buildDirectory(emptyInventory(), readerOf(records))
      .devices()
      .find(({ name }) => name === PACS[0]);
    expect(pacs?.type).toBeUndefined();
    expect(evidenceOf(pacs)).not.toContain('name GUESS');
  });

  it('credits roles to who asked when the responder of the flow did', () => {
    const records = {
      conn: [flow(0, PACS, CT)],
      dicom: [dimse(1, PACS, CT, { command: 'C-STORE-RQ', modality: 'CT', is_orig: false })],
    };
    const types = buildDirectory(emptyInventory(), readerOf(records))
      .devices()
      .map(({ name, type }) => [name, type]);
    expect(types).toEqual([
      [CT[0], 'ct'],
      [PACS[0], 'pacs'],
    ]);
  });

  it('recognises hosts by what they do in HL7', () => {
    const message = (time: number, more: RecordOf<typeof hl7>): RecordOf<typeof hl7> => ({
      ts: at(time),
      'id.orig_h': CT[0],
      'id.resp_h': ENGINE[0],
      is_orig: true,
      ...more,
    });
    const records = {
      conn: [flow(0, CT, ENGINE)],
      hl7: [
        message(1, { message_type: 'ORU', sending_app: 'MONGW' }),
        message(2, { message_type: 'ACK', is_orig: false, ack_code: 'AA', sending_app: 'ENGINE' }),
      ],
    };
    const devices = buildDirectory(emptyInventory(), readerOf(records)).devices();
    const engine = devices.find(({ name }) => name === ENGINE[0]);
    expect(engine).toMatchObject({ type: 'interface-engine', medical: false });
    expect(evidenceOf(engine)).toEqual(expect.arrayContaining(['role hl7 receives ORU', 'name ENGINE']));
    expect(evidenceOf(devices.find(({ name }) => name === CT[0]))).toEqual(
      expect.arrayContaining(['role hl7 sends ORU', 'name MONGW']),
    );
  });

  it('takes weak evidence for none', () => {
    const admission = {
      ts: at(1),
      'id.orig_h': CT[0],
      'id.resp_h': ENGINE[0],
      is_orig: true,
      message_type: 'ADT',
    };
    const directory = buildDirectory(
      emptyInventory(),
      readerOf({ conn: [flow(0, CT, ENGINE)], hl7: [admission] }),
    );
    const sender = directory.devices().find(({ name }) => name === CT[0]);
    expect(evidenceOf(sender)).toContain('type ehr');
    expect(sender?.type).toBeUndefined();
  });

  it('credits what was seen to who the address was then', () => {
    const records = {
      conn: [flow(10, CT, PACS), flow(20, [CT[0], '00:0a:0a:00:00:66'], PACS)],
      dicom: [dimse(12, CT, PACS, { command: 'C-STORE-RQ', modality: 'CT' })],
    };
    const directory = buildDirectory(emptyInventory(), readerOf(records));
    const [batch] = batchesOf(conn, [flow(5, CT, PACS), flow(25, CT, PACS)]);
    const rows = directory.enrich(batch!);
    expect([rows.value(0, 'orig_type'), rows.value(1, 'orig_type')]).toEqual(['ct', undefined]);
    expect(directory.devices().map(({ name }) => name)).toEqual([
      `${CT[0]} (${CT[1]})`,
      PACS[0],
      `${CT[0]} (00:0a:0a:00:00:66)`,
    ]);
  });

  it('takes a MAC prefix for a hint, not for a type', () => {
    const pump = flow(0, ['10.20.30.17', '00:03:b1:00:00:07'], PACS);
    const row = enriched(pump, { conn: [pump] });
    expect(row).toMatchObject({ orig_vendor: 'ICU Medical' });
    expect(row).not.toHaveProperty('orig_type');
    expect(row).not.toHaveProperty('orig_medical');
    const device = buildDirectory(emptyInventory(), readerOf({ conn: [pump] }))
      .devices()
      .find(({ ips }) => ips[0] === '10.20.30.17');
    expect(device).toMatchObject({ type: undefined, medical: false, criticality: 'none', known: false });
    expect(device?.evidence).toContainEqual({
      attribute: 'category',
      value: 'infusion',
      source: 'oui',
      confidence: 0.3,
    });
  });

  it('recognises a router by what it carried', () => {
    const router = '02:00:00:00:00:fe';
    const records = {
      arp: [claim(0, '10.20.30.1', router)],
      conn: [flow(1, [CLOUD, router], CT), flow(2, [ENGINE[0], router], CT)],
    };
    const devices = buildDirectory(emptyInventory(), readerOf(records)).devices();
    expect(devices.map(({ name, type, macs }) => [name, type, macs])).toEqual([
      ['10.20.10.25', undefined, []],
      ['10.20.30.1', 'gateway', [router]],
      [CT[0], undefined, [CT[1]]],
    ]);
  });
});
