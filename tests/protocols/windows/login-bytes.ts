/** NTLM messages and SPNEGO tokens made by hand (MS-NLMP section 2.2.1, RFC 4178). */
import { integer, joined, type Part, sequence, tagged, tlv } from '../ber-bytes.ts';
import { le16, le32, wide } from './little-endian.ts';

const SIGNATURE = 'NTLMSSP\0';

export const ntlmNegotiate = (): Uint8Array =>
  joined(SIGNATURE, le32(1), le32(0xe208_8297), new Uint8Array(24));

export function ntlmChallenge(names: Readonly<Record<number, string>>): Uint8Array {
  const pairs = Object.entries(names).map(([id, name]) =>
    joined(le16(Number(id)), le16(name.length * 2), wide(name)),
  );
  const info = joined(...pairs, [0, 0, 0, 0]);
  return joined(
    SIGNATURE,
    le32(2),
    new Uint8Array(8),
    le32(0xe289_8215),
    new Uint8Array(16),
    le16(info.length),
    le16(info.length),
    le32(56),
    new Uint8Array(8),
    info,
  );
}

export function ntlmAuthenticate(
  user: string,
  options: { domain?: string; host?: string; nt?: number; flags?: number } = {},
): Uint8Array {
  const values = [
    new Uint8Array(24),
    new Uint8Array(options.nt ?? 200),
    wide(options.domain ?? 'CLINIC'),
    wide(user),
    wide(options.host ?? 'WS7'),
    new Uint8Array(16),
  ];
  let at = 72;
  const fields = values.map(value => {
    const field = joined(le16(value.length), le16(value.length), le32(at));
    at += value.length;
    return field;
  });
  const flags = le32(options.flags ?? 0xe288_8215);
  return joined(SIGNATURE, le32(3), ...fields, flags, new Uint8Array(8), ...values);
}

const oid = (hex: string): Uint8Array => tlv(0x06, new Uint8Array(Buffer.from(hex, 'hex')));
const SPNEGO = oid('2b0601050502');
const NTLM = oid('2b06010401823702020a');
const KERBEROS = oid('2a864886f712010202');

/** NegTokenInit around the token of a mechanism. */
export const negInit = (token: Part): Uint8Array =>
  tlv(0x60, SPNEGO, tagged(0, sequence(tagged(0, sequence(NTLM)), tagged(2, tlv(0x04, token)))));

/** NegTokenResp: state 0 accepts, 1 goes on, 2 rejects. */
export const negResponse = (state: number | undefined, token?: Part): Uint8Array =>
  tagged(
    1,
    sequence(
      ...(state === undefined ? [] : [tagged(0, tlv(0x0a, [state]))]),
      ...(token === undefined ? [] : [tagged(2, tlv(0x04, token))]),
    ),
  );

/** Kerberos ticket in the frame of RFC 4121. */
export const krbToken = (apRequest: Uint8Array): Uint8Array => tlv(0x60, KERBEROS, [1, 0], apRequest);

/** Not a mechanism at all. */
export const nonsense = integer(1);
