/** Openings of the protocols in `protocols/mail/`. */
import type { Sample } from './sample.ts';

export const MAIL: readonly Sample[] = [
  { owner: 'smtp', what: 'a hello and a greeting', orig: 'EHLO a\r\n', resp: '220 mail ESMTP\r\n' },
  { owner: 'smtp', what: 'a greeting', resp: '220 mail.example ESMTP Postfix\r\n' },
  { owner: 'pop3', what: 'a greeting and a login', orig: 'USER a\r\n', resp: '+OK ready\r\n' },
  { owner: 'pop3', what: 'a greeting', resp: '+OK POP3 ready\r\n' },
  { owner: 'imap', what: 'a greeting and a login', orig: 'a1 LOGIN a b\r\n', resp: '* OK ready\r\n' },
  { owner: 'imap', what: 'a greeting', resp: '* OK [CAPABILITY IMAP4rev1] ready\r\n' },
  { owner: 'irc', what: 'both sides', orig: 'NICK a\r\nUSER a 0 * :b\r\n', resp: ':irc NOTICE * :x\r\n' },
  { owner: 'irc', what: 'a client', orig: 'PASS x\r\nNICK a\r\n' },
  {
    owner: 'xmpp',
    what: 'a stream',
    orig: "<?xml version='1.0'?>\n<stream:stream to='a' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
  },
];
