import { describe, expect, test } from 'vitest';
import { renderMessage } from '../../src/findings/message.ts';
import { record, rule } from './make.ts';

const render = (message: string, change: Parameters<typeof record>[0] = {}) =>
  renderMessage(rule({ message }), record(change));

const TEMPLATE = '{orig_device} ({id.orig_h}) → {id.resp_h}:{id.resp_p} {resp_domain}';

describe('message', () => {
  test('puts values in', () => {
    expect(render(TEMPLATE, { resp_domain: 'example.net' })).toBe(
      'pump-12 (10.20.3.12) → 203.0.113.9:443 example.net',
    );
  });

  test('drops an absent field after another, without double spaces', () => {
    expect(render(TEMPLATE)).toBe('pump-12 (10.20.3.12) → 203.0.113.9:443');
    expect(render('{id.resp_h} {resp_domain} {resp_vendor}, twice')).toBe('203.0.113.9, twice');
  });

  test('shows the address of a device without a name once', () => {
    expect(render(TEMPLATE, { orig_device: undefined })).toBe('10.20.3.12 → 203.0.113.9:443');
    expect(render('{orig_device} called', { orig_device: undefined })).toBe('10.20.3.12 called');
  });

  test('drops brackets around nothing', () => {
    expect(render('{orig_device} ({orig_vendor}) called [{resp_domain}]')).toBe('pump-12 called');
  });

  test('keeps the shape of the sentence with a question mark', () => {
    expect(render('agent {user_agent} on port {id.resp_p}')).toBe('agent ? on port 443');
    expect(render('device {nothing} here')).toBe('device ? here');
  });

  test('values are not searched for placeholders, brackets or spaces', () => {
    expect(render('agent {user_agent} end', { user_agent: '{id.orig_h} ()  x' })).toBe(
      'agent {id.orig_h} ()  x end',
    );
  });

  test('cuts long values', () => {
    expect(render('{uri}', { uri: 'a'.repeat(5000) })).toHaveLength(201);
  });

  test('shows numbers, truth, lists, times and tokens', () => {
    expect(render('{score} {flag} {kinds}', { score: 0.123456, flag: true, kinds: ['mrn', 'ssn'] })).toBe(
      '0.123 true mrn, ssn',
    );
    expect(render('{ts}')).toBe('2023-11-14T22:13:20');
    expect(render('at {ts}', { ts: { sec: 1e15, nsec: 0 } })).toBe('at ?');
    expect(render('{user}', { user: 'user#1' })).toBe('user#1');
  });

  test('without a template: title, device and peer, in the direction of the call', () => {
    const title = 'Infusion pump opened a connection to the internet';
    expect(renderMessage(rule(), record())).toBe(`${title}: pump-12 → 203.0.113.9:443`);
    const inbound = record({
      orig_medical: undefined,
      orig_device: undefined,
      orig_known: undefined,
      resp_medical: true,
    });
    expect(renderMessage(rule(), inbound)).toBe(`${title}: 10.20.3.12 → 203.0.113.9:443`);
    expect(renderMessage(rule(), record({ 'id.resp_h': '2001:db8::1' }))).toBe(
      `${title}: pump-12 → [2001:db8::1]:443`,
    );
    expect(renderMessage(rule(), {})).toBe(title);
    expect(renderMessage(rule(), { sender_ip: '10.0.0.1', target_ip: '10.0.0.2' })).toBe(
      `${title}: 10.0.0.1 → 10.0.0.2`,
    );
    expect(renderMessage(rule(), { sender_mac: '00:11:22:33:44:55' })).toBe(`${title}: 00:11:22:33:44:55`);
  });
});
