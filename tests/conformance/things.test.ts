/** RADIUS, RDP, CoAP, BACnet, S7comm, EtherNet/IP, OPC UA and AMQP against the fields that tshark shows. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/schema.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { SHARED } from '../support/paths.ts';
import { TSHARK_MISSING, tsharkFields } from './tshark.ts';

type Row = Readonly<Record<string, Value>>;

async function rowsOf(capture: string, stream: string): Promise<readonly Row[]> {
  const decoded = await decodeFiles([join(SHARED, capture)]);
  return decoded.rows(stream);
}

/** How often each value occurs, sorted. */
function countsOf(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values.map(String).sort()) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe.skipIf(TSHARK_MISSING !== undefined)(
  `things against tshark${TSHARK_MISSING === undefined ? '' : ` (skipped: ${TSHARK_MISSING} missing)`}`,
  () => {
    it('requests and outcomes of RADIUS', async () => {
      const capture = 'auth/ak-radius.pcap';
      const codes: Readonly<Record<string, string>> = { 1: 'access', 4: 'accounting' };
      const theirs = tsharkFields(capture, 'radius.code == 1 || radius.code == 4', 'radius.code', 'ip.src');
      const answers = tsharkFields(capture, 'radius.code == 2 || radius.code == 5', 'radius.code');
      const ours = await rowsOf(capture, 'radius');
      expect(theirs.length).toBeGreaterThan(0);
      expect(ours.map(row => [row['request'], row['id.orig_h']])).toEqual(
        theirs.map(([code, source]) => [codes[code!], source]),
      );
      expect(ours.filter(row => row['result'] === 'success')).toHaveLength(answers.length);
    });

    it('security of RDP', async () => {
      const capture = 'auth/nd-rdp.pcap';
      const names: Readonly<Record<string, string>> = { 1: 'SSL', 2: 'HYBRID', 8: 'HYBRID_EX' };
      const theirs = tsharkFields(capture, 'rdp.negReq.selectedProtocol', 'rdp.negReq.selectedProtocol');
      const ours = await rowsOf(capture, 'rdp');
      expect(theirs.length).toBeGreaterThan(0);
      expect(ours.map(row => row['security_protocol'])).toEqual(
        theirs.map(([protocol]) => names[Number(protocol)]),
      );
    });

    it('requests of CoAP and their paths', async () => {
      const capture = 'iot/nd-coap_mqtt.pcap';
      const methods: Readonly<Record<string, string>> = { 1: 'GET', 2: 'POST', 3: 'PUT', 4: 'DELETE' };
      const fields = ['coap.code', 'coap.opt.uri_path_recon'] as const;
      const theirs = tsharkFields(
        capture,
        'udp.dstport == 5683 && coap.code < 32 && coap.code > 0',
        ...fields,
      );
      const ours = (await rowsOf(capture, 'coap')).filter(row => row['id.resp_p'] === 5683);
      expect(theirs.length).toBeGreaterThan(5);
      expect(countsOf(ours.map(row => row['method']))).toEqual(
        countsOf(theirs.map(([code]) => methods[code!])),
      );
    });

    it('services of BACnet', async () => {
      const capture = 'iot/ib-bacnet_example.pcap';
      const types = ['confirmed-request', 'unconfirmed-request', 'simple-ack', 'complex-ack', '', 'error'];
      const theirs = tsharkFields(capture, 'bacapp', 'bacapp.type');
      const ours = await rowsOf(capture, 'bacnet');
      expect(countsOf(ours.map(row => row['pdu_type']))).toEqual(
        countsOf(theirs.map(([type]) => types[Number(type)])),
      );
    });

    it('requests of S7comm', async () => {
      const capture = 'iot/nd-s7comm.pcap';
      const kinds: Readonly<Record<string, string>> = { 1: 'Job', 7: 'Userdata' };
      const sent = 's7comm.header.rosctr == 1 || (s7comm.header.rosctr == 7 && tcp.dstport == 102)';
      const theirs = tsharkFields(capture, sent, 's7comm.header.rosctr', 's7comm.header.pduref');
      const ours = await rowsOf(capture, 's7comm');
      expect(theirs.length).toBeGreaterThan(5);
      expect(ours.map(row => [row['rosctr'], String(row['pdu_ref'])])).toEqual(
        theirs.map(([kind, reference]) => [kinds[kind!], reference]),
      );
    });

    it('messages of OPC UA', async () => {
      const capture = 'iot/ou-open62541_client-server_minimal.pcap';
      const hellos = tsharkFields(capture, 'opcua.transport.type == "HEL"', 'opcua.transport.endpoint');
      const channels = tsharkFields(capture, 'opcua.servicenodeid.numeric == 446', 'opcua.transport.type');
      const ours = await rowsOf(capture, 'opcua');
      const of = (message: string) => ours.filter(row => row['message'] === message);
      expect(hellos.length).toBeGreaterThan(0);
      expect(of('Hello').map(row => row['endpoint_url'])).toEqual(hellos.map(([endpoint]) => endpoint));
      expect(of('OpenSecureChannel')).toHaveLength(channels.length);
    });

    it('sessions of EtherNet/IP and requests of CIP in them', async () => {
      const capture = 'iot/nd-ethernetIP.pcap';
      const theirs = tsharkFields(capture, 'enip.session', 'enip.session').flatMap(([all]) =>
        all!.split(','),
      );
      const ours = await rowsOf(capture, 'enip');
      const known = new Set(theirs.map(session => session.slice(2)));
      expect(ours.length).toBeGreaterThan(0);
      for (const row of ours) expect(known).toContain(row['session']);
    });

    it('messages that AMQP publishes and delivers', async () => {
      const capture = 'iot/nd-amqp.pcap';
      const methods = tsharkFields(capture, 'amqp.method.class == 60', 'amqp.method.method').flatMap(
        ([all]) => all!.split(','),
      );
      const ours = await rowsOf(capture, 'amqp');
      const sum = (field: string) => ours.reduce((total, row) => total + Number(row[field]), 0);
      expect([sum('published'), sum('delivered')]).toEqual([
        methods.filter(method => method === '40').length,
        methods.filter(method => method === '60').length,
      ]);
    });
  },
);
