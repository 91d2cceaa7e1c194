/**
 * Flows of which a capture has only a part: one direction, no beginning, or a hole where the first content was. Every TCP and
 * UDP flow of the fixtures in which a protocol was recognised is cut in each of these ways, one by one, and decoded again. What
 * must hold: no decoder fails, the flow is there, a SYN that is there is believed, and in nearly all flows who called whom
 * and the protocol are the same. `MEDTAP_PARTIAL=1` prints the table and every flow that differs.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KIND, SYN } from '../../src/model/packet.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { type Decoded, decodePacket } from '../support/decode-packet.ts';
import { FIXTURES } from '../support/paths.ts';
import { captureOf, framesOf, type TimedFrame } from '../support/rewrite-capture.ts';
import { tempFolder } from '../support/temp.ts';

interface Segment extends TimedFrame {
  readonly fromOrig: boolean;
  readonly syn: boolean;
  readonly payload: number;
}

interface Flow {
  readonly fixture: string;
  readonly linkType: number;
  readonly proto: string;
  readonly service: string;
  readonly orig: string;
  readonly segments: readonly Segment[];
}

const shown = process.env['MEDTAP_PARTIAL'] !== undefined;
const temp = tempFolder();
const flows: Flow[] = [];

const end = (host: unknown, port: unknown): string => `${String(host)} ${String(port)}`;

/** The two ends of a packet. */
function endsOf({ packet, src, dst }: Decoded): readonly [string, string] {
  return [end(src, packet.srcPort), end(dst, packet.dstPort)];
}

async function flowsOf(fixture: string): Promise<Flow[]> {
  const file = join(FIXTURES, fixture);
  const { frames, linkType } = await framesOf(file);
  const byEnds = new Map<string, { frame: TimedFrame; from: string; decoded: Decoded }[]>();
  for (const frame of frames) {
    const decoded = decodePacket(frame.bytes, { linkType, original: frame.original });
    const { kind } = decoded.packet;
    if (kind !== KIND.tcp && kind !== KIND.udp) continue;
    const [from, to] = endsOf(decoded);
    const key = [kind, ...[from, to].sort()].join(' ');
    byEnds.set(key, [...(byEnds.get(key) ?? []), { frame, from, decoded }]);
  }
  const rows = (await decodeFiles([file])).rows('conn');
  return rows.flatMap(row => {
    const orig = end(row['id.orig_h'], row['id.orig_p']);
    const resp = end(row['id.resp_h'], row['id.resp_p']);
    const kind = row['proto'] === 'tcp' ? KIND.tcp : KIND.udp;
    const found = byEnds.get([kind, ...[orig, resp].sort()].join(' '));
    const alone =
      rows.filter(
        other =>
          [orig, resp].includes(end(other['id.orig_h'], other['id.orig_p'])) &&
          [orig, resp].includes(end(other['id.resp_h'], other['id.resp_p'])),
      ).length === 1;
    if (found === undefined || !alone || row['service'] === undefined) return [];
    // Another flow announces it.
    if (row['service'] === 'ftp-data') return [];
    const segments = found.map(({ frame, from, decoded: { packet, payload } }) => ({
      ...frame,
      fromOrig: from === orig,
      syn: kind === KIND.tcp && (packet.tcpFlags & SYN) !== 0,
      payload: payload.length,
    }));
    return [
      { fixture, linkType, proto: String(row['proto']), service: String(row['service']), orig, segments },
    ];
  });
}

/** What is left of a flow. */
const CUTS: Readonly<Record<string, (segments: readonly Segment[]) => readonly Segment[]>> = {
  'originator only': segments => segments.filter(({ fromOrig }) => fromOrig),
  'responder only': segments => segments.filter(({ fromOrig }) => !fromOrig),
  'no handshake': segments => segments.slice(segments.findIndex(({ payload }) => payload > 0)),
  'second half': segments => segments.slice(Math.floor(segments.length / 2)),
  'first content missing': segments => {
    const first = segments.findIndex(({ payload }) => payload > 0);
    return segments.filter((_, i) => i !== first);
  },
  'every third packet missing': segments => segments.filter((_, i) => i % 3 !== 2),
};

interface Tally {
  flows: number;
  turned: number;
  unnamed: number;
}

beforeAll(async () => {
  vi.stubEnv('MEDTAP_STRICT_DECODERS', '1');
  for (const name of readdirSync(FIXTURES)
    .filter(each => /\.(?:pcap|pcapng)$/.test(each))
    .sort())
    flows.push(...(await flowsOf(name)));
});
afterAll(() => vi.unstubAllEnvs());

describe('a flow of which there is only', () => {
  /** Largest share of flows that may be the other way round, and whose protocol may not be told. */
  it.each([
    ['originator only', 0, 0.05],
    ['responder only', 0.02, 0.15],
    ['no handshake', 0.02, 0.05],
    ['second half', 0.1, 0.3],
    ['first content missing', 0.02, 0.15],
    ['every third packet missing', 0, 0.15],
  ])('%s: who called whom, and in which protocol', { timeout: 240_000 }, async (cut, mayTurn, mayLose) => {
    const tally: Tally = { flows: 0, turned: 0, unnamed: 0 };
    for (const flow of flows) {
      const left = CUTS[cut]!(flow.segments);
      if (!left.some(({ payload }) => payload > 0)) continue;
      const decoded = await decodeFiles([temp.write('part.pcap', captureOf(left, flow.linkType))]);
      const rows = decoded.rows('conn');
      expect(decoded.coverage.decoder_failures).toEqual({});
      // Without an answer an attempt ends after five seconds, as in Zeek; what comes later is a flow of its own.
      expect(rows.length).toBeLessThanOrEqual(2);
      expect(new Set(rows.map(row => row['proto']))).toEqual(new Set([flow.proto]));
      const row = rows.at(-1);
      const turned = end(row!['id.orig_h'], row!['id.orig_p']) !== flow.orig;
      // Nothing but the order of packets may mislead, and the record says so.
      if (turned) expect(row!['direction_confidence']).toBe('first_packet');
      if (left.some(({ syn, fromOrig }) => syn && fromOrig)) expect(turned).toBe(false);
      const unnamed = row!['service'] === undefined;
      tally.flows++;
      if (turned) tally.turned++;
      if (unnamed) tally.unnamed++;
      if (shown && (turned || unnamed))
        process.stdout.write(
          `${cut}: ${flow.fixture} ${flow.service} ${flow.orig} ${turned ? `turned (${String(row!['direction_confidence'])})` : ''} ${unnamed ? 'unnamed' : ''}\n`,
        );
      decoded.store.close();
    }
    if (shown) process.stdout.write(`${cut}: ${JSON.stringify(tally)}\n`);
    expect(tally.flows).toBeGreaterThan(50);
    expect(tally.turned).toBeLessThanOrEqual(tally.flows * mayTurn);
    expect(tally.unnamed).toBeLessThanOrEqual(tally.flows * mayLose);
  });
});
