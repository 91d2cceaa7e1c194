/** QUIC against tshark: version, name, application protocol and first identifier of every client hello that it decrypts. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared, SHARED } from '../support/paths.ts';

const tshark = spawnSync('tshark', ['--version']).status === 0;
const runs = hasShared() && (tshark || process.env['MEDTAP_REQUIRE'] === '1');
const missing = hasShared() ? 'tshark' : '../shared';

interface Hello {
  readonly version: number;
  readonly dcid: string;
  readonly name: string;
  readonly protocol: string;
}

function captures(): string[] {
  return ['tls', 'zeek'].flatMap(folder =>
    readdirSync(join(SHARED, folder))
      .filter(file => /quic/.test(file))
      .map(file => join(SHARED, folder, file)),
  );
}

/** The first client hello of each flow and the identifier of its first packet, by the port of the client. */
function hellosOf(capture: string): Map<string, Hello> {
  const fields = [
    'udp.srcport',
    'quic.version',
    'quic.dcid',
    'tls.handshake.extensions_server_name',
    'tls.handshake.extensions_alpn_str',
  ];
  const { stdout } = spawnSync(
    'tshark',
    ['-r', capture, '-Y', 'quic.header_form == 1', '-T', 'fields', ...fields.flatMap(f => ['-e', f])],
    { encoding: 'utf8' },
  );
  const hellos = new Map<string, Hello>();
  for (const line of stdout.split('\n').filter(text => text !== '')) {
    const [port, versions, dcids, names, protocols] = line.split('\t').map(cell => cell.split(',')[0]!);
    const known = hellos.get(port!);
    const dcid = known?.dcid ?? dcids!;
    if (known?.protocol === undefined || known.protocol === '')
      hellos.set(port!, { version: Number(versions), dcid, name: names!, protocol: protocols! });
  }
  return hellos;
}

const VERSIONS: Readonly<Record<number, string>> = { 1: '1', [0x6b3343cf]: 'quicv2' };

describe.skipIf(!runs)(`quic against tshark${runs ? '' : ` (skipped: ${missing} missing)`}`, () => {
  it('agrees on every client hello', async () => {
    let compared = 0;
    for (const capture of captures()) {
      const decoded = await decodeFiles([capture]);
      const rows = new Map(decoded.rows('quic').map(row => [String(row['id.orig_p']), row]));
      // Some of the captures are of a link type that may not be read.
      const flows = new Set(decoded.rows('conn').map(row => String(row['id.orig_p'])));
      for (const [port, hello] of hellosOf(capture)) {
        if (!flows.has(port) || hello.protocol === '') continue;
        const row = rows.get(port);
        expect(
          [
            row?.['version'],
            row?.['client_initial_dcid'],
            row?.['server_name'] ?? '',
            row?.['client_protocol'],
          ],
          `${capture} ${port}`,
        ).toEqual([VERSIONS[hello.version], hello.dcid, hello.name, hello.protocol]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(6);
  }, 60_000);
});
