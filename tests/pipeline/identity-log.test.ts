import { describe, expect, it } from 'vitest';
import type { FlowView } from '../../src/model/flow.ts';
import { type IdentitySeen, ORIG, RESP } from '../../src/model/protocol.ts';
import { IdentityLog } from '../../src/pipeline/identity-log.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';
import { sslStream } from '../../src/protocols/web/ssl-handshake.ts';

const macs = ['00:03:b1:00:00:01', '00:06:6b:00:00:02'];

const flow = {
  uid: 'C1',
  origHost: '10.0.0.1',
  origPort: 4000,
  respHost: '10.0.0.2',
  respPort: 80,
  now: { sec: 5, nsec: 0 },
  frame: 7,
  capture: 0,
  shard: 1,
  macOf: side => macs[side],
} as FlowView;

function setUp() {
  const rows: Record<string, unknown>[] = [];
  const log = new IdentityLog(
    {
      emit: (_stream, record) => rows.push(record as Record<string, unknown>),
      captureName: () => 'a.pcap',
    },
    address => address.startsWith('10.'),
  );
  return { rows, log, note: (seen: IdentitySeen, at: FlowView = flow) => log.note(at, seen, 'enip') };
}

const model = { side: RESP, attribute: 'model', value: 'X100' } as const;

describe('IdentityLog', () => {
  it('logs once per host, attribute, value, source and whether it is behind', () => {
    const { rows, note } = setUp();
    for (let i = 0; i < 3; i++) note(model);
    note({ ...model, attribute: 'serial' });
    note({ ...model, side: ORIG });
    note({ ...model, behind: true });
    note({ ...model, source: 'hl7' });
    expect(rows.map(row => [row['host'], row['attribute'], row['behind'], row['source']])).toEqual([
      ['10.0.0.2', 'model', false, 'enip'],
      ['10.0.0.2', 'serial', false, 'enip'],
      ['10.0.0.1', 'model', false, 'enip'],
      ['10.0.0.2', 'model', true, 'enip'],
      ['10.0.0.2', 'model', false, 'hl7'],
    ]);
  });

  it('logs it again when the address has another MAC address', () => {
    const { rows, note } = setUp();
    note(model);
    note(model, { ...flow, macOf: () => '00:30:e6:00:00:09' });
    expect(rows.map(row => row['mac'])).toEqual([macs[1], '00:30:e6:00:00:09']);
  });

  it('knows the MAC address of either side, and none of a third host', () => {
    const { rows, note } = setUp();
    note({ ...model, host: '10.0.0.1' });
    note({ ...model, host: '10.0.0.9' });
    expect(rows.map(row => [row['host'], row['mac']])).toEqual([
      ['10.0.0.1', macs[0]],
      ['10.0.0.9', undefined],
    ]);
  });

  it('cuts long values, keeps confidence within 0 and 1, and takes an earlier time', () => {
    const { rows, note } = setUp();
    note({ ...model, value: 'x'.repeat(1000), confidence: 7, ts: { sec: 1, nsec: 2 }, frame: 3 });
    expect(rows[0]).toMatchObject({ confidence: 1, ts: { sec: 1, nsec: 2 }, frame: 3 });
    expect(String(rows[0]!['value'])).toHaveLength(256);
  });

  it('forgets what it logged when the limit is reached', () => {
    const { rows, note } = setUp();
    for (let i = 0; i <= LIMITS.identitiesPerShard; i++) note({ ...model, value: `v${i}` });
    note({ ...model, value: 'v0' });
    expect(rows).toHaveLength(LIMITS.identitiesPerShard + 2);
  });

  it('looks at the records of another program’s logs by their own fields', () => {
    const { rows, log } = setUp();
    const record = {
      ts: { sec: 1, nsec: 0 },
      uid: 'Cz',
      'id.orig_h': '10.0.0.5',
      'id.resp_h': '10.0.0.6',
      'id.resp_p': 443,
      server_name: 'ct-01.example',
      frame: undefined,
      capture: 'ssl.log',
    };
    log.observeSaved(sslStream, record);
    log.observeSaved(sslStream, { ...record, 'id.resp_h': '203.0.113.9' });
    expect(rows).toEqual([
      expect.objectContaining({
        host: '10.0.0.6',
        uid: 'Cz',
        value: 'ct-01.example',
        source: 'ssl',
        capture: 'ssl.log',
      }),
    ]);
  });

  it('keeps nothing when device records are not asked for', () => {
    const rows: unknown[] = [];
    const sink = { emit: (_stream: unknown, record: unknown) => rows.push(record), captureName: () => 'a' };
    const log = new IdentityLog(sink, () => true, false);
    log.note(flow, model, 'enip');
    log.observe(flow, sslStream, { server_name: 'x.example' });
    expect(rows).toEqual([]);
  });
});
