import { describe, expect, it } from 'vitest';
import { guessKind, normalise, refang } from '../../src/intel/normalise.ts';
import { doubtful, tooBroad } from '../../src/intel/overbroad.ts';
import type { IntelKind } from '../../src/model/intel.ts';

describe('defanged text', () => {
  it.each([
    ['hxxp://evil[.]example/a', 'http://evil.example/a'],
    ['hxxps[://]evil(.)example', 'https://evil.example'],
    ['hXXp://1.2.3[.]4:8080/x', 'http://1.2.3.4:8080/x'],
    ['1[.]2[.]3[.]4', '1.2.3.4'],
    ['2001[:]db8::1', '2001:db8::1'],
    ['a[at]evil{dot}example', 'a@evil.example'],
    ['user[@]evil.example', 'user@evil.example'],
    ['plain.example', 'plain.example'],
    ['http://a/b[1].gif', 'http://a/b[1].gif'],
  ])('%s', (text, meant) => expect(refang(text)).toBe(meant));
});

describe('one spelling', () => {
  it.each<[IntelKind, string, string | undefined]>([
    ['addr', '2001:DB8:0::1', '2001:db8::1'],
    ['addr', '[2001:db8::1]', '2001:db8::1'],
    ['addr', '1.2.3', undefined],
    ['subnet', '10.1.2.3/16', '10.1.0.0/16'],
    ['subnet', '2001:db8::5/32', '2001:db8::/32'],
    ['subnet', '1.2.3.4/33', undefined],
    ['domain', 'EVIL.Example.', 'evil.example'],
    ['domain', '*.evil.example', 'evil.example'],
    ['domain', '.evil.example', 'evil.example'],
    ['domain', 'böse.example', 'xn--bse-sna.example'],
    ['domain', '_dmarc.evil.example', '_dmarc.evil.example'],
    ['domain', 'evil .example', undefined],
    ['domain', '1.2.3.4', undefined],
    ['domain', '-x.example', undefined],
    ['url', 'http://user:pw@EVIL.example:80/Path?q#frag', 'evil.example/Path?q'],
    ['url', 'https://evil.example:443', 'evil.example/'],
    ['url', 'https://evil.example:8443/a', 'evil.example:8443/a'],
    ['url', 'evil.example?x=1', 'evil.example/?x=1'],
    ['url', 'http://[2001:db8::1]/a', '[2001:db8::1]/a'],
    ['url', '/only/a/path', undefined],
    ['file_hash', 'D41D8CD98F00B204E9800998ECF8427E', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['cert_hash', 'AA:BB', undefined],
    ['cert_hash', Array(20).fill('AB').join(':'), 'ab'.repeat(20)],
    ['ja3', 'e7d705a3286e19ea42f587b344ee6865', 'e7d705a3286e19ea42f587b344ee6865'],
    ['ja4', 't13d1516h2_8daaf6152771_e5627efa2ab1', 't13d1516h2_8daaf6152771_e5627efa2ab1'],
    ['ja4', 't13d1516h2', undefined],
    ['ae_title', ' EVILPACS ', 'EVILPACS'],
    ['ae_title', 'A TITLE THAT IS TOO LONG', undefined],
    ['email', 'Bad@Evil.Example', 'bad@evil.example'],
    ['email', 'nobody', undefined],
    ['software', 'Evil/1.0', 'Evil/1.0'],
    ['software', '', undefined],
  ])('%s %s', (kind, text, expected) => expect(normalise(kind, text)).toBe(expected));
});

describe('a text without a type', () => {
  it.each<[string, IntelKind | undefined]>([
    ['1.2.3.4', 'addr'],
    ['2001:db8::1', 'addr'],
    ['1.2.3.0/24', 'subnet'],
    ['evil.example', 'domain'],
    ['http://evil.example', 'url'],
    ['evil.example/path', 'url'],
    ['a@evil.example', 'email'],
    ['d41d8cd98f00b204e9800998ecf8427e', 'file_hash'],
    ['t13d1516h2_8daaf6152771_e5627efa2ab1', 'ja4'],
    ['two words', undefined],
    ['1.2.3.4,malware', undefined],
  ])('%s', (text, kind) => expect(guessKind(text)).toBe(kind));
});

describe('what is too broad', () => {
  it.each<[IntelKind, string, boolean]>([
    ['subnet', '0.0.0.0/0', true],
    ['subnet', '64.0.0.0/7', true],
    ['subnet', '64.0.0.0/8', false],
    ['subnet', '::/0', true],
    ['subnet', '2001::/16', false],
    ['domain', 'com', true],
    ['domain', 'co.uk', true],
    ['domain', 'evil.co.uk', false],
    ['domain', 'github.io', true],
    ['domain', 'evil.github.io', false],
  ])('%s %s', (kind, text, broad) => expect(tooBroad(kind, text) !== undefined).toBe(broad));

  it('and what is only doubtful', () => {
    expect(doubtful('addr', '10.1.2.3')).toBe('private');
    expect(doubtful('subnet', '192.168.0.0/24')).toBe('private');
    expect(doubtful('addr', '127.0.0.1')).toBe('loopback');
    expect(doubtful('addr', '239.1.1.1')).toBe('a group');
    expect(doubtful('addr', '203.0.113.1')).toBeUndefined();
    expect(doubtful('domain', '10.example')).toBeUndefined();
  });
});
