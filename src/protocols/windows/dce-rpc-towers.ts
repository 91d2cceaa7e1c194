/**
 * The answer of the endpoint mapper (C706 appendix O, ept_map): on which TCP ports of this host an interface is to be
 * found. Limits: `MAX_TOWERS` towers, `MAX_FLOORS` floors of one.
 */
import { u16be, u16le, u32le } from '../../bytes/read.ts';

const MAX_TOWERS = 8;
const MAX_FLOORS = 8;
/** Protocol identifier of a floor: DOD TCP (appendix I). */
const TCP = 0x07;

/** Ports named in the body of an ept_map response in `[from, to)`, in little-endian order. */
export function readMappedPorts(bytes: Uint8Array, from: number, to: number): number[] {
  const ports: number[] = [];
  // Handle of 20 bytes, count of towers, and maximum, offset and count of the array of pointers to them.
  if (from + 36 > to) return ports;
  const count = Math.min(u32le(bytes, from + 32), MAX_TOWERS);
  let at = from + 36 + count * 4;
  for (let i = 0; i < count && at + 8 <= to; i++) {
    const length = u32le(bytes, at + 4);
    const end = at + 8 + length;
    if (end > to) break;
    const port = tcpPort(bytes, at + 8, end);
    if (port !== undefined && !ports.includes(port)) ports.push(port);
    at = end + ((4 - (length % 4)) % 4);
  }
  return ports;
}

function tcpPort(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (from + 2 > to) return undefined;
  const floors = Math.min(u16le(bytes, from), MAX_FLOORS);
  let at = from + 2;
  for (let i = 0; i < floors && at + 2 <= to; i++) {
    const left = at + 2;
    const right = left + u16le(bytes, at);
    if (right + 2 > to) return undefined;
    const next = right + 2 + u16le(bytes, right);
    if (next > to) return undefined;
    if (right > left && bytes[left] === TCP && next - right === 4) return u16be(bytes, right + 2);
    at = next;
  }
  return undefined;
}
