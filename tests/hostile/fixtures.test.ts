/**
 * Damaged copies of every fixture through the whole first phase: no throw (a decoder that throws is fatal here), no
 * hang. `MEDTAP_MUTATIONS` sets how many copies of each fixture (default 200), `MEDTAP_SEED` where they begin.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Captured, pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { fromHex } from '../support/frames.ts';
import { FIXTURES } from '../support/paths.ts';
import { readFrames } from '../support/read-frames.ts';
import { tempFolder } from '../support/temp.ts';
import { intoTunnel, TUNNEL_KINDS } from '../support/tunnels.ts';
import { damageFile, damageFrames, type Random, seeded } from './mutate.ts';

const COPIES = Number(process.env['MEDTAP_MUTATIONS'] ?? 200);
const FIRST_SEED = Number(process.env['MEDTAP_SEED'] ?? 1);
/** Processor time for one copy; a whole fixture takes a fraction of a second. */
const PATIENCE_MS = 5000;

const temp = tempFolder();

beforeAll(() => vi.stubEnv('MEDTAP_STRICT_DECODERS', '1'));
afterAll(() => vi.unstubAllEnvs());

/** Decodes one damaged copy; what is thrown names the seed that makes it again. */
async function survive(bytes: Uint8Array, seed: number): Promise<number> {
  const file = temp.write('damaged', bytes);
  const start = process.cpuUsage();
  try {
    const decoded = await decodeFiles([file]);
    for (const stream of decoded.store.names) decoded.rows(stream);
    const { frames, limits } = decoded.coverage;
    expect(limits).toEqual({});
    decoded.store.close();
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(PATIENCE_MS);
    return frames;
  } catch (error) {
    throw new Error(`MEDTAP_SEED=${seed} MEDTAP_MUTATIONS=1`, { cause: error });
  }
}

describe.each([
  'carriers.pcap',
  'clinic.pcapng',
  'devices.pcap',
  'imaging.pcap',
  'laboratory.pcap',
  'ward.pcap',
])('damaged copies of %s', name => {
  const file = new Uint8Array(readFileSync(join(FIXTURES, name)));
  let frames: Captured[] = [];

  beforeAll(async () => {
    frames = (await readFrames(file)).frames.map(({ sec, nsec, hex }) => ({
      sec,
      nsec,
      bytes: fromHex(hex),
    }));
  });

  async function surviveAll(damage: (random: Random) => Uint8Array): Promise<void> {
    let read = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COPIES / 2; seed++)
      read += await survive(damage(seeded(seed)), seed);
    // The damage left something to decode.
    expect(read / (COPIES / 2)).toBeGreaterThan(frames.length / 10);
  }

  it('decodes the whole fixture', async () => {
    expect(await survive(file, 0)).toBe(frames.length);
  });

  it('survives damage anywhere in the file', { timeout: 600_000 }, () =>
    surviveAll(random => damageFile(file, random)),
  );

  it('survives damaged frames in tunnels', { timeout: 600_000 }, () =>
    surviveAll(random => {
      const kind = TUNNEL_KINDS[Math.floor(random() * TUNNEL_KINDS.length)]!;
      return pcap(damageFrames(intoTunnel(frames, kind), random));
    }),
  );

  it('survives damaged, lost, repeated and reordered frames', { timeout: 600_000 }, () =>
    surviveAll(random => pcap(damageFrames(frames, random))),
  );
});
