import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { smb } from '../../../src/protocols/windows/smb.ts';
import { describeDecoderLaws, expectLinear, repeated } from '../../support/decoder-laws.ts';
import { type Played, play, recordsOf, type Step, shownText } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { le16, le32 } from './little-endian.ts';
import { negInit, negResponse, ntlmAuthenticate, ntlmChallenge, ntlmNegotiate } from './login-bytes.ts';
import { bind, bindAck, request, response } from './rpc-bytes.ts';
import {
  close2,
  closed2,
  create2,
  created2,
  framed,
  infoSet2,
  negotiate2,
  negotiated2,
  PREVIOUS,
  read2,
  readData2,
  renameInfo,
  setInfo2,
  setUp2,
  setup2,
  transceive2,
  transceived2,
  treeConnect2,
  treeConnected2,
  write2,
} from './smb-bytes.ts';

const MORE_PROCESSING = 0xc000_0016;
const SVCCTL = '367abb81-9844-35f1-ad32-98f038001003';
const o = (...messages: Uint8Array[]): Step => [ORIG, framed(...messages)];
const r = (...messages: Uint8Array[]): Step => [RESP, framed(...messages)];

const LOGIN: Step[] = [
  o(negotiate2(0x0202, 0x0311)),
  r(negotiated2(0x0311, 3, negInit(new Uint8Array(0)))),
  o(setup2(1, negInit(ntlmNegotiate()))),
  r(setUp2(1, MORE_PROCESSING, negResponse(1, ntlmChallenge({ 1: 'PACS01' })))),
  o(setup2(2, negResponse(undefined, ntlmAuthenticate('qwilliams')))),
  r(setUp2(2, 0, negResponse(0))),
];
const SHARE: Step[] = [o(treeConnect2(3, '\\\\pacs01\\images')), r(treeConnected2(3, 5, 1))];
const FILES: Step[] = [
  o(create2({ id: 4, tree: 5 }, 'ct\\scan1.dcm')),
  r(created2({ id: 4, tree: 5 }, 77, 1234)),
  o(setInfo2({ id: 5, tree: 5 }, 77, 10, renameInfo('ct\\old.dcm'))),
  r(infoSet2({ id: 5, tree: 5 })),
  o(setInfo2({ id: 6, tree: 5 }, 77, 13, Uint8Array.of(1))),
  r(infoSet2({ id: 6, tree: 5 })),
  o(close2({ id: 7, tree: 5 }, 77)),
  r(closed2({ id: 7, tree: 5 })),
];
const PIPE: Step[] = [
  o(treeConnect2(3, '\\\\pacs01\\IPC$')),
  r(treeConnected2(3, 5, 2)),
  o(create2({ id: 4, tree: 5 }, 'svcctl')),
  r(created2({ id: 4, tree: 5 }, 9, 0, -11_644_473_600)),
  o(write2({ id: 5, tree: 5 }, 9, bind(SVCCTL))),
  o(read2({ id: 6, tree: 5 }, 9)),
  r(readData2({ id: 6, tree: 5 }, bindAck('\\PIPE\\ntsvcs'))),
  o(transceive2({ id: 7, tree: 5 }, 9, request(12, 2))),
  r(transceived2({ id: 7, tree: 5 }, 9, response(2))),
];
/** Opened, marked and closed in one go, as related requests. */
const part = (message: Uint8Array): Uint8Array =>
  joined(message, new Uint8Array((8 - (message.length % 8)) % 8));
const linked = (make: (next: number) => Uint8Array): Uint8Array => part(make(part(make(0)).length));
const COMPOUND: Step[] = [
  o(
    linked(next => create2({ id: 4, tree: 5, next }, 'a.txt', 0x1000)),
    linked(next => setInfo2({ id: 5, tree: 5, flags: 4, next }, PREVIOUS, 13, Uint8Array.of(1))),
    close2({ id: 6, tree: 5, flags: 4 }, PREVIOUS),
  ),
  r(
    linked(next => created2({ id: 4, tree: 5, next }, 8, 12)),
    linked(next => infoSet2({ id: 5, tree: 5, next })),
    closed2({ id: 6, tree: 5 }),
  ),
];

