import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dhcp } from '../../../src/protocols/naming/dhcp.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { type DhcpParts, dhcpMessage, type Option } from './dhcp-bytes.ts';
import { encodedName, joined } from './dns-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const REPLY = { op: 2, yiaddr: [10, 0, 0, 1] } as const;

const exchange: Step[] = [
  [
    ORIG,
    dhcpMessage({
      options: [
        [53, [1]],
        [61, [1, 2, 0, 0, 0, 0, 9]],
        [12, 'pump-7'],
        [50, [10, 0, 0, 77]],
        [55, [1, 3, 6, 15]],
        [60, 'udhcp 1.30.1'],
        [81, joined(Uint8Array.of(4, 0, 0), encodedName('Pump-7.ward.example'))],
        [161, 'https://maker.example/pump.json'],
      ],
    }),
  ],
  [
    RESP,
    dhcpMessage({
      ...REPLY,
      file: 'boot/pxe.0',
      options: [
        [53, [2]],
        [54, [10, 0, 0, 2]],
        [51, [0, 0, 14, 16]],
        [3, [10, 0, 0, 254]],
        [6, [10, 0, 0, 3, 10, 0, 0, 4]],
        [15, 'ward.example'],
        [66, 'tftp.example'],
      ],
    }),
  ],
];

describeDecoderLaws(dhcp, { exchange }, UDP);

const recordOf = (parts: DhcpParts, direction: 0 | 1 = ORIG) =>
  recordsOf(play(dhcp, [[direction, dhcpMessage(parts)]], UDP), 'dhcp')[0];
const withOptions = (...options: Option[]) => recordOf({ options: [[53, [3]], ...options] });

