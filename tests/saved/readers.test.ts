import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAMS } from '../../src/pipeline/streams.ts';
import { zeekText } from '../../src/report/zeek-tsv.ts';
import { findSaved } from '../../src/saved/inputs.ts';
import { MAX_LINE } from '../../src/saved/lines.ts';
import { readSaved } from '../../src/saved/read.ts';
import type { SavedRow } from '../../src/saved/row.ts';
import { savedFormat } from '../../src/saved/sniff.ts';
import { epochMoment, isoMoment } from '../../src/saved/values.ts';
import { tempFolder } from '../support/temp.ts';

const folder = tempFolder();
let files = 0;

/** Everything a file holds. */
async function read(content: string | Uint8Array, name = `conn.${++files}.log`) {
  const file = folder.write(name, content);
  const [input] = (await findSaved([file])).logs;
  if (input === undefined) throw new Error(`${name} is no saved log`);
  const rows: SavedRow[] = [];
  const reading = await readSaved(
    input,
    STREAMS,
    row => rows.push(row),
    () => {},
    undefined,
  );
  return { ...reading, rows, records: rows.map(row => row.record) };
}

function tsv(path: string, fields: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${path}`,
  ];
  return [
    ...head,
    `#fields\t${fields.join('\t')}`,
    ...rows.map(row => row.join('\t')),
    '#close\tnow',
    '',
  ].join('\n');
}

describe('what a file is', () => {
  it('shows in its first bytes, also below gzip', async () => {
    expect(savedFormat('#separator \\x09\n')).toBe('zeek_tsv');
    expect(savedFormat('{"ts":1.5,"uid":"C1"}\n')).toBe('zeek_json');
    expect(savedFormat('{"_path":"dns","ts":1}\n')).toBe('zeek_json');
    expect(savedFormat('{"timestamp":"2026-11-23T09:00:00Z","event_type":"flow"}')).toBe('eve_json');
    for (const other of ['', '{}', '{"a":1}', '[1]', 'ts uid', '\xd4\xc3\xb2\xa1'])
      expect(savedFormat(other)).toBeUndefined();
    const packed = await read(gzipSync(tsv('conn', ['ts', 'uid'], [['1.0', 'C1']])));
    expect(packed.records).toEqual([{ ts: { sec: 1, nsec: 0 }, uid: 'C1' }]);
  });

  it('of a directory only the logs count', async () => {
    folder.write('notes.txt', 'nothing');
    folder.write('dns.log', tsv('dns', ['ts'], [['1']]));
    const { logs, named, others } = await findSaved([
      folder.path,
      `${folder.path}/notes.txt`,
      '-',
      'missing',
    ]);
    expect(logs.map(({ file }) => file)).toContain(`${folder.path}/dns.log`);
    expect(logs.map(({ file }) => file)).not.toContain(`${folder.path}/notes.txt`);
    expect(named).toEqual([]);
    expect(others).toEqual([`${folder.path}/notes.txt`, '-', 'missing']);
  });
});

describe('times', () => {
  it('keep their digits', () => {
    expect(epochMoment('1795426200.123456789')).toEqual({ sec: 1795426200, nsec: 123456789 });
    expect(epochMoment('1795426200.1')).toEqual({ sec: 1795426200, nsec: 100000000 });
    expect(epochMoment('1795426200123')).toEqual({ sec: 1795426200, nsec: 123000000 });
    for (const no of ['', '-1', '1e9', '1.', 'x']) expect(epochMoment(no)).toBeUndefined();
    const nine = { sec: Date.parse('2026-11-23T08:00:00Z') / 1000, nsec: 251547000 };
    for (const text of [
      '2026-11-23T09:00:00.251547+0100',
      '2026-11-23T08:00:00.251547Z',
      '2026-11-23T08:00:00.251547',
    ])
      expect(isoMoment(text)).toEqual(nine);
  });
});

