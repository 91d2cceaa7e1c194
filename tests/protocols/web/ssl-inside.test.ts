import { expect, test } from 'vitest';
import { insideOf } from '../../../src/protocols/web/ssl-inside.ts';

test.each([
  [2575, undefined, [], 'hl7', 'port'],
  [6661, undefined, ['files.example'], 'hl7', 'port'],
  [2762, undefined, [], 'dicom', 'port'],
  [6514, undefined, [undefined], 'syslog', 'port'],
  [9999, undefined, ['hl7-engine.example'], 'hl7', 'name'],
  [9999, undefined, ['CN=mllp01,O=Hospital'], 'hl7', 'name'],
  [2575, undefined, ['pacs.example'], 'dicom', 'name'],
  [9999, 'acr-nema', ['hl7.example'], 'dicom', 'alpn'],
] as const)('port %d, ALPN %s, names %j: %s by %s', (port, alpn, names, protocol, by) => {
  expect(insideOf(port, alpn, names)).toEqual({ protocol, by });
});

test.each([
  [443, undefined, []],
  [2575, 'h2', ['hl7.example']],
  [9999, undefined, ['shl7x.example', 'spacsong.example']],
] as const)('port %d, ALPN %s, names %j: nothing medical is known', (port, alpn, names) => {
  expect(insideOf(port, alpn, names)).toBeUndefined();
});
