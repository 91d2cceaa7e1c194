import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { ssh } from '../../../src/protocols/remote/ssh.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import {
  bytesOf,
  type Played,
  type PlayOptions,
  play,
  recordsOf,
  type Step,
} from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';

const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const text = (value: string) => concat(u32(value.length), bytesOf(value));

/** RFC 4253 section 6, with four bytes of padding. */
const packet = (number: number, ...content: (Uint8Array | number[])[]) => {
  const body = concat([number], ...content);
  return concat(u32(body.length + 5), [4], body, [0, 0, 0, 0]);
};

const kexinit = (lists: readonly string[]) =>
  packet(20, new Uint8Array(16).fill(0x5a), ...lists.map(text), new Uint8Array(13));

const CLIENT_LISTS = [
  'curve25519-sha256,diffie-hellman-group14-sha1,ext-info-c',
  'ssh-ed25519,ssh-rsa',
  'aes128-ctr,aes256-ctr',
  'aes256-ctr,aes128-ctr',
  'hmac-sha2-256,hmac-sha1',
  'hmac-sha2-256,hmac-sha1',
  'none,zlib@openssh.com',
  'none,zlib@openssh.com',
  '',
  '',
];
const SERVER_LISTS = CLIENT_LISTS.with(0, 'curve25519-sha256').with(1, 'ssh-rsa');

const NEWKEYS = packet(21);
const REPLY = packet(31, text(`${'\0\0\0\x07'}ssh-rsaKEY`), text('f'), text('signature'));

const hello: Step[] = [
  [RESP, 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'],
  [ORIG, 'SSH-2.0-dropbear_2022.83\r\n'],
];
const handshake: Step[] = [
  ...hello,
  [ORIG, kexinit(CLIENT_LISTS)],
  [RESP, kexinit(SERVER_LISTS)],
  [ORIG, packet(30, text('e'))],
  [RESP, concat(REPLY, NEWKEYS)],
  [ORIG, NEWKEYS],
];
const sealed = (...sizes: number[]): Step[] =>
  sizes.flatMap(size => [
    [ORIG, new Uint8Array(64).fill(7)] as Step,
    [RESP, new Uint8Array(size).fill(9)] as Step,
  ]);

const rows = (played: Played) => recordsOf(played, 'ssh');

describeDecoderLaws(ssh, {
  handshake,
  'only the client': handshake.filter(step => !('gap' in step) && step[0] === ORIG),
});

describe('ssh records', () => {
  it('names versions, algorithms, the host key and HASSH', () => {
    const played = play(ssh, handshake);
    // The digests were made with Python’s hashlib from the same bytes.
    expect(rows(played)).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        version: 2,
        auth_attempts: 0,
        client: 'SSH-2.0-dropbear_2022.83',
        server: 'SSH-2.0-OpenSSH_9.2p1 Debian-2',
        cipher_alg: 'To server: aes128-ctr, to client: aes256-ctr',
        mac_alg: 'hmac-sha2-256',
        compression_alg: 'none',
        kex_alg: 'curve25519-sha256',
        host_key_alg: 'ssh-rsa',
        host_key_fingerprint: 'SHA256:FFXqxBFzlyPceFrxNr0zQSMSxPyDrpI9Qs6Ba1x11zc',
        hassh: 'b6a150da31ae81696ea6d0bbb9903ab0',
        hasshServer: '4a8f04aec083ef4025736c99806fe9fb',
      },
    ]);
    expect(played.software).toEqual([
      { side: RESP, type: 'SSH::SERVER', text: 'OpenSSH_9.2p1 Debian-2' },
      { side: ORIG, type: 'SSH::CLIENT', text: 'dropbear_2022.83' },
    ]);
  });

  it.each<[string, number[], boolean | undefined, number]>([
    ['nothing', [], undefined, 0],
    ['a service alone', [44], undefined, 0],
    ['no password asked for', [44, 28], true, 1],
    ['the right password', [44, 52, 28], true, 1],
    ['the second password', [44, 52, 52, 28], true, 2],
    ['wrong passwords', [44, 52, 52, 52], false, 2],
    ['questions between', [44, 52, 332, 28], true, 1],
  ])('infers the login from sizes: %s', (_what, sizes, success, attempts) => {
    const [row] = rows(play(ssh, [...handshake, ...sealed(...sizes)]));
    expect([row!['auth_success'], row!['auth_attempts']]).toEqual([success, attempts]);
  });

  it('takes nothing the server says unasked for an answer', () => {
    const unasked: Step[] = [[RESP, new Uint8Array(500)]];
    expect(rows(play(ssh, [...handshake, ...unasked, ...sealed(44, 52, 28)]))).toMatchObject([
      { auth_success: true, auth_attempts: 1 },
    ]);
  });

  it('wants nothing more once a login succeeded', () => {
    expect(play(ssh, [...handshake, ...sealed(44, 52, 28, 28, 28)]).end).toBe('done');
  });

  it('does not infer from compressed packets', () => {
    const zlib = CLIENT_LISTS.with(6, 'zlib').with(7, 'zlib');
    const played = play(ssh, [
      ...hello,
      [ORIG, kexinit(zlib)],
      [RESP, kexinit(zlib)],
      [RESP, NEWKEYS],
      [ORIG, NEWKEYS],
      ...sealed(44, 28),
    ]);
    expect(rows(played)).toMatchObject([{ compression_alg: 'zlib', auth_attempts: 0 }]);
    expect(rows(played)[0]).not.toHaveProperty('auth_success');
  });

  it('reads the host key behind a group of the server’s choice', () => {
    const lists = CLIENT_LISTS.with(0, 'diffie-hellman-group-exchange-sha256');
    const exchange: Step[] = [
      ...hello,
      [ORIG, kexinit(lists)],
      [RESP, kexinit(lists)],
      [RESP, packet(31, text('\0\0\0\x02pppp'), text('g'))],
      [RESP, packet(33, text(`${'\0\0\0\x07'}ssh-rsaKEY`), text('f'), text('s'))],
    ];
    expect(rows(play(ssh, exchange))[0]!['host_key_fingerprint']).toBe(
      rows(play(ssh, handshake))[0]!['host_key_fingerprint'],
    );
  });

  it('says when nothing is common', () => {
    const played = play(ssh, [
      ...hello,
      [ORIG, kexinit(CLIENT_LISTS)],
      [RESP, kexinit(SERVER_LISTS.with(0, 'other'))],
    ]);
    expect(rows(played)).toMatchObject([{ kex_alg: 'Algorithm negotiation failed' }]);
  });

  it.each<[string, string, string, number | undefined]>([
    ['both 2', 'SSH-2.0-a', 'SSH-2.0-b', 2],
    ['a server that speaks both', 'SSH-2.0-a', 'SSH-1.99-b', 2],
    ['SSH 1', 'SSH-1.5-a', 'SSH-1.5-b', 1],
    ['SSH 1 with a server that speaks both', 'SSH-1.5-a', 'SSH-1.99-b', 1],
  ])('finds the version: %s', (_what, client, server, version) => {
    expect(
      rows(
        play(ssh, [
          [RESP, `${server}\n`],
          [ORIG, `${client}\n`],
        ]),
      ),
    ).toMatchObject([{ version, client, server }]);
  });

  it('reads the identification behind other lines of the server', () => {
    const played = play(ssh, [
      [ORIG, 'SSH-2.0-a\r\n'],
      [RESP, 'Authorised use only\r\nSSH-2.0-b\r\n'],
    ]);
    expect(rows(played)).toMatchObject([{ server: 'SSH-2.0-b', version: 2 }]);
  });
});

