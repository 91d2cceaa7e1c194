/** Traffic made to hurt: mutations, absurd lengths, shapes that would make a careless decoder quadratic. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { dicom } from '../../../../src/protocols/clinical/dicom/decoder.ts';
import { describeDecoderLaws, expectLinear } from '../../../support/decoder-laws.ts';
import { flipBit, play, recordsOf, type Step, shownText } from '../../../support/fake-flow.ts';
import {
  associateAc,
  associateRq,
  bytes,
  COMMAND,
  command,
  ctObject,
  dataset,
  element,
  IMPLICIT,
  LAST,
  pData,
  pdv,
  storeRq,
  u32,
} from './build.ts';
import { FIND, store } from './exchanges.ts';

test('one wrong bit anywhere: no throw, no patient data', () => {
  fc.assert(
    fc.property(fc.constantFrom(store(), FIND), fc.nat(), (exchange, bit) => {
      const text = shownText(play(dicom, flipBit(exchange, bit), { probe: false }));
      expect(text).not.toMatch(/CANARY\^|CANARYMRN|19470823/);
    }),
    { numRuns: 1500 },
  );
});

test('random bytes after the association: no throw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(ORIG, RESP), fc.uint8Array({ maxLength: 200 })), { maxLength: 6 }),
      noise => {
        const exchange: Step[] = [[ORIG, associateRq()], [RESP, associateAc()], ...noise];
        expect(recordsOf(play(dicom, exchange), 'dicom').length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});

test('random PDUs with random gaps: no throw', () => {
  const content = fc.oneof(
    fc.constantFrom(command(storeRq()), dataset(ctObject(IMPLICIT)), associateRq(), associateAc()),
    fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 60 }))
      .map(([type, body]) => bytes(type, 0, u32(body.length), body)),
  );
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(ORIG, RESP), content) },
    fc.record({ gap: fc.constantFrom(ORIG, RESP), length: fc.integer({ min: 1, max: 5000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 300 }), (steps, segment) => {
      const text = shownText(play(dicom, [[ORIG, associateRq()], ...steps], { segment }));
      expect(text).not.toContain('CANARYMRN77');
    }),
    { numRuns: 500 },
  );
});

/** Of any number: more arguments than the stack holds would not be. */
function concat(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

function many(count: number, piece: Uint8Array): Uint8Array {
  return concat(Array<Uint8Array>(count).fill(piece));
}

function opened(...steps: Step[]): Step[] {
  return [[ORIG, associateRq()], [RESP, associateAc({ maxPdu: 0 })], ...steps];
}

const shapes: [string, (size: number) => Step[]][] = [
  [
    'command in one-byte fragments',
    size => opened([ORIG, bytes(many(size, pData(pdv(1, COMMAND, new Uint8Array(1)))))]),
  ],
  ['empty fragments', size => opened([ORIG, bytes(many(size, pData(pdv(1, COMMAND, new Uint8Array(0)))))])],
  [
    'data set in one-byte fragments',
    size => opened([ORIG, bytes(command(storeRq()), many(size, pData(pdv(1, 0, new Uint8Array(1)))))]),
  ],
  [
    'bytes that look like a PDU',
    size => opened([ORIG, bytes(9, 0, u32(0x7fffffff), new Uint8Array(size * 20).fill(4))]),
  ],
  [
    'what is almost a PDU, over and over',
    size =>
      opened({ gap: ORIG, length: 7 }, [ORIG, bytes(many(size, bytes(4, 0, u32(0x100), u32(0xfc), 1, 4)))]),
  ],
  [
    'a data set of empty elements',
    size =>
      opened([
        ORIG,
        bytes(command(storeRq()), dataset(bytes(many(size, element(IMPLICIT, 0x0010, 0x0020, 'LO', ''))))),
      ]),
  ],
  ['associations over and over', size => [[ORIG, bytes(many(Math.ceil(size / 20), associateRq()))]]],
  [
    'requests without responses',
    size =>
      opened([ORIG, concat(Array.from({ length: size / 4 }, (_, id) => command(storeRq(id & 0xffff))))]),
  ],
];

test.each(shapes)('takes time in proportion to length: %s', (_name, shape) => {
  expectLinear(size => play(dicom, shape(size)), 2000);
});

test('a huge announced length costs nothing', () => {
  const exchange = opened(
    [ORIG, command(storeRq())],
    [ORIG, bytes(4, 0, u32(0x0fffffff), u32(0x0ffffffb), 1, LAST, 'abc')],
  );
  const before = process.memoryUsage().arrayBuffers;
  const played = play(dicom, exchange);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  expect(recordsOf(played, 'dicom')[1]).toMatchObject({ dataset_bytes: 0x0ffffffb - 2 });
});

describeDecoderLaws(dicom, { 'C-STORE': store(), 'C-FIND': FIND });

describe('picked up in the middle', () => {
  describeDecoderLaws(dicom, { 'C-STORE': store().slice(2) }, { fromStart: false });
});
