import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Direction, defineProtocol, type FlowContext, ORIG, RESP } from '../../../src/model/protocol.ts';
import {
  type FileStart,
  FlowFiles,
  filesStream,
  type OpenFile,
} from '../../../src/protocols/files/transfer.ts';
import { bytesOf, type Played, play, recordsOf, type Step } from '../../support/fake-flow.ts';
import { concat } from '../../support/frames.ts';

/** A protocol that carries one file per direction and passes over what the file does not want. */
function carrier(start: FileStart = {}) {
  const files = new Map<Direction, OpenFile>();
  const fileOf = (state: FlowFiles, direction: Direction): OpenFile => {
    const file = files.get(direction) ?? state.open(direction, start);
    files.set(direction, file);
    return file;
  };
  return defineProtocol<FlowFiles>({
    name: 'carrier',
    transports: ['tcp'],
    ports: [1],
    probeBytes: 8,
    maxPending: 8,
    streams: [filesStream],
    probe: () => 'match',
    open: flow => new FlowFiles(flow, 'CARRIER'),
    feed(state, direction, bytes, from, to) {
      const file = fileOf(state, direction);
      if (file.wanted > 0) file.feed(bytes, from, to);
      else file.pass(to - from);
      return to - from;
    },
    gap: (state, direction, length) => fileOf(state, direction).miss(length),
    close: () => {
      for (const file of files.values()) file.end();
    },
  });
}

const run = (exchange: readonly Step[], start: FileStart = {}, segment = 1400): Played =>
  play(carrier(start), exchange, { segment });
const only = (played: Played) => recordsOf(played, 'files')[0]!;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const gzip = concat([0x1f, 0x8b, 8], new Uint8Array(20_000).fill(7));

describe('files', () => {
  it('describes a file', () => {
    const played = run(
      [
        [ORIG, 'hello, this is text'],
        [ORIG, ' and more'],
      ],
      { filename: 'a.txt', total: 28 },
    );
    expect(only(played)).toEqual({
      ts: { sec: 1_700_000_000, nsec: 0 },
      frame: 1,
      fuid: expect.stringMatching(/^F[0-9A-Za-z]{17}$/),
      source: 'CARRIER',
      depth: 0,
      analyzers: [],
      mime_type: 'text/plain',
      filename: 'a.txt',
      duration: 1,
      local_orig: true,
      is_orig: true,
      seen_bytes: 28,
      total_bytes: 28,
      missing_bytes: 0,
      overflow_bytes: 0,
      timedout: false,
    });
  });

  it('gives every file of a flow its own identifier, always the same', () => {
    const exchange: Step[] = [
      [ORIG, 'one file of text'],
      [RESP, 'another of text.'],
    ];
    const fuids = () => recordsOf(run(exchange), 'files').map(row => row['fuid']);
    expect(new Set(fuids()).size).toBe(2);
    expect(fuids()).toEqual(fuids());
  });

  it('gives different files different identifiers', () => {
    const flow = { uid: '', now: { sec: 0, nsec: 0 }, frame: 1 };
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const files = new FlowFiles({ ...flow, uid: `C${i.toString(36)}x` } as unknown as FlowContext, 'X');
      for (let j = 0; j < 5; j++) seen.add(files.open(ORIG).fuid);
    }
    expect(seen.size).toBe(10_000);
  });

  it('hashes archives that were seen whole, however they were cut', () => {
    for (const segment of [1, 37, 1400, 50_000]) {
      expect(only(run([[RESP, gzip]], {}, segment))).toMatchObject({
        mime_type: 'application/x-gzip',
        analyzers: ['SHA256'],
        sha256: sha256(gzip),
        seen_bytes: gzip.length,
      });
    }
  });

  it('hashes nothing else', () => {
    expect(only(run([[RESP, concat(bytesOf('%PDF-1.7'), new Uint8Array(9000))]]))).not.toHaveProperty(
      'sha256',
    );
  });

  it('hashes nothing with a hole or an end too early', () => {
    const hole = only(run([[RESP, gzip], { gap: RESP, length: 10 }, [RESP, gzip]]));
    expect(hole).toMatchObject({ missing_bytes: 10, seen_bytes: 2 * gzip.length, analyzers: [] });
    expect(hole).not.toHaveProperty('sha256');
    expect(only(run([[RESP, gzip]], { total: gzip.length + 1 }))).not.toHaveProperty('sha256');
  });

  it('hashes nothing beyond its limit, and says so', () => {
    const played = run([[RESP, gzip]], { total: 100_000_000 });
    expect(played.weirds).toEqual(['file_hash_limit']);
    expect(only(played)).toMatchObject({ analyzers: [], seen_bytes: gzip.length });
  });

  it('finds the identifier of a disk image behind its empty sectors', () => {
    const image = new Uint8Array(40_000);
    image.set(bytesOf('\x01CD001\x01'), 32_768);
    for (const segment of [1, 1400, 50_000])
      expect(only(run([[RESP, image]], {}, segment))).toMatchObject({
        mime_type: 'application/x-iso9660-image',
      });
  });

  it('tells no type behind a lost beginning', () => {
    const played = run([[RESP, ''], { gap: RESP, length: 5 }, [RESP, gzip]]);
    expect(only(played)).toMatchObject({ missing_bytes: 5, seen_bytes: gzip.length });
    expect(only(played)).not.toHaveProperty('mime_type');
  });

  it('takes the declared type where the protocol knows better', () => {
    const declared = 'application/ocsp-request';
    expect(only(run([[ORIG, '0 is not very telling']], { declared }))).toMatchObject({ mime_type: declared });
  });

  it('leaves no record of a file of which nothing was seen', () => {
    expect(recordsOf(run([[RESP, ''], { gap: RESP, length: 5 }]), 'files')).toEqual([]);
  });
});