describe('dhcp records', () => {
  it('makes one record of a transaction', () => {
    const played = play(dhcp, exchange, UDP);
    expect(recordsOf(played, 'dhcp')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        uids: ['Cfake'],
        frame: 1,
        client_addr: '10.0.0.1',
        server_addr: '10.0.0.2',
        mac: '02:00:00:00:00:09',
        host_name: 'pump-7',
        client_fqdn: 'pump-7.ward.example',
        domain: 'ward.example',
        requested_addr: '10.0.0.77',
        assigned_addr: '10.0.0.1',
        lease_time: 3600,
        msg_types: ['DISCOVER', 'OFFER'],
        duration: 1,
        parameter_list: '1,3,6,15',
        vendor_class: 'udhcp 1.30.1',
        client_id: '02:00:00:00:00:09',
        mud_url: 'https://maker.example/pump.json',
        server_id: '10.0.0.2',
        routers: ['10.0.0.254'],
        dns_servers: ['10.0.0.3', '10.0.0.4'],
        tftp_server: 'tftp.example',
        boot_file: 'boot/pxe.0',
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('takes the client from the message, whichever side sent it', () => {
    expect(recordOf({ ...REPLY, options: [[53, [5]]] }, ORIG)).toMatchObject({
      server_addr: '10.0.0.1',
      client_addr: '10.0.0.1',
      msg_types: ['ACK'],
    });
  });

  it('does not take a relay for the client', () => {
    const relayed = recordOf({ giaddr: [10, 9, 9, 9], ciaddr: [10, 9, 0, 5] });
    expect(relayed).toMatchObject({ relay_addr: '10.9.9.9', client_addr: '10.9.0.5' });
    expect(recordOf({ giaddr: [10, 9, 9, 9] })).not.toHaveProperty('client_addr');
  });

  it('keeps transactions apart', () => {
    const steps: Step[] = [1, 2].map(xid => [ORIG, dhcpMessage({ xid })]);
    steps.push([ORIG, dhcpMessage({ xid: 1, mac: [2, 0, 0, 0, 0, 10] })]);
    expect(recordsOf(play(dhcp, steps, UDP), 'dhcp')).toHaveLength(3);
  });

  it.each<[string, Option, Record<string, unknown>]>([
    ['a client identifier that is a name', [61, '\0pump'], { client_id: 'pump', mac: '02:00:00:00:00:09' }],
    ['a client identifier of other bytes', [61, [255, 1, 2]], { client_id: 'ff0102' }],
    ['a full name as text', [81, '\x01\0\0pc.example'], { client_fqdn: 'pc.example' }],
    ['a name with zeros behind it', [12, 'pc\0\0'], { host_name: 'pc' }],
    ['why the client declined', [56, 'in use'], { client_message: 'in use' }],
  ])('reads %s', (_what, option, expected) => {
    expect(withOptions(option)).toMatchObject(expected);
  });

  it('keeps no more than eight routers', () => {
    const options: Option[] = [
      [53, [2]],
      [3, new Uint8Array(40)],
    ];
    expect(recordOf({ ...REPLY, options })?.['routers']).toHaveLength(8);
  });

  it('reads a hardware address that is no Ethernet address', () => {
    expect(recordOf({ htype: 6 })).toMatchObject({ mac: '020000000009' });
    expect(recordOf({ mac: [] })).not.toHaveProperty('mac');
  });

  it('names types of messages, and numbers those without a name', () => {
    const steps: Step[] = [8, 7, 99].map(type => [ORIG, dhcpMessage({ options: [[53, [type]]] })]);
    expect(recordsOf(play(dhcp, steps, UDP), 'dhcp')[0]?.['msg_types']).toEqual([
      'INFORM',
      'RELEASE',
      'unknown-99',
    ]);
  });

  it('reads options that stand in the header', () => {
    const file = Uint8Array.of(12, 2, 0x70, 0x63, 255);
    const record = recordOf({
      file,
      options: [
        [53, [1]],
        [52, [1]],
      ],
    });
    expect(record).toMatchObject({ host_name: 'pc' });
    expect(record).not.toHaveProperty('boot_file');
  });
});

describe('dhcp limits and damage', () => {
  const weirds = (message: Uint8Array) => play(dhcp, [[ORIG, message]], { ...UDP, probe: false }).weirds;

  it.each<[string, Uint8Array, string]>([
    ['a wrong cookie', dhcpMessage({ cookie: [1, 2, 3, 4] }), 'DHCP_bad_cookie'],
    ['less than a header', dhcpMessage().subarray(0, 239), 'DHCP_truncated_header'],
    ['no type', dhcpMessage({ options: [] }), 'DHCP_no_type_option'],
    [
      'an option beyond the end',
      dhcpMessage({ options: [[12, 'abc']] }).subarray(0, -3),
      'DHCP_truncated_option',
    ],
    ['too many options', dhcpMessage({ options: Array(200).fill([12, 'a']) }), 'DHCP_option_limit'],
  ])('reports %s', (_what, message, weird) => {
    expect(weirds(message)).toEqual([weird]);
  });

  it('keeps what stood before the damage', () => {
    const message = dhcpMessage({
      options: [
        [53, [1]],
        [12, 'pc'],
        [15, 'x.y'],
      ],
    }).subarray(0, -3);
    const played = play(dhcp, [[ORIG, message]], UDP);
    expect(recordsOf(played, 'dhcp')[0]).toMatchObject({ host_name: 'pc', msg_types: ['DISCOVER'] });
  });

  it('takes linear time in options', () => {
    expectLinear(n => {
      const options = Array.from({ length: 100 }, (): Option => [55, new Uint8Array(200)]);
      const message = dhcpMessage({ options: [[53, [1]], ...options] });
      play(dhcp, Array(Math.ceil(n / 1000)).fill([ORIG, message]), UDP);
    }, 40_000);
  });
});

describe('dhcp probe', () => {
  it('recognises the cookie on any port, and a bare header on its own', () => {
    expect(play(dhcp, exchange, { ...UDP, respPort: 40_001 }).verdict).toBe('match');
    const bare = dhcpMessage({ cookie: [0, 0, 0, 0] });
    expect(play(dhcp, [[ORIG, bare]], UDP).verdict).toBe('match');
    expect(play(dhcp, [[ORIG, bare]], { ...UDP, respPort: 40_001 }).verdict).toBe('no');
    expect(play(dhcp, [[ORIG, dhcpMessage({ op: 3 })]], UDP).verdict).toBe('no');
  });
});
