/** Openings of the protocols in `protocols/database/`. */
import { msg, query } from '../database/mongodb-bytes.ts';
import { greeting } from '../database/mysql-bytes.ts';
import { startup } from '../database/postgresql-bytes.ts';
import { login7, prelogin } from '../database/tds-bytes.ts';
import type { Sample } from './sample.ts';

export const DATABASE: readonly Sample[] = [
  { owner: 'mysql', what: 'a greeting', resp: greeting() },
  { owner: 'postgresql', what: 'a login', orig: startup('a') },
  { owner: 'postgresql', what: 'a request for TLS', orig: '\0\0\0\x08\x04\xd2\x16\x2f' },
  { owner: 'redis', what: 'a command', orig: '*1\r\n$4\r\nPING\r\n' },
  { owner: 'tds', what: 'options before a login', orig: prelogin(0) },
  { owner: 'tds', what: 'a login', orig: login7('a', 'b') },
  { owner: 'mongodb', what: 'a message', orig: msg(1, { hello: 1, $db: 'admin' }) },
  { owner: 'mongodb', what: 'a query', orig: query(1, 'admin.$cmd', { isMaster: 1 }) },
];
