import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { tftp } from '../../../src/protocols/remote/tftp.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { type Played, type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';

const UDP: PlayOptions = { transport: 'udp' };
const block = (number: number, length: number): Step => [
  RESP,
  `\0\x03${String.fromCharCode(number >> 8, number & 255)}${'x'.repeat(length)}`,
];
const ack = (number: number): Step => [ORIG, `\0\x04${String.fromCharCode(number >> 8, number & 255)}`];
const READ: Step = [ORIG, '\0\x01pump/firmware.bin\0octet\0'];
const SAME_FLOW: Step[] = [
  [ORIG, '\0\x01firmware.bin\0octet\0blksize\x001024\0tsize\x000\0'],
  [RESP, '\0\x06blksize\x001024\0tsize\x001100\0'],
  ack(0),
  block(1, 1024),
  ack(1),
  block(2, 76),
  ack(2),
];

describeDecoderLaws(tftp, { 'on one flow': SAME_FLOW, 'a request alone': [READ] }, UDP);

const rows = (played: Played) => recordsOf(played, 'tftp').map(({ ts, frame, ...row }) => row);

describe('tftp', () => {
  it('tells of a transfer on the flow of its request', () => {
    const played = play(tftp, SAME_FLOW, UDP);
    expect(rows(played)).toMatchObject([
      { wrq: false, fname: 'firmware.bin', mode: 'octet', size: 1100, block_sent: 2, block_acked: 2 },
    ]);
    expect(recordsOf(played, 'files')).toMatchObject([
      {
        source: 'TFTP',
        filename: 'firmware.bin',
        seen_bytes: 1100,
        total_bytes: 1100,
        fuid: rows(played)[0]!['fuid'],
      },
    ]);
  });

  it('announces the transfer, which completes the record', () => {
    const request = play(tftp, [READ], UDP);
    const [expectation] = request.expectations;
    expect(expectation).toMatchObject({ transport: 'udp', host: '10.0.0.1', port: 40_000, protocol: 'tftp' });
    expect(rows(request)).toMatchObject([{ fname: 'pump/firmware.bin', size: 0, block_sent: 0 }]);
  });

  it('takes over the record when the transfer outlives its request', () => {
    const state = { flow: undefined as unknown };
    // The transfer begins while the request's flow is still open.
    const request = play({ ...tftp, close: closing => Object.assign(state, { closing }) }, [READ], UDP);
    const memo = request.expectations[0]!.memo;
    Object.assign(memo as object, { requestUid: 'Crequest', orphaned: true });
    const transfer = play(tftp, [block(1, 512), ack(1), block(2, 10), ack(2)], {
      ...UDP,
      probe: false,
      expected: memo,
    });
    expect(rows(transfer)).toMatchObject([
      { fname: 'pump/firmware.bin', uid_data: 'Cfake', size: 522, block_sent: 2, block_acked: 2 },
    ]);
    expect(recordsOf(transfer, 'files')).toMatchObject([{ filename: 'firmware.bin', seen_bytes: 522 }]);
  });

  it.each<[string, Step[], Record<string, unknown>]>([
    [
      'an error',
      [READ, [RESP, '\0\x05\0\x01File not found\0']],
      { error_code: 1, error_msg: 'File not found' },
    ],
    [
      'blocks that come again',
      [READ, block(1, 512), block(1, 512), block(2, 5)],
      { size: 517, block_sent: 2 },
    ],
    ['a block that is lost', [READ, block(1, 512), block(3, 5)], { size: 517, block_sent: 3 }],
    ['numbers that wrap', [READ, block(32_000, 0), block(64_000, 0), block(5, 0)], { block_sent: 65_541 }],
    [
      'writing',
      [
        [ORIG, '\0\x02a.cfg\0NetASCII\0'],
        [RESP, '\0\x04\0\0'],
        [ORIG, '\0\x03\0\x01abc'],
        [RESP, '\0\x04\0\x01'],
      ],
      { wrq: true, mode: 'netascii', size: 3, block_acked: 1 },
    ],
  ])('tells of %s', (_what, exchange, expected) => {
    expect(rows(play(tftp, exchange, UDP))).toMatchObject([expected]);
  });

  it('begins another record with another request', () => {
    expect(rows(play(tftp, [READ, READ, [ORIG, '\0\x01b\0octet\0']], UDP)).map(row => row['fname'])).toEqual([
      'pump/firmware.bin',
      'b',
    ]);
  });

  it('reports an opcode that there is not', () => {
    expect(play(tftp, [READ, [RESP, '\0\x09\0\0']], UDP).weirds).toEqual(['tftp_unknown_opcode']);
  });

  it.each<[string, string, number, string]>([
    ['a request', '\0\x01a\0octet\0', 69, 'match'],
    ['a request elsewhere', '\0\x02a\0octet\0', 9, 'match'],
    ['another mode', '\0\x01a\0other\0', 69, 'no'],
    ['no name', '\0\x01\0octet\0', 69, 'no'],
    ['no end', '\0\x01a\0octet', 69, 'no'],
    ['data', '\0\x03\0\x01octet\0', 69, 'no'],
  ])('sees %s', (_what, datagram, respPort, verdict) => {
    expect(play(tftp, [[ORIG, datagram]], { ...UDP, respPort }).verdict).toBe(verdict);
  });
});
