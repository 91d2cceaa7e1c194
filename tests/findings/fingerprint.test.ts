import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fingerprint, groupValues } from '../../src/findings/fingerprint.ts';
import { sidesOf } from '../../src/findings/sides.ts';
import { record } from './make.ts';

const values = (fields: ReturnType<typeof record>, groupBy: readonly string[] = [], site?: string) =>
  groupValues(fields, sidesOf(fields), groupBy, site);

const print = (change: Parameters<typeof record>[0], groupBy: readonly string[] = [], site?: string) =>
  fingerprint('rule-1', values(record(change), groupBy, site));

describe('fingerprint', () => {
  test('is 32 hex digits and the same in every release', () => {
    expect(print({})).toBe('c530b44d33a2264a007d3c40803a2dc2');
  });

  test('does not know time, frame, uid, capture or the port picked by the originator', () => {
    const other = { ts: { sec: 5, nsec: 1 }, frame: 99, uid: 'C9', capture: 'night.pcap', 'id.orig_p': 1 };
    expect(print(other)).toBe(print({}));
  });

  test('changes with rule, device, peer and port', () => {
    const prints = [
      print({}),
      print({ orig_device: 'pump-13' }),
      print({ 'id.resp_h': '203.0.113.10' }),
      print({ 'id.resp_p': 80 }),
      fingerprint('rule-2', values(record())),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });

  test('stays when a device of the inventory changes its address', () => {
    expect(print({ 'id.orig_h': '10.20.3.77' })).toBe(print({}));
    expect(print({ 'id.orig_h': '10.20.3.77' }, ['id.orig_h'])).toBe(print({}, ['orig_device']));
  });

  test('stays when an unknown device with a MAC changes its address', () => {
    const unknown = { orig_device: undefined, orig_mac: 'aa:bb:cc:00:00:01' };
    expect(print({ ...unknown, 'id.orig_h': '10.20.3.77' })).toBe(print(unknown));
  });

  test('stays when a verified name answers from another address', () => {
    const named = { resp_domain: 'cdn.example.net', resp_domain_confidence: 'high' };
    expect(print({ ...named, 'id.resp_h': '198.51.100.4' })).toBe(print(named));
    const guessed = { resp_domain: 'cdn.example.net', resp_domain_confidence: 'low' };
    expect(print({ ...guessed, 'id.resp_h': '198.51.100.4' })).not.toBe(print(guessed));
  });

  test('tells the same private address of two sites apart', () => {
    const unknown = { orig_device: undefined };
    expect(print(unknown, [], 'north')).not.toBe(print(unknown, [], 'south'));
    expect(print({}, [], 'north')).toBe(print({}, [], 'south'));
  });

  test('takes group-by fields in their order, and absent ones as empty', () => {
    expect(values(record({ user_agent: 'curl' }), ['user_agent', 'method'])).toEqual(['curl', '']);
  });

  test('does not depend on the order within a set', () => {
    expect(print({ kinds: ['mrn', 'ssn'] }, ['kinds'])).toBe(print({ kinds: ['ssn', 'mrn'] }, ['kinds']));
  });

  test('leaves times out', () => {
    expect(print({}, ['ts'])).toBe(print({ ts: { sec: 1, nsec: 2 } }, ['ts']));
  });

  test('values cannot run into one another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 4 }),
        fc.array(fc.string(), { maxLength: 4 }),
        (a, b) => {
          const same = a.length === b.length && a.every((value, i) => value === b[i]);
          expect(fingerprint('r', a) === fingerprint('r', b)).toBe(same);
        },
      ),
    );
  });
});
