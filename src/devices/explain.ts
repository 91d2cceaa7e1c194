/**
 * Why a host is thought to be what it is: every piece of evidence with what it argues for, what won and why, and what was
 * set aside. Made for the hosts that one word names: a name of the inventory, an address, a MAC address, or a name by
 * which the host was called in what was seen (a domain name also by its first label). An address that changed hands names
 * several hosts.
 */
import type { Device, Evidence, ExplainedEvidence, Explanation } from '../model/device.ts';
import { parseMac } from '../net/address.ts';
import { parseAddress } from '../net/cidr.ts';
import type { Argument } from './arguments.ts';
import { type Candidate, classify, percent, type Verdict } from './classify.ts';
import type { Host, Identity } from './hosts.ts';
import type { Recognition } from './recognise.ts';

/** Attributes by whose value a host can be asked for. */
const NAMES = new Set(['host_name', 'name', 'ae_title', 'hl7_application']);

/** Whether a host is meant by a word. */
export function isMeant(word: string, host: Host, { evidence }: Identity): boolean {
  const address = parseAddress(word);
  if (address !== undefined) return host.ips.has(address) || host.device?.ip.includes(address) === true;
  const mac = parseMac(word);
  if (mac !== undefined && (host.macs.has(mac) || host.device?.mac.includes(mac) === true)) return true;
  const wanted = word.toLowerCase();
  if (host.device?.name.toLowerCase() === wanted) return true;
  return evidence.some(({ attribute, value, behind }) => {
    const name = value.toLowerCase();
    return NAMES.has(attribute) && behind !== true && (name === wanted || name.split('.')[0] === wanted);
  });
}

/** The explanation of one host. */
export function explain(
  host: Host,
  device: Device,
  identity: Identity,
  { history }: Recognition,
): Explanation {
  const seen = identity.evidence.filter(({ source }) => source !== 'inventory');
  // What the evidence alone makes of it, whatever the inventory says.
  const verdict = classify(seen);
  return {
    device,
    reason: reasonOf(host, identity, verdict),
    candidates: verdict.candidates.map(candidateOf),
    evidence: [
      ...identity.evidence
        .filter(({ source }) => source === 'inventory')
        .map(item => ({ evidence: item, verdict: 'decides' as const, why: 'the inventory decides' })),
      ...explained(seen, verdict),
    ],
    tenures: [...host.ips].sort().flatMap(ip => {
      const all = history.tenures(ip);
      if (all.length < 2) return [];
      return all.flatMap(({ mac, from }, i) =>
        mac !== undefined && host.macs.has(mac)
          ? [{ ip, mac, from: finite(from), until: finite(all[i + 1]?.from ?? Number.POSITIVE_INFINITY) }]
          : [],
      );
    }),
  };
}

const finite = (time: number): number | undefined => (Number.isFinite(time) ? time : undefined);

function reasonOf({ device }: Host, { type }: Identity, verdict: Verdict): string {
  if (device === undefined) return verdict.reason;
  const seen =
    verdict.type === undefined
      ? `what was seen would not have sufficed: ${verdict.reason}`
      : verdict.type === type
        ? `what was seen agrees (${percent(verdict.confidence)})`
        : `what was seen would rather say ${verdict.type} (${percent(verdict.confidence)})`;
  return `the inventory says ${type}; ${seen}`;
}

function candidateOf({ type, confidence, counted, weaker }: Candidate): Explanation['candidates'][number] {
  return { type, confidence, counted: counted.map(argumentOf), weaker: weaker.map(argumentOf) };
}

function argumentOf({
  evidence,
  strength,
  why,
}: Argument): Explanation['candidates'][number]['counted'][number] {
  return { evidence, strength: Math.round(strength * 100) / 100, why };
}

/** Evidence in its order, each with what became of it. */
function explained(evidence: readonly Evidence[], verdict: Verdict): ExplainedEvidence[] {
  const aside = new Map<Evidence, string>(verdict.asides.map(item => [item.evidence, item.why]));
  const chosen = verdict.candidates.find(({ type }) => type === verdict.type);
  const result: ExplainedEvidence[] = [];
  for (const item of evidence) {
    const why = aside.get(item);
    if (why !== undefined) {
      result.push({ evidence: item, verdict: 'aside', why });
      continue;
    }
    const all = verdict.candidates.flatMap(candidate =>
      candidate.counted
        .concat(candidate.weaker)
        .filter(argument => argument.evidence === item && argument.type === candidate.type),
    );
    const types = [...new Set(all.map(({ type, strength }) => `${type} (${percent(strength)})`))];
    const counts = chosen?.counted.some(argument => argument.evidence === item) === true;
    const supports = chosen?.weaker.some(argument => argument.evidence === item) === true;
    result.push({
      evidence: item,
      verdict: counts ? 'counts' : supports ? 'agrees' : 'against',
      why: `${all[0]?.why ?? ''}: ${types.join(' or ')}`,
    });
  }
  return result;
}