describe('Zeek’s tab-separated logs', () => {
  it('follow their header, whatever the separators', async () => {
    const text = [
      '#separator |',
      '#set_separator|;',
      '#empty_field|EMPTY',
      '#unset_field|?',
      '#path|dns',
      '#fields|ts|uid|unheard_of|query|answers|TTLs|AA|rtt|qtype',
      '1.5|C1|x|EMPTY|a;b|1.0;2.5|T|?|28',
    ].join('\n');
    const { records, left } = await read(text);
    expect(records).toEqual([
      {
        ts: { sec: 1, nsec: 500_000_000 },
        uid: 'C1',
        query: '',
        answers: ['a', 'b'],
        TTLs: [1, 2.5],
        AA: true,
        qtype: 28,
      },
    ]);
    expect(left.lines).toBe(0);
  });

  it('give back every text that our writer wrote', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 20 }), async text => {
        const { records } = await read(tsv('dns', ['ts', 'query'], [['1', zeekText(text)]]), 'dns.log');
        expect(records).toEqual([{ ts: { sec: 1, nsec: 0 }, query: text }]);
      }),
      { numRuns: 200 },
    );
  });

  it('count what is no record and go on', async () => {
    const good = ['2', 'C2'];
    const { records, left } = await read(
      tsv('conn', ['ts', 'uid'], [['1'], ['-', 'C1'], good, ['x', 'C3'], good]),
    );
    expect(records).toHaveLength(2);
    expect(left.lines).toBe(3);
    expect(left.first).toBe('line 7: 1 fields instead of 2');
    expect((await read('#separator \\x09\n1\tC1\n')).left.first).toBe('line 2: a record before #fields');
  });

  it('of streams that are not known are counted', async () => {
    const { records, left } = await read(tsv('notice', ['ts'], [['1'], ['2']]));
    expect(records).toEqual([]);
    expect([...left.streams]).toEqual([['notice', 2]]);
  });

  it('never reach the prototype', async () => {
    const { records } = await read(tsv('conn', ['ts', '__proto__', 'constructor'], [['1', 'x', 'y']]));
    expect(Object.keys(records[0]!)).toEqual(['ts']);
  });
});

describe('JSON lines', () => {
  it('are of the stream they name, or that their file is called after', async () => {
    const line = '{"ts":1795426200.123456789,"uid":"C1","id.resp_p":80,"local_orig":true,"vlan":"x"}';
    const { records, left, rows } = await read(line, 'conn.2026-11-23-09-00-00.log');
    expect(records).toEqual([
      { ts: { sec: 1795426200, nsec: 123456789 }, uid: 'C1', 'id.resp_p': 80, local_orig: true },
    ]);
    expect(left.values).toBe(1);
    expect(rows[0]!.own).toBe(false);
    const named = await read(
      '{"_path":"dns","ts":"2026-11-23T09:00:00Z","query":"a","capture":"x.pcap"}\nnull\n[]\n{"ts":',
      'x.json',
    );
    expect(named.rows.map(row => [row.schema.name, row.own])).toEqual([['dns', true]]);
    expect(named.left.lines).toBe(3);
  });
});

