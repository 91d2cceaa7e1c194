import { describe, expect, it } from 'vitest';
import { PACKET, SNAP } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { ethernet } from '../support/frames.ts';
import { length8023, mpls, snap } from '../support/link-frames.ts';

describe('the walk down the layers', () => {
  it('follows some link layers inside one another', () => {
    let frame = ethernet({}, PACKET);
    for (let i = 0; i < 5; i++) frame = ethernet({ type: 0x8847 }, mpls([1], frame));
    expect(decodePacket(frame)).toMatchObject({ kind: 'tcp' });
  });

  it('but not without end', () => {
    let frame = ethernet({}, PACKET);
    for (let i = 0; i < 3000; i++) frame = ethernet({ type: 0x8847 }, mpls([1], frame));
    expect(decodePacket(frame)).toMatchObject({ kind: 'none', problem: 'too_many_layers' });
    let nested = SNAP;
    for (let i = 0; i < 80; i++) nested = snap(0x8870, nested);
    expect(decodePacket(length8023(nested))).toMatchObject({ kind: 'none', problem: 'too_many_layers' });
  });
});
