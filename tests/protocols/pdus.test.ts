import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DONE, defineProtocol, ORIG } from '../../src/model/protocol.ts';
import { feedPdus, NEED_MORE, NO_PDU, type Pdus } from '../../src/protocols/pdus.ts';
import { play } from '../support/fake-flow.ts';

/** Messages of a length byte (255 is none) and as many bytes; at most four are handed out. */
function reader(taken: string[], lost?: Pdus['lost']): Pdus {
  return {
    keep: 5,
    sizeOf: (bytes, at) => (bytes[at] === 255 ? NO_PDU : 1 + bytes[at]!),
    take(bytes, at, end, size) {
      taken.push(`${size}:${Buffer.from(bytes.subarray(at + 1, end)).toString('latin1')}`);
      return bytes[at + 1] !== 0x21;
    },
    ...(lost === undefined ? {} : { lost }),
  };
}

function run(
  sent: Uint8Array,
  cuts: readonly number[],
  lost?: Pdus['lost'],
): { taken: string[]; end: string } {
  const taken: string[] = [];
  const pdus = reader(taken, lost);
  const protocol = defineProtocol({
    name: 'pdus',
    transports: ['tcp'],
    ports: [9],
    probeBytes: 10,
    maxPending: 1000,
    streams: [],
    probe: () => 'match',
    open: () => null,
    feed: (_state, _direction, bytes, from, to) => feedPdus(pdus, bytes, from, to),
  });
  return { taken, end: play(protocol, [[ORIG, sent]], { cuts }).end };
}

const message = (text: string) => Uint8Array.from([text.length, ...Buffer.from(text, 'latin1')]);
const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]));

describe('feedPdus', () => {
  it('hands out the same messages however the bytes are cut, and skips the rest of long ones', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).filter(text => !text.startsWith('!')),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        fc.array(fc.nat(100), { maxLength: 10 }),
        (texts, cuts) => {
          const sent = join(...texts.map(message));
          expect(run(sent, cuts).taken).toEqual(texts.map(text => `${text.length + 1}:${text.slice(0, 4)}`));
        },
      ),
    );
  });

  it('ends when the taker has enough, and when nothing can begin like this', () => {
    expect(run(join(message('a'), message('!'), message('b')), [])).toEqual({
      taken: ['2:a', '2:!'],
      end: 'done',
    });
    expect(run(join(message('a'), Uint8Array.of(255)), [])).toEqual({ taken: ['2:a'], end: 'done' });
  });

  it('passes over what the caller says, or waits', () => {
    expect(run(join(Uint8Array.of(255, 255), message('a')), [], () => 1).taken).toEqual(['2:a']);
    expect(run(join(Uint8Array.of(255), message('a')), [], () => NEED_MORE)).toEqual({
      taken: [],
      end: 'close',
    });
    expect(run(join(Uint8Array.of(255), message('a')), [], () => DONE).end).toBe('done');
  });
});
