import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { dns } from '../../../src/protocols/naming/dns.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { fromHex, type PlayOptions, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { dnsMessage, encodedName, joined, overTcp, pointer, type Section, u16 } from './dns-bytes.ts';

const UDP: PlayOptions = { transport: 'udp' };
/** A port no protocol hints at. */
const ELSEWHERE: PlayOptions = { transport: 'udp', respPort: 40_001 };

const query = dnsMessage({ questions: [{ name: 'PACS.Clinic.example', type: 1 }] });
const reply = dnsMessage({
  flags: 0x8580,
  questions: [{ name: 'pacs.clinic.example', type: 1 }],
  answers: [
    { name: pointer(12), type: 5, ttl: 60, data: joined(encodedName('ct1').subarray(0, 4), pointer(17)) },
    { name: pointer(12), type: 1, ttl: 3600, data: Uint8Array.of(10, 1, 2, 3) },
  ],
});

const udpExchange: Step[] = [
  [ORIG, query],
  [RESP, reply],
];
const tcpExchange: Step[] = [
  [ORIG, overTcp(query)],
  [RESP, overTcp(reply)],
  [ORIG, overTcp(dnsMessage({ id: 7, questions: [{ name: 'a.example', type: 28 }] }))],
  [RESP, overTcp(dnsMessage({ id: 7, flags: 0x8183, questions: [{ name: 'a.example', type: 28 }] }))],
];

describeDecoderLaws(dns, { tcp: tcpExchange });
describeDecoderLaws(dns, { udp: udpExchange }, UDP);

/** The `answers` of a reply with these answer records. */
function answersOf(answers: readonly Section[], options: PlayOptions = UDP): unknown {
  const message = dnsMessage({ flags: 0x8180, questions: [{ name: 'q.example', type: 255 }], answers });
  const exchange: Step[] = [
    [ORIG, dnsMessage({ questions: [{ name: 'q.example', type: 255 }] })],
    [RESP, message],
  ];
  return recordsOf(play(dns, exchange, options), 'dns')[0]?.['answers'];
}

