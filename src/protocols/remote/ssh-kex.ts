/**
 * The key exchange of SSH 2 (RFC 4253 sections 6 to 8): packets while they are in clear, the lists of algorithms, what is
 * chosen from them, HASSH, and the fingerprint of the host key. No state.
 */
import { createHash } from 'node:crypto';
import { u32be } from '../../bytes/read.ts';
import { latin1 } from '../../bytes/text.ts';

/** RFC 4253 section 6.1 asks for 35000 bytes at least; no packet in clear needs more than a host key certificate. */
export const MAX_PACKET = 65_536;
const HEADER = 5;
const COOKIE = 16;

// RFC 4250 section 4.1.2; the numbers from 30 on depend on the method (RFC 4419, RFC 5656).
export const KEXINIT = 20;
export const NEWKEYS = 21;
const KEXDH_REPLY = 31;
const GEX_REPLY = 33;

/** A packet in clear: its message is at `[at, end)`, number included. */
export interface ClearPacket {
  readonly number: number;
  readonly at: number;
  readonly end: number;
  /** Where the next packet begins. */
  readonly next: number;
}

/** The packet at `at`; `more` when it is not whole yet, `bad` when it is none. */
export function readPacket(bytes: Uint8Array, at: number, to: number): ClearPacket | 'more' | 'bad' {
  if (to - at < HEADER + 1) return 'more';
  const length = u32be(bytes, at);
  const padding = bytes[at + 4]!;
  if (length < 2 || length > MAX_PACKET || padding + 1 >= length) return 'bad';
  const next = at + 4 + length;
  if (next > to) return 'more';
  return { number: bytes[at + HEADER]!, at: at + HEADER, end: next - padding, next };
}

/** The ten lists of SSH_MSG_KEXINIT that matter, as sent (RFC 4253 section 7.1). */
export interface Offer {
  readonly kex: string;
  readonly hostKey: string;
  readonly cipherToServer: string;
  readonly cipherToClient: string;
  readonly macToServer: string;
  readonly macToClient: string;
  readonly compressionToServer: string;
  readonly compressionToClient: string;
}

/** Undefined when a list runs out of the packet. */
export function readOffer(bytes: Uint8Array, packet: ClearPacket): Offer | undefined {
  const lists: string[] = [];
  let at = packet.at + 1 + COOKIE;
  while (lists.length < 8) {
    const end = endOfString(bytes, at, packet.end);
    if (end < 0) return undefined;
    lists.push(latin1(bytes, at + 4, end));
    at = end;
  }
  const [kex, hostKey, cipherToServer, cipherToClient, macToServer, macToClient, toServer, toClient] = lists;
  return {
    kex: kex!,
    hostKey: hostKey!,
    cipherToServer: cipherToServer!,
    cipherToClient: cipherToClient!,
    macToServer: macToServer!,
    macToClient: macToClient!,
    compressionToServer: toServer!,
    compressionToClient: toClient!,
  };
}

/** End of the string (RFC 4251 section 5) whose length is at `at`, or -1. */
function endOfString(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return -1;
  const length = u32be(bytes, at);
  return length <= end - at - 4 ? at + 4 + length : -1;
}

/** What both sides will use, in Zeek's words. */
export interface Chosen {
  readonly kex: string;
  readonly hostKey: string;
  readonly cipher: string;
  readonly mac: string;
  readonly compression: string;
}

/** RFC 4253 section 7.1: the first of the client's list that the server has. */
export function choose(client: Offer, server: Offer): Chosen {
  return {
    kex: common(client.kex, server.kex),
    hostKey: common(client.hostKey, server.hostKey),
    cipher: bothWays(
      common(client.cipherToServer, server.cipherToServer),
      common(client.cipherToClient, server.cipherToClient),
    ),
    mac: bothWays(
      common(client.macToServer, server.macToServer),
      common(client.macToClient, server.macToClient),
    ),
    compression: bothWays(
      common(client.compressionToServer, server.compressionToServer),
      common(client.compressionToClient, server.compressionToClient),
    ),
  };
}

function common(client: string, server: string): string {
  const known = new Set(server.split(','));
  return client.split(',').find(name => known.has(name)) ?? 'Algorithm negotiation failed';
}

function bothWays(toServer: string, toClient: string): string {
  return toServer === toClient ? toServer : `To server: ${toServer}, to client: ${toClient}`;
}

/** HASSH: MD5 of what the client offers, in its order. */
export function hasshOf({ kex, cipherToServer, macToServer, compressionToServer }: Offer): string {
  return md5(`${kex};${cipherToServer};${macToServer};${compressionToServer}`);
}

/** HASSHServer: MD5 of what the server offers, in its order. */
export function hasshServerOf({ kex, cipherToClient, macToClient, compressionToClient }: Offer): string {
  return md5(`${kex};${cipherToClient};${macToClient};${compressionToClient}`);
}

function md5(text: string): string {
  return createHash('md5').update(text, 'latin1').digest('hex');
}

/**
 * The fingerprint of the host key in the server's reply, as OpenSSH shows it: base64 of SHA-256 without padding.
 * Undefined when this is no such reply.
 */
export function hostKeyFingerprint(
  bytes: Uint8Array,
  packet: ClearPacket,
  kex: string | undefined,
): string | undefined {
  // With a group of the server's choice, 31 is that group and 33 the reply.
  const reply = kex?.startsWith('diffie-hellman-group-exchange') ? GEX_REPLY : KEXDH_REPLY;
  if (packet.number !== reply) return undefined;
  const at = packet.at + 1;
  const end = endOfString(bytes, at, packet.end);
  // A key begins with the name of its type.
  if (end < 0 || endOfString(bytes, at + 4, end) < 0) return undefined;
  const digest = createHash('sha256')
    .update(bytes.subarray(at + 4, end))
    .digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
