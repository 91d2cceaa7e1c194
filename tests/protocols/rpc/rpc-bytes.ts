/** ONC RPC messages made by hand (RFC 5531 section 9, RFC 1813, RFC 7530). */
import { bytesOf } from '../../support/fake-flow.ts';
import { joined, type Part } from '../ber-bytes.ts';

export const u32 = (value: number): Uint8Array =>
  Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
export const u64 = (value: number): Uint8Array =>
  joined(u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32));
export const opaque = (content: Uint8Array | string): Uint8Array => {
  const bytes = bytesOf(content);
  return joined(u32(bytes.length), bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
};
export const NONE = joined(u32(0), u32(0));
export const user = (machine: string, uid: number, gid: number): Uint8Array =>
  joined(u32(1), opaque(joined(u32(0), opaque(machine), u32(uid), u32(gid), u32(0))));

export const call = (
  xid: number,
  [program, version, procedure]: readonly [number, number, number],
  credentials: Uint8Array,
  ...parts: readonly Part[]
): Uint8Array =>
  joined(u32(xid), u32(0), u32(2), u32(program), u32(version), u32(procedure), credentials, NONE, ...parts);

export const reply = (xid: number, ...parts: readonly Part[]): Uint8Array =>
  joined(u32(xid), u32(1), u32(0), NONE, u32(0), ...parts);

export const refused = (xid: number, state: number): Uint8Array =>
  joined(u32(xid), u32(1), u32(0), NONE, u32(state));

/** A record of one fragment, or a fragment that others follow. */
export const marked = (message: Uint8Array, last = true): Uint8Array =>
  joined(u32(message.length + (last ? 0x8000_0000 : 0)), message);
