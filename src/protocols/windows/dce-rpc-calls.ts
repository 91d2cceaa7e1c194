/**
 * One DCE/RPC conversation (C706, MS-RPCE), over TCP or in a named pipe of SMB: which interfaces are bound and which
 * operations are called, as Zeek's base/protocols/dce-rpc. Arguments are not decoded, except the endpoint mapper's
 * answers, which announce further flows. Other than Zeek, a call without an answer is a record too, and no operation is
 * left out.
 *
 * Limits: `MAX_CALLS` calls wait for their answer, `MAX_BOUND` interfaces are bound, `MAX_FRAGMENTED` calls come in
 * pieces at a time (Zeek's `max_cmd_reassembly`).
 */

import { secondsBetween } from '../../model/moment.ts';
import type { Direction, FlowContext } from '../../model/protocol.ts';
import { f, flowStream, type Moment } from '../../model/schema.ts';
import type { Logins } from '../gssapi/gssapi.ts';
import { remember } from './bounded-map.ts';
import { commonInterface, endpointName, operationName } from './dce-rpc-names.ts';
import {
  authRange,
  HEADER,
  type PduHeader,
  PTYPE,
  readContexts,
  readHeader,
  readSecondaryAddress,
  u16,
  u32,
} from './dce-rpc-pdu.ts';
import { readMappedPorts } from './dce-rpc-towers.ts';

const MAX_CALLS = 256;
const MAX_BOUND = 64;
const MAX_FRAGMENTED = 20;
const EPMAPPER = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa';
const EPT_MAP = 3;
const VERSION = 5;

/** Zeek's `dce_rpc.log`. */
export const dceRpcStream = flowStream('dce_rpc', 'One line per remote procedure call.', {
  rtt: f.interval('Seconds from the call to its answer; absent without one.'),
  named_pipe: f.string('Pipe or port on which the server answers.', 'text'),
  endpoint: f.string('Interface, e.g. svcctl; `unknown-` and its identifier when it is not known.'),
  operation: f.string('Operation, e.g. CreateServiceW; `unknown-` and its number when it is not known.'),
  fault: f.string('Status with which the server refused the call, in hexadecimal.'),
});

interface Call {
  readonly uuid: string;
  readonly operation: number;
  readonly ts: Moment;
  readonly frame: number;
}

export class RpcConversation {
  readonly #flow: FlowContext;
  readonly #logins: Logins;
  readonly #bound = new Map<number, string>();
  readonly #calls = new Map<number, Call>();
  readonly #fragmented = new Set<number>();
  #pipe: string | undefined;

  /** @param pipe name of the pipe around it, when there is one */
  constructor(flow: FlowContext, logins: Logins, pipe?: string) {
    this.#flow = flow;
    this.#logins = logins;
    this.#pipe = pipe;
    const common = pipe === undefined ? undefined : commonInterface(pipe);
    if (common !== undefined) this.#bound.set(0, common);
  }

  /**
   * The next bytes of one direction; the result is how many are used up, or more than there are when the rest of a
   * packet need not be seen. Negative when what stands there is no packet.
   */
  feed(_direction: Direction, bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at + HEADER <= to) {
      const header = readHeader(bytes, at);
      if (header === undefined) return -1;
      const needed = Math.min(header.length, this.#needs(header));
      if (at + needed > to) break;
      this.#take(header, bytes, at, Math.min(at + header.length, to));
      at += header.length;
    }
    // What begins no packet will not become one.
    return at < to && bytes[at] !== VERSION ? -1 : at - from;
  }

  /** Emits calls that got no answer. */
  close(): void {
    for (const call of this.#calls.values()) this.#emit(call, undefined, undefined);
    this.#calls.clear();
  }

  /** Bytes from the beginning of a packet that are looked at. */
  #needs({ type, callId, authLength }: PduHeader): number {
    if (type === PTYPE.request) return HEADER + 8;
    if (type !== PTYPE.response && type !== PTYPE.fault) return 65_535;
    const call = this.#calls.get(callId);
    const mapped = call?.uuid === EPMAPPER && call.operation === EPT_MAP && authLength === 0;
    return mapped ? 65_535 : HEADER + 12;
  }

