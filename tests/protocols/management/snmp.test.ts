import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { snmp } from '../../../src/protocols/management/snmp.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type PlayOptions, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined, sequence, tlv } from '../ber-bytes.ts';
import {
  binding,
  DESCRIPTION,
  LINK_DOWN,
  message,
  NULL,
  octets,
  oid,
  pdu,
  TRAP_OID,
  trapV1,
  UPTIME,
  v3,
} from './snmp-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
const ELSEWHERE: PlayOptions = { transport: 'udp', respPort: 40_001 };

const asked = binding(DESCRIPTION, NULL);
const get = message(1, 'public', pdu(0, asked, binding(UPTIME, NULL)));
const response = message(
  1,
  'public',
  pdu(2, binding(DESCRIPTION, octets('Pump Gateway 2.1')), binding(UPTIME, [0x43, 2, 0x04, 0xd3])),
);
const exchange: Step[] = [
  [ORIG, get],
  [RESP, response],
];
const closed = v3({ flags: 3, user: 'canary-user', operation: new Uint8Array(24).fill(7) });
const opened = v3({ flags: 0, user: 'canary-user', operation: pdu(0, asked) });

describeDecoderLaws(
  snmp,
  {
    exchange,
    trap: [[ORIG, message(0, 'public', trapV1())]],
    v3: [
      [ORIG, opened],
      [ORIG, closed],
    ],
  },
  UDP,
);

const recordOf = (...messages: Uint8Array[]) =>
  recordsOf(
    play(
      snmp,
      messages.map((bytes): Step => [ORIG, bytes]),
      UDP,
    ),
    'snmp',
  )[0];

describe('snmp records', () => {
  it('makes one of a session', () => {
    const played = play(snmp, exchange, UDP);
    expect(recordsOf(played, 'snmp')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        duration: 1,
        version: '2c',
        community: 'public',
        get_requests: 2,
        get_bulk_requests: 0,
        get_responses: 2,
        set_requests: 0,
        display_string: 'Pump Gateway 2.1',
        // 1235 hundredths before the response.
        up_since: { sec: 1_700_000_001 - 13, nsec: 650_000_000 },
        traps: 0,
      },
    ]);
    expect(played.software).toEqual([{ side: RESP, type: 'SNMP::AGENT', text: 'Pump Gateway 2.1' }]);
    expect(played.logins).toEqual([
      { protocol: 'snmp', user: 'public', secret: 'public', secretKind: 'community', success: undefined },
    ]);
  });

  it('says what an agent answers about itself, and not what is set', () => {
    const variables = [
      binding([0x2b, 6, 1, 2, 1, 1, 2, 0], oid([0x2b, 6, 1, 4, 1, 9, 1, 1])),
      binding([0x2b, 6, 1, 2, 1, 1, 5, 0], octets('sw-ward3')),
      binding([0x2b, 6, 1, 2, 1, 47, 1, 1, 1, 1, 11, 1], octets('FOC123')),
      binding([0x2b, 6, 1, 2, 1, 47, 1, 1, 1, 1, 14, 1], octets('alias')),
    ];
    const told = (kind: number) =>
      play(snmp, [[RESP, message(1, 'public', pdu(kind, ...variables))]], UDP).identities;
    expect(told(2)).toEqual([
      { side: RESP, attribute: 'type', value: 'oid:1.3.6.1.4.1.9.1.1' },
      { side: RESP, attribute: 'name', value: 'sw-ward3' },
      { side: RESP, attribute: 'serial', value: 'FOC123' },
    ]);
    expect(told(3)).toEqual([]);
  });

  it('shows no community but those that products ship with', () => {
    const played = play(snmp, [[ORIG, message(0, 'canary', pdu(0, asked))]], UDP);
    expect(recordsOf(played, 'snmp')[0]).toMatchObject({
      version: '1',
      community_token: { kind: 'community' },
    });
    expect(recordsOf(played, 'snmp')[0]).not.toHaveProperty('community');
    expect(played.logins).toEqual([
      { protocol: 'snmp', user: undefined, secret: 'canary', secretKind: 'community', success: undefined },
    ]);
    expect(shownText(played)).not.toContain('canary');
  });

  it('reports each community of a flow once, and no more than sixteen', () => {
    const tries = Array.from(
      { length: 40 },
      (_, i): Step => [ORIG, message(1, `guess${i >> 1}`, pdu(0, asked))],
    );
    expect(play(snmp, tries, UDP).logins).toHaveLength(16);
  });

  it('counts variables by operation', () => {
    const kinds = [0, 1, 3, 5].map(kind => message(1, 'public', pdu(kind, asked, asked)));
    expect(recordOf(...kinds)).toMatchObject({ get_requests: 4, set_requests: 2, get_bulk_requests: 2 });
  });

  it('counts traps of all versions, and says what the first was', () => {
    const trap = pdu(7, binding(UPTIME, [0x43, 1, 5]), binding(TRAP_OID, oid(LINK_DOWN)));
    expect(recordOf(message(1, 'public', trap), message(1, 'public', pdu(6)))).toMatchObject({
      traps: 2,
      trap_oid: '1.3.6.1.6.3.1.1.5.3',
    });
    expect(recordOf(message(0, 'public', trapV1()))).toMatchObject({ traps: 1, trap_oid: '1.3.6.1.4.1.9' });
  });

  it('takes what an agent is only from its response', () => {
    expect(recordOf(message(1, 'public', pdu(3, binding(DESCRIPTION, octets('x')))))).not.toHaveProperty(
      'display_string',
    );
  });

  it('reads who speaks version 3, and how well protected at least', () => {
    const discovery = v3({ flags: 4, engine: [], operation: pdu(0) });
    const played = play(
      snmp,
      [discovery, closed, opened].map((bytes): Step => [ORIG, bytes]),
      UDP,
    );
    expect(recordsOf(played, 'snmp')[0]).toMatchObject({
      version: '3',
      engine_id: '80001f8801',
      security_level: 'noAuthNoPriv',
      user: { kind: 'user' },
      get_requests: 1,
    });
    expect(shownText(played)).not.toContain('canary');
    expect(played.weirds).toEqual([]);
    expect(recordOf(closed)).toMatchObject({ security_level: 'authPriv', get_requests: 0 });
    expect(recordOf(v3({ flags: 1, user: 'admin', operation: pdu(0, asked) }))).toMatchObject({
      account: 'admin',
      security_level: 'authNoPriv',
    });
  });

  it('tolerates other security models', () => {
    const record = recordOf(v3({ flags: 0, model: 4, user: 'canary', operation: pdu(0, asked) }));
    expect(record).toMatchObject({ version: '3', get_requests: 1 });
    expect(record).not.toHaveProperty('user');
  });
});

