import { describe, expect, it } from 'vitest';
import { CutBytes, MAX_RANGES } from '../../src/flows/cut-bytes.ts';
import { Script } from '../support/flow-script.ts';

/** Ethernet, IPv4 and TCP: what is captured of a frame besides payload. */
const HEADERS = 54;

describe('CutBytes', () => {
  it('counts what an acknowledgement covers, once', () => {
    const cut = new CutBytes();
    cut.add(10, 20);
    cut.add(20, 30);
    cut.add(40, 50);
    expect([5, 15, 15, 35, 45, 60].map(seq => cut.acknowledge(seq))).toEqual([0, 5, 0, 15, 5, 5]);
    expect(cut.empty).toBe(true);
  });

  it('goes on where sequence numbers wrap', () => {
    const cut = new CutBytes();
    cut.add(0xfffffff0, 0x10);
    expect([cut.acknowledge(0xfffffff8), cut.acknowledge(0x20)]).toEqual([8, 24]);
  });

  it('closes gaps beyond its limit, and loses no cut byte', () => {
    const cut = new CutBytes();
    for (let i = 0; i < MAX_RANGES + 10; i++) cut.add(10 * i, 10 * i + 5);
    expect(cut.acknowledge(10 * (MAX_RANGES + 10))).toBe(5 * MAX_RANGES + 10 * 10);
  });
});

describe('content cut by the snapshot length', () => {
  const whole = { data: '0123456789', captured: HEADERS + 0 };
  const cutScript = () =>
    new Script()
      .open()
      .orig('PA', { ...whole })
      .resp('PA', { data: 'ok' });

  it('is missing once it is acknowledged', () => {
    const [row] = cutScript().run().conns;
    expect(row).toMatchObject({ missed_bytes: 10, history: 'ShADdG', orig_bytes: 10 });
  });

  it('is not before', () => {
    const script = new Script().open().orig('PA', { ...whole });
    expect(script.run().conns[0]).toMatchObject({ missed_bytes: 0, history: 'ShAD' });
    expect(script.resp('A', { ack: 1 }).run().conns[0]).toMatchObject({ missed_bytes: 0 });
    expect(script.resp('A', { ack: 5 }).run().conns[0]).toMatchObject({ missed_bytes: 4 });
    expect(script.resp('A', { ack: 11 }).run().conns[0]).toMatchObject({ missed_bytes: 10 });
  });

  it('counts what was cut alone, also of segments that waited and of ordinary ones', () => {
    const script = new Script()
      .open()
      .orig('PA', { data: 'ab' })
      .resp('PA', { data: 'xy' })
      .orig('PA', { data: '56789', at: 8, captured: HEADERS + 2 })
      .orig('PA', { data: '01234', at: 3, captured: HEADERS + 5 })
      .resp('A', { ack: 13 })
      .orig('PA', { data: 'klmno', at: 13, captured: HEADERS + 1 })
      .resp('A', { ack: 18 });
    expect(script.run().conns[0]).toMatchObject({ missed_bytes: 3 + 4 });
  });

  it('changes sides with its flow', () => {
    const script = new Script().orig('PA', { data: 'ab', captured: HEADERS + 0 }).resp('SA', { ack: 3 });
    expect(script.run().conns[0]!.missed_bytes).toBeLessThanOrEqual(2);
  });
});
