/** Traffic made to hurt: mutations, and shapes that would make a careless decoder quadratic. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { hl7 } from '../../../../src/protocols/clinical/hl7/decoder.ts';
import { describeDecoderLaws, expectLinear } from '../../../support/decoder-laws.ts';
import { flipBit, play, type Step, shownText } from '../../../support/fake-flow.ts';
import { ack, frame, msh, PID, result, segments } from './build.ts';

const EXCHANGE: Step[] = [
  [ORIG, frame(result('CTRL-CANARY-1'))],
  [RESP, frame(ack('CTRL-CANARY-1'))],
];

test('one wrong bit anywhere behind the header: no throw, no patient data', () => {
  fc.assert(
    fc.property(fc.nat(), bit => {
      const text = shownText(play(hl7, flipBit(EXCHANGE, bit), { probe: false }));
      expect(text).not.toMatch(/CANARYMRN|CANARYKIN|CANARYSTREET|19470823/);
    }),
    { numRuns: 1500 },
  );
});

test('control bytes, separators and headers in any order: no throw', () => {
  const piece = fc.constantFrom(
    '\x0b',
    '\x1c',
    '\r',
    '\n',
    '|',
    '^',
    '~',
    'MSH|^~\\&|',
    'FHS|^~\\&|',
    'BTS|',
    `\r${PID}`,
    'MSA|AA|1',
    'x',
    'MS',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (pieces, segment) => {
      const bytes = pieces.join('');
      const played = play(hl7, [[ORIG, bytes]], { probe: false, segment });
      expect(shownText(played)).not.toContain('CANARYMRN77');
      expect(played.end).toBe('close');
    }),
    { numRuns: 1000 },
  );
});

const shapes: [string, (size: number) => string][] = [
  ['one long segment', size => `\x0b${msh('1')}\rOBX|${'x'.repeat(size)}`],
  ['one long PID', size => `\x0b${msh('1')}\rPID|${'|'.repeat(size)}`],
  ['empty segments', size => `\x0b${msh('1')}\r${'\r'.repeat(size)}`],
  ['start blocks', size => '\x0b'.repeat(size)],
  ['headers begun and not finished', size => `${frame(segments(msh('1')))}${'MSHM'.repeat(size / 4)}`],
  ['small messages', size => frame(segments('MSH|^~\\&|A')).repeat(size / 20)],
  ['repetitions', size => frame(segments(msh('1'), `PID|1||${'a~'.repeat(size / 2)}`))],
];

test.each(shapes)('takes time in proportion to length: %s', (_name, shape) => {
  for (const options of [{ probe: false }, { probe: false, segment: 3 }]) {
    expectLinear(size => play(hl7, [[ORIG, shape(size)]], options), 20_000);
  }
});

test('remembers only so many messages that wait for an acknowledgement', () => {
  const messages = Array.from({ length: 1000 }, (_, i) => frame(segments(msh(`ID${i}`)))).join('');
  const played = play(hl7, [
    [ORIG, messages],
    [RESP, frame(ack('ID10')) + frame(ack('ID999'))],
  ]);
  const acks = played.records.filter(emitted => emitted.record['ack_code'] !== undefined);
  expect(acks.map(emitted => emitted.record['ack_delay'])).toEqual([undefined, 1]);
});

describeDecoderLaws(hl7, {
  framed: EXCHANGE,
  unframed: [
    [ORIG, result('1')],
    [RESP, ack('1')],
  ],
});
