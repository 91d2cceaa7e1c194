import { describe, expect, it } from 'vitest';
import { ORIG, RESP } from '../../../src/model/protocol.ts';
import { rpc } from '../../../src/protocols/rpc/rpc.ts';
import { describeDecoderLaws, expectLinear } from '../../support/decoder-laws.ts';
import { type Played, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { joined } from '../ber-bytes.ts';
import { call, marked, NONE, opaque, refused, reply, u32, u64, user } from './rpc-bytes.ts';

const PORTMAP = 100_000;
const NFS = 100_003;
const MOUNT = 100_005;
const WS = user('ws1', 1000, 100);
const HANDLE = new Uint8Array(28).fill(7);
const FILE = new Uint8Array(28).fill(9);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

const o = (message: Uint8Array): Step => [ORIG, marked(message)];
const r = (message: Uint8Array): Step => [RESP, marked(message)];
const attributes = joined(u32(1), zeros(84));
const read = (xid: number): Step[] => [
  o(call(xid, [NFS, 3, 6], WS, opaque(FILE), u64(0), u32(4096))),
  r(reply(xid, u32(0), attributes, u32(1000), u32(1), opaque(zeros(1000)))),
];
const LOOKUP: Step[] = [
  o(call(1, [NFS, 3, 3], WS, opaque(HANDLE), opaque('scan.dcm'))),
  r(reply(1, u32(0), opaque(FILE), attributes)),
];
const NFS3: Step[] = [
  ...LOOKUP,
  ...read(2),
  ...read(3),
  o(call(4, [NFS, 3, 7], WS, opaque(FILE), u64(0), u32(600), u32(2), opaque(zeros(600)))),
  r(reply(4, u32(0), zeros(100))),
  o(call(5, [NFS, 3, 14], WS, opaque(HANDLE), opaque('a'), opaque(HANDLE), opaque('b'))),
  r(reply(5, u32(13), zeros(16))),
];
/** OPEN of a file that is made, by name, without attributes. */
const open4 = joined(
  u32(18),
  u32(0),
  u32(2),
  u32(0),
  u64(5),
  opaque('owner'),
  u32(1),
  u32(0),
  u32(0),
  opaque(''),
  u32(0),
  opaque('report.txt'),
);
const state4 = zeros(16);
const NFS4: Step[] = [
  o(
    call(
      1,
      [NFS, 4, 1],
      WS,
      opaque('tag'),
      u32(0),
      u32(4),
      u32(24),
      joined(u32(15), opaque('export')),
      open4,
      u32(10),
    ),
  ),
  r(
    reply(
      1,
      u32(0),
      opaque('tag'),
      u32(4),
      joined(u32(24), u32(0)),
      joined(u32(15), u32(0)),
      joined(u32(18), u32(0), state4, zeros(20), u32(0), u32(0), u32(0)),
      joined(u32(10), u32(0), opaque(FILE)),
    ),
  ),
  o(
    call(
      2,
      [NFS, 4, 1],
      WS,
      opaque(''),
      u32(0),
      u32(2),
      joined(u32(22), opaque(FILE)),
      joined(u32(25), state4, u64(0), u32(65_536)),
    ),
  ),
  r(
    reply(
      2,
      u32(0),
      opaque(''),
      u32(2),
      joined(u32(22), u32(0)),
      joined(u32(25), u32(0), u32(1), opaque(zeros(333))),
    ),
  ),
];
const PORTS: Step[] = [
  [ORIG, call(1, [PORTMAP, 2, 3], NONE, u32(NFS), u32(3), u32(6), u32(0))],
  [RESP, reply(1, u32(2049))],
  [ORIG, call(2, [PORTMAP, 3, 3], NONE, u32(MOUNT), u32(3), opaque('udp6'), opaque(''), opaque(''))],
  [RESP, reply(2, opaque('::.78.80'))],
  [ORIG, call(3, [PORTMAP, 2, 5], NONE, u32(100_232), u32(10), u32(1), opaque('x'))],
  [ORIG, call(4, [MOUNT, 3, 1], WS, opaque('/export/images'))],
  [RESP, reply(4, u32(13))],
];

describeDecoderLaws(rpc, { 'files of version 3': NFS3, 'compounds of version 4': NFS4 });
describeDecoderLaws(rpc, { 'ports and mounts': PORTS }, { transport: 'udp' });

const rows = (played: Played) => recordsOf(played, 'rpc');

describe('rpc', () => {
  it('tells programs, ports and mounts, and announces the ports', () => {
    const played = play(rpc, PORTS, { transport: 'udp' });
    expect(rows(played)).toMatchObject([
      { program: 'portmap', version: 2, procedure: 'getport', asked: 'nfs/3/tcp', port: 2049, auth: 'none' },
      { program: 'portmap', version: 3, procedure: 'getaddr', asked: 'mount/3/udp6', port: 20_048 },
      {
        program: 'mount',
        procedure: 'mnt',
        path: '/export/images',
        result: 'acces',
        machine: 'ws1',
        user_id: 1000,
        group_id: 100,
        rtt: 1,
      },
      { procedure: 'callit', asked: 'sadmind/10/procedure 1' },
    ]);
    expect(rows(played)[3]).not.toHaveProperty('status');
    expect(played.expectations).toEqual([
      { transport: 'tcp', host: '10.0.0.2', port: 2049, protocol: 'rpc', memo: undefined },
      { transport: 'udp', host: '10.0.0.2', port: 20_048, protocol: 'rpc', memo: undefined },
    ]);
    expect(played.services).toEqual(['portmap', 'mount']);
  });

  it('names files by the names that led to them, and gathers calls on the same file', () => {
    expect(rows(play(rpc, NFS3))).toMatchObject([
      { procedure: 'lookup', path: 'scan.dcm', result: 'ok', calls: 1 },
      { procedure: 'rename', path: 'a', target: 'b', result: 'acces' },
      { procedure: 'read', path: 'scan.dcm', bytes_read: 2000, calls: 2, status: 'success' },
      { procedure: 'write', path: 'scan.dcm', bytes_written: 600, calls: 1 },
    ]);
  });

  it('walks compounds of version 4', () => {
    expect(rows(play(rpc, NFS4))).toMatchObject([
      {
        procedure: 'compound',
        operations: ['putrootfh', 'lookup', 'open', 'getfh'],
        path: '/export/report.txt',
        result: 'ok',
      },
      { operations: ['putfh', 'read'], path: '/export/report.txt', bytes_read: 333 },
    ]);
  });

  it('tells of calls that were refused, sent again, or never answered', () => {
    const asked = call(1, [NFS, 9, 0], NONE);
    const played = play(rpc, [o(asked), o(asked), r(refused(1, 2)), o(call(2, [300_000, 1, 8], NONE))]);
    expect(rows(played)).toMatchObject([
      { program: '300000', version: 1, procedure: '8' },
      { program: 'nfs', procedure: 'null', status: 'version_mismatch', calls: 1 },
    ]);
  });

  it('reads the beginning of a long record and passes over the rest and further fragments', () => {
    const long = call(1, [NFS, 3, 7], WS, opaque(FILE), u64(0), u32(1 << 20), u32(2), opaque(zeros(1 << 20)));
    const played = play(
      rpc,
      [[ORIG, marked(long, false)], [ORIG, marked(zeros(100_000))], o(call(2, [NFS, 3, 0], WS))],
      { segment: 1400 },
    );
    expect(rows(played)).toMatchObject([
      { procedure: 'write', bytes_written: 1 << 20 },
      { procedure: 'null' },
    ]);
    expect(played.weirds).toEqual([]);
    expect(played.given).toBeLessThan(50_000);
  });

  it('goes on behind a gap, and reads one direction alone', () => {
    const played = play(rpc, [...LOOKUP.slice(0, 1), { gap: ORIG, length: 999 }, ...NFS3.slice(2)]);
    expect(rows(played).map(row => row.procedure)).toEqual(['rename', 'lookup', 'read', 'write']);
    const asked = play(
      rpc,
      NFS3.filter(step => !('gap' in step) && step[0] === ORIG),
    );
    expect(rows(asked)).toHaveLength(4);
    const answered = NFS3.filter(step => !('gap' in step) && step[0] === RESP);
    expect(play(rpc, answered, { respPort: 4000 }).verdict).toBe('no');
    const onPort = play(rpc, answered, { respPort: 2049 });
    expect(onPort.verdict).toBe('match');
    expect(rows(onPort)).toEqual([]);
  });

  it.each([
    ['another version of RPC', call(1, [NFS, 3, 0], NONE).fill(3, 11, 12)],
    ['a program that cannot be', call(1, [5, 3, 0], NONE)],
    ['a procedure that cannot be', call(1, [NFS, 3, 70_000], NONE)],
    ['credentials too long', call(1, [NFS, 3, 0], joined(u32(1), opaque(zeros(500))))],
  ])('is not claimed for %s', (_, message) => {
    expect(play(rpc, [[ORIG, message]], { transport: 'udp' }).verdict).toBe('no');
    expect(play(rpc, [[ORIG, marked(message)]], { respPort: 2049 }).verdict).toBe('no');
  });

  it('names what is no message, and counts of operations and texts that lie', () => {
    const played = play(rpc, [...PORTS, [ORIG, zeros(60)]], { transport: 'udp' });
    expect(played.weirds).toEqual(['rpc_bad_message']);
    const lying = call(1, [NFS, 4, 1], WS, opaque(''), u32(0), u32(0xffff_ffff), u32(15), u32(0xffff_ffff));
    expect(rows(play(rpc, [o(lying)]))).toMatchObject([{ operations: ['lookup'] }]);
  });

  it('forgets the oldest of too many calls by name, in linear time', () => {
    const many = (n: number): Step[] =>
      Array.from({ length: n }, (_, i) => o(call(i, [NFS, 3, 1], WS, opaque(u32(i)))));
    const played = play(rpc, many(2000));
    expect(played.weirds).toEqual(['rpc_too_many_calls']);
    expect(rows(played)).toHaveLength(2000);
    expectLinear(n => play(rpc, many(n)), 1000);
  });
});
