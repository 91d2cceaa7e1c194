import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../../src/model/protocol.ts';
import { wireguard } from '../../../../src/protocols/remote/vpn/wireguard.ts';
import { describeDecoderLaws } from '../../../support/decoder-laws.ts';
import { fromHex, play, recordsOf, type Step } from '../../../support/fake-flow.ts';

const udp = { transport: 'udp' } as const;
/** Bytes that look random, behind a head. */
const noise = (head: string, size: number) => {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 151 + 77) & 0xff);
  bytes.set(fromHex(head));
  return bytes;
};

describe('wireguard', () => {
  const SESSION: readonly Step[] = [
    [ORIG, noise('01000000', 148)],
    [RESP, noise('02000000', 92)],
    [ORIG, noise('04000000 11111111 0000000000000000', 128)],
  ];

  it('makes one record of a tunnel, and says whether anybody answers', () => {
    expect(recordsOf(play(wireguard, SESSION, udp), 'vpn')).toMatchObject([
      { protocol: 'wireguard', answered: true },
    ]);
    expect(recordsOf(play(wireguard, SESSION.slice(0, 1), udp), 'vpn')).toMatchObject([{ answered: false }]);
    const insisting = Array.from({ length: 20 }, (): Step => SESSION[0]!);
    expect(recordsOf(play(wireguard, insisting, udp), 'vpn')).toHaveLength(1);
  });

  it('is recognised by the size of its handshake, by data on its port only', () => {
    expect(play(wireguard, [[ORIG, noise('01000000', 147)]], udp).verdict).toBe('no');
    expect(play(wireguard, [SESSION[2]!], udp).verdict).toBe('match');
    expect(play(wireguard, [SESSION[2]!], { ...udp, respPort: 999 }).verdict).toBe('no');
  });

  describeDecoderLaws(wireguard, { session: SESSION }, udp);
});
