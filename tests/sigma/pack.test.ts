import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENRICHED_STREAMS } from '../../src/pipeline/streams.ts';
import { compileRules } from '../../src/sigma/compile.ts';
import { compileCorrelations } from '../../src/sigma/compile-correlation.ts';
import { loadRules } from '../../src/sigma/load.ts';
import { runRuleTests } from '../../src/sigma/rule-test.ts';

const RULES = fileURLToPath(new URL('../../rules', import.meta.url));
const paths = [{ path: RULES, foreign: false }];

const CATEGORIES = [
  'address-conflict',
  'anonymiser',
  'arp-spoofing',
  'bad-certificate',
  'beaconing',
  'brute-force',
  'cleartext-credentials',
  'cleartext-phi',
  'cleartext-protocol',
  'crypto-mining',
  'default-credentials',
  'device-command',
  'dga',
  'dicom-abuse',
  'dns-tunnel',
  'exfiltration',
  'exploit',
  'external-dns',
  'external-ntp',
  'firmware-transfer',
  'hl7-abuse',
  'known-bad',
  'lateral-movement',
  'legacy-smb',
  'legacy-tls',
  'malformed-traffic',
  'name-poisoning',
  'new-device',
  'new-peer',
  'policy-violation',
  'ransomware-precursor',
  'remote-access',
  'rogue-dhcp',
  'rogue-ra',
  'scan',
  'telnet-botnet',
  'unauthorised-ae',
  'unexpected-inbound',
  'unexpected-outbound',
  'visibility',
  'weak-authentication',
];

const CONTROLS: readonly RegExp[] = [
  /^nist-800-53r5:[A-Z]{2}-\d+(?:\(\d+\))?$/,
  /^iec-62443-3-3:SR-\d\.\d+$/,
  /^hipaa:164\.\d{3}(?:\([a-z\d]+\)|\([ivx]+\)|\([A-Z]\))+$/,
  /^iec-80001-2-2:[A-Z]{4}$/,
];

const loaded = loadRules(paths);
const { rules, inapplicable, rejected, warnings } = compileRules(loaded.rules, ENRICHED_STREAMS, {
  lists: new Map(),
});

const correlated = compileCorrelations(loaded.correlations, loaded.rules, { rules });
/** A rule that only serves a correlation in its file reports nothing: what it is for stands there. */
const all = [...rules, ...correlated.correlations].map(({ info }) => info);
const reporting = all.filter(({ id }) => !correlated.silent.has(id));

describe('the shipped rules', async () => {
  it('all load and compile against the streams of this build, without warnings', () => {
    const files = readdirSync(RULES, { recursive: true, encoding: 'utf8' });
    const expected = files.filter(
      name => name.endsWith('.yml') && !/\.(test|pipeline|signatures)\.yml$/.test(name),
    ).length;
    expect([loaded.warnings, loaded.rejected, inapplicable, rejected, warnings].flat()).toEqual([]);
    expect([correlated.inapplicable, correlated.rejected].flat()).toEqual([]);
    expect(new Set(all.map(({ file }) => file)).size).toBe(expected);
    expect(expected).toBeGreaterThanOrEqual(20);
  });

  it('compile without an inventory too', () => {
    expect(compileRules(loaded.rules, ENRICHED_STREAMS, { lists: undefined }).warnings).toEqual([]);
  });

  const results = await runRuleTests(paths, ENRICHED_STREAMS);
  it.each(results.map(({ rule, test, status, why }) => [rule, test, status, why] as const))(
    '%s: %s',
    (_rule, _test, status, why) => {
      expect(why).toBeUndefined();
      expect(status).toBe('passed');
    },
  );

  describe.each(reporting.map(info => [info.name, info] as const))('%s', (name, info) => {
    it('is complete', () => {
      expect(info.file.endsWith(`/${name}.yml`)).toBe(true);
      expect(info.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(info.status).toBe('stable');
      expect(info.description).toBeDefined();
      expect(info.falsepositives).not.toEqual([]);
      expect(info.message).toBeDefined();
      expect(info.groupBy).not.toEqual([]);
      expect(info.why).toBeDefined();
      expect(info.remedy).toBeDefined();
    });

    it('has exactly one known category, and ATT&CK techniques where it is about an attack', () => {
      const categories = info.tags
        .filter(tag => tag.startsWith('medtap.'))
        .map(tag => tag.slice('medtap.'.length));
      expect(categories).toHaveLength(1);
      expect(CATEGORIES).toContain(categories[0]);
      const techniques = info.tags.filter(tag => /^attack\.t\d{4}(?:\.\d{3})?$/.test(tag));
      expect(techniques.length > 0).toBe(categories[0] !== 'visibility');
    });

    it('names controls in the form of their standard', () => {
      expect(info.controls).not.toEqual([]);
      for (const control of info.controls)
        expect(
          CONTROLS.some(form => form.test(control)),
          control,
        ).toBe(true);
    });
  });
});
