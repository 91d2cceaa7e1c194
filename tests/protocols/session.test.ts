import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DONE,
  type FlowContext,
  HANDOVER,
  type Opening,
  ORIG,
  type Protocol,
  RESP,
  type Verdict,
} from '../../src/model/protocol.ts';
import { rig, scripted } from '../support/session-rig.ts';

const starts =
  (text: string) =>
  (opening: Opening): Verdict => {
    const seen = Buffer.from(opening.orig).toString('latin1');
    if (seen.startsWith(text)) return 'match';
    return text.startsWith(seen) ? 'unsure' : 'no';
  };

describe('recognition', () => {
  it('asks every candidate with the opening of both sides, until one is certain', () => {
    const openings: string[] = [];
    const log: string[] = [];
    const protocol = scripted(log, {
      ports: [9_999],
      probe: opening => {
        const { orig, resp, portHint, origPort, respPort, fromStart, transport } = opening;
        // What the first byte alone says is asked once for all flows, without an originator's port.
        if (origPort === 0) return 'unsure';
        openings.push(`${Buffer.from(orig)}|${Buffer.from(resp)}`);
        expect([portHint, origPort, respPort, fromStart, transport]).toEqual([
          true,
          40_000,
          9_999,
          true,
          'tcp',
        ]);
        return resp.length > 1 ? 'match' : 'unsure';
      },
    });
    const { send, services } = rig([protocol]);
    for (const [direction, text] of [
      [ORIG, 'he'],
      [RESP, 'a'],
      [ORIG, 'llo'],
      [RESP, 'b'],
      [ORIG, '!'],
    ] as const) {
      expect(send(direction, text)).toBe(true);
    }
    expect(openings).toEqual(['he|', 'he|a', 'hello|a', 'hello|ab']);
    expect(log).toEqual(['open', '>he', '<a', '>llo', '<b', '>!']);
    expect(services).toEqual(['scripted']);
  });

  it('gives what came before recognition the time and frame of its own packet', () => {
    const seen: [string, number, number][] = [];
    const protocol = scripted([], {
      probe: starts('abc'),
      feed: (text, _, flow) => {
        seen.push([text, flow.frame, flow.now.sec]);
        return text.length;
      },
    });
    const { send } = rig([protocol]);
    for (const text of ['a', 'b', 'c', 'd']) send(ORIG, text);
    expect(seen).toEqual([
      ['a', 1, 1],
      ['b', 2, 2],
      ['c', 3, 3],
      ['d', 4, 4],
    ]);
  });

  it('a protocol that declined is asked no more', () => {
    let asked = 0;
    const declines = scripted([], {
      probe: () => {
        asked++;
        return 'no';
      },
    });
    const { send } = rig([declines, scripted([], { name: 'patient', probe: () => 'unsure' })]);
    expect([send(ORIG, 'a'), send(ORIG, 'b'), asked]).toEqual([true, true, 1]);
  });

  it('gives up when nobody is left', () => {
    const { send, services, memory } = rig([
      scripted([], { probe: starts('GET') }),
      scripted([], { probe: starts('GO') }),
    ]);
    expect([send(ORIG, 'G'), send(ORIG, 'X')]).toEqual([true, false]);
    expect([services, memory.used]).toEqual([[], 0]);
    expect(rig([]).send(ORIG, 'x')).toBe(false);
  });

  it('does not wait longer than a protocol’s probe bytes, nor than the opening', () => {
    const { send } = rig([scripted([], { probe: () => 'unsure', probeBytes: 4 })]);
    expect([send(ORIG, 'abc'), send(RESP, 'abc'), send(ORIG, 'd')]).toEqual([true, true, false]);
    const patient = rig([scripted([], { probe: () => 'unsure', probeBytes: 1e9 })]);
    const answers = Array.from({ length: 3 }, () => patient.send(ORIG, 'x'.repeat(10_000)));
    expect([answers, patient.memory.used]).toEqual([[true, true, false], 0]);
  });

  it('asks only protocols of the transport', () => {
    const { send } = rig([scripted([], { transports: ['udp'] })]);
    expect(send(ORIG, 'x')).toBe(false);
  });

  it('ends at a gap: without its first bytes a flow cannot be recognised', () => {
    const { send, session, memory } = rig([scripted([], { probe: () => 'unsure' })]);
    send(ORIG, 'x');
    expect([session.gap(ORIG, 5), memory.used]).toEqual([false, 0]);
  });

  it('only names the service when asked to', () => {
    const log: string[] = [];
    const { send, services } = rig([scripted(log, { probe: starts('abc') })], { recogniseOnly: true });
    expect([send(ORIG, 'a'), send(ORIG, 'bc')]).toEqual([true, false]);
    expect([services, log]).toEqual([['scripted'], []]);
  });
});

