import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_MEMBERS } from '../../../src/capture/archive/members.ts';
import { listInputs } from '../../../src/capture/inputs.ts';
import { CaptureReading } from '../../../src/pipeline/read-captures.ts';
import { pcap, pcapngWriter, snoop } from '../../support/captures.ts';
import { lz4Frame, tar, tarMember, zip, zstdStored } from '../../support/containers.ts';
import { decodeFiles } from '../../support/decode-capture.ts';
import { concat } from '../../support/frames.ts';
import { hasShared, SHARED } from '../../support/paths.ts';
import { tempFolder } from '../../support/temp.ts';

const temp = tempFolder();
const PCAP = pcap([
  { bytes: 'one', sec: 1 },
  { bytes: 'two', sec: 2 },
]);

/** Reads inputs whole: how many frames, and what was said of the captures. */
async function read(...inputs: string[]) {
  let frames = 0;
  const reading = new CaptureReading(
    { hashed: true },
    { take: () => void frames++, duplicatesOf: () => 0, hasDecoded: () => true },
  );
  await reading.readAll(inputs);
  return { frames, captures: reading.captures, problems: reading.problems.map(problem => problem.message) };
}

const MEMBERS = [
  { name: 'b.pcap', bytes: PCAP },
  { name: 'notes.txt', bytes: 'no capture' },
  { name: 'sub/unnamed', bytes: PCAP },
  { name: '__MACOSX/._b.pcap', bytes: 'finder' },
];

describe.each([
  ['zip', zip(MEMBERS), '.zip'],
  ['tar', tar(MEMBERS), '.tar'],
  ['tar.gz', new Uint8Array(gzipSync(tar(MEMBERS))), '.tar.gz'],
])('%s', (_, bytes, extension) => {
  it('gives the captures it holds, each under its own name', async () => {
    const file = temp.write(`members${extension}`, bytes);
    const { frames, captures, problems } = await read(file);
    expect(problems).toEqual([]);
    expect(frames).toBe(4);
    expect(captures.map(({ name }) => name)).toEqual([`${file}!b.pcap`, `${file}!sub/unnamed`]);
  });

  it('is found in a directory, too', async () => {
    expect((await read(temp.path)).captures.map(({ name }) => name)).toContain(
      join(temp.path, `members${extension}!b.pcap`),
    );
  });

  it('cut at every place: never throws, and the captures before are read', async () => {
    for (let length = 1; length < bytes.length; length += 97) {
      const { frames, problems } = await read(temp.write(`cut${extension}`, bytes.subarray(0, length)));
      expect(frames).toBeLessThanOrEqual(4);
      if (frames < 4) expect(problems.length).toBeGreaterThan(0);
    }
  });
});

