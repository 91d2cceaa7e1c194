import { describe, expect, it } from 'vitest';
import { FRAME, itCarries, itCounts, SNAP } from '../support/carried.ts';
import { decodePacket } from '../support/decode-packet.ts';
import { be32, concat } from '../support/frames.ts';
import { dot11, radiotap, subframe } from '../support/link-frames.ts';

describe('802.11', () => {
  itCarries([
    ['802.11 to an access point', 105, dot11({ flags: 't' }, SNAP), true],
    ['802.11 from an access point', 105, dot11({ flags: 'f' }, SNAP), true],
    ['802.11 between stations', 105, dot11({ flags: '' }, SNAP), true],
    ['802.11 between access points', 105, dot11({ flags: 'tf' }, SNAP), true],
    ['802.11 with QoS', 105, dot11({ qos: 5 }, SNAP), true],
    ['802.11 with QoS and HT control', 105, dot11({ qos: 5, flags: 'to' }, SNAP), true],
    ['802.11 A-MSDU of one', 105, dot11({ qos: 0x80 }, subframe(SNAP, true)), true],
    ['radiotap', 127, radiotap([0], [], dot11({}, SNAP)), true],
    ['radiotap with a check sequence', 127, radiotap([2], [0x10], dot11({}, concat(SNAP, 'FCS!'))), true],
    [
      'radiotap with time and padding',
      127,
      radiotap([3], [...be32(1), ...be32(2), 0x20], dot11({ qos: 0 }, concat([0, 0], SNAP))),
      true,
    ],
    [
      'radiotap, three words of fields',
      127,
      radiotap([0x8000_0002, 0x8000_0000, 0], [0x20], dot11({ qos: 0 }, concat([0, 0], SNAP))),
      true,
    ],
    ['PPI with 802.11', 192, concat([0, 0, 8, 0, 105, 0, 0, 0], dot11({}, SNAP)), true],
    ['PPI with Ethernet', 192, concat([0, 0, 8, 0, 1, 0, 0, 0], FRAME), true],
    ['Prism', 119, concat(new Uint8Array(144), dot11({}, SNAP)), true],
    ['AVS', 163, concat(be32(0x8021_1001), be32(64), new Uint8Array(56), dot11({}, SNAP)), true],
  ]);

  itCounts([
    ['a beacon', 105, dot11({ control: 0x80 }, 'beacon'), 'ieee80211_without_data', 0],
    ['a data frame without data', 105, dot11({ control: 0xc8, qos: 0 }, ''), 'ieee80211_without_data', 0],
    ['encrypted 802.11', 105, dot11({ flags: 'tp' }, SNAP), 'ieee80211_encrypted', 0],
    ['the first part of an 802.11 frame', 105, dot11({ flags: 'tm' }, SNAP), 'fragment', 0],
    ['a later part of an 802.11 frame', 105, dot11({ fragment: 1 }, 'rest'), 'fragment', 0],
    ['a radiotap header of no length', 127, concat([0, 0, 4, 0], dot11({}, SNAP)), 'bad_link_header', 0],
    ['PPI with another link type', 192, concat([0, 0, 8, 0, 220, 0, 0, 0], 'usb'), 'unknown_link_type', 220],
  ]);

  it('says where the next frame of an A-MSDU begins', () => {
    const frame = dot11({ qos: 0x80 }, concat(subframe(SNAP), subframe(SNAP, true)));
    const { packet } = decodePacket(frame, { linkType: 105 });
    expect(packet.rest).toBe(packet.frame.at + 26 + subframe(SNAP).length);
    expect(decodePacket(dot11({ qos: 0x80 }, subframe(SNAP)), { linkType: 105 }).packet.rest).toBe(-1);
  });
});
