import { describe, expect, it } from 'vitest';
import { pcap } from '../support/captures.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { ethernet, ipv4, tcp } from '../support/frames.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();
/** Checksums of zero, which are wrong. */
const bad = (src: string) => ({ bytes: ethernet({}, ipv4({ src }, tcp({ flags: 'S' }))) });

describe('checksums of a capture', () => {
  it('are counted by protocol and side, and are no reason to drop', async () => {
    const file = temp.write('bad.pcap', pcap([bad('10.0.0.7'), bad('192.0.2.9')]));
    const { coverage, store } = await decodeFiles([file]);
    expect(coverage.bad_checksums).toEqual({ 'ipv4:external': 1, 'ipv4:internal': 1 });
    expect(coverage.checksums_checked).toBe(2);
    expect(coverage.bad_checksum_hosts).toBe(2);
    expect(store.count('conn')).toBe(2);
  });

  it('are a reason when asked for', async () => {
    const file = temp.write('strict.pcap', pcap([bad('10.0.0.7')]));
    const { coverage, store } = await decodeFiles([file], { strictChecksums: true });
    expect(coverage.bad_checksums).toEqual({ 'ipv4:internal': 1 });
    expect(store.count('conn')).toBe(0);
  });

  it('are verified of all frames at first, then of some', async () => {
    const frames = Array.from({ length: 3000 }, () => bad('10.0.0.7'));
    const file = temp.write('many.pcap', pcap(frames));
    const sampled = await decodeFiles([file], { dedupWindow: 0 });
    expect(sampled.coverage.checksums_checked).toBe(1000 + 8);
    const strict = await decodeFiles([file], { dedupWindow: 0, strictChecksums: true });
    expect(strict.coverage.checksums_checked).toBe(3000);
  });
});
