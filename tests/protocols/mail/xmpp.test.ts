import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { xmpp } from '../../../src/protocols/mail/xmpp.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { bytesOf, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';

const c = (text: string): Step => [ORIG, text];
const s = (text: string): Step => [RESP, text];
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

const STREAMS = "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'";
const OPENED: Step[] = [
  c(`<?xml version='1.0'?><stream:stream to='ward.example' xmlns='jabber:client' ${STREAMS}>`),
  s(
    `<?xml version='1.0'?><stream:stream from="chat.ward.example" id='1>2' xmlns='jabber:client' ${STREAMS}>`,
  ),
];
const FEATURES = s(
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms>" +
    '<mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>',
);
const PLAIN = c(
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${base64('\0jsmith\0Tr0ub4dor')}</auth>`,
);
const REFUSED = s("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
const ACCEPTED = s("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
const STARTTLS: Step[] = [
  ...OPENED,
  FEATURES,
  c("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
  s("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
  [ORIG, '\x16\x03\x01\x00\x05hello'],
];
const SESSION: Step[] = [
  ...OPENED,
  FEATURES,
  PLAIN,
  ACCEPTED,
  ...OPENED,
  c("<iq type='set' id='1'><bind/></iq><presence/>"),
  s("<message><body>&lt;Mrs Miller, bed 4&gt;</body></message><iq type='result' id='1'/>"),
  c('<message><forwarded><message/></forwarded></message></stream:stream>'),
];
const OLD: Step[] = [
  ...OPENED,
  c(
    "<iq type='set'><query xmlns='jabber:iq:auth'><username>root</username><password>x y</password></query></iq>",
  ),
  s("<iq type='error'/>"),
];

describeDecoderLaws(xmpp, { session: SESSION, STARTTLS, old: OLD });

const row = (exchange: readonly Step[]) => recordsOf(play(xmpp, exchange), 'xmpp')[0];
const logins = (exchange: readonly Step[]) =>
  play(xmpp, exchange).logins.map(({ user, secret, success }) => [user, secret, success]);

describe('xmpp', () => {
  it('says who talked to which domain, and counts what is in the stream itself', () => {
    expect(row(SESSION)).toMatchObject({
      kind: 'client',
      domain: 'ward.example',
      from: 'chat.ward.example',
      version: '1.0',
      mechanisms: ['PLAIN', 'SCRAM-SHA-1'],
      mechanism: 'PLAIN',
      user: { kind: 'user' },
      success: true,
      tls: false,
      messages: 2,
      presences: 1,
      queries: 2,
    });
    for (const hidden of ['jsmith', 'Tr0ub', 'Miller'])
      expect(shownText(play(xmpp, SESSION))).not.toContain(hidden);
  });

  it('reads logins and their outcome', () => {
    expect(logins(SESSION)).toEqual([['jsmith', 'Tr0ub4dor', true]]);
    expect(logins([...OPENED, PLAIN, REFUSED])).toEqual([['jsmith', 'Tr0ub4dor', false]]);
    expect(logins([...OPENED, PLAIN])).toEqual([['jsmith', 'Tr0ub4dor', undefined]]);
    expect(logins(OLD)).toEqual([['root', 'x y', false]]);
  });

  it('reads an answer that comes behind a challenge', () => {
    const answered: Step[] = [
      ...OPENED,
      c("<auth mechanism='PLAIN'/>"),
      s('<challenge/>'),
      c(`<response>${base64('\0a\0b')}</response>`),
      ACCEPTED,
    ];
    expect(logins(answered)).toEqual([['a', 'b', true]]);
  });

  it('takes a mechanism that keeps the secret for a login without one', () => {
    const scram: Step[] = [...OPENED, c("<auth mechanism='SCRAM-SHA-1'>biwsbj1h</auth>"), REFUSED];
    expect(logins(scram)).toEqual([]);
    expect(row(scram)).toMatchObject({ mechanism: 'SCRAM-SHA-1', success: false });
  });

  it('hands over to TLS', () => {
    const played = play(xmpp, STARTTLS);
    expect(played.end).toBe('handover');
    expect(recordsOf(played, 'xmpp')).toMatchObject([{ tls: true }]);
  });

  it('knows servers that talk to each other, and one side alone', () => {
    const server = `<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' ${STREAMS} to='a'>`;
    expect(row([c(server)])).toMatchObject({ kind: 'server', domain: 'a' });
    expect(row([OPENED[1]!, FEATURES])).toMatchObject({ from: 'chat.ward.example' });
  });

  it('goes on behind a hole', () => {
    const holed: Step[] = [...OPENED, { gap: ORIG, length: 100 }, c("x'/><presence/>"), PLAIN, ACCEPTED];
    expect(row(holed)).toMatchObject({ presences: 1, success: true });
  });

  it('names a tag that is too long, and stops when the stream is compressed', () => {
    const long = play(xmpp, [...OPENED, c(`<a b='${'x'.repeat(9000)}'><presence/>`)]);
    expect(long.weirds).toEqual(['xmpp_tag_limit']);
    const compressed: Step[] = [...OPENED, s('<compressed/>'), c('<presence/>')];
    expect(row(compressed)).toMatchObject({ presences: 0 });
  });

  it('takes linear time in tags, and in a tag that never ends', () => {
    const start = [ORIG, (OPENED[0] as [number, string])[1]] as Step;
    expectLinear(n => play(xmpp, [start, [ORIG, repeated("<a b='c'>text", n)]]), 200_000);
    expectLinear(
      n =>
        play(xmpp, [
          start,
          ...[...repeated('<a b c', n)].map((b): Step => [ORIG, bytesOf(Uint8Array.of(b))]),
        ]),
      20_000,
    );
  });
});
