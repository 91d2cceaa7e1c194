/** When a flow is over: silence, unanswered attempts, the delay after a close, DNS lookups, reuse of a five-tuple. */
import { describe, expect, it } from 'vitest';
import { EngineRun, play, Script, type Timed } from '../support/flow-script.ts';
import { ethernet, HOST_A, HOST_B, ipv4, PROTOCOL, udp } from '../support/frames.ts';

const START = 1_700_000_000;
const s = () => new Script({ sec: START });
const states = (script: Script) => script.run().conns.map(row => row.conn_state);

/** One datagram at seconds after the start. */
function datagram(at: number, src = 40_000, dst = 9_999, back = false): Timed {
  const [from, to] = back ? [HOST_B, HOST_A] : [HOST_A, HOST_B];
  const [a, b] = back ? [dst, src] : [src, dst];
  const frame = ethernet(
    {},
    ipv4({ src: from, dst: to, protocol: PROTOCOL.udp }, udp({ src: a, dst: b }, 'x')),
  );
  return { frame, sec: START + Math.floor(at), nsec: Math.round((at % 1) * 1e9) };
}

const udpFlows = (times: readonly number[], port = 9_999) =>
  play(times.map(at => datagram(at, 40_000, port))).conns.map(row => row.orig_pkts);

describe('silence ends a flow', () => {
  it.each([
    ['UDP after 60 s', [0, 59.9, 119.8], [3]],
    ['UDP after 60 s, to the nanosecond', [0, 60], [1, 1]],
    ['UDP with a long pause', [0, 30, 100, 101], [2, 2]],
  ])('%s', (_, times, packets) => expect(udpFlows(times)).toEqual(packets));

  it('established TCP after 300 s', () => {
    const conversation = (pause: number) =>
      s().open().orig('PA', { data: 'a' }).wait(pause).orig('PA', { data: 'b' });
    expect(states(conversation(299.9))).toEqual(['S1']);
    expect(states(conversation(300))).toEqual(['S1', 'OTH']);
  });

  it('TCP picked up in its middle after 300 s, once both sides spoke', () => {
    const middle = (pause: number) =>
      s().orig('A', { at: 9, ack: 9 }).resp('A', { at: 9, ack: 9 }).wait(pause).orig('A', { at: 9, ack: 9 });
    expect(states(middle(299))).toHaveLength(1);
    expect(states(middle(300))).toHaveLength(2);
  });

  it('ICMP and other protocols after 60 s', () => {
    const esp = (at: number): Timed => ({
      frame: ethernet({}, ipv4({ protocol: PROTOCOL.esp }, 'opaque')),
      sec: START + at,
      nsec: 0,
    });
    expect(play([esp(0), esp(59), esp(119)]).conns.map(row => row.orig_pkts)).toEqual([2, 1]);
  });
});

describe('an unanswered attempt', () => {
  it('is over five seconds after its first SYN, whatever is sent again', () => {
    const attempt = s()
      .orig('S')
      .wait(3)
      .orig('S', { at: 0 })
      .wait(1.9)
      .orig('S', { at: 0 })
      .wait(1)
      .orig('S', { at: 0 });
    const { conns } = attempt.run();
    expect(conns.map(row => [row.conn_state, row.orig_pkts])).toEqual([
      ['S0', 3],
      ['S0', 1],
    ]);
  });

  it('lives on when it was answered', () => {
    expect(states(s().orig('S').resp('SA').wait(20).orig('A'))).toEqual(['S1']);
  });
});

describe('a closed flow', () => {
  it('takes stray packets for five seconds', () => {
    const closed = (pause: number) => s().open().close().wait(pause).orig('A', { at: 2, ack: 2 });
    expect(states(closed(4.9))).toEqual(['SF']);
    expect(states(closed(5.1))).toEqual(['SF', 'OTH']);
  });

  it('half closed it waits as long as an open one', () => {
    expect(states(s().open().orig('FA').resp('A').wait(200).resp('FA'))).toEqual(['SF']);
  });

  it('is not over while its bytes have not all come', () => {
    const pending = s()
      .open()
      .orig('PA', { data: 'lost' })
      .lost()
      .orig('FA')
      .resp('FA', { ack: 1 })
      .wait(20)
      .resp('A', { ack: 1 });
    expect(states(pending)).toEqual(['SF']);
  });
});

describe('a DNS lookup', () => {
  it.each([53, 137, 5353, 5355])('over UDP port %i is over after ten seconds', port => {
    expect(udpFlows([0, 9.9], port)).toEqual([2]);
    expect(udpFlows([0, 10], port)).toEqual([1, 1]);
  });

  it('lives on while it is asked again within nine seconds', () => {
    expect(udpFlows([0, 5, 13.9, 22.8], 53)).toEqual([4]);
    expect(udpFlows([0, 5, 14], 53)).toEqual([2, 1]);
  });
});

describe('a SYN on a five-tuple that was used', () => {
  it('begins a new flow when the old one is closed', () => {
    const { conns } = s().open().close().orig('S', { at: 0 }).run();
    expect(conns.map(row => [row.conn_state, row.orig_pkts])).toEqual([
      ['SF', 4],
      ['S0', 1],
    ]);
    expect(conns[0]?.uid).not.toBe(conns[1]?.uid);
  });

  it('begins a new flow when its sequence number differs, also inside an open one', () => {
    expect(states(s().open().orig('PA', { data: 'x' }).orig('S', { at: 90_000 }))).toEqual(['S1', 'S0']);
  });

  it('is a repetition when its sequence number is the same', () => {
    expect(states(s().open().orig('PA', { data: 'x' }).orig('S', { at: 0 }))).toEqual(['S1']);
  });

  it('from the responder begins a new flow only when nothing came from the originator', () => {
    expect(states(s().resp('SA').resp('SA', { at: 7_000 }))).toEqual(['OTH', 'OTH']);
    expect(states(s().open().resp('SA', { at: 7_000 }))).toEqual(['S1']);
  });
});

describe('time', () => {
  it('that runs backwards ends nothing', () => {
    const { conns } = play([datagram(100), datagram(0), datagram(50)]);
    expect(conns).toHaveLength(1);
    expect(conns[0]).toMatchObject({ ts: { sec: START + 100 }, orig_pkts: 3, duration: undefined });
  });

  it('it does not matter who notices that a flow is over', () => {
    const quiet = [datagram(0), datagram(1, 40_000, 9_999, true), datagram(70), datagram(71)];
    // Other flows of the two hosts, whose packets sweep over the first one.
    const noise = Array.from({ length: 200 }, (_, i) => datagram(61 + i / 100, 50_000 + i));
    const alone = play(quiet).conns;
    const busy = play([...quiet.slice(0, 2), ...noise, ...quiet.slice(2)]).conns;
    const mine = busy.filter(row => row['id.orig_p'] === 40_000).map(row => ({ ...row, frame: 0 }));
    expect(mine).toEqual(alone.map(row => ({ ...row, frame: 0 })));
    expect(mine).toHaveLength(2);
  });

  it('a flow that is over is reported while the input goes on', () => {
    const run = new EngineRun();
    run.process(datagram(0));
    for (let i = 0; i < 10; i++) run.process(datagram(100 + i, 41_000));
    expect(run.conns.map(row => row['id.orig_p'])).toEqual([40_000]);
  });
});
