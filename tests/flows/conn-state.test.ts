/** Scripted conversations → `conn_state`, `history` and byte counts, by the definitions of Zeek's conn.log. */
import { describe, expect, it } from 'vitest';
import { type Conn, Script } from '../support/flow-script.ts';

type Row = readonly [
  name: string,
  script: Script,
  state: string,
  history: string,
  bytes?: readonly [number, number],
];

const s = () => new Script();
const hello = { data: 'hello' };
const answer = { data: 'answer!' };

// biome-ignore format: a table
const ATTEMPTS: Row[] = [
  ['a SYN without answer', s().orig('S'), 'S0', 'S'],
  ['the same SYN again', s().orig('S').wait(1).orig('S', { at: 0 }), 'S0', 'S', [0, 0]],
  ['a rejected SYN', s().orig('S').resp('RA'), 'REJ', 'Sr', [0, 0]],
  ['rejected twice', s().orig('S').resp('RA').wait(1).orig('S', { at: 0 }).resp('RA'), 'REJ', 'Sr', [0, 0]],
  ['a SYN taken back', s().orig('S').orig('R'), 'RSTOS0', 'SR', [0, 0]],
  ['a SYN and a FIN', s().orig('S').orig('F'), 'SH', 'SF', [0, 0]],
  ['an acknowledgement ahead of the SYN-ACK', s().orig('S').resp('A').resp('SA'), 'S1', 'Sah', [0, 0]],
  ['a SYN behind its SYN-ACK, as from two taps', s().resp('SA', { ack: 1 }).orig('S').orig('A'), 'S1', '^hSA', [0, 0]],
  ['a SYN-ACK without answer', s().resp('SA'), 'OTH', '^h'],
  ['a SYN-ACK answered by a RST: a reverse scan', s().resp('SA').orig('R'), 'RSTO', '^hR', [0, 0]],
  ['a SYN-ACK taken back', s().resp('SA').resp('R'), 'RSTRH', '^hr', [0, 0]],
  ['a SYN-ACK and a FIN', s().resp('SA').resp('F'), 'SHR', '^hf', [0, 0]],
  ['a handshake whose SYN is missing', s().orig('S').lost().resp('SA').orig('A'), 'S1', '^hA', [0, 0]],
  // The second SYN begins a flow of its own; see below.
  ['a simultaneous open', s().orig('S').resp('S').orig('SA', { at: 0 }), 'S1', 'Sh', [0, 0]],
  ['SYN and FIN in one', s().orig('SF'), 'SH', 'Q'],
  ['FIN and RST in one', s().open().orig('FR'), 'RSTO', 'ShAI', [0, 0]],
];

// biome-ignore format: a table
const ESTABLISHED: Row[] = [
  ['a handshake', s().open(), 'S1', 'ShA', [0, 0]],
  ['a conversation', s().open().orig('PA', hello).resp('PA', answer), 'S1', 'ShADd', [5, 7]],
  ['an orderly end', s().open().orig('PA', hello).resp('PA', answer).close(), 'SF', 'ShADdFf', [5, 7]],
  ['an end begun by the responder', s().open().resp('FA').orig('FA').resp('A'), 'SF', 'ShAfFa', [0, 0]],
  ['closed by the originator only', s().open().orig('PA', hello).orig('FA').resp('A'), 'S2', 'ShADFa', [5, 0]],
  ['closed by the responder only', s().open().resp('PA', answer).resp('FA').orig('A'), 'S3', 'ShAdf', [0, 7]],
  ['aborted by the originator', s().open().orig('PA', hello).resp('A').orig('R'), 'RSTO', 'ShADaR', [5, 0]],
  ['aborted by the responder', s().open().orig('PA', hello).resp('RA'), 'RSTR', 'ShADr', [5, 0]],
  ['a RST of each side', s().open().orig('PA', hello).orig('R').resp('R'), 'RSTR', 'ShADRr', [5, 0]],
  ['a FIN with payload', s().open().orig('FPA', hello).resp('FA'), 'SF', 'ShAFf', [5, 0]],
  ['a FIN, then a RST of the same side', s().open().orig('FA').orig('R'), 'RSTO', 'ShAFR', [0, 0]],
  ['FIN, RST, and the other FIN', s().open().orig('FA').orig('R').resp('FA'), 'SF', 'ShAFRf', [0, 0]],
  ['a RST after both FINs', s().open().close().orig('R'), 'SF', 'ShAFfR', [0, 0]],
  ['the same FIN again', s().open().orig('FA').orig('FA', { at: 1 }).resp('A'), 'S2', 'ShAFa', [0, 0]],
  ['another FIN', s().open().orig('FA').orig('FA'), 'S2', 'ShAFF', [1, 0]],
  // Zeek takes payload that does not move the sequence space for a retransmission.
  ['payload of a RST is no payload', s().open().orig('RA', hello), 'RSTO', 'ShART', [0, 0]],
  ['a RST with an absurd sequence number', s().open().orig('PA', hello).orig('R', { at: 3_000_000 }), 'RSTO', 'ShADR', [5, 0]],
  ['payload in the SYN', s().orig('S', hello).resp('SA').orig('A'), 'S1', 'SThA', [5, 0]],
];