describe('dns records', () => {
  it('decodes a query and its reply into one record', () => {
    const played = play(dns, udpExchange, UDP);
    expect(recordsOf(played, 'dns')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        proto: 'udp',
        trans_id: 0x1234,
        rtt: 1,
        query: 'pacs.clinic.example',
        qclass: 1,
        qclass_name: 'C_INTERNET',
        qtype: 1,
        qtype_name: 'A',
        rcode: 0,
        rcode_name: 'NOERROR',
        AA: true,
        TC: false,
        RD: true,
        RA: true,
        Z: 0,
        answers: ['ct1.clinic.example', '10.1.2.3'],
        TTLs: [60, 3600],
        rejected: false,
        opcode: 0,
        opcode_name: 'query',
      },
    ]);
    expect(played.weirds).toEqual([]);
  });

  it('decodes several messages over TCP, and a refusal without answers', () => {
    const records = recordsOf(play(dns, tcpExchange), 'dns');
    expect(records.map(record => [record['query'], record['rcode_name'], record['rejected']])).toEqual([
      ['pacs.clinic.example', 'NOERROR', false],
      ['a.example', 'NXDOMAIN', true],
    ]);
    expect(records[1]).not.toHaveProperty('rtt');
    expect(records[1]?.['RA']).toBe(false);
  });

  it('gives out queries without a reply at the end, in order', () => {
    const steps: Step[] = [3, 1, 2].map(id => [
      ORIG,
      dnsMessage({ id, questions: [{ name: `n${id}.example`, type: 1 }] }),
    ]);
    const records = recordsOf(play(dns, steps, UDP), 'dns');
    expect(records.map(record => record['query'])).toEqual(['n3.example', 'n1.example', 'n2.example']);
    expect(records[0]).not.toHaveProperty('rcode');
  });

  it('pairs equal transaction identifiers first in, first out', () => {
    const ask = (name: string): Step => [ORIG, dnsMessage({ id: 9, questions: [{ name, type: 1 }] })];
    const answer = (last: number): Step => [
      RESP,
      dnsMessage({
        id: 9,
        flags: 0x8180,
        answers: [{ name: 'x', type: 1, data: Uint8Array.of(10, 0, 0, last) }],
      }),
    ];
    const records = recordsOf(
      play(dns, [ask('a.example'), ask('b.example'), answer(1), answer(2)], UDP),
      'dns',
    );
    expect(records.map(record => [record['query'], record['answers']])).toEqual([
      ['a.example', ['10.0.0.1']],
      ['b.example', ['10.0.0.2']],
    ]);
  });

  it('keeps a reply that no query was seen for, named by its first answer', () => {
    const records = recordsOf(play(dns, [[RESP, reply]], UDP), 'dns');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      query: 'pacs.clinic.example',
      answers: ['ct1.clinic.example', '10.1.2.3'],
    });
    expect(records[0]).not.toHaveProperty('rtt');
    expect(records[0]).not.toHaveProperty('qtype');
  });

  it.each<[string, Section, string]>([
    ['AAAA', { name: 'q', type: 28, data: fromHex('20010db8 00000000 00000000 00000001') }, '2001:db8::1'],
    ['NS', { name: 'q', type: 2, data: encodedName('ns.example') }, 'ns.example'],
    [
      'SOA',
      { name: 'q', type: 6, data: joined(encodedName('m.example'), encodedName('r'), new Uint8Array(20)) },
      'm.example',
    ],
    ['PTR', { name: 'q', type: 12, data: encodedName('host.example') }, 'host.example'],
    ['MX', { name: 'q', type: 15, data: joined(u16(10), encodedName('mail.example')) }, 'mail.example'],
    [
      'SRV',
      { name: 'q', type: 33, data: joined(u16(0, 5, 104), encodedName('pacs.example')) },
      'pacs.example',
    ],
    [
      'TXT',
      { name: 'q', type: 16, data: new Uint8Array(Buffer.from('\x03v=1\x05hello')) },
      'TXT 3 v=1 TXT 5 hello',
    ],
    ['SPF', { name: 'q', type: 99, data: new Uint8Array(Buffer.from('\x02ab')) }, 'SPF 2 ab'],
    ['LOC', { name: 'q', type: 29, data: Uint8Array.of(0, 18, 22, 19) }, 'LOC:  18 22 19'],
    ['DS', { name: 'q', type: 43, data: Uint8Array.of(0, 1, 8, 2, 0xaa) }, 'DS 8 2'],
    ['SSHFP', { name: 'q', type: 44, data: Uint8Array.of(1, 1, 0xab, 0xcd) }, 'SSHFP: abcd'],
    [
      'RRSIG',
      { name: 'q', type: 46, data: joined(u16(1), new Uint8Array(16), encodedName('')) },
      'RRSIG 1 <Root>',
    ],
    ['NSEC', { name: 'q', type: 47, data: encodedName('b.example') }, 'NSEC q b.example'],
    ['DNSKEY', { name: 'q', type: 48, data: Uint8Array.of(1, 0, 3, 13) }, 'DNSKEY 13'],
    ['NSEC3', { name: 'q', type: 50, data: Uint8Array.of(1) }, 'NSEC3'],
    [
      'NAPTR',
      {
        name: 'q',
        type: 35,
        data: joined(u16(1, 2), new Uint8Array(Buffer.from('\x01s\x03sip\x00')), encodedName('x.y')),
      },
      'NAPTR 1 2 s sip x.y',
    ],
    ['an unknown type', { name: 'q', type: 10, data: Uint8Array.of(1, 2) }, '<unknown type=10>'],
  ])('renders %s as Zeek does', (_type, section, text) => {
    expect(answersOf([section])).toEqual([text]);
  });

  it('reports a type it does not know', () => {
    const message = dnsMessage({ flags: 0x8180, answers: [{ name: 'q', type: 10, data: Uint8Array.of(1) }] });
    expect(play(dns, [[RESP, message]], UDP).weirds).toEqual(['DNS_RR_unknown_type']);
  });

  it('leaves out types that Zeek leaves out', () => {
    expect(answersOf([{ name: 'q', type: 65, data: Uint8Array.of(0, 1, 0) }])).toBeUndefined();
  });

  it('writes names that are not UTF-8 with escapes', () => {
    const name = joined(Uint8Array.of(2, 0x41, 0xe4, 0));
    const records = recordsOf(
      play(dns, [[ORIG, dnsMessage({ questions: [{ name, type: 10 }] })]], UDP),
      'dns',
    );
    expect(records[0]?.['query']).toBe('a\\xe4');
  });

  it('says what other operations are, and nothing of what they ask for', () => {
    const notify = dnsMessage({ flags: 4 << 11, questions: [{ name: 'zone.example', type: 6 }] });
    const [record] = recordsOf(play(dns, [[ORIG, notify]], UDP), 'dns');
    expect(record).toMatchObject({ opcode: 4, opcode_name: 'notify' });
    expect(record).not.toHaveProperty('query');
  });

  it('reads what a dynamic update requires and changes, and how the server took it', () => {
    const update = {
      flags: 5 << 11,
      questions: [{ name: 'clinic.example', type: 6 }],
      answers: [
        { name: 'PC1.clinic.example', type: 5, class: 254, ttl: 0 },
        { name: 'pc1.clinic.example', type: 255, class: 255, ttl: 0 },
        { name: 'pc1.clinic.example', type: 1, class: 1, ttl: 0, data: Uint8Array.of(10, 0, 0, 8) },
      ],
      authorities: [
        { name: 'pc1.clinic.example', type: 28, class: 255, ttl: 0 },
        { name: 'old.clinic.example', type: 255, class: 255, ttl: 0 },
        { name: 'pc1.clinic.example', type: 1, class: 254, ttl: 0, data: Uint8Array.of(10, 0, 0, 8) },
        { name: 'pc1.clinic.example', type: 1, ttl: 1200, data: Uint8Array.of(10, 0, 0, 9) },
      ],
    };
    const texts = [
      'pre: NoRRSet CNAME pc1.clinic.example',
      'pre: Name pc1.clinic.example',
      'pre: RRSet A pc1.clinic.example 10.0.0.8',
      'del: RRSet AAAA',
      'del: Name old.clinic.example',
      'del: A pc1.clinic.example 10.0.0.8',
      'add: A pc1.clinic.example 10.0.0.9',
    ];
    const reply: Step = [RESP, dnsMessage({ ...update, flags: 0xa805 })];
    const [record] = recordsOf(play(dns, [[ORIG, dnsMessage(update)], reply], UDP), 'dns');
    expect(record).toMatchObject({
      query: 'pc1.clinic.example',
      answers: texts,
      TTLs: [0, 0, 0, 0, 0, 0, 1200],
      rtt: 1,
      rcode_name: 'REFUSED',
      opcode_name: 'dynamic-update',
      rejected: false,
    });
    expect(record).not.toHaveProperty('qtype');
    expect(recordsOf(play(dns, [reply], UDP), 'dns')[0]).toMatchObject({ answers: texts });
  });

  it('caps the records of an update, and keeps those before damage', () => {
    const record: Section = { name: 'a.b', type: 1, class: 255, ttl: 0 };
    const flags = 5 << 11;
    const many = dnsMessage({ flags, authorities: Array.from({ length: 200 }, () => record) });
    const capped = play(dns, [[ORIG, many]], { ...UDP, probe: false });
    expect(recordsOf(capped, 'dns')[0]?.['answers']).toHaveLength(128);
    expect(capped.weirds).toEqual(['DNS_answer_limit']);
    const cut = dnsMessage({ flags, authorities: [record, record] }).subarray(0, -3);
    const damaged = play(dns, [[ORIG, cut]], { ...UDP, probe: false });
    expect(recordsOf(damaged, 'dns')[0]).toMatchObject({ query: 'a.b', answers: ['del: RRSet A'] });
    expect(damaged.weirds).toEqual(['DNS_truncated_ans_too_short']);
  });

  it.each([1, 2, 3, 9])('reports operation %i, which nobody uses, and reads no more', opcode => {
    const message = dnsMessage({ flags: opcode << 11, questions: [{ name: 'a', type: 1 }] });
    const played = play(dns, [[ORIG, message]], { ...UDP, probe: false });
    expect([played.records, played.weirds]).toEqual([[], ['DNS_unknown_opcode']]);
  });

  it('reads EDNS of the query, and what its reply adds', () => {
    const questions = [{ name: 'a.example', type: 1 }];
    const ecs = u16(8, 7, 1, 0x1800);
    const additionals: Section[] = [
      { name: 'x.example', type: 1, data: Uint8Array.of(10, 0, 0, 1) },
      {
        name: '',
        type: 41,
        class: 1232,
        ttl: 0x8000,
        data: joined(u16(10, 2, 0xabcd), ecs, Uint8Array.of(192, 0, 2)),
      },
    ];
    const bad: Section = { name: '', type: 41, class: 4096, ttl: 0x0105_0000 };
    const exchange: Step[] = [
      [ORIG, dnsMessage({ questions, additionals })],
      [RESP, dnsMessage({ questions, flags: 0x8180, authorities: [additionals[0]!], additionals: [bad] })],
    ];
    const played = play(dns, exchange, UDP);
    expect(recordsOf(played, 'dns')[0]).toMatchObject({
      edns_version: 0,
      edns_udp_size: 1232,
      edns_dnssec: true,
      edns_client_subnet: '192.0.2.0/24',
      edns_rcode: 16,
      rcode: 0,
    });
    expect(played.weirds).toEqual([]);
  });

  it('reads a client subnet of IPv6, and reports one that contradicts its length', () => {
    const ask = (data: Uint8Array) => {
      const additionals: Section[] = [{ name: '', type: 41, class: 512, ttl: 0, data }];
      return play(dns, [[ORIG, dnsMessage({ questions: [{ name: 'a', type: 1 }], additionals })]], UDP);
    };
    const six = ask(joined(u16(8, 8, 2, 0x2000), fromHex('20010db8')));
    expect(recordsOf(six, 'dns')[0]?.['edns_client_subnet']).toBe('2001:db8::/32');
    for (const data of [
      joined(u16(8, 8, 1, 0x1800), fromHex('c0000200')),
      joined(u16(8, 4, 3, 0)),
      joined(u16(8, 3, 1), Uint8Array.of(0)),
    ])
      expect(ask(data).weirds).toEqual(['EDNS_ECS_invalid']);
    expect(ask(u16(8, 20, 1)).weirds).toEqual(['EDNS_option_length_invalid']);
  });

  it.each<[string, Uint8Array, string[]]>([
    ['right parameters', joined(u16(1, 3), fromHex('026832'), u16(3, 2, 443)), []],
    ['a port of one byte', joined(u16(3, 1), Uint8Array.of(1)), ['DNS_SVCB_port_length_invalid']],
    ['a protocol that ends beyond', joined(u16(1, 3), fromHex('036832')), ['DNS_SVCB_alpn_length_invalid']],
    ['a parameter that ends beyond', u16(3, 9), ['DNS_RR_bad_length']],
  ])('reads over HTTPS records with %s', (_what, parameters, weirds) => {
    const data = joined(u16(1), encodedName(''), parameters);
    const message = dnsMessage({ flags: 0x8180, answers: [{ name: 'q', type: 65, data }] });
    expect(play(dns, [[RESP, message]], UDP).weirds).toEqual(weirds);
  });

  it('decodes NetBIOS names on their port', () => {
    const name = joined(Uint8Array.of(32), Buffer.from('FHEPFCELEHFCEPFFFACACACACACACABM'), Uint8Array.of(0));
    const ask = dnsMessage({ flags: 0x0110, questions: [{ name, type: 33 }] });
    const [record] = recordsOf(play(dns, [[ORIG, ask]], { transport: 'udp', respPort: 137 }), 'dns');
    expect(record).toMatchObject({
      query: 'WORKGROUP',
      qtype_name: 'NBSTAT',
      opcode_name: 'netbios-query',
      Z: 1,
    });
  });
});

