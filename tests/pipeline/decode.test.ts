import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINK, pcap, pcapngWriter } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { Script } from '../support/flow-script.ts';
import { arp, concat, ETHERTYPE, ethernet, ipv4, PROTOCOL, tcp, udp } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const WARD = join(FIXTURES, 'ward.pcap');

const conversation = new Script({ sec: 1_700_000_000 })
  .open()
  .orig('PA', { data: 'x' })
  .resp('PA', { data: 'yy' })
  .close();
const frames = conversation.packets.map(packet => ({ ...packet, bytes: packet.frame }));
const datagram = (src: number, sec: number) => ({
  bytes: ethernet({}, ipv4({ protocol: PROTOCOL.udp }, udp({ src }, 'x'))),
  sec,
});

describe('coverage', () => {
  it('counts what was read, decoded, cut and left aside', async () => {
    const file = temp.write(
      'mixed.pcap',
      pcap([
        { bytes: ethernet({}, ipv4({}, tcp({ flags: 'S' }))) },
        { bytes: ethernet({}, ipv4({}, tcp({ flags: 'S' }))).subarray(0, 54), original: 1000 },
        { bytes: ethernet({ type: ETHERTYPE.arp }, arp({})) },
        { bytes: ethernet({ type: 0x88e3 }, 'other') },
        { bytes: ethernet({ type: 0x88e3 }, 'other') },
        { bytes: ethernet({ type: 0x0027 }, 'BB\x03 spanning tree') },
        { bytes: ethernet({}, ipv4({}, tcp({}).subarray(0, 10))) },
        { bytes: 'short' },
        { bytes: ethernet({}, ipv4({ protocol: PROTOCOL.udp, moreFragments: true }, udp({}, 'part'))) },
        { bytes: ethernet({}, ipv4({ protocol: PROTOCOL.udp, fragmentOffset: 8 }, 'rest')) },
      ]),
    );
    const { coverage, captures } = await decodeFiles([file]);
    expect(coverage).toMatchObject({
      frames: 10,
      decoded: 3,
      snapped: 1,
      fragments: 2,
      flows: 1,
      undecoded: {
        bad_transport_header: 1,
        fragment: 2,
        'llc:0x4242': 1,
        truncated_link_header: 1,
        'unknown_ethertype:0x88e3': 2,
      },
      records: { arp: 1, conn: 1 },
      limits: {},
      decoder_failures: {},
      missed_bytes: 0,
    });
    expect(coverage.decoded + Object.values(coverage.undecoded).reduce((a, b) => a + b)).toBe(
      coverage.frames,
    );
    expect(captures[0]).toMatchObject({
      frames: 10,
      link_types: ['ethernet'],
      status: 'ok',
      problem: null,
      offset: null,
      limit: null,
    });
  });

  it('counts an unknown link type by its number, and packets of a missing interface', async () => {
    const radio = temp.write('radio.pcap', pcap([{ bytes: 'x' }, { bytes: 'y' }], { linkType: 147 }));
    const w = pcapngWriter();
    const lost = temp.write('lost.pcapng', concat(w.section(), w.enhanced(1n, 'x')));
    const { coverage, captures } = await decodeFiles([radio, lost]);
    expect(coverage.undecoded).toEqual({ missing_interface: 1, 'unknown_link_type:147': 2 });
    expect(captures.map(capture => capture.link_types)).toEqual([['147'], []]);
    expect(captures.map(capture => capture.status)).toEqual(['undecoded', 'undecoded']);
    expect(captures[1]?.problem).toBe('packets of interfaces that the file does not describe: 1');
  });

  it('a link type that is not decoded is a problem of its capture, whole or in part', async () => {
    const w = pcapngWriter();
    const interfaces = concat(w.interface(), w.interface({ linkType: 147 }));
    const radio = (id: number) => w.enhanced(1n, ethernet({}, ipv4({}, tcp({}))), { interface: id });
    const file = temp.write('partly.pcapng', concat(w.section(), interfaces, radio(0), radio(1), radio(1)));
    const { captures, problems } = await decodeFiles([file]);
    const message = 'link type 147 cannot be decoded: 2 of 3 frames, from frame 2 on';
    expect(captures[0]).toMatchObject({
      status: 'partial',
      problem: message,
      link_types: ['147', 'ethernet'],
    });
    expect(problems.map(problem => problem.message)).toEqual([`${file}: ${message}`]);
  });

  it('counts flows ended early as a limit', async () => {
    const many = temp.write('many.pcap', pcap(Array.from({ length: 40 }, (_, i) => datagram(1000 + i, 5))));
    const { coverage, rows } = await decodeFiles([many], { maxFlows: 1 });
    expect(coverage.limits).toEqual({ flows: 24 });
    expect(rows('conn')).toHaveLength(40);
  });

  it('knows the acknowledged bytes that are missing', async () => {
    const script = new Script()
      .open()
      .orig('A', { data: 'lost' })
      .lost()
      .orig('A', { data: 'seen' })
      .resp('A');
    const file = temp.write(
      'gap.pcap',
      pcap(script.packets.map(packet => ({ ...packet, bytes: packet.frame }))),
    );
    expect((await decodeFiles([file])).coverage.missed_bytes).toBe(4);
  });
});