// biome-ignore format: a table
const MIDSTREAM: Row[] = [
  ['both sides', s().orig('PA', { ...hello, at: 100, ack: 100 }).resp('PA', { ...answer, at: 100, ack: 105 }), 'OTH', 'Dd', [5, 7]],
  ['one acknowledgement', s().orig('A', { at: 100, ack: 100 }), 'OTH', 'A'],
  ['closed by both', s().orig('PA', { ...hello, at: 1, ack: 1 }).resp('FA', { at: 1, ack: 6 }).orig('FA', { at: 6, ack: 2 }), 'SF', 'DfF', [5, 0]],
  ['closed by the originator', s().orig('PA', { ...hello, at: 1, ack: 1 }).orig('FA', { at: 6, ack: 1 }), 'SH', 'DF', [5, 0]],
  ['aborted by the originator', s().orig('PA', { ...hello, at: 1, ack: 1 }).orig('RA', { at: 6, ack: 1 }), 'OTH', 'DR', [5, 0]],
  ['a RST alone', s().orig('RA', { at: 1, ack: 1 }), 'OTH', 'R'],
  // Another sequence number: a flow of its own.
  ['a SYN after the middle', s().orig('A', { at: 50, ack: 9 }).orig('S', { at: 60 }), 'S0', 'S'],
];

// biome-ignore format: a table
const LOSS: Row[] = [
  ['a retransmission', s().open().orig('PA', hello).orig('PA', { ...hello, at: 1 }), 'S1', 'ShADT', [5, 0]],
  ['a keep-alive is a retransmission', s().open().orig('PA', hello).resp('A').orig('A', { data: 'o', at: 5 }), 'S1', 'ShADaT', [5, 0]],
  ['zero windows', s().open().orig('A', { window: 0 }).resp('A', { window: 0 }), 'S1', 'ShAWaw', [0, 0]],
  ['a zero window beside a RST is none', s().open().orig('RA', { window: 0 }), 'RSTO', 'ShAR', [0, 0]],
  ['a zero window towards a side that closed is none', s().open().orig('FA').resp('A', { window: 0 }), 'S2', 'ShAFa', [0, 0]],
];

const NAMED: Record<string, Row[]> = {
  attempts: ATTEMPTS,
  established: ESTABLISHED,
  midstream: MIDSTREAM,
  loss: LOSS,
};

describe.each(Object.entries(NAMED))('conn of %s', (_, rows) => {
  for (const [name, script, state, history, bytes] of rows) {
    it(name, () => {
      const { conns } = script.run();
      expect(conns.length).toBeGreaterThan(0);
      const last = conns.at(-1) as Conn;
      expect([last.conn_state, last.history]).toEqual([state, history]);
      // A flow of a single moment has no duration and no byte counts.
      expect([last.orig_bytes, last.resp_bytes]).toEqual(bytes ?? [undefined, undefined]);
      expect(last.duration === undefined).toBe(bytes === undefined);
    });
  }
});

describe('conn', () => {
  it('fills every field', () => {
    const { conns } = s().open().orig('PA', hello).resp('PA', answer).close().run();
    expect(conns).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        uid: expect.stringMatching(/^C[0-9A-Za-z]{17}$/),
        'id.orig_h': '10.0.0.1',
        'id.orig_p': 40_000,
        'id.resp_h': '10.0.0.2',
        'id.resp_p': 9_999,
        proto: 'tcp',
        service: undefined,
        // The last acknowledgement is behind the close of both sides.
        duration: expect.closeTo(0.006, 9),
        orig_bytes: 5,
        resp_bytes: 7,
        conn_state: 'SF',
        local_orig: true,
        local_resp: true,
        missed_bytes: 0,
        history: 'ShADdFf',
        orig_pkts: 5,
        orig_ip_bytes: 5 * 40 + 5,
        resp_pkts: 3,
        resp_ip_bytes: 3 * 40 + 7,
        ip_proto: 6,
        orig_l2_addr: '02:00:00:00:00:0a',
        resp_l2_addr: '02:00:00:00:00:0b',
        vlan: undefined,
        inner_vlan: undefined,
        direction_confidence: 'syn',
        frame: 1,
        capture: 'capture-0',
      },
    ]);
  });

  it('a SYN with another sequence number is another flow', () => {
    const { conns } = s().orig('S').resp('S').orig('SA', { at: 0 }).run();
    expect(conns.map(row => [row['id.orig_h'], row.conn_state])).toEqual([
      ['10.0.0.1', 'S0'],
      ['10.0.0.2', 'S1'],
    ]);
  });

  it('lasts as long as a side that closed is owed an acknowledgement, also behind both FINs', () => {
    const owed = () => s().open().orig('PA', hello).orig('FA').resp('FA', { ack: 1 });
    expect(owed().wait(2).resp('R').run().conns[0]?.duration).toBeCloseTo(2.006, 9);
    expect(owed().wait(2).orig('A').run().conns[0]?.duration).toBeCloseTo(2.006, 9);
    const settled = owed().resp('A').wait(2).orig('A');
    expect(settled.run().conns[0]?.duration).toBeCloseTo(0.006, 9);
  });

  it('letters for retransmission, zero window and gap come again at 10 and at 100', () => {
    const script = s().open().orig('PA', hello);
    for (let i = 0; i < 9; i++) script.orig('PA', { ...hello, at: 1 });
    expect(script.run().conns[0]?.history).toBe('ShADT');
    expect(script.orig('PA', { ...hello, at: 1 }).run().conns[0]?.history).toBe('ShADTT');
    for (let i = 0; i < 89; i++) script.orig('PA', { ...hello, at: 1 });
    expect(script.run().conns[0]?.history).toBe('ShADTT');
    expect(script.orig('PA', { ...hello, at: 1 }).run().conns[0]?.history).toBe('ShADTTT');
  });

  it('a history that is too long is cut, not wrapped', () => {
    const script = s().open();
    for (let i = 0; i < 100; i++) script.resp('FA');
    expect(script.run().conns[0]?.history).toBe(`ShA${'f'.repeat(30)}`);
  });
});