  #take(header: PduHeader, bytes: Uint8Array, at: number, end: number): void {
    switch (header.type) {
      case PTYPE.bind:
      case PTYPE.alterContext:
        for (const { id, uuid } of readContexts(bytes, at, end, header.little)) {
          if (remember(this.#bound, id, uuid, MAX_BOUND)) this.#flow.weird('dce_rpc_too_many_contexts');
        }
        this.#authenticate(header, bytes, at);
        break;
      case PTYPE.bindAck:
      case PTYPE.alterContextResponse: {
        const address = readSecondaryAddress(bytes, at, end, header.little);
        if (address !== '') this.#pipe = address;
        this.#authenticate(header, bytes, at);
        break;
      }
      case PTYPE.auth3:
        this.#authenticate(header, bytes, at);
        break;
      case PTYPE.request:
        this.#request(header, bytes, at, end);
        break;
      case PTYPE.response:
      case PTYPE.fault:
        this.#answer(header, bytes, at, end);
        break;
    }
  }

  #authenticate(header: PduHeader, bytes: Uint8Array, at: number): void {
    const range = authRange(at, header);
    if (range !== undefined) this.#logins.take(bytes, range[0], range[1]);
  }

  #request({ first, last, callId, little }: PduHeader, bytes: Uint8Array, at: number, end: number): void {
    this.#trackFragments(callId, first, last);
    if (!first || at + HEADER + 8 > end) return;
    const uuid = this.#bound.get(u16(bytes, at + HEADER + 4, little));
    const before = this.#calls.get(callId);
    if (before !== undefined) this.#emit(before, undefined, undefined);
    this.#calls.delete(callId);
    if (this.#calls.size >= MAX_CALLS) {
      this.#flow.weird('dce_rpc_too_many_calls');
      this.close();
    }
    const { now, frame } = this.#flow;
    const operation = u16(bytes, at + HEADER + 6, little);
    // Only what the end point mapper is asked leads on to other flows.
    if (uuid !== undefined && (this.#flow.recorded || uuid === EPMAPPER))
      this.#calls.set(callId, { uuid, operation, ts: now, frame });
  }

  #answer(header: PduHeader, bytes: Uint8Array, at: number, end: number): void {
    const { type, callId, last, little } = header;
    const call = this.#calls.get(callId);
    if (call === undefined || (type === PTYPE.response && !last)) return;
    this.#calls.delete(callId);
    const status =
      type === PTYPE.fault && at + HEADER + 12 <= end ? u32(bytes, at + HEADER + 8, little) : undefined;
    this.#emit(call, secondsBetween(call.ts, this.#flow.now), status);
    if (call.uuid !== EPMAPPER || call.operation !== EPT_MAP || type !== PTYPE.response || !little) return;
    for (const port of readMappedPorts(bytes, at + HEADER + 8, end)) {
      const { respHost: host } = this.#flow;
      this.#flow.expect({ transport: 'tcp', host, port, protocol: 'dce_rpc', memo: undefined });
    }
  }

  /** Counts calls whose last fragment has not come. */
  #trackFragments(callId: number, first: boolean, last: boolean): void {
    if (last) this.#fragmented.delete(callId);
    else if (first && !this.#fragmented.has(callId)) {
      if (this.#fragmented.size >= MAX_FRAGMENTED) this.#flow.weird('too_many_dce_rpc_msgs_in_reassembly');
      else this.#fragmented.add(callId);
    }
  }

  #emit(call: Call, rtt: number | undefined, status: number | undefined): void {
    if (!this.#flow.recorded) return;
    this.#flow.emit(dceRpcStream, {
      ts: call.ts,
      frame: call.frame,
      rtt,
      named_pipe: this.#pipe,
      endpoint: endpointName(call.uuid),
      operation: operationName(call.uuid, call.operation),
      fault: status === undefined ? undefined : `0x${status.toString(16).padStart(8, '0')}`,
    });
  }
}
