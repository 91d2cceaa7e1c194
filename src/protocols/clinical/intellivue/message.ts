/**
 * One datagram of the IntelliVue Data Export Interface: which of the protocol's messages it is and where its parts lie.
 * All numbers are big endian. Three kinds:
 *
 *      association    type   length (FF and two more bytes when above 254)   parameters   C1 length presentation …
 *      data           E1 00  context   operation   length   …
 *      indication     00 00 01 00      operation   length   …       (the nomenclature's version instead of a session)
 *
 *      operation 1 invoke, 2 result    invoke id   command   length   …
 *                3 error               invoke id   error     length   …
 *                5 linked result       state, count   invoke id   command   length   …
 *
 * Decided here: the form, and whether all lengths agree with the datagram. They need not: monitors accept what clients with
 * wrong lengths send, and so must who watches them. Not decided: what is said.
 */
import { Cursor } from '../../../bytes/cursor.ts';
import { u16be } from '../../../bytes/read.ts';
import { isError } from './names.ts';

export const CONNECT = 0x0d;
export const ACCEPT = 0x0e;
export const REFUSE = 0x0c;
export const FINISH = 0x09;
export const DISCONNECT = 0x0a;
export const ABORT = 0x19;
const ASSOCIATION = new Set([CONNECT, ACCEPT, REFUSE, FINISH, DISCONNECT, ABORT]);
const DATA = 0xe100;

export const INVOKE = 1;
export const RESULT = 2;
export const ERROR = 3;
export const LINKED = 5;

export const EVENT = 0;
export const CONFIRMED_EVENT = 1;
export const GET = 3;
export const SET = 4;
export const CONFIRMED_SET = 5;
export const ACTION = 7;
const COMMANDS = new Set([EVENT, CONFIRMED_EVENT, GET, SET, CONFIRMED_SET, ACTION]);

export interface Association {
  readonly kind: 'association';
  readonly type: number;
  /** All lengths agree with the datagram. */
  readonly exact: boolean;
}

export interface Operation {
  readonly kind: 'operation';
  /** All lengths agree with the datagram. */
  readonly exact: boolean;
  /** A connect indication or another message outside of an association. */
  readonly unassociated: boolean;
  readonly operation: number;
  readonly invokeId: number;
  /** Command, or the error of an error. */
  readonly command: number;
  /** Range of the argument or result. */
  readonly from: number;
  readonly to: number;
}

export type Message = Association | Operation;

/** Decodes a datagram; undefined when it is none of this protocol. */
export function decodeMessage(bytes: Uint8Array, from: number, to: number): Message | undefined {
  const first = bytes[from];
  if (first === undefined) return undefined;
  if (ASSOCIATION.has(first)) return association(bytes, from, to);
  if (to - from < 8) return undefined;
  if (u16be(bytes, from) === DATA) return operation(bytes, from, to, false);
  // Magic 0, version 1.0.
  if (u16be(bytes, from) === 0 && u16be(bytes, from + 2) === 0x0100) return operation(bytes, from, to, true);
  return undefined;
}

function association(bytes: Uint8Array, from: number, to: number): Association | undefined {
  const c = new Cursor(bytes, from, to);
  const type = c.u8();
  const length = lengthOf(c);
  return c.broken || length === 0 ? undefined : { kind: 'association', type, exact: length === c.left };
}

/** One byte, or FF and two. */
function lengthOf(c: Cursor): number {
  const length = c.u8();
  return length === 0xff ? c.u16be() : length;
}

/** 1.2.840.10004.2.1, under which the request names its association and its abstract syntax. */
const X73 = Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x14, 0x02, 0x01);

/**
 * Whether an association message shows by itself that it is one of this protocol: a request or acceptance names
 * the standard; the short messages consist of fixed octets but for the number that says which they are.
 */
export function isTelling(bytes: Uint8Array, from: number, to: number, type: number): boolean {
  if (type === CONNECT || type === ACCEPT)
    return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).includes(X73);
  if (type !== FINISH && type !== DISCONNECT && type !== ABORT) return false;
  // A presentation context 1, and in it RLRQ (62), RLRE (63) or ABRT (64) of ACSE.
  const tag = type === FINISH ? 0x62 : type === DISCONNECT ? 0x63 : 0x64;
  const user = Buffer.of(0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xa0, 0x80, tag, 0x80);
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).includes(user);
}

function operation(
  bytes: Uint8Array,
  from: number,
  to: number,
  unassociated: boolean,
): Operation | undefined {
  const c = new Cursor(bytes, from, to);
  c.skip(2);
  // Context 2 as the guide has it; other associations may number it otherwise.
  if (!unassociated && c.u16be() > 0xff) return undefined;
  if (unassociated) c.skip(2);
  const code = c.u16be();
  const length = c.u16be();
  let exact = length === c.left;
  if (code === LINKED) c.skip(2);
  const invokeId = c.u16be();
  const command = c.u16be();
  const rest = c.u16be();
  if (c.broken) return undefined;
  exact &&= rest === c.left;
  if (code === ERROR ? !isError(command) : !COMMANDS.has(command)) return undefined;
  if (code !== INVOKE && code !== RESULT && code !== ERROR && code !== LINKED) return undefined;
  return { kind: 'operation', exact, unassociated, operation: code, invokeId, command, from: c.at, to };
}
