import { describe, expect, it } from 'vitest';
import type { FlowView } from '../../src/model/flow.ts';
import { ORIG, RESP } from '../../src/model/protocol.ts';
import { SoftwareLog } from '../../src/pipeline/software-log.ts';

const flow = {
  uid: 'C1',
  origHost: '10.0.0.1',
  respHost: '10.0.0.2',
  respPort: 80,
  now: { sec: 5, nsec: 0 },
  frame: 7,
  capture: 0,
  shard: 1,
  macOf: side => (side === ORIG ? '00:03:b1:00:00:07' : undefined),
} as FlowView;

describe('SoftwareLog', () => {
  it('logs a program once per host, kind and text', () => {
    const rows: Record<string, unknown>[] = [];
    const log = new SoftwareLog({
      emit: (_stream, record) => rows.push(record as Record<string, unknown>),
      captureName: () => 'a.pcap',
    });
    const nginx = { side: RESP, type: 'HTTP::SERVER', text: 'nginx/1.22.1' } as const;
    log.note(flow, nginx);
    log.note(flow, nginx);
    log.note(flow, { side: ORIG, type: 'HTTP::BROWSER', text: 'curl/7.88.1' });
    log.note(flow, { side: ORIG, type: 'HTTP::BROWSER', text: '' });
    expect(rows.map(row => [row['host'], row['host_p'], row['name'], row['version.minor']])).toEqual([
      ['10.0.0.2', 80, 'nginx', 22],
      ['10.0.0.1', undefined, 'curl', 88],
    ]);
    // The next device with this address may run the same.
    const next = { ...flow, macOf: () => '00:06:6b:00:00:02' };
    log.note(next, nginx);
    log.note(next, nginx);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ software_type: 'HTTP::SERVER', frame: 7, capture: 'a.pcap', uid: 'C1' });
  });
});
