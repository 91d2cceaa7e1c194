/**
 * LDAP, PostgreSQL and Redis against tshark, for which there are no logs of Zeek: searches with their base and binds with
 * their result, queries, commands and keys.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { SHARED } from '../support/paths.ts';
import { TSHARK_MISSING, tsharkFields } from './tshark.ts';

const text = (value: unknown): string => (value === undefined ? '' : String(value));

describe.skipIf(TSHARK_MISSING !== undefined)(
  `directories and databases against tshark${TSHARK_MISSING === undefined ? '' : ` (skipped: ${TSHARK_MISSING} missing)`}`,
  () => {
    it.each([
      'auth/ak-ldap-simpleauth.pcap',
      'zeek/ldap-aduser1-ntlm.pcap',
      'zeek/ldap-krb5-sign-seal-01.pcap',
      'zeek/ldap-ldap_search_umlaut.pcap',
      'zeek/ldap-missing_krbtgt_ldap_request.pcapng',
      'zeek/ldap-modify-request.pcapng',
    ])('ldap searches of %s', async capture => {
      const theirs = tsharkFields(capture, 'ldap.searchRequest_element', 'ldap.messageID', 'ldap.baseObject');
      const decoded = await decodeFiles([join(SHARED, capture)]);
      const ours = decoded
        .rows('ldap_search')
        .map(row => [text(row['message_id']), text(row['base_object'])]);
      expect(theirs.length).toBeGreaterThan(0);
      expect(ours).toEqual(theirs.map(([id, base]) => [id, base ?? '']));
    });

    it.each([
      'zeek/ldap-ldap_invalid_credentials.pcap',
      'zeek/ldap-ldap-who-am-i.pcap',
      'auth/ak-ldap-simpleauth.pcap',
    ])('ldap binds of %s', async capture => {
      const results: Readonly<Record<string, string>> = {
        0: 'success',
        14: 'SASL bind in progress',
        49: 'invalid credentials',
      };
      const theirs = tsharkFields(capture, 'ldap.bindResponse_element', 'ldap.messageID', 'ldap.resultCode');
      const decoded = await decodeFiles([join(SHARED, capture)]);
      const binds = decoded.rows('ldap').filter(row => text(row['opcode']).startsWith('bind'));
      expect(theirs.length).toBeGreaterThan(0);
      expect(binds.map(row => [text(row['message_id']), row['result']])).toEqual(
        theirs.map(([id, code]) => [id, results[code!]]),
      );
    });

    it.each([
      'zeek/postgresql-psql-select-now.pcap',
      'zeek/postgresql-psql-login-wrong.pcap',
      'db/ak-postgres-badpass.pcap',
    ])('postgresql of %s', async capture => {
      const decoded = await decodeFiles([join(SHARED, capture)]);
      const rows = decoded.rows('postgresql');
      const queries = tsharkFields(capture, 'pgsql.query', 'pgsql.query').flat();
      expect(rows.filter(row => row['frontend'] === 'simple_query').map(row => row['frontend_arg'])).toEqual(
        queries,
      );
      const startups = tsharkFields(capture, 'pgsql.type == "Startup message"', 'pgsql.type').length;
      expect(rows.filter(row => row['frontend'] === 'startup')).toHaveLength(startups);
    });

    it('redis commands and keys', async () => {
      const capture = 'db/nd-resp.pcap';
      const filter = 'resp.bulk_string.value && tcp.dstport == 6379';
      const theirs = tsharkFields(capture, filter, 'resp.bulk_string.value').map(([values]) =>
        values!.split(',').map(value => Buffer.from(value, 'hex').toString('latin1')),
      );
      const decoded = await decodeFiles([join(SHARED, capture)]);
      expect(theirs.length).toBeGreaterThan(0);
      expect(decoded.rows('redis').map(row => text(row['cmd.name']))).toEqual(
        theirs.map(([name]) => name!.toUpperCase()),
      );
      const keys = theirs.filter(words => words.length > 1).map(words => words[1]);
      expect(decoded.rows('redis').flatMap(row => row['cmd.key'] ?? [])).toEqual(keys);
    });
  },
);
