/**
 * `service` of our `conn` records against Zeek's conn.log, flow by flow. Where Zeek names a service ours must be the same,
 * except as `DIFFERENCES` says; where Zeek names none, ours may name one that this Zeek does not know, or does not say.
 *
 * Prints how many flows agree, what only ours name, and every other difference.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOLS } from '../../src/pipeline/streams.ts';
import { decodeFiles } from '../support/decode-capture.ts';
import { hasShared } from '../support/paths.ts';
import { answeredBy, isZeekLocal, type TextRow, zeekText } from './zeek-log.ts';

/** Zeek's names of what has another name here. */
const RENAMED: Readonly<Record<string, string>> = { dnp3_tcp: 'dnp3', dnp3_udp: 'dnp3' };

/** Deliberate differences: Zeek's services and ours, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'ssl → rdp,ssl': 'Zeek takes its RDP analyzer away when TLS begins',
  'vxlan → -': 'the packet inside is none that is decoded',
  'geneve → -': 'the packet inside is none that is decoded',
  'http,irc → irc': 'Zeek took an IRC command for HTTP as well',
  'websocket → http,websocket': 'Zeek’s HTTP analyzer confirms late',
  'http,ssh,websocket → http,websocket': 'what is inside a WebSocket is not decoded',
  'http,ssl,websocket → http,websocket': 'what is inside a WebSocket is not decoded',
  'rdpeudp → -': 'RDP over UDP is not decoded',
  'gssapi → gssapi,smb': 'Zeek takes SMB away at the compressed message',
  'dce_rpc,smb → smb': 'an SMB transaction that never becomes whole',
};

const DETAIL = process.env['MEDTAP_SERVICE_DETAIL'] !== undefined;

interface Tally {
  flows: number;
  equal: number;
  /** Flows for which Zeek names a service. */
  named: number;
  namedEqual: number;
}

const tally: Tally = { flows: 0, equal: 0, named: 0, namedEqual: 0 };
/** Captures by difference, written `Zeek → ours`. */
const differences = new Map<string, string[]>();
/** Flows by service that only ours name. */
const alone = new Map<string, number>();

const flowOf = (row: TextRow): string =>
  ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p', 'proto'].map(name => row[name]).join(' ');

/** Sorted names; a leading minus says that Zeek gave an analyzer up. */
function servicesOf(text: string): string {
  const names = text.split(',').filter(name => !name.startsWith('-'));
  return [...new Set(names.map(name => RENAMED[name] ?? name))].sort().join(',') || '-';
}

function take(capture: string, zeek: string, ours: string): void {
  tally.flows++;
  if (zeek !== '-') tally.named++;
  if (zeek === ours) {
    tally.equal++;
    if (zeek !== '-') tally.namedEqual++;
  } else if (zeek === '-') alone.set(ours, (alone.get(ours) ?? 0) + 1);
  else differences.set(`${zeek} → ${ours}`, [...(differences.get(`${zeek} → ${ours}`) ?? []), capture]);
}

const captures = hasShared() ? answeredBy('conn.log') : [];
const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const percent = (part: number, all: number): string => `${((100 * part) / Math.max(all, 1)).toFixed(1)} %`;

/** Services inside others: authentication, frames, tunnels, programs of ONC RPC. */
const INSIDE = 'ntlm gssapi websocket teredo portmap mount nfs nfs_acl sadmind'.split(' ');

describe.skipIf(captures.length === 0)(
  `service of flows against Zeek${captures.length === 0 ? ' (skipped: ../shared missing)' : ''}`,
  () => {
    beforeAll(async () => {
      for (const { name, capture, rows } of captures) {
        const decoded = await decodeFiles([capture], {
          streams: new Set(['conn']),
          isInternal: isZeekLocal,
          dedupWindow: 0,
        });
        const ours = new Map<string, string[]>();
        for (const row of decoded.rows('conn')) {
          const text = Object.fromEntries(
            Object.entries(row).map(([field, value]) => [field, zeekText(value)]),
          );
          ours.set(flowOf(text), [...(ours.get(flowOf(text)) ?? []), servicesOf(text['service'] ?? '-')]);
        }
        for (const row of rows('conn.log')) {
          const own = ours.get(flowOf(row))?.shift();
          if (own !== undefined) take(name, servicesOf(row['service']!), own);
        }
      }
      const { flows, equal, named, namedEqual } = tally;
      print(`service: ${equal} of ${flows} flows equal (${percent(equal, flows)})`);
      print(`service: ${namedEqual} of ${named} that Zeek names are equal (${percent(namedEqual, named)})`);
      const more = [...alone].sort(([, a], [, b]) => b - a).map(([service, count]) => `${service} ${count}`);
      print(`service: named by us alone: ${more.join('; ')}`);
      for (const [difference, where] of differences)
        print(`service: ${difference}: ${where.length}${DETAIL ? ` in ${where.join(' ')}` : ''}`);
    }, 600_000);

    it('names what Zeek names', () => {
      expect(tally.namedEqual / Math.max(tally.named, 1)).toBeGreaterThanOrEqual(0.98);
    });

    it('differs only where it is meant to', () => {
      expect([...differences.keys()].filter(difference => !(difference in DIFFERENCES))).toEqual([]);
      expect(Object.keys(DIFFERENCES).filter(difference => !differences.has(difference))).toEqual([]);
    });

    it('names by itself only what a registered protocol or a tunnel is called', () => {
      const known = new Set([...PROTOCOLS.map(({ name }) => name), ...INSIDE]);
      const names = new Set([...alone.keys()].flatMap(services => services.split(',')));
      expect([...names].filter(name => !known.has(name))).toEqual([]);
    });
  },
);
