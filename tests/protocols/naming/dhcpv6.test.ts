import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dhcpv6 } from '../../../src/protocols/naming/dhcpv6.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { fromHex, type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { type Option, v6Message, v6Options, v6Relayed } from './dhcp-bytes.ts';
import { encodedName, joined, u16 } from './dns-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const DUID: Option = [1, fromHex('0001 0001 1db8e6fb 020000000009')];
const SERVER: Option = [2, fromHex('0003 0001 0200000000aa')];
const ADDRESS = fromHex('20010db8 00000000 00000000 00000007');
const lifetimes = fromHex('00000708 00000e10');
const association = (...options: Option[]): Option => [
  3,
  joined(fromHex('0a0b0c0d 00000000 00000000'), v6Options(options)),
];

const exchange: Step[] = [
  [
    ORIG,
    v6Message(1, [
      DUID,
      association(),
      [6, u16(23, 24)],
      [16, joined(fromHex('00000137'), u16(4), Buffer.from('MSFT'))],
      [39, joined(Uint8Array.of(0), encodedName('Pump-7.ward.example'))],
      [112, 'https://maker.example/pump.json'],
    ]),
  ],
  [
    RESP,
    v6Message(2, [
      DUID,
      SERVER,
      association([5, joined(ADDRESS, lifetimes)]),
      [
        25,
        joined(
          fromHex('00000001 00000000 00000000'),
          v6Options([[26, joined(lifetimes, Uint8Array.of(56), ADDRESS)]]),
        ),
      ],
      [23, ADDRESS],
      [13, u16(2)],
    ]),
  ],
];

describeDecoderLaws(dhcpv6, { exchange }, UDP);

describe('dhcpv6 records', () => {
  it('makes one record of a transaction', () => {
    const played = play(dhcpv6, exchange, UDP);
    expect(recordsOf(played, 'dhcpv6')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        uids: ['Cfake'],
        frame: 1,
        client_addr: '10.0.0.1',
        server_addr: '10.0.0.2',
        mac: '02:00:00:00:00:09',
        client_duid: '000100011db8e6fb020000000009',
        server_duid: '000300010200000000aa',
        iaids: ['0a0b0c0d', '00000001'],
        client_fqdn: 'pump-7.ward.example',
        assigned_addrs: ['2001:db8::7'],
        assigned_prefixes: ['2001:db8::7/56'],
        lease_time: 3600,
        status: 'NoAddrsAvail',
        msg_types: ['SOLICIT', 'ADVERTISE'],
        duration: 1,
        parameter_list: '23,24',
        enterprise: 311,
        vendor_class: 'MSFT',
        mud_url: 'https://maker.example/pump.json',
        dns_servers: ['2001:db8::7'],
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('unwraps what relays pass on', () => {
    const link = fromHex('20010db8 00000000 00000000 00000001');
    const peer = fromHex('fe800000 00000000 00000000 00000009');
    const ask = v6Relayed(12, new Uint8Array(16), link, v6Relayed(12, link, peer, v6Message(3, [DUID])));
    const answer = v6Relayed(13, link, peer, v6Message(7, [DUID, SERVER]));
    const steps: Step[] = [
      [ORIG, ask],
      [RESP, answer],
    ];
    const [record] = recordsOf(play(dhcpv6, steps, UDP), 'dhcpv6');
    expect(record).toMatchObject({
      client_addr: 'fe80::9',
      relay_addr: '2001:db8::1',
      msg_types: ['REQUEST', 'REPLY'],
    });
    expect(record).not.toHaveProperty('server_addr');
  });

  it('has the hardware address from identifiers that hold one, and from relays', () => {
    const mac = (...options: Option[]) =>
      recordsOf(play(dhcpv6, [[ORIG, v6Message(11, options)]], UDP), 'dhcpv6')[0]?.['mac'];
    expect(mac([1, fromHex('0003 0001 020000000005')])).toBe('02:00:00:00:00:05');
    expect(mac([1, fromHex('0002 00000137 0203')])).toBeUndefined();
    expect(mac([1, fromHex('0002 00000137 0203')], [79, fromHex('0001 020000000006')])).toBe(
      '02:00:00:00:00:06',
    );
  });

  it('lists addresses asked for, temporary ones too', () => {
    const temporary: Option = [4, joined(fromHex('00000002'), v6Options([[5, joined(ADDRESS, lifetimes)]]))];
    const [record] = recordsOf(play(dhcpv6, [[ORIG, v6Message(5, [DUID, temporary])]], UDP), 'dhcpv6');
    expect(record).toMatchObject({ requested_addrs: ['2001:db8::7'], iaids: ['00000002'] });
  });
});

describe('dhcpv6 limits and damage', () => {
  const weirds = (message: Uint8Array) => play(dhcpv6, [[ORIG, message]], { ...UDP, probe: false }).weirds;
  const nested = (depth: number): Uint8Array =>
    depth === 0
      ? v6Message(1, [DUID])
      : v6Relayed(12, new Uint8Array(16), new Uint8Array(16), nested(depth - 1));

  it.each<[string, Uint8Array, string]>([
    ['a type that is not assigned', v6Message(60, []), 'DHCPv6_invalid_message'],
    ['too many relays', nested(9), 'DHCPv6_invalid_message'],
    ['a relay without a message', nested(1).subarray(0, 36), 'DHCPv6_invalid_message'],
    ['an option beyond the end', v6Message(1, [DUID]).subarray(0, -1), 'DHCPv6_truncated_option'],
    ['too many options', v6Message(1, Array(200).fill([8, [0, 0]])), 'DHCPv6_option_limit'],
  ])('reports %s', (_what, message, weird) => {
    expect(weirds(message)).toEqual([weird]);
  });

  it('counts nested options too', () => {
    let inner: Option = [8, [0, 0]];
    for (let i = 0; i < 200; i++) inner = association(inner);
    expect(weirds(v6Message(1, [inner]))).toEqual(['DHCPv6_option_limit']);
  });

  it('takes linear time', () => {
    const message = v6Message(1, [
      DUID,
      ...Array<Option>(100).fill(association([5, joined(ADDRESS, lifetimes)])),
    ]);
    expectLinear(n => play(dhcpv6, Array(Math.ceil(n / 1000)).fill([ORIG, message]), UDP), 40_000);
  });
});

describe('dhcpv6 probe', () => {
  it('recognises a whole message with an identifier on any port', () => {
    expect(play(dhcpv6, exchange, { ...UDP, respPort: 40_001 }).verdict).toBe('match');
    const anonymous: Step[] = [[ORIG, v6Message(11, [[6, u16(23)]])]];
    expect(play(dhcpv6, anonymous, { ...UDP, respPort: 40_001 }).verdict).toBe('no');
    expect(play(dhcpv6, anonymous, UDP).verdict).toBe('match');
  });

  it('does not claim random datagrams', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), bytes => {
        expect(play(dhcpv6, [[ORIG, bytes]], { ...UDP, respPort: 40_001 }).verdict).toBe('no');
      }),
      { numRuns: 2000 },
    );
  });
});
