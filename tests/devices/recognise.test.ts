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
  said,
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
      device: [
        said(100, CT[0], 'ae_title', 'CT01'),
        said(101, CT[0], 'vendor', 'GE MEDICAL SYSTEMS', { source: 'dicom' }),
        said(101, CT[0], 'model', 'SCAN 5', { source: 'dicom' }),
        said(103, PACS[0], 'model', 'SCAN 5', { source: 'dicom' }),
        said(103, PACS[0], 'ae_title', 'PACS01'),
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
      expect.arrayContaining(['ae_title CT01', 'type ct', 'vendor GE Healthcare']),
    );
    expect(evidenceOf(pacs)).toEqual(expect.arrayContaining(['ae_title PACS01', 'type pacs']));
    // An archive passes on what others made.
    expect([ct?.model, pacs?.model]).toEqual(['SCAN 5', undefined]);
  });

  it('does not take who refuses for an archive', () => {
    const records = {
      conn: [flow(0, CT, PACS)],
      dicom: [dimse(1, CT, PACS, { command: 'C-STORE-RQ', status_category: 'failure' })],
    };
    const pacs = buildDirectory(emptyInventory(), readerOf(records))
      .devices()
      .find(({ name }) => name === PACS[0]);
    expect(pacs?.type).toBeUndefined();
  });

  it('credits roles to who asked when the responder of the flow did', () => {
    const records = {
      conn: [flow(0, PACS, CT)],
      dicom: [dimse(1, PACS, CT, { command: 'C-STORE-RQ', modality: 'CT', is_orig: false })],
    };
    const types = buildDirectory(emptyInventory(), readerOf(records))
      .devices()
      .map(({ name, type, hints }) => [name, type, hints.map(hint => hint.type)]);
    expect(types).toEqual([
      [CT[0], 'ct', []],
      [PACS[0], undefined, ['pacs', 'dicom-workstation', 'imaging']],
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
    expect(evidenceOf(engine)).toEqual(
      expect.arrayContaining(['role hl7 receives ORU', 'type interface-engine']),
    );
    expect(evidenceOf(devices.find(({ name }) => name === CT[0]))).toEqual(
      expect.arrayContaining(['role hl7 sends ORU']),
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
      `${CT[0]} (00:0a:0a:00:00:66)`,
      PACS[0],
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

  it('credits what was said to the owner of the MAC address it came with, else to who had the address then', () => {
    const late = [CT[0], '00:0a:0a:00:00:66'] as const;
    const records = {
      conn: [flow(10, CT, PACS), flow(20, late, PACS)],
      device: [
        // A lease asked for before the address was taken over.
        said(15, CT[0], 'serial', 'LATE', { mac: late[1] }),
        said(12, CT[0], 'serial', 'EARLY', { mac: '02:00:00:00:00:fe' }),
        said(12, undefined, 'serial', 'BY CARD', { mac: late[1] }),
      ],
    };
    const devices = buildDirectory(emptyInventory(), readerOf(records)).devices();
    const [early, later] = [CT[1], late[1]].map(mac => devices.find(({ macs }) => macs.includes(mac)));
    expect(evidenceOf(early)).toContain('serial EARLY');
    expect(evidenceOf(later)).toEqual(expect.arrayContaining(['serial LATE', 'serial BY CARD']));
    expect(evidenceOf(early)).toHaveLength(3);
  });

  it('knows a device whose number a gateway reports by its card', () => {
    const monitor = ['10.20.30.11', '00:09:fb:00:00:11'] as const;
    const gateway = ['10.20.30.20', '00:0a:0a:00:00:20'] as const;
    const report = said(2, gateway[0], 'system_id', '0009FBFFFE000011', { behind: true, mac: gateway[1] });
    const records = { conn: [flow(0, monitor, PACS), flow(1, gateway, PACS)], device: [report] };
    const devices = buildDirectory(emptyInventory(), readerOf(records)).devices();
    const found = devices.find(({ ips }) => ips[0] === monitor[0]);
    expect(found).toMatchObject({ type: 'patient-monitor', medical: true });
    expect(evidenceOf(found)).toContain('role source of observations');
    expect(devices.find(({ ips }) => ips[0] === gateway[0])?.type).toBeUndefined();
    // The monitor may report of itself: then it is no gateway.
    const own = { ...report, host: monitor[0], mac: monitor[1] };
    const self = buildDirectory(emptyInventory(), readerOf({ ...records, device: [own] })).devices()[0];
    expect(self).toMatchObject({ type: 'patient-monitor', ips: [monitor[0]] });
    expect(self?.evidence.some(({ behind }) => behind)).toBe(false);
  });

  it('knows who answers a protocol of one purpose, unless it never answered', () => {
    const printer = ['10.20.30.60', '00:0a:0a:00:00:60'] as const;
    const records = (sent: number) => ({
      conn: [
        flow(0, printer, PACS),
        flow(1, CT, printer, { service: 'ipp,http', 'id.resp_p': 631, resp_pkts: sent, frame: 9 }),
      ],
    });
    const found = (sent: number) =>
      buildDirectory(emptyInventory(), readerOf(records(sent)))
        .devices()
        .find(({ ips }) => ips[0] === printer[0]);
    expect(found(3)).toMatchObject({ type: 'printer', confidence: 0.7, medical: false });
    expect(found(3)?.evidence).toContainEqual({
      attribute: 'role',
      value: 'answers ipp',
      source: 'conn',
      confidence: 0.9,
      frame: 9,
      capture: undefined,
    });
    expect(found(0)?.type).toBeUndefined();
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