describe('snmp limits and damage', () => {
  it.each<[string, Uint8Array]>([
    ['an operation that there is not', message(1, 'public', tlv(0xaf))],
    ['a message that is cut', get.subarray(0, -4)],
    ['no sequence', octets('x')],
    ['version 2 as it never came to be', message(2, 'public', pdu(0))],
  ])('reports %s', (_what, bytes) => {
    const played = play(snmp, [[ORIG, bytes]], { ...UDP, probe: false });
    expect(played.weirds).toEqual(['SNMP_invalid_message']);
  });

  it('looks at 256 variables', () => {
    const many = message(1, 'public', pdu(2, ...Array<Uint8Array>(300).fill(asked)));
    expect(recordOf(many)).toMatchObject({ get_responses: 256 });
  });

  it('takes linear time', () => {
    const many = message(1, 'public', pdu(2, ...Array<Uint8Array>(300).fill(asked)));
    expectLinear(n => play(snmp, Array(Math.ceil(n / 1000)).fill([RESP, many]), UDP), 40_000);
  });
});

describe('snmp probe', () => {
  const verdict = (bytes: Uint8Array, options: PlayOptions) => play(snmp, [[ORIG, bytes]], options).verdict;

  it('recognises whole messages on any port', () => {
    for (const bytes of [get, response, closed, opened, message(0, 'public', trapV1())])
      expect(verdict(bytes, ELSEWHERE)).toBe('match');
  });

  it('takes damaged messages on its own port only', () => {
    for (const bytes of [get.subarray(0, -4), joined(get, [0])])
      expect([verdict(bytes, UDP), verdict(bytes, ELSEWHERE)]).toEqual(['match', 'no']);
    for (const bytes of [sequence([2, 1, 9]), octets('x'), sequence(octets('x'))])
      expect(verdict(bytes, UDP)).toBe('no');
  });

  it('does not claim random datagrams', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), bytes => {
        expect(verdict(bytes, ELSEWHERE)).toBe('no');
      }),
      { numRuns: 2000 },
    );
  });
});
