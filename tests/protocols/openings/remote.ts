/** Openings of the protocols in `protocols/remote/`. */
import { fromHex } from '../../support/fake-flow.ts';
import type { Sample } from './sample.ts';

export const REMOTE: readonly Sample[] = [
  { owner: 'telnet', what: 'options', resp: '\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23' },
  { owner: 'telnet', what: 'a login prompt', resp: '\r\nmonitor login: ' },
  { owner: 'ftp', what: 'a greeting and a login', orig: 'USER anonymous\r\n', resp: '220 ready\r\n' },
  { owner: 'ftp', what: 'a greeting', resp: '220 FTP server ready\r\n' },
  { owner: 'ssh', what: 'both sides', orig: 'SSH-2.0-OpenSSH_9.6\r\n', resp: 'SSH-2.0-dropbear\r\n' },
  { owner: 'ssh', what: 'the server', resp: 'SSH-1.99-x\r\n' },
  { owner: 'rfb', what: 'both sides', orig: 'RFB 003.008\n', resp: 'RFB 003.008\n' },
  { owner: 'rfb', what: 'the server', resp: 'RFB 003.008\n' },
  { owner: 'rdp', what: 'a negotiation', orig: fromHex('03000013 0e e0 0000 0000 00 0100 0800 0b000000') },
  {
    owner: 'rdp',
    what: 'a cookie',
    orig: `\x03\0\0\x2f\x2a\xe0\0\0\0\0\0Cookie: mstshash=JOHN-PC  \r\n\x01\0\x08\0\0\0\0\0`,
  },
  { owner: 'socks', what: 'version 5', orig: '\x05\x01\0', resp: '\x05\0' },
  {
    owner: 'socks',
    what: 'version 4',
    orig: fromHex('04 01 0050 01020304 00'),
    resp: fromHex('00 5a 0000 00000000'),
  },
  { owner: 'x11', what: 'no cookie', orig: fromHex('4200 000b 0000 0000 0000 0000') },
  { owner: 'rlogin', what: 'a session', port: 513, orig: '\0nurse\0root\0xterm/38400\0' },
  { owner: 'rsh', what: 'a command', port: 514, orig: '1022\0nurse\0root\0uptime\0' },
  { owner: 'rexec', what: 'a command', port: 512, orig: '0\0root\0secret\0uptime\0' },
  { owner: 'tftp', what: 'a request', transport: 'udp', orig: '\0\x01firmware.bin\0octet\0' },
  { owner: 'teamviewer', what: 'both sides', orig: '\x17\x24\x0a\x20', resp: '\x17\x24\x0b\x20' },
  {
    owner: 'wireguard',
    what: 'a handshake',
    transport: 'udp',
    orig: Uint8Array.from({ length: 148 }, (_, i) => [1, 0, 0, 0][i] ?? i),
  },
  {
    owner: 'openvpn',
    what: 'a reset',
    transport: 'udp',
    orig: fromHex('38 0102030405060708 00 00000000'),
  },
  { owner: 'openvpn', what: 'a reset over TCP', orig: fromHex('000e 38 0102030405060708 00 00000000') },
  {
    owner: 'ike',
    what: 'a first message',
    transport: 'udp',
    orig: fromHex('0102030405060708 0000000000000000 21 20 22 08 00000000 0000001c'),
  },
];
