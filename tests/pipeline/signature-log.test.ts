/** Signatures over captures: whole runs of the first phase, with records beside those of the decoders. */
import { describe, expect, it } from 'vitest';
import { readSignatures } from '../../src/pipeline/search-files.ts';
import { SignatureSet } from '../../src/signatures/compile.ts';
import { signature } from '../signatures/support.ts';
import { pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { Script } from '../support/flow-script.ts';
import { ROOT } from '../support/paths.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
const shipped = readSignatures([`${ROOT}/rules/signatures`]).set;

/** Records of a scripted conversation, with signatures. */
async function run(script: Script, signatures: SignatureSet, streams?: readonly string[]) {
  const frames = script.packets.map(({ frame, sec, nsec }) => ({ bytes: frame, sec, nsec }));
  const file = temp.write('x.pcap', pcap(frames, { nano: true }));
  return decodeFiles([file], { signatures, streams: streams && new Set(streams) });
}

const text = (words: string): SignatureSet => new SignatureSet([signature(words)]);

const GET = 'GET /a HTTP/1.1\r\nHost: needle.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

describe('signature records', () => {
  it('say which signature, where, and in which frame, and nothing of the payload', async () => {
    const script = new Script({ respPort: 4444 })
      .open()
      .orig('PA', { data: 'hello\n' })
      .resp('PA', { data: 'uid=0(ro' })
      .resp('PA', { data: 'ot) gid=0(root) of NEEDLE\n' })
      .close();
    const { rows } = await run(script, shipped);
    expect(rows('signature')).toEqual([
      {
        ts: { sec: 1_700_000_000, nsec: 5_000_000 },
        uid: rows('conn')[0]!['uid'],
        'id.orig_h': '10.0.0.1',
        'id.orig_p': 40_000,
        'id.resp_h': '10.0.0.2',
        'id.resp_p': 4444,
        sig_id: 'root-id-output',
        name: 'Output of the id command for root in a connection',
        kind: 'backdoor',
        proto: 'tcp',
        is_orig: false,
        offset: 0,
        tags: ['attack.t1033', 'attack.t1059.004'],
        frame: 6,
        capture: expect.stringContaining('x.pcap'),
      },
    ]);
  });

  it('come from flows that no decoder wants, over retransmissions and out of order', async () => {
    const script = new Script()
      .open()
      .orig('PA', { data: 'nee' })
      .orig('PA', { data: 'nee', at: 1 })
      .orig('PA', { data: 'found', at: 7 })
      .orig('PA', { data: 'dle', at: 4 })
      .close();
    const { rows } = await run(script, text('bytes: needlefound'));
    expect(rows('signature').map(row => row['offset'])).toEqual([0]);
    expect(rows('conn')[0]!['service']).toBeUndefined();
  });

  it('do not come across a gap', async () => {
    const script = new Script()
      .open()
      .orig('PA', { data: 'nee' })
      .orig('PA', { data: 'xx' })
      .lost()
      .resp('A')
      .orig('PA', { data: 'dle needle' })
      .close();
    const { rows } = await run(script, text('bytes: needle'));
    expect(rows('signature').map(row => row['offset'])).toEqual([9]);
  });

  it('leave decoding as it is', async () => {
    const script = new Script({ respPort: 80 })
      .open()
      .orig('PA', { data: GET })
      .resp('PA', { data: OK })
      .close();
    const plain = await run(script, new SignatureSet([]));
    const scanned = await run(script, text('bytes: needle'));
    expect(scanned.rows('http')).toEqual(plain.rows('http'));
    expect(scanned.rows('conn')).toEqual(plain.rows('conn'));
    expect(scanned.rows('signature')).toMatchObject([{ service: 'http', is_orig: true, offset: 23 }]);
    expect(plain.rows('signature')).toEqual([]);
  });

  it('need no decoder when nothing else is asked for, and no signature when they are not', async () => {
    const script = new Script({ respPort: 80 }).open().orig('PA', { data: GET }).close();
    const only = await run(script, text('bytes: needle'), ['signature']);
    expect(only.rows('signature')).toHaveLength(1);
    expect(only.store.names).toEqual(['signature']);
    expect((await run(script, text('bytes: needle'), ['conn'])).store.names).toEqual(['conn']);
  });

  it('keep to the service that the flow turns out to have, or to none', async () => {
    const web = new Script({ respPort: 80 }).open().orig('PA', { data: 'GET /nee' });
    web.orig('PA', { data: 'dle HTTP/1.1\r\nHost: a\r\n\r\n' }).resp('PA', { data: OK }).close();
    const raw = new Script({ respPort: 80 }).open().orig('PA', { data: '\x01\x02 needle' }).close();
    const found = async (script: Script, service: string) =>
      (await run(script, text(`bytes: needle, service: ${service}`))).rows('signature').length;
    expect(await found(web, 'http')).toBe(1);
    expect(await found(web, '[none, http]')).toBe(1);
    expect(await found(web, 'none')).toBe(0);
    expect(await found(web, 'hl7')).toBe(0);
    expect(await found(raw, 'http')).toBe(0);
    expect(await found(raw, 'none')).toBe(1);
  });

  it('know the sides of a flow picked up in its middle, once a protocol shows them', async () => {
    const script = new Script({ origPort: 40_001, respPort: 55_080 });
    script.resp('PA', { data: `HTTP/1.1 200 OK\r\nX: needle\r\nContent-Length: 0\r\n\r\n` });
    script.orig('PA', { data: GET });
    const { rows } = await run(script, text('bytes: needle, ports: [55080], limit: 4'));
    expect(rows('signature')).toMatchObject([
      { 'id.orig_p': 40_001, 'id.resp_p': 55_080, is_orig: false },
      { 'id.orig_p': 40_001, 'id.resp_p': 55_080, is_orig: true },
    ]);
  });

  it('say once in a flow that a limit was hit', async () => {
    const script = new Script().open();
    for (let i = 0; i < 40; i++) script.orig('PA', { data: 'aa' });
    const { rows } = await run(script.close(), text('bytes: [aa, {text: b, distance: [0, 900]}]'));
    expect(rows('weird').filter(row => row['name'] === 'signature_limit')).toHaveLength(1);
  });
});

describe('the shipped signatures', () => {
  it('each have examples on both sides, and references', async () => {
    for (const { id, examples, tags } of shipped.signatures) {
      expect([id, examples.match.length > 0, examples.miss.length > 0, tags.length > 0]).toEqual([
        id,
        true,
        true,
        true,
      ]);
    }
  });

  it('find the answer of a host with the DoublePulsar backdoor, beside what SMB is decoded to', async () => {
    const answer = (mid: number) => [
      ...[0, 0, 0, 0x23, 0xff, 0x53, 0x4d, 0x42, 0x32, 0x02, 0, 0, 0xc0, 0x98, 0x07, 0xc0, 0, 0],
      ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0xff, 0xfe, 0, 8, mid, 0, 0, 0, 0],
    ];
    const found = async (mid: number) => {
      const script = new Script({ respPort: 445 })
        .open()
        .resp('PA', { data: answer(mid) })
        .close();
      return (await run(script, shipped)).rows('signature').map(row => row['sig_id']);
    };
    expect(await found(0x51)).toEqual(['smb1-doublepulsar-answer']);
    expect(await found(0x41)).toEqual([]);
  });

  it('find nothing in the fixtures', async () => {
    for (const name of ['ward.pcap', 'clinic.pcapng']) {
      const { rows } = await decodeFiles([`${ROOT}/fixtures/${name}`], { signatures: shipped });
      expect(rows('signature')).toEqual([]);
    }
  });
});