describe('archives', () => {
  it('without a capture are a problem when the user names them', async () => {
    const notes = [{ name: 'notes.txt', bytes: 'nothing' }];
    for (const bytes of [zip(notes), tar(notes), new Uint8Array(gzipSync(tar(notes)))]) {
      expect((await read(temp.write('notes', bytes))).problems).toEqual([
        expect.stringContaining('the archive holds no capture'),
      ]);
    }
  });

  it('members that cannot be read are named', async () => {
    const file = temp.write(
      'odd.zip',
      zip([
        { name: 'secret.pcap', bytes: PCAP, flags: 1 },
        { name: 'lzma.pcap', bytes: PCAP, method: 14 },
        { name: 'text.pcap', bytes: 'text' },
        { name: 'good.pcap', bytes: PCAP },
      ]),
    );
    const { frames, problems } = await read(file);
    expect(frames).toBe(2);
    expect(problems).toEqual([
      expect.stringContaining('odd.zip!secret.pcap: is encrypted'),
      expect.stringContaining('odd.zip!lzma.pcap: zip compression method 14 cannot be read'),
      expect.stringContaining('odd.zip!text.pcap: not a pcap'),
    ]);
  });

  it('a member whose checksum is wrong is read, and said to be damaged', async () => {
    const { frames, problems, captures } = await read(
      temp.write('crc.zip', zip([{ name: 'a.pcap', bytes: PCAP, crc: 1 }])),
    );
    expect(frames).toBe(2);
    expect(problems).toEqual([
      expect.stringMatching(/crc.zip!a.pcap: .*CRC of the zip member does not match/),
    ]);
    expect(captures).toMatchObject([{ status: 'corrupt' }]);
  });

  it('so is a stored member', async () => {
    const { frames, problems } = await read(
      temp.write('stored.zip', zip([{ name: 'a.pcap', bytes: PCAP, method: 0, crc: 1 }])),
    );
    expect(frames).toBe(2);
    expect(problems).toEqual([expect.stringMatching(/stored.zip!a.pcap: .*CRC of the zip member/)]);
  });

  it('whatever their members are called, all are read', async () => {
    const names = ['a.pcap', '../b.pcap', '/c.pcap', 'C:\\d.pcap', 'e\x1b.pcap'];
    const file = temp.write('names.zip', zip(names.map(name => ({ name, bytes: PCAP }))));
    const { frames, captures, problems } = await read(file);
    expect([frames, problems]).toEqual([10, []]);
    expect(captures[4]?.name).toMatch(/names.zip!e[^\x1b]+pcap$/);
  });

  it('a zip member whose header is damaged does not hide the others', async () => {
    const bytes = zip(['a', 'b', 'c'].map(name => ({ name, bytes: PCAP })));
    bytes[Buffer.from(bytes).indexOf('PK\x03\x04', 4)]! ^= 1;
    const { frames, problems } = await read(temp.write('header.zip', bytes));
    expect([frames, problems]).toEqual([
      4,
      [expect.stringContaining('header.zip!b: its header in the zip archive is damaged')],
    ]);
  });

  it.each([
    ['gzip', packed => new Uint8Array(gzipSync(packed))],
    ['lz4', packed => lz4Frame([{ bytes: packed.subarray(0, 60_000) }], { flags: 0x44 })],
  ] as [string, (bytes: Uint8Array) => Uint8Array][])(
    'a checksum behind the end of a tar in %s is verified',
    async (_, pack) => {
      const archive = tar([{ name: 'a.pcap', bytes: PCAP }]);
      for (const padding of [0, 9216]) {
        // lz4Frame writes no checksum of the content: one of zeros is appended, which is not the right one.
        const packed = concat(pack(concat(archive, new Uint8Array(padding))));
        const bad = packed[0] === 4 ? concat(packed, [0, 0, 0, 0]) : packed.slice();
        if (packed[0] !== 4) bad[bad.length - 6]! ^= 1;
        const { frames, problems } = await read(temp.write('sum.tar.x', bad));
        expect(frames).toBe(2);
        expect(problems).toEqual([expect.stringMatching(/sum.tar.x.*: .*(check|checksum)/)]);
      }
    },
  );

  it('joined tar archives are read one after the other, what else stands there is named', async () => {
    const one = tar([{ name: 'a.pcap', bytes: PCAP }]);
    const joined = concat(one, new Uint8Array(200 * 512), one);
    for (const [bytes, said] of [
      [joined, []],
      [concat(joined, 'rubbish'), [expect.stringContaining('behind the end of the tar archive')]],
    ] as const) {
      for (const packed of [bytes, new Uint8Array(gzipSync(bytes))]) {
        const { frames, problems } = await read(temp.write('joined', packed));
        expect([frames, problems]).toEqual([4, said]);
      }
    }
  });

  it('members packed in a way that is not read are named, whatever they are called', async () => {
    const members = [
      { name: 'one', bytes: 'BZh91AY&SY' },
      { name: 'two', bytes: 'Rar!\x1a\x07' },
      { name: 'good.pcap', bytes: PCAP },
    ];
    for (const bytes of [zip(members), tar(members), new Uint8Array(gzipSync(tar(members)))]) {
      const { frames, problems } = await read(temp.write('outer', bytes));
      expect(frames).toBe(2);
      expect(problems).toEqual([
        expect.stringMatching(/outer!one: bzip2-compressed; unpack the archive and decompress it/),
        expect.stringMatching(/outer!two: a RAR archive cannot be read; unpack it first/),
      ]);
    }
  });

  it('cut within a member: told of once', async () => {
    const whole = tar([{ name: 'a.pcap', bytes: PCAP }]);
    // At the end of a record, where the capture itself shows nothing, and within one.
    for (const length of [512 + PCAP.length - 19, 512 + PCAP.length - 3]) {
      const { frames, problems } = await read(temp.write('cut.tar', whole.subarray(0, length)));
      expect(frames).toBe(1);
      expect(problems).toEqual([expect.stringContaining('cut.tar!a.pcap: tar: the archive ends within it')]);
      const packed = new Uint8Array(gzipSync(whole, { level: 0 })).subarray(0, length);
      expect((await read(temp.write('cut.tgz', packed))).problems).toHaveLength(1);
    }
  });

  it('of zeros only hold nothing', async () => {
    expect((await read(temp.write('empty.tar', new Uint8Array(10_240)))).problems).toEqual([
      expect.stringContaining('holds no capture but zeros: an empty tar archive'),
    ]);
  });

  it('archives in them are named, beside what is read', async () => {
    const members = [
      { name: 'inner.zip', bytes: zip([{ name: 'a.pcap', bytes: PCAP }]) },
      { name: 'inner.tar.gz', bytes: gzipSync(tar([{ name: 'a.pcap', bytes: PCAP }])) },
      { name: 'good.pcap', bytes: PCAP },
    ];
    for (const bytes of [zip(members), tar(members), new Uint8Array(gzipSync(tar(members)))]) {
      const { frames, problems } = await read(temp.write('outer', bytes));
      expect(frames).toBe(2);
      expect(problems).toEqual([
        expect.stringMatching(/outer!inner.zip: .* not opened; unpack the outer one/),
        expect.stringMatching(/outer!inner.tar.gz: .* not opened; unpack the outer one/),
      ]);
    }
  });

  it('tar: long names in both styles, links and folders passed over', async () => {
    const long = `${'deep/'.repeat(40)}ward.pcap`;
    const line = ` path=pax-${long}\n`;
    const pax = `${line.length + 3}${line}`;
    const file = temp.write(
      'long.tar',
      concat(
        tarMember({ name: 'folder/', bytes: '', type: '5' }),
        tarMember({ name: 'link.pcap', bytes: '', type: '2' }),
        tarMember({ name: '././@LongLink', bytes: `${long}\0`, type: 'L' }),
        tarMember({ name: 'short', bytes: PCAP }),
        tarMember({ name: 'PaxHeader', bytes: pax, type: 'x' }),
        tarMember({ name: 'short', bytes: PCAP }),
        new Uint8Array(1024),
      ),
    );
    const { captures, problems } = await read(file);
    expect(problems).toEqual([]);
    expect(captures.map(({ name }) => name)).toEqual([`${file}!${long}`, `${file}!pax-${long}`]);
  });

  it('more members than the limit: says so', async () => {
    const member = tarMember({ name: 'x', bytes: '' });
    const file = temp.write('many.tar', concat(...Array.from({ length: MAX_MEMBERS + 5 }, () => member)));
    const { problems } = await listInputs([file]);
    expect(problems.map(problem => problem.message)).toEqual([expect.stringContaining('archive_members')]);
    const { coverage } = await decodeFiles([file, temp.write('streamed.tgz', gzipSync(readFileSync(file)))]);
    expect(coverage.limits).toEqual({ archive_members: 2 });
  }, 60_000);
});

