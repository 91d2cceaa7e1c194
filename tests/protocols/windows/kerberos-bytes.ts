/** Kerberos messages made by hand (RFC 4120 section 5). */
import { integer, joined, type Part, sequence, tagged, tlv } from '../ber-bytes.ts';

const general = (text: string): Uint8Array => tlv(0x1b, text);
const time = (text: string): Uint8Array => tlv(0x18, text);

export const principal = (...parts: string[]): Uint8Array =>
  sequence(tagged(0, integer(1)), tagged(1, sequence(...parts.map(general))));

export function kdcRequest(
  type: 10 | 12,
  options: { client?: string; service?: string[]; nonce?: number; preauth?: boolean; etypes?: number[] } = {},
): Uint8Array {
  const padata = (kind: number, value: Part) =>
    sequence(tagged(1, integer(kind)), tagged(2, tlv(0x04, value)));
  const body = sequence(
    tagged(0, tlv(0x03, [0, 0x40, 0x80, 0, 0x10])),
    ...(options.client === undefined ? [] : [tagged(1, principal(options.client))]),
    tagged(2, general('CLINIC.EXAMPLE')),
    tagged(3, principal(...(options.service ?? ['krbtgt', 'CLINIC.EXAMPLE']))),
    tagged(5, time('20370913024805Z')),
    tagged(7, integer(0, options.nonce ?? 7)),
    tagged(8, sequence(...(options.etypes ?? [18, 23]).map(etype => integer(etype)))),
  );
  const proof = options.preauth ? [tagged(3, sequence(padata(2, 'sealed'), padata(128, 'pac')))] : [];
  return tlv(
    0x60 | type,
    sequence(tagged(1, integer(5)), tagged(2, integer(type)), ...proof, tagged(4, body)),
  );
}

const sealed = (etype: number): Uint8Array =>
  sequence(tagged(0, integer(etype)), tagged(2, tlv(0x04, 'secret box')));

const ticket = (service: string[], etype: number): Uint8Array =>
  tlv(
    0x61,
    sequence(
      tagged(0, integer(5)),
      tagged(1, general('CLINIC.EXAMPLE')),
      tagged(2, principal(...service)),
      tagged(3, sealed(etype)),
    ),
  );

export const kdcReply = (type: 11 | 13, client: string, service: string[], etype = 18): Uint8Array =>
  tlv(
    0x60 | type,
    sequence(
      tagged(0, integer(5)),
      tagged(1, integer(type)),
      tagged(3, general('CLINIC.EXAMPLE')),
      tagged(4, principal(client)),
      tagged(5, ticket(service, etype)),
      tagged(6, sealed(etype)),
    ),
  );

export const apRequest = (service: string[], etype = 23): Uint8Array =>
  tlv(
    0x6e,
    sequence(
      tagged(0, integer(5)),
      tagged(1, integer(14)),
      tagged(2, tlv(0x03, [0, 0, 0, 0, 0])),
      tagged(3, ticket(service, etype)),
      tagged(4, sealed(etype)),
    ),
  );

export const krbError = (code: number, text?: string): Uint8Array =>
  tlv(
    0x7e,
    sequence(
      tagged(0, integer(5)),
      tagged(1, integer(30)),
      tagged(4, time('20260101000000Z')),
      tagged(5, integer(1)),
      tagged(6, integer(code)),
      tagged(9, general('CLINIC.EXAMPLE')),
      tagged(10, principal('krbtgt', 'CLINIC.EXAMPLE')),
      ...(text === undefined ? [] : [tagged(11, general(text))]),
    ),
  );

/** With its length before it, as over TCP. */
export const framed = (message: Uint8Array): Uint8Array =>
  joined([0, 0, message.length >> 8, message.length & 255], message);
