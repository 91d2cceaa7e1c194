/** Flows whose handshake is not in the capture have the client that they had. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles } from '../support/decode-capture.ts';
import { FIXTURES } from '../support/paths.ts';
import { captureOf, framesOf, type TimedFrame } from '../support/rewrite-capture.ts';
import { tempFolder } from '../support/temp.ts';

const temp = tempFolder();

const isTcp = ({ bytes }: TimedFrame): boolean => bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 6;
const isSyn = (frame: TimedFrame): boolean => isTcp(frame) && (frame.bytes[47]! & 0x02) !== 0;

/** Another number for a server's port, so that only the protocol can tell. */
function moved(frame: TimedFrame): TimedFrame {
  if (!isTcp(frame)) return frame;
  const bytes = frame.bytes.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const at of [34, 36]) if (view.getUint16(at) === 80) view.setUint16(at, 55_080);
  return { ...frame, bytes };
}

async function clients(frames: readonly TimedFrame[], linkType: number, name: string) {
  const decoded = await decodeFiles([temp.write(name, captureOf(frames, linkType))]);
  const web = decoded.rows('http').map(row => `${row['id.orig_h']} ${row['uri']}`);
  const how = decoded.rows('conn').filter(row => row['id.resp_p'] === 55_080);
  return { web: web.sort(), how: new Set(how.map(row => row['direction_confidence'])) };
}

describe('flows picked up in their middle', () => {
  it('HTTP on a port that nobody knows, from whichever side the first packet is', async () => {
    const { frames, linkType } = await framesOf(join(FIXTURES, 'ward.pcap'));
    const web = frames.map(moved);
    const whole = await clients(web, linkType, 'whole.pcap');
    expect(whole.how).toEqual(new Set(['syn']));
    // Without handshakes; the last of them, the client's acknowledgement, is left out with them.
    const middle = web.filter((frame, i) => !isSyn(frame) && !(isTcp(frame) && i > 0 && isSyn(web[i - 1]!)));
    const cut = await clients(middle, linkType, 'middle.pcap');
    expect(cut.web).toEqual(whole.web);
    expect([...cut.how].every(how => how === 'first_packet' || how === 'protocol')).toBe(true);
    // Answers alone: the first packet is the server's.
    const answers = middle.filter(({ bytes }) => !(bytes[36] === 0xd7 && bytes[37] === 0x28));
    const answered = await clients(answers, linkType, 'answers.pcap');
    expect(answered.how).toContain('protocol');
    expect(answered.how).not.toContain('first_packet');
  });
});