describe('feeding', () => {
  /** Lines: takes whole ones, waits for the rest. */
  const lines = (text: string) => text.lastIndexOf('\n') + 1;

  it('what was left comes again, with more behind it, per direction', () => {
    const log: string[] = [];
    const { send } = rig([scripted(log, { feed: lines })]);
    send(ORIG, 'one\ntw');
    send(RESP, 'ei');
    send(ORIG, 'o\nthr');
    send(RESP, 'ns\n');
    send(ORIG, 'ee\n');
    expect(log.slice(1)).toEqual(['>one\ntw', '<ei', '>two\nthr', '<eins\n', '>three\n']);
  });

  it('same lines split at every byte', () => {
    const text = 'alpha\nbeta\n\ngamma delta\n';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }), sizes => {
        const taken: string[] = [];
        const feed = (given: string) => {
          const end = lines(given);
          if (end > 0) taken.push(given.slice(0, end));
          return end;
        };
        const { send, memory, session } = rig([scripted([], { feed })]);
        let at = 0;
        for (const size of [...sizes, text.length]) {
          if (at < text.length) send(ORIG, text.slice(at, at + size));
          at += size;
        }
        expect(taken.join('')).toBe(text);
        session.end();
        expect(memory.used).toBe(0);
      }),
    );
  });

  it('what is skipped is never seen, over segments and gaps', () => {
    const log: string[] = [];
    const { send, session } = rig([
      scripted(log, { feed: text => (text.startsWith('H') ? 1 + 10 : text.length) }),
    ]);
    send(ORIG, 'H12');
    send(RESP, 'other side');
    send(ORIG, '345');
    expect(session.gap(ORIG, 3)).toBe(true);
    send(ORIG, '9_after');
    expect(log).toEqual(['open', '>H12', '<other side', '>after']);
  });

  it('a gap that is longer than the skip is announced for the rest', () => {
    const log: string[] = [];
    const { send, session } = rig([scripted(log, { feed: () => 1 + 10 })]);
    send(ORIG, 'H');
    expect(session.gap(ORIG, 25)).toBe(true);
    expect(log.at(-1)).toBe('gap 0 15');
  });

  it('what waited before a gap is gone', () => {
    const log: string[] = [];
    const { send, session } = rig([scripted(log, { feed: lines })]);
    send(ORIG, 'half a li');
    session.gap(ORIG, 4);
    send(ORIG, 'next\n');
    expect(log.slice(2)).toEqual(['gap 0 4', '>next\n']);
  });

  it('a decoder without `gap` is closed at one', () => {
    const log: string[] = [];
    const { gap: _, ...rest } = scripted(log);
    const { send, session } = rig([rest as Protocol]);
    send(RESP, 'x');
    expect(session.gap(RESP, 4)).toBe(false);
    expect(log).toEqual(['open', '<x', 'close 0,0']);
  });

  it('tells when a skip is over, and how much of it was missing', () => {
    const log: string[] = [];
    const passed = (_: unknown, direction: number, missing: number) =>
      log.push(`passed ${direction} ${missing}`);
    const { session, send } = rig([
      scripted(log, { passed, feed: text => (text === 'a' ? 11 : text.length) }),
    ]);
    send(ORIG, 'a');
    send(ORIG, '1234');
    session.gap(ORIG, 3);
    send(ORIG, '890b');
    expect(log).toEqual(['open', '>a', 'passed 0 3', '>b']);
  });

  it('is told at the close what a skip still waited for', () => {
    const log: string[] = [];
    const { send, session } = rig([scripted(log, { feed: text => text.length + 100 })]);
    send(ORIG, 'body');
    send(ORIG, '12345');
    send(RESP, 'x');
    session.gap(RESP, 30);
    session.end();
    expect(log.at(-1)).toBe('close 95,70');
  });

  it('DONE ends the interest without a close', () => {
    const log: string[] = [];
    const { send, memory } = rig([scripted(log, { feed: text => (text.endsWith('.') ? DONE : 0) })]);
    expect([send(ORIG, 'a'), send(ORIG, '.')]).toEqual([true, false]);
    expect(log).toEqual(['open', '>a', '>a.']);
    expect(memory.used).toBe(0);
    expect(rig([scripted([], { feed: () => DONE })]).send(ORIG, 'x')).toBe(false);
  });

  it('a decoder that takes nothing is ended at its pending limit, with a weird', () => {
    const log: string[] = [];
    const { send, weirds, memory } = rig([scripted(log, { feed: () => 0, maxPending: 10 })]);
    expect([send(ORIG, '12345'), send(ORIG, '6789'), send(RESP, '123456789'), send(ORIG, '0')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(weirds).toEqual(['scripted_pending_limit']);
    expect(log.at(-1)).toBe('close 0,0');
    expect(memory.used).toBe(0);
  });

  it('when the common memory is used up the decoder is ended, with a weird', () => {
    const log: string[] = [];
    const { send, weirds, memory } = rig([scripted(log, { feed: () => 0 })], { memory: 100 });
    expect(send(ORIG, 'x')).toBe(false);
    expect(weirds).toEqual(['stream_memory_limit']);
    expect(log.at(-1)).toBe('close 0,0');
    expect([memory.used, memory.refused]).toEqual([0, 1]);
  });

  it('work grows in proportion to the bytes, however small the segments', () => {
    let fed = 0;
    const feed = (text: string) => {
      fed++;
      return text.length >= 20_000 ? text.length : 0;
    };
    const { send } = rig([scripted([], { maxPending: 1e9, feed })], { memory: 1 << 26 });
    const before = performance.now();
    for (let i = 0; i < 20_000; i++) send(ORIG, 'x');
    expect(fed).toBe(20_000);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

describe('udp', () => {
  it('each feed is one datagram; only DONE ends', () => {
    const log: string[] = [];
    const { send } = rig([scripted(log, { feed: text => (text === 'end' ? DONE : 0) })], { udp: true });
    expect([send(ORIG, 'a'), send(RESP, 'b'), send(ORIG, 'end')]).toEqual([true, true, false]);
    expect(log).toEqual(['open', '>a', '<b', '>end']);
  });

  it('probes see one datagram alone, and give up after some', () => {
    const seen: string[] = [];
    const protocol = scripted([], {
      probe: opening => {
        seen.push(`${Buffer.from(opening.orig)}|${Buffer.from(opening.resp)}`);
        return 'unsure';
      },
    });
    const { send } = rig([protocol], { udp: true });
    expect(Array.from({ length: 6 }, (_, i) => send(i % 2 === 0 ? ORIG : RESP, `${i}`))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(seen).toEqual(['0|', '|1', '2|', '|3', '4|', '|5']);
  });

  it('is recognised by any of its first datagrams, and gets those before it', () => {
    const log: string[] = [];
    const { send, services } = rig(
      [scripted(log, { probe: o => (o.resp.length > 0 ? 'match' : 'unsure') })],
      { udp: true },
    );
    expect([send(ORIG, 'ask'), send(RESP, 'answer'), send(ORIG, 'more')]).toEqual([true, true, true]);
    expect([services, log]).toEqual([['scripted'], ['open', '>ask', '<answer', '>more']]);
  });
});

describe('a decoder that throws', () => {
  const boom = new Error('boom');
  const thrower = () => {
    throw boom;
  };
  it.each<[string, Partial<Protocol<FlowContext>>]>([
    ['probe', { probe: thrower }],
    ['open', { open: thrower }],
    ['feed', { feed: thrower }],
  ])('in %s is cut off and counted', (where, parts) => {
    const { send, failures, memory } = rig([{ ...scripted([]), ...parts } as Protocol]);
    expect(send(ORIG, 'x')).toBe(false);
    expect(failures).toEqual([[where === 'probe' ? 'probe' : 'scripted', boom]]);
    expect(memory.used).toBe(0);
  });

  it('in gap or close is cut off and counted', () => {
    const gap = rig([{ ...scripted([]), gap: thrower } as Protocol]);
    gap.send(ORIG, 'x');
    expect([gap.session.gap(ORIG, 1), gap.failures]).toEqual([false, [['scripted', boom]]]);
    const close = rig([{ ...scripted([]), close: thrower } as Protocol]);
    close.send(ORIG, 'x');
    close.session.end();
    expect(close.failures).toEqual([['scripted', boom]]);
  });
});

describe('handover', () => {
  /** Takes lines up to GO, then hands over. */
  const upgrade = (log: string[]) => {
    let over = false;
    return scripted(log, {
      name: 'plain',
      leadsOn: true,
      probe: starts('PLAIN'),
      feed(text) {
        if (over) return HANDOVER;
        const end = text.indexOf('GO\n');
        if (end < 0) return text.lastIndexOf('\n') + 1;
        over = true;
        return end + 3;
      },
    });
  };
  const secure = (log: string[]) => scripted(log, { name: 'secure', probe: starts('SEC') });

  it('recognises anew from the first byte that was left, in any segmentation', () => {
    const sent = 'PLAIN\nGO\nSECRET';
    for (let cut = 1; cut < sent.length; cut++) {
      const plain: string[] = [];
      const inner: string[] = [];
      const { send, services, failures, memory, session } = rig([upgrade(plain), secure(inner)]);
      expect(send(ORIG, sent.slice(0, cut)), `${cut}`).toBe(true);
      expect(send(ORIG, sent.slice(cut)), `${cut}`).toBe(true);
      send(ORIG, '!');
      expect(services, `${cut}`).toEqual(['plain', 'secure']);
      expect(plain.at(-1)).toMatch(/^close/);
      expect(inner.map(line => line.replace(/^>/, '')).join(''), `${cut}`).toBe('openSECRET!');
      expect(failures).toEqual([]);
      session.end();
      expect(memory.used).toBe(0);
    }
  });

  it('takes along what the other direction left', () => {
    const inner: string[] = [];
    const both = scripted(inner, {
      name: 'secure',
      probe: ({ orig, resp }) => (orig.length > 0 && resp.length > 0 ? 'match' : 'unsure'),
    });
    const { send } = rig([upgrade([]), both]);
    send(ORIG, 'PLAIN\n');
    send(RESP, 'GO\nhello');
    send(ORIG, 'SEC');
    expect(inner).toEqual(['open', '<hello', '>SEC']);
  });

  it('follows a protocol that leads on even when only services are wanted', () => {
    const inner: string[] = [];
    const { send, services } = rig([upgrade([]), secure(inner)], { recogniseOnly: true });
    send(ORIG, 'PLAIN\nGO\n');
    expect(send(ORIG, 'SECRET')).toBe(false);
    expect([services, inner]).toEqual([['plain', 'secure'], []]);
  });

  it('follows it no longer than something may come of it, unless its records are wanted', () => {
    const settling = { leadsOn: true, settled: () => true };
    const log: string[] = [];
    const named = rig([scripted(log, settling)], { recogniseOnly: true });
    expect([named.send(ORIG, 'one'), log]).toEqual([false, ['open', '>one']]);
    expect(rig([scripted([], settling)]).send(ORIG, 'one')).toBe(true);
  });

  it('ends after some, whatever a flow says', () => {
    const hops = scripted([], { name: 'hops', feed: text => (text.startsWith('x') ? HANDOVER : 1) });
    const { send, memory } = rig([hops]);
    expect(send(ORIG, 'xxxxxxxxxxxxxxxxxxxxxx')).toBe(false);
    expect(memory.used).toBe(0);
  });

  it('datagrams are recognised anew too', () => {
    const inner: string[] = [];
    const outer = scripted([], {
      name: 'outer',
      probe: starts('PLAIN'),
      feed: text => (text === 'PLAIN' ? 5 : HANDOVER),
    });
    const { send, services } = rig([outer, secure(inner)], { udp: true });
    send(ORIG, 'PLAIN');
    send(ORIG, 'SEC');
    expect([services, inner]).toEqual([
      ['outer', 'secure'],
      ['open', '>SEC'],
    ]);
  });
});

describe('a flow that was announced', () => {
  it('is decoded without being probed', () => {
    const log: string[] = [];
    const announced = scripted(log, { name: 'data', probe: () => 'no' });
    const { send, services } = rig([], { expected: announced });
    send(RESP, 'bytes');
    expect([services, log]).toEqual([['data'], ['open', '<bytes']]);
  });

  it('is only named when only services are wanted', () => {
    const log: string[] = [];
    const announced = scripted(log, { name: 'data', probe: () => 'no' });
    const { send, services } = rig([], { expected: announced, recogniseOnly: true });
    expect(send(RESP, 'bytes')).toBe(false);
    expect([services, log]).toEqual([['data'], []]);
  });
});

describe('probing datagrams', () => {
  it('shows the datagram of the same direction before', () => {
    const before: (string | undefined)[] = [];
    const { session, send } = rig(
      [
        scripted([], {
          probe: opening => {
            before.push(opening.before && Buffer.from(opening.before).toString('latin1'));
            return 'unsure';
          },
        }),
      ],
      { udp: true },
    );
    send(ORIG, 'one');
    send(RESP, 'two');
    send(ORIG, 'three');
    session.end();
    expect(before).toEqual([undefined, undefined, 'one']);
  });
});
