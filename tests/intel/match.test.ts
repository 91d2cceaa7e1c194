/** What records name, against an answer by comparing everything with everything. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadIntel } from '../../src/intel/load.ts';
import { IntelMatcher } from '../../src/intel/match.ts';
import type { IndicatorTable } from '../../src/intel/table.ts';
import { BatchBuilder } from '../../src/model/batch-builder.ts';
import type { RecordOf, StreamSchema } from '../../src/model/schema.ts';
import { STREAMS } from '../../src/pipeline/streams.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

function table(text: string): IndicatorTable {
  return loadIntel([temp.write('feed.csv', text)]).table;
}

/** `where: value -> indicators` of each thing seen. */
function look(indicators: IndicatorTable, stream: string, records: readonly object[]): string[] {
  const builder = new BatchBuilder(STREAMS.get(stream)!);
  for (const [i, record] of records.entries())
    builder.append({ ts: { sec: 1000, nsec: 0 }, ...record } as RecordOf<StreamSchema>, i);
  return [...new IntelMatcher(indicators).look(builder.build())].map(
    ({ row, where, value, type, entries }) =>
      `${row} ${where} ${type} ${value} <- ${entries.map(entry => indicators.entry(entry).text).join(' ')}`,
  );
}

describe('records are looked through', () => {
  it('connections: addresses and the ranges they are in, most specific first', () => {
    const found = look(table('203.0.113.9\n203.0.113.0/24\n203.0.0.0/16\n2001:db8::/32\n'), 'conn', [
      { 'id.orig_h': '10.0.0.1', 'id.resp_h': '203.0.113.9' },
      { 'id.orig_h': '2001:db8::5', 'id.resp_h': '203.1.0.1' },
    ]);
    expect(found).toEqual([
      '1 Conn::IN_ORIG Intel::ADDR 2001:db8::5 <- 2001:db8::/32',
      '0 Conn::IN_RESP Intel::ADDR 203.0.113.9 <- 203.0.113.9 203.0.113.0/24 203.0.0.0/16',
    ]);
  });

  it('lookups: names below a domain, on label boundaries, and answers', () => {
    const found = look(table('evil.example\n203.0.113.9\n'), 'dns', [
      { query: 'WWW.Evil.example' },
      { query: 'notevil.example' },
      { query: 'evil.example.org' },
      { query: 'x.example', answers: ['a.evil.example', '203.0.113.9', 'TXT 5 hello'] },
    ]);
    expect(found).toEqual([
      '0 DNS::IN_REQUEST Intel::DOMAIN WWW.Evil.example <- evil.example',
      '3 DNS::IN_RESPONSE Intel::DOMAIN a.evil.example <- evil.example',
      '3 DNS::IN_RESPONSE Intel::ADDR 203.0.113.9 <- 203.0.113.9',
    ]);
  });

  it('requests: host, whole URL, referrer, user agent', () => {
    const feed =
      'type,value\nhost,evil.example\nurl,http://bad.example/gate.php?x=1\nuser-agent,EvilBot/1.0\nip,203.0.113.9\n';
    const found = look(table(feed), 'http', [
      { host: 'evil.example:8080', uri: '/', user_agent: 'EvilBot/1.0' },
      { host: 'BAD.example', uri: '/gate.php?x=1' },
      { host: 'bad.example', uri: '/gate.php?x=2', referrer: 'http://bad.example:80/gate.php?x=1#y' },
      { uri: 'http://bad.example/gate.php?x=1', user_agent: 'evilbot/1.0' },
      { host: '203.0.113.9', uri: '/a' },
    ]);
    expect(found).toEqual([
      '0 HTTP::IN_HOST_HEADER Intel::DOMAIN evil.example:8080 <- evil.example',
      '4 HTTP::IN_HOST_HEADER Intel::ADDR 203.0.113.9 <- 203.0.113.9',
      '1 HTTP::IN_URL Intel::URL BAD.example/gate.php?x=1 <- bad.example/gate.php?x=1',
      '3 HTTP::IN_URL Intel::URL http://bad.example/gate.php?x=1 <- bad.example/gate.php?x=1',
      '2 HTTP::IN_REFERRER_HEADER Intel::URL http://bad.example:80/gate.php?x=1#y <- bad.example/gate.php?x=1',
      '0 HTTP::IN_USER_AGENT_HEADER Intel::SOFTWARE EvilBot/1.0 <- EvilBot/1.0',
    ]);
  });

  it('TLS, certificates, files, mail and DICOM', () => {
    const ja3 = '0f'.repeat(16);
    const sha1 = 'ab'.repeat(20);
    const sha256 = 'cd'.repeat(32);
    const feed = table(
      `type,value\nja3,${ja3}\ndomain,evil.example\nx509-fingerprint-sha1,${sha1}\nx509-fingerprint-sha256,${sha256}\nsha256,${sha256}\nemail,a@evil.example\nae_title,EVILPACS\n`,
    );
    expect(look(feed, 'ssl', [{ server_name: 'c2.evil.example', ja3 }])).toEqual([
      '0 SSL::IN_SERVER_NAME Intel::DOMAIN c2.evil.example <- evil.example',
      `0 SSL::IN_JA3 Intel::JA3 ${ja3} <- ${ja3}`,
    ]);
    expect(
      look(feed, 'x509', [
        { fingerprint: sha256, fingerprint_sha1: sha1, 'san.dns': ['ok.example', 'evil.example'] },
      ]),
    ).toHaveLength(3);
    expect(look(feed, 'files', [{ sha256 }, { sha256: sha1 }])).toEqual([
      `0 Files::IN_HASH Intel::FILE_HASH ${sha256} <- ${sha256}`,
    ]);
    expect(
      look(feed, 'smtp', [
        { mailfrom: 'A@Evil.example', from: 'Bob <a@evil.example>', rcptto: ['c@d.example'] },
      ]),
    ).toEqual([
      '0 SMTP::IN_MAIL_FROM Intel::EMAIL A@Evil.example <- a@evil.example',
      '0 SMTP::IN_FROM Intel::EMAIL Bob <a@evil.example> <- a@evil.example',
    ]);
    expect(
      look(feed, 'dicom', [{ calling_ae: 'EVILPACS', called_ae: 'PACS' }, { calling_ae: 'evilpacs' }]),
    ).toEqual(['0 DICOM::IN_CALLING_AE Intel::AE_TITLE EVILPACS <- EVILPACS']);
  });

  it('an indicator holds until it expires, by the time of the record', () => {
    const feed = table(
      'indicator,valid_until\n203.0.113.9,1970-01-01T00:16:40Z\n203.0.113.8,1970-01-01T00:16:41Z\n',
    );
    const records = ['203.0.113.9', '203.0.113.8'].map(host => ({
      'id.orig_h': '10.0.0.1',
      'id.resp_h': host,
    }));
    expect(look(feed, 'conn', records)).toEqual(['1 Conn::IN_RESP Intel::ADDR 203.0.113.8 <- 203.0.113.8']);
  });

  it('addresses as a comparison with every range finds them', () => {
    const octets = fc.tuple(fc.constantFrom(1, 2), fc.nat(3), fc.nat(3), fc.nat(3));
    const ranges = fc.array(fc.tuple(octets, fc.integer({ min: 8, max: 32 })), {
      minLength: 1,
      maxLength: 12,
    });
    const number = (parts: readonly number[]): number => parts.reduce((sum, part) => sum * 256 + part, 0);
    fc.assert(
      fc.property(ranges, octets, (given, host) => {
        const feed = table(given.map(([parts, prefix]) => `${parts.join('.')}/${prefix}`).join('\n'));
        const size = (prefix: number): number => 2 ** (32 - prefix);
        const expected = given.filter(
          ([parts, prefix]) =>
            Math.floor(number(parts) / size(prefix)) === Math.floor(number(host) / size(prefix)),
        );
        const found = new IntelMatcher(feed).ofAddress(host.join('.'));
        expect(new Set(found.map(entry => feed.entry(entry).text.replace(/.*\//, '')))).toEqual(
          new Set(expected.map(([, prefix]) => `${prefix}`)),
        );
      }),
      { numRuns: 200 },
    );
  });
});