describe('dns limits and damage', () => {
  const damaged = (message: Uint8Array) =>
    play(
      dns,
      [
        [ORIG, query],
        [RESP, message],
      ],
      UDP,
    );

  it.each<[string, Uint8Array, string]>([
    [
      'a pointer to itself',
      dnsMessage({ flags: 0x8180, answers: [{ name: pointer(12), type: 1 }] }),
      'DNS_label_forward_compress_offset',
    ],
    [
      'a pointer into its own labels',
      dnsMessage({
        flags: 0x8180,
        answers: [{ name: joined(Uint8Array.of(1, 0x61), pointer(12)), type: 1 }],
      }),
      'DNS_label_forward_compress_offset',
    ],
    [
      'a pointer forward',
      dnsMessage({ flags: 0x8180, answers: [{ name: pointer(100), type: 1 }] }),
      'DNS_label_forward_compress_offset',
    ],
    [
      'a label of 64 bytes',
      dnsMessage({
        flags: 0x8180,
        answers: [{ name: joined(Uint8Array.of(64), new Uint8Array(64)), type: 1 }],
      }),
      'DNS_label_too_long',
    ],
    [
      'a name of more than 255 bytes',
      dnsMessage({
        flags: 0x8180,
        answers: [{ name: encodedName(Array(5).fill('a'.repeat(63)).join('.')), type: 1 }],
      }),
      'DNS_NAME_too_long',
    ],
    [
      'a label beyond the message',
      dnsMessage({ flags: 0x8180, counts: [0, 1, 0, 0] }),
      'DNS_label_len_gt_pkt',
    ],
    [
      'a record without its header',
      joined(dnsMessage({ flags: 0x8180, counts: [0, 1, 0, 0] }), Uint8Array.of(0, 0)),
      'DNS_truncated_ans_too_short',
    ],
    [
      'data beyond the message',
      joined(
        dnsMessage({ flags: 0x8180, counts: [0, 1, 0, 0] }),
        Uint8Array.of(0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 9),
      ),
      'DNS_truncated_RR_rdlength_lt_len',
    ],
    [
      'an address of five bytes',
      dnsMessage({ flags: 0x8180, answers: [{ name: 'x', type: 1, data: new Uint8Array(5) }] }),
      'DNS_RR_bad_length',
    ],
    [
      'text beyond its record',
      dnsMessage({ flags: 0x8180, answers: [{ name: 'x', type: 16, data: Uint8Array.of(9, 65) }] }),
      'DNS_TXT_char_str_past_rdlen',
    ],
    ['too many questions', dnsMessage({ flags: 0x8180, counts: [26, 0, 0, 0] }), 'DNS_Conn_count_too_large'],
    ['less than a header', query.subarray(0, 11), 'DNS_truncated_len_lt_hdr_len'],
  ])('reports %s', (_what, message, weird) => {
    expect(damaged(message).weirds).toEqual([weird]);
  });

  it('keeps the answers before the damage', () => {
    const message = dnsMessage({
      flags: 0x8180,
      answers: [
        { name: 'x', type: 1, data: Uint8Array.of(10, 0, 0, 1) },
        { name: pointer(500), type: 1, data: Uint8Array.of(10, 0, 0, 2) },
      ],
    });
    expect(recordsOf(damaged(message), 'dns')[0]?.['answers']).toEqual(['10.0.0.1']);
  });

  it('caps the answers of one message at 128', () => {
    const answers = Array.from(
      { length: 200 },
      (_, i): Section => ({ name: 'x', type: 1, data: Uint8Array.of(10, 0, 0, i) }),
    );
    const played = play(
      dns,
      [
        [ORIG, query],
        [RESP, dnsMessage({ flags: 0x8180, answers })],
      ],
      UDP,
    );
    expect(recordsOf(played, 'dns')[0]?.['answers']).toHaveLength(128);
    expect(played.weirds).toEqual(['DNS_answer_limit']);
  });

  it('gives out waiting queries when 64 wait, and loses none', () => {
    const steps: Step[] = Array.from({ length: 150 }, (_, id) => [
      ORIG,
      dnsMessage({ id, questions: [{ name: `n${id}.example`, type: 1 }] }),
    ]);
    const played = play(dns, steps, UDP);
    expect(recordsOf(played, 'dns').map(record => record['trans_id'])).toEqual(steps.map((_, id) => id));
    expect(played.weirds).toEqual(['DNS_pending_limit']);
  });

  it('ends at a TCP length that is no message', () => {
    const played = play(dns, [[ORIG, joined(overTcp(query), u16(3), new Uint8Array(40))]]);
    expect(recordsOf(played, 'dns')).toHaveLength(1);
    expect([played.end, played.weirds]).toEqual(['done', ['DNS_truncated_len_lt_hdr_len']]);
  });

  it('takes linear time for names that point to names that point to names', () => {
    const chain = (count: number) => {
      const names: Section[] = [{ name: 'a', type: 16, data: Uint8Array.of(0) }];
      let at = 12;
      for (let i = 1; i < count; i++) {
        names.push({ name: pointer(at), type: 16, data: Uint8Array.of(0) });
        at += i === 1 ? 14 : 13;
      }
      return overTcp(dnsMessage({ flags: 0x8180, answers: names.slice(0, 1000) }));
    };
    const unit = chain(1000);
    expectLinear(n => play(dns, [[RESP, repeated(unit, n)]], { probe: false }), 200_000);
  });

  it('takes linear time in one-byte segments', () => {
    expectLinear(n => play(dns, [[ORIG, repeated(overTcp(query), n)]], { segment: 1 }), 4000);
  });
});

