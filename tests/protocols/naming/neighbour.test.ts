import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCdp } from '../../../src/protocols/naming/cdp.ts';
import { decodeLldp } from '../../../src/protocols/naming/lldp.ts';
import { fromHex } from '../../support/fake-flow.ts';
import { cdpPacket, type Element, lldpFrame } from './neighbour-bytes.ts';

const lldp = (...elements: readonly Element[]) => {
  const bytes = lldpFrame(...elements);
  return decodeLldp(bytes, 0, bytes.length);
};
const cdp = (...elements: readonly Element[]) => {
  const bytes = cdpPacket(...elements);
  return decodeCdp(bytes, 0, bytes.length);
};

describe('LLDP', () => {
  it('says who a device is', () => {
    expect(
      lldp(
        [1, fromHex('04 020000000001')],
        [2, '\x05eth0'],
        [3, [0, 120]],
        [4, 'uplink\0'],
        [5, 'pump-7'],
        [6, 'Pump Gateway'],
        [7, [0, 0x94, 0, 0x14]],
        [8, fromHex('05 01 0a000007 02 00000001 00')],
        [8, fromHex('11 02 20010db8000000000000000000000007 02 00000001 00')],
        [127, fromHex('0080c2 01 0064')],
        [127, fromHex('0012bb 02 01 40 c8 00')],
        [127, '\x00\x12\xbb\x05hw1'],
        [127, '\x00\x12\xbb\x06fw2'],
        [127, '\x00\x12\xbb\x07sw3'],
        [127, '\x00\x12\xbb\x08SN4'],
        [127, '\x00\x12\xbb\x09Maker'],
        [127, '\x00\x12\xbb\x0aModel'],
      ),
    ).toEqual({
      malformed: false,
      said: {
        protocol: 'lldp',
        chassis_id: '02:00:00:00:00:01',
        port_id: 'eth0',
        ttl: 120,
        port_description: 'uplink',
        system_name: 'pump-7',
        system_description: 'Pump Gateway',
        capabilities: ['bridge', 'router'],
        management_addrs: ['10.0.0.7', '2001:db8::7'],
        native_vlan: 100,
        voice_vlan: 100,
        hardware_version: 'hw1',
        firmware_version: 'fw2',
        software_version: 'sw3',
        serial: 'SN4',
        manufacturer: 'Maker',
        platform: 'Model',
      },
    });
  });

  it.each([
    ['05 01 0a000007', '10.0.0.7'],
    ['05 06 020000000001', '02:00:00:00:00:01'],
    ['05 09 0102', '090102'],
    ['07 6e616d65', 'name'],
    ['04 0200', '\x02'],
  ])('reads the identifier %s', (bytes, shown) => {
    expect(lldp([1, fromHex(bytes)]).said.chassis_id).toBe(shown);
  });

  it('keeps what stood before damage, and eight addresses', () => {
    const cut = lldpFrame([5, 'pump-7'], [6, 'long text']).subarray(0, -5);
    const result = decodeLldp(cut, 0, cut.length);
    expect(result).toEqual({ malformed: true, said: { protocol: 'lldp', system_name: 'pump-7' } });
    const many = Array.from({ length: 20 }, () => [8, fromHex('05 01 0a000007')] as const);
    expect(lldp(...many).said.management_addrs).toHaveLength(8);
    expect(lldp(...Array.from({ length: 200 }, () => [9, ''] as const)).malformed).toBe(true);
  });
});

describe('CDP', () => {
  it('says who a device is', () => {
    expect(
      cdp(
        [1, 'ap-3'],
        [2, fromHex('00000001 01 01 cc 0004 0a000003')],
        [3, 'Gi0/1'],
        [4, [0, 0, 0, 0x29]],
        [5, 'AP Software, Version 8.5'],
        [6, 'AIR-AP'],
        [10, [0, 100]],
        [14, [1, 0, 200]],
        [20, 'ap-3.ward'],
        [
          22,
          fromHex(
            '00000002 01 01 cc 0004 0a000009 02 08 aaaa0300000086dd 0010 20010db8000000000000000000000007',
          ),
        ],
      ),
    ).toEqual({
      malformed: false,
      said: {
        protocol: 'cdp',
        ttl: 180,
        chassis_id: 'ap-3',
        port_id: 'Gi0/1',
        capabilities: ['router', 'bridge'],
        system_description: 'AP Software, Version 8.5',
        platform: 'AIR-AP',
        native_vlan: 100,
        voice_vlan: 200,
        system_name: 'ap-3.ward',
        management_addrs: ['10.0.0.9', '2001:db8::7'],
      },
    });
  });

  it('keeps what stood before damage', () => {
    const cut = cdpPacket([1, 'ap-3'], [6, 'AIR-AP']).subarray(0, -2);
    expect(decodeCdp(cut, 0, cut.length)).toMatchObject({ malformed: true, said: { chassis_id: 'ap-3' } });
    expect(decodeCdp(cut, 0, 3)).toEqual({ malformed: true, said: { protocol: 'cdp' } });
    expect(cdp([2, fromHex('00000001 01 01 cc 0009 0a000003')]).said.management_addrs).toBeUndefined();
  });
});

it.each([
  ['LLDP', decodeLldp],
  ['CDP', decodeCdp],
])('%s survives any bytes', (_name, decode) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, from) => {
      const start = Math.min(from, bytes.length);
      expect(typeof decode(bytes, start, bytes.length).malformed).toBe('boolean');
    }),
    { numRuns: 1000 },
  );
});
