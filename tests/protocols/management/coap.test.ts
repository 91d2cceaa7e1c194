import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { coap } from '../../../src/protocols/management/coap.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const udp = { transport: 'udp' } as const;
const hex = (text: string) => Buffer.from(text).toString('hex');
// Uri-Host pump, Observe 0, Uri-Path vitals/hr, Uri-Query u=7.
const GET = fromHex(`4201 0001 aabb 34${hex('pump')} 30 56${hex('vitals')} 02${hex('hr')} 43${hex('u=7')}`);
const CONTENT = fromHex(`6245 0001 aabb c1 32 ff ${hex('CANARY')}`);
const SESSION: readonly Step[] = [
  [ORIG, GET],
  [RESP, CONTENT],
  [RESP, fromHex(`5245 0009 aabb 60 ff ${hex('more')}`)],
  [ORIG, fromHex(`4103 0002 07 b1${hex('x')} 10 ff ${hex('12345')}`)],
  [RESP, fromHex('6000 0002')],
  [RESP, fromHex('4184 0003 07')],
  [ORIG, fromHex('6000 0003')],
  [ORIG, fromHex(`5104 0004 08 b1${hex('y')}`)],
];

describe('coap', () => {
  it('pairs requests with responses, piggybacked or separate', () => {
    const played = play(coap, SESSION, udp);
    expect(recordsOf(played, 'coap').map(({ ts, frame, ...rest }) => rest)).toEqual([
      {
        type: 'CON',
        method: 'GET',
        uri: 'pump/vitals/hr?u=7',
        observe: true,
        response_code: '2.05 Content',
        content_format: 'application/json',
        request_len: 0,
        response_len: 6,
      },
      { type: 'NON', response_code: '2.05 Content', response_len: 4 },
      {
        type: 'CON',
        method: 'PUT',
        uri: '/x',
        response_code: '4.04 Not Found',
        content_format: 'text/plain',
        request_len: 5,
        response_len: 0,
      },
      { type: 'NON', method: 'DELETE', uri: '/y', request_len: 0 },
    ]);
    expect(played.weirds).toEqual([]);
    expect(shownText(played)).not.toContain('CANARY');
  });

  it('logs a retransmission once', () => {
    expect(
      recordsOf(
        play(
          coap,
          [
            [ORIG, GET],
            [ORIG, GET],
          ],
          udp,
        ),
        'coap',
      ),
    ).toHaveLength(1);
  });

  it('is recognised off its port only by a request that names something', () => {
    const elsewhere = { ...udp, respPort: 17_500 };
    expect(play(coap, [[ORIG, GET]], elsewhere).verdict).toBe('match');
    expect(play(coap, [[ORIG, fromHex('4101 0001 aa')]], elsewhere).verdict).toBe('no');
    expect(play(coap, [[ORIG, fromHex('4101 0001 aa')]], udp).verdict).toBe('match');
  });

  it.each([
    ['another version', '8101 0001 aa'],
    ['a token of nine bytes', '4901 0001 aabbccddeeff001122'],
    ['a reserved code', '4121 0001 aa'],
    ['an empty message with more', '4100 0001 aa'],
    ['a marker without a payload', '4101 0001 aa ff'],
    ['an option that is longer than the message', '4101 0001 aa b9 61'],
    ['a reserved delta', '4101 0001 aa f1 61'],
    ['too many options', `4101 0001 aa ${'00'.repeat(70)}`],
  ])('%s is no message', (_what, bytes) => {
    expect(
      play(
        coap,
        [
          [ORIG, GET],
          [ORIG, fromHex(bytes)],
        ],
        udp,
      ).weirds,
    ).toEqual(['coap_invalid_message']);
  });

  it('bounds what waits for an answer', () => {
    const many = Array.from(
      { length: 257 },
      (_, i): Step => [
        ORIG,
        fromHex(`4201 ${(i + 1).toString(16).padStart(4, '0').repeat(2)} b1${hex('x')}`),
      ],
    );
    const played = play(coap, many, udp);
    expect([played.weirds, recordsOf(played, 'coap').length]).toEqual([['coap_pending_limit'], 257]);
  });

  describeDecoderLaws(coap, { session: SESSION }, udp);
});
