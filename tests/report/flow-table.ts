/** Hand-written flows: what tables look like must not depend on decoders. */
import {
  FLOW_VIEWS,
  type FlowSort,
  type FlowTable,
  type FlowViewName,
  type FlowViewRow,
} from '../../src/model/flow-view.ts';

const DAY = 1_795_000_000;

export const FLOWS: readonly FlowViewRow[] = [
  {
    ts: { sec: DAY, nsec: 123_456_000 },
    uid: 'C1',
    'id.orig_h': '10.20.30.40',
    'id.orig_p': 58_188,
    'id.resp_h': '10.20.30.41',
    'id.resp_p': 104,
    proto: 'tcp',
    service: 'dicom',
    conn_state: 'SF',
    duration: 754.5,
    bytes: 54_428_000,
    packets: 12_345,
    missed_bytes: 0,
    orig_ip_bytes: 49_139_000,
    resp_ip_bytes: 5_289_000,
    orig_device: 'pacs-01',
    resp_device: 'viewer-01',
    orig_zone: 'medical',
    resp_zone: 'medical',
    capture: 'ward.pcap',
    frame: 7,
  },
  {
    ts: { sec: DAY + 60, nsec: 0 },
    uid: 'C2',
    'id.orig_h': '2001:db8:0:1::17',
    'id.orig_p': 49_152,
    'id.resp_h': '2001:db8:ffff::1',
    'id.resp_p': 443,
    proto: 'tcp',
    conn_state: 'S0',
    bytes: 180,
    packets: 3,
    missed_bytes: 0,
    orig_ip_bytes: 180,
    resp_ip_bytes: 0,
    orig_scope: 'internal',
    resp_scope: 'internet',
    resp_domain: '=cmd|\u001b[31m.telemetry.example',
    capture: 'ward.pcap',
    frame: 9,
  },
  {
    ts: { sec: DAY + 61, nsec: 0 },
    uid: 'C3',
    'id.orig_h': '10.20.30.17',
    'id.orig_p': 8,
    'id.resp_h': '10.20.30.1',
    'id.resp_p': 0,
    proto: 'icmp',
    conn_state: 'OTH',
    duration: 0.0004,
    bytes: 168,
    packets: 2,
    missed_bytes: 40,
    orig_ip_bytes: 84,
    resp_ip_bytes: 84,
    orig_device: 'pump-07',
    capture: 'ward.pcap',
    frame: 12,
  },
];

export function flowTable(more: Partial<FlowTable> = {}, rows: readonly FlowViewRow[] = FLOWS): FlowTable {
  const view: FlowViewName = more.view ?? 'flows';
  const sort: FlowSort = more.sort ?? 'bytes';
  return {
    view,
    sort,
    schema: FLOW_VIEWS[view],
    totals: {
      flows: 1234,
      bytes: 54_428_348,
      packets: 12_350,
      missed_bytes: 0,
      first: { sec: DAY, nsec: 123_456_000 },
      last: { sec: DAY + 61, nsec: 0 },
    },
    count: rows.length,
    shown: rows.length,
    rows: () => rows,
    ...more,
  };
}
