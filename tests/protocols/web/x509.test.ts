import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateRecord, isFor, readCertificate } from '../../../src/protocols/web/x509.ts';
import { AUTHORITY, PUMP } from './certificates.ts';

const IN_2030 = { sec: Date.UTC(2030, 0, 1) / 1000, nsec: 0 };
const own = { host: true, client: false };
const row = (der: Uint8Array, now = IN_2030) => certificateRecord(readCertificate(der), now, own);

describe('certificates', () => {
  it('reads one with an elliptic key and alternative names', () => {
    expect(row(PUMP)).toEqual({
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      fingerprint_sha1: new X509Certificate(PUMP).fingerprint.replaceAll(':', '').toLowerCase(),
      'certificate.version': 3,
      'certificate.serial': 'F1E2D3C4',
      'certificate.subject': 'CN=pump.example,OU=Ward 3+OU=East,O=Pump\\, Works,C=DE',
      'certificate.issuer': 'CN=pump.example,OU=Ward 3+OU=East,O=Pump\\, Works,C=DE',
      'certificate.not_valid_before': { sec: Date.UTC(2026, 10, 27, 5, 43, 57) / 1000, nsec: 0 },
      'certificate.not_valid_after': { sec: Date.UTC(2036, 10, 24, 5, 43, 57) / 1000, nsec: 0 },
      'certificate.key_alg': 'id-ecPublicKey',
      'certificate.sig_alg': 'ecdsa-with-SHA256',
      'certificate.key_type': 'ecdsa',
      'certificate.key_length': 256,
      'certificate.exponent': undefined,
      'certificate.curve': 'prime256v1',
      'san.dns': ['pump.example', '*.ward.example'],
      'san.uri': ['urn:x'],
      'san.email': ['bio@example.org'],
      'san.ip': ['192.0.2.7', '2001:db8::7'],
      'basic_constraints.ca': false,
      host_cert: true,
      client_cert: false,
      expired: false,
      not_yet_valid: false,
      self_signed: true,
    });
  });

  it('reads one of an authority with a short RSA key', () => {
    expect(row(AUTHORITY)).toMatchObject({
      'certificate.subject': 'CN=Z\\C3\\BCrich CA',
      'certificate.sig_alg': 'sha1WithRSAEncryption',
      'certificate.key_type': 'rsa',
      'certificate.key_length': 1024,
      'certificate.exponent': '65537',
      'basic_constraints.ca': true,
      'basic_constraints.path_len': 1,
    });
  });

  it('judges validity by the time of the capture', () => {
    const before = { sec: Date.UTC(2026, 10, 27, 5, 43, 56) / 1000, nsec: 0 };
    const after = { sec: Date.UTC(2036, 10, 24, 5, 43, 58) / 1000, nsec: 0 };
    expect(row(PUMP, before)).toMatchObject({ not_yet_valid: true, expired: false });
    expect(row(PUMP, after)).toMatchObject({ not_yet_valid: false, expired: true });
  });

  it('knows which names it is for', () => {
    const pump = readCertificate(PUMP);
    const names = ['pump.example', 'a.ward.example', 'ward.example', 'other.example', '192.0.2.7', 'a\0b'];
    expect(names.map(name => isFor(pump, name))).toEqual([true, true, false, false, true, undefined]);
  });

  it('is not impressed by damage', () => {
    for (let length = 0; length < PUMP.length; length++) readCertificate(PUMP.subarray(0, length));
    for (let at = 0; at < PUMP.length; at++) {
      const damaged = PUMP.slice();
      damaged[at]! ^= 0xff;
      certificateRecord(readCertificate(damaged), IN_2030, own);
    }
    expect(row(PUMP.subarray(0, 100))).toBeUndefined();
    expect(row(new Uint8Array(0))).toBeUndefined();
  });
});
