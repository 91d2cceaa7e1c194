import { describe, expect, it } from 'vitest';
import { newFlowStamp } from '../../src/model/flow-stamp.ts';
import { f, flowStream, type StreamSchema } from '../../src/model/schema.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';
import { NamedToolsLog } from '../../src/pipeline/named-tools-log.ts';

const stream = (name: string): StreamSchema => flowStream(name, 'x', { x: f.string('x') });

function setUp() {
  const rows: Record<string, unknown>[] = [];
  const log = new NamedToolsLog((stream, record, shard) =>
    rows.push({ stream: stream.name, ...record, shard }),
  );
  const see = (name: string, fields: Record<string, unknown>, uid = 'C1', respPort = 0) =>
    log.observe(stream(name), fields, 5, {
      ...newFlowStamp(),
      sec: 1,
      uid,
      origHost: '10.0.0.1',
      respPort,
      frame: 3,
    });
  return { rows, see };
}

const told = (rows: Record<string, unknown>[]) =>
  rows.map(row => [row['tool'], row['evidence'], row['confidence']]);

describe('NamedToolsLog', () => {
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

  it('tells anonymisers in a stream of their own, and Tor by the names it makes up', () => {
    const { rows, see } = setUp();
    see('dns', { query: 'controlplane.tailscale.com' });
    see('dns', { query: 'expyuzz4wqqyqhjn.onion' });
    see('ssl', { server_name: 'www.axslhtfqq.com' }, 'C2', 9001);
    see('ssl', { server_name: 'www.z4tkhbrmvqxw3c.com' }, 'C3', 443);
    see('x509', {
      'certificate.subject': 'CN=www.4fbzg5wnd.net',
      'certificate.issuer': 'CN=www.hkhdmsvd2jh.com',
    });
    see('http', { host: '192.0.2.9:9030', uri: '/tor/status-vote/current/consensus' });
    expect(rows.every(({ stream }) => stream === 'anonymiser')).toBe(true);
    expect(told(rows)).toEqual([
      ['Tailscale', 'query', 'medium'],
      ['Tor', 'query', 'medium'],
      ['Tor', 'server_name', 'medium'],
      ['Tor', 'server_name', 'low'],
      ['Tor', 'certificate', 'high'],
      ['Tor', 'uri', 'high'],
    ]);
    see('ssl', { server_name: 'www.wikipedia.com' }, 'C4', 443);
    see('ssl', { server_name: 'relay-1.net.anydesk.com' }, 'C5');
    expect(rows.slice(6)).toMatchObject([{ stream: 'remote_support' }]);
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
    for (let i = 0; i <= LIMITS.namedToolsPerShard; i++) see('ssl', { server_name: 'anydesk.com' }, `C${i}`);
    see('ssl', { server_name: 'anydesk.com' }, 'C0');
    expect(rows).toHaveLength(LIMITS.namedToolsPerShard + 2);
  });
});