describe('captures', () => {
  it('are described with times, sizes and digests', async () => {
    const bytes = pcap([
      { bytes: 'b', sec: 20, nsec: 1000 },
      { bytes: 'a', sec: 10, nsec: 5000 },
      { bytes: 'c', sec: 400, nsec: 2000 },
    ]);
    const file = temp.write('times.pcap', bytes);
    const { captures } = await decodeFiles([file], { hashed: true });
    expect(captures).toEqual([
      {
        name: file,
        format: 'pcap',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
        frames: 3,
        records: null,
        wire_bytes: 3,
        snapped: 0,
        cut_bytes: 0,
        cut_to: null,
        duplicates: 0,
        first: { sec: 10, nsec: 5000 },
        last: { sec: 400, nsec: 2000 },
        link_types: ['ethernet'],
        interfaces: [
          {
            name: null,
            description: null,
            link_type: 'ethernet',
            snap_length: 262_144,
            frames: 3,
            received: null,
            accepted: null,
            dropped: null,
            os_dropped: null,
            dropped_between: null,
          },
        ],
        snap_length: 262_144,
        drops: null,
        untimed: 0,
        same_as: null,
        containers: [],
        clock: {
          offset: 0,
          reordered: 0,
          unordered: 1,
          backward: 1,
          forward: 1,
          largest_backward: { seconds: expect.closeTo(9.999996, 6), ts: { sec: 20, nsec: 1000 }, frame: 2 },
          largest_forward: { seconds: expect.closeTo(389.999997, 6), ts: { sec: 10, nsec: 5000 }, frame: 3 },
        },
        outside: 0,
        status: 'undecoded',
        problem: 'none of its 3 frames could be decoded',
        offset: null,
        limit: null,
      },
    ]);
    expect((await decodeFiles([file])).captures[0]?.sha256).toBeNull();
  });

  it('sum what the capturing program lost, and take the smallest snapshot length', async () => {
    const w = pcapngWriter();
    const file = temp.write(
      'statistics.pcapng',
      concat(
        w.section(),
        w.interface({ name: 'a', snapLength: 1500 }),
        w.interface({ name: 'b', snapLength: 96 }),
        w.interface({ name: 'silent', snapLength: 8 }),
        w.enhanced(1n, frames[0]!.bytes, { dropCount: 9n }),
        w.enhanced(2n, frames[1]!.bytes, { interface: 1 }),
        w.statistics(0, { dropped: 3n, osDropped: 2n }),
        w.statistics(1, { dropped: 3n, osDropped: 2n }),
      ),
    );
    const [capture] = (await decodeFiles([file])).captures;
    expect(capture).toMatchObject({ drops: 14, snap_length: 96, untimed: 0 });
    expect(capture?.interfaces.map(({ name, dropped }) => [name, dropped])).toEqual([
      ['a', 3],
      ['b', 3],
      ['silent', null],
    ]);
  });

  it('that end early are read to there, and hashed whole', async () => {
    const whole = pcap(frames);
    const cut = temp.write('cut.pcap', whole.subarray(0, whole.length - 5));
    const corrupt = temp.write(
      'corrupt.pcap',
      concat(whole, new Uint8Array(12).fill(0xff), new Uint8Array(50)),
    );
    const { captures, problems, rows } = await decodeFiles([cut, corrupt], { hashed: true });
    expect(captures.map(capture => [capture.status, capture.frames])).toEqual([
      ['truncated', frames.length - 1],
      ['corrupt', frames.length],
    ]);
    const last = pcap(frames.slice(0, -1)).length;
    expect(captures.map(capture => capture.offset)).toEqual([last, whole.length]);
    expect(captures[1]?.sha256).toBe(
      createHash('sha256')
        .update(concat(whole, new Uint8Array(12).fill(0xff), new Uint8Array(50)))
        .digest('hex'),
    );
    expect(problems.map(problem => [problem.file, problem.offset])).toEqual([
      [cut, last],
      [corrupt, whole.length],
    ]);
    expect(rows('conn').length).toBeGreaterThan(0);
  });

  it('that cannot be read are problems, the others are read', async () => {
    const good = temp.write('good.pcap', pcap(frames));
    const bad = temp.write('bad.pcap', 'no capture at all');
    const missing = join(temp.path, 'missing.pcap');
    const { captures, problems, rows } = await decodeFiles([missing, bad, good]);
    expect(captures.map(capture => [capture.name, capture.status])).toEqual([
      [missing, 'unreadable'],
      [good, 'ok'],
      [bad, 'unreadable'],
    ]);
    expect(problems.map(problem => problem.file)).toEqual([missing, bad]);
    expect(rows('conn').map(row => [row['capture'], row['frame']])).toEqual([[good, 1]]);
  });

  it('split between files are one analysis: the same flows with the same uids', async () => {
    const one = temp.write('one.pcap', pcap(frames));
    const [whole] = (await decodeFiles([one])).rows('conn');
    for (let cut = 1; cut < frames.length; cut++) {
      const a = temp.write('part-a.pcap', pcap(frames.slice(0, cut), { bigEndian: true, nano: true }));
      const b = temp.write('part-b.pcap', pcap(frames.slice(cut)));
      const { rows } = await decodeFiles([a, b]);
      expect(rows('conn')).toEqual([{ ...whole, capture: a }]);
    }
  });

  it('say the same in every variant of the format', async () => {
    const raw = frames.map(frame => ({
      ...frame,
      bytes: frame.bytes.subarray(14),
      original: frame.bytes.length - 14,
    }));
    const w = pcapngWriter(true);
    const ng = concat(
      w.section(),
      w.interface({ tsresol: 9 }),
      ...frames.map(frame =>
        w.enhanced(BigInt(frame.sec) * 1_000_000_000n + BigInt(frame.nsec), frame.bytes),
      ),
    );
    const files = [
      pcap(frames),
      pcap(frames, { bigEndian: true }),
      pcap(frames, { nano: true }),
      ng,
      pcap(raw, { linkType: LINK.raw }),
    ].map((bytes, i) => temp.write(`variant-${i}`, bytes));
    const seen = await Promise.all(files.map(async file => (await decodeFiles([file])).rows('conn')));
    const plain = seen.map(rows =>
      rows.map(({ capture: _, orig_l2_addr: _a, resp_l2_addr: _b, ...row }) => row),
    );
    for (const rows of plain) expect(rows).toEqual(plain[0]);
    expect(plain[0]).toHaveLength(1);
  });
});

