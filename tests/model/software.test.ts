import { describe, expect, it } from 'vitest';
import { parseSoftware } from '../../src/model/software.ts';

describe('parseSoftware', () => {
  it.each([
    ['nginx/1.22.1', { name: 'nginx', major: 1, minor: 22, minor2: 1 }],
    ['Apache/2.4.57 (Debian)', { name: 'Apache', major: 2, minor: 4, minor2: 57, addl: 'Debian' }],
    ['OpenSSH_9.2p1 Debian-2+deb12u3', { name: 'OpenSSH', major: 9, minor: 2, addl: 'p1' }],
    ['curl/7.88.1', { name: 'curl', major: 7, minor: 88, minor2: 1 }],
    ['Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101', { name: 'Mozilla', major: 5, minor: 0, addl: 'X11' }],
    ['dropbear_2022.83', { name: 'dropbear', major: 2022, minor: 83 }],
    ['Microsoft-IIS/10.0', { name: 'Microsoft-IIS', major: 10, minor: 0 }],
    ['vsFTPd 3.0.3', { name: 'vsFTPd', major: 3, minor: 0, minor2: 3 }],
    ['RomPager', { name: 'RomPager' }],
    ['/1.0', { name: '/1.0' }],
    ['', { name: '' }],
  ])('%s', (text, expected) => {
    const found = Object.fromEntries(
      Object.entries(parseSoftware(text)).filter(([, value]) => value !== undefined),
    );
    expect(found).toEqual(expected);
  });

  it('takes hostile texts in bounded time', () => {
    const before = process.cpuUsage();
    for (let i = 0; i < 200; i++) parseSoftware('-'.repeat(100_000));
    const { user } = process.cpuUsage(before);
    expect(user).toBeLessThan(1_000_000);
  });
});
