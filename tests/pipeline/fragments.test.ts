/**
 * The fixture with every IPv4 packet cut into fragments, as it is and inside a tunnel: the same flows as without, in every
 * field but the numbers of frames.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/schema.ts';
import { type Captured, pcap } from '../support/captures.ts';
import { type DecodedCapture, decodeFiles } from '../support/decode-capture.ts';
import { concat, fromHex, toBytes } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { readFrames } from '../support/read-frames.ts';
import { tempFolder } from '../support/temp.ts';
import { intoTunnel, TUNNEL_KINDS } from '../support/tunnels.ts';

const temp = tempFolder();
const IP = 14;

/** Each IPv4 packet in fragments of at most `size` data bytes; the last piece comes first. */
function fragmented(frames: readonly Captured[], size: number): Captured[] {
  return frames.flatMap((captured, index) => {
    const frame = toBytes(captured.bytes);
    if (frame[12] !== 8 || frame[13] !== 0 || frame[IP] !== 0x45) return [captured];
    const data = frame.subarray(IP + 20, IP + ((frame[IP + 2]! << 8) | frame[IP + 3]!));
    const pieces: Captured[] = [];
    for (let from = 0; from < data.length; from += size) {
      const piece = data.subarray(from, from + size);
      const header = frame.slice(0, IP + 20);
      const view = new DataView(header.buffer);
      view.setUint16(IP + 2, 20 + piece.length);
      view.setUint16(IP + 4, index);
      view.setUint16(IP + 6, (from / 8) | (from + size < data.length ? 0x2000 : 0));
      pieces.unshift({ ...captured, bytes: concat(header, piece), original: IP + 20 + piece.length });
    }
    return pieces;
  });
}

/** Everything said about flows, without what depends on the number of frames. */
function said(decoded: DecodedCapture): string[] {
  return decoded.store.names
    .filter(name => name !== 'arp')
    .flatMap(stream =>
      decoded.rows(stream).map(row => {
        const kept: Record<string, Value | undefined> = { ...row };
        delete kept['frame'];
        delete kept['capture'];
        // Tokens are made under a key of the run.
        return `${stream} ${JSON.stringify(kept).replaceAll(/:[0-9a-f]{32}/g, '')}`;
      }),
    )
    .sort();
}

describe('fragments of whole captures', () => {
  const kinds = [
    undefined,
    ...['VXLAN', 'GRE', 'ERSPAN II'].map(name => TUNNEL_KINDS.find(kind => kind.name === name)),
  ];
  it.each(kinds.map(kind => [kind?.name ?? 'Ethernet', kind] as const))(
    'the same flows: %s',
    async (_, kind) => {
      const file = new Uint8Array(readFileSync(join(FIXTURES, 'ward.pcap')));
      const frames = (await readFrames(file)).frames.map(
        ({ sec, nsec, hex, length }): Captured => ({ sec, nsec, bytes: fromHex(hex), original: length }),
      );
      const through = kind === undefined ? frames : intoTunnel(frames, kind);
      const decode = (name: string, captured: readonly Captured[]) =>
        decodeFiles([temp.write(name, pcap(captured))], { dedupWindow: 0 });
      const whole = await decode('whole.pcap', through);
      const pieces = await decode('pieces.pcap', fragmented(through, 200));
      expect(said(pieces)).toEqual(said(whole));
      expect(pieces.coverage.fragments).toBeGreaterThan(whole.coverage.frames / 4);
      expect(pieces.coverage.undecoded).toEqual(whole.coverage.undecoded);
      expect(pieces.coverage.decoded - whole.coverage.decoded).toBe(
        pieces.coverage.frames - whole.coverage.frames,
      );
    },
  );
});
