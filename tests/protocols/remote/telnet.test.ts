import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { telnet } from '../../../src/protocols/remote/telnet.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { bytesOf, type PlayOptions, play, type Step, shownText } from '../../support/fake-flow.ts';

const c = (text: string): Step => [ORIG, text];
const s = (text: string): Step => [RESP, text];
/** Characters one by one, each echoed by the server. */
const typed = (text: string, echo = true): Step[] =>
  [...text].flatMap(character => (echo ? [c(character), s(character)] : [c(character)]));

const NEGOTIATION: Step[] = [
  s('\xff\xfd\x18\xff\xfb\x01\xff\xfb\x03'),
  c('\xff\xfb\x18\xff\xfd\x01\xff\xfa\x18\x00xterm\xff\xf0'),
];

const exchanges: Record<string, Step[]> = {
  accepted: [
    ...NEGOTIATION,
    s('\r\nLinux 6.1\r\n\r\nmonitor7 login: '),
    ...typed('qwil\x7f\x7flliams'.replace('\x7f\x7fl', 'x\x7f')),
    c('\r\0'),
    s('\r\nPassword: '),
    ...typed('Tr0ub4dor', false),
    c('\r\0'),
    s('\r\n\r\nLast login: Tue Nov 17 09:00:01 from 10.0.0.9\r\n$ '),
    c('ls\r\0'),
  ],
  refused: [
    ...NEGOTIATION,
    s('login: '),
    c('root\r\n'),
    s('Password: '),
    c('admin\r\n'),
    s('\r\nLogin incorrect\r\nlogin: '),
    c('admin\r\n'),
    s('Password: '),
    c('1234\r\n'),
    s('\r\n# '),
    c('cat /etc/passwd\r\n'),
  ],
  'no prompt for a user': [s('VxWorks password: '), c('Tr0ub4dor\n'), s('\n-> '), c('i\n')],
};

describeDecoderLaws(telnet, { accepted: exchanges['accepted']!, refused: exchanges['refused']! });

const logins = (exchange: readonly Step[], options: PlayOptions = {}) =>
  play(telnet, exchange, options).logins.map(({ user, secret, success }) => [user, secret, success]);

describe('the banner of a terminal session', () => {
  const told = (exchange: readonly Step[]) => play(telnet, exchange).identities;

  it('says what the server runs', () => {
    expect(told(exchanges['accepted']!)).toEqual([
      { side: RESP, attribute: 'software', value: 'Linux 6.1', confidence: 0.4 },
    ]);
  });

  it('is none in a session that was picked up in its middle', () => {
    const middle = [s('CANARY^ALICE bed 3\r\n$ '), c('exit\r\n'), s('bye\r\nlogin: '), c('root\r\n')];
    expect(told(middle)).toEqual([]);
    expect(told([s('CANARY^ALICE bed 3\r\n$ '), c('ls\r\n')])).toEqual([]);
  });
});

/** A dialogue up to the password, then what the server says. */
const loginThen = (...steps: Step[]): Step[] => [
  ...NEGOTIATION,
  s('login: '),
  c('root\r\n'),
  s('Password: '),
  c('admin\r\n'),
  ...steps,
];

