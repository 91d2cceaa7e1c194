/**
 * Frames left out as copies in the captures beside the repository. Each must equal an earlier one no more than the window
 * away, found here by comparing bytes. Zeek counts these copies (retransmissions, `T` in the history), so `conn.test.ts`
 * compares without leaving them out; the captures concerned are listed with how their copies came about.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DuplicateFilter } from '../../src/flows/duplicates.ts';
import { decodeFrame } from '../../src/layers/link.ts';
import { KIND, Packet } from '../../src/model/packet.ts';
import { DEDUP_WINDOW } from '../../src/model/reading-defaults.ts';
import { fromHex } from '../support/frames.ts';
import { hasShared } from '../support/paths.ts';
import { type FrameCopy, readFrames } from '../support/read-frames.ts';
import { answeredBy } from './zeek-log.ts';

const MIRRORED = 'a mirror of both ports or both sides of a router';

/** Copies by capture. */
const COPIES: Readonly<Record<string, readonly [copies: number, reason: string]>> = {
  'auth/ak-smb-smb1-ascii.pcap': [1, 'the handshake was mirrored twice, with one identification'],
  'db/ak-mongo.pcap': [7, 'seen on VLAN 300 and on VLAN 50'],
  'format/pp-many_interfaces-1.pcapng': [2, 'one broadcast on several interfaces'],
  'http/ak-http-post-upload.pcap': [17, 'before and behind a router: other MAC addresses, one hop less'],
  'large/nd-1kxun.pcap': [124, 'frames of one host twice, with one identification'],
  'link/ak-80211http.pcap': [1, 'a frame that its 802.11 sender repeated'],
  'link/zk-nflog-http.pcap': [2, 'one packet logged by three rules of a firewall'],
  'link/pp-raw_ip.pcap': [1, 'DHCP twice with one identification'],
  'tcp/ak-wireshark-retrans.pcap': [79, `${MIRRORED}: up to four copies`],
  'tls/ja-tls3.pcapng': [12, 'broadcasts and multicasts of two interfaces, with one identification'],
  'zeek/http-ctu-62604-80.pcap': [10, MIRRORED],
  'zeek/igmp-igmp-bad-checksum.pcap': [2, 'reports without identification, some 20 µs apart'],
  'zeek/rdp-rdp-no-cookie-mstshash.pcap': [10, MIRRORED],
  'zeek/smb-raw_ntlm_in_smb.pcap': [1, 'a browser announcement twice, with one identification'],
  'zeek/tcp-ctu-64702-888.pcap': [7, MIRRORED],
};

/** Headers before the IP packet: Ethernet, BSD loopback; anything else is raw IP. */
const LINK_HEADER: Readonly<Record<number, number>> = { 1: 12, 0: 4 };

/** Link types whose headers have no fixed length: radiotap, NFLOG. */
const VARIABLE_HEADER = new Set([127, 239]);

/** The IP packet of a frame without what may change on its way. */
function unchanging({ hex, linkType }: FrameCopy): string {
  const bytes = fromHex(hex);
  let at = VARIABLE_HEADER.has(linkType) ? hex.indexOf('4500') / 2 : (LINK_HEADER[linkType] ?? 0);
  if (linkType === 1) {
    while (bytes[at] === 0x81 && bytes[at + 1] === 0) at += 4;
    at += 2;
  }
  const ip = bytes.slice(at);
  if (ip[0]! >>> 4 === 4) {
    for (const changing of [1, 8, 10, 11]) ip[changing] = 0;
    return Buffer.from(ip.subarray(0, (ip[2]! << 8) | ip[3]!)).toString('hex');
  }
  ip.fill(0, 0, 4);
  ip[7] = 0;
  return Buffer.from(ip).toString('hex');
}

/** Fragments are put together before copies are looked for: not compared here. */
const captures = hasShared() ? answeredBy('conn.log').filter(({ name }) => !name.includes('frag')) : [];

describe.skipIf(captures.length === 0)(
  `copies of frames${captures.length === 0 ? ' (skipped: ../shared missing)' : ''}`,
  () => {
    it.each(captures.map(({ name, capture }) => [name, capture] as const))('%s', async (name, capture) => {
      const bytes = new Uint8Array(readFileSync(capture));
      const { frames } = await readFrames(bytes).catch(() => ({ frames: [] }));
      const filter = new DuplicateFilter(DEDUP_WINDOW);
      const packet = new Packet();
      const copies = frames.filter(copy => {
        const whole = fromHex(copy.hex);
        const { number, sec, nsec, length, linkType } = copy;
        Object.assign(packet.frame, { bytes: whole, at: 0, captured: whole.length, number, sec, nsec });
        Object.assign(packet.frame, { length, linkType });
        decodeFrame(packet);
        return packet.kind !== KIND.none && packet.kind !== KIND.arp && filter.isCopy(packet);
      });
      expect(copies).toHaveLength(COPIES[name]?.[0] ?? 0);
      for (const copy of copies) {
        const wanted = unchanging(copy);
        const first = frames.find(
          frame =>
            frame.number < copy.number &&
            Math.abs(frame.sec - copy.sec + (frame.nsec - copy.nsec) / 1e9) <= DEDUP_WINDOW &&
            unchanging(frame) === wanted,
        );
        expect(first, `frame ${copy.number}`).toBeDefined();
      }
    });

    it('are listed only for captures that are there', () => {
      const names = new Set(captures.map(({ name }) => name));
      expect(Object.keys(COPIES).filter(name => !names.has(name))).toEqual([]);
    });
  },
);
