import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { smb } from '../../../src/protocols/windows/smb.ts';
import { describeDecoderLaws } from '../../support/decoder-laws.ts';
import { fromHex, type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { fileTime, le16, le32, le64, wide } from './little-endian.ts';
import { ntlmAuthenticate, ntlmChallenge, ntlmNegotiate } from './login-bytes.ts';
import { bind, bindAck, request, response } from './rpc-bytes.ts';
import { END_OF_CHAIN, framed, smb1 } from './smb-bytes.ts';

type Options = Parameters<typeof smb1>[1];
const o = (command: number, options: Options): Step => [ORIG, framed(smb1(command, options))];
const r = (command: number, options: Options): Step => [
  RESP,
  framed(smb1(command, { ...options, reply: true })),
];
const zeros = (length: number): Uint8Array => new Uint8Array(length);
const SRVSVC = '4b324fc8-1670-01d3-1278-5a47bf6ee188';
const MORE_PROCESSING = 0xc000_0016;

const negotiated = (mode: number, capabilities: number, data: Uint8Array): Step =>
  r(0x72, {
    mid: 1,
    words: joined(le16(1), [mode], zeros(16), le32(capabilities), zeros(11)),
    data,
  });
const NEGOTIATE: Step[] = [
  o(0x72, { mid: 1, data: '\x02LANMAN1.0\0\x02NT LM 0.12\0' }),
  negotiated(0x0f, 0x8000_0000, joined([...Array(16).keys()])),
];
const setup = (mid: number, token: Uint8Array): Step =>
  o(0x73, {
    mid,
    words: joined(END_OF_CHAIN, zeros(10), le16(token.length), zeros(8)),
    data: joined(token, 'Windows 2000 2195\0Windows 2000 5.0\0'),
  });
const setUp = (mid: number, status: number, token: Uint8Array, action = 0): Step =>
  r(0x73, {
    mid,
    status,
    words: joined(END_OF_CHAIN, le16(action), le16(token.length)),
    data: joined(token, 'Windows 5.1\0LAN Manager\0'),
  });
const LOGIN: Step[] = [
  ...NEGOTIATE,
  setup(2, ntlmNegotiate()),
  setUp(2, MORE_PROCESSING, ntlmChallenge({ 1: 'PACS01' })),
  setup(3, ntlmAuthenticate('qwilliams')),
  setUp(3, 0, zeros(0)),
];
const treeConnect = (path: string): Step =>
  o(0x75, {
    mid: 4,
    unicode: true,
    words: joined(END_OF_CHAIN, le16(0), le16(1)),
    data: joined([0], wide(`${path}\0`), '?????\0'),
  });
const treeConnected = (tree: number, service: string, system: string): Step =>
  r(0x75, {
    mid: 4,
    tree,
    unicode: true,
    words: joined(END_OF_CHAIN, zeros(2)),
    data: joined(`${service}\0`, service.length % 2 === 0 ? [] : [0], wide(`${system}\0`)),
  });
const create = (mid: number, name: string): Step =>
  o(0xa2, {
    mid,
    tree: 7,
    words: joined(END_OF_CHAIN, [0], le16(name.length), zeros(41)),
    data: `${name}\0`,
  });
const created = (mid: number, fid: number, size: number, sec: number): Step =>
  r(0xa2, {
    mid,
    tree: 7,
    words: joined(
      END_OF_CHAIN,
      [0],
      le16(fid),
      le32(1),
      fileTime(sec),
      fileTime(sec),
      fileTime(sec),
      fileTime(sec),
      zeros(12),
      le64(size),
      zeros(5),
    ),
  });
const transact = (mid: number, fid: number, data: Uint8Array): Step =>
  o(0x25, {
    mid,
    tree: 7,
    words: joined(
      zeros(20),
      le16(0),
      le16(data.length),
      le16(32 + 1 + 32 + 2),
      [2, 0],
      le16(0x26),
      le16(fid),
    ),
    data,
  });
const transacted = (mid: number, data: Uint8Array, status = 0): Step =>
  r(0x25, {
    mid,
    tree: 7,
    status,
    words: joined(zeros(12), le16(data.length), le16(32 + 1 + 20 + 2), zeros(4)),
    data,
  });
const PIPE: Step[] = [
  treeConnect('\\\\PACS01\\IPC$'),
  treeConnected(7, 'IPC', ''),
  create(5, '\\srvsvc'),
  created(5, 0x4000, 0, -11_644_473_600),
  transact(6, 0x4000, bind(SRVSVC)),
  transacted(6, bindAck('\\PIPE\\srvsvc')),
  transact(7, 0x4000, request(15, 2)),
  transacted(7, response(2)),
];

describeDecoderLaws(smb, { login: LOGIN, 'calls in a pipe': PIPE });

const rows = (played: Played, stream: string) => recordsOf(played, stream);

describe('smb 1', () => {
  it('tells how the session is protected, and what both sides run', () => {
    const played = play(smb, LOGIN);
    expect(rows(played, 'smb_session')).toMatchObject([
      {
        smb1: true,
        dialects_offered: ['LANMAN1.0', 'NT LM 0.12'],
        dialect: 'NT LM 0.12',
        signing_enabled: true,
        signing_required: true,
        server_guid: '03020100-0504-0706-0809-0a0b0c0d0e0f',
        client_os: 'Windows 2000 2195',
        client_software: 'Windows 2000 5.0',
        server_os: 'Windows 5.1',
        server_software: 'LAN Manager',
      },
    ]);
    expect(rows(played, 'ntlm')).toMatchObject([{ username: '<user>', success: true }]);
    expect(played.software).toEqual([
      { side: ORIG, type: 'SMB::CLIENT', text: 'Windows 2000 2195' },
      { side: RESP, type: 'SMB::SERVER', text: 'Windows 5.1' },
      { side: ORIG, type: 'SMB::CLIENT', text: 'Windows 2000 2195' },
      { side: RESP, type: 'SMB::SERVER', text: 'Windows 5.1' },
    ]);
    expect(shownText(played)).not.toContain('qwilliams');
  });

  it('records shares and files', () => {
    const played = play(smb, [
      treeConnect('\\\\PACS01\\images'),
      treeConnected(7, 'A:', 'NTFS'),
      create(5, '\\a.txt'),
      created(5, 1, 33, 1_700_000_000),
      o(0x07, { mid: 6, tree: 7, data: '\x04\\a.txt\0\x04\\b.txt\0' }),
      r(0x07, { mid: 6, tree: 7 }),
      o(0x06, { mid: 8, tree: 7, words: le16(0), data: '\x04\\b.txt\0' }),
      r(0x06, { mid: 8, tree: 7 }),
    ]);
    expect(rows(played, 'smb_mapping')).toMatchObject([
      { path: '\\\\PACS01\\images', service: 'A:', native_file_system: 'NTFS', share_type: 'DISK' },
    ]);
    expect(rows(played, 'smb_files')).toMatchObject([
      { action: 'SMB::FILE_OPEN', name: '\\a.txt', size: 33, path: '\\\\PACS01\\images' },
      { action: 'SMB::FILE_RENAME', name: '\\b.txt', prev_name: '\\a.txt' },
      { action: 'SMB::FILE_DELETE', name: '\\b.txt' },
    ]);
  });

  it('follows the calls in a pipe, opened or not', () => {
    const call = { endpoint: 'srvsvc', operation: 'NetrShareEnum', named_pipe: '\\PIPE\\srvsvc', rtt: 1 };
    expect(rows(play(smb, PIPE), 'dce_rpc')).toMatchObject([call]);
    expect(rows(play(smb, PIPE.slice(4)), 'dce_rpc')).toMatchObject([call]);
  });

  it('reports a password in clear', () => {
    const words = joined(END_OF_CHAIN, zeros(10), le16(9), le16(0), zeros(8));
    const login: Step[] = [
      NEGOTIATE[0]!,
      negotiated(0x01, 0, zeros(8)),
      o(0x73, { mid: 2, words, data: 'Tr0ub4d0\0qwilliams\0CLINIC\0Unix\0Samba\0' }),
      r(0x73, { mid: 2, words: joined(END_OF_CHAIN, le16(0)), data: 'Unix\0Samba 3\0CLINIC\0' }),
    ];
    const played = play(smb, login);
    expect(played.logins).toEqual([
      { protocol: 'smb', user: 'qwilliams', secret: 'Tr0ub4d0', secretKind: 'password', success: true },
    ]);
    expect(shownText(played)).not.toMatch(/Tr0ub4d0|qwilliams/);
  });

  it('follows chains of commands, but not in circles', () => {
    const chained = (next: number): Step => [
      ORIG,
      framed(smb1(0x74, { mid: 1, words: joined([0x74, 0], le16(next)) })),
    ];
    expect(play(smb, [chained(32)]).weirds).toEqual(['smb_andx_offset_not_advancing']);
    expect(play(smb, [chained(0)]).weirds).toEqual(['smb_andx_offset_not_advancing']);
    expect(play(smb, [chained(500)]).weirds).toEqual([]);
    const block = joined([2, 0x74, 0]);
    const many = Array.from({ length: 20 }, (_, i) => joined(block, le16(39 + i * 7), le16(0)));
    const long = joined(smb1(0x74, { mid: 1 }).subarray(0, 32), ...many);
    expect(play(smb, [[ORIG, framed(long)]]).weirds).toEqual(['smb_andx_chain_limit']);
  });

  it('reads the names of a NetBIOS session', () => {
    const name = (text: string) =>
      joined(
        [32],
        [...text.padEnd(16)].flatMap(letter => [
          0x41 + (letter.charCodeAt(0) >> 4),
          0x41 + (letter.charCodeAt(0) & 15),
        ]),
        [0],
      );
    const called = joined([0x81, 0, 0, 68], name('*SMBSERVER'), name('PUMP7'));
    const played = play(smb, [
      [ORIG, called],
      [RESP, fromHex('82000000')],
      ...LOGIN,
      [RESP, fromHex('85000000')],
    ]);
    expect(rows(played, 'smb_session')).toMatchObject([
      { server_name: '*SMBSERVER', client_name: 'PUMP7', dialect: 'NT LM 0.12' },
    ]);
    expect(play(smb, [[ORIG, joined([0x81, 0, 0, 68], zeros(68))]]).verdict).toBe('no');
  });
});

describe('traces of MS17-010', () => {
  const weirds = (...steps: Step[]): readonly string[] => play(smb, steps).weirds;
  const trans = (setupWord: number, fid: number) => joined(zeros(26), [2, 0], le16(setupWord), le16(fid));
  const nt = (total: number) => joined(zeros(7), le32(total), zeros(27));

  it('are named', () => {
    const probe = o(0x25, { mid: 65, words: trans(0x23, 0) });
    expect(weirds(probe)).toEqual(['smb1_ms17_010_probe']);
    expect(weirds(probe, r(0x25, { mid: 65, status: 0xc000_0205 }))).toEqual([
      'smb1_ms17_010_probe',
      'smb1_ms17_010_vulnerable',
    ]);
    expect(weirds(o(0xa0, { mid: 64, words: nt(66_512) }), o(0x33, { mid: 64, words: zeros(18) }))).toEqual([
      'smb1_nt_transact_oversize',
      'smb1_secondary_mismatch',
    ]);
    const knock = o(0x32, { mid: 65, words: joined(zeros(26), [1, 0], le16(0x0e)) });
    expect(weirds(knock, r(0x32, { mid: 81, status: 0xc000_0002 }))).toEqual([
      'smb1_trans2_session_setup',
      'smb1_doublepulsar',
    ]);
    expect(weirds(knock, r(0x32, { mid: 65, status: 0xc000_0002 }))).toEqual(['smb1_trans2_session_setup']);
  });

  it('are not seen in ordinary use', () => {
    expect(
      weirds(
        o(0x25, { mid: 1, words: trans(0x26, 0x4000) }),
        o(0x25, { mid: 2, words: trans(0x23, 0x4000) }),
        o(0xa0, { mid: 3, words: nt(4096) }),
        o(0xa1, { mid: 3, words: zeros(36) }),
        o(0x32, { mid: 4, words: joined(zeros(26), [1, 0], le16(1)) }),
        o(0x33, { mid: 4, words: zeros(18) }),
        r(0x25, { mid: 1, status: 0xc000_0205 }),
      ),
    ).toEqual([]);
  });
});
