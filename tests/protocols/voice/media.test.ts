import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { rtcp, rtp, stun } from '../../../src/protocols/voice/media.ts';
import { fromHex, play, type Step } from '../../support/fake-flow.ts';

const UDP = { transport: 'udp' } as const;
const packet = (sequence: number, time: number, source = 0xdeadbeef, type = 0): Uint8Array => {
  const bytes = new Uint8Array(172);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80;
  bytes[1] = type;
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, time >>> 0);
  view.setUint32(8, source);
  return bytes;
};
const verdict = (...datagrams: Uint8Array[]) =>
  play(
    rtp,
    datagrams.map((bytes): Step => [ORIG, bytes]),
    UDP,
  ).verdict;

describe('rtp', () => {
  it.each<[string, Uint8Array[], string]>([
    ['one packet', [packet(1, 160)], 'unsure'],
    ['two in a row', [packet(1, 160), packet(2, 320)], 'match'],
    ['numbers and times that wrap', [packet(65_535, 0xffff_ff00), packet(0, 10)], 'match'],
    ['one that is lost', [packet(1, 160), packet(3, 480)], 'no'],
    ['another source', [packet(1, 160), packet(2, 320, 5)], 'no'],
    ['another type', [packet(1, 160), packet(2, 320, 0xdeadbeef, 8)], 'no'],
    ['a time that goes back', [packet(2, 320), packet(3, 160)], 'no'],
    ['no source', [packet(1, 160, 0)], 'no'],
    ['a report', [packet(1, 160, 1, 72)], 'no'],
    ['too short', [packet(1, 160).subarray(0, 11)], 'no'],
    ['more sources than there is room for', [Uint8Array.from([0x8f, ...packet(1, 1).subarray(1, 60)])], 'no'],
  ])('sees %s', (_what, datagrams, expected) => {
    expect(verdict(...datagrams)).toBe(expected);
  });

  it('compares what one side sends', () => {
    const steps: Step[] = [
      [ORIG, packet(1, 160)],
      [RESP, packet(900, 5)],
      [ORIG, packet(2, 320)],
    ];
    expect(play(rtp, steps, UDP).verdict).toBe('match');
  });

  it('sees nothing in random datagrams', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (first, second) => {
        expect(verdict(first, second)).not.toBe('match');
        for (const protocol of [rtcp, stun])
          expect(play(protocol, [[ORIG, first]], UDP).verdict).not.toBe('match');
      }),
    );
  });
});

describe('rtcp', () => {
  const report = fromHex('81c9 0007 11223344 55667788 00000000 00000000 00000000 00000000 00000000');
  const description = fromHex('81ca 0003 11223344 0104 61626364 0000');

  it.each<[string, Uint8Array, string]>([
    ['a report and a description', Uint8Array.from([...report, ...description]), 'match'],
    ['a report alone', report, 'no'],
    [
      'a length that does not fit',
      Uint8Array.from([...report.subarray(0, 3), 0x20, ...report.subarray(4), ...description]),
      'no',
    ],
    ['something behind it', Uint8Array.from([...report, ...new Uint8Array(16)]), 'no'],
  ])('sees %s', (_what, datagram, expected) => {
    expect(play(rtcp, [[RESP, datagram]], UDP).verdict).toBe(expected);
  });
});

describe('stun', () => {
  const request = fromHex('0001 0000 2112a442 000102030405060708090a0b');

  it('is recognised by its cookie and its length', () => {
    expect(play(stun, [[ORIG, request]], UDP).verdict).toBe('match');
    expect(play(stun, [[ORIG, Uint8Array.from([...request, 0])]], UDP).verdict).toBe('no');
    expect(play(stun, [[ORIG, packet(1, 160)]], UDP).verdict).toBe('no');
  });

  it('hands over what comes behind it', () => {
    const played = play(
      stun,
      [
        [ORIG, request],
        [RESP, request],
        [ORIG, packet(1, 160)],
      ],
      UDP,
    );
    expect([played.end, played.handed[0].length]).toEqual(['handover', 172]);
  });
});
