import { describe, expect, test } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { hl7 } from '../../../../src/protocols/clinical/hl7/decoder.ts';
import { play, recordsOf } from '../../../support/fake-flow.ts';
import { frame, result } from './build.ts';

describe('recognition', () => {
  const verdict = (bytes: string, fromStart = true) =>
    play(hl7, [[ORIG, bytes]], { respPort: 50_000, fromStart }).verdict;

  test.each([
    '\x0bMSH|^~\\&|',
    '\x0bFHS|^~\\&|',
    '\x0bBHS|^~\\&|',
    'MSH|^~\\&|',
    'MSH$%~\\&$',
    '\x0bMSH|^~\\&#|',
  ])('knows %j', opening => {
    expect(verdict(opening)).toBe('match');
    for (let length = 1; length < opening.length; length++) {
      const orig = new Uint8Array(Buffer.from(opening.slice(0, length), 'latin1'));
      const view = {
        transport: 'tcp',
        orig,
        resp: new Uint8Array(0),
        origPort: 1,
        respPort: 2,
        portHint: false,
        fromStart: true,
      };
      expect(hl7.probe(view as Parameters<typeof hl7.probe>[0])).toBe('unsure');
    }
  });

  test.each(['\x0bPID|', 'MSHELL', 'MSH|abc|', 'MSH|^~\\&^^^^|', 'MS-DOS', '\x0b\x0bMSH|^~\\&|', 'GET /'])(
    'declines %j',
    opening => {
      expect(verdict(opening)).toBe('no');
    },
  );

  test('knows a responder that speaks first', () => {
    expect(play(hl7, [[RESP, frame(result())]]).verdict).toBe('match');
  });

  test('in the middle of a flow waits for a frame', () => {
    expect(verdict(`BX|5|NM|HR||72\r\x1c\r${frame(result())}`, false)).toBe('match');
    expect(verdict(`BX|5|NM|HR||72 MSH|^~\\&|\r${'x'.repeat(3000)}`, false)).toBe('no');
    const played = play(hl7, [[ORIG, `BX|5|NM|HR||72\r\x1c\r${frame(result())}`]], { fromStart: false });
    expect(recordsOf(played, 'hl7')).toHaveLength(1);
    expect(played.weirds).toEqual([]);
  });
});
