/** SNMP messages written by hand, for the tests of the decoder. */
import { integer, joined, type Part, sequence, tagged, tlv } from '../ber-bytes.ts';

/** Object identifier as its encoded bytes. */
export const DESCRIPTION = [0x2b, 6, 1, 2, 1, 1, 1, 0];
export const UPTIME = [0x2b, 6, 1, 2, 1, 1, 3, 0];
export const TRAP_OID = [0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0];
export const LINK_DOWN = [0x2b, 6, 1, 6, 3, 1, 1, 5, 3];
export const NULL = [5, 0];

export const octets = (content: Part): Uint8Array => tlv(4, content);
export const oid = (arcs: readonly number[]): Uint8Array => tlv(6, arcs);
export const binding = (name: readonly number[], value: Part): Uint8Array => sequence(oid(name), value);

/** Any operation but a trap of version 1. */
export function pdu(kind: number, ...bindings: readonly Uint8Array[]): Uint8Array {
  return tagged(kind, integer(1), integer(0), integer(0), sequence(...bindings));
}

/** Version 1 (0) or 2c (1). */
export function message(version: number, community: Part, operation: Part): Uint8Array {
  return sequence(integer(version), octets(community), operation);
}

export interface V3Parts {
  readonly flags: number;
  readonly engine?: readonly number[];
  readonly user?: string;
  readonly model?: number;
  /** The operation, or encrypted bytes. */
  readonly operation: Uint8Array;
}

export function v3(parts: V3Parts): Uint8Array {
  const usm = sequence(
    octets(parts.engine ?? [0x80, 0, 0x1f, 0x88, 1]),
    integer(1),
    integer(2),
    octets(parts.user ?? ''),
    octets(''),
    octets(''),
  );
  const encrypted = (parts.flags & 2) !== 0;
  return sequence(
    integer(3),
    sequence(integer(9), integer(0x7f, 0xff), octets([parts.flags]), integer(parts.model ?? 3)),
    octets(usm),
    encrypted ? octets(parts.operation) : sequence(octets([1]), octets(''), parts.operation),
  );
}

/** Trap of version 1: enterprise, agent, generic, specific, time, variables. */
export function trapV1(): Uint8Array {
  return tagged(
    4,
    oid([0x2b, 6, 1, 4, 1, 9]),
    joined([0x40, 4, 10, 0, 0, 1]),
    integer(2),
    integer(0),
    joined([0x43, 1, 5]),
    sequence(binding(DESCRIPTION, octets('x'))),
  );
}