describe('bad input', () => {
  const w = pcapngWriter();
  const small: [string, Uint8Array][] = [
    ['pcap', PCAP],
    [
      'pcapng',
      concat(
        w.section(),
        w.interface({ name: 'eth0' }),
        w.enhanced(1n, 'x'),
        w.statistics(0, { dropped: 1n }),
      ),
    ],
    ['snoop', snoop([{ bytes: 'x' }])],
    ['gzip', new Uint8Array(gzipSync(PCAP))],
    ['zstd', zstdStored(PCAP)],
    ['lz4', lz4Frame([{ bytes: PCAP }])],
  ];
  it.each(small)('%s, cut at every byte or with any byte changed: never throws', async (name, bytes) => {
    for (let at = 0; at < bytes.length; at++) {
      const cut = await read(temp.write(`bad-${name}`, bytes.subarray(0, at)));
      expect(cut.captures).toHaveLength(1);
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ 0xff;
      expect((await read(temp.write(`bad-${name}`, changed))).captures.length).toBeLessThanOrEqual(1);
    }
  });

  const folders = ['format', 'malformed'].map(folder => join(SHARED, folder));
  it.skipIf(!hasShared())(
    `every capture of the shared ones is read to its end or to a named offset${hasShared() ? '' : ' (skipped: ../shared missing)'}`,
    async () => {
      for (const folder of folders.filter(existsSync)) {
        for (const name of readdirSync(folder)) {
          const bytes = readFileSync(join(folder, name));
          const { captures } = await read(join(folder, name));
          expect(captures[0]?.bytes).toBe(bytes.length);
          const packed = await read(temp.write('shared.gz', gzipSync(bytes)));
          expect(packed.captures[0]?.frames).toBe(captures[0]?.frames);
          expect(packed.captures[0]?.status).toBe(captures[0]?.status);
        }
      }
    },
  );
});
