/**
 * The Wireshark display filter that shows a finding's evidence, whichever capture is open: it names the two hosts,
 * the service port and, while every flow of the finding is listed, the originators' ports. Frame numbers are not
 * used for flows, since a number means another frame in the next capture.
 *
 * Limits: at most `MAX_TERMS` pairs of hosts; more are left out. Field names and the `in {…}` set are those of
 * wireshark-filter(4).
 */
import type { FindingFlow } from '../model/finding.ts';
import type { Announcement } from './evidence.ts';

/** Pairs of hosts in one filter. */
const MAX_TERMS = 8;

/** Filter for flows. `complete` says that `flows` are all the flows of the finding. */
export function flowFilter(flows: readonly FindingFlow[], complete: boolean): string {
  const pairs = new Map<string, { flow: FindingFlow; ports: Set<number> }>();
  for (const flow of flows) {
    const key = `${flow.proto} ${flow['id.orig_h']} ${flow['id.resp_h']} ${flow['id.resp_p']}`;
    let pair = pairs.get(key);
    if (!pair) {
      if (pairs.size === MAX_TERMS) continue;
      pair = { flow, ports: new Set() };
      pairs.set(key, pair);
    }
    pair.ports.add(flow['id.orig_p']);
  }
  const terms = [...pairs.values()].map(({ flow, ports }) => pairTerm(flow, complete ? [...ports] : []));
  return terms.length === 1 ? terms[0]! : terms.map(term => `(${term})`).join(' || ');
}

function pairTerm(flow: FindingFlow, origPorts: readonly number[]): string {
  const known = [flow['id.orig_h'], flow['id.resp_h']].filter(host => host !== '');
  const hosts = [...new Set(known)].map(
    address => `${address.includes(':') ? 'ipv6' : 'ip'}.addr == ${address}`,
  );
  return [...hosts, ...portTerms(flow, origPorts)].join(' && ');
}

function portTerms(flow: FindingFlow, origPorts: readonly number[]): readonly string[] {
  if (flow.proto === 'tcp' || flow.proto === 'udp') {
    // A saved log need not say the port.
    if (flow['id.resp_p'] === 0) return [flow.proto];
    const terms = [`${flow.proto}.port == ${flow['id.resp_p']}`];
    if (origPorts.length > 0) terms.push(inSet(`${flow.proto}.port`, origPorts));
    return terms;
  }
  // Zeek keeps ICMP's type and code where the ports are; the address pair is enough to find the packets.
  if (flow.proto === 'icmp') return [flow['id.orig_h'].includes(':') ? 'icmpv6' : 'icmp'];
  if (flow.proto !== '') return [];
  if (flow['id.resp_p'] === 0) return [];
  return [`(tcp.port == ${flow['id.resp_p']} || udp.port == ${flow['id.resp_p']})`];
}

function inSet(field: string, values: readonly number[]): string {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return sorted.length === 1 ? `${field} == ${sorted[0]}` : `${field} in {${sorted.join(', ')}}`;
}

/** Filter for records without a flow: the ARP announcements named, else the frames by number. */
export function recordFilter(announcements: readonly Announcement[], frames: readonly number[]): string {
  const terms = [...new Set(announcements.map(announcementTerm))].slice(0, MAX_TERMS);
  if (terms.length === 0) return frames.length > 0 ? inSet('frame.number', frames) : '';
  return terms.length === 1 ? terms[0]! : terms.map(term => `(${term})`).join(' || ');
}

function announcementTerm({ ip, mac }: Announcement): string {
  const parts = [
    ...(ip === undefined ? [] : [`arp.src.proto_ipv4 == ${ip}`]),
    ...(mac === undefined ? [] : [`arp.src.hw_mac == ${mac}`]),
  ];
  return parts.join(' && ');
}