describe('dns probe', () => {
  it('recognises a whole message on any port', () => {
    expect(play(dns, udpExchange, ELSEWHERE).verdict).toBe('match');
    expect(play(dns, tcpExchange, { respPort: 40_001 }).verdict).toBe('match');
  });

  it.each<[string, Uint8Array]>([
    ['bytes behind the message', joined(query, Uint8Array.of(0))],
    ['a missing byte', query.subarray(0, query.length - 1)],
    [
      'an operation that is not assigned',
      dnsMessage({ flags: 3 << 11, questions: [{ name: 'a', type: 1 }] }),
    ],
    ['a class that is not assigned', dnsMessage({ questions: [{ name: 'a', type: 1, class: 77 }] })],
    ['type 0', dnsMessage({ questions: [{ name: 'a', type: 0 }] })],
    ['no records', dnsMessage({ flags: 0x8180 })],
  ])('declines %s elsewhere', (_what, message) => {
    expect(play(dns, [[ORIG, message]], ELSEWHERE).verdict).toBe('no');
  });

  it('takes damaged messages on its own port', () => {
    expect(play(dns, [[ORIG, query.subarray(0, query.length - 1)]], UDP).verdict).toBe('match');
  });

  it('does not claim random datagrams', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), bytes => {
        expect(play(dns, [[ORIG, bytes]], ELSEWHERE).verdict).toBe('no');
      }),
      { numRuns: 2000 },
    );
  });
});