describe('EVE', () => {
  const head = {
    timestamp: '2026-11-23T09:00:05.000001+0100',
    flow_id: 586497171462735,
    src_ip: '10.0.0.5',
    src_port: 50096,
    dest_ip: '10.0.0.9',
    dest_port: 80,
    proto: 'TCP',
  };
  const flow = {
    uid: 'E586497171462735',
    'id.orig_h': '10.0.0.5',
    'id.orig_p': 50096,
    'id.resp_h': '10.0.0.9',
    'id.resp_p': 80,
  };
  const ts = { sec: Date.parse('2026-11-23T08:00:05Z') / 1000, nsec: 1000 };
  const eve = async (...events: readonly object[]) =>
    read(events.map(event => JSON.stringify({ ...head, ...event })).join('\n'), 'eve.json');

  it('flows are conn, with packets and without bytes', async () => {
    const { rows, records } = await eve({
      event_type: 'flow',
      app_proto: 'tls',
      vlan: [20],
      ether: { src_mac: '02:00:00:00:00:01' },
      flow: {
        pkts_toserver: 3,
        pkts_toclient: 2,
        bytes_toserver: 400,
        start: '2026-11-23T09:00:00.000000+0100',
        end: '2026-11-23T09:00:02.500000+0100',
      },
    });
    expect(rows[0]!.schema.name).toBe('conn');
    expect(records[0]).toEqual({
      ...flow,
      ts: { sec: ts.sec - 5, nsec: 0 },
      proto: 'tcp',
      service: 'ssl',
      duration: 2.5,
      orig_pkts: 3,
      resp_pkts: 2,
      vlan: 20,
      orig_l2_addr: '02:00:00:00:00:01',
    });
  });

  it('an answer of DNS is one record with its query, whichever side tells it', async () => {
    const asked = { src_port: 40000, dest_port: 53, proto: 'UDP', event_type: 'dns' };
    const answer = {
      type: 'answer',
      id: 7,
      rrname: 'A.example',
      rrtype: 'A',
      rcode: 'NOERROR',
      ra: true,
      answers: [{ rdata: '192.0.2.1', ttl: 60 }],
    };
    const turned = { src_ip: head.dest_ip, src_port: 53, dest_ip: head.src_ip, dest_port: 40000 };
    const { records } = await eve(
      { ...asked, dns: { type: 'query', id: 7, rrname: 'A.example', rrtype: 'A' } },
      { ...asked, ...turned, timestamp: '2026-11-23T09:00:05.250001+0100', dns: answer },
      {
        ...asked,
        dns: { version: 3, type: 'request', id: 8, queries: [{ rrname: 'b.example', rrtype: 'AAAA' }] },
      },
    );
    const ids = { ...flow, 'id.orig_p': 40000, 'id.resp_p': 53, proto: 'udp', ts };
    expect(records).toEqual([
      {
        ...ids,
        trans_id: 7,
        query: 'a.example',
        qtype_name: 'A',
        rcode_name: 'NOERROR',
        RA: true,
        answers: ['192.0.2.1'],
        TTLs: [60],
        rtt: 0.25,
      },
      { ...ids, trans_id: 8, query: 'b.example', qtype_name: 'AAAA' },
    ]);
  });

  it('http, tls, ssh, smtp, ftp and tftp have their streams', async () => {
    const { rows } = await eve(
      {
        event_type: 'http',
        http: {
          hostname: 'h',
          url: '/x',
          http_method: 'GET',
          protocol: 'HTTP/1.1',
          status: 200,
          length: 5,
          http_user_agent: 'u',
        },
      },
      { event_type: 'tls', tls: { sni: 'h', version: 'TLS 1.2', ja3: { hash: 'aa' }, ja4: 't13' } },
      {
        event_type: 'ssh',
        ssh: {
          client: { proto_version: '2.0', software_version: 'OpenSSH_9' },
          server: { proto_version: '2.0', software_version: 'x' },
        },
      },
      { event_type: 'smtp', smtp: { helo: 'me', mail_from: '<a@b>', rcpt_to: ['<c@d>'] } },
      {
        event_type: 'ftp',
        ftp: { command: 'RETR', command_data: 'f', reply: ['a', 'b'], completion_code: ['150', '226'] },
      },
      { event_type: 'tftp', tftp: { packet: 'write', file: 'f', mode: 'OCTET' } },
    );
    const own = rows.map(({ schema, record }) => [
      schema.name,
      Object.fromEntries(Object.entries(record).filter(([name]) => !(name in flow) && name !== 'ts')),
    ]);
    expect(own).toEqual([
      [
        'http',
        {
          method: 'GET',
          host: 'h',
          uri: '/x',
          version: '1.1',
          user_agent: 'u',
          status_code: 200,
          response_body_len: 5,
        },
      ],
      ['ssl', { server_name: 'h', version: 'TLSv12', ja3: 'aa', ja4: 't13' }],
      ['ssh', { version: 2, client: 'SSH-2.0-OpenSSH_9', server: 'SSH-2.0-x' }],
      ['smtp', { helo: 'me', mailfrom: '<a@b>', rcptto: ['<c@d>'] }],
      ['ftp', { command: 'RETR', arg: 'f', reply_code: 226, reply_msg: 'b' }],
      ['tftp', { wrq: true, fname: 'f', mode: 'octet' }],
    ]);
  });

  it('what has no stream, and passwords of FTP, are not taken', async () => {
    const { records, left } = await eve(
      { event_type: 'alert', alert: { signature: 'x' } },
      { event_type: '__proto__' },
      { event_type: 'ftp', ftp: { command: 'PASS', command_data: 'secret' } },
    );
    expect(records).toEqual([]);
    expect(left.streams.get('eve:alert')).toBe(1);
    expect(left.streams.get('eve:__proto__')).toBe(1);
  });
});

