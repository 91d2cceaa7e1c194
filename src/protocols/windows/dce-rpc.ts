/**
 * DCE/RPC over TCP (MS-RPCE section 2.1.1.1): the endpoint mapper on port 135, and the ports it names. Recognised by
 * the header of a binding. What is called is read in `dce-rpc-calls.ts`. After a gap, reading goes on at the next
 * segment that begins a packet.
 *
 * Not decoded: DCE/RPC over UDP and HTTP. Limit: a packet holds at most 65,535 bytes by its format.
 */
import {
  type Direction,
  defineProtocol,
  type FlowContext,
  type Opening,
  type Verdict,
} from '../../model/protocol.ts';
import { Logins, ntlmStream } from '../gssapi/gssapi.ts';
import { kerberosStream } from '../gssapi/kerberos-log.ts';
import { dceRpcStream, RpcConversation } from './dce-rpc-calls.ts';
import { HEADER, isPduStart, PTYPE, readHeader } from './dce-rpc-pdu.ts';

const MAX_PDU = 65_536;

interface State {
  readonly flow: FlowContext;
  readonly logins: Logins;
  readonly conversation: RpcConversation;
}

function probe(opening: Opening): Verdict {
  const bytes = opening.orig.length > 0 ? opening.orig : opening.resp;
  const { length } = bytes;
  if (length > 0 && bytes[0] !== 5) return 'no';
  if (length > 1 && bytes[1]! > 1) return 'no';
  if (length < 8) return 'unsure';
  if (!isPduStart(bytes, 0)) return 'no';
  const type = bytes[2]!;
  const binding = type === PTYPE.bind || type === PTYPE.bindAck;
  if (!binding && !(opening.portHint && !opening.fromStart)) return 'no';
  if (length < HEADER) return 'unsure';
  return readHeader(bytes, 0) === undefined ? 'no' : 'match';
}

function open(flow: FlowContext): State {
  const logins = new Logins(flow);
  return { flow, logins, conversation: new RpcConversation(flow, logins) };
}

function feed(state: State, direction: Direction, bytes: Uint8Array, from: number, to: number): number {
  const used = state.conversation.feed(direction, bytes, from, to);
  if (used >= 0) return used;
  state.flow.weird('dce_rpc_bad_packet');
  return to - from;
}

/** Zeek's `dce_rpc`. */
export const dce_rpc = defineProtocol<State>({
  name: 'dce_rpc',
  transports: ['tcp'],
  ports: [135, 593],
  probeBytes: HEADER,
  maxPending: MAX_PDU,
  streams: [dceRpcStream, ntlmStream, kerberosStream],
  leadsOn: true,
  probe,
  open,
  feed,
  gap: () => undefined,
  close(state) {
    state.conversation.close();
    state.logins.close();
  },
});
