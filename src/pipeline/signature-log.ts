/**
 * Signatures beside decoding: the bytes of a flow go to its session first, which may recognise the protocol and who is the
 * client, then to the scan. Flows that no signature is about, and runs without signatures, have a session alone.
 *
 * A signature of a service waits until the flow has been recognised, or has turned out not to be; `MAX_HELD` at most.
 */
import type { FlowView, PacketMark, StreamConsumer } from '../model/flow.ts';
import { type Direction, otherSide } from '../model/protocol.ts';
import { signature as signatureStream } from '../model/signature.ts';
import type { StreamMemory } from '../model/stream-memory.ts';
import type { SignatureSet } from '../signatures/compile.ts';
import { FlowScan, type ScanSink, type SignatureMatch } from '../signatures/flow-scan.ts';
import type { RecordingContext } from './flow-context.ts';

const MAX_HELD = 16;

/** A flow whose bytes are decoded and looked through. */
export class ScannedSession implements StreamConsumer, ScanSink {
  readonly #flow: FlowView;
  readonly #context: RecordingContext;
  readonly #scan: FlowScan;
  /** Null when it wants no more. */
  #session: StreamConsumer | null;
  #scanning = true;
  /** Matches whose service is not known yet. */
  #held: SignatureMatch[] | undefined;
  /** Who is called the client, which may still turn out to be wrong. */
  #client: string;
  #clientPort: number;

  constructor(
    flow: FlowView,
    context: RecordingContext,
    session: StreamConsumer,
    signatures: SignatureSet,
    memory: StreamMemory,
  ) {
    this.#flow = flow;
    this.#context = context;
    this.#session = session;
    this.#client = flow.origHost;
    this.#clientPort = flow.origPort;
    this.#scan = new FlowScan(signatures, flow, memory, this);
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#session !== null && !this.#session.data(direction, bytes, from, to)) this.#session = null;
    const side = this.#hasTurned() ? otherSide(direction) : direction;
    if (this.#scanning) this.#scanning = this.#scan.data(side, bytes, from, to);
    this.#settle();
    return this.#scanning || this.#session !== null;
  }

  gap(direction: Direction, length: number): boolean {
    if (this.#session !== null && !this.#session.gap(direction, length)) this.#session = null;
    if (this.#scanning) this.#scanning = this.#scan.gap(direction, length);
    this.#settle();
    return this.#scanning || this.#session !== null;
  }

  end(): void {
    this.#session?.end();
    this.#session = null;
    this.#scan.end();
    this.#settle();
  }

  matched(match: SignatureMatch): void {
    if (match.signature.services.length === 0) {
      this.#emit(match);
      return;
    }
    this.#held ??= [];
    if (this.#held.length < MAX_HELD) this.#held.push(match);
    else this.limited();
  }

  limited(): void {
    this.#context.weird('signature_limit');
  }

  /** Reports or drops what waited for the service, as soon as that is known. */
  #settle(): void {
    const held = this.#held;
    if (held === undefined) return;
    const { service } = this.#flow;
    if (service === '' && this.#session !== null) return;
    this.#held = undefined;
    const names = service === '' ? ['none'] : service.split(',');
    for (const match of held)
      if (match.signature.services.some(name => names.includes(name))) this.#emit(match);
  }

  #emit({ signature, direction, offset, mark }: SignatureMatch): void {
    const current = markOf(this.#flow);
    this.#flow.recall(mark);
    this.#context.write(signatureStream, {
      sig_id: signature.id,
      name: signature.name,
      kind: signature.kind,
      proto: this.#flow.transport,
      service: this.#flow.service === '' ? undefined : this.#flow.service,
      is_orig: direction === 0,
      offset,
      tags: signature.tags.length === 0 ? undefined : signature.tags,
    });
    this.#flow.recall(current);
  }

  /** Whether the session has just found that the responder is the client. */
  #hasTurned(): boolean {
    const { origHost, origPort } = this.#flow;
    if (origPort === this.#clientPort && origHost === this.#client) return false;
    this.#client = origHost;
    this.#clientPort = origPort;
    this.#scan.turn();
    this.#scanning = true;
    return true;
  }
}

function markOf({ now, frame, capture }: FlowView): PacketMark {
  return { now, frame, capture };
}