describe('damage', () => {
  const rows = Array.from({ length: 2000 }, (_, i) => [`${i}.5`, `C${i}`]);
  const text = tsv('conn', ['ts', 'uid'], rows);

  it('a cut gzip gives what came before', async () => {
    const packed = gzipSync(text);
    const { records, problem } = await read(packed.subarray(0, packed.length - 200));
    expect(records.length).toBeGreaterThan(100);
    expect(problem).toMatch(/^damaged gzip data behind line \d+$/);
  });

  it('a line without end stops a file', async () => {
    const { records, problem } = await read(`${text}${'x'.repeat(MAX_LINE + 10)}`);
    expect(records).toHaveLength(2000);
    expect(problem).toMatch(/is longer than 1048576 characters$/);
  });

  it('any bytes at all are read without a throw', async () => {
    const head = tsv('conn', ['ts', 'uid', 'vlan'], []);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(head, '{"ts":1}\n', '{"event_type":"flow","timestamp":"x"}\n'),
        async (noise, start) => {
          const { left } = await read(Buffer.concat([Buffer.from(start), noise]), 'noise.log');
          expect(left.lines).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('what a log lacks', () => {
  it('fields that are not known, and hosts that are missing, are told', async () => {
    const fields = ['ts', 'uid', 'id.orig_h', 'id.resp_q', 'unheard'];
    const { left } = await read(tsv('conn', fields, [['1', 'C1', '10.0.0.1', '10.0.0.2', 'x']]));
    expect([...left.fields]).toEqual(['conn.id.resp_q', 'conn.unheard']);
    expect([...left.missing]).toEqual([['conn without id.resp_h', 1]]);
    const json = await read('{"_path":"dns","ts":1,"query":"a","odd":1}', 'x.json');
    expect([...json.left.fields]).toEqual(['dns.odd']);
    expect([...json.left.missing.keys()]).toEqual(['dns without id.orig_h', 'dns without id.resp_h']);
    const files = await read('{"_path":"files","ts":1,"fuid":"F1"}', 'y.json');
    expect(files.left.missing.size).toBe(0);
  });

  it('its stream is that of the file’s name', async () => {
    const text = tsv('dns', ['ts', 'query'], [['1', 'a']]).replace('#path\tdns\n', '');
    expect((await read(text, 'dns.2026-11-23.log')).records).toEqual([
      { ts: { sec: 1, nsec: 0 }, query: 'a' },
    ]);
  });

  it('values that cannot be are left out and counted', async () => {
    const wrong = {
      'id.orig_h': '10.1.1.999',
      'id.resp_h': '<b>\u001b[31mx',
      'id.orig_p': -4,
      'id.resp_p': 99_999_999,
      orig_bytes: -1,
      duration: -3,
    };
    const { records, left } = await read(
      JSON.stringify({ _path: 'conn', ts: 1, ...wrong, vlan: -1 }),
      'z.json',
    );
    expect(records).toEqual([{ ts: { sec: 1, nsec: 0 }, vlan: -1 }]);
    expect(left.values).toBe(6);
    const event = {
      timestamp: '2026-11-23T09:00:00Z',
      event_type: 'flow',
      src_ip: 'nope',
      dest_ip: '::1',
      proto: 'TCP',
    };
    const eve = await read(JSON.stringify({ ...event, dest_port: 70_000, flow: {} }), 'eve.json');
    expect(eve.left.values).toBe(2);
    expect(Object.keys(eve.records[0]!).sort()).toEqual(['id.resp_h', 'proto', 'ts']);
  });
});
