import { describe, expect, it } from 'vitest';
import type { FlowView } from '../../src/model/flow.ts';
import { Expectations } from '../../src/pipeline/expectations.ts';
import { LIMITS } from '../../src/pipeline/limits.ts';

function flow(parts: Partial<FlowView> = {}): FlowView {
  return {
    transport: 'tcp',
    uid: 'C1',
    origHost: '10.0.0.1',
    origPort: 40_000,
    respHost: '10.0.0.2',
    respPort: 21,
    now: { sec: 1000, nsec: 0 },
    frame: 1,
    capture: 0,
    shard: 3,
    fromStart: true,
    service: '',
    directionKnown: true,
    orient: () => false,
    macOf: () => undefined,
    recall: () => {},
    addService: () => {},
    ...parts,
  };
}

const DATA = {
  transport: 'tcp',
  host: '10.0.0.2',
  port: 50_000,
  protocol: 'ftp_data',
  memo: 'list',
} as const;

describe('Expectations', () => {
  it('finds an announced flow by its responder, once', () => {
    const all = new Expectations();
    all.add(flow(), DATA);
    expect(all.find(flow({ respPort: 50_001 }))).toBeUndefined();
    expect(all.find(flow({ transport: 'udp', respPort: 50_000 }))).toBeUndefined();
    expect(all.find(flow({ respPort: 50_000 }))).toMatchObject({ protocol: 'ftp_data', memo: 'list' });
    expect(all.find(flow({ respPort: 50_000 }))).toBeUndefined();
  });

  it('finds datagrams by either end, more than once', () => {
    const all = new Expectations();
    all.add(flow(), { ...DATA, transport: 'udp', host: '10.0.0.1', port: 2000 });
    for (let i = 0; i < 2; i++) {
      const answer = flow({ transport: 'udp', origPort: 2000, respPort: 3333 });
      expect(all.find(answer)?.memo).toBe('list');
    }
  });

  it('holds between the two hosts only', () => {
    const all = new Expectations();
    all.add(flow(), { ...DATA, host: '10.0.0.9' });
    expect(all.find(flow({ respHost: '10.0.0.9', respPort: 50_000 }))).toBeUndefined();
    all.add(flow(), DATA);
    expect(all.find(flow({ origHost: '10.0.0.7', respPort: 50_000 }))).toBeUndefined();
    expect(all.find(flow({ shard: 4, respPort: 50_000 }))).toBeUndefined();
  });

  it('forgets after five minutes of capture time', () => {
    const all = new Expectations();
    all.add(flow(), DATA);
    expect(all.find(flow({ respPort: 50_000, now: { sec: 1301, nsec: 0 } }))).toBeUndefined();
  });

  it('forgets the oldest when there are too many, and counts it', () => {
    const all = new Expectations();
    for (let port = 0; port <= LIMITS.expectations; port++) all.add(flow(), { ...DATA, port });
    expect(all.overflow).toBe(1);
    expect(all.find(flow({ respPort: 0 }))).toBeUndefined();
    expect(all.find(flow({ respPort: 1 }))).toBeDefined();
  });
});
