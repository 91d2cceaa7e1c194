/**
 * NTLM messages (MS-NLMP section 2.2.1) as data: NEGOTIATE, CHALLENGE and AUTHENTICATE. Responses to the challenge are
 * only looked at for their kind; they are never kept.
 *
 * Limit: `MAX_AV_PAIRS` pairs of target information.
 */
import { startsWith, u16le, u32le } from '../../bytes/read.ts';
import { latin1, utf16le } from '../../bytes/text.ts';

const SIGNATURE = 'NTLMSSP\0';
const MAX_AV_PAIRS = 64;
const UNICODE = 0x0000_0001;
const EXTENDED_SESSION_SECURITY = 0x0008_0000;
const ANONYMOUS = 0x0000_0800;

export const NTLM_NEGOTIATE = 1;
export const NTLM_CHALLENGE = 2;
export const NTLM_AUTHENTICATE = 3;

/** Names by which the server knows itself (section 2.2.2.1). */
export interface NtlmChallenge {
  readonly nbComputerName: string | undefined;
  readonly dnsComputerName: string | undefined;
  readonly dnsTreeName: string | undefined;
}

export interface NtlmAuthenticate {
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  /** `anonymous`, `LM`, `NTLMv1`, `NTLMv1 with session security` or `NTLMv2`. */
  readonly response: string;
}

/** Type of the message, or 0 when there is none. */
export function ntlmType(bytes: Uint8Array, from: number, to: number): number {
  return to - from >= 12 && startsWith(bytes, from, to, SIGNATURE) ? u32le(bytes, from + 8) : 0;
}

export function decodeChallenge(bytes: Uint8Array, from: number, to: number): NtlmChallenge {
  const names: (string | undefined)[] = [];
  const [at, end] = payload(bytes, from, to, 40);
  let pair = at;
  for (let i = 0; i < MAX_AV_PAIRS && pair + 4 <= end; i++) {
    const id = u16le(bytes, pair);
    const next = pair + 4 + u16le(bytes, pair + 2);
    if (id === 0 || next > end) break;
    if (id < 8) names[id] = utf16le(bytes, pair + 4, next);
    pair = next;
  }
  return { nbComputerName: names[1], dnsComputerName: names[3], dnsTreeName: names[5] };
}

export function decodeAuthenticate(bytes: Uint8Array, from: number, to: number): NtlmAuthenticate {
  const flags = from + 64 <= to ? u32le(bytes, from + 60) : UNICODE;
  const text = (field: number): string => {
    const [at, end] = payload(bytes, from, to, field);
    return (flags & UNICODE) !== 0 ? utf16le(bytes, at, end) : latin1(bytes, at, end);
  };
  const [ntAt, ntEnd] = payload(bytes, from, to, 20);
  const [lmAt, lmEnd] = payload(bytes, from, to, 12);
  return {
    domain: text(28),
    user: text(36),
    workstation: text(44),
    response: responseKind(flags, lmEnd - lmAt, ntEnd - ntAt),
  };
}

/** Section 3.3: an NTLMv2 response is longer than the 24 bytes of version 1. */
function responseKind(flags: number, lm: number, nt: number): string {
  if ((flags & ANONYMOUS) !== 0 || (nt === 0 && lm <= 1)) return 'anonymous';
  if (nt > 24) return 'NTLMv2';
  if (nt === 0) return 'LM';
  return (flags & EXTENDED_SESSION_SECURITY) !== 0 ? 'NTLMv1 with session security' : 'NTLMv1';
}

/** Where a field's length, maximum and offset point, as far as the message goes. */
function payload(bytes: Uint8Array, from: number, to: number, field: number): [number, number] {
  if (from + field + 8 > to) return [to, to];
  const at = from + u32le(bytes, from + field + 4);
  return at <= to ? [at, Math.min(at + u16le(bytes, from + field), to)] : [to, to];
}
