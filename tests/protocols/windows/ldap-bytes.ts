/** LDAP messages made by hand (RFC 4511 section 4). */
import { integer, joined, type Part, sequence, tagged, tlv } from '../ber-bytes.ts';

export const octets = (value: Part): Uint8Array => tlv(0x04, value);
const enumerated = (value: number): Uint8Array => tlv(0x0a, [value]);

export const message = (id: number, ...operation: readonly Part[]): Uint8Array =>
  sequence(integer(...(id < 128 ? [id] : [id >> 8, id & 255])), ...operation);

export const simpleBind = (id: number, name: string, password: string): Uint8Array =>
  message(id, tlv(0x60, integer(3), octets(name), tlv(0x80, password)));

export const saslBind = (id: number, mechanism: string, token: Part): Uint8Array =>
  message(id, tlv(0x60, integer(3), octets(''), tagged(3, octets(mechanism), octets(token))));

export const result = (
  id: number,
  tag: number,
  code: number,
  text = '',
  ...more: readonly Part[]
): Uint8Array => message(id, tlv(tag, enumerated(code), octets(''), octets(text), ...more));

export const serverToken = (token: Part): Uint8Array => tlv(0x87, token);

export const search = (id: number, base: string, filter: Uint8Array, ...attributes: string[]): Uint8Array =>
  message(
    id,
    tlv(
      0x63,
      octets(base),
      enumerated(2),
      enumerated(3),
      integer(0),
      integer(0),
      tlv(0x01, [0]),
      filter,
      sequence(...attributes.map(octets)),
    ),
  );

export const entry = (id: number, name: string, value = 'x'): Uint8Array =>
  message(id, tlv(0x64, octets(name), sequence(sequence(octets('cn'), tlv(0x31, octets(value))))));

export const equals = (attribute: string, value: Part): Uint8Array =>
  tlv(0xa3, octets(attribute), octets(value));
export const present = (attribute: string): Uint8Array => tlv(0x87, attribute);

export const extended = (id: number, oid: string): Uint8Array => message(id, tlv(0x77, tlv(0x80, oid)));

/** In a SASL layer: length, and a signature of 16 bytes. */
export const layered = (inner: Uint8Array): Uint8Array =>
  joined(
    [0, 0, (inner.length + 16) >> 8, (inner.length + 16) & 255],
    [1, 0, 0, 0],
    new Uint8Array(12),
    inner,
  );
