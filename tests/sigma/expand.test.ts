import { describe, expect, it } from 'vitest';
import { expandValue, isDomainField } from '../../src/sigma/expand.ts';
import { parsePattern } from '../../src/sigma/pattern.ts';
import { detectionProblems, holds } from './support.ts';

const lists = new Map([
  ['approved', ['vendor.example', '.other.example.', '*.wild.example', 'UPPER.example']],
  ['servers', ['srv*', '10.1.1.1']],
  ['ranges', ['10.1.0.0/16', '2001:db8::/32']],
  ['ports', ['80', '443']],
  ['empty', []],
]);
const options = { lists };

describe('expandValue', () => {
  it('replaces placeholders anywhere, each with every value of its list', () => {
    expect(expandValue('a-%ports%-b', lists).patterns).toEqual(['a-80-b', 'a-443-b'].map(parsePattern));
    expect(expandValue('%ports%%ports%', lists).patterns).toHaveLength(4);
    expect(expandValue('\\%ports%x', lists).problems[0]!.message).toBe('expand without a placeholder');
    expect(expandValue('\\%plain%ports%', lists).patterns).toEqual(
      ['%plain80', '%plain443'].map(parsePattern),
    );
  });

  it('is bounded', () => {
    const many = new Map([['many', Array.from({ length: 1000 }, (_, i) => String(i))]]);
    const { patterns, problems } = expandValue('%many%%many%', many);
    expect(patterns).toEqual([]);
    expect(problems[0]!.message).toBe('the placeholders make more than 100000 values');
  });
});

describe('expand in rules', () => {
  it.each([
    ['vendor.example', true],
    ['VENDOR.example', true],
    ['api.eu.vendor.example', true],
    ['notvendor.example', false],
    ['vendor.example.evil.test', false],
    ['other.example', true],
    ['x.other.example', true],
    ['wild.example', false],
    ['x.wild.example', true],
    ['upper.EXAMPLE', true],
    ['example', false],
    [`${'.'.repeat(50_000)}vendor.example`, true],
  ])('domain %s', (domain, expected) => {
    expect(holds("resp_domain|expand: '%approved%'", { resp_domain: domain }, options)).toBe(expected);
  });

  it('compares other fields as a whole, with wildcards', () => {
    expect(holds("text|expand: '%servers%'", { text: 'SRV01' }, options)).toBe(true);
    expect(holds("text|expand: '%servers%'", { text: 'xsrv' }, options)).toBe(false);
    expect(holds("text|expand: '%approved%'", { text: 'api.vendor.example' }, options)).toBe(false);
    expect(holds("text|expand|contains: '%approved%'", { text: 'x vendor.example y' }, options)).toBe(true);
    expect(
      holds("resp_domain|expand|endswith: '%approved%'", { resp_domain: 'notvendor.example' }, options),
    ).toBe(true);
    expect(holds("id.orig_h|expand: '%servers%'", { 'id.orig_h': '10.1.1.1' }, options)).toBe(true);
    expect(holds("number|expand: '%ports%'", { number: 443 }, options)).toBe(true);
    expect(holds("number|expand: '%ports%'", { number: 44 }, options)).toBe(false);
  });

  it('takes ranges with cidr', () => {
    expect(holds("id.orig_h|cidr|expand: '%ranges%'", { 'id.orig_h': '10.1.9.9' }, options)).toBe(true);
    expect(holds("id.orig_h|expand|cidr: '%ranges%'", { 'id.orig_h': '10.2.9.9' }, options)).toBe(false);
  });

  it('matches nothing with an empty list, and everything negated', () => {
    expect(holds("text|expand: '%empty%'", { text: '' }, options)).toBe(false);
    expect(holds("resp_domain|expand: '%empty%'", { resp_domain: 'a' }, options)).toBe(false);
    expect(holds("number|expand: '%empty%'", { number: 1 }, options)).toBe(false);
    expect(holds("id.orig_h|cidr|expand: '%empty%'", { 'id.orig_h': '10.0.0.1' }, options)).toBe(false);
    expect(holds("text|expand|neq: '%empty%'", { text: '' }, options)).toBe(true);
  });

  it('leaves %name% alone without expand', () => {
    expect(holds("text: '%ports%'", { text: '%ports%' }, options)).toBe(true);
  });

  it('names the known lists when there is none of that name', () => {
    const detection = "sel:\n  text|expand: 'x %aproved% y'\ncondition: sel";
    expect(detectionProblems(detection, options)).toEqual([
      [
        'rule.yml:9:21: no list named "aproved"',
        "        text|expand: 'x %aproved% y'",
        `    ${' '.repeat(20)}^`,
        '    did you mean approved? known lists: approved, servers, ranges, ports, empty',
      ].join('\n'),
    ]);
  });

  it('is an empty list with a warning without an inventory', () => {
    const detection = "sel:\n  text|expand: '%anything%'\ncondition: sel";
    expect(detectionProblems(detection)[0]).toContain('warning: no list named "anything"');
    expect(detectionProblems(detection, options)[0]).not.toContain('warning');
    expect(holds("text|expand: '%anything%'", { text: 'x' })).toBe(false);
  });

  it('says nothing about the optional lists of the shipped packs', () => {
    const detection = "sel:\n  text|expand: '%approved_cloud%'\ncondition: sel";
    expect(detectionProblems(detection)).toEqual([]);
    expect(detectionProblems(detection, options)).toEqual([]);
    expect(holds("text|expand: '%approved_cloud%'", { text: 'x' }, options)).toBe(false);
  });

  it('complains about list entries that do not suit the field', () => {
    const problems = (selection: string) =>
      detectionProblems(`sel:\n  ${selection}\ncondition: sel`, options)[0];
    expect(problems("number|expand: '%servers%'")).toContain('number holds numbers, never "%servers%"');
    expect(problems("id.orig_h|cidr|expand: '%approved%'")).toContain(
      '"vendor.example" is not an address range',
    );
  });
});

describe('isDomainField', () => {
  it.each(['resp_domain', 'domain', 'query', 'host', 'server_name'])('%s', name => {
    expect(isDomainField(name)).toBe(true);
  });
  it.each(['uri', 'resp_device', 'domain_confidence', 'hostname'])('not %s', name => {
    expect(isDomainField(name)).toBe(false);
  });
});
