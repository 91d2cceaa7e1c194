import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ANONYMISERS, isTorCertificate, isTorDirectoryPath, torHello } from '../../src/model/anonymisers.ts';
import { hasShared, SHARED } from '../support/paths.ts';

/** As Tor makes them: random bytes as base32. */
function madeUp(count: number): string[] {
  let word = 1;
  const next = () => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    return word >>> 8;
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 4 + (next() % 22) }, () => 'abcdefghijklmnopqrstuvwxyz234567'[next() % 32]).join(''),
  );
}

describe('names that Tor makes up', () => {
  it('are told on ports of relays, and two in five elsewhere', () => {
    const names = madeUp(1000).map(label => `www.${label}.com`);
    expect(names.every(name => torHello(name, 9001) === 'medium')).toBe(true);
    const told = names.filter(name => torHello(name, 443) === 'low').length;
    expect(told).toBeGreaterThan(400);
  });

  it.each([
    'www.google.com',
    'www.w3schools.com',
    'www.mp3downloads.com',
    'www.4shared.com',
    'www.html5css3tutorial.com',
    'www.rhythm24.com',
    'www.schwarzkopf.com',
    'z4tkhbrmvqxw3c.com',
    'www.z4tkhbrmvqxw3c.org',
    'www.z4tk8brmvqxw3c.com',
  ])('are not %s', name => {
    expect(torHello(name, 443)).toBeUndefined();
  });

  it('are told by the pair in a certificate', () => {
    expect(isTorCertificate('CN=www.4fbzg5wnd.net', 'CN=www.hkhdmsvd2jh.com')).toBe(true);
    expect(isTorCertificate('CN=www.example.net', 'CN=www.example.com')).toBe(false);
    expect(isTorCertificate('CN=www.4fbzg5wnd.net', "CN=R11,O=Let's Encrypt,C=US")).toBe(false);
    expect(isTorCertificate('CN=www.4fbzg5wnd.net,O=Ward', 'CN=www.hkhdmsvd2jh.com')).toBe(false);
  });

  it.skipIf(!hasShared())(
    `are not in any capture${hasShared() ? '' : ' (skipped: ../shared missing)'}`,
    () => {
      const root = join(SHARED, 'oracle', 'zeek');
      const logs = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file =>
        /(?:ssl|dns|x509)\.log$/.test(file),
      );
      const cells = logs.flatMap(log => readFileSync(join(root, log), 'latin1').split(/[\t\n]/));
      expect(cells.length).toBeGreaterThan(1000);
      expect(cells.filter(cell => torHello(cell, 443) !== undefined)).toEqual([]);
    },
  );
});

describe('anonymisers by name', () => {
  it.each([
    ['check.torproject.org', 'Tor', false],
    ['expyuzz4wqqyqhjn.onion', 'Tor', true],
    ['derp.tailscale.com', 'Tailscale', false],
    ['engage.cloudflareclient.com', 'Cloudflare WARP', true],
  ])('knows %s', (name, tool, running) => {
    expect(ANONYMISERS.domain(name)).toEqual({ tool, running });
  });

  it('knows what directories of Tor serve', () => {
    expect(isTorDirectoryPath('/tor/server/all.z')).toBe(true);
    expect(isTorDirectoryPath('/tor/about')).toBe(false);
    expect(isTorDirectoryPath('/x/tor/server/all')).toBe(false);
  });
});
