import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDiscovery, isDiscovery } from '../../../src/protocols/naming/icmp6-nd.ts';
import { fromHex } from '../../support/fake-flow.ts';

const ADDRESS = '20010db8 00000000 00000000 00000007';
const decode = (hex: string) => {
  const bytes = fromHex(hex);
  return decodeDiscovery(bytes, 0, bytes.length);
};

describe('neighbour discovery', () => {
  it('knows its types', () => {
    expect([132, 133, 137, 138].map(isDiscovery)).toEqual([false, true, true, false]);
  });

  it('reads what a router advertises', () => {
    const head = '86 00 0000 40 c8 0708 00000000 00000000';
    const link = '01 01 0200000000aa';
    const mtu = '05 01 0000 000005dc';
    const prefix = '03 04 40 c0 00015180 00003840 00000000 20010db8 00000000 00000000 00000000';
    const dns = `19 05 0000 00000e10 ${ADDRESS} ${ADDRESS}`;
    expect(decode(`${head}${link}${mtu}${prefix}${dns}`)).toEqual({
      type: 'router_advertisement',
      managed: true,
      other: true,
      preference: 'high',
      router_lifetime: 1800,
      link_addr: '02:00:00:00:00:aa',
      mtu: 1500,
      prefixes: ['2001:db8::/64'],
      dns_servers: ['2001:db8::7', '2001:db8::7'],
    });
  });

  it('reads questions, answers and redirects', () => {
    expect(decode(`87 00 0000 00000000 ${ADDRESS} 01 01 020000000001`)).toEqual({
      type: 'neighbour_solicitation',
      target: '2001:db8::7',
      link_addr: '02:00:00:00:00:01',
    });
    expect(decode(`88 00 0000 a0000000 ${ADDRESS} 02 01 020000000002`)).toEqual({
      type: 'neighbour_advertisement',
      target: '2001:db8::7',
      router: true,
      solicited: false,
      override: true,
      link_addr: '02:00:00:00:00:02',
    });
    expect(decode('85 00 0000 00000000')).toEqual({ type: 'router_solicitation' });
    expect(decode(`89 00 0000 00000000 ${ADDRESS} ${ADDRESS}`)).toEqual({
      type: 'redirect',
      target: '2001:db8::7',
    });
  });

  it('ends at options that cannot be, keeps eight prefixes, and needs its fixed part', () => {
    const solicitation = `87 00 0000 00000000 ${ADDRESS}`;
    for (const option of ['01 00 020000000001', '01 09 020000000001'])
      expect(decode(`${solicitation}${option}`)).not.toHaveProperty('link_addr');
    expect(decode(solicitation.slice(0, -2))).toBeUndefined();
    expect(decode('80 00 0000 00000000')).toBeUndefined();
    const prefix = `03 04 40 c0 00015180 00003840 00000000 ${ADDRESS}`;
    expect(decode(`86 00 0000 40 00 0708 00000000 00000000 ${prefix.repeat(20)}`)?.prefixes).toHaveLength(8);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 130, max: 140 }), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
        const message = Uint8Array.of(type, ...bytes);
        const found = decodeDiscovery(message, 0, message.length);
        if (!isDiscovery(type)) expect(found).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});
