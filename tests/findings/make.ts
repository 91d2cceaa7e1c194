/** Rules and records for the tests of findings; only what a test says differs from the plain case. */
import type { Match, RuleInfo } from '../../src/model/finding.ts';
import type { Value } from '../../src/model/schema.ts';

export function rule(change: Partial<RuleInfo> = {}): RuleInfo {
  return {
    id: 'rule-1',
    name: 'pump-internet',
    title: 'Infusion pump opened a connection to the internet',
    description: undefined,
    status: 'stable',
    level: 'high',
    tags: ['medtap.unexpected-outbound'],
    falsepositives: [],
    references: [],
    stream: 'conn',
    file: 'pump-internet.yml',
    message: undefined,
    groupBy: [],
    levelBy: new Map(),
    controls: [],
    why: undefined,
    remedy: undefined,
    ...change,
  };
}

export type Fields = Record<string, Value | undefined>;

/** A TCP flow from a pump at 10.20.3.12 to an internet host; `undefined` takes a field away. */
export function record(change: Fields = {}): Record<string, Value> {
  const fields: Fields = {
    ts: { sec: 1_700_000_000, nsec: 0 },
    uid: 'C1',
    'id.orig_h': '10.20.3.12',
    'id.orig_p': 49152,
    'id.resp_h': '203.0.113.9',
    'id.resp_p': 443,
    proto: 'tcp',
    frame: 1,
    capture: 'ward.pcap',
    orig_device: 'pump-12',
    orig_type: 'infusion-pump',
    orig_medical: true,
    orig_known: true,
    orig_scope: 'internal',
    resp_scope: 'internet',
    ...change,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<
    string,
    Value
  >;
}

export function match(change: Fields = {}, ruleChange: Partial<RuleInfo> = {}): Match {
  return { rule: rule(ruleChange), stream: 'conn', record: record(change) };
}

/** The same items in another order, chosen by `seed`. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed >>> 0;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
