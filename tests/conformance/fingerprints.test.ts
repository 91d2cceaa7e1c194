/** JA3 and JA3S against what tshark computes for the same hellos, and JA4 against the values published for the captures. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared, SHARED } from '../support/paths.ts';

const TABLE = join(SHARED, 'oracle', 'ja4.tsv');

describe.skipIf(!hasShared())(`fingerprints${hasShared() ? '' : ' (skipped: ../shared missing)'}`, () => {
  it('JA4 equals every published value', async () => {
    const [head, ...lines] = readFileSync(TABLE, 'utf8')
      .trim()
      .split('\n')
      .map(line => line.split('\t'));
    const published = lines.map(cells => Object.fromEntries(head!.map((name, i) => [name, cells[i]!])));
    expect(published.length).toBeGreaterThan(5);
    for (const capture of new Set(published.map(row => row['capture']!))) {
      const decoded = await decodeFiles([join(SHARED, capture)]);
      const ours = new Map(
        decoded.rows('ssl').map(row => [`${row['id.orig_h']}:${row['id.orig_p']}`, row['ja4']]),
      );
      for (const row of published.filter(candidate => candidate['capture'] === capture))
        expect(ours.get(`${row['orig_h']}:${row['orig_p']}`), `${capture} ${row['orig_p']}`).toBe(row['ja4']);
    }
  });

  const tshark = spawnSync('tshark', ['--version']).status === 0;
  const skip = !tshark && process.env['MEDTAP_REQUIRE'] !== '1';
  it.skipIf(skip)(
    `JA3 and JA3S equal tshark’s${skip ? ' (skipped: tshark missing)' : ''}`,
    async () => {
      let compared = 0;
      for (const capture of capturesOfTls()) {
        const decoded = await decodeFiles([capture]);
        for (const row of decoded.rows('ssl')) {
          const flow = `${row['id.orig_h']}:${row['id.orig_p']}`;
          if (String(row['version']).startsWith('D')) continue;
          const seen = tsharkFingerprints(capture);
          const client = seen.ja3.get(flow);
          const server = seen.ja3s.get(flow);
          if (client !== undefined && row['ja3'] !== undefined) {
            expect(row['ja3'], `${capture} ${flow}`).toBe(client);
            compared++;
          }
          if (server !== undefined && row['ja3s'] !== undefined)
            expect(row['ja3s'], `${capture} ${flow}`).toBe(server);
        }
      }
      expect(compared).toBeGreaterThan(50);
    },
    120_000,
  );
});

function capturesOfTls(): string[] {
  const folder = (name: string, pattern: RegExp): string[] =>
    readdirSync(join(SHARED, name))
      .filter(file => pattern.test(file))
      .map(file => join(SHARED, name, file));
  return [
    ...folder('tls', /tls|ssl/),
    ...folder('zeek', /^tls-/),
    ...folder('medical', /wyze|withings|kardia/),
  ].filter(file => existsSync(file));
}

interface Fingerprints {
  readonly ja3: Map<string, string>;
  readonly ja3s: Map<string, string>;
}

const cache = new Map<string, Fingerprints>();

/** First fingerprint of each direction of each flow, by the originator's address and port. */
function tsharkFingerprints(capture: string): Fingerprints {
  const known = cache.get(capture);
  if (known !== undefined) return known;
  const fields = [
    'ip.src',
    'tcp.srcport',
    'ip.dst',
    'tcp.dstport',
    'tls.handshake.ja3',
    'tls.handshake.ja3s',
  ];
  const { stdout } = spawnSync(
    'tshark',
    [
      '-r',
      capture,
      '-Y',
      'tls.handshake.ja3 || tls.handshake.ja3s',
      '-T',
      'fields',
      ...fields.flatMap(f => ['-e', f]),
    ],
    { encoding: 'utf8' },
  );
  const result: Fingerprints = { ja3: new Map(), ja3s: new Map() };
  for (const line of stdout.split('\n')) {
    const [source, sourcePort, target, targetPort, ja3, ja3s] = line.split('\t');
    const first = (text: string): string => text.split(',')[0]!;
    if (ja3) setOnce(result.ja3, `${source}:${sourcePort}`, first(ja3));
    if (ja3s) setOnce(result.ja3s, `${target}:${targetPort}`, first(ja3s));
  }
  cache.set(capture, result);
  return result;
}

function setOnce(map: Map<string, string>, key: string, value: string): void {
  if (!map.has(key)) map.set(key, value);
}
