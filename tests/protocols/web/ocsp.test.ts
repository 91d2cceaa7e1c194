import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { http } from '../../../src/protocols/web/http.ts';
import { fromHex, play, recordsOf } from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';
import { bytes, u16 } from './ssl-bytes.ts';

/** One DER value. */
function der(tag: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const content = bytes(...parts);
  return content.length < 128
    ? bytes(tag, content.length, content)
    : bytes(tag, 0x82, u16(content.length), content);
}

const SEQUENCE = 0x30;
const time = (text: string): Uint8Array => der(0x18, text);
const SHA1 = der(SEQUENCE, fromHex('06052b0e03021a'), fromHex('0500'));

function answer(serial: string, status: Uint8Array): Uint8Array {
  const id = der(SEQUENCE, SHA1, der(4, fromHex('aa01')), der(4, fromHex('bb02')), der(2, fromHex(serial)));
  return der(SEQUENCE, id, status, time('20261127000000Z'), der(0xa0, time('20261201000000Z')));
}

const GOOD = fromHex('8000');
const REVOKED = der(0xa1, time('20260101000000Z'), der(0xa0, der(10, fromHex('01'))));

function response(...answers: Uint8Array[]): Uint8Array {
  const data = der(SEQUENCE, der(0xa2, der(4, 'key')), time('20261127010000Z'), der(SEQUENCE, ...answers));
  const basic = der(SEQUENCE, data, SHA1, der(3, fromHex('00')));
  const typed = der(SEQUENCE, fromHex('06092b0601050507300101'), der(4, basic));
  return der(SEQUENCE, der(10, fromHex('00')), der(0xa0, typed));
}

function rows(body: Uint8Array) {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: ${body.length}\r\n\r\n`;
  const played = play(http, [
    [ORIG, 'GET /x HTTP/1.1\r\n\r\n'],
    [RESP, concat(bytes(head), body)],
  ]);
  return { ocsp: recordsOf(played, 'ocsp'), files: recordsOf(played, 'files') };
}

describe('ocsp', () => {
  it('tells what an authority says of each certificate', () => {
    const { ocsp, files } = rows(response(answer('00f1e2', GOOD), answer('07', REVOKED)));
    expect(ocsp).toEqual([
      {
        ts: { sec: 1_700_000_001, nsec: 0 },
        frame: 2,
        id: files[0]?.['fuid'],
        hashAlgorithm: 'sha1',
        issuerNameHash: 'AA01',
        issuerKeyHash: 'BB02',
        serialNumber: 'F1E2',
        certStatus: 'good',
        thisUpdate: { sec: Date.UTC(2026, 10, 27) / 1000, nsec: 0 },
        nextUpdate: { sec: Date.UTC(2026, 11, 1) / 1000, nsec: 0 },
      },
      expect.objectContaining({
        serialNumber: '07',
        certStatus: 'revoked',
        revoketime: { sec: Date.UTC(2026, 0, 1) / 1000, nsec: 0 },
        revokereason: 'keyCompromise',
      }),
    ]);
    expect(files).toMatchObject([{ mime_type: 'application/ocsp-response' }]);
  });

  it('survives truncation and damage, and says nothing of a refusal', () => {
    const whole = response(answer('01', REVOKED));
    for (let length = 0; length < whole.length; length++) rows(whole.subarray(0, length));
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.slice();
      damaged[at]! ^= 0xff;
      rows(damaged);
    }
    expect(rows(der(SEQUENCE, der(10, fromHex('06')))).ocsp).toEqual([]);
  });

  it('keeps at most so many answers', () => {
    expect(rows(response(...Array.from({ length: 40 }, () => answer('01', GOOD)))).ocsp).toHaveLength(16);
  });
});
