/** Logins, remote control and telephony against the fields that tshark shows, where Zeek has no answers or few. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { SHARED } from '../support/paths.ts';
import { TSHARK_MISSING, tsharkFields } from './tshark.ts';

const present = (rows: string[][], column: number): string[] =>
  rows.map(row => row[column] ?? '').filter(value => value !== '');

describe.skipIf(TSHARK_MISSING !== undefined)(
  `logins against tshark${TSHARK_MISSING === undefined ? '' : ` (skipped: ${TSHARK_MISSING} missing)`}`,
  () => {
    it.each([
      'zeek/ssh-single-conn.pcap',
      'zeek/ssh-ssh_kex_curve25519.pcap',
      'zeek/ssh-reverse-ssh.pcap',
      'zeek/ssh-ssh_kex_dh_group18.pcap',
      'auth/ja-ssh.pcapng',
    ])('HASSH and HASSHServer of %s', async capture => {
      const seen = tsharkFields(
        capture,
        'ssh.kex.hassh || ssh.kex.hasshserver',
        'ssh.kex.hassh',
        'ssh.kex.hasshserver',
      );
      const { rows } = await decodeFiles([join(SHARED, capture)]);
      expect(rows('ssh').map(row => row['hassh'])).toEqual(present(seen, 0));
      expect(rows('ssh').map(row => row['hasshServer'])).toEqual(present(seen, 1));
    });

    it('requests and responses of SIP over TCP', async () => {
      const capture = 'voip/sv-sip-tcp-method--sip-tcp.pcap';
      const seen = tsharkFields(capture, 'sip', 'sip.Method', 'sip.Status-Code', 'sip.Call-ID', 'sip.CSeq');
      const { rows } = await decodeFiles([join(SHARED, capture)]);
      const [row] = rows('sip');
      expect([[row!['method']], [row!['call_id'], row!['call_id']], [row!['seq'], row!['seq']]]).toEqual([
        present(seen, 0),
        present(seen, 2),
        present(seen, 3),
      ]);
      expect([String(row!['status_code'])]).toEqual(present(seen, 1));
    });

    it('versions, security and share flag of RFB', async () => {
      const capture = 'auth/kh-VNC_03-vnc-pass1234-3.8.pcap';
      const seen = tsharkFields(
        capture,
        'vnc',
        'vnc.server_proto_ver',
        'vnc.client_proto_ver',
        'vnc.auth_result',
        'vnc.share_desktop_flag',
      );
      const { rows } = await decodeFiles([join(SHARED, capture)]);
      const ours = rows('rfb');
      expect(ours.length).toBe(3);
      expect(ours.map(row => `${row['server_major_version']}.${row['server_minor_version']}`)).toEqual(
        present(seen, 0),
      );
      expect(ours.map(row => `${row['client_major_version']}.${row['client_minor_version']}`)).toEqual(
        present(seen, 1),
      );
      expect(ours.map(row => (row['auth'] === true ? '0' : '1'))).toEqual(present(seen, 2));
      expect(ours.map(row => (row['share_flag'] === true ? '1' : '0'))).toEqual(present(seen, 3));
    });

    it('file and blocks of TFTP', async () => {
      const capture = 'auth/ak-tftp_rrq.pcap';
      const seen = tsharkFields(capture, 'tftp', 'tftp.source_file', 'tftp.block');
      const { rows } = await decodeFiles([join(SHARED, capture)]);
      const [row] = rows('tftp');
      expect([row!['fname'], String(row!['block_sent'])]).toEqual([
        present(seen, 0)[0],
        present(seen, 1).at(-1),
      ]);
    });
  },
);