describe('options', () => {
  it('keep the streams that are wanted; flows are decoded the same', async () => {
    const all = await decodeFiles([WARD]);
    expect(all.store.names).toEqual(expect.arrayContaining(['arp', 'conn', 'dicom', 'dns', 'hl7', 'http']));
    const some = await decodeFiles([WARD], { streams: new Set(['conn', 'arp']) });
    expect(some.store.names).toEqual(['arp', 'conn']);
    for (const stream of ['conn', 'arp']) expect(some.rows(stream)).toEqual(all.rows(stream));
  });

  it('the site is part of every uid and of nothing else', async () => {
    const file = temp.write('site.pcap', pcap(frames));
    const rowAt = async (site: string) => (await decodeFiles([file], { site })).rows('conn')[0];
    const [north, south] = [await rowAt('north'), await rowAt('south')];
    expect(north?.['uid']).not.toBe(south?.['uid']);
    expect({ ...north, uid: '' }).toEqual({ ...south, uid: '' });
  });

  it('a small memory for records changes nothing', async () => {
    const plain = await decodeFiles([WARD]);
    const tiny = await decodeFiles([WARD], { recordMemory: 1 });
    // Token digests differ from run to run.
    for (const stream of ['conn', 'arp']) expect(tiny.rows(stream)).toEqual(plain.rows(stream));
    expect(tiny.coverage).toEqual(plain.coverage);
    tiny.store.close();
  });

  it('progress counts the bytes of all inputs', async () => {
    const file = temp.write('progress.pcap', pcap(frames));
    const seen: [number, number | undefined][] = [];
    await decodeFiles([file, file], { onProgress: (read, total) => seen.push([read, total]) });
    const size = pcap(frames).length;
    expect(seen.at(-1)).toEqual([2 * size, 2 * size]);
    expect(seen.map(([read]) => read)).toEqual(seen.map(([read]) => read).toSorted((a, b) => a - b));
  });

  it('an interrupted run ends with what it has, and without a digest of half a file', async () => {
    const big = temp.write(
      'big.pcap',
      pcap(
        Array.from({ length: 3000 }, (_, i) => ({
          bytes: concat(datagram(i, 5).bytes, new Uint8Array(1000)),
          sec: i,
        })),
      ),
    );
    const controller = new AbortController();
    const { interrupted, captures, coverage } = await decodeFiles([big, big], {
      hashed: true,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(interrupted).toBe(true);
    // Both begin at the same time, so both were open.
    expect(captures.map(({ sha256 }) => sha256)).toEqual([null, null]);
    expect(coverage.frames).toBeLessThan(3000);
  });
});
