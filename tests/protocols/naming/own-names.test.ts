import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORIG } from '../../../src/model/protocol.ts';
import { dns } from '../../../src/protocols/naming/dns.ts';
import { play } from '../../support/fake-flow.ts';
import { dnsMessage, encodedName, joined, type Section, u16 } from './dns-bytes.ts';

const PRINTER = 'Ward 3 labels._ipp._tcp.local';
const txt = (...pairs: string[]) =>
  joined(...pairs.map(pair => joined(Uint8Array.of(pair.length), new Uint8Array(Buffer.from(pair)))));

const pointer = { name: '_ipp._tcp.local', type: 12, data: encodedName(PRINTER) };
const text = {
  name: PRINTER,
  type: 16,
  class: 0x8001,
  data: txt('txtvers=1', 'ty=Zebra ZT410', 'usb_MFG=Zebra', 'note=Room 7', 'broken', '=x'),
};
const address = (name: string, last: number): Section => ({
  name,
  type: 1,
  class: 0x8001,
  data: Uint8Array.of(10, 0, 0, last),
});

const told = (message: Uint8Array, respPort = 5353) =>
  play(dns, [[ORIG, message]], { transport: 'udp', respPort, origPort: respPort }).identities.map(
    ({ attribute, value, source }) => [attribute, value, source],
  );
const response = (...answers: Section[]) => dnsMessage({ id: 0, flags: 0x8400, answers });

describe('what a host says of itself in multicast DNS', () => {
  it('is its name, its services and who made it', () => {
    expect(told(response(pointer, text, address('ZT410.local', 1)))).toEqual([
      ['service', '_ipp._tcp', 'mdns'],
      ['name', 'ward 3 labels', 'mdns'],
      ['model', 'Zebra ZT410', 'mdns'],
      ['vendor', 'Zebra', 'mdns'],
      ['host_name', 'zt410.local', 'mdns'],
    ]);
  });

  it('is not what it says of others, asks for, or says elsewhere', () => {
    expect(told(response(address('other.local', 9)))).toEqual([]);
    expect(told(dnsMessage({ id: 0, flags: 0, answers: [pointer, text] }))).toEqual([]);
    expect(told(response(pointer, text, address('zt410.local', 1)), 53)).toEqual([]);
  });

  it('names a service that is only listed, without a name', () => {
    const list = { name: '_services._dns-sd._udp.local', type: 12, data: encodedName('_dicom._tcp.local') };
    expect(told(response(list))).toEqual([['service', '_dicom._tcp', 'mdns']]);
  });

  it('is read from any bytes without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (noise, cut) => {
        const whole = response(pointer, text, address('zt410.local', 1));
        told(joined(whole.slice(0, cut), noise));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what a host registers as its NetBIOS name', () => {
  const encoded = (name: string, kind: number) => {
    const bytes = [...Buffer.from(name.padEnd(15)), kind];
    const letters = bytes.map(byte => String.fromCharCode(65 + (byte >> 4), 65 + (byte & 15)));
    return encodedName(letters.join(''));
  };
  const registration = (name: string, kind: number, flags: number) =>
    dnsMessage({
      flags: 0x2910,
      questions: [{ name: encoded(name, kind), type: 32 }],
      additionals: [
        { name: encoded(name, kind), type: 32, data: joined(u16(flags), Uint8Array.of(10, 0, 0, 1)) },
      ],
    });

  it('is its own unless it is that of a group or a service', () => {
    expect(told(registration('CT-ROOM1', 0x00, 0), 137)).toEqual([['host_name', 'CT-ROOM1', 'nbns']]);
    expect(told(registration('CT-ROOM1', 0x20, 0), 137)).toEqual([['host_name', 'CT-ROOM1', 'nbns']]);
    expect(told(registration('WORKGROUP', 0x00, 0x8000), 137)).toEqual([]);
    expect(told(registration('OPERATOR', 0x03, 0), 137)).toEqual([]);
  });
});