describeDecoderLaws(smb, {
  'files on a share': [...LOGIN, ...SHARE, ...FILES],
  'calls in a pipe': PIPE,
  compound: [...SHARE, ...COMPOUND],
});

const rows = (played: Played, stream = 'smb_files') => recordsOf(played, stream);

describe('smb 2', () => {
  it('tells how the session is protected, and who logs in', () => {
    const played = play(smb, LOGIN);
    expect(rows(played, 'smb_session')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 0 },
        frame: 1,
        dialects_offered: ['2.0.2', '3.1.1'],
        dialect: '3.1.1',
        signing_enabled: true,
        signing_required: true,
        encryption: 'AES-128-GCM',
        server_guid: '03020100-0504-0706-0809-0a0b0c0d0e0f',
      },
    ]);
    expect(rows(played, 'ntlm')).toMatchObject([
      { username: '<user>', success: true, server_nb_computer_name: 'PACS01', frame: 3 },
    ]);
    expect(played.services).toEqual(['gssapi', 'ntlm']);
    expect(shownText(played)).not.toContain('qwilliams');
  });

  it('takes the outcome of a login from the answer’s status where SPNEGO is silent', () => {
    const refused = [...LOGIN.slice(0, 5), r(setUp2(2, 0xc000_006d, new Uint8Array(0)))];
    expect(rows(play(smb, refused), 'ntlm')).toMatchObject([{ success: false }]);
    const guest = [...LOGIN.slice(0, 5), r(setUp2(2, 0, new Uint8Array(0), 1))];
    const played = play(smb, guest);
    expect(rows(played, 'ntlm')).toMatchObject([{ success: true }]);
    expect(rows(played, 'smb_session')).toMatchObject([{ guest: true }]);
  });

  it('records shares, and what is done to files', () => {
    const played = play(smb, [...SHARE, ...FILES]);
    expect(rows(played, 'smb_mapping')).toMatchObject([
      { path: '\\\\pacs01\\images', share_type: 'DISK', frame: 1 },
    ]);
    const file = {
      path: '\\\\pacs01\\images',
      size: 1234,
      frame: 3,
      'times.created': { sec: 1_700_000_000, nsec: 0 },
      'times.accessed': { sec: 1_700_000_001, nsec: 0 },
      'times.modified': { sec: 1_700_000_002, nsec: 0 },
      'times.changed': { sec: 1_700_000_003, nsec: 0 },
    };
    expect(rows(played)).toMatchObject([
      { ...file, action: 'SMB::FILE_OPEN', name: 'ct\\scan1.dcm' },
      { ...file, action: 'SMB::FILE_RENAME', name: 'ct\\old.dcm', prev_name: 'ct\\scan1.dcm' },
      { ...file, action: 'SMB::FILE_DELETE', name: 'ct\\old.dcm' },
    ]);
  });

  it('records an unchanged file that is opened again once', () => {
    const again = FILES.slice(0, 2);
    expect(rows(play(smb, [...SHARE, ...again, ...again]))).toHaveLength(1);
  });

  it('records only what the server did', () => {
    const refused = r(infoSet2({ id: 5, tree: 5, status: 0xc000_0022 }));
    const played = play(smb, [...SHARE, ...FILES.slice(0, 3), refused]);
    expect(rows(played)).toMatchObject([{ action: 'SMB::FILE_OPEN', name: 'ct\\scan1.dcm' }]);
    const pending = r(created2({ id: 4, tree: 5, status: 0x103 }, 77, 1));
    expect(rows(play(smb, [...SHARE, FILES[0]!, pending, FILES[1]!]))).toMatchObject([{ size: 1234 }]);
  });

  it('follows related requests, and files that are deleted when closed', () => {
    expect(rows(play(smb, [...SHARE, ...COMPOUND]))).toMatchObject([
      { action: 'SMB::FILE_OPEN', name: 'a.txt', size: 12 },
      { action: 'SMB::FILE_DELETE', name: 'a.txt', size: 12 },
    ]);
  });

  it('calls the root of a share by Zeek’s name', () => {
    const steps = [...SHARE, o(create2({ id: 4, tree: 5 }, '')), r(created2({ id: 4, tree: 5 }, 1, 0))];
    expect(rows(play(smb, steps))).toMatchObject([{ name: '<share_root>' }]);
  });

  it('follows the calls in a pipe', () => {
    const played = play(smb, PIPE);
    expect(rows(played)).toMatchObject([
      { action: 'SMB::PIPE_OPEN', name: 'svcctl', path: '\\\\pacs01\\IPC$' },
    ]);
    expect(rows(played)[0]).not.toHaveProperty('times.modified');
    expect(rows(played, 'dce_rpc')).toMatchObject([
      { named_pipe: '\\PIPE\\ntsvcs', endpoint: 'svcctl', operation: 'CreateServiceW', rtt: 1, frame: 8 },
    ]);
    expect(played.services).toEqual(['dce_rpc']);
  });

  it('knows the interface of a pipe whose binding was not seen by its name', () => {
    const played = play(smb, [...PIPE.slice(0, 4), ...PIPE.slice(7)]);
    expect(rows(played, 'dce_rpc')).toMatchObject([{ named_pipe: 'svcctl', operation: 'CreateServiceW' }]);
  });

  it('passes over contents of files without waiting for them', () => {
    const body = new Uint8Array(1 << 20).fill(1);
    const steps: Step[] = [
      ...SHARE,
      ...FILES.slice(0, 2),
      o(write2({ id: 8, tree: 5 }, 77, body)),
      o(read2({ id: 9, tree: 5 }, 77)),
      r(readData2({ id: 9, tree: 5 }, body)),
      ...FILES.slice(6),
      o(create2({ id: 10, tree: 5 }, 'next')),
      r(created2({ id: 10, tree: 5 }, 78, 1)),
    ];
    const played = play(smb, steps, { segment: 1400 });
    expect(rows(played)).toMatchObject([{ name: 'ct\\scan1.dcm' }, { name: 'next' }]);
    expect(played.given).toBeLessThan(20_000);
    expect(played.weirds).toEqual([]);
  });

  it('notices encrypted messages and compressed ones that overflow', () => {
    const sealed: Step = [RESP, framed(joined([0xfd], 'SMB', new Uint8Array(60)))];
    expect(rows(play(smb, [...LOGIN, sealed]), 'smb_session')).toMatchObject([{ encrypted: true }]);
    const compressed = (size: number, offset: number): Step => [
      ORIG,
      framed(joined([0xfc], 'SMB', le32(size), le16(1), le16(0), le32(offset), new Uint8Array(20))),
    ];
    expect(play(smb, [...LOGIN, compressed(0x100, 0xffff_ffff)]).weirds).toEqual([
      'smb_compression_overflow',
    ]);
    expect(play(smb, [...LOGIN, compressed(0x100, 0)]).weirds).toEqual([]);
  });

  it('goes on after a hole and after garbage', () => {
    const steps = [
      ...SHARE,
      { gap: ORIG, length: 500 } as Step,
      [ORIG, 'neither frame nor message'] as Step,
      ...FILES,
    ];
    const played = play(smb, steps);
    expect(rows(played)).toHaveLength(3);
    expect(played.weirds).toEqual(['smb_unknown_frame']);
  });

  it('forgets rather than grows', () => {
    const opened = Array.from({ length: 4200 }, (_, i): Step[] => [
      o(create2({ id: i, tree: 5 }, `f${i}`)),
      r(created2({ id: i, tree: 5 }, i, i)),
    ]).flat();
    const played = play(smb, [...SHARE, ...opened]);
    expect(rows(played)).toHaveLength(4200);
    expect(played.weirds).toEqual(['smb_too_many_open']);
  });

  it('takes time in proportion', () => {
    const unit = framed(create2({ id: 4, tree: 5 }, 'x'), new Uint8Array(0));
    expectLinear(n => play(smb, [[ORIG, repeated(unit, n)]], { segment: 1400 }), 50_000);
    const compound = linked(next => close2({ id: 4, tree: 5, next }, 1));
    expectLinear(
      n => play(smb, [[ORIG, framed(repeated(compound, Math.min(n, 1 << 23)))]], { segment: 1400 }),
      50_000,
    );
  });
});