describe('ssh limits and damage', () => {
  it.each<[string, Step[], string[]]>([
    [
      'a packet beyond the limit',
      [...hello, [ORIG, [0, 2, 0, 0, 4, 20].reduce((s, b) => s + String.fromCharCode(b), '')]],
      ['ssh_malformed_packet'],
    ],
    ['more padding than packet', [...hello, [ORIG, '\0\0\0\x08\xff\x14']], ['ssh_malformed_packet']],
    [
      'a list that runs out of its packet',
      [...hello, [ORIG, packet(20, new Uint8Array(16), u32(99))]],
      ['ssh_malformed_kexinit'],
    ],
    [
      'a client that says other things first',
      [
        [RESP, 'SSH-2.0-a\r\n'],
        [ORIG, 'hello\r\n'],
      ],
      ['malformed_ssh_identification'],
    ],
    [
      'a server that says too much first',
      [
        [ORIG, 'SSH-2.0-a\r\n'],
        [RESP, 'x\r\n'.repeat(65)],
      ],
      ['malformed_ssh_identification'],
    ],
  ])('reports %s and keeps what it knew', (_what, exchange, weirds) => {
    const played = play(ssh, exchange);
    expect(played.weirds).toEqual(weirds);
    expect(rows(played)).toHaveLength(1);
  });

  it('keeps the record when bytes are missing', () => {
    const played = play(ssh, [...handshake, { gap: RESP, length: 10 }, ...sealed(44, 28)]);
    expect([played.end, rows(played).length]).toEqual(['gap', 1]);
  });

  it.each<[string, Uint8Array, PlayOptions]>([
    ['packets', packet(2, new Uint8Array(3)), {}],
    ['packets in one-byte segments', packet(2, new Uint8Array(3)), { segment: 1 }],
    [
      'a large packet in small segments',
      concat(u32(60_000), [4, 2], new Uint8Array(59_998)),
      { segment: 700 },
    ],
  ])('takes linear time for %s', (_what, unit, options) => {
    expectLinear(n => play(ssh, [...hello, [ORIG, repeated(unit, n)]], options), 20_000);
  });

  it('takes linear time for long lists', () => {
    const names = (n: number) => Array.from({ length: n / 6 }, (_, i) => `a${i}`).join();
    const lists = (n: number, prefix: string) =>
      CLIENT_LISTS.with(0, names(n)).with(1, `${prefix}${names(n)}`);
    expectLinear(
      n => play(ssh, [...hello, [ORIG, kexinit(lists(n, 'x'))], [RESP, kexinit(lists(n, 'y'))]]),
      2_000,
    );
  });
});

describe('ssh probe', () => {
  it.each<[string, Step[], PlayOptions, string]>([
    ['a client', [[ORIG, 'SSH-2.0-x\r\n']], { respPort: 8022 }, 'match'],
    ['a server', [[RESP, 'SSH-1.99-x\r\n']], { respPort: 8022 }, 'match'],
    ['a beginning', [[RESP, 'SSH']], {}, 'unsure'],
    ['another version', [[RESP, 'SSH-3.0-x']], {}, 'no'],
    ['another word', [[RESP, 'SSHD 2.0']], {}, 'no'],
    ['a beginning without its handshake', [[RESP, 'SSH-2.0-x\r\n']], { fromStart: false }, 'match'],
    ['a session in its middle', [[RESP, '\xa5\x13\x00']], { fromStart: false }, 'no'],
  ])('sees %s', (_what, exchange, options, verdict) => {
    expect(play(ssh, exchange, options).verdict).toBe(verdict);
  });
});