describe('telnet logins', () => {
  it('reads a user and a password typed one character at a time', () => {
    const played = play(telnet, exchanges['accepted']!);
    expect(played.logins).toEqual([
      { protocol: 'telnet', user: 'qwilliams', secret: 'Tr0ub4dor', secretKind: 'password', success: true },
    ]);
    expect([played.end, played.records]).toEqual(['done', []]);
  });

  it('reads several attempts', () => {
    expect(logins(exchanges['refused']!)).toEqual([
      ['root', 'admin', false],
      ['admin', '1234', true],
    ]);
  });

  it.each<[string, Step[], boolean | undefined]>([
    ['a welcome', [s('\r\nWelcome to monitor 7\r\n')], true],
    ['a last login', [s('\r\nLast failed login: Tue\r\n')], true],
    ['a shell prompt that is answered', [s('\r\n# '), c('x')], true],
    ['a shell prompt at the end', [s('\r\nC:\\Users\\user>')], true],
    ['a coloured shell prompt', [s('\r\n\x1b[1mroot@ct\x1b[0m:~# \x1b[K'), c('x')], true],
    ['a refusal', [s('\r\nLogin incorrect\r\n')], false],
    ['another prompt', [s('\r\nPassword: '), c('x')], false],
    ['a failure in other words', [s('\r\n% Authentication failed\r\n')], false],
    ['nothing', [], undefined],
    ['text that says neither', [s('\r\nSystem 7\r\n')], undefined],
  ])('judges %s', (_what, steps, success) => {
    expect(logins(loginThen(...steps))).toEqual([['root', 'admin', success]]);
  });

  it('edits what is typed as a terminal does', () => {
    const edit = (keys: string) =>
      logins([...NEGOTIATION, s('login: '), c(`${keys}\r\n`), s('Password: '), c('x\r\n')])[0]?.[0];
    expect([
      edit('roor\x08t'),
      edit('junk\x15root'),
      edit('two words\x17gone'),
      edit('\x7f\x7froot'),
      edit('ro\x01ot'),
    ]).toEqual(['root', 'root', 'two gone', 'root', 'root']);
  });

  it('takes the last line typed for the user when its prompt was not recognised', () => {
    expect(
      logins([...NEGOTIATION, s('Enter operator> '), c('service\r\n'), s('Password: '), c('insite\r\n')]),
    ).toEqual([['service', 'insite', undefined]]);
    expect(logins(exchanges['no prompt for a user']!)).toEqual([[undefined, 'Tr0ub4dor', true]]);
  });

  it('reads a doubled IAC as the byte itself, and options wherever they stand', () => {
    expect(
      logins([
        ...NEGOTIATION,
        s('login: '),
        c('ro\xff\xfb\x18o\xff\xfft\r\n'),
        s('Password: '),
        c('\xff\xfa\x18x\rx\xff\xf0p\r\n'),
      ]),
    ).toEqual([['roo\xfft', 'p', undefined]]);
  });

  it('keeps nothing of the session', () => {
    const played = play(telnet, [
      ...loginThen(s('\r\nSystem 7\r\n')),
      c('echo Zebedee Quartz\r\n'),
      s('Zebedee Quartz\r\n'),
    ]);
    for (const canary of ['Zebedee', 'root', 'admin']) expect(shownText(played)).not.toContain(canary);
    expect(JSON.stringify(played.logins)).not.toContain('Zebedee');
  });

  it('keeps at most 256 characters of a line', () => {
    const [login] = logins([
      ...NEGOTIATION,
      s('login: '),
      c(`${'a'.repeat(1000)}\r\n`),
      s('Password: '),
      c('x\r\n'),
    ]);
    expect(login?.[0]).toHaveLength(256);
  });

  it('sees a prompt behind a long line', () => {
    expect(
      logins([...NEGOTIATION, s(`${'='.repeat(3000)} login: `), c('root\r\n'), s('Password: '), c('x\r\n')]),
    ).toEqual([['root', 'x', undefined]]);
  });

  it('stops after a hundred attempts', () => {
    const attempt: Step[] = [
      s('login: '),
      c('a\r\n'),
      s('Password: '),
      c('b\r\n'),
      s('\r\nLogin incorrect\r\n'),
    ];
    const played = play(telnet, [...NEGOTIATION, ...Array.from({ length: 120 }, () => attempt).flat()]);
    expect([played.logins.length, played.weirds, played.end]).toEqual([100, ['telnet_login_limit'], 'done']);
  });

  it('goes on after a hole', () => {
    expect(
      logins([
        ...NEGOTIATION,
        s('login: '),
        c('ro'),
        { gap: ORIG, length: 9 },
        c('root\r\n'),
        s('Password: '),
        c('x\r\n'),
      ]),
    ).toEqual([['root', 'x', undefined]]);
  });

  it.each<[string, string, PlayOptions]>([
    ['a line that never ends', 'x', {}],
    ['spaces', ' ', {}],
    ['prompts', 'login: Password: ', {}],
    ['lines', 'login incorrect\r\n', {}],
    ['terminal sequences', '\x1b[', {}],
    ['options', '\xff\xfb\x01', {}],
    ['one-byte segments', 'x', { segment: 1 }],
  ])('takes linear time for %s', (_what, unit, options) => {
    const bytes = bytesOf(unit);
    expectLinear(
      n => play(telnet, [...loginThen(), [RESP, repeated(bytes, n)], [ORIG, repeated(bytes, n)]], options),
      20_000,
    );
  });

  it('takes linear time when the sides take turns', () => {
    const turns = (n: number): Step[] =>
      Array.from({ length: n }, (_, i) => [i % 2 === 0 ? RESP : ORIG, ' a: ']);
    expectLinear(n => play(telnet, [...NEGOTIATION, ...turns(n)]), 500);
  });
});

describe('telnet probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['two options of the server', [s('\xff\xfd\x18\xff\xfd\x20')], { respPort: 9000 }, 'match'],
    ['one option on its port', [s('\xff\xfd\x18')], {}, 'match'],
    ['one option elsewhere', [s('\xff\xfd\x18')], { respPort: 9000 }, 'unsure'],
    ['one option and text elsewhere', [s('\xff\xfd\x18\r\nHello')], { respPort: 9000 }, 'match'],
    ['a whole subnegotiation elsewhere', [s('\xff\xfa\x25\x02\x02\xff\xf0')], { respPort: 9000 }, 'match'],
    ['half a subnegotiation elsewhere', [s('\xff\xfa\x25\x02\x02')], { respPort: 9000 }, 'unsure'],
    ['a client that begins', [c('\xff\xfb\x1f\xff\xfb\x20')], { respPort: 9000 }, 'match'],
    ['a login prompt', [s('\r\nmonitor7 login: ')], { respPort: 9000 }, 'match'],
    ['a login prompt in pieces', [s('monitor7 lo'), s('gin: ')], { respPort: 9000 }, 'match'],
    ['the start of an MP3 frame', [s('\xff\xfb\x90\x64\x00\x0f')], { respPort: 9000 }, 'no'],
    ['binary data', [s('\x01\x02\xff\xfb')], {}, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(telnet, exchange, options).verdict).toBe(verdict);
  });
});
