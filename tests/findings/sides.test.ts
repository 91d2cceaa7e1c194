import { describe, expect, test } from 'vitest';
import { identityOf, nameOf, sidesOf } from '../../src/findings/sides.ts';
import { record } from './make.ts';

describe('which side is the device', () => {
  test('the medical one, even when it answered', () => {
    const sides = sidesOf(
      record({ orig_medical: undefined, orig_device: 'biomed-laptop', resp_medical: true }),
    );
    expect(sides.device.address).toBe('203.0.113.9');
    expect(sides.peer.device).toBe('biomed-laptop');
    expect(sides.peerResponds).toBe(false);
  });

  test('the one the inventory knows, when none is medical', () => {
    const unknown = { orig_medical: false, orig_known: false, orig_device: undefined };
    expect(sidesOf(record({ ...unknown, resp_known: true })).device.address).toBe('203.0.113.9');
  });

  test('the originator, when both are medical or nothing is known', () => {
    expect(sidesOf(record({ resp_medical: true, resp_known: true })).device.address).toBe('10.20.3.12');
    const unknown = { orig_medical: undefined, orig_known: undefined, orig_device: undefined };
    expect(sidesOf(record(unknown)).device.address).toBe('10.20.3.12');
  });

  test('the sender of an ARP record', () => {
    const arp = { sender_ip: '10.0.0.1', sender_mac: '00:11:22:33:44:55', target_ip: '10.0.0.2' };
    const sides = sidesOf(arp);
    expect(sides.device.address).toBe('10.0.0.1');
    expect(sides.device.mac).toBe('00:11:22:33:44:55');
    expect(sides.peer.address).toBe('10.0.0.2');
  });

  test('nobody, when the record has no hosts', () => {
    expect(nameOf(sidesOf({ name: 'x' }).device)).toBe('');
  });
});

describe('identity', () => {
  const device = (change: Parameters<typeof record>[0]) => sidesOf(record(change)).device;
  const peer = (change: Parameters<typeof record>[0]) => sidesOf(record(change)).peer;

  test('inventory name before MAC before address', () => {
    expect(identityOf(device({ orig_mac: 'AA:BB:CC:00:00:01' }), 'north')).toBe('device:pump-12');
    expect(identityOf(device({ orig_device: undefined, orig_mac: 'AA:BB:CC:00:00:01' }), 'north')).toBe(
      'mac:aa:bb:cc:00:00:01',
    );
    expect(identityOf(device({ orig_device: undefined }), 'north')).toBe('ip:north/10.20.3.12');
  });

  test('an internet host is its domain only when a listed resolver vouched for it', () => {
    const named = { resp_domain: 'Updates.Example.net.' };
    expect(identityOf(peer({ ...named, resp_domain_confidence: 'high' }), 'north')).toBe(
      'domain:updates.example.net',
    );
    expect(identityOf(peer({ ...named, resp_domain_confidence: 'low' }), 'north')).toBe('ip:203.0.113.9');
  });

  test('the MAC of an internet host would be the router’s and is not used', () => {
    expect(identityOf(peer({ resp_mac: '00:00:00:00:00:01' }), undefined)).toBe('ip:203.0.113.9');
  });
});
