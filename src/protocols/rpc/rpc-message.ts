/**
 * ONC RPC messages (RFC 5531 sections 9 and 11): calls with their credentials, replies with what became of them. No state.
 * Of credentials only AUTH_SYS (appendix A) is read: the machine's name and who asks. Tickets and verifiers are never
 * looked at. Limit: `MAX_AUTH` bytes of credentials, by the specification.
 */
import { u32be } from '../../bytes/read.ts';
import { XdrReader } from './xdr.ts';

const CALL = 0;
const REPLY = 1;
const RPC_VERSION = 2;
const MAX_AUTH = 400;
/** Of a call: identifier, kind, version, program, its version, procedure. */
export const CALL_HEAD = 24;
const AUTH_SYS = 1;
const AUTH_NAMES: Readonly<Record<number, string>> = {
  0: 'none',
  1: 'sys',
  2: 'short',
  3: 'dh',
  6: 'gss',
};
const ACCEPT_STATES = [
  'success',
  'program_unavailable',
  'version_mismatch',
  'procedure_unavailable',
  'garbage_arguments',
  'system_error',
];

export interface RpcCall {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** none, sys, short, dh, gss, or a number. */
  readonly auth: string;
  readonly machine: string | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Stands at the arguments. */
  readonly rest: XdrReader;
}

export interface RpcReply {
  readonly xid: number;
  /** success, or why the call was not carried out. */
  readonly status: string;
  /** Stands at the results. */
  readonly rest: XdrReader;
}

/** Whether a call, as far as it has come, can begin at `at`; undefined when more is needed. */
export function isCall(bytes: Uint8Array, at: number, end: number): boolean | undefined {
  const fits = (offset: number, value: number): boolean =>
    at + offset + 4 > end || u32be(bytes, at + offset) === value;
  if (!fits(4, CALL) || !fits(8, RPC_VERSION)) return false;
  if (at + CALL_HEAD + 8 > end) return undefined;
  const program = u32be(bytes, at + 12);
  // Programs begin at 100000 (RFC 5531 section 8.3); versions and procedures are small.
  if (program < 100_000 || u32be(bytes, at + 16) > 1000 || u32be(bytes, at + 20) > 1000) return false;
  return u32be(bytes, at + 28) <= MAX_AUTH;
}

/** Whether a reply can begin at `at`: an answer whose verifier and state are possible. */
export function isReply(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 20 > end || u32be(bytes, at + 4) !== REPLY) return false;
  const state = u32be(bytes, at + 8);
  if (state === 1) return u32be(bytes, at + 12) <= 1;
  const verifier = u32be(bytes, at + 16);
  if (state !== 0 || verifier > MAX_AUTH || at + 24 + verifier > end) return false;
  return u32be(bytes, at + 20 + verifier) < ACCEPT_STATES.length;
}

export function readCall(bytes: Uint8Array, at: number, end: number): RpcCall {
  const rest = new XdrReader(bytes, at, end);
  const xid = rest.number();
  rest.skip(8);
  const program = rest.number();
  const version = rest.number();
  const procedure = rest.number();
  const flavour = rest.number();
  const credentials = rest.opaque();
  rest.skip(4);
  rest.opaque();
  const auth = AUTH_NAMES[flavour] ?? String(flavour);
  const nobody = { machine: undefined, uid: undefined, gid: undefined };
  const who = flavour === AUTH_SYS ? readSystemUser(credentials) : nobody;
  return { xid, program, version, procedure, auth, ...who, rest };
}

function readSystemUser(credentials: Uint8Array): Pick<RpcCall, 'machine' | 'uid' | 'gid'> {
  const reader = new XdrReader(credentials, 0, credentials.length);
  reader.skip(4);
  const machine = reader.text();
  const uid = reader.number();
  const gid = reader.number();
  if (reader.ended) return { machine: undefined, uid: undefined, gid: undefined };
  return { machine: machine === '' ? undefined : machine, uid, gid };
}

export function readReply(bytes: Uint8Array, at: number, end: number): RpcReply {
  const rest = new XdrReader(bytes, at, end);
  const xid = rest.number();
  rest.skip(4);
  if (rest.number() === 1) return { xid, status: rest.number() === 0 ? 'rpc_mismatch' : 'denied', rest };
  rest.skip(4);
  rest.opaque();
  const state = rest.number();
  return { xid, status: ACCEPT_STATES[state] ?? String(state), rest };
}
