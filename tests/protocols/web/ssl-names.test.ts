import { describe, expect, it } from 'vitest';
import { alertName, cipherName, groupName, versionName } from '../../../src/protocols/web/ssl-names.ts';

describe('names of TLS numbers', () => {
  it.each([
    [0x0000, 'TLS_NULL_WITH_NULL_NULL'],
    [0x0005, 'TLS_RSA_WITH_RC4_128_SHA'],
    [0x001a, 'TLS_DH_ANON_WITH_DES_CBC_SHA'],
    [0x001c, 'SSL_FORTEZZA_KEA_WITH_NULL_SHA'],
    [0x002f, 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    [0x00c5, 'TLS_DH_ANON_WITH_CAMELLIA_256_CBC_SHA256'],
    [0x00ff, 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV'],
    [0x1305, 'TLS_AES_128_CCM_8_SHA256'],
    [0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    [0xc0b5, 'TLS_SHA384_SHA384'],
    [0xcc13, 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD'],
    [0xccae, 'TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256'],
    [0xd005, 'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256'],
    [0x010080, 'SSLv20_CK_RC4_128_WITH_MD5'],
    [0x3a3a, 'grease_0x3A3A'],
    [49407 - 1, 'unknown-49406'],
  ])('names cipher suite %i', (suite, name) => {
    expect(cipherName(suite)).toBe(name);
  });

  it('names groups, alerts and versions', () => {
    expect([23, 29, 41, 257, 4588, 0x0a0a, 9999].map(groupName)).toEqual([
      'secp256r1',
      'x25519',
      'curveSM2',
      'ffdhe3072',
      'X25519MLKEM768',
      'grease_0x0A0A',
      'unknown-9999',
    ]);
    expect([0, 40, 122].map(alertName)).toEqual(['close_notify', 'handshake_failure', 'unknown-122']);
    expect([2, 0x0300, 0x0304, 0x7f12, 0x0500].map(versionName)).toEqual([
      'SSLv2',
      'SSLv3',
      'TLSv13',
      'TLSv13-draft18',
      'unknown-1280',
    ]);
  });
});
