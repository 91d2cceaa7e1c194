/** Openings of the protocols in `protocols/remote/`. */
import type { Sample } from './sample.ts';

export const REMOTE: readonly Sample[] = [
  { owner: 'telnet', what: 'options', resp: '\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23' },
  { owner: 'telnet', what: 'a login prompt', resp: '\r\nmonitor login: ' },
  { owner: 'ftp', what: 'a greeting and a login', orig: 'USER anonymous\r\n', resp: '220 ready\r\n' },
  { owner: 'ftp', what: 'a greeting', resp: '220 FTP server ready\r\n' },
  { owner: 'ssh', what: 'both sides', orig: 'SSH-2.0-OpenSSH_9.6\r\n', resp: 'SSH-2.0-dropbear\r\n' },
  { owner: 'ssh', what: 'the server', resp: 'SSH-1.99-x\r\n' },
];
