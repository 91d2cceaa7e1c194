/** QUIC Initial packets sealed for the tests, after RFC 9001 section 5 and appendix A. */
import { createCipheriv } from 'node:crypto';
import { initialKeys } from '../../../src/protocols/web/quic-crypto.ts';
import { bytes, u16 } from './ssl-bytes.ts';

interface Initial {
  readonly version?: number;
  /** Identifier the client first chose for the server: what keys are made of. */
  readonly keyId: Uint8Array;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly number?: number;
  readonly fromServer?: boolean;
  /** Frames. */
  readonly content: Uint8Array;
  /** Whole size; the content is padded. */
  readonly size?: number;
}

const u32 = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

/** A long header up to its length field. */
export function longHeader(
  first: number,
  version: number,
  destination: Uint8Array,
  source: Uint8Array,
): Uint8Array {
  return bytes(first, u32(version), destination.length, destination, source.length, source);
}

export function cryptoFrame(offset: number, content: Uint8Array): Uint8Array {
  return bytes(6, u16(0x4000 | offset), u16(0x4000 | content.length), content);
}

export function sealInitial(packet: Initial): Uint8Array {
  const {
    version = 1,
    keyId,
    destination,
    source,
    number = 0,
    fromServer = false,
    content,
    size = 1200,
  } = packet;
  const keys = initialKeys(version, keyId)[fromServer ? 1 : 0];
  const first = (version === 1 ? 0xc0 : 0xd0) | 1;
  const start = bytes(longHeader(first, version, destination, source), 0);
  const room = size - start.length - 2;
  const header = bytes(start, u16(0x4000 | room), u16(number));
  const padded = bytes(content, new Uint8Array(Math.max(0, room - 2 - 16 - content.length)));
  const nonce = Buffer.from(keys.iv);
  nonce[10]! ^= number >> 8;
  nonce[11]! ^= number & 255;
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce, { authTagLength: 16 });
  cipher.setAAD(header);
  const sealed = bytes(cipher.update(padded), cipher.final(), cipher.getAuthTag());
  const whole = bytes(header, sealed);
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(sealed.subarray(2, 18));
  whole[0]! ^= mask[0]! & 0x0f;
  whole[header.length - 2]! ^= mask[1]!;
  whole[header.length - 1]! ^= mask[2]!;
  return whole;
}
