/** What happens when a decoder or the disk fails: a decoder costs its flow, a full disk the run, neither the capture. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defineProtocol } from '../../src/model/protocol.ts';
import { pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { Script } from '../support/flow-script.ts';
import { ethernet, ipv4, PROTOCOL, udp } from '../support/frames.ts';
import { tempFolder } from '../support/temp.ts';

vi.mock('../../src/protocols/registry.ts', () => ({
  bomb: defineProtocol({
    name: 'bomb',
    transports: ['tcp'],
    ports: [],
    probeBytes: 10,
    maxPending: 10,
    streams: [],
    probe: () => 'match',
    open: () => null,
    feed() {
      // As Node's own errors it carries a code, but no system call failed.
      throw Object.assign(new RangeError('the bomb went off'), { code: 'ERR_OUT_OF_RANGE' });
    },
  }),
}));

const temp = tempFolder();
const { TMPDIR } = process.env;

afterEach(() => {
  vi.unstubAllEnvs();
  if (TMPDIR === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = TMPDIR;
});

describe('a decoder that throws', () => {
  const flows = [1, 2, 3].map(i =>
    new Script({ origPort: 40_000 + i })
      .open()
      .orig('PA', { data: 'boom' })
      .orig('PA', { data: 'more' })
      .close(),
  );
  const file = temp.write(
    'bombs.pcap',
    pcap(flows.flatMap(flow => flow.packets.map(packet => ({ ...packet, bytes: packet.frame })))),
  );

  it('is counted once per flow, and the flows are reported all the same', async () => {
    vi.stubEnv('MEDTAP_STRICT_DECODERS', '');
    const { coverage, rows, captures } = await decodeFiles([file]);
    expect(coverage.decoder_failures).toEqual({ bomb: 3 });
    expect(captures[0]?.status).toBe('ok');
    expect(rows('conn').map(row => [row['conn_state'], row['service'], row['orig_bytes']])).toEqual(
      Array.from({ length: 3 }, () => ['SF', 'bomb', 8]),
    );
  });

  it('is fatal where tests ask for it', async () => {
    vi.stubEnv('MEDTAP_STRICT_DECODERS', '1');
    await expect(decodeFiles([file])).rejects.toThrow('the bomb went off');
  });
});

describe('a full disk', () => {
  it('ends the run; it is no damage of the capture', async () => {
    // Each flow is over before the next begins, so that records come while the capture is read.
    const frames = Array.from({ length: 5000 }, (_, i) => ({
      bytes: ethernet({}, ipv4({ protocol: PROTOCOL.udp }, udp({ src: 1000 + i }))),
      sec: i * 100,
    }));
    const file = temp.write('long.pcap', pcap(frames));
    process.env['TMPDIR'] = `${temp.path}/missing`;
    await expect(decodeFiles([file], { recordMemory: 1 })).rejects.toThrow('ENOENT');
  });
});
