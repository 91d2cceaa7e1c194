import { describe, expect, it } from 'vitest';
import { f, flowStream, type StreamSchema } from '../../src/model/schema.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';
import { RemoteSupportLog } from '../../src/pipeline/remote-support-log.ts';

const stream = (name: string): StreamSchema => flowStream(name, 'x', { x: f.string('x') });

function setUp() {
  const rows: Record<string, unknown>[] = [];
  const log = new RemoteSupportLog((record, shard) => rows.push({ ...record, shard }));
  const see = (name: string, fields: Record<string, string>, uid = 'C1') =>
    log.observe(
      stream(name),
      { ts: { sec: 1, nsec: 0 }, uid, 'id.orig_h': '10.0.0.1', frame: 3, ...fields },
      5,
    );
  return { rows, see };
}

const told = (rows: Record<string, unknown>[]) =>
  rows.map(row => [row['tool'], row['evidence'], row['confidence']]);

describe('RemoteSupportLog', () => {
  it('tells what gave a tool away, and how sure it is', () => {
    const { rows, see } = setUp();
    see('dns', { query: 'www.anydesk.com' });
    see('ssl', { server_name: 'relay-1.net.anydesk.com' });
    see('http', { host: 'www.teamviewer.com', user_agent: 'DynGate' });
    see('quic', { server_name: 'remotedesktop.google.com' });
    expect(told(rows)).toEqual([
      ['AnyDesk', 'query', 'low'],
      ['AnyDesk', 'server_name', 'high'],
      ['TeamViewer', 'host', 'medium'],
      ['TeamViewer', 'user_agent', 'high'],
      ['Chrome Remote Desktop', 'server_name', 'medium'],
    ]);
    expect(rows[1]).toMatchObject({
      uid: 'C1',
      'id.orig_h': '10.0.0.1',
      frame: 3,
      value: 'relay-1.net.anydesk.com',
      shard: 5,
    });
  });

  it('says it once per flow, and once per host of names that are only asked for', () => {
    const { rows, see } = setUp();
    for (const uid of ['C1', 'C1', 'C2']) {
      see('dns', { query: 'anydesk.com' }, uid);
      see('ssl', { server_name: 'anydesk.com' }, uid);
    }
    expect(told(rows).filter(([, evidence]) => evidence === 'query')).toHaveLength(1);
    expect(told(rows).filter(([, evidence]) => evidence === 'server_name')).toHaveLength(2);
  });

  it('is silent about other names, fields and streams', () => {
    const { rows, see } = setUp();
    see('dns', { query: 'example.org', server_name: 'anydesk.com' });
    see('conn', { query: 'anydesk.com' });
    see('ssl', {});
    expect(rows).toEqual([]);
  });

  it('starts its memory anew when it is full', () => {
    const { rows, see } = setUp();
    for (let i = 0; i <= LIMITS.remoteSupportPerShard; i++)
      see('ssl', { server_name: 'anydesk.com' }, `C${i}`);
    see('ssl', { server_name: 'anydesk.com' }, 'C0');
    expect(rows).toHaveLength(LIMITS.remoteSupportPerShard + 2);
  });
});
